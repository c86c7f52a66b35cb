package history

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Replayer runs workflow code over recorded histories.
type Replayer struct {
	replayer worker.WorkflowReplayer
	log      log.Logger
}

// NewReplayer replays what register names.
func NewReplayer(log log.Logger, register func(worker.WorkflowRegistry)) (*Replayer, error) {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DisableRegistrationAliasing: true})
	if err != nil {
		return nil, fmt.Errorf("make a replayer: %w", err)
	}
	register(replayer)
	return &Replayer{replayer: replayer, log: log}, nil
}

// Took is how long replaying every run of a chain takes. A history that does
// not replay is an error.
func (r *Replayer) Took(chain Chain) (time.Duration, error) {
	began := time.Now()
	for _, run := range chain {
		err := r.replayer.ReplayWorkflowHistoryWithOptions(r.log, run.History,
			worker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{
				ID: run.Execution.GetWorkflowId(), RunID: run.Execution.GetRunId(),
			}})
		if err != nil {
			return 0, fmt.Errorf("replay %s: %w", run.Execution.GetWorkflowId(), err)
		}
	}
	return time.Since(began), nil
}
