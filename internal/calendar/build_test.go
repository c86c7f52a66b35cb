package calendar_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// The days on which federal offices were or will be closed, as the Office of
// Personnel Management publishes them; years with every kind of observed day.
func TestFederalHolidays(t *testing.T) {
	published := map[string][]string{
		"2021": {"01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11", "11-25", "12-24", "12-31"},
		"2022": {"01-17", "02-21", "05-30", "06-20", "07-04", "09-05", "10-10", "11-11", "11-24", "12-26"},
		"2023": {"01-02", "01-16", "02-20", "05-29", "06-19", "07-04", "09-04", "10-09", "11-10", "11-23", "12-25"},
		"2026": {"01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26", "12-25"},
		"2027": {"01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11", "11-25", "12-24", "12-31"},
	}
	for year, days := range published {
		slice := build(t, calendar.Spec{Zone: "America/New_York", Federal: true,
			Week: weekdays(time.Monday, time.Friday, hours(8, 17))}, year+"-01-01", year+"-12-31")
		var got []string
		for _, holiday := range slice.Holidays {
			got = append(got, holiday.Date.String()[5:])
		}
		if strings.Join(got, " ") != strings.Join(days, " ") {
			t.Errorf("%s: got %v, want %v", year, got, days)
		}
	}
}

func TestHolidayItselfWhereWeekendsWork(t *testing.T) {
	slice := build(t, calendar.Spec{Zone: "America/New_York", Federal: true,
		Week: weekdays(time.Sunday, time.Saturday, hours(8, 17))}, "2026-07-01", "2026-07-31")
	for day, name := range map[string]string{"2026-07-03": "Independence Day (observed)", "2026-07-04": "Independence Day"} {
		if holiday, ok := slice.HolidayOn(date(t, day)); !ok || holiday.Name != name {
			t.Errorf("%s: %+v, want %s", day, holiday, name)
		}
	}
}

func TestExtraHolidays(t *testing.T) {
	slice := build(t, calendar.Spec{Zone: "Africa/Accra", Week: weekdays(time.Monday, time.Friday, hours(8, 17)),
		Holidays: []calendar.Holiday{
			{Date: date(t, "2026-07-01"), Name: "Republic Day"},
			{Date: date(t, "2026-03-06"), Name: "Independence Day"},
			{Date: date(t, "2026-03-06"), Name: "said twice"},
			{Date: date(t, "2026-03-07"), Name: "on a Saturday"},
			{Date: date(t, "2031-03-06"), Name: "beyond"},
		}}, "2026-01-01", "2026-12-31")
	want := []calendar.Holiday{
		{Date: date(t, "2026-03-06"), Name: "Independence Day"}, {Date: date(t, "2026-07-01"), Name: "Republic Day"},
	}
	if len(slice.Holidays) != 2 || slice.Holidays[0] != want[0] || slice.Holidays[1] != want[1] {
		t.Errorf("got %+v, want %+v", slice.Holidays, want)
	}
}

func TestBuildRefuses(t *testing.T) {
	week := weekdays(time.Monday, time.Friday, hours(8, 17))
	first, last := date(t, "2026-01-01"), date(t, "2026-12-31")
	tests := []struct {
		name        string
		spec        calendar.Spec
		first, last calendar.Date
	}{
		{"no zone", calendar.Spec{Name: "x", Week: week}, first, last},
		{"the machine's zone", calendar.Spec{Name: "x", Zone: "Local", Week: week}, first, last},
		{"no such zone", calendar.Spec{Name: "x", Zone: "Mars/Olympus", Week: week}, first, last},
		{"no name", calendar.Spec{Zone: "UTC", Week: week}, first, last},
		{"backwards", calendar.Spec{Name: "x", Zone: "UTC", Week: week}, last, first},
		{"no range", calendar.Spec{Name: "x", Zone: "UTC", Week: week}, calendar.Date{}, calendar.Date{}},
		{"hours beyond the day", calendar.Spec{Name: "x", Zone: "UTC", Week: weekdays(0, 6, hours(8, 25))}, first, last},
		{"hours backwards", calendar.Spec{Name: "x", Zone: "UTC", Week: weekdays(0, 6, hours(17, 8))}, first, last},
		{"hours that overlap", calendar.Spec{Name: "x", Zone: "UTC", Week: weekdays(0, 6, hours(8, 13), hours(12, 17))}, first, last},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := calendar.Build(test.spec, test.first, test.last); err == nil {
				t.Error("built")
			}
		})
	}
}

func TestValidateFindsEveryFault(t *testing.T) {
	faults := map[string]func(*calendar.Slice){
		"hash":                  func(s *calendar.Slice) { s.Hash = strings.Repeat("0", 64) },
		"hash of other hours":   func(s *calendar.Slice) { s.Week[time.Monday][0].Close++ },
		"hash of other holiday": func(s *calendar.Slice) { s.Holidays[0].Name = "other" },
		"no offsets":            func(s *calendar.Slice) { s.Offsets = nil },
		"offsets out of order":  func(s *calendar.Slice) { s.Offsets[0], s.Offsets[1] = s.Offsets[1], s.Offsets[0] },
		"offsets begin late":    func(s *calendar.Slice) { s.Offsets = s.Offsets[1:] },
		"offset of two days":    func(s *calendar.Slice) { s.Offsets[1].Seconds = 2 * 86400 },
		"holidays out of order": func(s *calendar.Slice) { s.Holidays[0], s.Holidays[1] = s.Holidays[1], s.Holidays[0] },
		"holiday outside":       func(s *calendar.Slice) { s.Holidays[0].Date = s.First.AddDays(-1) },
		"negative hours":        func(s *calendar.Slice) { s.Week[time.Monday][0].Open = -1 },
		"range":                 func(s *calendar.Slice) { s.Last = s.First.AddDays(-1) },
	}
	for name, spoil := range faults {
		t.Run(name, func(t *testing.T) {
			slice := fieldOffice(t)
			spoil(&slice)
			if err := slice.Validate(); !errors.Is(err, calendar.ErrSlice) {
				t.Errorf("accepted: %v", err)
			}
		})
	}
}

func TestSliceSurvivesJSON(t *testing.T) {
	slice := fieldOffice(t)
	raw, err := json.Marshal(slice)
	if err != nil {
		t.Fatal(err)
	}
	var read calendar.Slice
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	if err := read.Validate(); err != nil {
		t.Error(err)
	}
}

func TestBuildDoesNotShareTheSpec(t *testing.T) {
	spec := calendar.Spec{Name: "x", Zone: "UTC", Week: weekdays(time.Monday, time.Friday, hours(8, 17))}
	slice := build(t, spec, "2026-01-01", "2026-12-31")
	spec.Week[time.Monday][0].Close = 12
	if err := slice.Validate(); err != nil {
		t.Error(err)
	}
}

// The rules of a zone go on for ever, and so does the walk along them: on the last
// day of some leap years the standard library stands still.
func TestAZoneIsWalkedOverEveryNewYear(t *testing.T) {
	for _, zone := range []string{"America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Sydney", "Asia/Kolkata"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		slice, err := calendar.Build(calendar.Spec{Name: "far", Zone: zone}, calendar.Date{Year: 2020, Month: 1, Day: 1}, calendar.Date{Year: 2110, Month: 12, Day: 31})
		if err != nil {
			t.Fatalf("%s: %v", zone, err)
		}
		for at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2110; at = at.Add(5 * time.Hour) {
			if got, want := slice.LocalDate(at), calendar.DateOf(at.In(location)); got != want {
				t.Fatalf("%s: %v is %v there, want %v", zone, at, got, want)
			}
		}
	}
}
