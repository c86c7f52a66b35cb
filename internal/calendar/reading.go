package calendar

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// errHeld ends a walk that ran into an open pause.
var errHeld = errors.New("held by an open pause")

// stop is a stretch in which the clock stands still; a zero to has no end.
type stop struct{ from, to time.Time }

func (p stop) covers(t time.Time) bool {
	return !t.Before(p.from) && (p.to.IsZero() || t.Before(p.to))
}

// stopsOf orders pauses and joins those that touch, leaving out empty ones. Only the last can be without end.
func stopsOf(pauses []Pause) ([]stop, error) {
	var ordered []stop
	for _, pause := range pauses {
		if !pause.To.IsZero() && pause.To.Before(pause.From) {
			return nil, fmt.Errorf("pause from %s ends before it begins: %w", pause.From.UTC().Format(time.RFC3339), ErrCount)
		}
		if !pause.To.Equal(pause.From) {
			ordered = append(ordered, stop{from: pause.From.UTC(), to: pause.To.UTC()})
		}
	}
	slices.SortFunc(ordered, func(a, b stop) int { return a.from.Compare(b.from) })
	joined := ordered[:0]
	for _, next := range ordered {
		if len(joined) == 0 || !joined[len(joined)-1].absorb(next) {
			joined = append(joined, next)
		}
	}
	return joined, nil
}

// absorb joins a stop that begins later, when the two touch.
func (p *stop) absorb(next stop) bool {
	if p.to.IsZero() {
		return true
	}
	if next.from.After(p.to) {
		return false
	}
	if next.to.IsZero() || next.to.After(p.to) {
		p.to = next.to
	}
	return true
}

// reading is one walk of a clock over a slice, and where it ended.
type reading struct {
	slice   *Slice
	start   time.Time
	unit    Unit
	needed  int64
	stops   []stop
	skipped []Skipped

	at  time.Time
	day Date
}

// read walks a clock to its end; errHeld when an open pause comes first.
func (s *Slice) read(count Count, needed int64) (reading, error) {
	r := reading{slice: s, start: count.Start.UTC(), unit: count.Amount.Unit, needed: needed}
	if err := s.covered(s.localDay(r.start)); err != nil {
		return r, err
	}
	var err error
	if r.stops, err = stopsOf(count.Pauses); err != nil {
		return r, err
	}
	switch r.unit {
	case BusinessDays, CalendarDays:
		r.at, r.day, err = r.days()
	case BusinessHours:
		r.at, r.day, err = r.openTime()
	default:
		r.at, r.day, err = r.elapsed()
	}
	return r, err
}

// days counts local days by the state of the clock at their end.
func (r *reading) days() (time.Time, Date, error) {
	counted, last := int64(0), dayOf(r.slice.Last)
	for day := r.slice.localDay(r.start) + 1; ; day++ {
		if day > last {
			return time.Time{}, Date{}, r.slice.covered(day)
		}
		end, counts := r.endOf(day)
		if !counts {
			continue
		}
		paused, err := r.paused(end)
		if err != nil {
			return time.Time{}, Date{}, err
		}
		if paused {
			r.skip(day, ReasonPaused, "")
			continue
		}
		if counted++; counted == r.needed {
			return end, dateOfDay(day), nil
		}
	}
}

// endOf is the moment at which a day is judged; closed days do not count as business days.
func (r *reading) endOf(day int) (time.Time, bool) {
	if r.unit == CalendarDays {
		return r.slice.at(day, minutesPerDay), true
	}
	if reason, name := r.slice.closedBecause(day); reason != "" {
		r.skip(day, reason, name)
		return time.Time{}, false
	}
	return r.slice.closes(day), true
}

func (r *reading) paused(t time.Time) (bool, error) {
	for _, stop := range r.stops {
		if !stop.covers(t) {
			continue
		}
		if stop.to.IsZero() {
			return false, errHeld
		}
		return true, nil
	}
	return false, nil
}

// openTime lets opening time run, net of pauses, until enough has passed.
func (r *reading) openTime() (time.Time, Date, error) {
	remaining, last := time.Duration(r.needed)*time.Minute, dayOf(r.slice.Last)
	for day := r.slice.localDay(r.start); ; day++ {
		if day > last {
			return time.Time{}, Date{}, r.slice.covered(day)
		}
		if reason, name := r.slice.closedBecause(day); reason != "" {
			r.skip(day, reason, name)
			continue
		}
		before := remaining
		for _, hours := range r.slice.Week[weekdayOf(day)] {
			opens, closes := later(r.slice.at(day, hours.Open), r.start), r.slice.at(day, hours.Close)
			at, left, err := r.runs(opens, closes, remaining)
			if err != nil {
				return time.Time{}, Date{}, err
			}
			if left == 0 {
				return at, dateOfDay(day), nil
			}
			remaining = left
		}
		if remaining == before && r.slice.closes(day).After(r.start) {
			r.skip(day, ReasonPaused, "")
		}
	}
}

// elapsed lets time run, net of pauses, until enough has passed.
func (r *reading) elapsed() (time.Time, Date, error) {
	end := r.slice.at(dayOf(r.slice.Last), minutesPerDay)
	at, left, err := r.runs(r.start, end, time.Duration(r.needed)*time.Second)
	if err == nil && left > 0 {
		err = fmt.Errorf("%d seconds from %s: %w", r.needed, r.start.Format(time.RFC3339), ErrHorizon)
	}
	if err != nil {
		return time.Time{}, Date{}, err
	}
	return at, r.slice.LocalDate(at), nil
}

// runs lets the clock run from one instant to another. It gives the instant at
// which what remains has passed, or how much is left at the end; errHeld when an open pause is met.
func (r *reading) runs(from, to time.Time, remaining time.Duration) (time.Time, time.Duration, error) {
	for _, stop := range r.stops {
		if !from.Before(to) || !stop.from.Before(to) {
			break
		}
		if free := stop.from.Sub(from); free > 0 {
			if remaining <= free {
				return from.Add(remaining), 0, nil
			}
			remaining -= free
		}
		if stop.to.IsZero() {
			return time.Time{}, remaining, errHeld
		}
		from = later(from, stop.to)
	}
	if free := to.Sub(from); free > 0 {
		if remaining <= free {
			return from.Add(remaining), 0, nil
		}
		remaining -= free
	}
	return time.Time{}, remaining, nil
}

// skip notes a day that did not count, joined to the one before when the reason is the same.
func (r *reading) skip(day int, reason, name string) {
	date := dateOfDay(day)
	if n := len(r.skipped); n > 0 {
		last := &r.skipped[n-1]
		if last.Reason == reason && last.Name == name && last.Last.AddDays(1) == date {
			last.Last = date
			return
		}
	}
	r.skipped = append(r.skipped, Skipped{First: date, Last: date, Reason: reason, Name: name})
}
