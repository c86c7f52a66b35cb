package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Part is one of the things that make up a standalone. All run in one process,
// or each in a process of its own on the same state folder.
type Part interface {
	// Name is the part's name on the command line and in messages.
	Name() string
	// Start returns once the part does its work for others. The context covers
	// the start alone.
	Start(ctx context.Context, house *House) (Running, error)
}

// Running is a started part.
type Running interface {
	// Stop ends the part in order.
	Stop(ctx context.Context) error
	// Failed delivers the error with which the part ended by itself.
	Failed() <-chan error
}

// running is a part that is stopped by calling a function.
type running struct {
	stop   func(context.Context) error
	failed chan error
}

func newRunning(stop func(context.Context) error) *running {
	return &running{stop: stop, failed: make(chan error, 1)}
}

func (r *running) Stop(ctx context.Context) error { return r.stop(ctx) }
func (r *running) Failed() <-chan error           { return r.failed }

// stopTimeout bounds a stop in order, all parts together.
const stopTimeout = time.Minute

// Run starts the parts in their order, says when all are up, and stops them in
// the reverse order when the context ends or one of them fails.
func Run(ctx context.Context, house *House, parts []Part, out io.Writer, ready string) error {
	var started []startedPart
	err := startAll(ctx, house, parts, out, &started)
	if err == nil {
		fmt.Fprintln(out, ready)
		err = waitForEnd(ctx, started)
	}
	return errors.Join(err, stopAll(context.WithoutCancel(ctx), started, out))
}

type startedPart struct {
	Running
	name    string
	release func()
}

func startAll(ctx context.Context, house *House, parts []Part, out io.Writer, started *[]startedPart) error {
	for _, part := range parts {
		began := time.Now()
		fmt.Fprintf(out, "starting %s\n", part.Name())
		release, err := house.State.Lock(part.Name())
		if err != nil {
			return err
		}
		running, err := part.Start(ctx, house)
		if err != nil {
			release()
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		*started = append(*started, startedPart{Running: running, name: part.Name(), release: release})
		fmt.Fprintf(out, "%s is up after %.1f s\n", part.Name(), time.Since(began).Seconds())
	}
	return nil
}

func waitForEnd(ctx context.Context, started []startedPart) error {
	failed := make(chan error, len(started))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, part := range started {
		go func() {
			select {
			case <-ctx.Done():
			case err := <-part.Failed():
				failed <- fmt.Errorf("%s ended: %w", part.name, err)
			}
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

func stopAll(ctx context.Context, started []startedPart, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var faults []error
	for at := len(started) - 1; at >= 0; at-- {
		part := started[at]
		fmt.Fprintf(out, "stopping %s\n", part.name)
		if err := part.Stop(ctx); err != nil {
			faults = append(faults, fmt.Errorf("stop %s: %w", part.name, err))
		}
		part.release()
	}
	return errors.Join(faults...)
}
