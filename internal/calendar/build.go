package calendar

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // so that a machine without zone files counts the same

	"github.com/rickar/cal/v2/us"
)

// Spec is an office's or post's working time as people keep it: rules that
// still need the zone database and the holiday laws.
type Spec struct {
	Name     string     `json:"name"     yaml:"name"`
	Zone     string     `json:"zone"     yaml:"zone"`     // IANA name
	Week     [7][]Hours `json:"week"     yaml:"week"`     // by time.Weekday, Sunday first
	Federal  bool       `json:"federal"  yaml:"federal"`  // keeps the US federal holidays
	Holidays []Holiday  `json:"holidays" yaml:"holidays"` // further closed days, any order
}

// Build writes a spec out as a slice for [first, last]. It reads the zone
// database, so it belongs outside workflows: a request records the result when it opens.
func Build(spec Spec, first, last Date) (Slice, error) {
	if first.IsZero() || last.Before(first) {
		return Slice{}, fmt.Errorf("build calendar %s: %q to %q is not a range: %w", spec.Name, first, last, ErrSlice)
	}
	offsets, err := zoneOffsets(spec.Zone, first, last)
	if err != nil {
		return Slice{}, fmt.Errorf("build calendar %s: %w", spec.Name, err)
	}
	slice := Slice{
		Name: spec.Name, Zone: spec.Zone, Offsets: offsets, Week: copyWeek(spec.Week),
		Holidays: closedDays(spec, first, last), First: first, Last: last,
	}
	slice.Hash = slice.canonicalHash()
	if err := slice.Validate(); err != nil {
		return Slice{}, fmt.Errorf("build calendar: %w", err)
	}
	return slice, nil
}

// zoneOffsets walks a zone from one transition to the next, with two days to spare at each end.
func zoneOffsets(zone string, first, last Date) ([]Offset, error) {
	// The standard library reads these two names as UTC and as the machine's own zone.
	if zone == "" || zone == "Local" {
		return nil, fmt.Errorf("zone %q is no IANA name: %w", zone, ErrSlice)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("load zone %q: %w", zone, err)
	}
	at := first.AddDays(-2).Midnight().In(location)
	end := last.AddDays(2).Midnight()
	var offsets []Offset
	for {
		name, seconds := at.Zone()
		offsets = append(offsets, Offset{From: at.Unix(), Seconds: seconds, Name: name})
		next := change(at)
		if next.IsZero() || next.After(end) {
			return offsets, nil
		}
		at = next
	}
}

// change is the next transition of a zone after an instant, zero when none is to
// come. On the last day of a leap year the standard library answers the beginning
// of that very day for some zones; no rule of any zone changes on parts of a minute.
func change(at time.Time) time.Time {
	from := at
	for {
		_, next := from.ZoneBounds()
		if next.IsZero() || next.After(at) {
			return next
		}
		from = from.Add(time.Minute)
	}
}

// closedDays merges the spec's own holidays with the federal ones, by date, one
// a day, without those that fall on a weekday that is closed anyway.
func closedDays(spec Spec, first, last Date) []Holiday {
	days := slices.Clone(spec.Holidays)
	if spec.Federal {
		days = append(days, federalHolidays(first.Year, last.Year)...)
	}
	days = slices.DeleteFunc(days, func(h Holiday) bool {
		return h.Date.Before(first) || h.Date.After(last) || len(spec.Week[h.Date.Weekday()]) == 0
	})
	slices.SortStableFunc(days, func(a, b Holiday) int { return a.Date.DaysSince(b.Date) })
	return slices.CompactFunc(days, func(a, b Holiday) bool { return a.Date == b.Date })
}

// federalHolidays are the legal public holidays of 5 U.S.C. 6103(a) and the days
// on which they are observed: the Friday before a Saturday (5 U.S.C. 6103(b)(1)), the
// Monday after a Sunday (Executive Order 11582, section 3). The day itself is listed too, for
// offices that open at weekends. Inauguration Day is one only around Washington
// (5 U.S.C. 6103(c)) and is given as data where it applies.
func federalHolidays(firstYear, lastYear int) []Holiday {
	var days []Holiday
	// New Year's Day may be observed on 31 December of the year before.
	for year := firstYear; year <= lastYear+1; year++ {
		for _, rule := range us.Holidays {
			actual, observed := rule.Calc(year)
			if actual.IsZero() {
				continue
			}
			days = append(days, Holiday{Date: dateAtNoon(actual), Name: rule.Name})
			if !observed.Equal(actual) {
				days = append(days, Holiday{Date: dateAtNoon(observed), Name: rule.Name + " (observed)"})
			}
		}
	}
	return days
}

// dateAtNoon reads a date off a time that the library puts at midnight of the
// machine's zone, where a midnight may be missing.
func dateAtNoon(midnight time.Time) Date { return DateOf(midnight.Add(12 * time.Hour)) }

func copyWeek(week [7][]Hours) (copied [7][]Hours) {
	for weekday, hours := range week {
		copied[weekday] = slices.Clone(hours)
	}
	return copied
}
