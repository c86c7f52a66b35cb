package calendar

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrSlice marks a slice that must not be counted with.
var ErrSlice = errors.New("calendar slice is invalid")

// Validate checks that a slice can be counted with: offsets, hours and holidays
// in order, hours within the day and apart from each other, and the hash right. It
// reports everything wrong at once, under ErrSlice.
func (s Slice) Validate() error {
	problems := append(s.checkOffsets(), s.checkWeek()...)
	problems = append(problems, s.checkHolidays()...)
	if s.Name == "" || s.Zone == "" {
		problems = append(problems, "name and zone are needed")
	}
	if s.First.IsZero() || s.Last.Before(s.First) {
		problems = append(problems, fmt.Sprintf("first %q and last %q are not a range", s.First, s.Last))
	}
	if s.Hash != s.canonicalHash() {
		problems = append(problems, "hash does not match the content")
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", s.Name, ErrSlice, strings.Join(problems, "; "))
}

func (s *Slice) checkOffsets() (problems []string) {
	if len(s.Offsets) == 0 {
		return []string{"no zone offset"}
	}
	if earliest := int64(dayOf(s.First))*daySeconds - int64(s.Offsets[0].Seconds); s.Offsets[0].From > earliest {
		problems = append(problems, "the first zone offset begins after the first day")
	}
	for i, offset := range s.Offsets {
		if i > 0 && offset.From <= s.Offsets[i-1].From {
			problems = append(problems, fmt.Sprintf("zone offset %d does not follow the one before", i))
		}
		if offset.Seconds <= -daySeconds || offset.Seconds >= daySeconds {
			problems = append(problems, fmt.Sprintf("zone offset %d is a day or more from UTC", i))
		}
	}
	return problems
}

func (s *Slice) checkWeek() (problems []string) {
	for weekday, stretches := range s.Week {
		end := 0
		for i, hours := range stretches {
			if hours.Open < end || hours.Close <= hours.Open || hours.Close > minutesPerDay {
				problems = append(problems, fmt.Sprintf(
					"hours %d of weekday %d (%d to %d) overlap, are empty or leave the day", i, weekday, hours.Open, hours.Close))
			}
			end = hours.Close
		}
	}
	return problems
}

func (s *Slice) checkHolidays() (problems []string) {
	for i, holiday := range s.Holidays {
		if !s.CoversDate(holiday.Date) {
			problems = append(problems, fmt.Sprintf("holiday %s is outside the slice", holiday.Date))
		}
		if i > 0 && !holiday.Date.After(s.Holidays[i-1].Date) {
			problems = append(problems, fmt.Sprintf("holiday %s does not follow the one before", holiday.Date))
		}
	}
	return problems
}

// canonicalHash does not depend on how JSON is written nor on nil against empty lists.
func (s *Slice) canonicalHash() string {
	var text strings.Builder
	fmt.Fprintf(&text, "calendar slice 1\n%q %q %s %s\n", s.Name, s.Zone, s.First, s.Last)
	for _, offset := range s.Offsets {
		fmt.Fprintf(&text, "offset %d %d %q\n", offset.From, offset.Seconds, offset.Name)
	}
	for weekday, stretches := range s.Week {
		for _, hours := range stretches {
			fmt.Fprintf(&text, "hours %d %d %d\n", weekday, hours.Open, hours.Close)
		}
	}
	for _, holiday := range s.Holidays {
		fmt.Fprintf(&text, "holiday %s %q\n", holiday.Date, holiday.Name)
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}
