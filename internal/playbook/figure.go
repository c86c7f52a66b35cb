package playbook

import "github.com/traveldoc/traveldoc/internal/calendar"

// Evidence says how well a statement is supported.
type Evidence string

// The evidence tags, strongest first.
const (
	PrimaryText     Evidence = "V"  // the primary text was read
	SecondarySource Evidence = "S"  // press, an organization or a law firm reports it
	PoorCopy        Evidence = "S-" // a poor copy of a secondary source
	CommonKnowledge Evidence = "M"  // generally known, not found in a source
	Derived         Evidence = "D"  // worked out or proposed by those who wrote the pack
)

// Standing says what a statement may be held against.
type Standing string

// What a statement binds. Only law and agreement may be quoted to a consulate
// as something it owes; the others are assumptions until observed data replace
// them. An agreement between other states is a seed: it does not bind here.
const (
	Law       Standing = "law"       // United States statute or regulation
	Agreement Standing = "agreement" // a term agreed with the United States
	Practice  Standing = "practice"  // what the country is reported to do
	House     Standing = "house"     // the agency's own policy default
	Seed      Standing = "seed"      // an assumption to start from
)

// Provenance says where a statement comes from. Every figure and every
// statement of a pack carries one.
type Provenance struct {
	Source   string        `json:"source"         yaml:"source"`
	Date     calendar.Date `json:"date"           yaml:"date"` // of the source; the first day when it names a month or year only; the day of sign-off, with a note, when none is on record
	Evidence Evidence      `json:"evidence"       yaml:"evidence"`
	Standing Standing      `json:"standing"       yaml:"standing"`
	Note     string        `json:"note,omitempty" yaml:"note"`
}

// Assumption tells whether nothing that binds stands behind the statement.
func (p Provenance) Assumption() bool { return p.Standing == Seed || p.Standing == House }

// Units that figures have beside those of package calendar.
const (
	Months  calendar.Unit = "months"  // of a document's validity, as agreements state it
	Percent calendar.Unit = "percent" // of the timescale, or of validity
	Times   calendar.Unit = "times"   // a plain count
)

// Figure is one number of a pack: what it counts, whose calendar counts it and
// where it comes from.
type Figure struct {
	N          int           `json:"n"                  yaml:"n"`
	Unit       calendar.Unit `json:"unit"               yaml:"unit"`
	Calendar   Owner         `json:"calendar,omitempty" yaml:"calendar"` // only for lengths of time
	Provenance `yaml:",inline"`
}

// Amount is the length of time that the figure states.
func (f Figure) Amount() calendar.Amount { return calendar.Amount{N: f.N, Unit: f.Unit} }

// Term is the length of time with the calendar that counts it.
func (f Figure) Term() Term { return Term{Amount: f.Amount(), Calendar: f.Calendar} }
