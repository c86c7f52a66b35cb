package calendar_test

import (
	"errors"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

func count(start time.Time, n int, unit calendar.Unit, percent int, pauses ...calendar.Pause) calendar.Count {
	return calendar.Count{Start: start, Amount: calendar.Amount{N: n, Unit: unit}, Percent: percent, Pauses: pauses}
}

// The published example of a ticket system: open Monday to Friday 08 to 18, to be
// answered within 4 opening hours, with a warning 1 hour before.
func TestHelpDeskExample(t *testing.T) {
	slice := build(t, calendar.Spec{Zone: "Europe/Paris", Week: weekdays(time.Monday, time.Friday, hours(8, 18))},
		"2026-01-01", "2026-12-31")
	start := local(t, "Europe/Paris", "2026-05-18 17:00")
	for percent, want := range map[int]string{100: "2026-05-19 11:00", 75: "2026-05-19 10:00"} {
		due, err := slice.Due(count(start, 4, calendar.BusinessHours, percent))
		if err != nil {
			t.Fatal(err)
		}
		if !due.At.Equal(local(t, "Europe/Paris", want)) {
			t.Errorf("%d %%: %s, want %s", percent, slice.Local(due.At), want)
		}
	}
}

func TestDueInOffice(t *testing.T) {
	const ny = "America/New_York"
	at := func(text string) time.Time { return local(t, ny, text) }
	pause := func(from, to string) calendar.Pause {
		p := calendar.Pause{From: at(from), Reason: "information_asked"}
		if to != "" {
			p.To = at(to)
		}
		return p
	}
	tests := []struct {
		name  string
		count calendar.Count
		want  string
	}{
		{"the day of the start is day 0", count(at("2026-03-02 09:00"), 2, calendar.BusinessDays, 100), "2026-03-04 17:00"},
		{"a start after closing is still day 0", count(at("2026-03-02 23:59"), 2, calendar.BusinessDays, 100), "2026-03-04 17:00"},
		{"a start at the weekend", count(at("2026-03-07 12:00"), 1, calendar.BusinessDays, 100), "2026-03-09 17:00"},
		{"a federal holiday does not count", count(at("2026-01-16 10:00"), 1, calendar.BusinessDays, 100), "2026-01-20 17:00"},
		{"a holiday observed on Friday", count(at("2026-07-02 10:00"), 1, calendar.BusinessDays, 100), "2026-07-06 17:00"},
		{"80 percent of 5 days", count(at("2026-03-02 09:00"), 5, calendar.BusinessDays, 80), "2026-03-06 17:00"},
		{"a share rounds up to a day", count(at("2026-03-02 09:00"), 5, calendar.BusinessDays, 81), "2026-03-09 17:00"},
		{"125 percent of 4 days", count(at("2026-03-02 09:00"), 4, calendar.BusinessDays, 125), "2026-03-09 17:00"},
		{"a pause over closing time costs the day", count(at("2026-03-02 09:00"), 2, calendar.BusinessDays, 100,
			pause("2026-03-03 16:59", "2026-03-03 17:01")), "2026-03-05 17:00"},
		{"a pause that ends at closing time costs nothing", count(at("2026-03-02 09:00"), 2, calendar.BusinessDays, 100,
			pause("2026-03-03 08:00", "2026-03-03 17:00")), "2026-03-04 17:00"},
		{"a pause that begins at closing time costs the day", count(at("2026-03-02 09:00"), 2, calendar.BusinessDays, 100,
			pause("2026-03-03 17:00", "2026-03-04 08:00")), "2026-03-05 17:00"},
		{"30 calendar days end at midnight", count(at("2026-03-02 09:00"), 30, calendar.CalendarDays, 100), "2026-04-02 00:00"},
		{"a calendar day ends in the other offset", count(at("2026-03-07 09:00"), 1, calendar.CalendarDays, 100), "2026-03-09 00:00"},
		{"a pause over midnight costs a calendar day", count(at("2026-03-02 09:00"), 2, calendar.CalendarDays, 100,
			pause("2026-03-03 23:00", "2026-03-04 01:00")), "2026-03-06 00:00"},
		{"a pause within a calendar day costs nothing", count(at("2026-03-02 09:00"), 2, calendar.CalendarDays, 100,
			pause("2026-03-03 01:00", "2026-03-03 23:00")), "2026-03-05 00:00"},
		{"opening hours over a weekend", count(at("2026-03-06 16:00"), 2, calendar.BusinessHours, 100), "2026-03-09 09:00"},
		{"hours that end with the day", count(at("2026-03-06 15:00"), 2, calendar.BusinessHours, 100), "2026-03-06 17:00"},
		{"hours from outside opening time", count(at("2026-03-06 20:00"), 2, calendar.BusinessHours, 100), "2026-03-09 10:00"},
		{"hours keep the seconds of the start", count(at("2026-03-06 16:00:30"), 2, calendar.BusinessHours, 100), "2026-03-09 09:00:30"},
		{"a third of an hour rounds up to a minute", count(at("2026-03-06 09:00"), 1, calendar.BusinessHours, 33), "2026-03-06 09:20"},
		{"hours net of overlapping pauses", count(at("2026-03-06 09:00"), 2, calendar.BusinessHours, 100,
			pause("2026-03-06 09:40", "2026-03-06 10:30"), pause("2026-03-06 09:30", "2026-03-06 10:00")), "2026-03-06 12:00"},
		{"hours due the moment a pause begins", count(at("2026-03-06 09:00"), 2, calendar.BusinessHours, 100,
			pause("2026-03-06 11:00", "")), "2026-03-06 11:00"},
		{"a pause outside opening hours costs none", count(at("2026-03-06 16:00"), 2, calendar.BusinessHours, 100,
			pause("2026-03-06 18:00", "2026-03-09 07:00")), "2026-03-09 09:00"},
		{"seconds run at night", count(at("2026-03-06 23:59:50"), 20, calendar.Seconds, 100), "2026-03-07 00:00:10"},
		{"seconds net of a pause", count(at("2026-03-06 10:00:00"), 10, calendar.Seconds, 100,
			pause("2026-03-06 10:00:04", "2026-03-06 10:00:09")), "2026-03-06 10:00:15"},
		{"an open pause after the end", count(at("2026-03-02 09:00"), 2, calendar.BusinessDays, 100,
			pause("2026-03-04 17:01", "")), "2026-03-04 17:00"},
		{"a pause over before the start", count(at("2026-03-02 09:00"), 2, calendar.BusinessDays, 100,
			pause("2026-02-02 17:01", "2026-03-01 00:00")), "2026-03-04 17:00"},
	}
	office := fieldOffice(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			due, err := office.Due(test.count)
			if err != nil {
				t.Fatal(err)
			}
			if want := at(test.want); !due.At.Equal(want) || due.Suspended {
				t.Errorf("due %s (suspended %v), want %s", office.Local(due.At), due.Suspended, want)
			}
			checkByHand(t, office, due)
		})
	}
}

func TestOpenPauseSuspends(t *testing.T) {
	office := fieldOffice(t)
	at := func(text string) time.Time { return local(t, "America/New_York", text) }
	tests := []struct {
		name, from, asOf, earliest string
		n                          int
		unit                       calendar.Unit
	}{
		{"days", "2026-03-03 12:00", "2026-03-10 12:00", "2026-03-11 17:00", 2, calendar.BusinessDays},
		{"days with a pause that has not begun", "2026-03-04 12:00", "2026-03-03 12:00", "2026-03-04 17:00", 2, calendar.BusinessDays},
		{"calendar days", "2026-03-03 12:00", "2026-03-10 12:00", "2026-03-12 00:00", 2, calendar.CalendarDays},
		{"hours", "2026-03-02 10:00", "2026-03-10 12:00", "2026-03-10 13:00", 2, calendar.BusinessHours},
		{"seconds", "2026-03-02 09:00:10", "2026-03-10 12:00", "2026-03-10 12:00:50", 60, calendar.Seconds},
		{"without a day to suppose", "2026-03-03 12:00", "", "", 2, calendar.BusinessDays},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := count(at("2026-03-02 09:00"), test.n, test.unit, 100,
				calendar.Pause{From: at(test.from), Reason: "court", Review: date(t, "2026-04-01")})
			var want time.Time
			if test.asOf != "" {
				clock.AsOf, want = at(test.asOf), at(test.earliest)
			}
			due, err := office.Due(clock)
			if err != nil {
				t.Fatal(err)
			}
			if !due.Suspended || !due.At.IsZero() || !due.Day.IsZero() || !due.Earliest.Equal(want) {
				t.Errorf("got %+v, want suspended and at the earliest %s", due, want)
			}
			if len(due.Why.Pauses) != 1 || due.Why.Pauses[0].Reason != "court" {
				t.Errorf("the explanation hides the pause: %+v", due.Why)
			}
			checkByHand(t, office, due)
		})
	}
}

func TestDueRefuses(t *testing.T) {
	office := fieldOffice(t)
	start := local(t, "America/New_York", "2026-03-02 09:00")
	backwards := calendar.Pause{From: start, To: start.Add(-time.Second)}
	tests := []struct {
		name  string
		count calendar.Count
		want  error
	}{
		{"no amount", count(start, 0, calendar.BusinessDays, 100), calendar.ErrCount},
		{"negative amount", count(start, -1, calendar.BusinessDays, 100), calendar.ErrCount},
		{"no percent", count(start, 1, calendar.BusinessDays, 0), calendar.ErrCount},
		{"huge percent", count(start, 1, calendar.BusinessDays, 1_000_000), calendar.ErrCount},
		{"unknown unit", count(start, 1, "weeks", 100), calendar.ErrCount},
		{"no start", count(time.Time{}, 1, calendar.BusinessDays, 100), calendar.ErrCount},
		{"more than a century", count(start, 100_000_000, calendar.BusinessHours, 1000), calendar.ErrCount},
		{"a pause backwards", count(start, 1, calendar.BusinessDays, 100, backwards), calendar.ErrCount},
		{"start before the slice", count(start.AddDate(-10, 0, 0), 1, calendar.BusinessDays, 100), calendar.ErrHorizon},
		{"days beyond the slice", count(start, 2000, calendar.BusinessDays, 100), calendar.ErrHorizon},
		{"calendar days beyond the slice", count(start, 4000, calendar.CalendarDays, 100), calendar.ErrHorizon},
		{"hours beyond the slice", count(start, 20_000, calendar.BusinessHours, 100), calendar.ErrHorizon},
		{"seconds beyond the slice", count(start, 90_000_000, calendar.Seconds, 200), calendar.ErrHorizon},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if due, err := office.Due(test.count); !errors.Is(err, test.want) {
				t.Errorf("got %+v, %v; want %v", due, err, test.want)
			}
		})
	}
}

// A week of opening hours across each change of clocks, counted in real time.
func TestHoursAcrossClockChanges(t *testing.T) {
	always := func(zone string) calendar.Slice {
		return build(t, calendar.Spec{Zone: zone, Week: weekdays(time.Sunday, time.Saturday, hours(0, 24))},
			"2026-01-01", "2027-12-31")
	}
	tests := []struct{ name, zone, start, want string }{
		{"spring in New York", "America/New_York", "2026-03-07 12:00", "2026-03-08 13:00"},
		{"autumn in New York", "America/New_York", "2026-10-31 12:00", "2026-11-01 11:00"},
		{"spring in Berlin", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 13:00"},
		{"autumn at midnight in Santiago", "America/Santiago", "2026-04-04 12:00", "2026-04-05 11:00"},
		{"half an hour on Lord Howe", "Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-04 12:30"},
		{"none in Kolkata", "Asia/Kolkata", "2026-03-28 12:00", "2026-03-29 12:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			slice := always(test.zone)
			due, err := slice.Due(count(local(t, test.zone, test.start), 24, calendar.BusinessHours, 100))
			if err != nil {
				t.Fatal(err)
			}
			if want := local(t, test.zone, test.want); !due.At.Equal(want) {
				t.Errorf("due %s, want %s", slice.Local(due.At), want)
			}
			checkByHand(t, slice, due)
		})
	}
}

// Posts that rest on Friday and Saturday, and zones that are not whole hours from UTC.
func TestDueAtPosts(t *testing.T) {
	dhaka := build(t, calendar.Spec{Name: "post/bgd", Zone: "Asia/Dhaka",
		Week: weekdays(time.Sunday, time.Thursday, hours(9, 13), hours(14, 17))}, "2026-01-01", "2026-12-31")
	kabul := build(t, calendar.Spec{Name: "post/afg", Zone: "Asia/Kabul",
		Week:     weekdays(time.Saturday, time.Wednesday, hours(8, 16)),
		Holidays: []calendar.Holiday{{Date: date(t, "2026-03-21"), Name: "Nowruz"}}}, "2026-01-01", "2026-12-31")
	tests := []struct {
		name  string
		slice calendar.Slice
		count calendar.Count
		want  string
	}{
		{"over the Friday and Saturday", dhaka, count(local(t, "Asia/Dhaka", "2026-03-05 10:00"), 1, calendar.BusinessDays, 100), "2026-03-08 17:00"},
		{"over the lunch break", dhaka, count(local(t, "Asia/Dhaka", "2026-03-05 12:00"), 2, calendar.BusinessHours, 100), "2026-03-05 15:00"},
		{"over break and weekend", dhaka, count(local(t, "Asia/Dhaka", "2026-03-05 12:30"), 4, calendar.BusinessHours, 100), "2026-03-08 09:30"},
		{"half-hour offset", kabul, count(local(t, "Asia/Kabul", "2026-03-17 15:30"), 1, calendar.BusinessHours, 100), "2026-03-18 08:30"},
		{"holiday on a Saturday that works", kabul, count(local(t, "Asia/Kabul", "2026-03-18 10:00"), 1, calendar.BusinessDays, 100), "2026-03-22 16:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			due, err := test.slice.Due(test.count)
			if err != nil {
				t.Fatal(err)
			}
			if want := local(t, test.slice.Zone, test.want); !due.At.Equal(want) {
				t.Errorf("due %s, want %s", test.slice.Local(due.At), want)
			}
			checkByHand(t, test.slice, due)
		})
	}
}

func TestExplanationNamesWhatWasSkipped(t *testing.T) {
	office := fieldOffice(t)
	at := func(text string) time.Time { return local(t, "America/New_York", text) }
	due, err := office.Due(count(at("2026-01-15 09:00"), 2, calendar.BusinessDays, 100,
		calendar.Pause{From: at("2026-01-05 12:00"), To: at("2026-01-15 09:00"), Reason: "before"},
		calendar.Pause{From: at("2026-01-20 12:00"), To: at("2026-01-22 12:00"), Reason: "information_asked"},
		calendar.Pause{From: at("2026-01-22 17:01"), To: at("2026-02-22 12:00"), Reason: "after"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []calendar.Skipped{
		{First: date(t, "2026-01-17"), Last: date(t, "2026-01-18"), Reason: calendar.ReasonWeekend},
		{First: date(t, "2026-01-19"), Last: date(t, "2026-01-19"), Reason: calendar.ReasonHoliday, Name: "Martin Luther King Jr. Day"},
		{First: date(t, "2026-01-20"), Last: date(t, "2026-01-21"), Reason: calendar.ReasonPaused},
	}
	if len(due.Why.Skipped) != len(want) {
		t.Fatalf("skipped %+v, want %+v", due.Why.Skipped, want)
	}
	for i := range want {
		if due.Why.Skipped[i] != want[i] {
			t.Errorf("skipped %+v, want %+v", due.Why.Skipped[i], want[i])
		}
	}
	if len(due.Why.Pauses) != 1 || due.Why.Pauses[0].Reason != "information_asked" {
		t.Errorf("pauses that could not matter are listed: %+v", due.Why.Pauses)
	}
	if due.Why.Hash != office.Hash || due.Why.Needed != 2 || due.Why.NeededUnit != "days" || due.Day != date(t, "2026-01-22") {
		t.Errorf("explanation %+v", due.Why)
	}
}

func TestNeighbouringHolidaysKeepTheirNames(t *testing.T) {
	post := build(t, calendar.Spec{Zone: "Asia/Dhaka", Week: weekdays(time.Sunday, time.Thursday, hours(9, 17)),
		Holidays: []calendar.Holiday{
			{Date: date(t, "2026-03-16"), Name: "Example Day"}, {Date: date(t, "2026-03-17"), Name: "Other Day"},
		}}, "2026-01-01", "2026-12-31")
	due, err := post.Due(count(local(t, "Asia/Dhaka", "2026-03-15 10:00"), 1, calendar.BusinessDays, 100))
	if err != nil || len(due.Why.Skipped) != 2 || due.Why.Skipped[0].Name != "Example Day" || due.Why.Skipped[1].Name != "Other Day" {
		t.Errorf("skipped %+v, %v", due.Why.Skipped, err)
	}
}
