package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/activities"
)

// Mailbox delivers what waits for one recipient, and ends when nothing waits.
// It keeps no list: every round reads the ledger.
func Mailbox(ctx workflow.Context, recipient string) error {
	pokes := workflow.GetSignalChannel(ctx, PokeSignal)
	for {
		drain(pokes)
		round, err := activities.DeliverWaiting(ctx, recipient)
		if err != nil {
			return err
		}
		switch {
		case pokes.Len() > 0:
			continue
		case round.Again <= 0:
			return nil
		case long(ctx):
			return workflow.NewContinueAsNewError(ctx, MailboxType, recipient)
		}
		now := workflow.Now(ctx)
		if err := sleepUntil(ctx, now.Add(round.Again), now, pokes); err != nil {
			return err
		}
	}
}

// drain empties a channel whose signals say only that something is new.
func drain(signals workflow.ReceiveChannel) {
	for signals.ReceiveAsync(nil) {
	}
}

// long tells that a run has enough behind it to be followed by another.
func long(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() >= longRun
}

// sleepUntil waits for an instant or a signal, whichever comes first, and
// leaves no timer behind; a zero instant waits for the signal alone.
func sleepUntil(ctx workflow.Context, at, now time.Time, signals workflow.ReceiveChannel) error {
	timed, cancel := workflow.WithCancel(ctx)
	defer cancel()
	var timer workflow.Future
	if !at.IsZero() {
		timer = workflow.NewTimer(timed, at.Sub(now))
	}
	return workflow.Await(ctx, func() bool { return ready(timer) || signals.Len() > 0 })
}
