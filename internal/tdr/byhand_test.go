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
}

func newByHand() *byHand {
	return &byHand{calendars: map[string]calendar.Slice{}, known: map[string]time.Time{}, zones: map[string]*time.Location{}}
}

// learn takes the recorded calendars of a log.
func (h *byHand) learn(log []tdr.Event) {
	for _, event := range log {
		switch fact := event.Fact.(type) {
		case *tdr.Opened:
			h.calendars[fact.OfficeTime.Hash], h.calendars[fact.PostTime.Hash] = fact.OfficeTime, fact.PostTime
		case *tdr.Retried:
			if fact.PostTime != nil {
				h.calendars[fact.PostTime.Hash] = *fact.PostTime
			}
		}
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
			closes, open := closing(time.Date(year, month, first+i, 12, 0, 0, 0, zone), slice)
			if !open {
				continue
			}
			over = time.Date(year, month, first+i, 0, closes, 0, 0, zone)
		}
		if paused(over, why.Pauses) {
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
	zone := h.zone(t, slice.Zone)
	for at, done := why.Start, 0; at.Before(why.Start.AddDate(0, 3, 0)); {
		local := at.In(zone)
		minute := local.Hour()*60 + local.Minute()
		if closes, open := closing(local, slice); open && minute >= 8*60 && minute < closes && !paused(at, why.Pauses) {
			done += 100
		}
		if at = at.Add(time.Minute); done >= hundredths {
			return at
		}
	}
	return time.Time{}
}

func closing(local time.Time, slice calendar.Slice) (minute int, open bool) {
	for _, holiday := range slice.Holidays {
		if holiday.Date.String() == local.Format(time.DateOnly) {
			return 0, false
		}
	}
	hours := slice.Week[local.Weekday()]
	if len(hours) == 0 {
		return 0, false
	}
	return hours[len(hours)-1].Close, true
}

func paused(at time.Time, pauses []calendar.Pause) bool {
	for _, pause := range pauses {
		if !at.Before(pause.From) && (pause.To.IsZero() || at.Before(pause.To)) {
			return true
		}
	}
	return false
}
