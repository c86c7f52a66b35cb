package serve

import (
	"context"
	"log/slog"
	"time"

	"github.com/traveldoc/traveldoc/api"
)

// nudgeTime bounds one attempt to have the outbox drained at once.
const nudgeTime = 5 * time.Second

// prompter has the outbox drained soon after something was put into it. It
// coalesces: however many holds are placed meanwhile, one nudge follows. With
// the engine away nothing is lost, for upkeep drains the outbox in any case.
type prompter struct {
	nudge  func(context.Context) error
	log    *slog.Logger
	wanted chan struct{}
	cancel context.CancelFunc
	ended  chan struct{}
}

func newPrompter(nudge func(context.Context) error, log *slog.Logger) *prompter {
	ctx, cancel := context.WithCancel(context.Background())
	p := &prompter{nudge: nudge, log: log, wanted: make(chan struct{}, 1), cancel: cancel, ended: make(chan struct{})}
	go p.run(ctx)
	return p
}

func (p *prompter) run(ctx context.Context) {
	defer close(p.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wanted:
		}
		limited, cancel := context.WithTimeout(ctx, nudgeTime)
		if err := p.nudge(limited); err != nil {
			p.log.InfoContext(ctx, "outbox waits for the next round of upkeep")
		}
		cancel()
	}
}

// want never waits: who places a hold must not wait for the engine.
func (p *prompter) want() {
	select {
	case p.wanted <- struct{}{}:
	default:
	}
}

func (p *prompter) stop() {
	p.cancel()
	<-p.ended
}

// promptHolds tells requests of a hold at once.
type promptHolds struct {
	api.Holds
	prompter *prompter
}

func (h promptHolds) Place(ctx context.Context, hold api.Hold) (api.PlacedHold, error) {
	placed, err := h.Holds.Place(ctx, hold)
	h.prompter.want()
	return placed, err
}

func (h promptHolds) Lift(ctx context.Context, lifting api.Lifting) (api.LiftedHold, error) {
	lifted, err := h.Holds.Lift(ctx, lifting)
	h.prompter.want()
	return lifted, err
}

// promptLegal tells custody clocks and requests of a legal event at once.
type promptLegal struct {
	api.LegalEvents
	prompter *prompter
}

func (l promptLegal) Record(ctx context.Context, personID string, entry api.LegalEntry) (api.LegalEvent, api.PersonCustody, error) {
	event, clock, err := l.LegalEvents.Record(ctx, personID, entry)
	l.prompter.want()
	return event, clock, err
}
