package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/telemetry"
)

func world(t terminal, part config.Part) (serve.World, error) {
	settings, err := config.Load(t.env, part)
	if err != nil {
		return serve.World{}, err
	}
	return serve.World{
		Config: settings, Clock: serve.SystemClock{}, Log: telemetry.NewLogger(t.logging, slog.LevelInfo),
	}, nil
}

func runAPI(ctx context.Context, args []string, t terminal) error {
	if len(args) > 0 {
		return errUsage
	}
	w, err := world(t, config.API)
	if err != nil {
		return err
	}
	handler, err := serve.NewAPI(ctx, w)
	if err != nil {
		return err
	}
	defer handler.Close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", w.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	w.Log.InfoContext(ctx, "api serves", "address", listener.Addr().String())
	return serve.HTTP(ctx, listener, handler, w.Config.StopTimeout)
}

func runWorker(ctx context.Context, args []string, t terminal) error {
	if len(args) > 0 {
		return errUsage
	}
	w, err := world(t, config.Worker)
	if err != nil {
		return err
	}
	worker, err := serve.NewWorker(ctx, w)
	if err != nil {
		return err
	}
	defer worker.Stop()
	health, stopHealth := context.WithCancel(ctx)
	defer stopHealth()
	failed := make(chan error, 1)
	if w.Config.WorkerHealth != "" {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", w.Config.WorkerHealth)
		if err != nil {
			return fmt.Errorf("listen for health checks: %w", err)
		}
		go func() { failed <- serve.HTTP(health, listener, worker.Health(w.Log), w.Config.StopTimeout) }()
	}
	if err := worker.Start(ctx); err != nil {
		return err
	}
	w.Log.InfoContext(ctx, "worker serves")
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

func runMigrate(ctx context.Context, args []string, t terminal) error {
	if len(args) > 0 {
		return errUsage
	}
	settings, err := config.Load(t.env, config.Keys)
	if err != nil {
		return err
	}
	return serve.Migrate(ctx, settings.DatabaseURL, settings.MasterKeys, serve.SystemClock{})
}

// runDirectory loads a directory file; running processes take it over within seconds.
func runDirectory(ctx context.Context, args []string, t terminal) error {
	if len(args) != 1 {
		return errUsage
	}
	settings, err := config.Load(t.env, config.Database)
	if err != nil {
		return err
	}
	return serve.LoadDirectory(ctx, settings.DatabaseURL, args[0], serve.SystemClock{})
}

func runProbe(ctx context.Context, args []string, _ terminal) error {
	if len(args) != 1 {
		return errUsage
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
	if err != nil {
		return errors.New("the address can't be read")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("probe: %s", answer.Status)
	}
	return nil
}
