package load

import (
	"context"
	"sync"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
)

// Fixed lives a number of lives, so many at once, and gives them all; failed
// ones bear their error.
func Fixed(ctx context.Context, side Side, steps []script.Step, lives, concurrency int) []Lived {
	slots := make(chan int, concurrency)
	for slot := range concurrency {
		slots <- slot
	}
	all := make([]Lived, lives)
	var living sync.WaitGroup
	for i := range lives {
		slot := <-slots
		living.Go(func() {
			all[i] = through(ctx, side.Begin(slot), steps)
			slots <- slot
		})
	}
	living.Wait()
	return all
}
