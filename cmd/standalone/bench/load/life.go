// Package load lives many standard lives at a time and notes what they took.
// It knows nothing of what lives them: the same loops drive both sides.
package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
)

// Side is one of the two that are measured.
type Side interface {
	// Begin prepares a life for a slot. A slot has one life at a time.
	Begin(slot int) Life
}

// Life is one life under way.
type Life interface {
	// ID is what its history is found by.
	ID() string
	// Ready returns when the step may be taken: one that answers a mail waits for it.
	Ready(ctx context.Context, step script.Step) error
	// Take returns when the step was answered.
	Take(ctx context.Context, step script.Step) error
	// End returns when nothing of the life is left to be done. Its error says
	// why the life does not count.
	End(ctx context.Context) error
}

// stepLimit bounds every single wait; beyond it a life has failed.
const stepLimit = 2 * time.Minute

// Lived is a life that ended, and how.
type Lived struct {
	ID    string
	Began time.Time
	Ended time.Time
	Err   error // why it does not count
}

// ErrUncounted is in the chain of an error that says that a life ended in
// order and yet does not count.
var ErrUncounted = errors.New("the life does not count")

func uncounted(err error) bool { return errors.Is(err, ErrUncounted) }

// bounded runs one act of a life under the limit and names what failed.
func bounded(ctx context.Context, what string, act func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	if err := act(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// through lives a whole life without a pause of its own.
func through(ctx context.Context, life Life, steps []script.Step) Lived {
	lived := Lived{Began: time.Now()}
	for _, step := range steps {
		lived.Err = bounded(ctx, string(step.Name), func(ctx context.Context) error {
			if err := life.Ready(ctx, step); err != nil {
				return err
			}
			return life.Take(ctx, step)
		})
		if lived.Err != nil {
			break
		}
	}
	if lived.Err == nil {
		lived.Err = bounded(ctx, "end", life.End)
	}
	lived.ID, lived.Ended = life.ID(), time.Now()
	return lived
}
