package custody

import (
	"errors"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// ErrView marks a question without a day to read the clock on.
var ErrView = errors.New("no day to read the custody clock on")

// View says how a history is looked at.
type View struct {
	AsOf    calendar.Date  // today, in the responsible office's local dates
	KnownAt time.Time      // only what was recorded by then; zero for everything, "as corrected"
	Office  calendar.Slice // the office's calendar, for flagging closed days; may be empty
}

// Today is the day to read a recorded history on: the local date at the responsible
// office, or that of an event which an office further east recorded, where the next
// day has begun. No event is recorded ahead of its own office's date.
func Today(events []Event, local calendar.Date) calendar.Date {
	for _, event := range events {
		if event.Date.After(local) {
			local = event.Date
		}
	}
	return local
}

// Derive reads a person's custody clock from the legal events. The order of the
// events given does not matter. A history that cannot be true is a *HistoryError
// (ErrHistory) naming every broken rule with its events; unusable rules are ErrRules, a
// view without a day ErrView.
func Derive(events []Event, rules Rules, view View) (Clock, error) {
	if err := rules.Validate(); err != nil {
		return Clock{}, fmt.Errorf("derive custody clock: %w", err)
	}
	if view.AsOf.IsZero() {
		return Clock{}, fmt.Errorf("derive custody clock: %w", ErrView)
	}
	var found problems
	events = known(events, view.KnownAt)
	check(events, view.AsOf, &found)
	standing := effective(events, rules, &found)
	if err := found.err(); err != nil {
		return Clock{}, fmt.Errorf("derive custody clock: %w", err)
	}
	h := walk(standing, rules, &found)
	if err := found.err(); err != nil {
		return Clock{}, fmt.Errorf("derive custody clock: %w", err)
	}
	return h.clock(rules, view), nil
}

func (h *history) clock(rules Rules, view View) Clock {
	clock := Clock{
		Rules: rules.Version, AsOf: view.AsOf, KnownAt: view.KnownAt,
		Suspended: len(h.stays) > 0, Detained: h.detained(), Milestones: []Milestone{},
	}
	if clock.Detained {
		clock.DetainedSince = h.spans[len(h.spans)-1].from
	}
	if n := len(h.petitions); n > 0 {
		clock.HabeasFiled = h.petitions[n-1].Date
	}
	basis := h.basis()
	if clock.Suspended {
		clock.Before, basis = h.before, h.before
	} else if basis != nil {
		clock.Basis, clock.R0 = basis, basis.Date
	}
	if basis != nil {
		h.period(&clock, rules, basis.Date)
		clock.Milestones = h.milestones(rules, view, *basis)
	}
	return clock
}

// period extends the removal period by each failure to comply that was noticed
// before it ended: until compliance, and a reasonable time after (8 CFR
// 241.4(g)(1)(ii)). R0 stays. A notice served after the end extends nothing here:
// 8 CFR 241.4(g)(5) lets it be served and does not excuse the conduct, but when
// that began is not on record, and no detention is lengthened on a guess.
func (h *history) period(clock *Clock, rules Rules, r0 calendar.Date) {
	clock.PeriodEnds = Step{N: rules.Period.N, Unit: rules.Period.Unit}.after(r0)
	after := Step{N: rules.AfterCompliance.N, Unit: rules.AfterCompliance.Unit}
	for _, failed := range h.failures {
		if failed.notice.Date.After(clock.PeriodEnds) || failed.complied != nil && failed.complied.Date.Before(r0) {
			continue
		}
		extension := Extension{Notice: failed.notice.ID, Served: failed.notice.Date, Source: rules.AfterCompliance.Source}
		if failed.complied == nil {
			clock.PeriodEnds, clock.PeriodOpen = calendar.Date{}, true
			clock.Extensions = append(clock.Extensions, extension)
			return
		}
		extension.Complied, extension.On = failed.complied.ID, failed.complied.Date
		clock.Extensions = append(clock.Extensions, extension)
		if end := after.after(failed.complied.Date); end.After(clock.PeriodEnds) {
			clock.PeriodEnds = end
		}
	}
}
