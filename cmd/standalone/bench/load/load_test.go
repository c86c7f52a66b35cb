package load_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/stat"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// pretender answers after a time, on the simulated clock of the test.
type pretender struct {
	answers func(step script.Step) time.Duration // how long a step takes; nil is no time
	fails   func(life int) error

	mutex sync.Mutex
	lives int
	busy  map[int]bool
	most  int // lives at once
	taken [][]tdr.Name
	clash bool // two lives in one slot
}

type pretended struct {
	of   *pretender
	life int
	slot int
}

func (p *pretender) Begin(slot int) load.Life {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.busy == nil {
		p.busy = map[int]bool{}
	}
	p.clash = p.clash || p.busy[slot]
	p.busy[slot] = true
	p.most = max(p.most, len(p.busy))
	p.taken = append(p.taken, nil)
	p.lives++
	return &pretended{of: p, life: p.lives - 1, slot: slot}
}

func (l *pretended) ID() string { return fmt.Sprint(l.life) }

func (l *pretended) Ready(context.Context, script.Step) error { return nil }

func (l *pretended) Take(_ context.Context, step script.Step) error {
	if l.of.answers != nil {
		time.Sleep(l.of.answers(step))
	}
	l.of.mutex.Lock()
	defer l.of.mutex.Unlock()
	l.of.taken[l.life] = append(l.of.taken[l.life], step.Name)
	return nil
}

func (l *pretended) End(context.Context) error {
	l.of.mutex.Lock()
	defer l.of.mutex.Unlock()
	delete(l.of.busy, l.slot)
	if l.of.fails != nil {
		return l.of.fails(l.life)
	}
	return nil
}

func aSecondEach(script.Step) time.Duration { return time.Second }

func TestClosedCountsWhatEndsWithinTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := script.Life()
		life := time.Duration(len(steps)) * time.Second
		side := &pretender{answers: aSecondEach}
		run := load.Closed{Side: side, Steps: steps, Concurrency: 6, Stagger: life, WarmUp: life, Window: 10 * life}
		got, err := run.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// Six at once that each take as long as a life: one window of ten lives has sixty.
		if len(got.Counted) != 60 || got.Rate() != 60/(10*life).Seconds() || len(got.Failed) != 0 {
			t.Errorf("%d counted, %v a second, %d failed", len(got.Counted), got.Rate(), len(got.Failed))
		}
		if side.most != 6 || side.clash || len(side.busy) != 0 {
			t.Errorf("%d at once, clash %v, %d still living", side.most, side.clash, len(side.busy))
		}
		for _, taken := range side.taken {
			if len(taken) != len(steps) {
				t.Fatalf("a life took %v", taken)
			}
		}
	})
}

func TestClosedDoesNotCountWhatFailed(t *testing.T) {
	lost := errors.New("a mail is missing")
	for _, c := range []struct {
		every   int
		err     error
		refused bool
	}{{20, lost, false}, {2, lost, true}, {2, fmt.Errorf("%w: two mails", load.ErrUncounted), false}} {
		synctest.Test(t, func(t *testing.T) {
			side := &pretender{answers: aSecondEach, fails: func(life int) error {
				if life%c.every == 0 {
					return c.err
				}
				return nil
			}}
			got, err := load.Closed{Side: side, Steps: script.Life(), Concurrency: 10, Window: 100 * time.Second}.Run(t.Context())
			if (err != nil) != c.refused || c.refused && !errors.Is(err, lost) || len(got.Failed) == 0 {
				t.Errorf("one in %d failed: %d counted, %d failed, %v", c.every, len(got.Counted), len(got.Failed), err)
			}
			if slices.ContainsFunc(got.Counted, func(l load.Lived) bool { return l.Err != nil }) {
				t.Error("a failed life counts")
			}
		})
	}
}

func TestFixedLivesExactlySoMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		side := &pretender{answers: aSecondEach}
		all := load.Fixed(t.Context(), side, script.Undisturbed(), 25, 4)
		if len(all) != 25 || side.lives != 25 || side.most != 4 || side.clash {
			t.Errorf("%d lives given, %d lived, %d at once, clash %v", len(all), side.lives, side.most, side.clash)
		}
	})
}

func TestOpenMeasuresFromWhenAStepWasMeant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quick := 10 * time.Millisecond
		began := time.Now()
		// Everything stands still once for three seconds, and is quick otherwise.
		stall, over := began.Add(30*time.Second), began.Add(33*time.Second)
		side := &pretender{answers: func(script.Step) time.Duration {
			if now := time.Now(); !now.Before(stall) && now.Before(over) {
				return over.Sub(now) + quick
			}
			return quick
		}}
		run := load.Open{Side: side, Steps: script.Life(), Rate: 2, Slots: 50, WarmUp: 10 * time.Second, Window: 60 * time.Second}
		got, err := run.Run(t.Context())
		if err != nil || got.Late != 0 || side.clash {
			t.Fatalf("%v, %d late, clash %v", err, got.Late, side.clash)
		}
		updates := 2 * 60 * (len(script.Life()) - 1)
		if n := len(got.Updates); n < updates-updates/50 || n > updates+updates/50 {
			t.Errorf("%d Updates measured, want about %d", n, updates)
		}
		if p50 := stat.Percentile(got.Took(), 50); p50 != quick {
			t.Errorf("half took %v, want %v", p50, quick)
		}
		// A stall of 3 s in 60 delays a step in twenty, by up to the whole of it.
		if p99 := stat.Percentile(got.Took(), 99); p99 < 2*time.Second || p99 > 3*time.Second+quick {
			t.Errorf("p99 is %v and hides the stall", p99)
		}
	})
}

func TestOpenTellsOfLivesThatFoundNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		side := &pretender{}
		got, err := load.Open{Side: side, Steps: script.Life(), Rate: 2, Slots: 3, Window: 20 * time.Second}.Run(t.Context())
		if err != nil || got.Late == 0 || side.clash || side.most != 3 {
			t.Errorf("%v, %d late, %d at once, clash %v", err, got.Late, side.most, side.clash)
		}
		// Who waits for a slot waits from when the life was meant to begin; what is late is then taken at once.
		if longest := stat.Percentile(got.Took(), 100); longest < 5*time.Second {
			t.Errorf("the longest wait is %v", longest)
		}
	})
}

func TestOpenRefusesARunThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("no completion")
		side := &pretender{fails: func(int) error { return lost }}
		_, err := load.Open{Side: side, Steps: script.Life(), Rate: 2, Slots: 30, Window: 20 * time.Second}.Run(t.Context())
		if !errors.Is(err, lost) {
			t.Errorf("answered %v", err)
		}
	})
}
