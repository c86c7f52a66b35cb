package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
)

// Closed keeps a fixed number of lives going: whoever ends one begins the next.
type Closed struct {
	Side        Side
	Steps       []script.Step
	Concurrency int
	// Stagger is over how long the first lives begin, so that they do not move
	// as one wave; WarmUp follows, and is dropped; then Window is measured. Lives
	// under way at its end are lived out, but do not count.
	Stagger, WarmUp, Window time.Duration
}

// Throughput is what a closed run brought.
type Throughput struct {
	Window  time.Duration
	Counted []Lived // ended within the window, in order
	Failed  []Lived // ended at any time, and do not count
	All     int     // lives at any time
}

// Rate is counted lives per second.
func (t Throughput) Rate() float64 { return float64(len(t.Counted)) / t.Window.Seconds() }

// tolerated is the share of lives that may fail before a run says nothing.
const tolerated = 0.1

// Check refuses a run of which too much failed to say anything. Lives that
// ended in order and do not count are no failures.
func (t Throughput) Check() error {
	broken := slices.DeleteFunc(slices.Clone(t.Failed), func(l Lived) bool { return uncounted(l.Err) })
	if len(broken) > 0 && float64(len(broken)) > tolerated*float64(len(t.Counted)+len(broken)) {
		return fmt.Errorf("%d lives failed and %d counted, the first failed with: %w", len(broken), len(t.Counted), broken[0].Err)
	}
	return nil
}

// Run lives until the window has passed and the last life has ended.
func (c Closed) Run(ctx context.Context) (Throughput, error) {
	began := time.Now()
	opens := began.Add(c.Stagger + c.WarmUp)
	closes := opens.Add(c.Window)
	var mutex sync.Mutex
	var all []Lived
	var slots sync.WaitGroup
	for slot := range c.Concurrency {
		slots.Go(func() {
			pause(ctx, began.Add(c.Stagger*time.Duration(slot)/time.Duration(c.Concurrency)))
			for ctx.Err() == nil && time.Now().Before(closes) {
				lived := through(ctx, c.Side.Begin(slot), c.Steps)
				mutex.Lock()
				all = append(all, lived)
				mutex.Unlock()
			}
		})
	}
	slots.Wait()
	if err := ctx.Err(); err != nil {
		return Throughput{}, err
	}
	result := c.judge(all, opens, closes)
	if len(result.Counted) == 0 {
		return result, errors.Join(errors.New("no life was lived within the window"), result.Check())
	}
	return result, result.Check()
}

func (c Closed) judge(all []Lived, opens, closes time.Time) Throughput {
	result := Throughput{Window: c.Window, All: len(all)}
	for _, lived := range all {
		switch {
		case lived.Err != nil:
			result.Failed = append(result.Failed, lived)
		case !lived.Ended.Before(opens) && lived.Ended.Before(closes):
			result.Counted = append(result.Counted, lived)
		}
	}
	return result
}

// pause waits until an instant, or for the context.
func pause(ctx context.Context, until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
