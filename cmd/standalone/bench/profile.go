package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/ours"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
)

// profile takes a CPU profile of each of our processes while the first round
// is measured, when asked to. It gives what waits for them.
func (b *bench) profile(ctx context.Context, round int, running *ours.Running) (wait func() error) {
	if b.profiles == "" || round != 1 {
		return func() error { return nil }
	}
	parts := map[string]*process.Process{"api": running.API, "worker": running.Worker, "engine": b.machine.Engine}
	ended := make(chan error, len(parts))
	for name, part := range parts {
		go func() {
			time.Sleep(b.stagger + b.warmUp)
			ended <- b.keepProfile(ctx, name, part)
		}()
	}
	return func() error {
		var errs []error
		for range parts {
			errs = append(errs, <-ended)
		}
		return errors.Join(errs...)
	}
}

func (b *bench) keepProfile(ctx context.Context, name string, part *process.Process) error {
	content, err := part.Profile(ctx, b.window)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.profiles, name+".pprof"), content, 0o644)
}
