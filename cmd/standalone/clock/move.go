package clock

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

const (
	// A step ends this much before the timer it leads to, which then fires by
	// itself at its exact instant.
	early = 20 * time.Millisecond
	// A run may lag this much behind the clock before it is moved again: what
	// it does while it is moved takes real time.
	tolerance = 500 * time.Millisecond
	// How often the engine is asked whether it has come to rest.
	pause = 10 * time.Millisecond
	// DefaultPatience is how long one step may take to come to rest.
	DefaultPatience = 30 * time.Second
)

// Mover moves the clock and every open workflow together.
type Mover struct {
	Clock *Clock
	// Engine is a connection made with engine.Dial.
	Engine *grpc.ClientConn
	// Store is the engine's main database, where the open workflows are listed.
	Store *pgxpool.Pool
	// Namespace holds the workflows.
	Namespace string
	// Patience bounds how long a step may take to come to rest; zero means
	// DefaultPatience.
	Patience time.Duration
	// Settled, when set, is asked each time the workflows are at rest; it
	// answers false while something outside the engine (an outbox, a webhook
	// under way) is still going to act.
	Settled func(ctx context.Context) (bool, error)
}

// FastForward moves the clock by a duration, and all open workflows with it.
// It goes from one due timer to the next, over all workflows alike, and waits
// at each until everything that the timer set off has come to rest. So timers
// fire in their order, at their instants, and whatever they start begins on the
// same day. On an error the clock stands where the last step led.
func (m *Mover) FastForward(ctx context.Context, by time.Duration) error {
	if by <= 0 {
		return fmt.Errorf("move the clock by %v: it only goes forward", by)
	}
	release, err := m.Clock.folder.Lock("clock")
	if err != nil {
		return err
	}
	defer release()
	target := m.Clock.Offset() + by
	for {
		standings, err := m.rest(ctx)
		if err != nil {
			return err
		}
		offset := m.Clock.Offset()
		if offset >= target {
			return nil
		}
		if err := m.Clock.set(offset + m.step(standings, target-offset)); err != nil {
			return err
		}
	}
}

// step is how far the clock is before the first timer of all, at most the rest
// of the way.
func (m *Mover) step(standings []standing, rest time.Duration) time.Duration {
	now := m.Clock.Now()
	for _, standing := range standings {
		if !standing.due.IsZero() {
			rest = min(rest, standing.due.Sub(now)-early)
		}
	}
	return max(time.Millisecond, rest)
}

// rest brings every open workflow to the clock's time and returns when none of
// them has anything left to do at this time.
func (m *Mover) rest(ctx context.Context) ([]standing, error) {
	patience := m.Patience
	if patience == 0 {
		patience = DefaultPatience
	}
	deadline := time.Now().Add(patience)
	for {
		standings, unrest, err := m.attempt(ctx)
		switch {
		case err != nil:
			return nil, err
		case unrest == nil:
			return standings, nil
		case time.Now().After(deadline):
			return nil, fmt.Errorf("the workflows did not come to rest within %v: %w", patience, unrest)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("while the workflows came to rest (%w): %w", unrest, ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (m *Mover) attempt(ctx context.Context) (standings []standing, unrest, err error) {
	standings, err = m.survey(ctx)
	if err == nil {
		unrest, err = m.level(ctx, standings)
	}
	if err == nil && unrest == nil {
		unrest, err = m.outside(ctx)
	}
	if passing(err) {
		return nil, err, nil
	}
	return standings, unrest, err
}

// passing reports an answer that means no more than "ask again": the engine
// starts, or a workflow is locked by its own work.
func passing(err error) bool {
	var (
		busy *serviceerror.ResourceExhausted
		away *serviceerror.Unavailable
	)
	return errors.As(err, &busy) || errors.As(err, &away)
}

func (m *Mover) outside(ctx context.Context) (unrest, err error) {
	if m.Settled == nil {
		return nil, nil
	}
	settled, err := m.Settled(ctx)
	if err != nil || settled {
		return nil, err
	}
	return errors.New("something outside the engine is still at work"), nil
}

// level moves the runs that lag behind the clock and says what is not at rest.
// A run at work is left until it waits: the end of its move could pass while it
// works, and the engine would skip on to its next timer instead.
func (m *Mover) level(ctx context.Context, standings []standing) (unrest, err error) {
	offset := m.Clock.Offset()
	for _, standing := range standings {
		lag := offset - standing.skipped
		switch {
		case standing.busy != "":
			unrest = fmt.Errorf("%s: %s", standing.workflowID, standing.busy)
		case lag <= tolerance:
		case standing.underWay:
			unrest = fmt.Errorf("%s: still %v behind", standing.workflowID, lag)
		default:
			unrest = fmt.Errorf("%s: was %v behind", standing.workflowID, lag)
			by := standing.reach(lag, time.Now())
			if by < tolerance {
				continue // its timer fires by itself before it could be moved
			}
			if err := m.forward(ctx, standing.workflowID, by); err != nil {
				return nil, err
			}
		}
	}
	return unrest, nil
}

// reach is how far a run may be moved: short of its next timer. A fast-forward
// that the timer interrupts is still open when the timer's work is done; should
// its end have passed by then, the engine forgets that end and skips on to the
// timer after, however far ahead.
func (s standing) reach(lag time.Duration, machine time.Time) time.Duration {
	if s.due.IsZero() {
		return lag
	}
	return min(lag, s.due.Sub(machine.Add(s.skipped))-early)
}

func (m *Mover) forward(ctx context.Context, workflowID string, by time.Duration) error {
	_, err := m.service().UpdateWorkflowExecutionOptions(ctx, &workflowservice.UpdateWorkflowExecutionOptionsRequest{
		Namespace:         m.Namespace,
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
		WorkflowExecutionOptions: &workflowpb.WorkflowExecutionOptions{
			TimeSkippingConfig: skip("by-"+strconv.FormatInt(int64(by), 10), by),
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"time_skipping_config"}},
	})
	var gone *serviceerror.NotFound
	if err != nil && !errors.As(err, &gone) {
		return fmt.Errorf("move %s: %w", workflowID, err)
	}
	return nil
}

func (m *Mover) service() workflowservice.WorkflowServiceClient {
	return workflowservice.NewWorkflowServiceClient(m.Engine)
}
