package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
)

// custodyClock is the running clock of one detained person.
type custodyClock struct {
	CustodyInput
	changed workflow.ReceiveChannel
}

// CustodyClock wakes at the beginning of every day, in the responsible office,
// on which the law asks for something about a detained person, and has the duties
// filed. It reads the legal events anew each time; they, not it, are the truth. It ends
// when the person is free; a return to detention starts another.
func CustodyClock(ctx workflow.Context, in CustodyInput) error {
	c := &custodyClock{CustodyInput: in, changed: workflow.GetSignalChannel(ctx, LegalEventsChangedSignal)}
	for {
		drain(c.changed)
		watch, next, err := c.look(ctx)
		if err != nil {
			return err
		}
		switch {
		case c.changed.Len() > 0:
			continue
		case !watch:
			return nil
		case long(ctx):
			return workflow.NewContinueAsNewError(ctx, CustodyType, c.CustodyInput)
		}
		if err := sleepUntil(ctx, next, c.Seen, c.changed); err != nil {
			return err
		}
	}
}

// look derives the clock from what is on record and files what is due. It
// answers whether to go on, and when the next duty begins; no time: only a
// legal event can change anything.
func (c *custodyClock) look(ctx workflow.Context) (watch bool, next time.Time, err error) {
	reading, err := activities.ReadHistory(ctx, c.PersonID)
	if err != nil {
		return false, time.Time{}, err
	}
	if now := workflow.Now(ctx).UTC(); now.After(c.Seen) {
		c.Seen = now
	}
	office := reading.OfficeTime
	today := custody.Today(reading.Events, office.LocalDate(c.Seen))
	// What it iterates over in no order, it sorts before it answers.
	//workflowcheck:ignore
	clock, err := custody.Derive(reading.Events, reading.Rules, custody.View{AsOf: today, Office: office})
	if err != nil {
		return true, time.Time{}, c.complain(ctx, err)
	}
	duties := append(reading.Rules.Duties(clock), reading.Consular...)
	if err := c.file(ctx, duties, clock.AsOf); err != nil {
		return false, time.Time{}, err
	}
	if day, ok := nextDay(clock, duties); ok {
		next = office.At(day, 0)
	}
	return clock.Detained, next, nil
}

// nextDay is the first day ahead on which a duty begins or is told again.
func nextDay(clock custody.Clock, duties []custody.Duty) (calendar.Date, bool) {
	next, known := clock.NextDate()
	for _, duty := range duties {
		if day, again := duty.Next(clock.AsOf); again && (!known || day.Before(next)) {
			next, known = day, true
		}
	}
	return next, known
}

// file has the notices filed of duties that are to be acted on, as often as each is told.
func (c *custodyClock) file(ctx workflow.Context, duties []custody.Duty, today calendar.Date) error {
	var fresh []string
	for _, duty := range duties {
		if telling := duty.Telling(today); !slices.Contains(c.Filed, telling) {
			fresh = append(fresh, telling)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	filed, err := activities.FileMilestones(ctx, activities.Filing{PersonID: c.PersonID, Keys: fresh})
	if err != nil {
		return err
	}
	for _, telling := range fresh {
		if slices.Contains(filed.Absent, telling) {
			continue
		}
		// Of each duty the last telling is kept: no earlier one comes again.
		c.Filed = slices.DeleteFunc(c.Filed, func(earlier string) bool { return custody.Told(earlier) == custody.Told(telling) })
		c.Filed = append(c.Filed, telling)
	}
	return nil
}

// complain: a history that contradicts itself gives no dates, and a person has
// to look at it; the next legal event is read again.
func (c *custodyClock) complain(ctx workflow.Context, cause error) error {
	rules := []string{}
	var history *custody.HistoryError
	if errors.As(cause, &history) {
		for _, problem := range history.Problems {
			rules = append(rules, string(problem.Rule))
		}
	}
	return activities.RaiseAlarm(ctx, activities.Alarm{
		Kind: activities.AlarmCustodyHistory, PersonID: c.PersonID, Detail: map[string]any{"rules": rules},
	})
}
