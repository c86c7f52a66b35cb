package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
)

const (
	// UnknownWait is how long the event webhook is waited for before a mail
	// whose answer was lost is repeated, marked as a repeat.
	UnknownWait = 30 * time.Minute
	// lastStart bounds a round: no mail is begun later than this after its start.
	lastStart = time.Minute
	// settleTime is what settling may take when the worker is being stopped.
	settleTime  = 5 * time.Second
	settleTries = 3
)

// errNotTaken: the provider did not take a mail for a reason of its own.
var errNotTaken = errors.New("mail was not taken")

// busyError: the provider wants a pause.
type busyError struct{ pause time.Duration }

// Error names the pause.
func (b *busyError) Error() string { return "provider is busy for " + b.pause.String() }

// Round is what a delivery leaves to be done.
type Round struct {
	// Again is how long from now something waits to be looked at; zero: nothing waits.
	Again time.Duration `json:"again,omitempty"`
}

// Deliveries are the activities of mailboxes.
type Deliveries struct {
	Ledger Ledger
	Post   Post
	Clock  Clock
}

// DeliverWaiting sends what waits for a recipient, each mail at most once. A
// mail is marked as sending before it is handed over and settled after; one that
// was left sending by a worker that died counts as unknown, and is repeated, marked,
// only after the event webhook had its time.
func (d *Deliveries) DeliverWaiting(ctx context.Context, recipient string) (Round, error) {
	repeats, next, err := d.Ledger.Unsettled(ctx, recipient, UnknownWait)
	if err != nil {
		return Round{}, fmt.Errorf("look for unsettled mail: %w", err)
	}
	envelopes, err := d.Ledger.Collect(ctx, recipient)
	if err != nil {
		return Round{}, fmt.Errorf("collect waiting mail: %w", err)
	}
	round := &round{Deliveries: d, began: d.Clock.Now(), seen: map[string]bool{}}
	if err := round.sendAll(ctx, append(repeats, envelopes...)); err != nil {
		return Round{}, err
	}
	return Round{Again: round.again(next)}, nil
}

type round struct {
	*Deliveries
	began   time.Time
	seen    map[string]bool
	unknown bool // a mail of this round has an unknown outcome
	left    bool // something was left for the next round
}

// sendAll goes on after a mail that was not taken, so that one does not keep
// the others; a busy provider ends the round.
func (r *round) sendAll(ctx context.Context, envelopes []Envelope) error {
	var notTaken error
	for _, envelope := range envelopes {
		if r.seen[envelope.MessageID] {
			continue
		}
		r.seen[envelope.MessageID] = true
		if r.Clock.Now().Sub(r.began) > lastStart {
			r.left = true
			break
		}
		activity.RecordHeartbeat(ctx)
		err := r.send(ctx, envelope)
		if !errors.Is(err, errNotTaken) && err != nil {
			return err
		}
		notTaken = errors.Join(notTaken, err)
	}
	return notTaken
}

func (r *round) send(ctx context.Context, envelope Envelope) error {
	ours, err := r.Ledger.Sending(ctx, envelope.MessageID)
	if err != nil {
		return fmt.Errorf("mark mail as sending: %w", err)
	}
	if !ours {
		return nil
	}
	outcome, code, pause, err := r.Post.Send(ctx, envelope)
	if err != nil && outcome == "" {
		outcome = Unknown
	}
	if err := r.settle(ctx, envelope.MessageID, outcome, code); err != nil {
		return fmt.Errorf("settle mail: %w", err)
	}
	switch {
	case outcome == NotSent && pause > 0:
		return &busyError{pause: pause}
	case outcome == NotSent:
		return errNotTaken
	case outcome == Unknown:
		r.unknown = true
	}
	return nil
}

// settle tries more than once, and also when the worker is being stopped: an
// outcome that is known and not settled would become a repeated mail.
func (r *round) settle(ctx context.Context, messageID string, outcome Outcome, code string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	var err error
	for range settleTries {
		if err = r.Ledger.Settle(ctx, messageID, outcome, code); err == nil {
			return nil
		}
	}
	return err
}

// again is the time until somebody has to look again.
func (r *round) again(next time.Time) time.Duration {
	again := time.Duration(0)
	if !next.IsZero() {
		again = max(next.Sub(r.Clock.Now()), time.Second)
	}
	if r.unknown && (again == 0 || again > UnknownWait) {
		again = UnknownWait
	}
	if r.left {
		again = time.Second
	}
	return again
}
