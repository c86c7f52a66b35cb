// Package history reads back what the engine kept of a life: the counts of
// the benchmark are the engine's own.
package history

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Run is one run of a workflow.
type Run struct {
	Execution *common.WorkflowExecution
	History   *historypb.History
}

// Chain is a workflow from its first run to its last, each of which continued
// as the next.
type Chain []Run

// Read fetches a workflow's whole chain.
func Read(ctx context.Context, engine client.Client, workflowID string) (Chain, error) {
	last, err := readRun(ctx, engine, workflowID, "")
	if err != nil {
		return nil, err
	}
	started := last.History.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	chain := Chain{}
	for next := started.GetFirstExecutionRunId(); next != ""; {
		run, err := readRun(ctx, engine, workflowID, next)
		if err != nil {
			return nil, err
		}
		chain = append(chain, run)
		next = run.end().GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	}
	return chain, nil
}

func readRun(ctx context.Context, engine client.Client, workflowID, runID string) (Run, error) {
	run := Run{Execution: &common.WorkflowExecution{WorkflowId: workflowID, RunId: runID}, History: &historypb.History{}}
	events := engine.GetWorkflowHistory(ctx, workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return Run{}, fmt.Errorf("read the history of %s: %w", workflowID, err)
		}
		run.History.Events = append(run.History.Events, event)
	}
	if len(run.History.Events) == 0 {
		return Run{}, fmt.Errorf("the history of %s is empty", workflowID)
	}
	if runID == "" {
		run.Execution.RunId = run.History.Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
	}
	return run, nil
}

func (r Run) end() *historypb.HistoryEvent {
	return r.History.Events[len(r.History.Events)-1]
}

// Tally is what a history holds.
type Tally struct {
	Runs       int
	Events     int
	Updates    int // accepted
	Timers     int // fired
	Activities int // completed
	Completed  bool
}

// Tally counts a chain.
func (c Chain) Tally() Tally {
	tally := Tally{Runs: len(c)}
	for _, run := range c {
		tally.Events += len(run.History.Events)
		for _, event := range run.History.Events {
			tally.note(event.GetEventType())
		}
	}
	return tally
}

func (t *Tally) note(event enums.EventType) {
	switch event {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		t.Updates++
	case enums.EVENT_TYPE_TIMER_FIRED:
		t.Timers++
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		t.Activities++
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		t.Completed = true
	}
}

// BegunSince lists the runs of a workflow type that began at or after an
// instant, as soon as the engine's list holds them.
func BegunSince(ctx context.Context, engine client.Client, workflowType string, since time.Time) ([]*common.WorkflowExecution, error) {
	query := fmt.Sprintf("WorkflowType = '%s' AND StartTime >= '%s'", workflowType, since.UTC().Format(time.RFC3339Nano))
	var found []*common.WorkflowExecution
	var page []byte
	for {
		listed, err := engine.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 1000, NextPageToken: page})
		if err != nil {
			return nil, fmt.Errorf("list workflows: %w", err)
		}
		found = append(found, executions(listed.GetExecutions())...)
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return found, nil
		}
	}
}

func executions(infos []*workflow.WorkflowExecutionInfo) []*common.WorkflowExecution {
	list := make([]*common.WorkflowExecution, len(infos))
	for i, info := range infos {
		list[i] = info.GetExecution()
	}
	return list
}

// Events counts the events of single runs.
func Events(ctx context.Context, engine client.Client, runs []*common.WorkflowExecution) (int, error) {
	total := 0
	for _, execution := range runs {
		run, err := readRun(ctx, engine, execution.GetWorkflowId(), execution.GetRunId())
		if err != nil {
			return 0, err
		}
		total += len(run.History.Events)
	}
	return total, nil
}
