// Package calendar counts business time: civil dates, opening hours, holidays and
// pauses of an office or post, written down as a Slice so that a date once derived never moves.
package calendar

import (
	"encoding/json"
	"fmt"
	"time"
)

// Date is a civil date without time of day or zone, as the law counts days.
// Its JSON and text form is "2006-01-02"; the zero Date is the empty string.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the civil date of an instant in the location it carries.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

// ParseDate reads "2006-01-02" and refuses days that do not exist.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("parse date %q: want YYYY-MM-DD", text)
	}
	return DateOf(t), nil
}

// String is the ISO form, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero tells whether no date was given.
func (d Date) IsZero() bool { return d == Date{} }

// Midnight is the date at 00:00 UTC: for arithmetic, never as an instant in business.
func (d Date) Midnight() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// EndOf is the first instant after a day in a zone, in UTC. Where clocks go
// forward over midnight that is the moment of the change.
func EndOf(d Date, zone *time.Location) time.Time {
	next := d.AddDays(1)
	end := time.Date(next.Year, next.Month, next.Day, 0, 0, 0, 0, zone)
	if !DateOf(end).After(d) {
		// Midnight is not shown there, and what stands for it lies before.
		_, end = end.ZoneBounds()
	}
	return end.UTC()
}

// AddDays counts civil days forward, or back when n is negative.
func (d Date) AddDays(n int) Date { return DateOf(d.Midnight().AddDate(0, 0, n)) }

// AddMonths counts civil months; a day that the target month lacks becomes its last day.
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{Year: first.Year(), Month: first.Month(), Day: min(d.Day, last)}
}

// DaysSince is the number of civil days from earlier to d.
func (d Date) DaysSince(earlier Date) int {
	return int(d.Midnight().Sub(earlier.Midnight()) / (24 * time.Hour))
}

// Before orders dates.
func (d Date) Before(other Date) bool {
	if d.Year != other.Year {
		return d.Year < other.Year
	}
	if d.Month != other.Month {
		return d.Month < other.Month
	}
	return d.Day < other.Day
}

// After orders dates.
func (d Date) After(other Date) bool { return other.Before(d) }

// Weekday of the date.
func (d Date) Weekday() time.Weekday { return d.Midnight().Weekday() }

// MarshalJSON writes the ISO form.
func (d Date) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads the ISO form, or "" as the zero Date.
func (d *Date) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return fmt.Errorf("read date: %w", err)
	}
	return d.UnmarshalText([]byte(text))
}

// MarshalText writes the ISO form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form, or "" as the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
