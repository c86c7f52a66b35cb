package gateway_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/gateway"
	"github.com/traveldoc/traveldoc/internal/outgoing"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/retention"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// monday is an ordinary working day in Boston.
var monday = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)

type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.Lock()
	defer c.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.now = c.now.Add(by)
}

type people struct{ snapshot directory.Snapshot }

func (p people) Snapshot(context.Context) (directory.Snapshot, error) { return p.snapshot, nil }

// world is what carries commands, on a real database, with steps between all that it does.
type world struct {
	t        *testing.T
	pool     *pgxpool.Pool
	clock    *clock
	store    *store.Store
	ledger   *gateway.Ledger
	steps    *steps
	engine   *engine
	fence    *fence
	receiver *receiver
	carrier  *api.Carrier

	mu    sync.Mutex
	named int // sendings of a round that the answer to its hold named
}

func newWorld(t *testing.T) *world {
	t.Helper()
	snapshot, err := directory.ParseSeed(directory.ExampleSeed())
	must(t, err)
	packs, err := playbook.Load()
	must(t, err)
	w := &world{t: t, pool: storetest.New(t), clock: &clock{now: monday}, receiver: newReceiver(t)}
	w.store = store.New(w.pool, store.Options{
		Clock: w.clock, Directory: people{snapshot}, Random: rand.Reader, Rules: custody.Newest(), Vault: storetest.Vault(t, w.pool, w.clock),
	})
	w.ledger = gateway.NewLedger(w.pool, w.clock)
	w.steps = &steps{clock: w.clock}
	w.engine = &engine{steps: w.steps, accepted: map[string]bool{}, stopped: map[string]bool{}, rows: map[string]tdr.Row{}}
	w.fence = &fence{steps: w.steps, Fence: w.store, receiver: w.receiver}
	w.carrier, err = api.NewCarrier(api.Config{
		Clock: w.clock, Engine: w.engine, Commands: commands{w.steps, w.store}, Intakes: w.store, Fence: w.fence,
		Holds: holds{w.steps, w.store.Holds()}, LegalEvents: w.store.LegalEvents(), Reads: w.store,
		Documents: documents.NewRows(w.pool, w.clock, documents.Counts{}), Dispatches: w.ledger,
		Persons: w.store.Persons(), Merges: w.store.Merges(), Issuers: w.store.Issuers(), Consents: w.store.Consents(),
		Packages: outgoing.New(w.pool, outgoing.Options{}), LegalHolds: retention.NewLegalHolds(w.pool, w.clock), BreakGlass: w.store.BreakGlass(),
		Gateway:   way{w.steps, gateway.NewWays(w.ledger, w.store), w.receiver},
		Directory: people{snapshot}, Packs: packs, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newID() string { return uuid.NewString() }

// pause waits a random while, as machines do.
func pause(microseconds int) {
	time.Sleep(time.Duration(mathrand.IntN(microseconds)) * time.Microsecond)
}

// life is a request whose package was approved, on record.
type life struct {
	*world
	person string
	state  tdr.State
}

func (w *world) ready() *life {
	w.t.Helper()
	w.steps.crashing.Store(false)
	id := newID()
	l := &life{world: w, person: newID()}
	opening := rehearsal.Opening(id, monday, calendar.CalendarDays, func(open *tdr.Open, _ *tdr.OpeningFacts) {
		open.PersonID, open.PublicCode, open.Officer = l.person, publicCode(id), "officer1"
	})
	opening.CommandID = newID()
	l.state = tdr.Apply(tdr.State{}, opening)
	open := opening.Fact.(*tdr.Opened).Open
	open.Order.Number = "invented"
	_, _, err := w.store.TakeIn(w.t.Context(), api.Intake{
		Command: api.NewCommand{
			ID: opening.CommandID, Principal: "officer1", Operation: "open", Fingerprint: []byte(opening.CommandID),
			RequestID: id, PersonID: l.person, Input: []byte(`{}`),
		},
		Open: open, PackVersion: 1, PackHash: "hash", OpenedAt: monday,
		NewPerson: &api.PersonDetails{FamilyName: "Example", GivenNames: "Ana " + publicCode(id), BirthDate: calendar.Date{Year: 1990, Month: time.May, Day: 5}},
	})
	must(w.t, err)
	_, err = w.pool.Exec(w.t.Context(), `INSERT INTO outgoing_packages (package_id, request_id, person_id, content, country, post, sheet_version, pages, bytes, prepared_at, prepared_by)
		SELECT $1, request_id, person_id, $2, country, post, 0, 1, 1, $4, 'officer1' FROM requests WHERE request_id = $3`, newID(), rehearsal.Content, id, monday)
	must(w.t, err)
	for _, name := range []tdr.Name{tdr.RequestReviewName, tdr.ApproveName} {
		act := rehearsal.Act(name, l.state, monday, func(int) int { return 0 })
		input := rehearsal.Command(newID(), l.state, act)
		input.Facts.Now = monday
		events, err := tdr.Decide(l.state, input.Command, input.Facts)
		must(w.t, err)
		l.state = tdr.ApplyAll(l.state, events)
	}
	row := tdr.Project(l.state)
	_, err = w.store.Record(w.t.Context(), activities.Recording{RequestID: id, Events: l.state.Log, Row: row})
	must(w.t, err)
	w.engine.Lock()
	w.engine.rows[id] = row
	w.engine.Unlock()
	w.steps.crashing.Store(true)
	return l
}

// publicCode differs whenever the id does, as far as six letters can.
func publicCode(id string) string {
	const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	parsed := uuid.MustParse(id)
	text := make([]byte, 6)
	for i := range text {
		text[i] = alphabet[parsed[i]%32]
	}
	return "TD-" + string(text)
}

func (l *life) lift(hold string) {
	_, err := l.store.Holds().Lift(context.Background(), api.Lifting{CommandID: newID(), HoldID: hold, By: "counsel1", Reason: "over"})
	if err != nil {
		l.t.Error(err)
	}
}

// kept is what is on record of a dispatch.
type kept struct {
	status           string
	fence            int64
	recalled, posted bool
}

func (w *world) dispatch(id string) kept {
	var row kept
	err := w.pool.QueryRow(context.Background(), `SELECT d.status, d.fence,
		EXISTS (SELECT FROM recalls c WHERE c.dispatch_id = d.dispatch_id AND c.closed_at IS NULL),
		EXISTS (SELECT FROM notices n WHERE n.filed_under = 'recall/' || d.dispatch_id AND n.recipient = 'post/' || d.post)
		FROM dispatches d WHERE d.dispatch_id = $1`, id).Scan(&row.status, &row.fence, &row.recalled, &row.posted)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		w.t.Error(err)
	}
	return row
}

// checkReleases: what this side released is what arrived, each once.
func (w *world) checkReleases() {
	w.t.Helper()
	var released int
	must(w.t, w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM releases").Scan(&released))
	if released != len(w.receiver.arrived) {
		w.t.Errorf("%d were released and %d arrived", released, len(w.receiver.arrived))
	}
	var stopped int
	must(w.t, w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM releases JOIN dispatches USING (dispatch_id) WHERE status <> 'sent'").Scan(&stopped))
	if stopped != 0 {
		w.t.Errorf("%d left and do not count as sent", stopped)
	}
}
