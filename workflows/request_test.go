package workflows_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// day one of every test: a Monday, noon in Boston.
var began = time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)

var quiet = slog.New(slog.DiscardHandler)

const requestID = "7d9d3f0e-0000-4000-8000-000000000001"

// stage is a request in the test environment.
type stage struct {
	rapid.TB
	env   *testsuite.TestWorkflowEnvironment
	world *rehearsal.World
	start time.Time

	updates int
}

func newStage(t *testing.T, start time.Time) *stage {
	t.Helper()
	return staged(t, rehearsal.NewWorld(), start)
}

func staged(t rapid.TB, world *rehearsal.World, start time.Time) *stage {
	t.Helper()
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(log.NewStructuredLogger(quiet))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(time.Minute)
	env.SetWorkerOptions(worker.Options{
		// A busy machine may stop for longer than the second after which a step counts as stuck.
		DeadlockDetectionTimeout:    time.Minute,
		DisableRegistrationAliasing: true, Interceptors: []interceptor.WorkerInterceptor{&activities.Boundary{Log: quiet}},
	})
	workflows.RegisterRequests(env)
	workflows.RegisterMail(env)
	activities.Set{
		Records:  &activities.Records{Recorder: world, Mailboxes: world, Alarms: world, Log: quiet},
		Renewals: &activities.Renewals{Calendars: world},
		Custody:  &activities.Custody{Store: world, Mailboxes: world, Alarms: world, Rules: custody.Newest(), Log: quiet},
		Sweeper:  &activities.Sweeper{},
	}.RegisterRequests(env)
	return &stage{TB: t, env: env, world: world, start: start}
}

// at plans something, that long after the start. Plans are made before the run.
func (s *stage) at(after time.Duration, do func()) { s.env.RegisterDelayedCallback(do, after) }

// state asks the running request.
func (s *stage) state() tdr.State {
	s.Helper()
	value, err := s.env.QueryWorkflow(workflows.StateQuery)
	if err != nil {
		s.Fatalf("query: %v", err)
	}
	var state tdr.State
	if err := value.Get(&state); err != nil {
		s.Fatalf("read state: %v", err)
	}
	return state
}

// reply is what became of a command.
type reply struct {
	result  workflows.CommandResult
	refusal *tdr.Refusal
	done    bool
}

// give hands a command over under an update id of its own; the engine forgets
// update ids from one run to the next, so nothing may rest on them.
func (s *stage) give(in workflows.CommandInput, got *reply) {
	s.updates++
	s.env.UpdateWorkflow(workflows.CommandUpdate, strconv.Itoa(s.updates), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { got.done, got.refusal = true, refusal(s.TB, err) },
		OnComplete: func(result any, err error) {
			got.done = true
			if err != nil {
				s.Errorf("%s was accepted and failed: %v", in.Command.ID, err)
				return
			}
			got.result = result.(workflows.CommandResult)
		},
	}, in)
}

func refusal(t rapid.TB, err error) *tdr.Refusal {
	t.Helper()
	var refusal tdr.Refusal
	application, ok := err.(*temporal.ApplicationError)
	if !ok || application.Type() != workflows.RefusedType || !application.NonRetryable() {
		t.Errorf("refused with %T %v", err, err)
		return &refusal
	}
	if err := application.Details(&refusal); err != nil {
		t.Errorf("read refusal: %v", err)
	}
	if application.Message() != string(refusal.Code) {
		t.Errorf("message %q says more than the code", application.Message())
	}
	return &refusal
}

// act plans a command that the rules have nothing against, if the stage allows it.
func (s *stage) act(after time.Duration, id string, name tdr.Name) *reply {
	got := &reply{}
	s.at(after, func() {
		state := s.state()
		act := rehearsal.Act(name, state, s.env.Now(), func(int) int { return 0 })
		s.give(rehearsal.Command(id, state, act), got)
	})
	return got
}

func (s *stage) run(input workflows.RequestInput) {
	s.Helper()
	s.env.ExecuteWorkflow(workflows.RequestType, input)
	if !s.env.IsWorkflowCompleted() {
		s.Fatal("the workflow did not end")
	}
}

// end is what the workflow left.
func (s *stage) end() workflows.RequestEnd {
	s.Helper()
	if err := s.env.GetWorkflowError(); err != nil {
		s.Fatalf("the workflow failed: %v", err)
	}
	var end workflows.RequestEnd
	if err := s.env.GetWorkflowResult(&end); err != nil {
		s.Fatalf("read the end: %v", err)
	}
	return end
}

// next is the input of the run that follows, if one follows.
func (s *stage) next() (workflows.RequestInput, bool) {
	s.Helper()
	var again *workflow.ContinueAsNewError
	if !errors.As(s.env.GetWorkflowError(), &again) {
		return workflows.RequestInput{}, false
	}
	var input workflows.RequestInput
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &input); err != nil {
		s.Fatalf("read what the next run is given: %v", err)
	}
	return input, true
}

func opened(start time.Time, change func(*tdr.Open, *tdr.OpeningFacts)) workflows.RequestInput {
	event := rehearsal.Opening(requestID, start, calendar.CalendarDays, change)
	return workflows.RequestInput{State: tdr.Fold([]tdr.Event{event})}
}

// errUnreachable is what ports answer when they are away.
var errUnreachable = fmt.Errorf("dial 192.0.2.1: %w", activities.ErrUnavailable)

// rolled runs a new request until its first run is followed by another.
func (s *stage) rolled() workflows.RequestInput {
	s.Helper()
	s.run(opened(s.start, nil))
	input, ok := s.next()
	if !ok {
		s.Fatalf("no second run: %v", s.env.GetWorkflowError())
	}
	return input
}
