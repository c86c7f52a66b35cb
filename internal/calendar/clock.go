package calendar

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrCount marks a count that no calendar can answer: no length, or a pause that ends before it begins.
var ErrCount = errors.New("count is invalid")

// The largest figures a count may have. More is a mistake, and a century in
// seconds still fits a time.Duration.
const (
	maxAmount   = 100_000_000
	maxPercent  = 1_000
	centuryDays = 36_525
)

// A Count is a clock to be read: it starts, runs for a percentage of an amount,
// and stands still during its pauses.
type Count struct {
	Start   time.Time `json:"start"`
	Amount  Amount    `json:"amount"`
	Percent int       `json:"percent"`        // of the amount; 100 is the whole
	Pauses  []Pause   `json:"pauses"`         // any order; they may overlap
	AsOf    time.Time `json:"as_of,omitzero"` // when an open pause is supposed to end, for DueDate.Earliest
}

// DueDate is the reading of a clock.
type DueDate struct {
	At        time.Time   `json:"at,omitzero"`       // UTC; zero while Suspended
	Day       Date        `json:"day,omitzero"`      // the local day that At closes or lies in; empty while Suspended
	Suspended bool        `json:"suspended"`         // an open pause holds the clock, so no date can be named
	Earliest  time.Time   `json:"earliest,omitzero"` // while Suspended: the date if the pause ended at Count.AsOf; zero without AsOf
	Why       Explanation `json:"why"`
}

// Explanation is all that is needed, with the slice of that hash, to recompute a due date by hand.
type Explanation struct {
	Slice      string    `json:"slice"`
	Hash       string    `json:"hash"`
	Zone       string    `json:"zone"`
	Start      time.Time `json:"start"` // UTC
	StartDay   Date      `json:"start_day"`
	Amount     Amount    `json:"amount"`
	Percent    int       `json:"percent"`
	Needed     int64     `json:"needed"`           // of NeededUnit, rounded up
	NeededUnit string    `json:"needed_unit"`      // "days", "minutes" or "seconds"
	Pauses     []Pause   `json:"pauses,omitempty"` // those that could have mattered
	AsOf       time.Time `json:"as_of,omitzero"`
	Skipped    []Skipped `json:"skipped,omitempty"` // days passed over, in order
	Result     time.Time `json:"result,omitzero"`
	ResultDay  Date      `json:"result_day,omitzero"`
	Suspended  bool      `json:"suspended,omitempty"`
}

// Skipped is a run of local days that did not count, for one reason.
type Skipped struct {
	First  Date   `json:"first"`
	Last   Date   `json:"last"`
	Reason string `json:"reason"` // ReasonWeekend, ReasonHoliday or ReasonPaused
	Name   string `json:"name,omitempty"`
}

// Due reads a clock.
//
// BusinessDays: the local day of the start is day 0. A later business day counts
// unless the clock is paused at its closing time. Due at the close of the last day needed.
//
// CalendarDays: the same with every local day, judged at its end. Due at the end
// of the last day needed, the local midnight that follows it.
//
// BusinessHours: opening time net of pauses, as it passes; what is needed is whole minutes.
//
// Seconds: elapsed time net of pauses.
//
// A percentage of the amount is rounded up to a whole day, minute or second. A pause
// holds from its From, up to and not including its To. A clock that reaches its end before an open
// pause begins is due; otherwise it is suspended. The answer is ErrHorizon when the count leaves the
// slice, ErrCount when it makes no sense.
func (s Slice) Due(count Count) (DueDate, error) {
	needed, unit, err := count.needed()
	if err != nil {
		return DueDate{}, fmt.Errorf("count on %s: %w", s.Name, err)
	}
	reading, err := s.read(count, needed)
	due := DueDate{At: reading.at, Day: reading.day}
	if errors.Is(err, errHeld) {
		due.Suspended = true
		due.Earliest, err = s.ifResumed(count, needed)
	}
	if err != nil {
		return DueDate{}, fmt.Errorf("count on %s: %w", s.Name, err)
	}
	due.Why = Explanation{
		Slice: s.Name, Hash: s.Hash, Zone: s.Zone, Start: reading.start, StartDay: s.LocalDate(count.Start),
		Amount: count.Amount, Percent: count.Percent, Needed: needed, NeededUnit: unit,
		Pauses: count.relevant(due.At), Skipped: reading.skipped,
		Result: due.At, ResultDay: due.Day, Suspended: due.Suspended,
	}
	if due.Suspended {
		due.Why.AsOf = count.AsOf
	}
	return due, nil
}

// ifResumed is the date that would result if the open pauses ended at AsOf, or
// at once when they have not begun by then; no date without AsOf.
func (s *Slice) ifResumed(count Count, needed int64) (time.Time, error) {
	if count.AsOf.IsZero() {
		return time.Time{}, nil
	}
	count.Pauses = slices.Clone(count.Pauses)
	for i := range count.Pauses {
		if pause := &count.Pauses[i]; pause.To.IsZero() {
			pause.To = later(pause.From, count.AsOf)
		}
	}
	reading, err := s.read(count, needed)
	return reading.at, err
}

// needed is what the clock has to reach, rounded up, and in what.
func (c Count) needed() (int64, string, error) {
	switch {
	case c.Amount.N < 1 || c.Amount.N > maxAmount:
		return 0, "", fmt.Errorf("amount %d is not between 1 and %d: %w", c.Amount.N, maxAmount, ErrCount)
	case c.Percent < 1 || c.Percent > maxPercent:
		return 0, "", fmt.Errorf("percent %d is not between 1 and %d: %w", c.Percent, maxPercent, ErrCount)
	case c.Start.IsZero():
		return 0, "", fmt.Errorf("no start: %w", ErrCount)
	}
	unit, scale, century := "days", int64(1), int64(centuryDays)
	switch c.Amount.Unit {
	case BusinessDays, CalendarDays:
	case BusinessHours:
		unit, scale, century = "minutes", 60, centuryDays*minutesPerDay
	case Seconds:
		unit, century = "seconds", centuryDays*daySeconds
	default:
		return 0, "", fmt.Errorf("unit %q is unknown: %w", c.Amount.Unit, ErrCount)
	}
	needed := (int64(c.Amount.N)*int64(c.Percent)*scale + 99) / 100
	if needed > century {
		return 0, "", fmt.Errorf("%d %s are more than a century: %w", needed, unit, ErrCount)
	}
	return needed, unit, nil
}

// relevant are the pauses that can have touched the reading: those that last
// beyond the start and begin before the due instant, or all later ones while there is none.
func (c Count) relevant(due time.Time) []Pause {
	var kept []Pause
	for _, pause := range c.Pauses {
		if !pause.To.IsZero() && !pause.To.After(c.Start) {
			continue
		}
		if due.IsZero() || pause.From.Before(due) {
			kept = append(kept, pause)
		}
	}
	return kept
}
