package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/courtpdf"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
	"github.com/traveldoc/traveldoc/internal/gateway"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/outgoing"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/retention"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/internal/web"
	"github.com/traveldoc/traveldoc/workflows"
)

// monday is an ordinary working day in Boston.
var monday = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)

const someHash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.Lock()
	defer c.Unlock()
	return c.now
}

func (c *clock) set(to time.Time) {
	c.Lock()
	defer c.Unlock()
	c.now = to
}

type people struct{ snapshot directory.Snapshot }

func (p people) Snapshot(context.Context) (directory.Snapshot, error) { return p.snapshot, nil }

// caller is somebody of the directory.
func (p people) caller(id string) (identity.Principal, error) {
	person, ok := p.snapshot.Person(id)
	if !ok {
		return identity.Principal{}, identity.ErrUnauthorized
	}
	caller := identity.Principal{Subject: id, Name: person.Name, Offices: person.Offices, Countries: person.Countries, Posts: person.Posts}
	for _, role := range person.Roles {
		caller.Roles = append(caller.Roles, identity.Role(role))
	}
	return caller, nil
}

// Verify takes the id of anybody in the directory for a token.
func (p people) Verify(_ context.Context, bearer string) (identity.Principal, error) {
	return p.caller(bearer)
}

// door leads back at once, signed in as whoever the test chose.
type door struct {
	sync.Mutex
	people people
	user   string
	err    error
	site   func() string
}

func (d *door) Begin(context.Context) (identity.Attempt, string, error) {
	d.Lock()
	defer d.Unlock()
	if d.err != nil {
		return identity.Attempt{}, "", d.err
	}
	state := uuid.NewString()
	return identity.Attempt{State: state, Nonce: "n", Verifier: "v"}, d.site() + web.SignInReturn + "?" + url.Values{"state": {state}, "code": {d.user}}.Encode(), nil
}

func (d *door) Finish(_ context.Context, attempt identity.Attempt, answer url.Values) (identity.Principal, error) {
	if attempt.State == "" || attempt.State != answer.Get("state") {
		return identity.Principal{}, identity.ErrNotSignedIn
	}
	if answer.Get("code") == "nobody" {
		return identity.Principal{Subject: "nobody"}, nil
	}
	return d.people.caller(answer.Get("code"))
}

// engine is the core itself, behind the engine's port.
type engine struct {
	sync.Mutex
	clock  *clock
	states map[string]tdr.State
	away   bool
}

func (e *engine) StartRequest(_ context.Context, id string, input workflows.RequestInput) error {
	e.Lock()
	defer e.Unlock()
	if _, runs := e.states[id]; !runs {
		e.states[id] = input.State
	}
	return nil
}

func (e *engine) Command(_ context.Context, id string, input workflows.CommandInput) (workflows.CommandResult, error) {
	e.Lock()
	defer e.Unlock()
	if e.away {
		return workflows.CommandResult{}, workflows.ErrEngineAway
	}
	state := e.states[id]
	if input.Seen != 0 && input.Seen < state.MaterialSeq {
		return workflows.CommandResult{}, &tdr.Refusal{Code: tdr.Stale}
	}
	input.Facts.Now = e.clock.Now()
	events, err := tdr.Decide(state, input.Command, input.Facts)
	if err != nil {
		return workflows.CommandResult{}, err
	}
	state = tdr.ApplyAll(state, events)
	e.states[id] = state
	return workflows.CommandResult{Seq: state.Seq, Events: events, Row: tdr.Project(state)}, nil
}

func (e *engine) Poke(context.Context, string) error { return nil }

func (e *engine) set(change func(*engine)) {
	e.Lock()
	defer e.Unlock()
	change(e)
}

type noReports struct{}

func (noReports) Bottlenecks(context.Context, api.BottleneckQuery) ([]api.Bottleneck, error) {
	return nil, nil
}

type noMailEvents struct{}

func (noMailEvents) Verify(http.Header, []byte, time.Time) ([]api.MailEvent, error) { return nil, nil }

// world is the pages on the whole API and a database of their own.
type world struct {
	t        testing.TB
	pool     *pgxpool.Pool
	clock    *clock
	people   people
	engine   *engine
	openings int
	door     *door
	store    *store.Store
	vault    *vault.Vault
	api      *api.Server
	log      *safeBuffer
	server   *httptest.Server
}

// safeBuffer is written by several requests at once.
type safeBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) text() string {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.String()
}

// examplePacks are read once for all tests, which only look things up in them.
var examplePacks = sync.OnceValues(func() (playbook.Library, error) { return playbook.Load() })

func newWorld(t testing.TB) *world {
	t.Helper()
	snapshot, err := directory.ParseSeed(directory.ExampleSeed())
	must(t, err)
	packs, err := examplePacks()
	must(t, err)
	w := &world{t: t, pool: storetest.New(t), clock: &clock{now: monday}, people: people{snapshot}, log: &safeBuffer{}}
	w.engine = &engine{clock: w.clock, states: map[string]tdr.State{}}
	v := storetest.Vault(t, w.pool, w.clock)
	w.vault = v
	w.store = store.New(w.pool, store.Options{Clock: w.clock, Directory: w.people, Random: rand.Reader, Rules: custody.Newest(), Vault: v})
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	rows, files, _ := documentstest.New(t, w.pool, v, w.clock)
	ledger := gateway.NewLedger(w.pool, w.clock)
	w.api, err = api.New(api.Config{
		Dispatches: ledger, Gateway: gateway.NewWays(ledger, w.store),
		Clock: w.clock, Verifier: identity.CallerVerifier{Tokens: w.people}, Engine: w.engine, Commands: w.store, Intakes: w.store,
		Fence: w.store, Holds: w.store.Holds(), LegalEvents: w.store.LegalEvents(), Reads: w.store, Documents: rows, Files: files,
		Packages:   outgoing.New(w.pool, outgoing.Options{Vault: v, Clock: w.clock, People: w.store, Documents: rows, Files: files}),
		LegalHolds: retention.NewLegalHolds(w.pool, w.clock), BreakGlass: w.store.BreakGlass(),
		Reports: noReports{},
		Persons: w.store.Persons(), Merges: w.store.Merges(), Consents: w.store.Consents(),
		Issuers:    w.store.Issuers(),
		MailEvents: noMailEvents{}, MailReports: w.store, Audit: audit.NewLog(w.pool), Print: courtpdf.Printer{}, Directory: w.people, Packs: packs, Log: log,
	})
	must(t, err)
	sessions, err := identity.NewSessions(w.pool, identity.SessionConfig{Now: w.clock.Now, Random: rand.Reader})
	must(t, err)
	w.server = httptest.NewUnstartedServer(nil)
	w.door = &door{people: w.people, site: func() string { return w.server.URL }}
	site, err := web.New(web.Config{
		API: w.api, Sessions: sessions, SignIn: w.door, Index: w.store, Audit: audit.NewLog(w.pool), Directory: w.people, Clock: w.clock, Log: log,
		PublicURL: "http://" + w.server.Listener.Addr().String(),
		Country: func(alpha3 string) string {
			country, _ := packs.Country(alpha3)
			return country.Name
		},
	})
	must(t, err)
	w.server.Config.Handler = site
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type fields map[string]any

type request struct {
	ID      string `json:"id"`
	Code    string `json:"code"`
	Country string `json:"country"`
	Person  string `json:"person_id"`
	Stage   string `json:"stage"`
	Version string `json:"version"`
}

// call makes a call of the API as somebody and expects success.
func (w *world) call(user, method, path string, body any, header ...string) []byte {
	w.t.Helper()
	got := w.ask(user, method, path, body, header...)
	if got.Code >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, got.Code, got.Body)
	}
	return got.Body.Bytes()
}

// ask makes a call of the API as somebody.
func (w *world) ask(user, method, path string, body any, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	raw, err := json.Marshal(body)
	must(w.t, err)
	if body == nil {
		raw = nil
	}
	asked := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(raw))
	asked.Header.Set("Authorization", "Bearer "+user)
	asked.Header.Set("Idempotency-Key", uuid.NewString())
	if body != nil {
		asked.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		asked.Header.Set(header[i], header[i+1])
	}
	got := httptest.NewRecorder()
	w.api.ServeHTTP(got, asked)
	return got
}

// opened is a request of an invented person, opened by officer1.
func (w *world) opened(with ...any) request {
	w.t.Helper()
	// One letter more for each: who is alike is held.
	name := "Exampleton" + strings.Repeat("n", w.openings)
	w.openings++
	opening := fields{
		"person":  fields{"family_name": name, "given_names": "Kofi", "birth_date": "1990-05-17"},
		"country": "GHA", "post": "gha-washington", "field_office": "BOS",
		"order": fields{"type": "final_removal", "number": "ORDER-77", "date": "2026-01-15", "source": someHash},
	}
	for i := 0; i+1 < len(with); i += 2 {
		opening[with[i].(string)] = with[i+1]
	}
	var answer struct{ Request request }
	must(w.t, json.Unmarshal(w.call("officer1", "POST", "/v1/requests", opening), &answer))
	return answer.Request
}

// act gives a command upon a request as it stands.
func (w *world) act(user string, r request, command string, body any) request {
	w.t.Helper()
	var answer struct{ Request request }
	must(w.t, json.Unmarshal(w.call(user, "POST", "/v1/requests/"+r.ID+"/"+command, body, "If-Match", w.version(user, r)), &answer))
	return answer.Request
}

// refused gives a command that has to be refused, and tells with which status.
func (w *world) refused(user string, r request, command string, body any) int {
	w.t.Helper()
	return w.ask(user, "POST", "/v1/requests/"+r.ID+"/"+command, body, "If-Match", w.version(user, r)).Code
}

func (w *world) version(user string, r request) string {
	w.t.Helper()
	return `"` + w.stands(user, r) + `"`
}

// stands is the version of a request as it stands.
func (w *world) stands(user string, r request) string {
	w.t.Helper()
	var now struct{ Request request }
	must(w.t, json.Unmarshal(w.call(user, "GET", "/v1/requests/"+r.ID, nil), &now))
	return now.Request.Version
}

// inReview is a request handed over by officer1, with a reason for each gap.
func (w *world) inReview() request {
	w.t.Helper()
	return w.inReviewOf()
}

// inReviewOf is one whose package holds a letter, if one is given.
func (w *world) inReviewOf(letter ...string) request {
	w.t.Helper()
	return w.handedOver(w.opened(), letter...)
}

// handedOver is a request that was opened, in review.
func (w *world) handedOver(r request, letter ...string) request {
	w.t.Helper()
	packs, err := examplePacks()
	must(w.t, err)
	pack, _ := packs.Version(r.Country, 1)
	var present []string
	var gaps []any
	for _, item := range pack.Required() {
		if playbook.Made(item.ID) {
			present = append(present, item.ID)
		} else {
			gaps = append(gaps, fields{"item": item.ID, "reason": "to_be_taken"})
		}
	}
	return w.act("officer1", r, "request-review", fields{"content": w.prepare(r, letter...), "present": present, "gaps": gaps})
}

// prepare makes a package of a request with a letter, if one is given, and gives its content.
func (w *world) prepare(r request, letter ...string) string {
	w.t.Helper()
	order := fields{"documents": []string{}}
	if len(letter) > 0 {
		order["letter"] = letter[0]
	}
	var made struct{ Content string }
	must(w.t, json.Unmarshal(w.call("officer1", "POST", "/v1/requests/"+r.ID+"/packages", order), &made))
	return made.Content
}

// content names the package of a request that was prepared last.
func (w *world) content(r request) string {
	w.t.Helper()
	var made struct{ Packages []struct{ Content string } }
	must(w.t, json.Unmarshal(w.call("officer1", "GET", "/v1/requests/"+r.ID+"/packages", nil), &made))
	return made.Packages[0].Content
}

// sent is a request whose package lies with the post.
func (w *world) sent() request {
	w.t.Helper()
	return w.sentBy("courier", w.opened())
}

// sentBy is a request that was opened, with the post on a channel.
func (w *world) sentBy(channel string, r request) request {
	w.t.Helper()
	r = w.handedOver(r)
	r = w.act("supervisor1", r, "approve", fields{"content": w.content(r)})
	return w.act("officer1", r, "send", fields{"content": w.content(r), "channel": channel})
}

// dispatch is the id of what left last for a request.
func (w *world) dispatch(r request) string {
	w.t.Helper()
	var out struct{ Dispatches []struct{ ID string } }
	must(w.t, json.Unmarshal(w.call("officer1", "GET", "/v1/requests/"+r.ID+"/dispatches", nil), &out))
	return out.Dispatches[0].ID
}

// wait lets time pass, has what falls due happen, and records it.
func (w *world) wait(r request, days int) {
	w.t.Helper()
	until := w.clock.Now().AddDate(0, 0, days)
	w.engine.Lock()
	defer w.engine.Unlock()
	state := w.engine.states[r.ID]
	before := state.Seq
	for {
		next, ok := tdr.Next(state)
		if !ok || next.At.After(until) {
			break
		}
		state = tdr.ApplyAll(state, tdr.Elapse(state, next.At))
	}
	w.engine.states[r.ID] = state
	w.clock.set(until)
	_, err := w.store.Record(w.t.Context(), activities.Recording{
		RequestID: r.ID, Events: state.EventsAfter(before), Row: tdr.Project(state), Notices: tdr.Notices(state, before),
	})
	must(w.t, err)
}

// mailed is the path of the link in the mail that a recipient gets now.
func (w *world) mailed(recipient string) string {
	w.t.Helper()
	ledger := w.store.Ledger(store.Letterhead{
		Renderer: store.RenderFunc(mail.Render), PublicURL: w.server.URL, Desk: "ERO TD desk", Country: func(string) string { return "Ghana" },
	})
	envelopes, err := ledger.Collect(w.t.Context(), recipient)
	must(w.t, err)
	if len(envelopes) == 0 {
		w.t.Fatalf("no mail waits for %s", recipient)
	}
	_, link, found := strings.Cut(envelopes[0].Text, w.server.URL)
	if !found {
		w.t.Fatalf("the mail has no link:\n%s", envelopes[0].Text)
	}
	return strings.Fields(link)[0]
}

// escalation is the id of the newest asking of a level.
func (w *world) escalation(r request, level int) string {
	w.t.Helper()
	list, err := w.store.Escalations(w.t.Context(), r.ID)
	must(w.t, err)
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Level == level {
			return list[i].ID
		}
	}
	w.t.Fatalf("level %d was not asked: %+v", level, list)
	return ""
}
