package custody

import (
	"slices"
	"strconv"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// milestones places every duty of the rules that has an anchor in the removal
// period of that basis.
func (h *history) milestones(rules Rules, view View, basis Basis) []Milestone {
	placed := []Milestone{}
	for _, rule := range rules.Milestones {
		anchor, lead, ok := h.anchor(rule, basis)
		if !ok {
			continue
		}
		for turn := 1; ; turn++ {
			milestone := place(rule, anchor, lead, turn)
			milestone.Day = milestone.Date.DaysSince(basis.Date)
			milestone.Explanation.Rules = rules.Version
			h.judge(&milestone, rule, view.AsOf)
			milestone.MayWait = rule.Waits && h.failing() && milestone.Status != Done
			milestone.flagClosed(view.Office)
			ahead := milestone.Date.After(view.AsOf)
			// A later turn that came in freedom is not owed as well: the first is.
			if turn == 1 || ahead || h.detainedOn(milestone.Date) {
				placed = append(placed, milestone)
			}
			if ahead || !rule.Recurs {
				break
			}
		}
	}
	slices.SortStableFunc(placed, func(a, b Milestone) int { return a.Date.DaysSince(b.Date) })
	return placed
}

// place dates one turn of a duty: the steps to where its count begins, then its
// own, once for each turn.
func place(rule MilestoneRule, anchor Basis, lead []Step, turn int) Milestone {
	steps := slices.Clone(lead)
	for _, step := range rule.Steps {
		steps = append(steps, Step{N: step.N * turn, Unit: step.Unit})
	}
	date, key := anchor.Date, rule.Name+"/"+anchor.Date.String()
	for _, step := range steps {
		date = step.after(date)
	}
	if turn > 1 {
		key += "/" + strconv.Itoa(turn)
	}
	return Milestone{
		Name: rule.Name, Key: key, Date: date, Source: rule.Source, Evidence: rule.Evidence,
		Explanation: Explanation{
			Anchor: rule.Anchor, AnchorEvent: anchor.Event, AnchorKind: anchor.Kind,
			AnchorDate: anchor.Date, Steps: steps, Result: date,
		},
	}
}

// anchor finds what a milestone counts from, and the steps from there to where its
// own begin. Decisions and revocations of an earlier removal period count for
// nothing: it began anew. Neither does a decision that a release followed.
func (h *history) anchor(rule MilestoneRule, basis Basis) (Basis, []Step, bool) {
	var event *Event
	switch rule.Anchor {
	case FromR0:
		return basis, nil, true
	case FromDecision, FromReview:
		event = h.lastDecision()
	case FromRevocation:
		event = h.revocation
	}
	if event != nil && !event.Date.Before(basis.Date) {
		return Basis{Event: event.ID, Kind: event.Kind, Date: event.Date}, nil, true
	}
	if rule.Anchor != FromReview || !h.detained() {
		return Basis{}, nil, false
	}
	return h.firstDue(rule.First, basis)
}

// firstDue is where a count begins for which nobody has decided in this detention.
func (h *history) firstDue(first []Step, basis Basis) (Basis, []Step, bool) {
	due := basis.Date
	for _, step := range first {
		due = step.after(due)
	}
	if held := h.spans[len(h.spans)-1]; held.from.After(due) {
		return Basis{Event: held.event, Kind: Detained, Date: held.from}, nil, true
	}
	return basis, first, true
}

// lastDecision on custody that no release has followed; nil when there is none.
func (h *history) lastDecision() *Event {
	var last *Event
	for i := range h.acts {
		if act := &h.acts[i]; act.Kind == CustodyDecision || act.Kind == HeadquartersDecision {
			last = act
		}
	}
	if last != nil && !last.Date.After(h.released) {
		return nil
	}
	return last
}

// judge gives a milestone its status. Done stays done whatever happens later; a
// stay suspends the rest; a day that came while the person was free is owed, not missed.
func (h *history) judge(milestone *Milestone, rule MilestoneRule, today calendar.Date) {
	if act, ok := h.fulfilled(rule, milestone.Explanation.AnchorDate); ok {
		milestone.Status, milestone.DoneBy, milestone.DoneOn = Done, act.ID, act.Date
		milestone.LateDays = max(act.Date.DaysSince(milestone.Date), 0)
		return
	}
	switch {
	case len(h.stays) > 0:
		milestone.Status = Suspended
	case milestone.Date.After(today):
		milestone.Status = Coming
	case !h.detainedOn(milestone.Date):
		milestone.Status = Owed
		milestone.OwedSince = h.returnAfter(milestone.Date)
	case milestone.Date == today:
		milestone.Status = Due
	default:
		milestone.Status = Missed
		milestone.LateDays = today.DaysSince(milestone.Date)
	}
}

// fulfilled finds the first act of the kinds a milestone asks for, on or after its anchor.
func (h *history) fulfilled(rule MilestoneRule, anchor calendar.Date) (Event, bool) {
	for _, act := range h.acts {
		if slices.Contains(rule.DoneBy, act.Kind) && !act.Date.Before(anchor) {
			return act, true
		}
	}
	return Event{}, false
}

// flagClosed says that the office is closed on a date, or that its calendar does not reach so far.
func (m *Milestone) flagClosed(office calendar.Slice) {
	day, err := office.Day(m.Date)
	if err != nil {
		m.ClosedReason = "unknown"
		return
	}
	m.ClosedDay, m.ClosedReason, m.Holiday = !day.Open, day.Reason, day.Holiday
}
