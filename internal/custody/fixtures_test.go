package custody_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
)

// fataler is a test or one run of a property.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func date(t fataler, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func source() custody.Source {
	return custody.Source{Type: "court_order", SHA256: strings.Repeat("ab", 32)}
}

// events reads lines "id date kind [key=value…]"; an event is recorded at noon UTC of its day unless at= says otherwise.
func events(t fataler, lines ...string) []custody.Event {
	t.Helper()
	var list []custody.Event
	for _, line := range lines {
		fields := strings.Fields(line)
		event := custody.Event{ID: fields[0], Date: date(t, fields[1]), Kind: custody.Kind(fields[2]), Source: source()}
		event.RecordedAt = event.Date.Midnight().Add(12 * time.Hour)
		for _, field := range fields[3:] {
			key, value, _ := strings.Cut(field, "=")
			switch key {
			case "corrects":
				event.Corrects = value
			case "stay":
				event.Stay = value
			case "at":
				event.RecordedAt = date(t, value).Midnight().Add(12 * time.Hour)
			default:
				t.Fatal("unknown field " + key)
			}
		}
		list = append(list, event)
	}
	return list
}

func office(t testing.TB) calendar.Slice {
	t.Helper()
	var week [7][]calendar.Hours
	for day := time.Monday; day <= time.Friday; day++ {
		week[day] = []calendar.Hours{{Open: 8 * 60, Close: 17 * 60}}
	}
	slice, err := calendar.Build(calendar.Spec{Name: "office/BOS", Zone: "America/New_York", Week: week, Federal: true},
		date(t, "2024-01-01"), date(t, "2030-12-31"))
	if err != nil {
		t.Fatal(err)
	}
	return slice
}

func derive(t fataler, asOf string, list []custody.Event) custody.Clock {
	t.Helper()
	clock, err := custody.Derive(list, custody.Version1(), custody.View{AsOf: date(t, asOf)})
	if err != nil {
		t.Fatal(err)
	}
	checkByHand(t, clock)
	return clock
}

// board is a clock's milestones on one line each: "name date status".
func board(clock custody.Clock) string {
	var lines []string
	for _, m := range clock.Milestones {
		line := fmt.Sprintf("%s %s %s", m.Name, m.Date, m.Status)
		if !m.OwedSince.IsZero() {
			line += " since " + m.OwedSince.String()
		}
		if m.LateDays > 0 {
			line += fmt.Sprintf(" late %d", m.LateDays)
		}
		if m.MayWait {
			line += " may wait"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// checkByHand recomputes every milestone from its explanation, stepping through
// the calendar one day at a time, without the package's arithmetic.
func checkByHand(t fataler, clock custody.Clock) {
	t.Helper()
	for _, m := range clock.Milestones {
		why := m.Explanation
		at := why.AnchorDate.Midnight()
		for _, step := range why.Steps {
			if step.Unit == custody.Months {
				at = monthsByHand(at, step.N)
				continue
			}
			for range step.N {
				at = at.Add(24 * time.Hour)
			}
		}
		if got := at.Format(time.DateOnly); got != m.Date.String() || got != why.Result.String() {
			t.Fatalf("%s is %s, explained as %s, by hand %s: %+v", m.Name, m.Date, why.Result, got, why)
		}
		if m.Source == "" || why.AnchorEvent == "" || why.Rules != clock.Rules {
			t.Fatalf("%s lacks its source or anchor: %+v", m.Name, m)
		}
	}
}

// monthsByHand turns calendar leaves: to the same day of a later month, or its last when it has no such day.
func monthsByHand(at time.Time, months int) time.Time {
	day, goal := at.Day(), (int(at.Month())-1+months)%12+1
	year := at.Year() + (int(at.Month())-1+months)/12
	for at = at.AddDate(0, 0, 1); at.Year() < year || int(at.Month()) < goal; at = at.AddDate(0, 0, 1) {
	}
	for at.Day() < day && at.AddDate(0, 0, 1).Month() == at.Month() {
		at = at.AddDate(0, 0, 1)
	}
	return at
}
