package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What a new request can get wrong: each field named, nothing stored.
func TestOpeningsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	person := newRequest()["person"].(fields)
	order := newRequest()["order"].(fields)
	cases := []struct {
		name   string
		body   fields
		faults []string
	}{
		{"no such country", newRequest().with("country", "XXX"), []string{"country", "post"}},
		{"withdrawn country", newRequest().with("country", "YUG"), []string{"country", "post"}},
		{"own country", newRequest().with("country", "USA"), []string{"country", "post"}},
		{"lower-case country", newRequest().with("country", "gha"), []string{"country"}},
		{"no such post", newRequest().with("post", "gha-atlantis"), []string{"post"}},
		{"post of another country", newRequest().with("post", "vnm-washington"), []string{"post"}},
		{"no such office", newRequest().with("field_office", "ZZZ"), []string{"field_office"}},
		{"no such officer", newRequest().with("officer", "nobody"), []string{"officer"}},
		{"not an officer", newRequest().with("officer", "counsel1"), []string{"officer"}},
		{"order in the future", newRequest().with("order", order.with("date", "2026-03-03")), []string{"order.date"}},
		{"order not final", newRequest().with("order", order.with("type", "appealed")), []string{"order.type"}},
		{"order before birth", newRequest().with("order", order.with("date", "1990-05-04")), []string{"order.date"}},
		{"born in the future", newRequest().with("person", person.with("birth_date", "2026-03-03")), []string{"person.birth_date", "order.date"}},
		{"a day that does not exist", newRequest().with("person", person.with("birth_date", "1990-02-30")), []string{"person.birth_date"}},
		{"no person", newRequest().with("person", nil), []string{"person"}},
		{"two persons", newRequest().with("person_id", newKey()), []string{"person"}},
		{"no such person", newRequest().with("person", nil, "person_id", newKey()), []string{"person_id"}},
		{"no such predecessor", newRequest().with("predecessor", newKey()), []string{"predecessor"}},
		{"a name without letters", newRequest().with("person", person.with("family_name", " ", "given_names", "--")), []string{"person.family_name", "person.given_names"}},
		{"a name that turns the line", newRequest().with("person", person.with("family_name", "Example\u202e", "given_names", "A\u0007na")), []string{"person.family_name", "person.given_names"}},
		{"a name with fillers", newRequest().with("person", person.with("family_name", "Example\u3164", "given_names", "\u115fAna")), []string{"person.family_name", "person.given_names"}},
		{"a name that joins nothing", newRequest().with("person", person.with("family_name", "\u200cExample", "given_names", "Ana \u200d")), []string{"person.family_name", "person.given_names"}},
		{"bad A-number", newRequest().with("person", person.with("a_number", "123")), []string{"person.a_number"}},
		{"bad hash", newRequest().with("order", order.with("source", "abc")), []string{"order.source"}},
		{"many at once", newRequest().with("post", "x", "officer", "y", "order", order.with("date", "2027-01-01")), []string{"post", "officer", "order.date"}},
		{"many by form", newRequest().with("country", 1, "nobody", true, "order", nil), []string{"country", "nobody", "order"}},
	}
	for _, each := range cases {
		got := w.change("officer1", "/v1/requests", each.body)
		named := keys(got.faults())
		slices.Sort(named)
		slices.Sort(each.faults)
		if got.status != 422 || got.problem() != "invalid_fields" || !slices.Equal(named, each.faults) {
			t.Errorf("%s: %d %s", each.name, got.status, got.body)
		}
	}
	for user, status := range map[string]int{"supervisor1": 403, "auditor1": 403, "admin1": 403} {
		if got := w.change(user, "/v1/requests", newRequest()); got.status != status {
			t.Errorf("%s: %d %s", user, got.status, got.body)
		}
	}
	if got := w.change("officer1", "/v1/requests", newRequest().with("field_office", "LOS")); got.problem() != "not_permitted" {
		t.Errorf("another office: %d %s", got.status, got.body)
	}
	if n := w.count("commands") + w.count("requests") + w.count("persons"); n != 0 {
		t.Errorf("%d rows were left", n)
	}
}

func TestOneLiveRequestForPersonAndCountry(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	again := newRequest().with("person", nil, "person_id", r.PersonID)
	unborn := again.with("order", again["order"].(fields).with("date", "1990-05-04"))
	if got := w.change("officer1", "/v1/requests", unborn); got.status != 422 || got.faults()["order.date"] == "" {
		t.Errorf("ordered before the birth on record: %d %s", got.status, got.body)
	}
	got := w.change("officer1", "/v1/requests", again)
	if got.status != 409 || got.problem() != "live_request_exists" || !strings.Contains(string(got.body), r.ID) {
		t.Errorf("twice: %d %s", got.status, got.body)
	}
	if got := w.change("officer1", "/v1/requests", again.with("country", "VNM", "post", "vnm-washington")); got.status != 201 {
		t.Errorf("another country: %d %s", got.status, got.body)
	}
	w.do("officer1", &r, "withdraw", fields{"outcome": "other", "reason": "x"})
	got = w.change("officer1", "/v1/requests", again.with("predecessor", r.ID))
	if got.status != 201 || !strings.Contains(string(got.body), `"predecessor":"`+r.ID+`"`) {
		t.Errorf("after the first closed: %d %s", got.status, got.body)
	}
}

// The same person is found by A-number; the other request's id is told only to
// who may see it.
func TestThePersonIsFoundByANumber(t *testing.T) {
	w := newWorld(t)
	person := newRequest()["person"].(fields).with("a_number", "A123456789")
	first := w.change("officer1", "/v1/requests", newRequest().with("person", person))
	if first.status != 201 {
		t.Fatalf("%d %s", first.status, first.body)
	}
	id := read[changed](t, first).Request.ID
	got := w.change("officer1", "/v1/requests", newRequest().with("person", person))
	if got.problem() != "live_request_exists" || !strings.Contains(string(got.body), id) {
		t.Errorf("own: %d %s", got.status, got.body)
	}
	other := w.elsewhere()
	got = w.change(other.user, "/v1/requests", newRequest().with("person", person, "field_office", other.office))
	if got.problem() != "live_request_exists" || strings.Contains(string(got.body), id) {
		t.Errorf("another office's: %d %s", got.status, got.body)
	}
	got = w.change("officer1", "/v1/requests", newRequest().with("person", person.with("birth_date", "1991-05-05")))
	if _, named := got.faults()["person.a_number"]; got.status != 422 || !named {
		t.Errorf("another birth date: %d %s", got.status, got.body)
	}
}

// Joiners are spelling behind a letter, or behind its mark at the end of a word.
func TestNamesMayJoinTheirLetters(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0d05\u0d28\u0d4d\u200d"} {
		person := newRequest()["person"].(fields).with("family_name", name)
		if got := w.change("officer1", "/v1/requests", newRequest().with("person", person)); got.status != 201 {
			t.Errorf("%+q: %d %s", name, got.status, got.body)
		}
	}
}

type colleague struct{ user, office string }

// elsewhere is an officer of another office than Boston.
func (w *world) elsewhere() colleague {
	w.t.Helper()
	for _, person := range w.tokens.snapshot.Data().People {
		if slices.Contains(person.Roles, "officer") && len(person.Roles) == 1 && !slices.Contains(person.Offices, "BOS") && !slices.Contains(person.Offices, "*") {
			return colleague{person.ID, person.Offices[0]}
		}
	}
	w.t.Fatal("no officer elsewhere in the example directory")
	return colleague{}
}

// Absent and not yours are one answer, for every way to a request.
func TestNotYoursIsNotFound(t *testing.T) {
	w := newWorld(t)
	r, other := w.open(), w.elsewhere()
	for _, o := range operations(t) {
		if !strings.Contains(o.path, "{id}") {
			continue
		}
		id := r.ID
		if strings.Contains(o.path, "/persons/") {
			id = r.PersonID
		}
		var body any
		if o.takesBody() {
			body = o.sample()
		}
		got := w.ask(other.user, o.method, o.address(id), body, flat(o.header(other.user))...)
		absent := w.ask(other.user, o.method, o.address(newKey()), body, flat(o.header(other.user))...)
		if got.status != 404 || string(got.body) != string(absent.body) {
			t.Errorf("%s %s: %d %s, absent %d %s", o.method, o.path, got.status, got.body, absent.status, absent.body)
		}
	}
	if n := w.count("commands"); n != 1 {
		t.Errorf("%d commands are stored, want the opening alone", n)
	}
	if got := w.get(other.user, "/v1/requests"); !strings.Contains(string(got.body), `"requests":[]`) {
		t.Errorf("list: %s", got.body)
	}
}

// What the stage, the roles and earlier facts say against a command.
func TestCommandsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	w.clock.advance(time.Hour)
	cases := []struct {
		name, user, command string
		body                fields
		status              int
		problem, field      string
	}{
		{"stage", "officer1", "record-receipt", fields{"evidence": someHash}, 409, "stage_forbids", ""},
		{"role", "supervisor1", "send", fields{"content": w.content(r), "channel": "courier"}, 403, "not_permitted", ""},
		{"another content", "officer1", "send", fields{"content": strings.Repeat("a", 64), "channel": "courier"}, 422, "invalid_fields", "content"},
		{"no such channel", "officer1", "send", fields{"content": w.content(r), "channel": "pigeon"}, 422, "invalid_fields", "channel"},
		{"neither fact nor forecast", "officer1", "record-contact", fields{}, 422, "invalid_fields", "fact"},
		{"fact in the future", "officer1", "record-contact", fields{"fact": fields{"direction": "to_post", "medium": "mail", "answered": false}, "occurred_at": "2026-03-02T17:00:00Z"}, 422, "invalid_fields", "occurred_at"},
		{"before it was opened", "officer1", "record-contact", fields{"fact": fields{"direction": "to_post", "medium": "mail", "answered": false}, "occurred_at": "2026-03-01T17:00:00Z"}, 422, "invalid_fields", "occurred_at"},
		{"forecast of the past", "officer1", "record-contact", fields{"forecast": fields{"expects": "issue", "by": "2026-03-01", "basis": "post_said"}}, 422, "invalid_fields", "forecast.by"},
		{"same officer", "supervisor1", "reassign", fields{"officer": "officer1"}, 422, "invalid_fields", "officer"},
		{"no such officer", "supervisor1", "reassign", fields{"officer": "nobody"}, 422, "invalid_fields", "officer"},
		{"no such event", "officer1", "correct", fields{"event": 99, "reason": "slip"}, 422, "invalid_fields", "event"},
		{"no such escalation", "officer1", "acknowledge-escalation", fields{"escalation": "L1-9", "next_date": "2026-03-04", "action": "call"}, 422, "invalid_fields", "escalation"},
		{"too few attempts", "officer1", "record-noncompliance", fields{"step": "notice_signed", "evidence": someHash, "signed": fields{"by": "supervisor1", "on": "2026-03-02"}}, 422, "invalid_fields", "step"},
		{"outcome of no withdrawal", "officer1", "withdraw", fields{"outcome": "travelled", "reason": "x"}, 422, "invalid_fields", "outcome"},
	}
	for _, each := range cases {
		got := w.act(each.user, &r, each.command, each.body)
		_, named := got.faults()[each.field]
		if got.status != each.status || got.problem() != each.problem || (each.field != "" && !named) {
			t.Errorf("%s: %d %s", each.name, got.status, got.body)
		}
	}
	got := w.act("officer1", &r, "record-receipt", fields{"evidence": someHash})
	forbidden := read[struct {
		Stage   string
		Allowed []string
	}](t, got)
	if forbidden.Stage != "ready" || !slices.Contains(forbidden.Allowed, "send") || slices.Contains(forbidden.Allowed, "record_receipt") {
		t.Errorf("stage and what it allows: %s", got.body)
	}
	w.do("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"})
	w.submittedRefusals(r)
	w.severalFaults(r)
}

// severalFaults: what the rules of an act find wrong is named together, with
// what its form cannot tell.
func (w *world) severalFaults(r request) {
	w.t.Helper()
	issue := fields{"issuer": "x", "number": "1", "valid_from": "2026-05-01", "valid_to": "2026-04-01", "occurred_at": "2026-03-03T15:00:00Z"}
	got := w.act("officer1", &r, "record-issue", issue)
	if got.status != 422 || len(got.faults()) != 2 || got.faults()["valid_to"] == "" || got.faults()["occurred_at"] == "" {
		w.t.Errorf("issued in the future for less than a day: %d %s", got.status, got.body)
	}
	w.do("officer1", &r, "record-issue", issue.with("valid_to", "2026-03-03", "valid_from", "2026-03-01", "occurred_at", nil))
	got = w.act("officer2", &r, "authenticate", fields{"photo": false, "names": true, "serial": false})
	if got.status != 422 || got.faults()["photo"] == "" || got.faults()["serial"] == "" || got.faults()["names"] != "" {
		w.t.Errorf("two looks fail: %d %s", got.status, got.body)
	}
	if got := w.act("officer1", &r, "correct", []byte(`{"event": 1.5e0, "reason": "slip"}`)); got.status != 422 || got.faults()["event"] == "" {
		w.t.Errorf("half an event: %d %s", got.status, got.body)
	}
	if got := w.act("officer1", &r, "correct", []byte(`{"event": 1.0, "reason": "slip"}`)); got.status != 422 || got.faults()["event"] == "" {
		w.t.Errorf("an event written as a fraction: %d %s", got.status, got.body)
	}
}

func (w *world) submittedRefusals(r request) {
	w.t.Helper()
	for name, each := range map[string]struct {
		command string
		body    fields
		field   string
	}{
		"answered before sent":           {"record-receipt", fields{"evidence": someHash, "occurred_at": "2026-03-02T15:00:00Z"}, "occurred_at"},
		"wanted before it was asked":     {"record-information-asked", fields{"what": []string{"x"}, "by": "2026-02-01"}, "by"},
		"interview in the past":          {"schedule-interview", fields{"at": "2026-02-01T10:00:00Z", "zone": "America/New_York", "mode": "video", "place": "x"}, "at"},
		"zone that is none":              {"schedule-interview", fields{"at": "2026-04-01T10:00:00Z", "zone": "America/Atlantis", "mode": "video", "place": "x"}, "zone"},
		"the machine's zone":             {"schedule-interview", fields{"at": "2026-04-01T10:00:00Z", "zone": "Local", "mode": "video", "place": "x"}, "zone"},
		"document ends before it begins": {"record-issue", fields{"issuer": "x", "number": "1", "valid_from": "2026-05-01", "valid_to": "2026-04-01"}, "valid_to"},
		"document issued after its end":  {"record-issue", fields{"issuer": "x", "number": "1", "valid_from": "2025-05-01", "valid_to": "2026-02-01"}, "valid_to"},
	} {
		got := w.act("officer1", &r, each.command, each.body)
		if _, named := got.faults()[each.field]; got.status != 422 || !named {
			w.t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// A package may hold what the pack lists and nothing else; what is required is there or has a reason.
func TestReviewsFollowTheChecklist(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.prepare(r)
	got := w.act("officer1", &r, "request-review", fields{"content": w.content(r), "present": []string{"asylum_application"}, "gaps": []fields{{"item": "diary", "reason": "x"}}})
	if len(got.faults()) != 2 || got.faults()["present.0"] == "" || got.faults()["gaps.0.item"] == "" {
		t.Errorf("not listed: %d %s", got.status, got.body)
	}
	required := w.required()
	got = w.act("officer1", &r, "request-review", fields{"content": w.content(r), "present": []string{}})
	if text := string(got.body); got.status != 422 || !strings.Contains(text, required[0]) || !strings.Contains(text, required[1]) {
		t.Errorf("two are missing: %d %s", got.status, got.body)
	}
	w.do("officer1", &r, "request-review", fields{"content": w.content(r)}.with(w.paperless()...))
	w.do("supervisor1", &r, "return", fields{"items": []fields{{"item": required[0], "reason": "needed"}}})
}

// If-Match is judged by the last event that changed what a form relied on.
func TestStaleFormsFail(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	first := r
	w.do("officer1", &r, "record-contact", fields{"forecast": fields{"expects": "issue", "by": "2026-04-01", "basis": "post_said"}})
	w.do("officer1", &first, "record-contact", fields{"fact": fields{"direction": "to_post", "medium": "mail", "answered": false}})
	stored := w.count("commands")
	for _, version := range []string{`"1.1"`, `"2.1"`, `"3.2"`, `"4.1"`, `"99.1"`, `W/"3.1"`, `*`, `3.1`, `"3"`} {
		got := w.change("officer1", "/v1/requests/"+r.ID+"/withdraw", fields{"outcome": "other", "reason": "x"}, "If-Match", version)
		if got.status != 412 || got.problem() != "stale" {
			t.Errorf("%s: %d %s", version, got.status, got.body)
		}
	}
	if n := w.count("commands"); n != stored {
		t.Errorf("%d stale forms were stored", n-stored)
	}
	w.do("officer1", &first, "withdraw", fields{"outcome": "other", "reason": "x"})
}
