package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"golang.org/x/mod/sumdb/note"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/courtpdf"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
	"github.com/traveldoc/traveldoc/internal/gateway"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/outgoing"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/retention"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/workflows"
)

func TestMain(m *testing.M) { documentstest.Main(m) }

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

// tokens takes the id of anybody in the directory for a token.
type tokens struct {
	snapshot directory.Snapshot
	down     bool
}

func (v *tokens) Verify(_ context.Context, bearer string) (identity.Principal, error) {
	if v.down {
		return identity.Principal{}, identity.ErrUnavailable
	}
	person, ok := v.snapshot.Person(bearer)
	if !ok {
		return identity.Principal{}, identity.ErrUnauthorized
	}
	caller := identity.Principal{Subject: person.ID, Offices: person.Offices, Countries: person.Countries, Posts: person.Posts}
	for _, role := range person.Roles {
		caller.Roles = append(caller.Roles, identity.Role(role))
	}
	return caller, nil
}

// engine is the core itself, behind the engine's port: what workflows do
// without anything of their durability.
type engine struct {
	sync.Mutex
	clock  *clock
	states map[string]tdr.State
	away   bool // nothing arrives
	lost   bool // what arrives has its effect, and the answer is lost
	forgot bool // an ended workflow's history is not kept
	asked  int
	then   func()      // between accepting a command and answering it
	poked  sync.Map    // recipients whose mailboxes were woken
	deaf   atomic.Bool // no mailbox is woken
}

func (e *engine) StartRequest(_ context.Context, id string, input workflows.RequestInput) error {
	e.Lock()
	defer e.Unlock()
	if e.away {
		return workflows.ErrEngineAway
	}
	if _, runs := e.states[id]; !runs {
		e.states[id] = input.State
	}
	if e.lost {
		return workflows.ErrEngineAway
	}
	return nil
}

func (e *engine) Command(_ context.Context, id string, input workflows.CommandInput) (workflows.CommandResult, error) {
	e.Lock()
	defer e.Unlock()
	e.asked++
	if e.away {
		return workflows.CommandResult{}, workflows.ErrEngineAway
	}
	result, err := e.apply(id, input)
	if e.then != nil {
		e.then()
	}
	if e.lost {
		return workflows.CommandResult{}, workflows.ErrEngineAway
	}
	return result, err
}

func (e *engine) apply(id string, input workflows.CommandInput) (workflows.CommandResult, error) {
	state, known := e.states[id]
	if !known {
		return workflows.CommandResult{}, workflows.ErrNotStarted
	}
	events := brought(state, input.Command.ID)
	if state.Stage == tdr.Closed && (events == nil || e.forgot) {
		return workflows.CommandResult{}, workflows.ErrClosed
	}
	if events == nil {
		if input.Seen != 0 && input.Seen < state.MaterialSeq {
			return workflows.CommandResult{}, &tdr.Refusal{Code: tdr.Stale}
		}
		input.Facts.Now = e.clock.Now()
		var err error
		if events, err = tdr.Decide(state, input.Command, input.Facts); err != nil {
			return workflows.CommandResult{}, err
		}
		state = tdr.ApplyAll(state, events)
		e.states[id] = state
	}
	return workflows.CommandResult{Seq: state.Seq, Events: events, Row: tdr.Project(state)}, nil
}

func brought(state tdr.State, command string) []tdr.Event {
	var events []tdr.Event
	for _, event := range state.Log {
		if event.CommandID == command {
			events = append(events, event)
		}
	}
	return events
}

func (e *engine) Poke(_ context.Context, recipient string) error {
	if e.deaf.Load() {
		return workflows.ErrEngineAway
	}
	e.poked.Store(recipient, true)
	return nil
}

func (e *engine) set(change func(*engine)) {
	e.Lock()
	defer e.Unlock()
	change(e)
}

// reports are fixed figures.
type reports struct{ asked api.BottleneckQuery }

func (r *reports) Bottlenecks(_ context.Context, query api.BottleneckQuery) ([]api.Bottleneck, error) {
	r.asked = query
	return []api.Bottleneck{{Key: "GHA", Requests: 3, Open: 2, Closed: 1, WaitingDays: 41.5}}, nil
}

// post tells what mail events say without a signature.
type post struct{ err error }

func (p *post) Verify(http.Header, []byte, time.Time) ([]api.MailEvent, error) { return nil, p.err }

// world is the whole API on a database of its own.
type world struct {
	met       atomic.Int64 // persons, for their names
	t         testing.TB
	line      *line
	pool      *pgxpool.Pool
	clock     *clock
	engine    *engine
	tokens    *tokens
	store     *store.Store
	reports   *reports
	post      *post
	vault     *vault.Vault
	files     *documents.Files
	folder    *documents.Folder
	packages  *outgoing.Packages
	papers    papers
	server    *api.Server
	sequencer *audit.Sequencer
	signed    note.Verifier
	log       *bytes.Buffer
	routes    routers.Router
}

func newWorld(t testing.TB, change ...func(*api.Config)) *world {
	t.Helper()
	snapshot, err := directory.ParseSeed(directory.ExampleSeed())
	must(t, err)
	packs, err := examplePacks()
	must(t, err)
	routes, err := contractRoutes()
	must(t, err)
	w := &world{
		t: t, line: &line{}, clock: &clock{now: monday}, tokens: &tokens{snapshot: snapshot},
		reports: &reports{}, post: &post{}, log: &bytes.Buffer{}, routes: routes,
	}
	w.pool = w.line.pool(t)
	w.engine = &engine{clock: w.clock, states: map[string]tdr.State{}}
	w.vault = storetest.Vault(t, w.pool, w.clock)
	w.store = store.New(w.pool, store.Options{Clock: w.clock, Directory: people{snapshot}, Random: rand.Reader, Rules: custody.Newest(), Vault: w.vault})
	rows, files, folder := documentstest.New(t, w.pool, w.vault, w.clock)
	w.files, w.folder = files, folder
	w.papers = papers{}
	w.packages = outgoing.New(w.pool, outgoing.Options{
		Vault: w.vault, Clock: w.clock, People: w.store, Documents: shelf{w.papers, rows}, Files: drawer{w.papers, files},
	})
	ledger := gateway.NewLedger(w.pool, w.clock)
	config := api.Config{
		Dispatches: ledger, Gateway: gateway.NewWays(ledger, w.store),
		Clock: w.clock, Verifier: w.tokens, Engine: w.engine, Commands: w.store, Intakes: w.store, Fence: w.store,
		Holds: w.store.Holds(), LegalEvents: w.store.LegalEvents(), Reads: w.store, Documents: rows, Files: files, LegalHolds: retention.NewLegalHolds(w.pool, w.clock), BreakGlass: w.store.BreakGlass(),
		UploadLimit: documentstest.Limits().Bytes, Reports: w.reports, MailEvents: w.post,
		Persons: w.store.Persons(), Merges: w.store.Merges(), Issuers: w.store.Issuers(), Consents: w.store.Consents(),
		MailReports: w.store, Audit: audit.NewLog(w.pool), Print: courtpdf.Printer{}, Directory: people{snapshot}, Packs: packs, Packages: w.packages, Health: map[string]api.Health{"database": w.store},
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, each := range change {
		each(&config)
	}
	w.server, err = api.New(config)
	must(t, err)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contractDocument(t testing.TB) *openapi3.T {
	t.Helper()
	document, err := contractFile()
	must(t, err)
	return document
}

// The contract, its routes and the packs are read once for all tests, which only look things up in them.
var (
	contractFile   = sync.OnceValues(func() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromFile("openapi.yaml") })
	contractRoutes = sync.OnceValues(func() (routers.Router, error) {
		document, err := contractFile()
		if err != nil {
			return nil, err
		}
		return gorillamux.NewRouter(document)
	})
	examplePacks = sync.OnceValues(func() (playbook.Library, error) { return playbook.Load() })
)

// count counts rows.
func (w *world) count(from string, arguments ...any) int {
	w.t.Helper()
	var n int
	must(w.t, w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM "+from, arguments...).Scan(&n))
	return n
}

// recordingOf is a whole history with the read model and notices after it.
func recordingOf(state tdr.State) activities.Recording {
	return activities.Recording{RequestID: state.ID, Events: state.Log, Row: tdr.Project(state), Notices: tdr.Notices(state, 0)}
}

// line is the way to the database, which can be cut.
type line struct {
	sync.Mutex
	broken bool
	open   []net.Conn
}

func (l *line) pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	config := storetest.New(t).Config()
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		l.Lock()
		defer l.Unlock()
		if l.broken {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		conn, err := dial(ctx, network, address)
		l.open = append(l.open, conn)
		return conn, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func (l *line) cut() {
	l.Lock()
	defer l.Unlock()
	l.broken = true
	for _, conn := range l.open {
		conn.Close()
	}
}
