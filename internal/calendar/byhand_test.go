package calendar_test

import (
	"encoding/json"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// byHand recomputes a due date as a clerk would, from an explanation that has
// been through JSON and the hours and holidays of its slice. It shares nothing with the
// package: civil time comes from the zone database, time passes in small steps.
type byHand struct {
	why   calendar.Explanation
	slice calendar.Slice
	zone  *time.Location
	shown map[time.Time]time.Time
	limit time.Time // when to stop letting time pass
}

// fataler is a test or one run of a property.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// checkByHand compares a due date with its recomputation.
func checkByHand(t fataler, slice calendar.Slice, due calendar.DueDate) {
	t.Helper()
	raw, err := json.Marshal(due.Why)
	if err != nil {
		t.Fatal(err)
	}
	hand := byHand{slice: slice, shown: map[time.Time]time.Time{}}
	if err := json.Unmarshal(raw, &hand.why); err != nil {
		t.Fatal(err)
	}
	if hand.zone, err = time.LoadLocation(hand.why.Zone); err != nil {
		t.Fatal(err)
	}
	if hand.why.Suspended != due.Suspended || hand.why.Hash != slice.Hash {
		t.Fatalf("explanation %s does not belong to %+v", raw, due)
	}
	if due.Suspended {
		hand.limit = hand.why.Start.AddDate(0, 0, 1)
		if got := hand.due(); !got.IsZero() {
			t.Fatalf("suspended, but by hand %s: %s", got, raw)
		}
		if due.Earliest.IsZero() {
			return
		}
		hand.closePauses()
	}
	want := due.At
	if due.Suspended {
		want = due.Earliest
	}
	hand.limit = want.Add(time.Hour)
	if got := hand.due(); !got.Equal(want) {
		t.Fatalf("due %s, by hand %s: %s", want, got.UTC(), raw)
	}
}

func (h *byHand) closePauses() {
	for i := range h.why.Pauses {
		if pause := &h.why.Pauses[i]; pause.To.IsZero() {
			pause.To = h.why.AsOf
			if pause.To.Before(pause.From) {
				pause.To = pause.From
			}
		}
	}
}

func (h *byHand) due() time.Time {
	needed := h.why.Amount.N * h.why.Percent
	switch h.why.Amount.Unit {
	case calendar.BusinessDays, calendar.CalendarDays:
		return h.walkDays(needed)
	case calendar.BusinessHours:
		return h.walkTime(needed*60, time.Minute)
	default:
		return h.walkTime(needed, time.Second)
	}
}

// walkDays looks at one civil day after the other.
func (h *byHand) walkDays(hundredths int) time.Time {
	year, month, day := h.why.Start.In(h.zone).Date()
	for i, done := 1, 0; i < 3000; i++ {
		noon := time.Date(year, month, day+i, 12, 0, 0, 0, h.zone)
		judged := h.firstShowing(noon, 24*60)
		if h.why.Amount.Unit == calendar.BusinessDays {
			open := h.hoursOn(noon)
			if len(open) == 0 {
				continue
			}
			judged = h.firstShowing(noon, open[len(open)-1].Close)
		}
		if h.standsStill(judged) {
			continue
		}
		if done += 100; done >= hundredths {
			return judged
		}
	}
	return time.Time{}
}

// walkTime lets the clock run tick by tick.
func (h *byHand) walkTime(hundredths int, tick time.Duration) time.Time {
	at := h.why.Start
	for done := 0; at.Before(h.limit); {
		if (tick == time.Second || h.openAt(at)) && !h.standsStill(at) {
			done += 100
		}
		at = at.Add(tick)
		if done >= hundredths {
			return at
		}
	}
	return time.Time{}
}

func (h *byHand) standsStill(at time.Time) bool {
	for _, pause := range h.why.Pauses {
		if !at.Before(pause.From) && (pause.To.IsZero() || at.Before(pause.To)) {
			return true
		}
	}
	return false
}

// openAt asks for the first showing of each opening and closing time, so that an hour shown twice opens once.
func (h *byHand) openAt(at time.Time) bool {
	for _, hours := range h.hoursOn(at.In(h.zone)) {
		if !at.Before(h.firstShowing(at.In(h.zone), hours.Open)) && at.Before(h.firstShowing(at.In(h.zone), hours.Close)) {
			return true
		}
	}
	return false
}

func (h *byHand) hoursOn(local time.Time) []calendar.Hours {
	for _, holiday := range h.slice.Holidays {
		if holiday.Date.String() == local.Format(time.DateOnly) {
			return nil
		}
	}
	return h.slice.Week[local.Weekday()]
}

// firstShowing is the first minute at which the wall clock shows the minute of
// that civil day or a later time.
func (h *byHand) firstShowing(local time.Time, minute int) time.Time {
	year, month, day := local.Date()
	goal := time.Date(year, month, day, 0, minute, 0, 0, time.UTC)
	if at, known := h.shown[goal]; known {
		return at
	}
	_, offset := local.Zone()
	at := goal.Add(-time.Duration(offset)*time.Second - 3*time.Hour)
	for h.wallClock(at).Before(goal) {
		at = at.Add(time.Minute)
	}
	h.shown[goal] = at
	return at
}

// wallClock writes what the clock on the wall shows as if it were UTC.
func (h *byHand) wallClock(at time.Time) time.Time {
	_, offset := at.In(h.zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}
