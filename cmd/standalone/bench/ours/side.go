package ours

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/load"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/playbook/benchpack"
)

// Side lives the standard life through traveldoc's HTTP API, as its callers do.
type Side struct {
	api      string
	http     *http.Client
	tokens   map[string]string // by person
	postbox  *Postbox
	engine   client.Client // to see workflows end
	required []string      // items that the pack wants
	zone     *time.Location
	persons  *atomic.Int64 // of the town
	later    atomic.Int64  // answers that came by 202
}

// Side prepares a client with a token for everyone.
func (t *Town) Side(slots int) (*Side, error) {
	zone, err := time.LoadLocation(cast.Zone)
	if err != nil {
		return nil, fmt.Errorf("load zone: %w", err)
	}
	required, err := requiredItems()
	if err != nil {
		return nil, err
	}
	s := &Side{
		api: t.settings.Config.PublicURL, postbox: t.Postbox, persons: &t.persons, engine: t.machine.Client, required: required, zone: zone,
		tokens: map[string]string{},
		http: &http.Client{Transport: &http.Transport{
			MaxIdleConns: 2 * slots, MaxIdleConnsPerHost: 2 * slots, IdleConnTimeout: time.Minute,
		}},
	}
	for _, user := range cast.Users(slots) {
		if s.tokens[user.ID], err = t.provider.Token(user.ID); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func requiredItems() ([]string, error) {
	packs, err := playbook.Load(benchpack.Options()...)
	if err != nil {
		return nil, fmt.Errorf("load packs: %w", err)
	}
	pack, err := packs.Pack(script.Country, calendar.DateOf(time.Now().UTC()))
	if err != nil {
		return nil, fmt.Errorf("find the bench pack: %w", err)
	}
	var items []string
	for _, item := range pack.Checklist {
		if item.Required {
			items = append(items, item.ID)
		}
	}
	return items, nil
}

// Later is how many answers came only after a 202.
func (s *Side) Later() int64 { return s.later.Load() }

// Close lets go of connections.
func (s *Side) Close() { s.http.CloseIdleConnections() }

// Begin prepares a life of the slot's officer and supervisor, who may have had
// mail in an earlier one.
func (s *Side) Begin(slot int) load.Life {
	life := &life{side: s, slot: slot, number: s.persons.Add(1)}
	life.officer = mailbox{address: cast.Address(cast.Officer(slot)), want: script.Mails - 1}
	life.supervisor = mailbox{address: cast.Address(cast.Supervisor(slot)), want: 1}
	for _, box := range []*mailbox{&life.officer, &life.supervisor} {
		box.before = s.postbox.Arrived(box.address)
	}
	return life
}

// mailbox is what one person of a life gets.
type mailbox struct {
	address string
	before  int // mails of earlier lives
	want    int // mails of this life
}

// bundled is how long after the supervisor's mail the officer's may take
// before the officer's two count as having gone out as one.
const bundled = 5 * time.Second

// told waits until reminder and escalation have reached everyone.
func (l *life) told(ctx context.Context) error {
	postbox := l.side.postbox
	if err := postbox.Await(ctx, l.supervisor.address, l.supervisor.before+l.supervisor.want); err != nil {
		return fmt.Errorf("wait for the supervisor's mail: %w", err)
	}
	patient, cancel := context.WithTimeout(ctx, bundled)
	defer cancel()
	if err := postbox.Await(patient, l.officer.address, l.officer.before+l.officer.want); err != nil && ctx.Err() != nil {
		return fmt.Errorf("wait for the officer's mails: %w", err)
	}
	return nil // a mail that is missing by now is judged at the end
}

// mailsMissing says why a life without its mails does not count: notices that
// wait for one person at the same time go out as one mail.
func (l *life) mailsMissing() error {
	got := 0
	for _, box := range []mailbox{l.officer, l.supervisor} {
		got += l.side.postbox.Arrived(box.address) - box.before
	}
	if got != script.Mails {
		return fmt.Errorf("%w: it had %d mails and not %d", load.ErrUncounted, got, script.Mails)
	}
	return nil
}
