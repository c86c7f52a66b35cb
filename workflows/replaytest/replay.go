package replaytest

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/traveldoc/traveldoc/workflows"
)

// Replay plays a fixture through today's code and answers with everything in
// which it differs from what was recorded; nothing means that it is the same.
func Replay(fixture Fixture) ([]string, error) {
	history, err := fixture.history()
	if err != nil {
		return nil, err
	}
	watch := &watcher{}
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		Interceptors: []interceptor.WorkerInterceptor{watch},
	})
	if err != nil {
		return nil, fmt.Errorf("make replayer: %w", err)
	}
	workflows.RegisterRequests(replayer)
	workflows.RegisterMail(replayer)
	if err := replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), history); err != nil {
		return []string{"history: " + err.Error()}, nil
	}
	return append(compare(watch.said, recorded(history)), stateDiffers(fixture, watch)...), nil
}

func stateDiffers(fixture Fixture, watch *watcher) []string {
	if fixture.Hash == "" {
		return nil
	}
	if watch.state == nil {
		return []string{"state: cannot be asked for"}
	}
	state, err := watch.state()
	if err != nil {
		return []string{"state: " + err.Error()}
	}
	hash, err := Hash(state)
	if err != nil {
		return []string{"state: " + err.Error()}
	}
	if hash != fixture.Hash {
		return []string{fmt.Sprintf("state: hash %s, recorded %s", hash, fixture.Hash)}
	}
	return nil
}

// recorded is what the workflow said when the history was made.
func recorded(history *historypb.History) Said {
	var said Said
	for _, event := range history.Events {
		switch event.EventType {
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			scheduled := event.GetActivityTaskScheduledEventAttributes()
			said.Activities = append(said.Activities, scheduled.ActivityType.Name+" "+text(scheduled.Input))
		case enums.EVENT_TYPE_TIMER_STARTED:
			said.Timers = append(said.Timers, event.GetTimerStartedEventAttributes().StartToFireTimeout.AsDuration())
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
			outcome := event.GetWorkflowExecutionUpdateCompletedEventAttributes().Outcome
			if outcome.GetSuccess() != nil {
				said.Updates = append(said.Updates, text(outcome.GetSuccess()))
			}
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
			said.End = text(event.GetWorkflowExecutionCompletedEventAttributes().Result)
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
			said.End = text(event.GetWorkflowExecutionContinuedAsNewEventAttributes().Input)
		}
	}
	return said
}

func compare(now, then Said) []string {
	var differences []string
	differ := func(what string, now, then []string) {
		for i := range max(len(now), len(then)) {
			if i >= len(now) || i >= len(then) || now[i] != then[i] {
				differences = append(differences, fmt.Sprintf("%s %d: %s, recorded %s", what, i+1, nth(now, i), nth(then, i)))
				return
			}
		}
	}
	differ("activity", now.Activities, then.Activities)
	differ("timer", durations(now.Timers), durations(then.Timers))
	differ("update", now.Updates, then.Updates)
	if then.End != "" || now.End != "" {
		differ("end", []string{now.End}, []string{then.End})
	}
	return differences
}

func nth(lines []string, i int) string {
	if i >= len(lines) {
		return "nothing"
	}
	return lines[i]
}

func durations(of []time.Duration) []string {
	var lines []string
	for _, d := range of {
		lines = append(lines, d.String())
	}
	return slices.Clip(lines)
}
