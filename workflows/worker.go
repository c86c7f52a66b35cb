package workflows

import (
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/custody"
)

// Deps is what the workers need of the world.
type Deps struct {
	Clock     activities.Clock
	Recorder  activities.Recorder
	Calendars activities.Calendars
	Custody   activities.CustodyStore
	Ledger    activities.Ledger
	Post      activities.Post
	Upkeep    activities.Upkeep
	Carrier   activities.Carrier
	Rules     custody.Rules // by which custody clocks are read
	Log       *slog.Logger

	// CachedWorkflows bounds the workflows held in memory by this process; zero means 4,000.
	CachedWorkflows int
	// MailsPerSecond bounds deliveries over all workers; zero means no bound.
	MailsPerSecond float64
	// FailOnPanic fails a workflow that panics instead of blocking it; for tests alone.
	FailOnPanic bool
	// Interceptors come outside of ours.
	Interceptors []interceptor.WorkerInterceptor
}

const (
	cachedWorkflows = 4000
	// stopTime is longer than any activity takes that is not cut off safely.
	stopTime = 20 * time.Second
)

// Workers serve both task queues.
type Workers struct{ requests, mail worker.Worker }

// NewWorkers builds the workers of this process. Nothing runs before Start.
func NewWorkers(engine client.Client, deps Deps) *Workers {
	if deps.CachedWorkflows == 0 {
		deps.CachedWorkflows = cachedWorkflows
	}
	worker.SetStickyWorkflowCacheSize(deps.CachedWorkflows)
	set := deps.activities(NewClient(engine))
	requests := worker.New(engine, RequestQueue, deps.options())
	RegisterRequests(requests)
	set.RegisterRequests(requests)
	options := deps.options()
	options.TaskQueueActivitiesPerSecond = deps.MailsPerSecond
	mail := worker.New(engine, MailQueue, options)
	RegisterMail(mail)
	set.RegisterMail(mail)
	return &Workers{requests: requests, mail: mail}
}

// Start begins to serve and returns.
func (w *Workers) Start() error {
	if err := w.requests.Start(); err != nil {
		return err
	}
	if err := w.mail.Start(); err != nil {
		w.requests.Stop()
		return err
	}
	return nil
}

// Stop takes no more work and waits for what is under way.
func (w *Workers) Stop() {
	w.mail.Stop()
	w.requests.Stop()
}

// options: a panic blocks the workflow until a release mends it, because
// failing it would end a request that nobody closed.
func (d Deps) options() worker.Options {
	policy := worker.BlockWorkflow
	if d.FailOnPanic {
		policy = worker.FailWorkflow
	}
	return worker.Options{
		WorkerStopTimeout:           stopTime,
		WorkflowPanicPolicy:         policy,
		DisableRegistrationAliasing: true,
		Interceptors:                append(d.Interceptors, &activities.Boundary{Log: d.Log}),
	}
}

func (d Deps) activities(engine *Client) activities.Set {
	return activities.Set{
		Records:    &activities.Records{Recorder: d.Recorder, Mailboxes: engine, Alarms: d.Upkeep, Log: d.Log},
		Renewals:   &activities.Renewals{Calendars: d.Calendars},
		Custody:    &activities.Custody{Store: d.Custody, Mailboxes: engine, Alarms: d.Upkeep, Rules: d.Rules, Log: d.Log},
		Deliveries: &activities.Deliveries{Ledger: d.Ledger, Post: d.Post, Clock: d.Clock},
		Sweeper: &activities.Sweeper{
			Store: d.Upkeep, Recorder: d.Recorder, Engine: engine, Carrier: d.Carrier, Clock: d.Clock, Log: d.Log,
		},
	}
}

// RegisterRequests registers the workflows of the request queue. This list and
// the one of mail are the only ones.
func RegisterRequests(registry worker.WorkflowRegistry) {
	register(registry, RequestType, TravelDocumentRequest)
	register(registry, CustodyType, CustodyClock)
	register(registry, ReconcileType, Reconcile)
}

// RegisterMail registers the workflows of the mail queue.
func RegisterMail(registry worker.WorkflowRegistry) { register(registry, MailboxType, Mailbox) }

func register(registry worker.WorkflowRegistry, name string, function any) {
	registry.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
}
