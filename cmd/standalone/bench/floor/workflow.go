// Package floor is what the engine costs by itself: a bare workflow with the
// Updates and timers of the standard life and an activity that does nothing for
// each mail. It knows no rules and writes nothing outside the engine.
package floor

import (
	"context"
	"fmt"
	"slices"
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

// term is how long a stage may last, as long as the bench pack's.
const term = time.Hour

// life is the whole state: which steps were taken, and what was sent.
type life struct {
	steps     []script.Step
	taken     int
	since     time.Time // when the stage began
	sent      time.Time
	reminded  bool
	escalated bool
	mails     []workflow.Future

	timer  workflow.Future
	due    time.Time // of the timer
	disarm workflow.CancelFunc
}

// Workflow takes the steps of the life in order. It keeps one timer open, for
// the next date, and replaces it when the date changes: each stage has a term, and
// silence, counted from the sending, speaks twice.
func Workflow(ctx workflow.Context, steps []script.Step) error {
	l := &life{steps: steps, taken: 1, since: workflow.Now(ctx)} // the start is the first step
	err := workflow.SetUpdateHandlerWithOptions(ctx, StepUpdate, l.take, workflow.UpdateHandlerOptions{Validator: l.validate})
	if err != nil {
		return err
	}
	for !l.ended() {
		l.arm(ctx)
		err := workflow.Await(ctx, func() bool { return l.timer.IsReady() || l.ended() || !l.next().Equal(l.due) })
		if err != nil {
			return err
		}
		l.speak(ctx)
	}
	l.disarm()
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	for _, mail := range l.mails {
		if err := mail.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func (l *life) ended() bool { return l.taken == len(l.steps) }

// silent tells whether the post is waited for and somebody will be told of it.
func (l *life) silent() bool {
	told := slices.ContainsFunc(l.steps, func(step script.Step) bool { return step.Told })
	return told && !l.sent.IsZero() && !l.escalated
}

// next is the next date.
func (l *life) next() time.Time {
	switch {
	case !l.silent():
		return l.since.Add(term)
	case !l.reminded:
		return l.sent.Add(script.ReminderAfter)
	default:
		return l.sent.Add(script.EscalationAfter)
	}
}

func (l *life) arm(ctx workflow.Context) {
	if l.timer != nil {
		l.disarm()
	}
	armed, disarm := workflow.WithCancel(ctx)
	l.due, l.disarm = l.next(), disarm
	l.timer = workflow.NewTimer(armed, l.due.Sub(workflow.Now(ctx)))
}

// speak sends what is due.
func (l *life) speak(ctx workflow.Context) {
	since := workflow.Now(ctx).Sub(l.sent)
	if l.silent() && !l.reminded && since >= script.ReminderAfter {
		l.reminded = true
		l.mail(ctx, 1)
	}
	if l.silent() && since >= script.EscalationAfter {
		l.escalated = true
		l.mail(ctx, script.Mails-1)
	}
}

func (l *life) mail(ctx workflow.Context, count int) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 15 * time.Second})
	for range count {
		l.mails = append(l.mails, workflow.ExecuteActivity(ctx, mailName))
	}
}

func (l *life) validate(ctx workflow.Context, name tdr.Name) error {
	if l.taken >= len(l.steps) || l.steps[l.taken].Name != name {
		return fmt.Errorf("%s is not the next step", name)
	}
	return nil
}

func (l *life) take(ctx workflow.Context, name tdr.Name) (int, error) {
	if l.steps[l.taken].Told {
		if err := workflow.Await(ctx, func() bool { return l.escalated }); err != nil {
			return 0, err
		}
	}
	l.taken++
	if !l.steps[l.taken-1].Told { // who is told promises a date, and the stage goes on
		l.since = workflow.Now(ctx)
	}
	if name == tdr.SendName {
		l.sent = l.since
	}
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
