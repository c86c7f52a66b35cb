package custody

import (
	"errors"
	"fmt"
	"slices"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// ErrRules marks rules that nothing may be derived from.
var ErrRules = errors.New("custody rules are invalid")

// Unit of a step in the rules.
type Unit string

// The units: civil days, and civil months whose missing days become the last of the month.
const (
	Days   Unit = "days"
	Months Unit = "months"
)

// Anchor says what a milestone is counted from.
type Anchor string

// The anchors.
const (
	FromR0         Anchor = "r0"         // day 0 of the removal period
	FromDecision   Anchor = "decision"   // the last decision to continue custody in this removal period
	FromRevocation Anchor = "revocation" // the last revocation of release in this removal period
	// FromReview is the last decision likewise. Without one it is the day of this
	// detention on which the first was due: First after day 0, or the return to
	// detention where that came later.
	FromReview Anchor = "review"
)

// Figure is a length of time with its authority.
type Figure struct {
	N        int           `json:"n"`
	Unit     Unit          `json:"unit"`
	Source   string        `json:"source"`
	Evidence string        `json:"evidence"` // "V" primary text read, "M" general knowledge, "D" house policy
	Read     calendar.Date `json:"read"`     // edition of the source
}

// Step is one addition on the way to a date.
type Step struct {
	N    int  `json:"n"`
	Unit Unit `json:"unit"`
}

// MilestoneRule places one legal duty.
type MilestoneRule struct {
	Name     string        `json:"name"`
	Anchor   Anchor        `json:"anchor"`
	Steps    []Step        `json:"steps"` // added in order
	Source   string        `json:"source"`
	Evidence string        `json:"evidence"`
	Read     calendar.Date `json:"read"`
	DoneBy   []Kind        `json:"done_by"` // the first of these on or after the anchor fulfills it
	// Waits marks reviews that need not be completed while the person fails to
	// comply (8 CFR 241.4(g)(5)); their dates stay.
	Waits bool `json:"waits,omitempty"`
	// First are the steps from day 0 to the first decision; with FromReview only.
	First []Step `json:"first,omitempty"`
	// Recurs: the duty falls again on each multiple of its steps from the anchor,
	// until a legal event moves that.
	Recurs bool `json:"recurs,omitempty"`
}

// Rules are the figures of the law as data, so that those who answer for them can
// change them; a published version never changes its results.
type Rules struct {
	Version int    `json:"version"`
	Period  Figure `json:"period"` // length of the removal period
	// AfterCompliance is the reasonable time that 8 CFR 241.4(g)(1)(ii) grants once
	// the person has complied. The regulation gives no number: this is configuration.
	AfterCompliance Figure          `json:"after_compliance"`
	Milestones      []MilestoneRule `json:"milestones"`
	// KindStays refuses a correction of another kind than the event it replaces:
	// what never happened is retracted, and what did is recorded.
	KindStays bool `json:"kind_stays,omitempty"`
	// PetitionsApart ends one petition for habeas corpus with each end; without it
	// the end of one ends all that are pending.
	PetitionsApart bool `json:"petitions_apart,omitempty"`
	// TellAgain is after how many days a duty that is still missed or owed is told
	// again, and again; 0: it is told once.
	TellAgain int `json:"tell_again,omitempty"`
}

// Validate checks that dates can be derived from the rules: known anchors and
// units, positive steps, a source for each, and names used once.
func (r Rules) Validate() error {
	if r.Version < 1 {
		return fmt.Errorf("%w: version %d", ErrRules, r.Version)
	}
	for _, figure := range []Figure{r.Period, r.AfterCompliance} {
		if err := (Step{N: figure.N, Unit: figure.Unit}).validate(); err != nil || figure.Source == "" {
			return fmt.Errorf("%w: period or time after compliance lacks length or source", ErrRules)
		}
	}
	if r.TellAgain < 0 {
		return fmt.Errorf("%w: told again after %d days", ErrRules, r.TellAgain)
	}
	names := map[string]bool{}
	for _, milestone := range r.Milestones {
		if milestone.Name == "" || names[milestone.Name] {
			return fmt.Errorf("%w: milestone name %q is empty or used twice", ErrRules, milestone.Name)
		}
		names[milestone.Name] = true
		if err := milestone.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (m MilestoneRule) validate() error {
	if !slices.Contains([]Anchor{FromR0, FromDecision, FromRevocation, FromReview}, m.Anchor) || m.Source == "" || len(m.Steps) == 0 {
		return fmt.Errorf("%w: milestone %s lacks anchor, steps or source", ErrRules, m.Name)
	}
	if (m.Anchor == FromReview) != (len(m.First) > 0) {
		return fmt.Errorf("%w: milestone %s: the steps to the first decision go with the anchor %s", ErrRules, m.Name, FromReview)
	}
	for _, step := range slices.Concat(m.First, m.Steps) {
		if err := step.validate(); err != nil {
			return fmt.Errorf("milestone %s: %w", m.Name, err)
		}
	}
	for _, kind := range m.DoneBy {
		if kind.rank() == 0 {
			return fmt.Errorf("%w: milestone %s is done by unknown kind %q", ErrRules, m.Name, kind)
		}
	}
	return nil
}

func (s Step) validate() error {
	if s.N < 1 || s.N > 10_000 || (s.Unit != Days && s.Unit != Months) {
		return fmt.Errorf("%w: step of %d %q", ErrRules, s.N, s.Unit)
	}
	return nil
}

func (s Step) after(d calendar.Date) calendar.Date {
	if s.Unit == Months {
		return d.AddMonths(s.N)
	}
	return d.AddDays(s.N)
}
