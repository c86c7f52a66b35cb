package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// The kinds of alarms that activities and workflows raise.
const (
	AlarmUnaddressed     = "notice_without_addressee" // of a custody duty
	AlarmCustodyHistory  = "legal_history_invalid"    // the custody clock cannot be derived
	AlarmUndeliverable   = "signal_undeliverable"     // no workflow has taken it in a day
	AlarmGap             = "event_missing"            // and the workflow does not have it either
	AlarmNeverStarted    = "request_never_started"    // taken in, and no workflow began
	AlarmWorkflowMissing = "workflow_missing"         // a live request without a workflow
	AlarmWorkflowEnded   = "workflow_ended"           // a live request whose workflow has ended
	AlarmEngineBehind    = "engine_behind"            // more events are on record than the workflow knows
	AlarmRecordDiffers   = "record_differs"           // another event stands on record than in the workflow
)

const (
	// settled: what is younger than this may still be under way.
	settled = 10 * time.Second
	// patience with a signal for a workflow that nobody knows.
	patience = 24 * time.Hour

	commandsAtOnce = 100
	signalsAtOnce  = 200
	pokesAtOnce    = 100
	gapsAtOnce     = 100

	// stepTime bounds each step, so that one which hangs does not keep the others.
	stepTime = 12 * time.Second
	// failuresInRow end a step: what it depends on is away.
	failuresInRow = 3
)

// SweepTask is what a round of upkeep begins with, and what it hands to the next.
type SweepTask struct {
	Turn    int    `json:"turn"`
	Request string `json:"request,omitempty"` // comparing goes on behind this request,
	Person  string `json:"person,omitempty"`  // and behind this person
}

// Sweeper is upkeep: it carries on what stopped half-way, and compares what
// PostgreSQL and the engine know. Every round is bounded; the next takes up the rest.
type Sweeper struct {
	Store    Upkeep
	Recorder Recorder
	Engine   Engine
	Carrier  Carrier
	Clock    Clock
	Log      *slog.Logger
}

// Sweep runs one round. A step that fails is left to the next round and does
// not keep the others.
func (s *Sweeper) Sweep(ctx context.Context, task SweepTask) (SweepTask, error) {
	s.step(ctx, "carry on commands", s.carryOn)
	s.step(ctx, "drain outbox", s.drain)
	s.step(ctx, "wake mailboxes", s.wake)
	s.step(ctx, "mend gaps", s.mend)
	s.step(ctx, "nag for hold reviews", s.review)
	next := SweepTask{Turn: task.Turn + 1, Request: task.Request, Person: task.Person}
	if task.Turn%compareEvery == 0 {
		s.step(ctx, "forget rounds", s.forget)
		s.step(ctx, "compare requests", func(ctx context.Context) (err error) {
			next.Request, err = s.compareRequests(ctx, task.Request)
			return err
		})
		s.step(ctx, "compare persons", func(ctx context.Context) (err error) {
			next.Person, err = s.comparePersons(ctx, task.Person)
			return err
		})
	}
	return next, nil
}

func (s *Sweeper) step(ctx context.Context, name string, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	if err := do(ctx); err != nil {
		s.Log.WarnContext(ctx, "upkeep step failed", "step", name, "code", string(judge(err).code))
	}
}

// each does the same to every item and goes on after a failure, until several
// in a row say that what all depend on is away. One that is wrong in itself says
// nothing of the next.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	var failed error
	row := 0
	for _, item := range items {
		err := do(ctx, item)
		if err == nil {
			row = 0
			continue
		}
		failed = errors.Join(failed, err)
		if judge(err).code != CodeInternal {
			row++
		}
		if row == failuresInRow || ctx.Err() != nil {
			break
		}
	}
	return failed
}

// carryOn takes stored commands up where they stopped.
func (s *Sweeper) carryOn(ctx context.Context) error {
	commands, err := s.Store.UnfinishedCommands(ctx, settled, commandsAtOnce)
	if err != nil {
		return fmt.Errorf("list unfinished commands: %w", err)
	}
	return each(ctx, commands, func(ctx context.Context, command PendingCommand) error {
		return s.Carrier.CarryOn(ctx, command.CommandID)
	})
}

// drain delivers the outbox. A signal that failed holds up those behind it for
// the same workflow, because their order tells what is true now.
func (s *Sweeper) drain(ctx context.Context) error {
	signals, err := s.Store.Outbox(ctx, signalsAtOnce)
	if err != nil {
		return fmt.Errorf("list outbox: %w", err)
	}
	held := map[string]bool{}
	return each(ctx, signals, func(ctx context.Context, signal Signal) error {
		if held[signal.WorkflowID] {
			return nil
		}
		gone, err := s.deliver(ctx, signal)
		held[signal.WorkflowID] = !gone
		return err
	})
}

// deliver tells whether a signal is done with. Nobody can receive it once the
// workflow has ended; one for a workflow not yet started waits for it.
func (s *Sweeper) deliver(ctx context.Context, signal Signal) (gone bool, err error) {
	err = s.Engine.Deliver(ctx, signal)
	switch {
	case errors.Is(err, ErrNoWorkflow) && s.Clock.Now().Sub(signal.Since) < patience:
		return false, nil
	case errors.Is(err, ErrNoWorkflow):
		detail := map[string]any{"workflow": signal.WorkflowID, "signal": signal.Name}
		if err := s.Store.Alarm(ctx, AlarmUndeliverable, "", "", detail); err != nil {
			return false, fmt.Errorf("raise alarm: %w", err)
		}
	case err != nil && !errors.Is(err, ErrWorkflowClosed):
		return false, fmt.Errorf("deliver signal: %w", err)
	}
	if err := s.Store.Delivered(ctx, signal.OutboxID); err != nil {
		return false, fmt.Errorf("settle signal: %w", err)
	}
	return true, nil
}

// review ends holds whose last day is over, and tells counsel of those whose day of review has passed.
func (s *Sweeper) review(ctx context.Context) error {
	expired := s.Store.EndExpiredHolds(ctx)
	poke, err := s.Store.FileHoldReviews(ctx)
	err = errors.Join(expired, err)
	for _, recipient := range poke {
		err = errors.Join(err, s.Engine.Poke(ctx, recipient))
	}
	return err
}

// wake repeats pokes that were not followed by a collection. A mailbox that
// waits for its provider is left alone: it collects when it tries again.
func (s *Sweeper) wake(ctx context.Context) error {
	recipients, err := s.Store.OutstandingPokes(ctx, settled, pokesAtOnce)
	if err != nil {
		return fmt.Errorf("list outstanding pokes: %w", err)
	}
	return each(ctx, recipients, func(ctx context.Context, recipient string) error {
		presence, err := s.Engine.MailboxPresence(ctx, recipient)
		if err != nil {
			return fmt.Errorf("look for mailbox: %w", err)
		}
		if presence.Busy {
			return nil
		}
		return s.Engine.Poke(ctx, recipient)
	})
}
