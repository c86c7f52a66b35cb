package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// A day ends where it is lived: not an instant before, also where clocks change
// at midnight, and never again after.
func TestTheEndOfADay(t *testing.T) {
	for _, row := range []struct{ day, zone, end string }{
		{"2027-01-15", "America/New_York", "2027-01-16T05:00:00Z"},
		{"2027-01-15", "Pacific/Honolulu", "2027-01-16T10:00:00Z"},
		{"2027-01-15", "Pacific/Guam", "2027-01-15T14:00:00Z"},
		{"2026-03-07", "America/New_York", "2026-03-08T05:00:00Z"},
		{"2026-03-08", "America/New_York", "2026-03-09T04:00:00Z"},  // 23 hours long
		{"2026-11-01", "America/New_York", "2026-11-02T05:00:00Z"},  // 25 hours long
		{"2026-03-07", "America/Havana", "2026-03-08T05:00:00Z"},    // there is no midnight
		{"2026-10-31", "America/Havana", "2026-11-01T04:00:00Z"},    // midnight comes twice
		{"2017-02-18", "America/Sao_Paulo", "2017-02-19T03:00:00Z"}, // its last hour comes twice
		{"2017-10-14", "America/Sao_Paulo", "2017-10-15T03:00:00Z"},
	} {
		day, err := calendar.ParseDate(row.day)
		if err != nil {
			t.Fatal(err)
		}
		where, err := time.LoadLocation(row.zone)
		if err != nil {
			t.Fatal(err)
		}
		if end := calendar.EndOf(day, where).Format(time.RFC3339); end != row.end {
			t.Errorf("%s ends in %s at %s, want %s", row.day, row.zone, end, row.end)
		}
	}
}

func TestADayIsOverAtItsEndAndNotBefore(t *testing.T) {
	zones := []string{
		"America/New_York", "America/Los_Angeles", "America/Anchorage", "America/Phoenix", "Pacific/Honolulu", "Pacific/Guam",
		"Pacific/Pago_Pago", "America/Puerto_Rico", "America/Havana", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "UTC",
	}
	rapid.Check(t, func(t *rapid.T) {
		where, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		day := calendar.Date{Year: 2008, Month: time.January, Day: 1}.AddDays(rapid.IntRange(0, 9000).Draw(t, "day"))
		end := calendar.EndOf(day, where)
		before := rapid.Int64Range(1, int64(30*time.Hour)).Draw(t, "before")
		if calendar.DateOf(end.Add(-1).In(where)).After(day) || calendar.DateOf(end.Add(-time.Duration(before)).In(where)).After(day) {
			t.Fatalf("%s is over before %s", day, end.In(where))
		}
		for after := time.Duration(0); after < 6*time.Hour; after += 20 * time.Minute {
			if !calendar.DateOf(end.Add(after).In(where)).After(day) {
				t.Fatalf("%s is not over %s after %s", day, after, end.In(where))
			}
		}
	})
}
