package calendar

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// ErrHorizon is the answer to a question about days outside [First, Last]: the
// slice holds no holidays there, and a guess would be wrong without a sign.
var ErrHorizon = errors.New("outside the days the calendar slice covers")

const (
	daySeconds    = 24 * 60 * 60
	minutesPerDay = 24 * 60
	// widestOffset bounds how far a local clock can be from UTC; it only has to be wide enough.
	widestOffset = 26 * 60 * 60
)

// LocalDate is the civil date that the slice's local clock shows at an instant.
// It is exact in [First, Last]; beyond, the nearest offset is continued.
func (s Slice) LocalDate(t time.Time) Date { return dateOfDay(s.localDay(t)) }

// Local is the same instant with the slice's offset and zone abbreviation, for people to read.
func (s Slice) Local(t time.Time) time.Time {
	if len(s.Offsets) == 0 {
		return t.UTC()
	}
	offset := s.Offsets[s.segment(t.Unix())]
	return t.In(time.FixedZone(offset.Name, offset.Seconds))
}

// At is the first instant at which the local clock shows the minute after
// midnight of d, or a later time: in the gap when clocks go forward that is the
// moment of the change, and of a time shown twice it is the first. Minutes from 1440 on
// belong to the following days, so At(d, 1440) is the end of d. The result is in UTC; it never
// moves back when the minute moves forward.
func (s Slice) At(d Date, minute int) time.Time { return s.at(dayOf(d), minute) }

// Covers tells whether the slice answers for the local day of an instant.
func (s Slice) Covers(t time.Time) bool { return s.CoversDate(s.LocalDate(t)) }

// CoversDate tells whether the slice answers for a day.
func (s Slice) CoversDate(d Date) bool { return !d.Before(s.First) && !d.After(s.Last) }

func (s *Slice) at(day, minute int) time.Time {
	local := int64(day)*daySeconds + int64(minute)*60
	if len(s.Offsets) == 0 {
		return time.Unix(local, 0).UTC()
	}
	for i := s.segment(local - widestOffset); ; i++ {
		instant := local - int64(s.Offsets[i].Seconds)
		if i > 0 && instant < s.Offsets[i].From {
			return time.Unix(s.Offsets[i].From, 0).UTC()
		}
		if i == len(s.Offsets)-1 || instant < s.Offsets[i+1].From {
			return time.Unix(instant, 0).UTC()
		}
	}
}

// segment is the index of the offset in force at a Unix second.
func (s *Slice) segment(unix int64) int {
	after := sort.Search(len(s.Offsets), func(i int) bool { return s.Offsets[i].From > unix })
	return max(after-1, 0)
}

func (s *Slice) localDay(t time.Time) int {
	local := t.Unix()
	if len(s.Offsets) > 0 {
		local += int64(s.Offsets[s.segment(local)].Seconds)
	}
	return floorDiv(local, daySeconds)
}

// covered refuses a day number outside the slice.
func (s *Slice) covered(day int) error {
	if first, last := dayOf(s.First), dayOf(s.Last); day < first || day > last {
		return fmt.Errorf("%s: %s is not in %s to %s: %w", s.Name, dateOfDay(day), s.First, s.Last, ErrHorizon)
	}
	return nil
}

// dayOf numbers civil days from 1970-01-01.
func dayOf(d Date) int { return floorDiv(d.Midnight().Unix(), daySeconds) }

func dateOfDay(day int) Date { return DateOf(time.Unix(int64(day)*daySeconds, 0).UTC()) }

// weekdayOf a day number; 1970-01-01 was a Thursday.
func weekdayOf(day int) time.Weekday { return time.Weekday(((day+4)%7 + 7) % 7) }

func floorDiv(a, b int64) int {
	quotient := a / b
	if a%b < 0 {
		quotient--
	}
	return int(quotient)
}
