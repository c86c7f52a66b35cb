package store

import (
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// maybe is nil for the zero value, which the database calls null.
func maybe[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// orZero is the zero value for null.
func orZero[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

// maybeTime is nil for the zero time. Times are kept in UTC.
func maybeTime(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return maybe(at.UTC())
}

// fromDate is a date as the driver wants it.
func fromDate(date calendar.Date) time.Time { return date.Midnight() }

func maybeDate(date calendar.Date) *time.Time {
	if date.IsZero() {
		return nil
	}
	midnight := date.Midnight()
	return &midnight
}

func toDate(day time.Time) calendar.Date { return calendar.DateOf(day.UTC()) }

func toMaybeDate(day *time.Time) calendar.Date {
	if day == nil {
		return calendar.Date{}
	}
	return toDate(*day)
}
