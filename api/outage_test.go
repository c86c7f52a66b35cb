package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// A repeated key gets the very first answer, whatever happened since.
func TestARepeatedKeyGetsTheFirstAnswer(t *testing.T) {
	w := newWorld(t)
	key := newKey()
	first := w.ask("officer1", "POST", "/v1/requests", newRequest(), "Idempotency-Key", key)
	r := read[changed](t, first).Request
	path := "/v1/requests/" + r.ID + "/request-review"
	w.prepare(r)
	review := fields{"content": w.content(r)}.with(w.paperless()...)
	reviewKey := newKey()
	changed := w.ask("officer1", "POST", path, review, "Idempotency-Key", reviewKey, "If-Match", `"1.1"`)
	refusedKey := newKey()
	refused := w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/send", fields{"content": w.content(r), "channel": "courier"}, "Idempotency-Key", refusedKey, "If-Match", `"2.1"`)
	if first.status != 201 || changed.status != 200 || refused.status != 409 {
		t.Fatalf("%d %d %d", first.status, changed.status, refused.status)
	}
	same := func(name string, a, b answer) {
		t.Helper()
		if a.status != b.status || string(a.body) != string(b.body) || a.header.Get("ETag") != b.header.Get("ETag") || a.header.Get("Location") != b.header.Get("Location") {
			t.Errorf("%s: first %d %s, then %d %s", name, a.status, a.body, b.status, b.body)
		}
	}
	same("opening", first, w.ask("officer1", "POST", "/v1/requests", newRequest(), "Idempotency-Key", key))
	same("change", changed, w.ask("officer1", "POST", path, review, "Idempotency-Key", reviewKey, "If-Match", `"1.1"`))
	same("refusal", refused, w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/send", fields{"content": w.content(r), "channel": "courier"}, "Idempotency-Key", refusedKey, "If-Match", `"2.1"`))
	if n := w.count("events WHERE request_id = $1", r.ID); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
	for name, got := range map[string]answer{
		"another body":   w.ask("officer1", "POST", path, review.with("note", "x"), "Idempotency-Key", reviewKey, "If-Match", `"1.1"`),
		"another stage":  w.ask("officer1", "POST", path, review.with("note", "x"), "Idempotency-Key", reviewKey, "If-Match", `"2.1"`),
		"another path":   w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/withdraw", fields{"outcome": "other", "reason": "x"}, "Idempotency-Key", key, "If-Match", `"2.1"`),
		"another caller": w.ask("officer2", "POST", path, review, "Idempotency-Key", reviewKey, "If-Match", `"1.1"`),
		"another person": w.ask("officer1", "POST", "/v1/requests", newRequest().with("high_harm", true), "Idempotency-Key", key),
	} {
		if got.status != 422 || got.problem() != "key_reused" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// Many at once under one key are one command, and all hear the same.
func TestOneKeyManyTimesAtOnce(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	key, openKey := newKey(), newKey()
	answers := make([]answer, 12)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() {
			if i%2 == 0 {
				answers[i] = w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/withdraw", fields{"outcome": "other", "reason": "x"}, "Idempotency-Key", key, "If-Match", `"1.1"`)
			} else {
				answers[i] = w.ask("officer1", "POST", "/v1/requests", newRequest(), "Idempotency-Key", openKey)
			}
		})
	}
	wait.Wait()
	for i, got := range answers {
		if want := answers[i%2]; got.status != want.status || string(got.body) != string(want.body) || got.status >= 300 {
			t.Errorf("%d: %d %s", i, got.status, got.body)
		}
	}
	if n := w.count("requests"); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
	if n := w.count("events WHERE request_id = $1", r.ID); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

// With the engine away what was stored is 202, and carried on when it returns.
func TestTheEngineAway(t *testing.T) {
	for name, break1 := range map[string]func(*engine){
		"nothing arrives":    func(e *engine) { e.away = true },
		"the answer is lost": func(e *engine) { e.lost = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.reviewed()
			w.engine.set(break1)
			sendKey, openKey := newKey(), newKey()
			send := fields{"content": w.content(r), "channel": "courier"}
			sent := w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/send", send, "Idempotency-Key", sendKey, "If-Match", `"`+r.Version+`"`)
			opened := w.ask("officer1", "POST", "/v1/requests", newRequest(), "Idempotency-Key", openKey)
			for _, got := range []answer{sent, opened} {
				if got.status != http.StatusAccepted || !strings.HasPrefix(got.header.Get("Location"), "/v1/commands/") {
					t.Fatalf("%d %s", got.status, got.body)
				}
				if state := w.get("officer1", got.header.Get("Location")); !strings.Contains(string(state.body), `"status":"stored"`) {
					t.Errorf("%s", state.body)
				}
			}
			w.engine.set(func(e *engine) { e.away, e.lost = false, false })
			must(t, w.server.CarryOn(t.Context(), sendKey))
			must(t, w.server.CarryOn(t.Context(), openKey))
			must(t, w.server.CarryOn(t.Context(), sendKey))
			again := w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/send", send, "Idempotency-Key", sendKey, "If-Match", `"`+r.Version+`"`)
			if again.status != 200 || read[changed](t, again).Request.Stage != "submitted" {
				t.Errorf("after it returned: %d %s", again.status, again.body)
			}
			if got := w.ask("officer1", "POST", "/v1/requests", newRequest(), "Idempotency-Key", openKey); got.status != 201 {
				t.Errorf("opening: %d %s", got.status, got.body)
			}
			if state := w.get("officer1", sent.header.Get("Location")); !strings.Contains(string(state.body), `"status":"done"`) || !strings.Contains(string(state.body), `"submitted"`) {
				t.Errorf("%s", state.body)
			}
			if got := w.get("officer2", sent.header.Get("Location")); got.status != 404 {
				t.Errorf("another's command: %d", got.status)
			}
			if n := w.count("dispatches WHERE status = 'sent'"); n != 1 {
				t.Errorf("%d dispatches sent", n)
			}
		})
	}
}

// A last command whose answer was lost is answered from the record once the
// workflow has ended.
func TestALostLastAnswerIsFoundInTheRecord(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.engine.set(func(e *engine) { e.lost = true })
	key := newKey()
	body := fields{"outcome": "other", "reason": "x"}
	w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/withdraw", body, "Idempotency-Key", key, "If-Match", `"1.1"`)
	w.engine.set(func(e *engine) { e.lost, e.forgot = false, true })
	if err := w.server.CarryOn(t.Context(), key); err == nil {
		t.Fatal("the record lags and the command was answered")
	}
	w.record(r.ID)
	must(t, w.server.CarryOn(t.Context(), key))
	got := w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/withdraw", body, "Idempotency-Key", key, "If-Match", `"1.1"`)
	if got.status != 200 || read[changed](t, got).Request.Outcome != "other" {
		t.Errorf("%d %s", got.status, got.body)
	}
	late := w.change("officer1", "/v1/requests/"+r.ID+"/withdraw", body, "If-Match", `"2.1"`)
	if late.problem() != "stage_forbids" {
		t.Errorf("late: %d %s", late.status, late.body)
	}
}

// away is a port of the database that does not answer, from some call on.
type away struct {
	api.Commands
	api.Intakes
	sync.Mutex
	after int
}

func (a *away) gone() error {
	a.Lock()
	defer a.Unlock()
	if a.after--; a.after < 0 {
		return fmt.Errorf("database: %w", api.ErrUnavailable)
	}
	return nil
}

func (a *away) Store(ctx context.Context, command api.NewCommand) (api.StoredCommand, bool, error) {
	if err := a.gone(); err != nil {
		return api.StoredCommand{}, false, err
	}
	return a.Commands.Store(ctx, command)
}

func (a *away) TakeIn(ctx context.Context, intake api.Intake) (api.StoredCommand, bool, error) {
	if err := a.gone(); err != nil {
		return api.StoredCommand{}, false, err
	}
	return a.Intakes.TakeIn(ctx, intake)
}

// With PostgreSQL away nothing is half-done: nothing reaches the engine that is not stored.
func TestTheDatabaseAway(t *testing.T) {
	broken := &away{after: 1}
	w := newWorld(t, func(c *api.Config) {
		broken.Commands, broken.Intakes = c.Commands, c.Intakes
		c.Commands, c.Intakes = broken, broken
	})
	r := w.open()
	for name, got := range map[string]answer{
		"opening": w.change("officer1", "/v1/requests", newRequest()),
		"change":  w.act("officer1", &r, "withdraw", fields{"outcome": "other", "reason": "x"}),
		"hold":    w.change("officer1", "/v1/holds", fields{"scope": "request", "request_id": r.ID, "kind": "counsel", "source": someHash, "dated": "2026-03-01"}),
	} {
		if got.status != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := w.engine.asked; got != 0 || w.count("commands") != 1 || w.count("requests") != 1 {
		t.Errorf("asked %d times, %d commands, %d requests", w.engine.asked, w.count("commands"), w.count("requests"))
	}
	w.line.cut()
	for _, path := range []string{"/v1/requests", "/v1/requests/" + r.ID, "/v1/holds", "/v1/deadlines"} {
		if got := w.get("officer1", path); got.status != 503 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// silent is a database that takes a call and never answers.
type silent struct {
	api.Commands
	stores, records bool // which calls are never answered
}

// wait ends when the caller's patience does, of which there has to be an end.
func (silent) wait(ctx context.Context) error {
	if _, ends := ctx.Deadline(); !ends {
		return errors.New("the caller would wait forever")
	}
	return fmt.Errorf("wait for the database: %w", context.DeadlineExceeded)
}

func (s *silent) Store(ctx context.Context, command api.NewCommand) (api.StoredCommand, bool, error) {
	if s.stores {
		return api.StoredCommand{}, false, s.wait(ctx)
	}
	return s.Commands.Store(ctx, command)
}

func (s *silent) RecordCommand(ctx context.Context, recording activities.Recording, done api.CommandDone) (api.Answer, activities.Recorded, error) {
	if s.records {
		return api.Answer{}, activities.Recorded{}, s.wait(ctx)
	}
	return s.Commands.RecordCommand(ctx, recording, done)
}

// A database that never answers is one that is away.
func TestTheDatabaseSilent(t *testing.T) {
	quiet := &silent{}
	w := newWorld(t, func(c *api.Config) {
		quiet.Commands = c.Commands
		c.Commands = quiet
	})
	r := w.open()
	withdraw := fields{"outcome": "other", "reason": "x"}
	quiet.stores = true
	if got := w.act("officer1", &r, "withdraw", withdraw); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("storing: %d %s", got.status, got.body)
	}
	quiet.stores, quiet.records = false, true
	if got := w.act("officer1", &r, "withdraw", withdraw); got.status != 202 || strings.Contains(w.log.String(), "command not finished") {
		t.Errorf("recording: %d %s\n%s", got.status, got.body, w.log)
	}
}

// record writes down all that the engine knows of a request, as its own
// recording would.
func (w *world) record(id string) {
	w.t.Helper()
	w.engine.Lock()
	state := w.engine.states[id]
	w.engine.Unlock()
	_, err := w.store.Record(w.t.Context(), recordingOf(state))
	must(w.t, err)
}

// pass lets time pass over a request: what is due by then happens and is recorded.
func (w *world) pass(id string) {
	w.t.Helper()
	w.engine.Lock()
	state := w.engine.states[id]
	w.engine.states[id] = tdr.ApplyAll(state, tdr.Elapse(state, w.clock.Now()))
	w.engine.Unlock()
	w.record(id)
}
