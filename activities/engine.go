package activities

import (
	"context"
	"errors"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What the engine answers when a workflow cannot be reached.
var (
	// ErrEngine: the engine does not answer; the call may have had its effect.
	ErrEngine = errors.New("workflow engine does not answer")
	// ErrNoWorkflow: no workflow of that id is known.
	ErrNoWorkflow = errors.New("no workflow of that id")
	// ErrWorkflowClosed: the workflow ran and has ended.
	ErrWorkflowClosed = errors.New("workflow has ended")
)

// Presence is what the engine knows of a workflow.
type Presence struct {
	Known   bool // it runs, or ran and its history is still kept
	Running bool
	Busy    bool // it waits for an activity, which will be tried again by itself
}

// Engine is what upkeep asks of the workflow engine; the client of package
// workflows implements it.
type Engine interface {
	Poker
	// Deliver hands a signal over and returns when the engine has it for good:
	// ErrNoWorkflow, ErrWorkflowClosed, ErrEngine.
	Deliver(ctx context.Context, signal Signal) error
	// Presence of a request's, a person's or a recipient's workflow.
	RequestPresence(ctx context.Context, requestID string) (Presence, error)
	CustodyPresence(ctx context.Context, personID string) (Presence, error)
	MailboxPresence(ctx context.Context, recipient string) (Presence, error)
	// Watch wakes the custody clock of a person, which starts if it does not run.
	Watch(ctx context.Context, personID string) error
	// History asks a request for its events behind a seq, and for its read model. An
	// ended one still answers while the engine keeps it.
	History(ctx context.Context, requestID string, after int64) (Recording, error)
	// Forget drops finished rounds of upkeep that ended before an instant, up to a
	// limit: there are thousands a day, and nobody asks for them.
	Forget(ctx context.Context, before time.Time, limit int) error
	// Restart starts the workflow of a request from its first event;
	// ErrWorkflowClosed when it ran before.
	Restart(ctx context.Context, opening tdr.Event) error
}
