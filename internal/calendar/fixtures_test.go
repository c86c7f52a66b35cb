package calendar_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// weekdays builds a week that is open from one weekday through another, wrapping over Saturday.
func weekdays(from, to time.Weekday, stretches ...calendar.Hours) (week [7][]calendar.Hours) {
	for day := from; ; day = (day + 1) % 7 {
		week[day] = stretches
		if day == to {
			return week
		}
	}
}

func hours(open, closes int) calendar.Hours {
	return calendar.Hours{Open: open * 60, Close: closes * 60}
}

func date(t testing.TB, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func build(t testing.TB, spec calendar.Spec, first, last string) calendar.Slice {
	t.Helper()
	if spec.Name == "" {
		spec.Name = "office/TEST"
	}
	slice, err := calendar.Build(spec, date(t, first), date(t, last))
	if err != nil {
		t.Fatal(err)
	}
	return slice
}

// fieldOffice is a Boston-like office over the years of most examples.
func fieldOffice(t testing.TB) calendar.Slice {
	return build(t, calendar.Spec{
		Name: "office/BOS", Zone: "America/New_York", Federal: true,
		Week: weekdays(time.Monday, time.Friday, hours(8, 17)),
	}, "2024-01-01", "2030-12-31")
}

// local reads a wall-clock time of a zone from the zone database, which the package itself does not use.
func local(t testing.TB, zone, text string) time.Time {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text+":00", location)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02 15:04:05", text, location)
	}
	if err != nil {
		t.Fatal(err)
	}
	return at
}
