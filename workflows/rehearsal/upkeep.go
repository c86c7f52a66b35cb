package rehearsal

import (
	"context"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Upkeep is a stand-in for what the reconciler asks the store for, and for the
// carrier of stored commands. Its lists are what a test puts there.
type Upkeep struct {
	*World
	Commands  []activities.PendingCommand
	Signals   []activities.Signal
	Pokes     []string
	Reviews   []string
	Live      []activities.LiveRequest
	Persons   []string
	Holes     []activities.Gap
	Openings  map[string]tdr.Event
	Carried   []string
	Settled   []int64
	CarryFail func(commandID string) error
}

// UnfinishedCommands lists Commands.
func (u *Upkeep) UnfinishedCommands(context.Context, time.Duration, int) ([]activities.PendingCommand, error) {
	return u.Commands, u.failing("UnfinishedCommands")
}

// Outbox lists Signals.
func (u *Upkeep) Outbox(context.Context, int) ([]activities.Signal, error) {
	return u.Signals, u.failing("Outbox")
}

// Delivered takes a signal off the list.
func (u *Upkeep) Delivered(_ context.Context, id int64) error {
	u.Settled = append(u.Settled, id)
	return u.failing("Delivered")
}

// OutstandingPokes lists Pokes.
func (u *Upkeep) OutstandingPokes(context.Context, time.Duration, int) ([]string, error) {
	return u.Pokes, u.failing("OutstandingPokes")
}

// EndExpiredHolds ends none.
func (u *Upkeep) EndExpiredHolds(context.Context) error { return u.failing("EndExpiredHolds") }

// FileHoldReviews lists Reviews.
func (u *Upkeep) FileHoldReviews(context.Context) ([]string, error) {
	return u.Reviews, u.failing("FileHoldReviews")
}

// LiveRequests pages through Live.
func (u *Upkeep) LiveRequests(_ context.Context, after string, limit int) ([]activities.LiveRequest, error) {
	var page []activities.LiveRequest
	for _, live := range u.Live {
		if live.RequestID > after && len(page) < limit {
			page = append(page, live)
		}
	}
	return page, u.failing("LiveRequests")
}

// DetainedPersons pages through Persons.
func (u *Upkeep) DetainedPersons(_ context.Context, after string, limit int) ([]string, error) {
	var page []string
	for _, person := range u.Persons {
		if person > after && len(page) < limit {
			page = append(page, person)
		}
	}
	return page, u.failing("DetainedPersons")
}

// Gaps lists Holes.
func (u *Upkeep) Gaps(context.Context, int) ([]activities.Gap, error) {
	return u.Holes, u.failing("Gaps")
}

// Opening looks into Openings.
func (u *Upkeep) Opening(_ context.Context, requestID string) (tdr.Event, error) {
	event, ok := u.Openings[requestID]
	if !ok {
		return tdr.Event{}, activities.ErrUnknown
	}
	return event, nil
}

// CarryOn keeps which commands were carried on.
func (u *Upkeep) CarryOn(_ context.Context, commandID string) error {
	u.Carried = append(u.Carried, commandID)
	if u.CarryFail != nil {
		return u.CarryFail(commandID)
	}
	return nil
}
