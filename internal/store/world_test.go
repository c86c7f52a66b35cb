package store_test

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// clock is business time under the test's control.
type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.Lock()
	defer c.Unlock()
	return c.now
}

func (c *clock) set(at time.Time) {
	c.Lock()
	defer c.Unlock()
	c.now = at
}

// people is a directory under the test's control.
type people struct{ snapshot directory.Snapshot }

func (p *people) Snapshot(context.Context) (directory.Snapshot, error) { return p.snapshot, nil }

// world is a store on a database of its own.
type world struct {
	t      testing.TB
	pool   *pgxpool.Pool
	clock  *clock
	vault  *vault.Vault
	people *people
	store  *store.Store
}

// monday is an ordinary working day in Boston.
var monday = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)

// seed is read once: it does not change.
var seed = sync.OnceValues(func() (directory.Snapshot, error) { return directory.ParseSeed(directory.ExampleSeed()) })

func newWorld(t testing.TB) *world {
	t.Helper()
	snapshot, err := seed()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, pool: storetest.New(t), clock: &clock{now: monday}, people: &people{snapshot}}
	w.vault = storetest.Vault(t, w.pool, w.clock)
	w.store = store.New(w.pool, store.Options{Clock: w.clock, Directory: w.people, Random: rand.Reader, Rules: custody.Newest(), Vault: w.vault})
	return w
}

// one reads a single value from the database.
func one[T any](w *world, query string, arguments ...any) T {
	w.t.Helper()
	var value T
	if err := w.pool.QueryRow(w.t.Context(), query, arguments...).Scan(&value); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return value
}

func (w *world) count(query string, arguments ...any) int {
	w.t.Helper()
	return one[int](w, "SELECT count(*) FROM "+query, arguments...)
}

func newID() string { return uuid.NewString() }

// life is a request with the state that its workflow would hold.
type life struct {
	*world
	id, person string
	state      tdr.State
	intake     api.Intake
	pick       func(int) int
}

// begin takes a request in and opens it, without recording anything yet.
func (w *world) begin() *life {
	w.t.Helper()
	l := w.draft(newID(), somebody())
	l.takeIn()
	return l
}

// somebody is nobody who was met before: only a name of their own tells people
// apart who have no A-number.
func somebody() *api.PersonDetails {
	return &api.PersonDetails{FamilyName: "Example", GivenNames: "Ana " + code(newID()), BirthDate: calendar.Date{Year: 1990, Month: time.May, Day: 5}}
}

// draft is an intake that was not taken in.
func (w *world) draft(person string, details *api.PersonDetails) *life {
	l := &life{world: w, id: newID(), person: person, pick: func(int) int { return 0 }}
	opening := rehearsal.Opening(l.id, w.clock.Now(), calendar.CalendarDays, func(open *tdr.Open, _ *tdr.OpeningFacts) {
		open.PersonID, open.PublicCode, open.Officer = person, "TD-"+code(l.id), "officer1"
	})
	opening.CommandID = newID()
	l.state = tdr.Apply(tdr.State{}, opening)
	open := opening.Fact.(*tdr.Opened).Open
	open.Order.Number = "order number of " + l.id
	l.intake = api.Intake{
		Command: api.NewCommand{
			ID: opening.CommandID, Principal: "officer1", Operation: "open", Fingerprint: []byte(opening.CommandID),
			RequestID: l.id, PersonID: person, Input: []byte(`{"opened": true}`),
		},
		Open: open, NewPerson: details, PackVersion: 1, PackHash: "hash", OpenedAt: opening.OccurredAt,
	}
	return l
}

// code is a public code that differs whenever the id does, as far as six letters can.
func code(id string) string {
	const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	parsed := uuid.MustParse(id)
	text := make([]byte, 6)
	for i := range text {
		text[i] = alphabet[parsed[i]%32]
	}
	return string(text)
}

func (l *life) takeIn() {
	l.t.Helper()
	if _, fresh, err := l.store.TakeIn(l.t.Context(), l.intake); err != nil || !fresh {
		l.t.Fatalf("take in: fresh %v, error %v", fresh, err)
	}
}

// act lets somebody do something, now.
func (l *life) act(name tdr.Name) tdr.Event {
	l.t.Helper()
	return l.do(rehearsal.Act(name, l.state, l.clock.Now(), l.pick))
}

func (l *life) do(act tdr.Act) tdr.Event {
	l.t.Helper()
	input := rehearsal.Command(newID(), l.state, act)
	input.Facts.Now = l.clock.Now()
	events, err := tdr.Decide(l.state, input.Command, input.Facts)
	if err != nil {
		l.t.Fatalf("%s in %s: %v", act.Name(), l.state.Stage, err)
	}
	l.state = tdr.ApplyAll(l.state, events)
	return events[len(events)-1]
}

// receive takes a fact from outside in.
func (l *life) receive(fact tdr.Fact) {
	l.state = tdr.ApplyAll(l.state, tdr.Receive(l.state, fact, l.clock.Now()))
}

// until lets time pass and what falls due happen when it does.
func (l *life) until(at time.Time) {
	for {
		next, ok := tdr.Next(l.state)
		if !ok || next.At.After(at) {
			break
		}
		l.state = tdr.ApplyAll(l.state, tdr.Elapse(l.state, next.At))
	}
	l.clock.set(at)
}

// after is the recording of everything behind a seq, with its notices.
func (l *life) after(seq int64) activities.Recording {
	return activities.Recording{
		RequestID: l.id, Events: l.state.EventsAfter(seq), Row: tdr.Project(l.state), Notices: tdr.Notices(l.state, seq),
	}
}

func (l *life) record(seq int64) activities.Recorded {
	l.t.Helper()
	recorded, err := l.store.Record(l.t.Context(), l.after(seq))
	if err != nil {
		l.t.Fatalf("record: %v", err)
	}
	return recorded
}

// sent is a request whose package lies with the post, on record.
func (w *world) sent() *life {
	w.t.Helper()
	l := w.begin()
	for _, name := range []tdr.Name{tdr.RequestReviewName, tdr.ApproveName, tdr.SendName} {
		l.act(name)
	}
	l.record(0)
	return l
}

// everyone sees everything.
func everyone() api.Sight { return api.Sight{Everything: true} }
