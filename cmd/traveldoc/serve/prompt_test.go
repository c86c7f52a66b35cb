package serve

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
)

// prompted is an engine that keeps what it is asked, and may be away.
type prompted struct {
	away   bool
	nudges int
	poked  []string
}

func (p *prompted) Nudge(context.Context) error {
	p.nudges++
	if p.away {
		return errors.New("away")
	}
	return nil
}

func (p *prompted) Poke(_ context.Context, recipient string) error {
	p.poked = append(p.poked, recipient)
	return nil
}

// What is wanted while a round is under way is done by the next, each mailbox
// is woken, and an engine that is away keeps nobody waiting.
func TestAPrompterWakesEveryMailbox(t *testing.T) {
	for _, away := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			engine := &prompted{away: away}
			prompter := newPrompter(engine, slog.New(slog.DiscardHandler))
			defer prompter.stop()
			prompter.want("post/one", "desk/two")
			prompter.want()
			prompter.want("post/three")
			synctest.Wait()
			want := []string{"post/one", "desk/two", "post/three"}
			if away {
				want = nil
			}
			if !slices.Equal(engine.poked, want) || engine.nudges == 0 {
				t.Errorf("away %v: %d nudges, poked %v, want %v", away, engine.nudges, engine.poked, want)
			}
		})
	}
}
