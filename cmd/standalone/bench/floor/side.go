package floor

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Side lives the floor's lives through the engine's own client.
type Side struct {
	Engine client.Client
	Steps  []script.Step
}

// Begin prepares a life; the floor has no people, so slots do not matter.
func (s *Side) Begin(int) load.Life { return &lived{side: s, id: uuid.NewString()} }

type lived struct {
	side *Side
	id   string
	run  client.WorkflowRun
	sent time.Time
}

func (l *lived) ID() string { return ID(l.id) }

// Ready waits until the escalation is due.
func (l *lived) Ready(ctx context.Context, step script.Step) error {
	if !step.Told {
		return nil
	}
	timer := time.NewTimer(time.Until(l.sent.Add(script.EscalationAfter)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (l *lived) Take(ctx context.Context, step script.Step) error {
	if !step.Update() {
		return l.start(ctx)
	}
	handle, err := l.side.Engine.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: uuid.NewString(), WorkflowID: l.ID(), UpdateName: StepUpdate,
		Args: []any{step.Name}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	var taken int
	if err := handle.Get(ctx, &taken); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if step.Name == tdr.SendName {
		l.sent = time.Now()
	}
	return nil
}

func (l *lived) start(ctx context.Context) error {
	run, err := l.side.Engine.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: l.ID(), TaskQueue: Queue}, Type, l.side.Steps)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	l.run = run
	return nil
}

// End waits until the engine has closed the workflow.
func (l *lived) End(ctx context.Context) error { return l.run.Get(ctx, nil) }
