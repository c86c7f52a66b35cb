package tdr

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// Kind says what will happen at a deadline.
type Kind string

// The kinds of deadlines.
const (
	StageTerm     Kind = "stage_term"     // the stage outlasts its term
	LadderLevel   Kind = "ladder_level"   // a level of the ladder opens
	ValidityAlert Kind = "validity_alert" // the document nears its end
	DocumentEnds  Kind = "document_ends"  // the document ends; reissue begins by itself
	CalendarEnds  Kind = "calendar_ends"  // a recorded calendar no longer reaches far enough
)

// Deadline is something that will happen by itself, when, and why then.
type Deadline struct {
	Kind      Kind      `json:"kind"`
	At        time.Time `json:"at,omitzero"` // zero while suspended
	Suspended bool      `json:"suspended,omitempty"`
	Legal     bool      `json:"legal,omitempty"` // by law; no hold or promise moves it
	Level     int       `json:"level"`           // of LadderLevel
	Trigger   Trigger   `json:"trigger,omitempty"`
	Stage     Stage     `json:"stage,omitempty"` // of StageTerm
	Alert     string    `json:"alert,omitempty"` // of ValidityAlert
	Why       Why       `json:"why"`
}

// Why is everything from which the deadline's date can be recomputed: a rule
// with its source, and either a count on a recorded calendar or a local date.
type Why struct {
	Rule  string                `json:"rule"`
	Pack  string                `json:"pack,omitempty"` // country, version and hash of the pack the figure comes from
	Count *calendar.Explanation `json:"count,omitempty"`
	Date  *DateWhy              `json:"date,omitempty"`
	After *time.Time            `json:"after,omitempty"` // not before: a promise holds the chain until then
}

// DateWhy explains the beginning of a local day: From plus Days, in the zone of
// the recorded calendar.
type DateWhy struct {
	From  calendar.Date `json:"from"`
	Days  int           `json:"days"`
	Date  calendar.Date `json:"date"`
	Slice string        `json:"slice"`
	Hash  string        `json:"hash"`
}

// Due is everything that will happen by itself, soonest first; suspended
// deadlines, which have no date, come last.
func Due(s State) []Deadline {
	if !s.Stage.Open() {
		return nil
	}
	var deadlines []Deadline
	deadlines = append(deadlines, s.stageTerm()...)
	deadlines = append(deadlines, s.ladder()...)
	deadlines = append(deadlines, s.validity()...)
	slices.SortStableFunc(deadlines, soonest)
	return deadlines
}

// Next is the soonest deadline that has a date.
func Next(s State) (Deadline, bool) {
	due := Due(s)
	if len(due) == 0 || due[0].Suspended {
		return Deadline{}, false
	}
	return due[0], true
}

func soonest(a, b Deadline) int {
	if a.Suspended != b.Suspended {
		if a.Suspended {
			return 1
		}
		return -1
	}
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Level, b.Level))
}

func (s State) pack() string {
	return fmt.Sprintf("%s/%d/%s", s.Terms.Country, s.Terms.Version, s.Terms.Hash)
}

// time of a term's calendar.
func (s *State) time(owner playbook.Owner) *calendar.Slice {
	if owner == playbook.Post {
		return &s.PostTime
	}
	return &s.OfficeTime
}

// counted is a deadline whose date a calendar counts. A count that leaves the
// recorded calendar is due when that calendar ends: it must be renewed by then.
func (s *State) counted(d Deadline, owner playbook.Owner, count calendar.Count) Deadline {
	slice := s.time(owner)
	due, err := slice.Due(count)
	if err != nil {
		d.Kind, d.At = CalendarEnds, slice.At(slice.Last, 0)
		return d
	}
	d.At, d.Suspended, d.Why.Count = due.At, due.Suspended, &due.Why
	return d
}

// onDate is a deadline at the beginning of a local day of the field office.
func (s *State) onDate(d Deadline, from calendar.Date, days int) Deadline {
	date := from.AddDays(days)
	d.At = s.OfficeTime.At(date, 0)
	d.Why.Date = &DateWhy{From: from, Days: days, Date: date, Slice: s.OfficeTime.Name, Hash: s.OfficeTime.Hash}
	return d
}

// stageTerm is when the stage outlasts its term, told once for each stay.
func (s State) stageTerm() []Deadline {
	if s.OverdueSince.Equal(s.StageSince) {
		return nil
	}
	d := Deadline{Kind: StageTerm, Stage: s.Stage, Why: Why{Rule: "term of the stage in the country pack", Pack: s.pack()}}
	if s.Stage == InformationAsked && !s.AnswerBy.IsZero() {
		d.Why = Why{Rule: "day by which the post wants its answer"}
		return []Deadline{s.onDate(d, s.AnswerBy, 1)}
	}
	term, ok := s.Terms.Stage(string(s.Stage), s.Custody.Detained)
	if !ok {
		return nil
	}
	count := calendar.Count{Start: s.StageSince, Amount: term.Amount, Percent: 100, Pauses: s.holdPauses()}
	return []Deadline{s.counted(d, term.Calendar, count)}
}

// validity is what the document's end brings.
func (s State) validity() []Deadline {
	if !s.Stage.HasDocument() || s.Document.ValidTo.IsZero() {
		return nil
	}
	length := s.Document.ValidTo.DaysSince(s.Document.ValidFrom)
	var deadlines []Deadline
	for _, percent := range s.Terms.ValidityAlertPercents {
		days := length - length*percent/100
		deadlines = append(deadlines, s.alert(fmt.Sprintf("%d%%", percent), s.Document.ValidFrom, days)...)
	}
	for _, left := range s.Terms.ValidityAlertDays {
		deadlines = append(deadlines, s.alert(fmt.Sprintf("%dd", left), s.Document.ValidTo, -left)...)
	}
	end := Deadline{Kind: DocumentEnds, Why: Why{Rule: "last day of the document's validity"}}
	return append(deadlines, s.onDate(end, s.Document.ValidTo, 1))
}

func (s State) alert(name string, from calendar.Date, days int) []Deadline {
	if slices.Contains(s.Document.Alerted, name) {
		return nil
	}
	d := Deadline{Kind: ValidityAlert, Alert: name, Why: Why{Rule: "share or days of validity left, country pack", Pack: s.pack()}}
	return []Deadline{s.onDate(d, from, days)}
}
