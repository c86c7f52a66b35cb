package whole

import (
	"context"

	"github.com/traveldoc/traveldoc/cmd/standalone/system"
)

// restartable is a part that can be stopped and started again while the others run.
type restartable struct {
	system.Part
	running system.Running
	failed  chan error // nobody tells of an end that was asked for
}

func restartables() []*restartable {
	var parts []*restartable
	for _, part := range system.Parts() {
		parts = append(parts, &restartable{Part: part, failed: make(chan error)})
	}
	return parts
}

// Start starts the part for the first time.
func (r *restartable) Start(ctx context.Context, house *system.House) (system.Running, error) {
	var err error
	r.running, err = r.Part.Start(ctx, house)
	return r, err
}

// Stop stops what runs at last.
func (r *restartable) Stop(ctx context.Context) error { return r.running.Stop(ctx) }

// Failed never delivers: a part that is down is noticed by the test that needs it.
func (r *restartable) Failed() <-chan error { return r.failed }

// Restart stops a part in order and starts it again, as an update does.
func (w *Whole) Restart(name string) {
	w.t.Helper()
	part := w.parts[name]
	if part == nil {
		w.t.Fatalf("%s is no part that runs here", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	must(w.t, part.running.Stop(ctx))
	var err error
	part.running, err = part.Part.Start(ctx, w.House)
	must(w.t, err)
}
