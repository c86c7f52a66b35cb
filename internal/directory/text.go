package directory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"go.yaml.in/yaml/v3"
)

// Span is a run of local days, [From, To). A zero From has no beginning, a
// zero To no end. Its text is "2026-03-04/2026-03-06"; ".." leaves an end open.
type Span struct {
	From calendar.Date `json:"from,omitzero"`
	To   calendar.Date `json:"to,omitzero"`
}

// Contains tells whether the span covers a day.
func (s Span) Contains(on calendar.Date) bool {
	return (s.From.IsZero() || !on.Before(s.From)) && (s.To.IsZero() || on.Before(s.To))
}

// String is the text form.
func (s Span) String() string { return openEnd(s.From) + "/" + openEnd(s.To) }

func openEnd(d calendar.Date) string {
	if d.IsZero() {
		return ".."
	}
	return d.String()
}

// ParseSpan reads the text form. An empty span is refused.
func ParseSpan(text string) (Span, error) {
	from, to, ok := strings.Cut(text, "/")
	if !ok {
		return Span{}, fmt.Errorf("span %q: want FROM/TO, with .. for an open end", text)
	}
	var span Span
	var err error
	if span.From, err = parseEnd(from); err != nil {
		return Span{}, err
	}
	if span.To, err = parseEnd(to); err != nil {
		return Span{}, err
	}
	if !span.From.IsZero() && !span.To.IsZero() && !span.From.Before(span.To) {
		return Span{}, fmt.Errorf("span %q: must end after it begins", text)
	}
	return span, nil
}

func parseEnd(text string) (calendar.Date, error) {
	if text == ".." {
		return calendar.Date{}, nil
	}
	return calendar.ParseDate(text)
}

// Week is the opening time of a week, by time.Weekday, Sunday first. Its text
// is "Mon-Thu 08:00-12:00,13:00-17:00; Fri 08:00-12:00".
type Week [7][]calendar.Hours

// ParseWeek reads the text form. A week without opening time is refused:
// business time would never pass in it.
func ParseWeek(text string) (Week, error) {
	var week Week
	for part := range strings.SplitSeq(text, ";") {
		days, hours, ok := strings.Cut(strings.TrimSpace(part), " ")
		if !ok {
			return Week{}, fmt.Errorf("hours %q: want DAYS HH:MM-HH:MM", text)
		}
		first, last, err := parseDays(days)
		if err != nil {
			return Week{}, err
		}
		open, err := parseHours(hours)
		if err != nil {
			return Week{}, err
		}
		for day := first; ; day = (day + 1) % 7 {
			if len(week[day]) > 0 {
				return Week{}, fmt.Errorf("hours %q: %s is given twice", text, time.Weekday(day))
			}
			week[day] = slices.Clone(open)
			if day == last {
				break
			}
		}
	}
	return week, nil
}

// parseDays reads "Mon" or "Mon-Fri"; a range may run over the weekend.
func parseDays(text string) (first, last int, err error) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	names := []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	first, last = slices.Index(names, from), slices.Index(names, to)
	if first < 0 || last < 0 {
		return 0, 0, fmt.Errorf("days %q: want Mon or Mon-Fri", text)
	}
	return first, last, nil
}

// parseHours reads "08:00-12:00,13:00-17:00": ascending, apart, not empty.
func parseHours(text string) ([]calendar.Hours, error) {
	var all []calendar.Hours
	end := -1
	for part := range strings.SplitSeq(text, ",") {
		from, to, _ := strings.Cut(part, "-")
		open, errOpen := parseMinutes(from)
		closing, errClose := parseMinutes(to)
		if errOpen != nil || errClose != nil || open >= closing || open <= end {
			return nil, fmt.Errorf("hours %q: want ascending HH:MM-HH:MM", text)
		}
		all = append(all, calendar.Hours{Open: open, Close: closing})
		end = closing
	}
	return all, nil
}

// parseMinutes reads "08:30" as minutes after midnight; "24:00" ends a day.
func parseMinutes(text string) (int, error) {
	if len(text) != 5 || text[2] != ':' {
		return 0, fmt.Errorf("time %q: want HH:MM", text)
	}
	hour, errHour := strconv.ParseUint(text[:2], 10, 8)
	minute, errMinute := strconv.ParseUint(text[3:], 10, 8)
	total := int(hour)*60 + int(minute)
	if errHour != nil || errMinute != nil || minute > 59 || total > 24*60 {
		return 0, fmt.Errorf("time %q: want HH:MM", text)
	}
	return total, nil
}

// Below, a malformed value becomes a *yaml.TypeError, which the YAML reader
// collects: one reading of a file names every fault in it.

func scalar(node *yaml.Node, set func(text string) error) error {
	err := fmt.Errorf("want one line of text")
	if node.Kind == yaml.ScalarNode {
		err = set(node.Value)
	}
	if err == nil {
		return nil
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %v", node.Line, err)}}
}

// UnmarshalYAML reads the text form.
func (s *Span) UnmarshalYAML(node *yaml.Node) error {
	return scalar(node, func(text string) (err error) { *s, err = ParseSpan(text); return err })
}

// UnmarshalYAML reads the text form.
func (w *Week) UnmarshalYAML(node *yaml.Node) error {
	return scalar(node, func(text string) (err error) { *w, err = ParseWeek(text); return err })
}

// UnmarshalYAML reads "2026-03-06 Independence Day".
func (h *Holiday) UnmarshalYAML(node *yaml.Node) error {
	return scalar(node, func(text string) (err error) {
		date, name, _ := strings.Cut(text, " ")
		h.Name = name
		h.Date, err = calendar.ParseDate(date)
		return err
	})
}

// UnmarshalYAML reads "03-06 Independence Day".
func (h *YearlyHoliday) UnmarshalYAML(node *yaml.Node) error {
	return scalar(node, func(text string) error {
		day, name, _ := strings.Cut(text, " ")
		// 2024 is a leap year, so that 29 February can be written.
		date, err := calendar.ParseDate("2024-" + day)
		if err != nil {
			return fmt.Errorf("yearly holiday %q: want MM-DD NAME", text)
		}
		*h = YearlyHoliday{Month: date.Month, Day: date.Day, Name: name}
		return nil
	})
}
