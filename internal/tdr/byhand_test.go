package tdr_test

import (
	"encoding/json"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// byHand recomputes a deadline as a clerk would: from its explanation, as
// written in JSON, and the calendars that the request recorded. It shares no
// code with the package or its calendar: civil time comes from the zone
// database, days are looked at one by one, time passes in small steps.
type byHand struct {
	calendars map[string]calendar.Slice // by hash
	known     map[string]time.Time      // explanations met before
	zones     map[string]*time.Location
	closed    map[string]bool // by hash and day
}

func newByHand() *byHand {
	return &byHand{calendars: map[string]calendar.Slice{}, known: map[string]time.Time{}, zones: map[string]*time.Location{}, closed: map[string]bool{}}
}

// learn takes the recorded calendars of a log.
func (h *byHand) learn(log []tdr.Event) {
	for _, event := range log {
		switch fact := event.Fact.(type) {
		case *tdr.Opened:
			h.keep(fact.OfficeTime)
			h.keep(fact.PostTime)
		case *tdr.Retried:
			if fact.PostTime != nil {
				h.keep(*fact.PostTime)
			}
		}
	}
}

func (h *byHand) keep(slice calendar.Slice) {
	if _, known := h.calendars[slice.Hash]; known {
		return
	}
	h.calendars[slice.Hash] = slice
	for _, holiday := range slice.Holidays {
		h.closed[slice.Hash+holiday.Date.String()] = true
	}
}

// check compares a deadline with its recomputation.
func (h *byHand) check(t fataler, d tdr.Deadline) {
	t.Helper()
	raw, err := json.Marshal(d.Why)
	if err != nil {
		t.Fatalf("explain %s: %v", d.Name(), err)
	}
	got, known := h.known[string(raw)]
	if !known {
		var why tdr.Why
		if err := json.Unmarshal(raw, &why); err != nil {
			t.Fatalf("read the explanation of %s: %v", d.Name(), err)
		}
		got = h.instant(t, why)
		h.known[string(raw)] = got
	}
	stayed := d.Suspended && d.Legal // the old date stays visible
	if d.Suspended && !stayed && !got.IsZero() {
		t.Fatalf("%s is suspended, by hand %s: %s", d.Name(), got, raw)
	}
	if !d.Suspended && !got.Equal(d.At) {
		t.Fatalf("%s is due %s, by hand %s: %s", d.Name(), d.At, got.UTC(), raw)
	}
	if d.Why.Rule == "" || d.Kind != tdr.CalendarEnds && d.Why.Event == 0 {
		t.Fatalf("%s does not say where it comes from: %s", d.Name(), raw)
	}
}

// instant is the moment an explanation leads to; zero when a pause holds it.
func (h *byHand) instant(t fataler, why tdr.Why) time.Time {
	var at time.Time
	switch {
	case why.Paused != nil && why.Paused.To.IsZero():
		return time.Time{}
	case why.Count != nil:
		at = h.counted(t, *why.Count)
	case why.Date != nil:
		at = h.midnight(t, *why.Date)
	case why.Instant != nil:
		at = *why.Instant
	default:
		t.Fatalf("explained by nothing: %+v", why)
	}
	if why.After != nil && !at.IsZero() && why.After.After(at) {
		return *why.After
	}
	return at
}

func (h *byHand) zone(t fataler, name string) *time.Location {
	if location, ok := h.zones[name]; ok {
		return location
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatalf("zone %s: %v", name, err)
	}
	h.zones[name] = location
	return location
}

func (h *byHand) midnight(t fataler, why tdr.DateWhy) time.Time {
	slice, ok := h.calendars[why.Hash]
	if !ok || slice.Name != why.Slice {
		t.Fatalf("the calendar %s %s was not recorded", why.Slice, why.Hash)
	}
	from, err := time.ParseInLocation(time.DateOnly, why.From.String(), h.zone(t, slice.Zone))
	if err != nil {
		t.Fatalf("day %q: %v", why.From, err)
	}
	at := from.AddDate(0, 0, why.Days)
	if at.Format(time.DateOnly) != why.Date.String() {
		t.Fatalf("%s and %d days is %s, not %s", why.From, why.Days, at.Format(time.DateOnly), why.Date)
	}
	return at
}

func (h *byHand) counted(t fataler, why calendar.Explanation) time.Time {
	slice, ok := h.calendars[why.Hash]
	if !ok {
		t.Fatalf("the calendar %s %s was not recorded", why.Slice, why.Hash)
	}
	hundredths := why.Amount.N * why.Percent
	switch why.Amount.Unit {
	case calendar.BusinessDays, calendar.CalendarDays:
		return h.days(t, why, slice, hundredths)
	case calendar.BusinessHours:
		return h.ticks(t, why, slice, hundredths*60)
	default:
		t.Fatalf("unit %s", why.Amount.Unit)
		return time.Time{}
	}
}

// days looks at one local day after the other, as it stands when the day is over.
func (h *byHand) days(t fataler, why calendar.Explanation, slice calendar.Slice, hundredths int) time.Time {
	zone := h.zone(t, slice.Zone)
	year, month, first := why.Start.In(zone).Date()
	for i, done := 1, 0; i < 3000; i++ {
		over := time.Date(year, month, first+i+1, 0, 0, 0, 0, zone)
		if why.Amount.Unit == calendar.BusinessDays {
			closes, open := h.closing(time.Date(year, month, first+i, 12, 0, 0, 0, zone), slice)
			if !open {
				continue
			}
			over = time.Date(year, month, first+i, 0, closes, 0, 0, zone)
		}
		still, forever := paused(over, why.Pauses)
		if forever {
			return time.Time{}
		}
		if still {
			continue
		}
		if done += 100; done >= hundredths {
			return over
		}
	}
	return time.Time{}
}

// ticks lets the opening minutes pass one by one.
func (h *byHand) ticks(t fataler, why calendar.Explanation, slice calendar.Slice, hundredths int) time.Time {
	zone, done := h.zone(t, slice.Zone), 0
	for day := 0; day < 3000; day++ {
		year, month, first := why.Start.In(zone).Date()
		noon := time.Date(year, month, first+day, 12, 0, 0, 0, zone)
		closes, open := h.closing(noon, slice)
		for minute := 8 * 60; open && minute < closes; minute++ {
			at := time.Date(year, month, first+day, 0, minute, 0, 0, zone)
			// The start may lie within a minute; what passes is counted from there.
			if at = at.Add(why.Start.Sub(why.Start.Truncate(time.Minute))); at.Before(why.Start) {
				continue
			}
			still, forever := paused(at, why.Pauses)
			if forever {
				return time.Time{}
			}
			if still {
				continue
			}
			if done += 100; done >= hundredths {
				return at.Add(time.Minute)
			}
		}
	}
	return time.Time{}
}

func (h *byHand) closing(local time.Time, slice calendar.Slice) (minute int, open bool) {
	hours := slice.Week[local.Weekday()]
	if len(hours) == 0 || h.closed[slice.Hash+local.Format(time.DateOnly)] {
		return 0, false
	}
	return hours[len(hours)-1].Close, true
}

// paused tells whether the clock stands still at an instant, and whether no end of it is known.
func paused(at time.Time, pauses []calendar.Pause) (still, forever bool) {
	for _, pause := range pauses {
		if !at.Before(pause.From) && (pause.To.IsZero() || at.Before(pause.To)) {
			still, forever = true, forever || pause.To.IsZero()
		}
	}
	return still, forever
}
