package playbook

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Fault is one thing wrong with a pack.
type Fault struct {
	Field string `json:"field"` // "stages.review", "ladder.percents[2]"
	Rule  string `json:"rule"`  // what has to hold
}

// Faults is everything wrong with a pack, as an error.
type Faults []Fault

// Error lists every fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Field + ": " + fault.Rule
	}
	return strings.Join(lines, "; ")
}

// Validate returns Faults with everything that keeps a pack from being
// published, or nil. That its review is overdue does not (see Stale).
func Validate(p Pack) error { return validate(p, false) }

// validateBench admits seconds.
func validateBench(p Pack) error { return validate(p, true) }

func validate(p Pack, seconds bool) error {
	v := validator{seconds: seconds, signed: p.SignOff.Date}
	v.head(p)
	v.stages("stages", p.Stages)
	v.stages("stages_detained", p.StagesDetained)
	v.length("timescale", p.Timescale)
	v.ladder(p.Ladder)
	v.validity(p.Validity)
	for _, name := range slices.Sorted(maps.Keys(p.Further)) {
		v.further("further."+name, p.Further[name])
	}
	v.checklist(p.Checklist)
	v.content(p)
	v.notification(p.Notification)
	if len(v.faults) == 0 {
		return nil
	}
	return v.faults
}

type validator struct {
	seconds bool
	signed  calendar.Date
	faults  Faults
}

func (v *validator) want(ok bool, field, rule string, args ...any) {
	if !ok {
		v.faults = append(v.faults, Fault{Field: field, Rule: fmt.Sprintf(rule, args...)})
	}
}

func (v *validator) head(p Pack) {
	v.want(p.Version >= 1, "version", "must be 1 or more")
	v.want(p.Summary != "", "summary", "is missing")
	v.want(!p.InForce.IsZero(), "in_force", "is missing")
	v.want(!p.ReviewBy.IsZero(), "review_by", "is missing")
	v.want(p.ReviewBy.After(p.InForce), "review_by", "must lie after in_force")
	v.signatory("sign_off.author", p.SignOff.Author)
	v.signatory("sign_off.approver", p.SignOff.Approver)
	v.want(p.SignOff.Author.Name != p.SignOff.Approver.Name, "sign_off.approver", "must be another person than the author")
	v.want(!p.SignOff.Date.IsZero(), "sign_off.date", "is missing")
	v.want(!p.SignOff.Date.After(p.InForce), "sign_off.date", "must not lie after in_force")
}

func (v *validator) signatory(field string, s Signatory) {
	v.want(s.Name != "" && s.Role != "", field, "needs a name and a role")
}

// provenance checks what every statement carries.
func (v *validator) provenance(field string, p Provenance) {
	v.want(p.Source != "", field+".source", "is missing")
	v.want(!p.Date.IsZero(), field+".date", "is missing")
	v.want(!p.Date.After(v.signed), field+".date", "must not lie after sign_off.date")
	v.want(slices.Contains([]Evidence{PrimaryText, SecondarySource, PoorCopy, CommonKnowledge, Derived}, p.Evidence),
		field+".evidence", "must be V, S, S-, M or D")
	v.want(slices.Contains([]Standing{Law, Agreement, Practice, House, Seed}, p.Standing),
		field+".standing", "must be law, agreement, practice, house or seed")
	read := p.Evidence == PrimaryText || p.Evidence == SecondarySource
	v.want(read || p.Standing != Law && p.Standing != Agreement,
		field+".standing", "law and agreement need a source that was read (V or S)")
	v.want(p.Evidence != CommonKnowledge && p.Evidence != Derived || p.Note != "",
		field+".note", "an unsourced statement must say that it is an assumption")
}

// length checks a length of time counted by a calendar.
func (v *validator) length(field string, f Figure) {
	v.provenance(field, f.Provenance)
	v.want(f.N > 0, field+".n", "must be positive")
	v.want(f.Calendar == Post || f.Calendar == Office, field+".calendar", "must be post or office")
	v.timeUnit(field, f.Unit)
}

func (v *validator) timeUnit(field string, unit calendar.Unit) {
	known := slices.Contains([]calendar.Unit{calendar.BusinessDays, calendar.BusinessHours, calendar.CalendarDays}, unit)
	if unit == calendar.Seconds {
		v.want(v.seconds, field+".unit", "seconds are for benchmarks only")
		return
	}
	v.want(known, field+".unit", "must be business_days, business_hours or calendar_days")
}

// count checks a figure whose unit is given.
func (v *validator) count(field string, f Figure, unit calendar.Unit) {
	v.provenance(field, f.Provenance)
	v.want(f.N > 0, field+".n", "must be positive")
	v.want(f.Unit == unit, field+".unit", "must be %s", unit)
	v.want(f.Calendar == "", field+".calendar", "must be absent")
}

// further checks a figure that no clock uses.
func (v *validator) further(field string, f Figure) {
	v.provenance(field, f.Provenance)
	v.want(f.N > 0, field+".n", "must be positive")
	units := []calendar.Unit{calendar.BusinessDays, calendar.BusinessHours, calendar.CalendarDays, Months, Percent, Times}
	v.want(slices.Contains(units, f.Unit), field+".unit", "is unknown")
}

// stageNames are the stages of a request, in the order of a smooth life.
func stageNames() []string {
	return []string{
		"assembling", "review", "ready", "submitted", "received", "information_asked",
		"interview", "verifying", "issued", "travel_ready", "refused",
	}
}

// clockedStages are those that must have a term.
func clockedStages() []string {
	return []string{"assembling", "review", "submitted", "information_asked", "verifying", "issued", "refused"}
}

func (v *validator) stages(field string, figures map[string]Figure) {
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		v.want(slices.Contains(stageNames(), name), field+"."+name, "is not a stage")
		v.length(field+"."+name, figures[name])
	}
	if field != "stages" {
		return
	}
	for _, name := range clockedStages() {
		_, ok := figures[name]
		v.want(ok, field+"."+name, "is missing")
	}
}
