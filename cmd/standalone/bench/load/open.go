package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Open begins lives at a fixed rate whether or not earlier ones have ended,
// and within a life means to take each step at its own time. A wait is counted
// from when a step was meant to be taken, so that a system that stalls cannot
// hide it by keeping its callers from asking.
type Open struct {
	Side  Side
	Steps []script.Step
	Rate  float64 // lives begun per second
	Slots int     // lives at once that there are people for
	// WarmUp is dropped; Window is measured.
	WarmUp, Window time.Duration
}

// Wait is how long an Update took, from when it was meant to be taken.
type Wait struct {
	Step tdr.Name
	Took time.Duration
}

// Waits is what an open run brought.
type Waits struct {
	Updates []Wait // meant to be taken within the window
	Late    int    // lives that began late because no slot was free
	Failed  []Lived
}

// Took lists the durations alone.
func (w Waits) Took() []time.Duration {
	took := make([]time.Duration, len(w.Updates))
	for i, wait := range w.Updates {
		took[i] = wait.Took
	}
	return took
}

// Check refuses a run of which too much failed: what failed was not waited for.
func (w Waits) Check() error {
	perLife := len(script.Life())
	if len(w.Failed) > 0 && float64(len(w.Failed)*perLife) > tolerated*float64(len(w.Updates)) {
		return fmt.Errorf("%d lives failed, the first with: %w", len(w.Failed), w.Failed[0].Err)
	}
	return nil
}

// openRun is one run under way.
type openRun struct {
	Open
	opens, closes time.Time
	slots         chan int
	mutex         sync.Mutex
	waits         Waits
}

// Run begins lives until the window has passed and waits for the last to end.
func (o Open) Run(ctx context.Context) (Waits, error) {
	began := time.Now()
	run := &openRun{Open: o, opens: began.Add(o.WarmUp), closes: began.Add(o.WarmUp + o.Window), slots: make(chan int, o.Slots)}
	for slot := range o.Slots {
		run.slots <- slot
	}
	apart := time.Duration(float64(time.Second) / o.Rate)
	var lives sync.WaitGroup
	for meant := began; meant.Before(run.closes) && ctx.Err() == nil; meant = meant.Add(apart) {
		pause(ctx, meant)
		lives.Go(func() { run.live(ctx, meant) })
	}
	lives.Wait()
	if err := ctx.Err(); err != nil {
		return Waits{}, err
	}
	return run.waits, run.waits.Check()
}

// live lives one life that was meant to begin at an instant.
func (r *openRun) live(ctx context.Context, began time.Time) {
	slot := r.slot()
	defer func() { r.slots <- slot }()
	life := r.Side.Begin(slot)
	lived := Lived{Began: began}
	for _, step := range r.Steps {
		meant := began.Add(step.At)
		lived.Err = bounded(ctx, string(step.Name), func(ctx context.Context) error { return r.take(ctx, life, step, meant) })
		if lived.Err != nil {
			break
		}
	}
	if lived.Err == nil {
		lived.Err = bounded(ctx, "end", life.End)
	}
	if lived.Err != nil && !uncounted(lived.Err) {
		lived.ID, lived.Ended = life.ID(), time.Now()
		r.note(func() { r.waits.Failed = append(r.waits.Failed, lived) })
	}
}

func (r *openRun) slot() int {
	select {
	case slot := <-r.slots:
		return slot
	default:
		r.note(func() { r.waits.Late++ })
		return <-r.slots
	}
}

func (r *openRun) take(ctx context.Context, life Life, step script.Step, meant time.Time) error {
	if err := life.Ready(ctx, step); err != nil {
		return err
	}
	pause(ctx, meant)
	if err := life.Take(ctx, step); err != nil {
		return err
	}
	took := time.Since(meant)
	if step.Update() && !meant.Before(r.opens) && meant.Before(r.closes) {
		r.note(func() { r.waits.Updates = append(r.waits.Updates, Wait{step.Name, took}) })
	}
	return nil
}

func (r *openRun) note(write func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	write()
}
