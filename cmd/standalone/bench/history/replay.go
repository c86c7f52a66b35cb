package history

import (
	"fmt"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// ReplayError says that a history does not replay: the code would not do again
// what it did.
type ReplayError struct {
	Run Run
	Err error
}

// Error names the workflow.
func (r *ReplayError) Error() string {
	return fmt.Sprintf("replay %s: %v", r.Run.Execution.GetWorkflowId(), r.Err)
}

// Unwrap gives the engine's own words.
func (r *ReplayError) Unwrap() error { return r.Err }

// Keep writes the history in the form that the engine's tools read.
func (r *ReplayError) Keep(path string) error {
	content, err := protojson.Marshal(r.Run.History)
	if err != nil {
		return fmt.Errorf("keep a history: %w", err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return fmt.Errorf("keep a history: %w", err)
	}
	return nil
}

// Replayer runs workflow code over recorded histories.
type Replayer struct {
	replayer worker.WorkflowReplayer
	log      log.Logger
}

// NewReplayer replays what register names. The options of the client that could
// read the histories tell how payloads are opened.
func NewReplayer(log log.Logger, reading client.Options, register func(worker.WorkflowRegistry)) (*Replayer, error) {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DisableRegistrationAliasing: true, DataConverter: reading.DataConverter, FailureConverter: reading.FailureConverter,
	})
	if err != nil {
		return nil, fmt.Errorf("make a replayer: %w", err)
	}
	register(replayer)
	return &Replayer{replayer: replayer, log: log}, nil
}

// Took is how long replaying every run of a chain takes. A history that does
// not replay is an error.
func (r *Replayer) Took(chain Chain) (time.Duration, error) {
	total := time.Duration(0)
	for _, run := range chain {
		// Replaying writes into the history it is given, such as the search
		// attributes of its beginning.
		recorded := proto.CloneOf(run.History)
		began := time.Now()
		err := r.replayer.ReplayWorkflowHistoryWithOptions(r.log, recorded, worker.ReplayWorkflowHistoryOptions{
			OriginalExecution: workflow.Execution{ID: run.Execution.GetWorkflowId(), RunID: run.Execution.GetRunId()},
		})
		total += time.Since(began)
		if err != nil {
			return 0, &ReplayError{Run: run, Err: err}
		}
	}
	return total, nil
}
