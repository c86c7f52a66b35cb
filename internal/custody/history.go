package custody

import (
	"cmp"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// span is a stretch of detention, from its first day up to and not including
// the day of release; a zero to lasts.
type span struct {
	from, to calendar.Date
	event    string // that it began with
}

// history is where the effective events lead, one legal day after the other.
type history struct {
	order    *Event
	presumed bool    // an order that is not on record stands: a court stayed it
	gone     bool    // the order was vacated, and none became final since
	stays    []Event // in force
	stayEnd  *Event  // the last end of all stays under this order
	criminal *Event  // the last release from other custody
	before   *Basis  // of R0 when the first stay in force was granted

	spans      []span
	released   calendar.Date // last
	revocation *Event        // last, unless followed by a release
	petitions  []Event       // pending, in the order of filing
	apart      bool          // see Rules.PetitionsApart
	failures   []failure
	acts       []Event // what can fulfill a milestone, by date
}

// failure is a stretch of failing to comply.
type failure struct{ notice, complied *Event }

// walk puts events in their legal order and applies them. Events of one day are
// taken in the first order in which they make sense, so the order of recording never shows.
func walk(events []Event, rules Rules, found *problems) *history {
	ordered := slices.Clone(events)
	slices.SortFunc(ordered, func(a, b Event) int {
		return cmp.Or(a.Date.DaysSince(b.Date), a.Kind.rank()-b.Kind.rank(), strings.Compare(a.ID, b.ID))
	})
	h := &history{apart: rules.PetitionsApart}
	for len(ordered) > 0 {
		end := slices.IndexFunc(ordered, func(e Event) bool { return e.Date != ordered[0].Date })
		if end < 0 {
			end = len(ordered)
		}
		h.day(slices.Clone(ordered[:end]), found)
		ordered = ordered[end:]
	}
	return h
}

// day applies the events of one date until none of the rest fits. An order is
// presumed only where none of that day explains the event.
func (h *history) day(events []Event, found *problems) {
	fits := func(event Event) bool { return h.apply(event) == "" }
	presumes := func(event Event) bool { return h.presume(event) && fits(event) }
	next := func() int {
		if i := slices.IndexFunc(events, fits); i >= 0 {
			return i
		}
		return slices.IndexFunc(events, presumes)
	}
	for i := next(); i >= 0; i = next() {
		events = slices.Delete(events, i, i+1)
	}
	for _, event := range events {
		found.add(h.apply(event), event.ID)
	}
}

// apply takes one event over, or names the rule that forbids it and changes nothing.
func (h *history) apply(event Event) Rule {
	switch event.Kind {
	case OrderFinal, OrderVacated:
		return h.applyOrder(event)
	case StayGranted:
		return h.grantStay(event)
	case StayEnded:
		return h.endStay(event)
	case CriminalCustodyEnded:
		h.criminal = &event
		return ""
	case Detained, Released, ReleaseRevoked:
		return h.applyCustody(event)
	case NoncomplianceNotice, Complied:
		return h.applyCompliance(event)
	case HabeasFiled, HabeasEnded:
		return h.applyPetition(event)
	}
	if !h.ordered() {
		return RuleNoOrder
	}
	h.acts = append(h.acts, event)
	return ""
}

// presume takes the order for granted that a court stayed or vacated before the
// day on which it became final was recorded. What stops a removal counts from
// when it is known; the missing day must not keep it out.
func (h *history) presume(event Event) bool {
	stops := event.Kind == StayGranted || event.Kind == OrderVacated
	if !stops || h.ordered() || h.gone {
		return false
	}
	h.presumed = true
	return true
}

// ordered tells whether an order stands, on record or presumed.
func (h *history) ordered() bool { return h.order != nil || h.presumed }

// applyOrder begins or ends the order; with it end its stays, failures and reviews.
func (h *history) applyOrder(event Event) Rule {
	if event.Kind == OrderFinal {
		if h.order != nil {
			return RuleOrderStands
		}
		h.order, h.presumed, h.gone = &event, false, false
		if len(h.stays) > 0 && h.before == nil {
			h.before = h.basis()
		}
		return ""
	}
	if !h.ordered() {
		return RuleNoOrder
	}
	h.order, h.stays, h.stayEnd, h.before, h.failures, h.acts = nil, nil, nil, nil, nil, nil
	h.presumed, h.gone = false, true
	return ""
}

func (h *history) grantStay(event Event) Rule {
	if !h.ordered() {
		return RuleNoOrder
	}
	for _, stay := range h.stays {
		if stay.Stay == event.Stay {
			return RuleStayTwice
		}
	}
	if len(h.stays) == 0 {
		h.before = h.basis()
	}
	h.stays = append(h.stays, event)
	return ""
}

// endStay lifts one stay; the order can be executed again when no other court still stays it.
func (h *history) endStay(event Event) Rule {
	if len(h.stays) == 0 {
		return RuleStayEndedWithoutStay
	}
	if event.Stay == "" && len(h.stays) > 1 {
		return RuleStayAmbiguous
	}
	i := slices.IndexFunc(h.stays, func(stay Event) bool { return event.Stay == "" || stay.Stay == event.Stay })
	if i < 0 {
		return RuleStayEndedWithoutStay
	}
	if h.stays = slices.Delete(slices.Clone(h.stays), i, i+1); len(h.stays) == 0 {
		h.stayEnd, h.before = &event, nil
	}
	return ""
}

// applyPetition: an end names no petition. It ends one of them, the first that was
// filed, so that none that may still be pending is forgotten.
func (h *history) applyPetition(event Event) Rule {
	switch {
	case event.Kind == HabeasFiled:
		h.petitions = append(h.petitions, event)
	case len(h.petitions) == 0:
		return RuleHabeasEnded
	case h.apart:
		h.petitions = h.petitions[1:]
	default:
		h.petitions = nil
	}
	return ""
}

func (h *history) applyCustody(event Event) Rule {
	switch event.Kind {
	case Detained:
		if h.detained() {
			return RuleDetainedTwice
		}
		h.spans = append(h.spans, span{from: event.Date, event: event.ID})
	case Released:
		if !h.detained() {
			return RuleReleasedWithoutCustody
		}
		h.spans[len(h.spans)-1].to = event.Date
		h.released, h.revocation = event.Date, nil
	case ReleaseRevoked:
		if h.released.IsZero() {
			return RuleRevokedWithoutRelease
		}
		h.revocation = &event
	}
	return ""
}

// applyCompliance opens or closes a stretch of failing to comply; a repeated notice belongs to the first.
func (h *history) applyCompliance(event Event) Rule {
	if !h.ordered() {
		return RuleNoOrder
	}
	if event.Kind == Complied {
		if !h.failing() {
			return RuleCompliedWithoutNotice
		}
		h.failures[len(h.failures)-1].complied = &event
		return ""
	}
	if !h.failing() {
		h.failures = append(h.failures, failure{notice: &event})
	}
	return ""
}

func (h *history) failing() bool {
	n := len(h.failures)
	return n > 0 && h.failures[n-1].complied == nil
}

func (h *history) detained() bool {
	n := len(h.spans)
	return n > 0 && h.spans[n-1].to.IsZero()
}

// detainedOn tells whether the person was in detention at the end of a day.
func (h *history) detainedOn(day calendar.Date) bool {
	return slices.ContainsFunc(h.spans, func(s span) bool {
		return !day.Before(s.from) && (s.to.IsZero() || day.Before(s.to))
	})
}

// returnAfter is the first day of detention after a day; empty when there is none.
func (h *history) returnAfter(day calendar.Date) calendar.Date {
	for _, stretch := range h.spans {
		if stretch.from.After(day) {
			return stretch.from
		}
	}
	return calendar.Date{}
}

// basis is the latest of the three dates of 8 CFR 241.4(g)(1)(i); of equal ones
// the first letter is named. Nil without an order. One whose day is not on record
// was final before it was stayed, so that the end of the stay is the later of the two.
func (h *history) basis() *Basis {
	latest, branch := h.order, BranchOrder
	if h.stayEnd != nil && (latest == nil || h.stayEnd.Date.After(latest.Date)) {
		latest, branch = h.stayEnd, BranchStay
	}
	if latest == nil {
		return nil
	}
	if h.criminal != nil && h.criminal.Date.After(latest.Date) {
		latest, branch = h.criminal, BranchCriminal
	}
	return &Basis{Event: latest.ID, Kind: latest.Kind, Date: latest.Date, Branch: branch, Source: branch.Source()}
}
