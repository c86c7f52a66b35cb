package workflows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// described is what the engine says of a workflow when asked; nil: nothing known.
func described(engine *mocks.Client, status *enums.WorkflowExecutionStatus, pending int) {
	if status == nil {
		engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").
			Return(nil, serviceerror.NewNotFound("workflow not found for ID"))
		return
	}
	answer := &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: *status},
	}
	for range pending {
		answer.PendingActivities = append(answer.PendingActivities, &workflowpb.PendingActivityInfo{})
	}
	engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(answer, nil)
}

func is(status enums.WorkflowExecutionStatus) *enums.WorkflowExecutionStatus { return &status }

// Whatever the engine answers to a command, the caller learns what it can act on.
func TestCommandErrors(t *testing.T) {
	refused := temporal.NewNonRetryableApplicationError("stale", workflows.RefusedType, nil,
		tdr.Refusal{Code: tdr.Stale, Stage: tdr.Review})
	gone := serviceerror.NewNotFound("workflow execution already completed")
	for name, test := range map[string]struct {
		err    error
		status *enums.WorkflowExecutionStatus
		want   error
	}{
		"unavailable":   {err: serviceerror.NewUnavailable("shard"), want: workflows.ErrEngineAway},
		"overloaded":    {err: serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "limit"), want: workflows.ErrEngineAway},
		"no worker":     {err: client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded), want: workflows.ErrEngineAway},
		"deadline":      {err: serviceerror.NewDeadlineExceeded("late"), want: workflows.ErrEngineAway},
		"ended":         {err: gone, status: is(enums.WORKFLOW_EXECUTION_STATUS_COMPLETED), want: workflows.ErrClosed},
		"between runs":  {err: gone, status: is(enums.WORKFLOW_EXECUTION_STATUS_RUNNING), want: workflows.ErrEngineAway},
		"never started": {err: gone, want: workflows.ErrNotStarted},
	} {
		t.Run(name, func(t *testing.T) {
			engine := mocks.NewClient(t)
			engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, test.err)
			if _, unknown := test.err.(*serviceerror.NotFound); unknown {
				described(engine, test.status, 0)
			}
			_, err := workflows.NewClient(engine).Command(context.Background(), requestID, workflows.CommandInput{})
			if !errors.Is(err, test.want) {
				t.Errorf("answered %v, want %v", err, test.want)
			}
		})
	}
	engine := mocks.NewClient(t)
	engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, refused)
	_, err := workflows.NewClient(engine).Command(context.Background(), requestID, workflows.CommandInput{})
	var refusal *tdr.Refusal
	if !errors.As(err, &refusal) || refusal.Code != tdr.Stale || refusal.Stage != tdr.Review {
		t.Errorf("refused with %v", err)
	}
}

// A caller who gave up is told that nothing is known.
func TestCallerGaveUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	engine := mocks.NewClient(t)
	engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, errors.New("rpc: closed"))
	_, err := workflows.NewClient(engine).Command(ctx, requestID, workflows.CommandInput{})
	if !errors.Is(err, workflows.ErrEngineAway) || !errors.Is(err, context.Canceled) {
		t.Errorf("answered %v", err)
	}
}

// A request starts once in all its life; starting it again is no error, but
// for whoever restarts what should never have run.
func TestStarting(t *testing.T) {
	input := opened(began, nil)
	start := mock.MatchedBy(func(options client.StartWorkflowOptions) bool {
		stage, _ := options.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(workflows.StageAttribute))
		return options.ID == "request/"+requestID && options.TaskQueue == workflows.RequestQueue && stage == "assembling" &&
			options.WorkflowIDReusePolicy == enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE &&
			options.WorkflowExecutionErrorWhenAlreadyStarted
	})
	engine := mocks.NewClient(t)
	engine.On("ExecuteWorkflow", mock.Anything, start, workflows.RequestType, mock.Anything).
		Return(nil, serviceerror.NewWorkflowExecutionAlreadyStarted("again", "", ""))
	c := workflows.NewClient(engine)
	if err := c.StartRequest(context.Background(), requestID, input); err != nil {
		t.Errorf("started again: %v", err)
	}
	if err := c.Restart(context.Background(), input.State.Log[0]); !errors.Is(err, workflows.ErrClosed) {
		t.Errorf("restarted: %v", err)
	}
}

// An outbox row reaches the workflow that its id names.
func TestDelivering(t *testing.T) {
	ctx := context.Background()
	engine := mocks.NewClient(t)
	c := workflows.NewClient(engine)
	engine.On("SignalWorkflow", mock.Anything, "request/r", "", workflows.HoldChangedSignal, mock.Anything).Return(nil)
	if err := c.Deliver(ctx, activities.Signal{WorkflowID: "request/r", Name: workflows.HoldChangedSignal, Payload: []byte(`{}`)}); err != nil {
		t.Error(err)
	}
	on := func(queue string) any {
		return mock.MatchedBy(func(options client.StartWorkflowOptions) bool {
			return options.TaskQueue == queue && options.WorkflowIDReusePolicy == enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
		})
	}
	engine.On("SignalWithStartWorkflow", mock.Anything, "custody/p", workflows.LegalEventsChangedSignal, mock.Anything,
		on(workflows.RequestQueue), workflows.CustodyType, workflows.CustodyInput{PersonID: "p"}).Return(nil, nil)
	if err := c.Deliver(ctx, activities.Signal{WorkflowID: "custody/p", Name: workflows.LegalEventsChangedSignal, Start: true}); err != nil {
		t.Error(err)
	}
	engine.On("SignalWithStartWorkflow", mock.Anything, "mailbox/m", workflows.PokeSignal, mock.Anything,
		on(workflows.MailQueue), workflows.MailboxType, "m").Return(nil, nil)
	if err := c.Poke(ctx, "m"); err != nil {
		t.Error(err)
	}
	if err := c.Deliver(ctx, activities.Signal{WorkflowID: "request/r", Start: true}); err == nil {
		t.Error("a request was started by a signal")
	}
}

func TestPresence(t *testing.T) {
	for name, test := range map[string]struct {
		status  *enums.WorkflowExecutionStatus
		pending int
		want    activities.Presence
	}{
		"unknown": {},
		"ended":   {status: is(enums.WORKFLOW_EXECUTION_STATUS_TERMINATED), want: activities.Presence{Known: true}},
		"resting": {status: is(enums.WORKFLOW_EXECUTION_STATUS_RUNNING), want: activities.Presence{Known: true, Running: true}},
		"at work": {status: is(enums.WORKFLOW_EXECUTION_STATUS_RUNNING), pending: 1, want: activities.Presence{Known: true, Running: true, Busy: true}},
	} {
		engine := mocks.NewClient(t)
		described(engine, test.status, test.pending)
		got, err := workflows.NewClient(engine).MailboxPresence(context.Background(), "m")
		if err != nil || got != test.want {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

// One round of upkeep hands its place to the next, and a failed one loses nothing.
func TestReconcileHandsOn(t *testing.T) {
	for name, test := range map[string]struct {
		fail error
		want activities.SweepTask
	}{
		"done":   {want: activities.SweepTask{Turn: 8, Request: "next"}},
		"failed": {fail: errUnreachable, want: activities.SweepTask{Turn: 8, Request: "r", Person: "p"}},
	} {
		s := newStage(t, began)
		s.env.SetLastCompletionResult(activities.SweepTask{Turn: 7, Request: "r", Person: "p"})
		s.env.OnActivity(activities.SweepName, mock.Anything, activities.SweepTask{Turn: 7, Request: "r", Person: "p"}).
			Return(activities.SweepTask{Turn: 8, Request: "next"}, test.fail).Once()
		s.env.ExecuteWorkflow(workflows.ReconcileType)
		var got activities.SweepTask
		if err := s.env.GetWorkflowResult(&got); err != nil || got != test.want {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}
