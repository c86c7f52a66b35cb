package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
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

func (e *engine) Poke(context.Context, string) error { return nil }

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
	t       testing.TB
	line    *line
	pool    *pgxpool.Pool
	clock   *clock
	engine  *engine
	tokens  *tokens
	store   *store.Store
	reports *reports
	post    *post
	server  *api.Server
	log     *bytes.Buffer
	routes  routers.Router
}

func newWorld(t testing.TB, change ...func(*api.Config)) *world {
	t.Helper()
	snapshot, err := directory.ParseSeed(directory.ExampleSeed())
	must(t, err)
	packs, err := playbook.Load()
	must(t, err)
	w := &world{
		t: t, line: &line{}, clock: &clock{now: monday}, tokens: &tokens{snapshot: snapshot},
		reports: &reports{}, post: &post{}, log: &bytes.Buffer{}, routes: contractRoutes(t),
	}
	w.pool = w.line.pool(t)
	w.engine = &engine{clock: w.clock, states: map[string]tdr.State{}}
	w.store = store.New(w.pool, store.Options{Clock: w.clock, Directory: people{snapshot}, Random: rand.Reader, Rules: custody.Version1()})
	config := api.Config{
		Clock: w.clock, Verifier: w.tokens, Engine: w.engine, Commands: w.store, Intakes: w.store, Fence: w.store,
		Holds: w.store.Holds(), LegalEvents: w.store.LegalEvents(), Reads: w.store, Reports: w.reports, MailEvents: w.post,
		MailReports: w.store, Directory: people{snapshot}, Packs: packs, Health: map[string]api.Health{"database": w.store},
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
	document, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	must(t, err)
	return document
}

func contractRoutes(t testing.TB) routers.Router {
	t.Helper()
	routes, err := gorillamux.NewRouter(contractDocument(t))
	must(t, err)
	return routes
}

// answer is what a call got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem() string {
	var problem struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(a.body, &problem) != nil {
		return ""
	}
	return strings.TrimPrefix(problem.Type, "/problems/")
}

// faults are the fields that a problem names, with their rules.
func (a answer) faults() map[string]string {
	var problem struct {
		Errors []struct{ Field, Rule string } `json:"errors"`
	}
	faults := map[string]string{}
	if json.Unmarshal(a.body, &problem) == nil {
		for _, each := range problem.Errors {
			faults[each.Field] = each.Rule
		}
	}
	return faults
}

func read[T any](t testing.TB, a answer) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(a.body, &value); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return value
}

// raw makes a call as it is given, and holds the answer against the contract.
func (w *world) raw(method, path string, header http.Header, body []byte) answer {
	w.t.Helper()
	request := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(body))
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, request)
	result := answer{status: recorded.Code, header: recorded.Header(), body: recorded.Body.Bytes()}
	w.holds(request, result)
	return result
}

// holds: every answer is one that the contract knows for the operation.
func (w *world) holds(request *http.Request, got answer) {
	w.t.Helper()
	if got.status >= 500 && got.status != http.StatusServiceUnavailable {
		w.t.Errorf("%s %s: %d %s\n%s", request.Method, request.URL, got.status, got.body, w.log)
	}
	if got.status >= 400 && got.header.Get("Content-Type") != "application/problem+json" && !strings.HasPrefix(request.URL.Path, "/a/") {
		w.t.Errorf("%s %s: %d is %s", request.Method, request.URL, got.status, got.header.Get("Content-Type"))
	}
	route, path, err := w.routes.FindRoute(request)
	if err != nil {
		return
	}
	err = openapi3filter.ValidateResponse(w.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: path, Route: route},
		Status:                 got.status, Header: got.header, Body: io.NopCloser(bytes.NewReader(got.body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: strings.HasPrefix(got.header.Get("Content-Type"), "text/html"),
		},
	})
	if err != nil {
		w.t.Errorf("%s %s: %d %s\nis not in the contract: %v", request.Method, request.URL, got.status, got.body, err)
	}
}

// ask makes a call as somebody; a body that is no []byte is written as JSON.
func (w *world) ask(user, method, path string, body any, header ...string) answer {
	w.t.Helper()
	all := http.Header{"Authorization": {"Bearer " + user}}
	for i := 0; i+1 < len(header); i += 2 {
		all.Set(header[i], header[i+1])
	}
	raw, ok := body.([]byte)
	if !ok && body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(w.t, err)
	}
	if body != nil && all.Get("Content-Type") == "" {
		all.Set("Content-Type", "application/json")
	}
	return w.raw(method, path, all, raw)
}

func (w *world) get(user, path string) answer {
	w.t.Helper()
	return w.ask(user, http.MethodGet, path, nil)
}

func newKey() string { return uuid.NewString() }

// post changes something under a new key.
func (w *world) change(user, path string, body any, header ...string) answer {
	w.t.Helper()
	return w.ask(user, http.MethodPost, path, body, append([]string{"Idempotency-Key", newKey()}, header...)...)
}

type fields map[string]any

// with is a copy with other fields; a nil value takes one out.
func (f fields) with(changes ...any) fields {
	copied := fields{}
	for name, value := range f {
		copied[name] = value
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == nil {
			delete(copied, changes[i].(string))
			continue
		}
		copied[changes[i].(string)] = changes[i+1]
	}
	return copied
}

const someHash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// newRequest is a good body of POST /v1/requests about somebody new.
func newRequest() fields {
	return fields{
		"person":  fields{"family_name": "Example", "given_names": "Ana", "birth_date": "1990-05-05"},
		"country": "GHA", "post": "gha-washington", "field_office": "BOS",
		"order": fields{"type": "removal", "number": "ORDER-77", "date": "2026-01-15", "source": someHash},
	}
}

type request struct {
	ID       string   `json:"id"`
	Code     string   `json:"code"`
	PersonID string   `json:"person_id"`
	Stage    string   `json:"stage"`
	Seq      int64    `json:"seq"`
	Version  string   `json:"version"`
	OnHold   bool     `json:"on_hold"`
	Officer  string   `json:"officer"`
	Outcome  string   `json:"outcome"`
	Allowed  []string `json:"allowed"`
}

type changed struct {
	Request request     `json:"request"`
	Events  []tdr.Event `json:"events"`
}

// open opens a request as officer1.
func (w *world) open() request {
	w.t.Helper()
	got := w.change("officer1", "/v1/requests", newRequest())
	if got.status != http.StatusCreated {
		w.t.Fatalf("open: %d %s\n%s", got.status, got.body, w.log)
	}
	return read[changed](w.t, got).Request
}

// act gives a command upon a request as it stands.
func (w *world) act(user string, r *request, command string, body any) answer {
	w.t.Helper()
	got := w.change(user, "/v1/requests/"+r.ID+"/"+command, body, "If-Match", `"`+r.Version+`"`)
	if got.status == http.StatusOK {
		*r = read[changed](w.t, got).Request
	}
	return got
}

// do gives a command that has to succeed.
func (w *world) do(user string, r *request, command string, body any) {
	w.t.Helper()
	if got := w.act(user, r, command, body); got.status != http.StatusOK {
		w.t.Fatalf("%s: %d %s\n%s", command, got.status, got.body, w.log)
	}
}

// reviewed brings a request to ready.
func (w *world) reviewed() request {
	w.t.Helper()
	r := w.open()
	w.do("officer1", &r, "request-review", fields{"content": someHash, "present": w.required()})
	w.do("supervisor1", &r, "approve", fields{"content": someHash})
	return r
}

// required are the items that the pack of Ghana asks for.
func (w *world) required() []string {
	w.t.Helper()
	packs, err := playbook.Load()
	must(w.t, err)
	pack, ok := packs.Version("GHA", 1)
	if !ok {
		w.t.Fatal(errors.New("no pack for GHA"))
	}
	var items []string
	for _, item := range pack.Required() {
		items = append(items, item.ID)
	}
	return items
}

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
