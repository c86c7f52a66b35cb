package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// A life from opening to travel through nothing but HTTP, each step read back.
func TestALifeThroughHTTP(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	if r.Stage != "assembling" || r.Seq != 1 || r.Version != "1.1" || r.Officer != "officer1" {
		t.Fatalf("opened: %+v", r)
	}
	content := w.prepare(r)
	steps := []struct {
		user, command string
		body          fields
		stage         string
	}{
		{"officer1", "request-review", fields{"content": content, "note": "all there"}.with(w.paperless()...), "review"},
		{"supervisor1", "return", fields{"items": []fields{{"item": "photographs", "reason": "too_dark"}}}, "assembling"},
		{"officer1", "request-review", fields{"content": content}.with(w.paperless()...), "review"},
		{"supervisor1", "approve", fields{"content": content}, "ready"},
		{"officer1", "send", fields{"content": content, "channel": "courier"}, "submitted"},
		{"officer1", "record-receipt", fields{"evidence": someHash}, "received"},
		{"liaison1", "record-information-asked", fields{"what": []string{"birth_certificate"}, "by": "2026-03-20"}, "information_asked"},
		{"officer1", "request-review", fields{"content": content}, "information_asked"},
		{"supervisor1", "approve", fields{"content": content}, "information_asked"},
		{"officer1", "answer-information", fields{"content": content, "channel": "courier"}, "received"},
		{"officer1", "schedule-interview", fields{"at": "2026-03-02T15:30:00Z", "zone": "America/New_York", "mode": "video", "place": "gha-washington"}, "interview"},
		{"officer1", "record-interview", fields{"result": "declined"}, "interview"},
		{"officer1", "record-contact", fields{"fact": fields{"direction": "to_post", "medium": "telephone", "answered": false}}, "interview"},
		{"officer1", "record-contact", fields{"forecast": fields{"expects": "issue", "by": "2026-04-01", "basis": "post_said"}}, "interview"},
		{"officer1", "record-noncompliance", fields{"step": "attempt", "evidence": someHash}, "interview"},
		{"supervisor1", "reassign", fields{"officer": "officer2"}, "interview"},
		{"officer1", "record-issue", fields{"issuer": "gha-embassy", "number": "LP 99", "valid_from": "2026-03-02", "valid_to": "2026-09-01"}, "issued"},
		{"officer2", "reject-document", fields{"reason": "wrong_photo"}, "verifying"},
		{"officer1", "record-refusal", fields{"not_a_national": false, "reasons": []string{"no_record"}}, "refused"},
		{"officer1", "retry", fields{"post": "gha-new-york", "evidence": someHash}, "assembling"},
		{"officer1", "withdraw", fields{"outcome": "released", "reason": "order_vacated"}, "closed"},
	}
	for _, step := range steps {
		w.clock.advance(time.Minute)
		before := r.Seq
		w.do(step.user, &r, step.command, step.body)
		if r.Stage != step.stage || r.Seq <= before {
			t.Fatalf("%s: stage %s at %d, want %s", step.command, r.Stage, r.Seq, step.stage)
		}
		got := w.get("officer1", "/v1/requests/"+r.ID)
		if read[struct{ Request request }](t, got).Request.Version != r.Version || got.header.Get("ETag") != `"`+r.Version+`"` {
			t.Fatalf("%s: the caller does not read the own write: %s", step.command, got.body)
		}
	}
	if got := w.act("officer1", &r, "withdraw", fields{"outcome": "released", "reason": "x"}); got.problem() != "stage_forbids" {
		t.Errorf("closed: %d %s", got.status, got.body)
	}
	w.readsOf(r)
}

// readsOf reads everything there is of a request.
func (w *world) readsOf(r request) {
	w.t.Helper()
	events := read[struct {
		Events    []struct{ Seq int64 } `json:"events"`
		NextAfter int64                 `json:"next_after"`
	}](w.t, w.get("officer1", "/v1/requests/"+r.ID+"/events?limit=5&after=2"))
	if len(events.Events) != 5 || events.Events[0].Seq != 3 || events.NextAfter != 7 {
		w.t.Errorf("events: %+v", events)
	}
	contacts := read[struct {
		Contacts []struct{ Kind string } `json:"contacts"`
	}](w.t, w.get("officer1", "/v1/requests/"+r.ID+"/contacts"))
	if len(contacts.Contacts) != 2 || contacts.Contacts[0].Kind != "fact" || contacts.Contacts[1].Kind != "forecast" {
		w.t.Errorf("contacts: %+v", contacts)
	}
	for _, path := range []string{"", "/escalations", "/clocks"} {
		if got := w.get("officer1", "/v1/requests/"+r.ID+path); got.status != http.StatusOK {
			w.t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestListsAreBoundedAndPaged(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 5 {
		w.clock.advance(time.Hour)
		ids = append(ids, w.open().ID)
	}
	slices.Reverse(ids)
	type list struct {
		Requests []request `json:"requests"`
		Next     string    `json:"next"`
	}
	var seen []string
	for path := "/v1/requests?limit=2"; path != ""; {
		page := read[list](t, w.get("officer1", path))
		for _, r := range page.Requests {
			seen = append(seen, r.ID)
		}
		path = ""
		if page.Next != "" {
			path = "/v1/requests?limit=2&cursor=" + page.Next
		}
	}
	if !slices.Equal(seen, ids) {
		t.Errorf("pages: %v, want %v", seen, ids)
	}
	for query, want := range map[string]int{
		"stage=assembling": 5, "stage=ready": 0, "owner=officer": 5, "country=GHA": 5, "country=VNM": 0, "post=gha-washington": 5,
		"post=vnm-washington": 0, "field_office=LOS": 0, "owner=supervisor": 0, "field_office=BOS": 5, "officer=officer1": 5, "officer=officer2": 0, "on_hold=true": 0, "on_hold=false": 5, "overdue=true": 0,
		"overdue=false": 5, "due_before=2027-01-01T00:00:00Z": 5, "due_before=2026-03-03T00:00:00Z": 0,
	} {
		if got := read[list](t, w.get("officer1", "/v1/requests?"+query)); len(got.Requests) != want {
			t.Errorf("%s: %d, want %d", query, len(got.Requests), want)
		}
	}
	if got := w.get("admin1", "/v1/requests"); got.problem() != "not_permitted" {
		t.Errorf("admin1: %d %s", got.status, got.body)
	}
	if got := w.get("officer1", "/v1/deadlines?request="+ids[0]); got.status != 200 || len(read[struct{ Deadlines []any }](t, got).Deadlines) == 0 {
		t.Errorf("deadlines: %d %s", got.status, got.body)
	}
}
