package calendar

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// ErrClosed is the answer to a question about the hours of a day without any.
var ErrClosed = errors.New("closed all day")

// Why a day does not count.
const (
	ReasonWeekend = "weekend" // a weekday on which the office or post never opens
	ReasonHoliday = "holiday"
	ReasonPaused  = "paused" // the clock stood still when the day was judged
)

// Day is what a slice knows about one local day.
type Day struct {
	Date    Date      `json:"date"`
	Open    bool      `json:"open"`
	Opens   time.Time `json:"opens,omitzero"`   // start of the first opening stretch
	Closes  time.Time `json:"closes,omitzero"`  // end of the last
	Reason  string    `json:"reason,omitempty"` // why closed: ReasonWeekend or ReasonHoliday
	Holiday string    `json:"holiday,omitempty"`
}

// Day describes a local day, or ErrHorizon.
func (s Slice) Day(d Date) (Day, error) {
	day := dayOf(d)
	if err := s.covered(day); err != nil {
		return Day{}, fmt.Errorf("describe day: %w", err)
	}
	reason, holiday := s.closedBecause(day)
	if reason != "" {
		return Day{Date: d, Reason: reason, Holiday: holiday}, nil
	}
	return Day{Date: d, Open: true, Opens: s.opens(day), Closes: s.closes(day)}, nil
}

// IsBusinessDay tells whether the office or post opens at all on a day, or ErrHorizon.
func (s Slice) IsBusinessDay(d Date) (bool, error) {
	day := dayOf(d)
	if err := s.covered(day); err != nil {
		return false, fmt.Errorf("judge business day: %w", err)
	}
	return s.openDay(day), nil
}

// HolidayOn is the holiday of a day, if the slice lists one. Holidays on a
// weekday that is closed anyway need not be listed, and none is outside [First, Last].
func (s Slice) HolidayOn(d Date) (Holiday, bool) {
	i := sort.Search(len(s.Holidays), func(i int) bool { return !s.Holidays[i].Date.Before(d) })
	if i < len(s.Holidays) && s.Holidays[i].Date == d {
		return s.Holidays[i], true
	}
	return Holiday{}, false
}

// Opens is the first opening instant of a day; ErrClosed or ErrHorizon when there is none.
func (s Slice) Opens(d Date) (time.Time, error) {
	day, err := s.hoursOn(d)
	return day.Opens, err
}

// Closes is the last closing instant of a day; ErrClosed or ErrHorizon when there is none.
func (s Slice) Closes(d Date) (time.Time, error) {
	day, err := s.hoursOn(d)
	return day.Closes, err
}

func (s *Slice) hoursOn(d Date) (Day, error) {
	day, err := s.Day(d)
	if err == nil && !day.Open {
		err = fmt.Errorf("%s on %s: %w", s.Name, d, ErrClosed)
	}
	return day, err
}

// IsOpen tells whether an instant lies in opening hours, or ErrHorizon.
func (s Slice) IsOpen(t time.Time) (bool, error) {
	day := s.localDay(t)
	if err := s.covered(day); err != nil {
		return false, fmt.Errorf("judge opening hours: %w", err)
	}
	for _, stretch := range s.stretches(day) {
		if !t.Before(s.at(day, stretch.Open)) && t.Before(s.at(day, stretch.Close)) {
			return true, nil
		}
	}
	return false, nil
}

// NextOpening is the first open instant at or after t: t itself within opening
// hours, otherwise the start of the next stretch. ErrHorizon when the slice ends before.
func (s Slice) NextOpening(t time.Time) (time.Time, error) {
	for day := s.localDay(t); ; day++ {
		if err := s.covered(day); err != nil {
			return time.Time{}, fmt.Errorf("find next opening: %w", err)
		}
		for _, stretch := range s.stretches(day) {
			opens, closes := s.at(day, stretch.Open), s.at(day, stretch.Close)
			if start := later(opens, t.UTC()); start.Before(closes) {
				return start, nil
			}
		}
	}
}

// NextMorning is the first moment at or after t at which a business day begins
// (not the end of a lunch break): when a daily digest is due. ErrHorizon when the slice ends before.
func (s Slice) NextMorning(t time.Time) (time.Time, error) {
	for day := s.localDay(t); ; day++ {
		if err := s.covered(day); err != nil {
			return time.Time{}, fmt.Errorf("find next morning: %w", err)
		}
		if s.openDay(day) && !s.opens(day).Before(t) {
			return s.opens(day), nil
		}
	}
}

// NextBusinessDay is the first business day after d, or ErrHorizon.
func (s Slice) NextBusinessDay(d Date) (Date, error) {
	for day := dayOf(d) + 1; ; day++ {
		if err := s.covered(day); err != nil {
			return Date{}, fmt.Errorf("find next business day: %w", err)
		}
		if s.openDay(day) {
			return dateOfDay(day), nil
		}
	}
}

// BusinessDaysBetween counts the business days after from up to and including
// to, so that it gives n back for the day on which n business days from from fall due.
// When to is the earlier one the count is negative. ErrHorizon when either lies outside.
func (s Slice) BusinessDaysBetween(from, to Date) (int, error) {
	first, last, sign := dayOf(from), dayOf(to), 1
	if last < first {
		first, last, sign = last, first, -1
	}
	if err := errors.Join(s.covered(first), s.covered(last)); err != nil {
		return 0, fmt.Errorf("count business days: %w", err)
	}
	count := 0
	for day := first + 1; day <= last; day++ {
		if s.openDay(day) {
			count++
		}
	}
	return sign * count, nil
}

func (s *Slice) openDay(day int) bool {
	reason, _ := s.closedBecause(day)
	return reason == ""
}

// closedBecause names why a day has no hours, or nothing when it has.
func (s *Slice) closedBecause(day int) (reason, holiday string) {
	if len(s.Week[weekdayOf(day)]) == 0 {
		return ReasonWeekend, ""
	}
	if found, ok := s.HolidayOn(dateOfDay(day)); ok {
		return ReasonHoliday, found.Name
	}
	return "", ""
}

// stretches are the opening hours of a day; none when it is closed.
func (s *Slice) stretches(day int) []Hours {
	if !s.openDay(day) {
		return nil
	}
	return s.Week[weekdayOf(day)]
}

// opens is the first opening of a day that has hours.
func (s *Slice) opens(day int) time.Time { return s.at(day, s.Week[weekdayOf(day)][0].Open) }

// closes is the last closing of a day that has hours.
func (s *Slice) closes(day int) time.Time {
	hours := s.Week[weekdayOf(day)]
	return s.at(day, hours[len(hours)-1].Close)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
