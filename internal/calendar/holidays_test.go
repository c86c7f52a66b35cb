package calendar_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// What a request writes down of its closed days is what it reads back, in the
// form of today and in the one before.
func TestHolidaysAreReadAsTheyWereWritten(t *testing.T) {
	var none calendar.Holidays
	if raw, err := json.Marshal(none); err != nil || json.Unmarshal(raw, &none) != nil || none != nil {
		t.Errorf("no holidays are written as %s and read as %v: %v", raw, none, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		first := calendar.Date{Year: 2026, Month: 1, Day: 1}
		days := rapid.SliceOfDistinct(rapid.IntRange(0, 3000), rapid.ID).Draw(t, "days")
		slices.Sort(days)
		names := rapid.SampledFrom([]string{"Harvest", "Founders", "Founders (observed)", `"quoted"`})
		written := calendar.Holidays{}
		for _, day := range days {
			written = append(written, calendar.Holiday{Date: first.AddDays(day), Name: names.Draw(t, "name")})
		}
		for _, form := range []any{written, []calendar.Holiday(written)} {
			raw, err := json.Marshal(form)
			if err != nil {
				t.Fatal(err)
			}
			var read calendar.Holidays
			if err := json.Unmarshal(raw, &read); err != nil || !slices.Equal(read, written) {
				t.Fatalf("%s is read as %v: %v", raw, read, err)
			}
		}
	})
}

func TestHolidaysRefuseWhatTheyAreNot(t *testing.T) {
	for _, raw := range []string{`"x"`, `{"Harvest":"2026-03-26"}`, `{"Harvest":["2026-13-26"]}`, `[1]`} {
		var read calendar.Holidays
		if err := json.Unmarshal([]byte(raw), &read); err == nil {
			t.Errorf("%s is read as %v", raw, read)
		}
	}
}
