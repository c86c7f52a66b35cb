package calendar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Holidays are a slice's closed days by date, one a day. In JSON each name
// stands once, before its dates: a request carries years of them wherever its
// history goes, and the same eleven names every year were half of it.
type Holidays []Holiday

// MarshalJSON writes the dates of each name. The same holidays are the same bytes.
func (h Holidays) MarshalJSON() ([]byte, error) {
	if h == nil {
		return []byte("null"), nil
	}
	byName := map[string][]Date{}
	for _, holiday := range h {
		byName[holiday.Name] = append(byName[holiday.Name], holiday.Date)
	}
	return json.Marshal(byName)
}

// UnmarshalJSON reads what MarshalJSON wrote, and the list of single days that
// was written before it.
func (h *Holidays) UnmarshalJSON(written []byte) error {
	if !bytes.HasPrefix(written, []byte("{")) {
		return json.Unmarshal(written, (*[]Holiday)(h))
	}
	var byName map[string][]Date
	if err := json.Unmarshal(written, &byName); err != nil {
		return fmt.Errorf("read holidays: %w", err)
	}
	days := Holidays{}
	for name, dates := range byName {
		for _, date := range dates {
			days = append(days, Holiday{Date: date, Name: name})
		}
	}
	slices.SortFunc(days, func(a, b Holiday) int { return a.Date.DaysSince(b.Date) })
	*h = days
	return nil
}
