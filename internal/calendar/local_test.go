package calendar_test

import (
	"errors"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"pgregory.net/rapid"
)

func TestAtClockChanges(t *testing.T) {
	tests := []struct{ name, zone, day, clock, want string }{
		{"before the gap", "America/New_York", "2026-03-08", "01:59", "2026-03-08T06:59:00Z"},
		{"in the gap: the moment of the change", "America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z"},
		{"after the gap", "America/New_York", "2026-03-08", "03:00", "2026-03-08T07:00:00Z"},
		{"shown twice: the first", "America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"},
		{"after what is shown twice", "America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00:00Z"},
		{"a day without midnight", "America/Santiago", "2026-09-06", "00:00", "2026-09-06T04:00:00Z"},
		{"a midnight reached twice", "America/Santiago", "2026-04-05", "00:00", "2026-04-05T04:00:00Z"},
		{"half-hour zone", "Asia/Kolkata", "2026-06-01", "09:30", "2026-06-01T04:00:00Z"},
		{"quarter-hour zone", "Asia/Kathmandu", "2026-06-01", "09:45", "2026-06-01T04:00:00Z"},
		{"a change of half an hour", "Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			slice := build(t, calendar.Spec{Zone: test.zone}, "2026-01-01", "2026-12-31")
			clock, err := time.Parse("15:04", test.clock)
			if err != nil {
				t.Fatal(err)
			}
			at := slice.At(date(t, test.day), clock.Hour()*60+clock.Minute())
			if got := at.Format(time.RFC3339); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// The slice agrees with the zone database it was written from, at every instant it covers.
func TestLocalAgreesWithZone(t *testing.T) {
	zones := []string{"America/New_York", "Europe/Berlin", "Asia/Dhaka", "Asia/Kathmandu", "America/Santiago",
		"Australia/Lord_Howe", "Pacific/Auckland", "America/St_Johns", "Africa/Casablanca", "Pacific/Kiritimati"}
	slices := map[string]calendar.Slice{}
	for _, zone := range zones {
		slices[zone] = build(t, calendar.Spec{Zone: zone}, "2024-01-01", "2028-12-31")
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		slice := slices[zone]
		from, to := slice.At(slice.First, 0).Unix(), slice.At(slice.Last, 1440).Unix()
		at := time.Unix(rapid.Int64Range(from, to-1).Draw(t, "at"), 0)
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := slice.LocalDate(at), calendar.DateOf(at.In(location)); got != want {
			t.Fatalf("date %s, want %s", got, want)
		}
		if got, want := slice.Local(at).Format(time.RFC1123Z), at.In(location).Format(time.RFC1123Z); got != want {
			t.Fatalf("local %s, want %s", got, want)
		}
		minute := rapid.IntRange(0, 1440).Draw(t, "minute")
		if earlier := slice.At(slice.LocalDate(at), minute); slice.At(slice.LocalDate(at), minute+1).Before(earlier) {
			t.Fatalf("minute %d is after minute %d", minute, minute+1)
		}
	})
}

func TestOpeningHours(t *testing.T) {
	office := fieldOffice(t)
	at := func(text string) time.Time { return local(t, "America/New_York", text) }
	tests := []struct {
		name, at         string
		open             bool
		opening, morning string
	}{
		{"before opening", "2026-03-02 07:59", false, "2026-03-02 08:00", "2026-03-02 08:00"},
		{"at opening", "2026-03-02 08:00", true, "2026-03-02 08:00", "2026-03-02 08:00"},
		{"during the day", "2026-03-02 12:34", true, "2026-03-02 12:34", "2026-03-03 08:00"},
		{"at closing", "2026-03-02 17:00", false, "2026-03-03 08:00", "2026-03-03 08:00"},
		{"before a weekend", "2026-03-06 18:00", false, "2026-03-09 08:00", "2026-03-09 08:00"},
		{"a holiday", "2026-01-19 12:00", false, "2026-01-20 08:00", "2026-01-20 08:00"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			open, err := office.IsOpen(at(test.at))
			if err != nil || open != test.open {
				t.Errorf("open %v, %v", open, err)
			}
			if opening, err := office.NextOpening(at(test.at)); err != nil || !opening.Equal(at(test.opening)) {
				t.Errorf("next opening %s, %v", office.Local(opening), err)
			}
			if morning, err := office.NextMorning(at(test.at)); err != nil || !morning.Equal(at(test.morning)) {
				t.Errorf("next morning %s, %v", office.Local(morning), err)
			}
		})
	}
}

func TestLunchBreakIsClosed(t *testing.T) {
	post := build(t, calendar.Spec{Zone: "Asia/Dhaka", Week: weekdays(time.Sunday, time.Thursday, hours(9, 13), hours(14, 17))},
		"2026-01-01", "2026-12-31")
	noon := local(t, "Asia/Dhaka", "2026-03-05 13:30")
	if open, err := post.IsOpen(noon); err != nil || open {
		t.Errorf("open %v, %v", open, err)
	}
	if opening, err := post.NextOpening(noon); err != nil || !opening.Equal(noon.Add(30*time.Minute)) {
		t.Errorf("next opening %s, %v", opening, err)
	}
	if morning, err := post.NextMorning(noon); err != nil || !morning.Equal(local(t, "Asia/Dhaka", "2026-03-08 09:00")) {
		t.Errorf("next morning %s, %v", morning, err)
	}
}

func TestDays(t *testing.T) {
	office := fieldOffice(t)
	tests := []struct {
		day    string
		reason string
		name   string
	}{
		{"2026-03-02", "", ""},
		{"2026-03-07", calendar.ReasonWeekend, ""},
		{"2026-01-19", calendar.ReasonHoliday, "Martin Luther King Jr. Day"},
	}
	for _, test := range tests {
		day, err := office.Day(date(t, test.day))
		if err != nil || day.Reason != test.reason || day.Holiday != test.name || day.Open != (test.reason == "") {
			t.Errorf("%s: %+v, %v", test.day, day, err)
		}
		business, err := office.IsBusinessDay(date(t, test.day))
		if err != nil || business != day.Open {
			t.Errorf("%s: business day %v, %v", test.day, business, err)
		}
		opens, openErr := office.Opens(date(t, test.day))
		closes, closeErr := office.Closes(date(t, test.day))
		if day.Open && (!opens.Equal(local(t, "America/New_York", test.day+" 08:00")) || closes.Sub(opens) != 9*time.Hour) {
			t.Errorf("%s: %s to %s", test.day, opens, closes)
		}
		if !day.Open && (!errors.Is(openErr, calendar.ErrClosed) || !errors.Is(closeErr, calendar.ErrClosed)) {
			t.Errorf("%s: %v, %v", test.day, openErr, closeErr)
		}
	}
}

func TestBusinessDaysBetween(t *testing.T) {
	office := fieldOffice(t)
	tests := []struct {
		from, to string
		want     int
	}{
		{"2026-03-02", "2026-03-02", 0},
		{"2026-03-02", "2026-03-03", 1},
		{"2026-03-06", "2026-03-09", 1},
		{"2026-03-07", "2026-03-08", 0},
		{"2026-03-09", "2026-03-06", -1},
		{"2026-01-16", "2026-01-20", 1},
	}
	for _, test := range tests {
		got, err := office.BusinessDaysBetween(date(t, test.from), date(t, test.to))
		if err != nil || got != test.want {
			t.Errorf("%s to %s: %d, %v; want %d", test.from, test.to, got, err, test.want)
		}
	}
	if next, err := office.NextBusinessDay(date(t, "2026-03-06")); err != nil || next != date(t, "2026-03-09") {
		t.Errorf("next business day %s, %v", next, err)
	}
}

// Beyond its days a slice says so, instead of taking unknown holidays for working days.
func TestHorizon(t *testing.T) {
	office := fieldOffice(t)
	outside := office.Last.AddDays(1)
	at := office.At(outside, 600)
	_, dayErr := office.Day(outside)
	_, businessErr := office.IsBusinessDay(office.First.AddDays(-1))
	_, opensErr := office.Opens(outside)
	_, closesErr := office.Closes(outside)
	_, openErr := office.IsOpen(at)
	_, nextErr := office.NextOpening(at)
	_, lastErr := office.NextOpening(office.At(office.Last, 1439))
	_, morningErr := office.NextMorning(at)
	_, nextDayErr := office.NextBusinessDay(office.Last)
	_, betweenErr := office.BusinessDaysBetween(office.First, outside)
	for i, err := range []error{dayErr, businessErr, opensErr, closesErr, openErr, nextErr, lastErr, morningErr, nextDayErr, betweenErr} {
		if !errors.Is(err, calendar.ErrHorizon) {
			t.Errorf("question %d: %v", i, err)
		}
	}
	if office.Covers(at) || office.CoversDate(outside) || !office.CoversDate(office.Last) {
		t.Error("covers")
	}
}
