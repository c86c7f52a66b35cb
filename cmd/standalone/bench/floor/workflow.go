// Package floor is what the engine costs by itself: a bare workflow with the
// Updates and timers of the standard life and an activity that does nothing for
// each mail. It knows no rules and writes nothing outside the engine.
package floor

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// How the engine knows the floor.
const (
	Type       = "Floor"
	Queue      = "floor"
	StepUpdate = "Step"
	mailName   = "Mail"
)

// ID is the workflow id of a life.
func ID(life string) string { return "floor/" + life }

// life is the whole state: how many steps were taken, and whether the
// escalation went out.
type life struct {
	steps     []script.Step
	taken     int
	sent      bool
	escalated bool
}

// Workflow takes the steps of the life in order. Silence is counted from the
// sending, and speaks twice.
func Workflow(ctx workflow.Context, steps []script.Step) error {
	l := &life{steps: steps, taken: 1} // the start is the first step
	err := workflow.SetUpdateHandlerWithOptions(ctx, StepUpdate, l.take, workflow.UpdateHandlerOptions{Validator: l.validate})
	if err != nil {
		return err
	}
	if err := workflow.Await(ctx, func() bool { return l.sent }); err != nil {
		return err
	}
	mails := l.mails(ctx)
	if err := workflow.Await(ctx, func() bool { return l.taken == len(l.steps) && workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	for _, mail := range mails() {
		if err := mail.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// mails sends the reminder and the escalation when they are due, if anybody
// will answer them, and gives what was sent.
func (l *life) mails(ctx workflow.Context) func() []workflow.Future {
	var sent []workflow.Future
	mail := func(count int) {
		for range count {
			sent = append(sent, workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				StartToCloseTimeout: 15 * time.Second,
			}), mailName))
		}
	}
	if l.toldSteps() {
		workflow.Go(ctx, func(ctx workflow.Context) {
			began := workflow.Now(ctx)
			_ = workflow.Sleep(ctx, script.ReminderAfter) // fails only with the workflow
			mail(1)
			_ = workflow.Sleep(ctx, script.EscalationAfter-workflow.Now(ctx).Sub(began))
			mail(script.Mails - 1)
			l.escalated = true
		})
	}
	return func() []workflow.Future { return sent }
}

func (l *life) toldSteps() bool {
	for _, step := range l.steps {
		if step.Told {
			return true
		}
	}
	return false
}

func (l *life) validate(ctx workflow.Context, name tdr.Name) error {
	if l.taken >= len(l.steps) || l.steps[l.taken].Name != name {
		return fmt.Errorf("%s is not the next step", name)
	}
	return nil
}

func (l *life) take(ctx workflow.Context, name tdr.Name) (int, error) {
	step := l.steps[l.taken]
	if step.Told {
		if err := workflow.Await(ctx, func() bool { return l.escalated }); err != nil {
			return 0, err
		}
	}
	l.taken++
	l.sent = l.sent || name == tdr.SendName
	return l.taken, nil
}

// mail does nothing.
func mail(context.Context) error { return nil }

// RegisterWorkflow names the floor's workflow, for a worker or a replay.
func RegisterWorkflow(registry worker.WorkflowRegistry) {
	registry.RegisterWorkflowWithOptions(Workflow, workflow.RegisterOptions{Name: Type})
}

// Register names all that a worker of the floor serves.
func Register(registry worker.Registry) {
	RegisterWorkflow(registry)
	registry.RegisterActivityWithOptions(mail, activity.RegisterOptions{Name: mailName})
}

// NewWorker serves the floor with the library's own settings.
func NewWorker(engine client.Client) worker.Worker {
	w := worker.New(engine, Queue, worker.Options{DisableRegistrationAliasing: true})
	Register(w)
	return w
}
