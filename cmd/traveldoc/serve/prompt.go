package serve

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/api"
)

// nudgeTime bounds one attempt to have the outbox drained at once.
const nudgeTime = 5 * time.Second

// prompter has the outbox drained, and mailboxes poked, soon after something was
// put into them. It coalesces: however many holds are placed meanwhile, one nudge
// follows. With the engine away nothing is lost, for upkeep does both in any case.
type prompter struct {
	engine promptedEngine
	log    *slog.Logger

	mu        sync.Mutex
	mailboxes []string // to be poked by the next round

	wanted chan struct{}
	cancel context.CancelFunc
	ended  chan struct{}
}

// promptedEngine is what a prompter asks of the engine.
type promptedEngine interface {
	Nudge(ctx context.Context) error
	Poke(ctx context.Context, recipient string) error
}

func newPrompter(engine promptedEngine, log *slog.Logger) *prompter {
	ctx, cancel := context.WithCancel(context.Background())
	p := &prompter{engine: engine, log: log, wanted: make(chan struct{}, 1), cancel: cancel, ended: make(chan struct{})}
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
		if err := p.prompt(ctx, p.taken()); err != nil {
			p.log.InfoContext(ctx, "outbox and mailboxes wait for the next round of upkeep")
		}
	}
}

// prompt stops at the first failure: an engine that is away answers nothing else either.
func (p *prompter) prompt(ctx context.Context, mailboxes []string) error {
	ctx, cancel := context.WithTimeout(ctx, nudgeTime)
	defer cancel()
	if err := p.engine.Nudge(ctx); err != nil {
		return err
	}
	for _, mailbox := range mailboxes {
		if err := p.engine.Poke(ctx, mailbox); err != nil {
			return err
		}
	}
	return nil
}

func (p *prompter) taken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.mailboxes
	p.mailboxes = nil
	return taken
}

// want never waits: who places a hold must not wait for the engine.
func (p *prompter) want(mailboxes ...string) {
	p.mu.Lock()
	p.mailboxes = append(p.mailboxes, mailboxes...)
	p.mu.Unlock()
	select {
	case p.wanted <- struct{}{}:
	default:
	}
}

func (p *prompter) stop() {
	p.cancel()
	<-p.ended
}

// promptHolds tells requests of a hold at once, and counsel and posts of what it
// asks of them.
type promptHolds struct {
	api.Holds
	prompter *prompter
}

func (h promptHolds) Place(ctx context.Context, hold api.Hold) (api.PlacedHold, error) {
	placed, err := h.Holds.Place(ctx, hold)
	h.prompter.want(placed.Poke...)
	placed.Poke = nil
	return placed, err
}

func (h promptHolds) Lift(ctx context.Context, lifting api.Lifting) (api.LiftedHold, error) {
	lifted, err := h.Holds.Lift(ctx, lifting)
	h.prompter.want()
	return lifted, err
}

// promptLegal tells custody clocks and requests of a legal event at once, and
// posts of what a court stay asks back.
type promptLegal struct {
	api.LegalEvents
	prompter *prompter
}

func (l promptLegal) Record(ctx context.Context, personID string, entry api.LegalEntry) (api.LegalEvent, api.PersonCustody, error) {
	event, clock, err := l.LegalEvents.Record(ctx, personID, entry)
	l.prompter.want(event.Poke...)
	event.Poke = nil
	return event, clock, err
}
