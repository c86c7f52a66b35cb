package whole

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
)

const (
	// patience is for what takes a moment; upkeep comes by every ten seconds, and a
	// busy machine may take many times as long as an idle one.
	patience = 3 * time.Minute
	pause    = 20 * time.Millisecond
	// upkeep is the id of the schedule that, among other things, delivers the
	// signals which start in the database.
	upkeep = "reconcile"
)

// MoveTo moves the clock and all that is open to an instant, from one due date
// to the next, and waits until everything is at rest there.
func (w *Whole) MoveTo(at time.Time) {
	w.t.Helper()
	by := at.Sub(w.Now())
	if by <= 0 {
		w.t.Fatalf("it is %s already, which is not before %s", w.Now().Format(time.RFC3339), at.Format(time.RFC3339))
	}
	if err := w.mover.FastForward(context.Background(), by); err != nil {
		w.t.Fatalf("move to %s: %v", at.Format(time.RFC3339), err)
	}
}

// Rest waits until signals, mails and delivery reports under way have arrived.
func (w *Whole) Rest() {
	w.t.Helper()
	w.MoveTo(w.Now().Add(100 * time.Millisecond))
}

// Await waits until the condition is nil, and fails with what it last said.
func (w *Whole) Await(what string, condition func() error) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: after %v still: %v", what, patience, err)
		}
		<-time.After(pause)
	}
}

// settled tells that nothing outside the engine is going to act: signals of the
// database are delivered, no mailbox waits to be served, and delivery reports
// have been taken. Upkeep is asked to come at once rather than in its next turn.
func (w *Whole) settled(ctx context.Context) (bool, error) {
	var signals, mails int
	err := w.Records.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM traveldoc.outbox WHERE done_at IS NULL),
		(SELECT count(*) FROM traveldoc.mailboxes WHERE poked_at IS NOT NULL)
			+ (SELECT count(*) FROM traveldoc.notices WHERE status = 'waiting')`).Scan(&signals, &mails)
	if err != nil {
		return false, fmt.Errorf("ask what is undelivered: %w", err)
	}
	if signals > 0 {
		// While a round is under way this does nothing, and the next question asks again.
		return false, w.Engine.ScheduleClient().GetHandle(ctx, upkeep).Trigger(ctx, client.ScheduleTriggerOptions{})
	}
	reports, err := w.reportsWaiting(ctx)
	return mails == 0 && reports == 0, err
}
