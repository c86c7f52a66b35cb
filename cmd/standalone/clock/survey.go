package clock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/api/adminservice/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"golang.org/x/sync/errgroup"
)

// askedAtOnce bounds the calls to the engine that run side by side.
const askedAtOnce = 16

// standing is where one open workflow stands.
type standing struct {
	workflowID string
	// skipped is how far the run is ahead of the machine's time.
	skipped time.Duration
	// busy names what the run does just now; empty when it only waits.
	busy string
	// underWay reports a fast-forward that is not complete.
	underWay bool
	// due is when the run wakes by itself; zero when it does not.
	due time.Time
}

// survey asks the engine where every open workflow stands. The list comes from
// the engine's own tables, because its search index lags behind.
func (m *Mover) survey(ctx context.Context) ([]standing, error) {
	ids, err := m.open(ctx)
	if err != nil {
		return nil, err
	}
	var (
		lock      sync.Mutex
		standings []standing
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(askedAtOnce)
	for _, id := range ids {
		group.Go(func() error {
			found, err := m.stand(ctx, id)
			if err != nil || found == nil {
				return err
			}
			lock.Lock()
			defer lock.Unlock()
			standings = append(standings, *found)
			return nil
		})
	}
	return standings, group.Wait()
}

func (m *Mover) open(ctx context.Context) ([]string, error) {
	namespaceID, err := m.namespaceID(ctx)
	if err != nil {
		return nil, err
	}
	// States 1 and 2 are "created" and "running".
	rows, err := m.Store.Query(ctx, `SELECT workflow_id FROM current_executions
		WHERE namespace_id = $1 AND state IN (1, 2) AND workflow_id NOT LIKE $2 || '%'`, namespaceID[:], systemPrefix)
	if err != nil {
		return nil, fmt.Errorf("list open workflows: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list open workflows: %w", err)
	}
	return ids, nil
}

func (m *Mover) namespaceID(ctx context.Context) (uuid.UUID, error) {
	described, err := m.service().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: m.Namespace})
	if err != nil {
		return uuid.Nil, fmt.Errorf("find namespace %s: %w", m.Namespace, err)
	}
	id, err := uuid.Parse(described.GetNamespaceInfo().GetId())
	if err != nil {
		return uuid.Nil, fmt.Errorf("read the id of namespace %s: %w", m.Namespace, err)
	}
	return id, nil
}

// stand is nil when the workflow has ended meanwhile.
func (m *Mover) stand(ctx context.Context, workflowID string) (*standing, error) {
	answer, err := adminservice.NewAdminServiceClient(m.Engine).DescribeMutableState(ctx, &adminservice.DescribeMutableStateRequest{
		Namespace:       m.Namespace,
		Execution:       &commonpb.WorkflowExecution{WorkflowId: workflowID},
		SkipForceReload: true,
	})
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask where %s stands: %w", workflowID, err)
	}
	run := answer.GetCacheMutableState()
	if run == nil {
		run = answer.GetDatabaseMutableState()
	}
	if run.GetExecutionState().GetState() > 2 {
		return nil, nil
	}
	return read(workflowID, run, time.Now()), nil
}

// read judges by the run's own time, which a run that lags has not lived
// through yet: a retry that is past by the clock still waits there.
func read(workflowID string, run *persistencespb.WorkflowMutableState, machine time.Time) *standing {
	skipping := run.GetExecutionInfo().GetTimeSkippingInfo()
	forward := skipping.GetFastForwardInfo()
	found := &standing{
		workflowID: workflowID,
		skipped:    skipping.GetAccumulatedSkippedDuration().AsDuration(),
		underWay:   skipping.GetConfig().GetEnabled() && forward != nil && !forward.GetHasReached(),
	}
	found.readTasks(run)
	found.readTimers(run, machine.Add(found.skipped))
	return found
}

func (s *standing) readTasks(run *persistencespb.WorkflowMutableState) {
	info := run.GetExecutionInfo()
	began := info.GetLastCompletedWorkflowTaskStartedEventId() > 0
	switch {
	case info.GetWorkflowTaskScheduledEventId() > 0:
		s.busy = fmt.Sprintf("a workflow task is pending (attempt %d); is a worker running?", info.GetWorkflowTaskAttempt())
	case len(run.GetChildExecutionInfos()) > 0:
		s.busy = "a child workflow is open, and the engine skips no time meanwhile"
	case len(run.GetSignalInfos())+len(run.GetRequestCancelInfos()) > 0:
		s.busy = "a signal to another workflow is under way"
	case !began && info.GetFirstExecutionRunId() != run.GetExecutionState().GetRunId():
		// The engine's own date of this beginning counts skipped time twice.
		s.busy = "a run that follows another has not begun"
	case !began:
		s.wakes(info.GetExecutionTime().AsTime())
	}
}

func (s *standing) readTimers(run *persistencespb.WorkflowMutableState, now time.Time) {
	for _, timer := range run.GetTimerInfos() {
		s.wakes(timer.GetExpiryTime().AsTime())
	}
	for _, activity := range run.GetActivityInfos() {
		retries := activity.GetStartedEventId() == 0 && activity.GetAttempt() > 1 && activity.GetHasRetryPolicy() && !activity.GetPaused()
		if retries && activity.GetScheduledTime().AsTime().After(now) {
			s.wakes(activity.GetScheduledTime().AsTime())
			continue
		}
		s.busy = fmt.Sprintf("activity %s is pending (attempt %d)", activity.GetActivityType().GetName(), activity.GetAttempt())
	}
	if s.busy == "" && !s.due.IsZero() && s.due.Before(now.Add(early)) {
		s.busy = "a timer is about to fire"
	}
}

func (s *standing) wakes(at time.Time) {
	if s.due.IsZero() || at.Before(s.due) {
		s.due = at
	}
}
