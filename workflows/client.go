package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What the client answers when it could not do what it was asked.
var (
	// ErrEngineAway: the engine or its workers do not answer. The call may have had its
	// effect; it is repeated with the same ids.
	ErrEngineAway = activities.ErrEngine
	// ErrClosed: the request's workflow has ended; the record tells the rest.
	ErrClosed = activities.ErrWorkflowClosed
	// ErrNotStarted: no workflow of that id is known.
	ErrNotStarted = activities.ErrNoWorkflow
)

// Client talks to the workflows. It is safe for concurrent use.
type Client struct{ engine client.Client }

// NewClient makes a client.
func NewClient(engine client.Client) *Client { return &Client{engine: engine} }

// StartRequest starts the workflow of a request. One that runs or ran already is no error.
func (c *Client) StartRequest(ctx context.Context, requestID string, input RequestInput) error {
	err := c.start(ctx, requestID, input)
	if errors.Is(err, errStarted) {
		return nil
	}
	return err
}

// errStarted: the workflow runs or ran already.
var errStarted = errors.New("workflow was started before")

func (c *Client) start(ctx context.Context, requestID string, input RequestInput) error {
	stage := temporal.NewSearchAttributeKeyKeyword(StageAttribute).ValueSet(string(input.State.Stage))
	_, err := c.engine.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: RequestID(requestID), TaskQueue: RequestQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    temporal.NewSearchAttributes(stage),
	}, RequestType, input)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return errStarted
	}
	return c.reached(ctx, RequestID(requestID), err, "start request")
}

// Restart starts the workflow of a request from its first event, which is on
// record; ErrClosed when it ran before.
func (c *Client) Restart(ctx context.Context, opening tdr.Event) error {
	state := tdr.Fold([]tdr.Event{opening})
	err := c.start(ctx, state.ID, RequestInput{State: state, Recorded: state.Seq})
	if errors.Is(err, errStarted) {
		return ErrClosed
	}
	return err
}

// Command hands a command over and waits for its answer until ctx ends. A
// refusal is a *tdr.Refusal in the error's chain; ErrEngineAway, ErrClosed and ErrNotStarted
// say that there was no answer.
func (c *Client) Command(ctx context.Context, requestID string, input CommandInput) (CommandResult, error) {
	var result CommandResult
	handle, err := c.engine.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: RequestID(requestID), UpdateID: input.Command.ID, UpdateName: CommandUpdate,
		Args: []any{input}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &result)
	}
	if refusal := refusalIn(err); refusal != nil {
		return CommandResult{}, fmt.Errorf("command: %w", refusal)
	}
	return result, c.reached(ctx, RequestID(requestID), err, "command")
}

// refusalIn finds the refusal that an Update was answered with.
func refusalIn(err error) *tdr.Refusal {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || application.Type() != RefusedType {
		return nil
	}
	refusal := &tdr.Refusal{}
	if application.Details(refusal) != nil {
		refusal.Code = tdr.Code(application.Message())
	}
	return refusal
}

// State asks a request for its state.
func (c *Client) State(ctx context.Context, requestID string) (tdr.State, error) {
	var state tdr.State
	err := c.query(ctx, RequestID(requestID), &state, StateQuery)
	return state, err
}

// History asks a request for its events behind a seq, and for its read model.
func (c *Client) History(ctx context.Context, requestID string, after int64) (activities.Recording, error) {
	var result CommandResult
	err := c.query(ctx, RequestID(requestID), &result, HistoryQuery, after)
	return activities.Recording{RequestID: requestID, Events: result.Events, Row: result.Row}, err
}

func (c *Client) query(ctx context.Context, workflowID string, into any, name string, args ...any) error {
	value, err := c.engine.QueryWorkflow(ctx, workflowID, "", name, args...)
	if err == nil {
		err = value.Get(into)
	}
	return c.reached(ctx, workflowID, err, "query "+name)
}

// Poke wakes the mailbox of a recipient.
func (c *Client) Poke(ctx context.Context, recipient string) error {
	return c.signalWithStart(ctx, MailboxID(recipient), PokeSignal, nil)
}

// Watch wakes the custody clock of a person, which starts if it does not run.
func (c *Client) Watch(ctx context.Context, personID string) error {
	return c.signalWithStart(ctx, CustodyID(personID), LegalEventsChangedSignal, nil)
}

// Deliver hands a signal of the outbox over.
func (c *Client) Deliver(ctx context.Context, signal activities.Signal) error {
	payload := json.RawMessage(signal.Payload)
	if signal.Start {
		return c.signalWithStart(ctx, signal.WorkflowID, signal.Name, payload)
	}
	err := c.engine.SignalWorkflow(ctx, signal.WorkflowID, "", signal.Name, payload)
	return c.reached(ctx, signal.WorkflowID, err, "signal")
}

// signalWithStart: the workflow id tells which workflow it is and what it is about.
func (c *Client) signalWithStart(ctx context.Context, workflowID, name string, payload any) error {
	options := client.StartWorkflowOptions{
		ID: workflowID, TaskQueue: RequestQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}
	kind, subject, _ := strings.Cut(workflowID, "/")
	var workflowType string
	var input any
	switch kind + "/" {
	case CustodyID(""):
		workflowType, input = CustodyType, CustodyInput{PersonID: subject}
	case MailboxID(""):
		workflowType, input, options.TaskQueue = MailboxType, subject, MailQueue
	default:
		return fmt.Errorf("signal with start: %s is not started by a signal", kind)
	}
	_, err := c.engine.SignalWithStartWorkflow(ctx, workflowID, name, payload, options, workflowType, input)
	return c.reached(ctx, workflowID, err, "signal with start")
}

// RequestPresence tells whether the engine knows a request's workflow.
func (c *Client) RequestPresence(ctx context.Context, requestID string) (activities.Presence, error) {
	return c.presence(ctx, RequestID(requestID))
}

// CustodyPresence tells whether the engine knows a person's custody clock.
func (c *Client) CustodyPresence(ctx context.Context, personID string) (activities.Presence, error) {
	return c.presence(ctx, CustodyID(personID))
}

// MailboxPresence tells whether the engine knows a recipient's mailbox.
func (c *Client) MailboxPresence(ctx context.Context, recipient string) (activities.Presence, error) {
	return c.presence(ctx, MailboxID(recipient))
}

func (c *Client) presence(ctx context.Context, workflowID string) (activities.Presence, error) {
	found, err := c.engine.DescribeWorkflowExecution(ctx, workflowID, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return activities.Presence{}, nil
	}
	if err != nil {
		return activities.Presence{}, away(ctx, err, "describe workflow")
	}
	running := found.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	return activities.Presence{Known: true, Running: running, Busy: running && len(found.GetPendingActivities()) > 0}, nil
}
