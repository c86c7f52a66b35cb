package ours

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
)

// Running are traveldoc's own processes, up and ready.
type Running struct {
	API, Worker *process.Process
}

// Start runs a worker and an API in the town.
func (t *Town) Start(ctx context.Context) (*Running, error) {
	r := &Running{}
	var err error
	if r.Worker, err = process.Start(ctx, WorkerRole, t.settings, t.machine.Log); err != nil {
		return nil, err
	}
	if r.API, err = process.Start(ctx, APIRole, t.settings, t.machine.Log); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	if err := t.answers(ctx); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// Stop ends the API first, so that nobody is let in who could not be served.
func (r *Running) Stop() error {
	var errs []error
	for _, part := range []*process.Process{r.API, r.Worker} {
		if part != nil {
			errs = append(errs, part.Stop())
		}
	}
	return errors.Join(errs...)
}

const readyLimit = time.Minute

// answers waits until the API says that it is ready.
func (t *Town) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for {
		status, err := get(ctx, t.settings.Config.PublicURL+"/readyz")
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the API was not ready within %v: status %d, %w", readyLimit, status, errors.Join(err, ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func get(ctx context.Context, address string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}
