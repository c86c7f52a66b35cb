package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
)

type hold struct {
	ID        string `json:"id"`
	PersonID  string `json:"person_id"`
	Standing  bool   `json:"standing"`
	Kind      string `json:"kind"`
	Scope     string `json:"scope"`
	Authority string `json:"authority"`
}

type placed struct {
	Hold        hold `json:"hold"`
	MayHaveLeft []struct {
		Code string `json:"code"`
	} `json:"may_have_left"`
}

func holdOn(r request, changes ...any) fields {
	return fields{"scope": "request", "request_id": r.ID, "kind": "counsel", "source": someHash, "dated": "2026-03-01"}.with(changes...)
}

func holdOnPerson(r request, changes ...any) fields {
	return holdOn(r, "scope", "person", "request_id", nil, "person_id", r.PersonID).with(changes...)
}

// Once a hold is answered nothing leaves in its scope, whichever that is, until it is lifted.
func TestAHoldStopsSending(t *testing.T) {
	w := newWorld(t)
	for name, of := range map[string]func(request) fields{
		"request": func(r request) fields { return holdOn(r) },
		"person": func(r request) fields {
			return holdOnPerson(r, "kind", "stay")
		},
		"country": func(r request) fields {
			return holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "GHA", "kind", "withholding")
		},
	} {
		r := w.reviewed()
		before := r.Version
		answered := w.change("officer2", "/v1/holds", of(r))
		if answered.status != 201 || answered.header.Get("Location") == "" {
			t.Fatalf("%s: %d %s", name, answered.status, answered.body)
		}
		send := fields{"content": w.content(r), "channel": "courier"}
		if got := w.act("officer1", &r, "send", send); got.status != 412 {
			t.Errorf("%s: the fence moved and the form did not notice: %d %s", name, got.status, got.body)
		}
		r = w.read(r.ID)
		if !r.OnHold || r.Version == before {
			t.Errorf("%s: %+v", name, r)
		}
		got := w.act("officer1", &r, "send", send)
		if got.status != 409 || got.problem() != "gate_closed" || strings.Contains(string(got.body), "hold") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		stood := read[placed](t, answered).Hold
		lift, word := "/v1/holds/"+stood.ID+"/lifting", fields{"authority": stood.Authority, "source": someHash, "reason": "granted"}
		if got := w.change("officer2", lift, word); got.problem() != "not_permitted" {
			t.Errorf("%s: an officer lifts: %d %s", name, got.status, got.body)
		}
		if got := w.change("counsel1", lift, word.with("authority", "ice")); got.faults()["authority"] == "" {
			t.Errorf("%s: lifted on another authority's word: %d %s", name, got.status, got.body)
		}
		if got := w.change("counsel1", lift, word); got.status != 200 || read[placed](t, got).Hold.Standing || !strings.Contains(string(got.body), `"still_held":false`) {
			t.Errorf("%s: lifting: %d %s", name, got.status, got.body)
		}
		if got := w.change("counsel1", lift, word); got.problem() != "already_lifted" {
			t.Errorf("%s: lifted twice: %d %s", name, got.status, got.body)
		}
		r = w.read(r.ID)
		w.do("officer1", &r, "send", send)
	}
	if n := w.count("dispatches WHERE status = 'sending'"); n != 0 {
		t.Errorf("%d dispatches were left sending", n)
	}
}

func (w *world) read(id string) request {
	w.t.Helper()
	got := w.get("officer1", "/v1/requests/"+id)
	if got.status != 200 {
		w.t.Fatalf("read: %d %s", got.status, got.body)
	}
	r := read[struct{ Request request }](w.t, got).Request
	if got.header.Get("ETag") != `"`+r.Version+`"` {
		w.t.Errorf("ETag %s of version %s", got.header.Get("ETag"), r.Version)
	}
	return r
}

// A hold of another country, or of another request, stops nothing here.
func TestAHoldStopsNothingOutsideItsScope(t *testing.T) {
	w := newWorld(t)
	r, other := w.reviewed(), w.open()
	w.change("counsel1", "/v1/holds", holdOn(other))
	w.change("counsel1", "/v1/holds", holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "VNM"))
	r = w.read(r.ID)
	if r.OnHold {
		t.Error("on hold")
	}
	w.do("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"})
}

// What was under way when a hold was placed is named, and recalled.
func TestWhatMayHaveLeftIsNamed(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	w.engine.set(func(e *engine) { e.away = true })
	key := newKey()
	send := fields{"content": w.content(r), "channel": "courier"}
	w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/send", send, "Idempotency-Key", key, "If-Match", `"`+r.Version+`"`)
	got := read[placed](t, w.change("counsel1", "/v1/holds", holdOn(r)))
	if len(got.MayHaveLeft) != 1 || got.MayHaveLeft[0].Code != r.Code {
		t.Fatalf("%+v", got)
	}
	w.engine.set(func(e *engine) { e.away = false })
	must(t, w.server.CarryOn(t.Context(), key))
	again := w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/send", send, "Idempotency-Key", key, "If-Match", `"`+r.Version+`"`)
	if again.problem() != "gate_closed" {
		t.Errorf("carried on under a hold: %d %s", again.status, again.body)
	}
	if n := w.count("dispatches WHERE status = 'stopped'"); n != 1 {
		t.Errorf("%d dispatches stopped", n)
	}
	if body := string(w.get("officer1", "/v1/requests/"+r.ID).body); !strings.Contains(body, `"recalls":[{`) {
		t.Errorf("no recall: %s", body)
	}
}

// Sends and holds at once: a send that began after a hold was answered does not exist.
func TestHoldsAndSendsAtOnce(t *testing.T) {
	w := newWorld(t)
	for range 8 {
		r := w.reviewed()
		var sent, held answer
		var wait sync.WaitGroup
		wait.Go(func() {
			copied := r
			sent = w.act("officer1", &copied, "send", fields{"content": w.content(r), "channel": "courier"})
		})
		wait.Go(func() { held = w.change("counsel1", "/v1/holds", holdOn(r)) })
		wait.Wait()
		if held.status != 201 {
			t.Fatalf("hold: %d %s", held.status, held.body)
		}
		var fence, dispatched int64
		must(t, w.pool.QueryRow(t.Context(), "SELECT h.fence, coalesce((SELECT d.fence FROM dispatches d WHERE d.request_id = h.request_id AND d.status <> 'stopped'), 0) FROM holds h WHERE hold_id = $1",
			read[placed](t, held).Hold.ID).Scan(&fence, &dispatched))
		if dispatched >= fence || (sent.status == 200) != (dispatched > 0) {
			t.Errorf("sent under fence %d, held from %d: %d %s", dispatched, fence, sent.status, sent.body)
		}
	}
}

// Without need to know every hold reads alike.
func TestHoldsReadAlike(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	kinds := []string{"withholding", "cat", "class_injunction", "pending_relief"}
	for _, kind := range kinds {
		body := holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "GHA", "kind", kind, "review_by", "2026-04-30")
		if got := w.change("counsel1", "/v1/holds", body); got.status != 201 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	for user, knows := range map[string]bool{"officer1": false, "supervisor1": false, "liaison1": false, "counsel1": true, "auditor1": true} {
		listed := w.get(user, "/v1/holds?standing=true&limit=3")
		one := w.get(user, "/v1/holds/"+read[struct{ Holds []hold }](t, listed).Holds[0].ID)
		for _, got := range []answer{listed, one} {
			if got.status != 200 || strings.Contains(string(got.body), `"kind"`) != knows || strings.Contains(string(got.body), "GHA") != knows {
				t.Errorf("%s: %d %s", user, got.status, got.body)
			}
		}
	}
	if got := w.get("officer1", "/v1/holds?country=GHA"); got.status != 403 {
		t.Errorf("a filter that tells: %d %s", got.status, got.body)
	}
	first := read[struct {
		Holds []hold
		Next  string
	}](t, w.get("counsel1", "/v1/holds?limit=3"))
	second := read[struct{ Holds []hold }](t, w.get("counsel1", "/v1/holds?limit=3&cursor="+first.Next))
	if len(first.Holds) != 3 || len(second.Holds) != 1 {
		t.Errorf("pages of %d and %d", len(first.Holds), len(second.Holds))
	}
}

func TestHoldsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	for name, each := range map[string]struct {
		body   fields
		faults []string
	}{
		"two scopes":      {holdOn(r, "person_id", r.PersonID), []string{"person_id"}},
		"no request":      {holdOn(r, "request_id", nil), []string{"request_id"}},
		"no country":      {holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID), []string{"country"}},
		"no such country": {holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "ZZZ"), []string{"country"}},
		"gone country":    {holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "YUG"), []string{"country"}},
		"no such kind":    {holdOn(r, "kind", "mood"), []string{"kind"}},
		"in the future":   {holdOn(r, "dated", "2026-03-09"), []string{"dated"}},
		"reviewed before": {holdOn(r, "review_by", "2026-03-01"), []string{"review_by"}},
		"all of them":     {fields{"scope": "person", "kind": "stay", "dated": "2027-01-01", "review_by": "2026-01-01", "source": someHash}, []string{"dated", "review_by", "person_id"}},
	} {
		got := w.change("officer1", "/v1/holds", each.body)
		if len(got.faults()) != len(each.faults) || got.faults()[each.faults[0]] == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for name, body := range map[string]fields{"request": holdOn(r, "request_id", newKey()), "person": holdOn(r, "scope", "person", "request_id", nil, "person_id", newKey())} {
		if got := w.change("officer1", "/v1/holds", body); got.status != 404 {
			t.Errorf("no such %s: %d %s", name, got.status, got.body)
		}
	}
	if n := w.count("holds"); n != 0 {
		t.Errorf("%d holds", n)
	}
}

// A repeated hold is one hold, with the engine away as well: holds need none.
func TestAHoldIsPlacedOnceAndNeedsNoEngine(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.engine.set(func(e *engine) { e.away = true })
	key := newKey()
	first := w.ask("officer1", "POST", "/v1/holds", holdOn(r), "Idempotency-Key", key)
	w.clock.advance(time.Hour)
	second := w.ask("officer1", "POST", "/v1/holds", holdOn(r), "Idempotency-Key", key)
	if first.status != 201 || string(first.body) != string(second.body) || w.count("holds") != 1 {
		t.Errorf("%d %s then %d %s", first.status, first.body, second.status, second.body)
	}
}

// A court stay is a hold and a legal event: while it lasts there is no R0 and nothing leaves.
func TestACourtStay(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	path := "/v1/persons/" + r.PersonID
	legal := func(kind, date string, more ...any) answer {
		return w.change("counsel1", path+"/legal-events", fields{"kind": kind, "date": date, "office": "BOS", "source_type": "court_order", "source": someHash}.with(more...))
	}
	if got := w.get("counsel1", path+"/custody"); got.status != 404 {
		t.Errorf("nothing recorded: %d %s", got.status, got.body)
	}
	for _, got := range []answer{
		legal("order_final", "2026-01-15"),
		w.change("officer1", path+"/custody", fields{"kind": "detained", "date": "2026-01-20", "office": "BOS", "source_type": "notice", "source": someHash}),
	} {
		if got.status != 201 || !strings.Contains(string(got.body), `"r0":"2026-01-15"`) {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	days := func(when, day90, day180, none string) {
		t.Helper()
		type days struct {
			Day90  string `json:"day_90"`
			Day180 string `json:"day_180"`
			None   string `json:"no_days"`
		}
		if got := read[days](t, w.get("counsel1", path+"/custody")); got != (days{day90, day180, none}) {
			t.Errorf("%s: %+v", when, got)
		}
	}
	days("detained on an order", "2026-04-15", "2026-07-14", "")
	if got := legal("stay_granted", "2026-02-20"); got.status != 201 || !strings.Contains(string(got.body), `"suspended":true`) {
		t.Fatalf("stay: %d %s", got.status, got.body)
	}
	days("stayed", "", "", "stayed")
	r = w.read(r.ID)
	if got := w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"}); got.problem() != "gate_closed" {
		t.Errorf("sent under a stay: %d %s", got.status, got.body)
	}
	if got := legal("stay_granted", "2026-02-21", "kind", "released"); got.status != 201 {
		t.Errorf("released: %d %s", got.status, got.body)
	}
	if got := legal("released", "2026-02-22"); got.status != 422 || got.faults()["kind"] == "" {
		t.Errorf("released twice: %d %s", got.status, got.body)
	}
	end := fields{"kind": "stay_ended", "date": "2026-02-25", "office": "BOS", "source_type": "court_order", "source": someHash}
	if got := w.change("officer1", path+"/legal-events", end); got.problem() != "not_permitted" {
		t.Errorf("an officer lifts the stay by its end: %d %s", got.status, got.body)
	}
	ended := legal("stay_ended", "2026-02-25")
	days("after the stay", "2026-05-26", "2026-08-24", "")
	if ended.status != 201 || !strings.Contains(string(ended.body), `"r0":"2026-02-25"`) {
		t.Fatalf("end: %d %s", ended.status, ended.body)
	}
	r = w.read(r.ID)
	w.do("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"})
	for name, got := range map[string]answer{
		"no stay to end": legal("stay_ended", "2026-02-26"), "no such kind": legal("birthday", "2026-02-26"),
		"in the future": legal("habeas_filed", "2026-03-03"), "no such office": legal("habeas_filed", "2026-03-01", "office", "ZZZ"),
		"before birth": legal("habeas_filed", "1990-05-04"), "retracts nothing": legal("retracted", "2026-03-01"), "corrects nothing": legal("habeas_filed", "2026-03-01", "corrects", newKey()),
	} {
		if got.status != 422 || len(got.faults()) == 0 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	events := read[struct{ Events []struct{ Kind string } }](t, w.get("counsel1", path+"/legal-events"))
	if fmt.Sprint(events.Events) != "[{order_final} {detained} {stay_granted} {released} {stay_ended}]" {
		t.Errorf("%v", events.Events)
	}
	if got := w.get("liaison1", path+"/custody"); got.status != 403 {
		t.Errorf("a liaison reads custody: %d", got.status)
	}
}

// The hold of a stay that is in force is lifted by its end alone. A stay whose hold was
// lifted by name, as it once could be, still ends for the legal period.
func TestTheHoldOfAStayIsLiftedByItsEnd(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	legal := func(user, kind, date string) answer {
		return w.change(user, "/v1/persons/"+r.PersonID+"/legal-events", fields{"kind": kind, "date": date, "office": "BOS", "source_type": "court_order", "source": someHash})
	}
	legal("counsel1", "order_final", "2026-01-15")
	legal("counsel1", "detained", "2026-01-15")
	stay := read[struct {
		Event struct{ Hold string }
	}](t, legal("counsel1", "stay_granted", "2026-02-20")).Event.Hold
	last := fields{"authority": "court", "source": someHash, "expires_on": "2026-04-01", "expires_zone": "America/New_York"}
	for what, got := range map[string]answer{
		"lifted":           w.change("counsel1", "/v1/holds/"+stay+"/lifting", fields{"authority": "court", "source": someHash, "reason": "stay_ended"}),
		"previewed":        w.get("counsel1", "/v1/holds/"+stay+"/lifting"),
		"given a last day": w.change("counsel1", "/v1/holds/"+stay+"/amendments", fields{"expiry": last}),
	} {
		if got.status != http.StatusConflict || got.problem() != "stay_stands" {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	_, err := w.pool.Exec(t.Context(), "UPDATE holds SET lifted_at = placed_at, lifted_by = 'counsel1', lift_reason = 'stay_ended' WHERE hold_id = $1", stay)
	must(t, err)
	if got := legal("officer1", "stay_ended", "2026-02-25"); got.status != 201 || !strings.Contains(string(got.body), `"r0":"2026-02-25"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// The case officer never lifts a citizenship claim, whatever other role they hold.
func TestWhoLiftsACitizenshipClaim(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	claim := read[placed](t, w.change("officer2", "/v1/holds", holdOn(r, "scope", "person", "request_id", nil, "person_id", r.PersonID, "kind", "citizenship_claim"))).Hold
	if claim.Authority != "counsel" {
		t.Errorf("authority %s", claim.Authority)
	}
	if _, err := w.pool.Exec(t.Context(), "UPDATE requests SET officer = 'counsel1' WHERE request_id = $1", r.ID); err != nil {
		t.Fatal(err)
	}
	body := fields{"authority": "counsel", "source": someHash, "reason": "no_evidence"}
	if got := w.change("counsel1", "/v1/holds/"+claim.ID+"/lifting", body); got.problem() != "same_person" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if _, err := w.pool.Exec(t.Context(), "UPDATE requests SET officer = 'officer1' WHERE request_id = $1", r.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.change("counsel1", "/v1/holds/"+claim.ID+"/lifting", body); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Each kind of hold is placed with its own scopes and no other; the contract
// lists every kind, and each may stop everything about the person.
func TestEachKindHasItsScopes(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	scopes := map[string]fields{
		"person":  holdOnPerson(r),
		"country": holdOnPerson(r, "scope", "country", "country", "GHA"),
		"request": holdOn(r),
	}
	for kind, allowed := range map[string]string{
		"stay": "person request", "class_injunction": "person country", "withholding": "country person", "cat": "country person",
		"tps": "person", "citizenship_claim": "person", "pending_relief": "person country", "counsel": "person country request",
	} {
		if strings.Join(api.HoldScopes(kind), " ") != allowed {
			t.Errorf("%s has the scopes %v", kind, api.HoldScopes(kind))
		}
		for scope, body := range scopes {
			got := w.change("officer1", "/v1/holds", body.with("kind", kind, "review_by", "2026-04-30"))
			if strings.Contains(allowed, scope) != (got.status == 201) || got.status != 201 && (len(got.faults()) != 1 || got.faults()["scope"] == "") {
				t.Errorf("%s on the %s: %d %s", kind, scope, got.status, got.body)
			}
		}
	}
}

// Rule 10: a notice of failure to comply is signed by a person, who need not be who
// records it. Both are in the log, and the day and the paper are on record.
func TestRule10_ANoticeSaysWhoSignedIt(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	step := func(named string, more ...any) fields {
		return fields{"step": named, "evidence": someHash}.with(more...)
	}
	legal := func(kind, date string, more ...any) answer {
		body := fields{"kind": kind, "date": date, "office": "BOS", "source_type": "notice", "source": someHash}
		return w.change("counsel1", "/v1/persons/"+r.PersonID+"/legal-events", body.with(more...))
	}
	legal("order_final", "2026-01-15")
	today := fields{"by": "supervisor1", "on": "2026-03-02"}
	for range 2 {
		w.do("officer1", &r, "record-noncompliance", step("attempt"))
		w.clock.advance(time.Minute)
	}
	if got := w.act("officer1", &r, "record-noncompliance", step("notice_signed", "signed", today)); got.status != http.StatusUnprocessableEntity || got.faults()["step"] == "" {
		t.Errorf("rule 10: two attempts and a notice in one hour: %d %s", got.status, got.body)
	}
	w.clock.advance(24 * time.Hour)
	w.do("officer1", &r, "record-noncompliance", step("attempt"))
	w.clock.advance(24 * time.Hour)
	signed := fields{"by": "supervisor1", "on": "2026-03-04", "document_id": w.paper(r, "other", "officer1")}
	for field, wrong := range map[string][]any{
		"signed":             nil,
		"signed.by":          {"signed", signed.with("by", "nobody")},
		"signed.on":          {"signed", signed.with("on", "2026-03-05")},
		"signed.document_id": {"signed", signed.with("document_id", newKey())},
	} {
		for what, got := range map[string]answer{
			"step":  w.act("officer1", &r, "record-noncompliance", step("notice_signed", wrong...)),
			"event": legal("noncompliance_notice", "2026-03-04", wrong...),
		} {
			if got.status != http.StatusUnprocessableEntity || got.faults()[field] == "" {
				t.Errorf("rule 10: %s without %s: %d %s", what, field, got.status, got.body)
			}
		}
	}
	if got := w.act("officer1", &r, "record-noncompliance", step("attempt", "signed", signed)); got.faults()["signed"] == "" {
		t.Errorf("an attempt is signed: %d %s", got.status, got.body)
	}
	if got := legal("noncompliance_notice", "2026-03-03", "signed", signed); got.faults()["signed.on"] == "" {
		t.Errorf("served before it was signed: %d %s", got.status, got.body)
	}
	w.do("officer1", &r, "record-noncompliance", step("notice_signed", "signed", signed))
	if got := legal("noncompliance_notice", "2026-03-04", "signed", signed); got.status != 201 || !strings.Contains(string(got.body), `"by":"supervisor1"`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for who, action := range map[string]string{"supervisor1": "noncompliance_notice.sign", "officer1": "record_noncompliance", "counsel1": "legal_event.record"} {
		if w.count("audit_entries WHERE actor = $1 AND action = $2", who, action) < 2 {
			t.Errorf("rule 10: the log does not say that %s did %s", who, action)
		}
	}
	if n := w.count("legal_events WHERE signed_by = 'supervisor1' AND signed_on = '2026-03-04' AND signed_document = $1", signed["document_id"]); n != 1 {
		t.Errorf("rule 10: %d signatures on record", n)
	}
}
