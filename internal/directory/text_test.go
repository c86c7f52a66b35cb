package directory

import (
	"reflect"
	"testing"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"pgregory.net/rapid"
)

func TestParseWeek(t *testing.T) {
	day := []calendar.Hours{{Open: 480, Close: 720}, {Open: 780, Close: 1020}}
	short := []calendar.Hours{{Open: 480, Close: 720}}
	cases := []struct {
		text string
		want Week
		bad  bool
	}{
		{text: "Mon-Thu 08:00-12:00,13:00-17:00; Fri 08:00-12:00", want: Week{1: day, 2: day, 3: day, 4: day, 5: short}},
		{text: "Fri-Sun 08:00-12:00", want: Week{5: short, 6: short, 0: short}},
		{text: "Sun 00:00-24:00", want: Week{0: {{Open: 0, Close: 1440}}}},
		{text: "", bad: true},
		{text: "Mon", bad: true},
		{text: "Mon 08:00", bad: true},
		{text: "Mon 08:00-12:00,12:00-13:00", bad: true},
		{text: "Mon 08:00-12:00,11:00-13:00", bad: true},
		{text: "Mon 8:00-12:00", bad: true},
		{text: "Mon +8:00-12:00", bad: true},
		{text: "Mon 08:60-12:00", bad: true},
		{text: "Moon 08:00-12:00", bad: true},
		{text: "Mon-Fri-Sun 08:00-12:00", bad: true},
		{text: "Mon 08:00-12:00;", bad: true},
	}
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			got, err := ParseWeek(tc.text)
			if (err != nil) != tc.bad {
				t.Fatalf("error %v", err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("week %v, want %v", got, tc.want)
			}
		})
	}
}

func TestSpanTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := calendar.Date{Year: 2026, Month: 1, Day: 1}
		s := Span{From: first.AddDays(rapid.IntRange(0, 500).Draw(t, "from"))}
		s.To = s.From.AddDays(rapid.IntRange(1, 500).Draw(t, "days"))
		if rapid.Bool().Draw(t, "open from") {
			s.From = calendar.Date{}
		}
		if rapid.Bool().Draw(t, "open to") {
			s.To = calendar.Date{}
		}
		again, err := ParseSpan(s.String())
		if err != nil || again != s {
			t.Fatalf("%s became %s: %v", s, again, err)
		}
		on := first.AddDays(rapid.IntRange(-1, 1001).Draw(t, "on"))
		inside := (s.From.IsZero() || on.DaysSince(s.From) >= 0) && (s.To.IsZero() || on.DaysSince(s.To) < 0)
		if s.Contains(on) != inside {
			t.Fatalf("%s contains %s: %v", s, on, s.Contains(on))
		}
	})
}
