package web

import (
	"fmt"
	"strconv"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// zone is where people of this visit read clocks: their office's, else the
// capital's, where headquarters works.
func (v *visit) zone() *time.Location {
	if len(v.caller().Offices) == 1 {
		if snapshot, err := v.site.config.Directory.Snapshot(v.ctx()); err == nil {
			if office, ok := snapshot.Office(v.caller().Offices[0]); ok {
				return located(office.Zone)
			}
		}
	}
	return located("America/New_York")
}

// located falls back to UTC, which is then what the page says.
func located(zone string) *time.Location {
	if found, err := time.LoadLocation(zone); err == nil {
		return found
	}
	return time.UTC
}

// clockTime is "10:42 am EST".
func clockTime(at time.Time, in *time.Location) string { return at.In(in).Format("3:04 pm MST") }

// near is how far from today a date is told with its weekday.
const near = 14

func dateText(day, today calendar.Date) string {
	if away := day.DaysSince(today); away > -near && away < near {
		return day.Midnight().Format("Mon 2 Jan 2006")
	}
	return day.Midnight().Format("2 Jan 2006")
}

// dayOf is "3 Mar 2026", with its weekday when it is near; "Not recorded" when
// there is none. Midnight belongs to the day that it ends.
func dayOf(at, now time.Time, in *time.Location) string {
	if at.IsZero() {
		return notRecorded
	}
	if isMidnight(at.In(in)) {
		at = at.Add(-time.Second)
	}
	return dateText(calendar.DateOf(at.In(in)), calendar.DateOf(now.In(in)))
}

func isMidnight(local time.Time) bool {
	return local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0
}

// momentOf is "Fri 6 Mar 2026, 5:00 pm EST". Midnight is where a day counted
// whole ends, and nobody's time of day: it is told as the end of that day.
func momentOf(at, now time.Time, in *time.Location) string {
	if at.IsZero() {
		return notRecorded
	}
	if isMidnight(at.In(in)) {
		return "end of " + dayOf(at, now, in)
	}
	return dayOf(at, now, in) + ", " + clockTime(at, in)
}

// ageOf is "41 days (since 3 Mar 2026)", in calendar days.
func ageOf(since, now time.Time, in *time.Location) string {
	if since.IsZero() {
		return notRecorded
	}
	days := calendar.DateOf(now.In(in)).DaysSince(calendar.DateOf(since.In(in)))
	return fmt.Sprintf("%s (since %s)", count(days, "calendar day"), dayOf(since, now, in))
}

// count is "1 day", "41 days", "1,204 days".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

func thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// threeFields reads a date from three text fields of a form; ok is false when it is none.
func threeFields(year, month, day string) (date calendar.Date, ok bool) {
	y, yearErr := strconv.Atoi(year)
	m, monthErr := strconv.Atoi(month)
	d, dayErr := strconv.Atoi(day)
	if yearErr != nil || monthErr != nil || dayErr != nil || y < 1900 || y > 2200 {
		return calendar.Date{}, false
	}
	date, err := calendar.ParseDate(fmt.Sprintf("%04d-%02d-%02d", y, m, d))
	return date, err == nil
}
