package tdr

import (
	"cmp"
	"slices"
	"strconv"
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

// Deadline is something that will happen by itself, when, and why then. A
// calendar's end is the exception: somebody else must bring a new one.
type Deadline struct {
	Kind      Kind      `json:"kind"`
	At        time.Time `json:"at,omitzero"` // zero while suspended
	Suspended bool      `json:"suspended,omitempty"`
	Legal     bool      `json:"legal,omitempty"` // by law; no hold or promise moves it
	Level     int       `json:"level"`           // of LadderLevel
	Trigger   Trigger   `json:"trigger,omitempty"`
	Stage     Stage     `json:"stage,omitempty"`    // of StageTerm
	Alert     string    `json:"alert,omitempty"`    // of ValidityAlert
	Calendar  string    `json:"calendar,omitempty"` // of CalendarEnds: the slice's name
	Why       Why       `json:"why"`
}

// Name tells a deadline from every other of its request at the same moment:
// "stage_term/review", "ladder_level/3", "ladder_level/3/law", "validity_alert/50%".
func (d Deadline) Name() string {
	switch d.Kind {
	case StageTerm:
		return string(d.Kind) + "/" + string(d.Stage)
	case LadderLevel:
		name := string(d.Kind) + "/" + strconv.Itoa(d.Level)
		if d.Legal {
			name += "/law"
		}
		return name
	case ValidityAlert:
		return string(d.Kind) + "/" + d.Alert
	case CalendarEnds:
		return string(d.Kind) + "/" + d.Calendar
	default:
		return string(d.Kind)
	}
}

// Why is everything from which the deadline's date can be recomputed: a rule
// with its source, and a count on a recorded calendar, a local date, or the
// instant of an event. A deadline is suspended when its count is, when Paused
// stands, or when the law's clock is (its old date stays in Date).
type Why struct {
	Rule    string                `json:"rule"`
	Pack    string                `json:"pack,omitempty"`  // country, version and hash of the pack the figure comes from
	Event   int64                 `json:"event,omitempty"` // seq of the event that it follows from
	Count   *calendar.Explanation `json:"count,omitempty"`
	Date    *DateWhy              `json:"date,omitempty"`
	Instant *time.Time            `json:"instant,omitempty"` // when Event happened
	After   *time.Time            `json:"after,omitempty"`   // not before: a promise holds the chain until then
	Paused  *calendar.Pause       `json:"paused,omitempty"`  // stands, and holds it
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
// deadlines, which have no date, come last. Names are unique among them.
func Due(s State) []Deadline {
	rules, held := rulesOf(s.Rules)
	if !held || !s.Stage.Open() {
		return nil
	}
	return rules.due(&s)
}

func (s *State) due() []Deadline {
	deadlines := make([]Deadline, 0, 2*Levels)
	deadlines = s.stageTerm(deadlines)
	deadlines = s.ladder(deadlines)
	deadlines = s.validity(deadlines)
	slices.SortStableFunc(deadlines, func(a, b Deadline) int { return soonest(&a, &b) })
	return oneEndEach(deadlines)
}

// oneEndEach leaves one deadline for a calendar that several counts have left.
func oneEndEach(deadlines []Deadline) []Deadline {
	var ends []string
	return slices.DeleteFunc(deadlines, func(d Deadline) bool {
		if d.Kind != CalendarEnds {
			return false
		}
		known := slices.Contains(ends, d.Calendar)
		ends = append(ends, d.Calendar)
		return known
	})
}

// Next is the soonest deadline that will bring an event by itself; the end of a
// recorded calendar brings none, since renewing it is somebody else's.
func Next(s State) (Deadline, bool) {
	for _, d := range Due(s) {
		if !d.Suspended && d.Kind != CalendarEnds {
			return d, true
		}
	}
	return Deadline{}, false
}

// LateButForHolds tells whether a date of the stage or of the ladder had passed at
// an instant, if no hold had ever stopped the request's clocks. Nothing happens by
// it: it is for figures, which must not tell that something is held.
func LateButForHolds(s State, at time.Time) bool {
	s.Holds = nil
	return slices.ContainsFunc(Due(s), func(d Deadline) bool {
		return !d.Suspended && (d.Kind == StageTerm || d.Kind == LadderLevel) && d.At.Before(at)
	})
}

func soonest(a, b *Deadline) int {
	if a.Suspended != b.Suspended {
		if a.Suspended {
			return 1
		}
		return -1
	}
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Level, b.Level))
}

func (s *State) pack() string {
	return s.Terms.Country + "/" + strconv.Itoa(s.Terms.Version) + "/" + s.Terms.Hash
}

// time of a term's calendar.
func (s *State) time(owner playbook.Owner) *calendar.Slice {
	if owner == playbook.Post {
		return &s.PostTime
	}
	return &s.OfficeTime
}

// counted is a deadline whose date a calendar counts. A count that leaves the
// recorded calendar, or that no calendar can answer, is shown as that
// calendar's end: it must be renewed by then, and until it is the date is not known.
func (s *State) counted(d Deadline, owner playbook.Owner, count calendar.Count) Deadline {
	slice := s.time(owner)
	due, err := slice.Due(count)
	if err != nil {
		return Deadline{
			Kind: CalendarEnds, At: slice.At(slice.Last, 0), Calendar: slice.Name,
			Why: Why{Rule: "the recorded calendar ends before a count does", Date: dateWhy(slice, slice.Last, 0)},
		}
	}
	d.At, d.Suspended, d.Why.Count = due.At, due.Suspended, &due.Why
	return d
}

// onDate is a deadline at the beginning of a local day of the field office.
func (s *State) onDate(d Deadline, from calendar.Date, days int) Deadline {
	d.Why.Date = dateWhy(&s.OfficeTime, from, days)
	d.At = s.OfficeTime.At(d.Why.Date.Date, 0)
	return d
}

func dateWhy(slice *calendar.Slice, from calendar.Date, days int) *DateWhy {
	return &DateWhy{From: from, Days: days, Date: from.AddDays(days), Slice: slice.Name, Hash: slice.Hash}
}

// onInstant is a deadline at the instant of an event.
func (d Deadline) onInstant(at time.Time, event int64) Deadline {
	d.At, d.Why.Instant, d.Why.Event = at, &at, event
	return d
}

// stageTerm is when the stage outlasts its term, told once for each stay.
func (s *State) stageTerm(deadlines []Deadline) []Deadline {
	if s.OverdueSince.Equal(s.StageSince) {
		return deadlines
	}
	d := Deadline{Kind: StageTerm, Stage: s.Stage, Why: Why{Event: s.StageEvent}}
	if s.Stage == InformationAsked && !s.AnswerBy.IsZero() {
		d.Why.Rule = "day by which the post wants its answer"
		return append(deadlines, s.onDate(d, s.AnswerBy, 1))
	}
	term, ok := s.Terms.Stage(string(s.Stage), s.Custody.Detained)
	if !ok {
		return deadlines
	}
	d.Why.Rule, d.Why.Pack = "term of the stage in the country pack", s.pack()
	count := calendar.Count{Start: s.StageSince, Amount: term.Amount, Percent: 100, Pauses: s.holdPauses()}
	return append(deadlines, s.counted(d, term.Calendar, count))
}

// validity is what the document's end brings.
func (s *State) validity(deadlines []Deadline) []Deadline {
	if !s.Stage.HasDocument() || s.Document.ValidTo.IsZero() {
		return deadlines
	}
	length := s.Document.ValidTo.DaysSince(s.Document.ValidFrom)
	for _, percent := range s.Terms.ValidityAlertPercents {
		deadlines = s.alert(deadlines, strconv.Itoa(percent)+"%", s.Document.ValidFrom, length-length*percent/100)
	}
	for _, left := range s.Terms.ValidityAlertDays {
		deadlines = s.alert(deadlines, strconv.Itoa(left)+"d", s.Document.ValidTo, -left)
	}
	end := Deadline{Kind: DocumentEnds, Why: Why{Rule: "last day of the document's validity", Event: s.Document.Event}}
	return append(deadlines, s.onDate(end, s.Document.ValidTo, 1))
}

func (s *State) alert(deadlines []Deadline, name string, from calendar.Date, days int) []Deadline {
	if slices.Contains(s.Document.Alerted, name) {
		return deadlines
	}
	d := Deadline{Kind: ValidityAlert, Alert: name, Why: Why{
		Rule: "share or days of validity left, country pack", Pack: s.pack(), Event: s.Document.Event,
	}}
	return append(deadlines, s.onDate(d, from, days))
}
