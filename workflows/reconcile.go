package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/activities"
)

const (
	reconcileID   = "reconcile"
	reconcileTime = 2 * time.Minute // one round; a hung one must not keep the next

	// ReconcileEvery is how long something that stopped half-way stays so at least.
	ReconcileEvery = 10 * time.Second
)

// Reconcile is one round of upkeep. Where the last one stopped is its result,
// which the schedule hands to the next.
func Reconcile(ctx workflow.Context) (activities.SweepTask, error) {
	var task activities.SweepTask
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &task); err != nil {
			task = activities.SweepTask{}
		}
	}
	next, err := activities.Sweep(ctx, task)
	if err != nil {
		task.Turn++
		return task, nil
	}
	return next, nil
}

// ScheduleReconcile makes sure that Reconcile runs every interval, one round at a
// time; a schedule that exists is brought to this form.
func ScheduleReconcile(ctx context.Context, engine client.Client, every time.Duration) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
	action := &client.ScheduleWorkflowAction{
		ID: reconcileID, Workflow: ReconcileType, TaskQueue: RequestQueue, WorkflowRunTimeout: reconcileTime,
	}
	_, err := engine.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: reconcileID, Spec: spec, Action: action,
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: every,
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("schedule reconciliation: %w", err)
	}
	handle := engine.ScheduleClient().GetHandle(ctx, reconcileID)
	err = handle.Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(found client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			wanted := found.Description.Schedule
			wanted.Spec, wanted.Action = &spec, action
			wanted.Policy = &client.SchedulePolicies{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: every}
			return &client.ScheduleUpdate{Schedule: &wanted}, nil
		},
	})
	if err != nil {
		return fmt.Errorf("update reconciliation schedule: %w", err)
	}
	return nil
}

// LastReconcile is when the last round of upkeep began; the zero time when none has.
func LastReconcile(ctx context.Context, engine client.Client) (time.Time, error) {
	described, err := engine.ScheduleClient().GetHandle(ctx, reconcileID).Describe(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("describe reconciliation schedule: %w", err)
	}
	if n := len(described.Info.RecentActions); n > 0 {
		return described.Info.RecentActions[n-1].ActualTime, nil
	}
	return time.Time{}, nil
}

// Nudge has a round of upkeep begin now, or right after the one under way, so
// that what waits in the outbox is heard of at once and not at the next interval.
func (c *Client) Nudge(ctx context.Context) error {
	err := c.engine.ScheduleClient().GetHandle(ctx, reconcileID).Trigger(ctx, client.ScheduleTriggerOptions{
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
	})
	if err != nil {
		return fmt.Errorf("nudge reconciliation: %w", err)
	}
	return nil
}

// errNoActivity: only an activity can do that.
var errNoActivity = errors.New("not called by an activity")

// Forget drops finished rounds of upkeep that ended before an instant. What it
// leaves, or what was not yet listed as finished, the next call drops. Only an
// activity can call it: it knows its namespace.
func (c *Client) Forget(ctx context.Context, before time.Time, limit int) error {
	if !activity.IsActivity(ctx) {
		return errNoActivity
	}
	namespace := activity.GetInfo(ctx).WorkflowNamespace
	found, err := c.engine.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: int32(limit),
		Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed' AND CloseTime < '%s'",
			ReconcileType, before.UTC().Format(time.RFC3339)),
	})
	if err != nil {
		return away(ctx, err, "list finished rounds")
	}
	var failed error
	for _, round := range found.GetExecutions() {
		_, err := c.engine.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: namespace, WorkflowExecution: round.GetExecution(),
		})
		failed = errors.Join(failed, away(ctx, err, "drop finished round"))
	}
	return failed
}
