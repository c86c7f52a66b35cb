package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/workflows"
)

// Worker is the side of traveldoc that carries requests, clocks and mails on.
type Worker struct {
	backend    *backend
	workers    *workflows.Workers
	sequencing *sequencing
}

// NewWorker builds the workers and what they stand on.
func NewWorker(ctx context.Context, world World) (*Worker, error) {
	b, err := open(ctx, world)
	if err != nil {
		return nil, err
	}
	deps, err := b.deps(world)
	if err != nil {
		b.close()
		return nil, err
	}
	sequencing, err := b.sequencing(world)
	if err != nil {
		b.close()
		return nil, err
	}
	return &Worker{backend: b, workers: workflows.NewWorkers(b.engine, deps), sequencing: sequencing}, nil
}

func (b *backend) deps(world World) (workflows.Deps, error) {
	sender, err := mail.New(mailConfig(world.Config.Mail), nil)
	if err != nil {
		return workflows.Deps{}, err
	}
	files, err := b.folderFiles(world)
	if err != nil {
		return workflows.Deps{}, err
	}
	carrier, err := api.NewCarrier(b.carrying(world, files))
	if err != nil {
		return workflows.Deps{}, err
	}
	return workflows.Deps{
		Clock: world.Clock, Recorder: b.store, Calendars: b.store, Custody: b.store, Upkeep: b.store,
		Ledger: b.ledger(world.Config), Post: mail.Post{Sender: sender}, Carrier: carrier,
		Rules: custody.Newest(), Log: world.Log, CachedWorkflows: world.Config.CacheSize,
	}, nil
}

// ledger words its mails with the embedded templates and the packs' country names.
func (b *backend) ledger(c config.Config) store.Ledger {
	return b.store.Ledger(store.Letterhead{
		Renderer: store.RenderFunc(mail.Render), PublicURL: c.PublicURL, Desk: c.Mail.FromName,
		Country: b.countryName,
	})
}

func mailConfig(c config.Mail) mail.Config {
	return mail.Config{APIKey: c.APIKey, BaseURL: c.BaseURL, From: c.From, FromName: c.FromName, ReplyTo: c.ReplyTo}
}

// startPatience is waited between two attempts to reach an engine that is not up yet.
const startPatience = time.Second

// Start waits for the engine, makes sure that upkeep is scheduled, and begins to serve.
func (w *Worker) Start(ctx context.Context) error {
	w.sequencing.start(ctx)
	for {
		err := w.start(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the engine: %w", errors.Join(err, ctx.Err()))
		case <-time.After(startPatience):
		}
	}
}

func (w *Worker) start(ctx context.Context) error {
	if _, err := w.backend.engine.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("ask the engine: %w", err)
	}
	if err := workflows.ScheduleReconcile(ctx, w.backend.engine, workflows.ReconcileEvery); err != nil {
		return err
	}
	return w.workers.Start()
}

// Stop takes no more work, waits for what is under way, and gives connections back.
func (w *Worker) Stop() {
	w.workers.Stop()
	w.sequencing.stop()
	w.backend.close()
}

// Health serves /healthz, /readyz and /metrics of a worker process.
func (w *Worker) Health(log *slog.Logger) http.Handler {
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", w.backend.metrics.Handler())
	routes.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusOK) })
	routes.HandleFunc("GET /readyz", func(rw http.ResponseWriter, r *http.Request) {
		database := w.backend.store.Ready(r.Context())
		engine := engineHealth{w.backend.engine}.Ready(r.Context())
		sequencer := w.sequencing.sequencer.Ready(r.Context())
		if err := errors.Join(database, engine, sequencer); err != nil {
			log.WarnContext(r.Context(), "not ready", "error", err.Error())
			http.Error(rw, "not ready", http.StatusServiceUnavailable)
		}
	})
	return routes
}
