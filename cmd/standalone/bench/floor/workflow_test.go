package floor_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/floor"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// environment runs the floor on simulated time and counts what it asks for.
type environment struct {
	*testsuite.TestWorkflowEnvironment
	refused []string
	timers  int
	mails   int
}

// patient waits for a busy machine: by default a workflow counts as stuck after
// three idle seconds, and a step of it after one.
func patient(env *testsuite.TestWorkflowEnvironment) {
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
}

func live(t *testing.T, steps []script.Step) *environment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	e := &environment{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment()}
	patient(e.TestWorkflowEnvironment)
	floor.Register(e)
	e.SetOnTimerFiredListener(func(string) { e.timers++ })
	e.SetOnActivityCompletedListener(func(_ *activity.Info, _ converter.EncodedValue, err error) {
		if err == nil {
			e.mails++
		}
	})
	for _, step := range steps {
		if !step.Update() {
			continue
		}
		e.RegisterDelayedCallback(func() {
			e.UpdateWorkflow(floor.StepUpdate, string(step.Name), &testsuite.TestUpdateCallback{
				OnAccept:   func() {},
				OnReject:   func(err error) { e.refused = append(e.refused, err.Error()) },
				OnComplete: func(any, error) {},
			}, step.Name)
		}, step.At+time.Millisecond)
	}
	e.ExecuteWorkflow(floor.Type, steps)
	return e
}

func TestTheFloorLivesTheWholeScript(t *testing.T) {
	e := live(t, script.Life())
	if err := e.GetWorkflowError(); err != nil || !e.IsWorkflowCompleted() || len(e.refused) > 0 {
		t.Fatalf("ended with %v, refused %v", err, e.refused)
	}
	if e.timers != script.Timers || e.mails != script.Mails {
		t.Errorf("%d timers and %d mails, want %d and %d", e.timers, e.mails, script.Timers, script.Mails)
	}
}

func TestTheFloorWithoutSilence(t *testing.T) {
	steps := script.Undisturbed()
	e := live(t, steps)
	if err := e.GetWorkflowError(); err != nil || len(e.refused) > 0 || e.mails != 0 {
		t.Errorf("ended with %v after %d mails, refused %v", err, e.mails, e.refused)
	}
}

func TestTheFloorRefusesAStepOutOfOrder(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	patient(env)
	floor.Register(env)
	refused := false
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(floor.StepUpdate, "early", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnComplete: func(any, error) {}, OnReject: func(error) { refused = true },
		}, tdr.SendName)
		env.CancelWorkflow()
	}, time.Second)
	env.ExecuteWorkflow(floor.Type, script.Life())
	if !refused {
		t.Error("a step out of order was taken")
	}
}
