package custody

import (
	"slices"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// milestones places every duty of the rules that has an anchor in the removal
// period of that basis.
func (h *history) milestones(rules Rules, view View, basis Basis) []Milestone {
	placed := []Milestone{}
	for _, rule := range rules.Milestones {
		anchor, ok := h.anchor(rule.Anchor, basis)
		if !ok {
			continue
		}
		date := anchor.Date
		for _, step := range rule.Steps {
			date = step.after(date)
		}
		milestone := Milestone{
			Name: rule.Name, Key: rule.Name + "/" + anchor.Date.String(), Day: date.DaysSince(basis.Date), Date: date,
			Source: rule.Source, Evidence: rule.Evidence,
			Explanation: Explanation{
				Rules: rules.Version, Anchor: rule.Anchor, AnchorEvent: anchor.Event, AnchorKind: anchor.Kind,
				AnchorDate: anchor.Date, Steps: slices.Clone(rule.Steps), Result: date,
			},
		}
		h.judge(&milestone, rule, view.AsOf)
		milestone.MayWait = rule.Waits && h.failing() && milestone.Status != Done
		milestone.flagClosed(view.Office)
		placed = append(placed, milestone)
	}
	slices.SortStableFunc(placed, func(a, b Milestone) int { return a.Date.DaysSince(b.Date) })
	return placed
}

// anchor finds what a milestone counts from. Decisions and revocations of an
// earlier removal period count for nothing: it began anew. Neither does a decision that a
// release followed.
func (h *history) anchor(kind Anchor, basis Basis) (Basis, bool) {
	var event *Event
	switch kind {
	case FromR0:
		return basis, true
	case FromDecision:
		for i := range h.acts {
			if act := &h.acts[i]; act.Kind == CustodyDecision || act.Kind == HeadquartersDecision {
				event = act
			}
		}
		if event != nil && !event.Date.After(h.released) {
			event = nil
		}
	case FromRevocation:
		event = h.revocation
	}
	if event == nil || event.Date.Before(basis.Date) {
		return Basis{}, false
	}
	return Basis{Event: event.ID, Kind: event.Kind, Date: event.Date}, true
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
