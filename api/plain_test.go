package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/api"
)

func TestReferences(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]string{
		"/v1/countries": `"alpha3":"GHA"`, "/v1/packs/GHA": `"country":"GHA"`, "/v1/packs/GHA?version=1": `"version":1`,
		"/v1/packs/FRA": `"key":"default"`, "/v1/directory/people": `"id":"officer1"`, "/v1/directory/offices": `"code":"BOS"`,
		"/v1/directory/posts": `"id":"gha-washington"`, "/v1/directory/desks": `"id":"counsel-bos"`,
	} {
		if got := w.get("admin1", path); got.status != 200 || !strings.Contains(string(got.body), want) {
			t.Errorf("%s: %d %.200s", path, got.status, got.body)
		}
	}
	for path, status := range map[string]int{"/v1/packs/USA": 404, "/v1/packs/XXX": 404, "/v1/packs/gha": 404, "/v1/packs/GHA?version=99": 404, "/v1/packs/GHA?version=0": 422} {
		if got := w.get("admin1", path); got.status != status {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// A report is bounded by what its reader may see, as every list is.
func TestBottlenecks(t *testing.T) {
	w := newWorld(t)
	got := w.get("supervisor1", "/v1/reports/bottlenecks?group_by=country&field_office=BOS")
	if got.status != 200 || !strings.Contains(string(got.body), `"waiting_days":41.5`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	asked := w.reports.asked
	if asked.GroupBy != "country" || asked.Office != "BOS" || !asked.AsOf.Equal(monday) || asked.Sight.Everything || strings.Join(asked.Sight.Offices, " ") != "BOS" {
		t.Errorf("%+v", asked)
	}
	if got := w.get("officer1", "/v1/reports/bottlenecks?group_by=country"); got.status != 403 {
		t.Errorf("officer1: %d", got.status)
	}
}

func TestWebhooks(t *testing.T) {
	w := newWorld(t)
	header := http.Header{"Content-Type": {"application/json"}}
	if got := w.raw("POST", "/v1/webhooks/sendgrid/events", header, []byte("[]")); got.status != 204 {
		t.Errorf("%d %s", got.status, got.body)
	}
	w.post.err = api.ErrSignature
	if got := w.raw("POST", "/v1/webhooks/sendgrid/events", header, []byte("[]")); got.status != 401 {
		t.Errorf("signature: %d %s", got.status, got.body)
	}
	if n := w.entered(api.Nobody, "POST /v1/webhooks/sendgrid/events", "webhook", "unauthorized"); n != 1 {
		t.Errorf("a wrong signature is on record %d times", n)
	}
	w.post.err = api.ErrEventBody
	if got := w.raw("POST", "/v1/webhooks/sendgrid/events", header, []byte("{}")); got.status != 400 {
		t.Errorf("body: %d %s", got.status, got.body)
	}
	if got := w.raw("POST", "/v1/webhooks/sendgrid/events", header, make([]byte, 1<<20+1)); got.status != 413 {
		t.Errorf("too large: %d %s", got.status, got.body)
	}
	if got := w.raw("POST", "/v1/webhooks/sendgrid/events", http.Header{"Content-Type": {"text/plain"}}, []byte("[]")); got.status != 415 {
		t.Errorf("type: %d %s", got.status, got.body)
	}
	if got := w.raw("GET", "/v1/webhooks/sendgrid/events", nil, nil); got.status != 405 {
		t.Errorf("GET: %d", got.status)
	}
}

// What is personal is stored in its own place and nowhere else: not in the
// engine, in answers, in events, commands or the log.
func TestPersonalDataGoesNoFurther(t *testing.T) {
	w := newWorld(t)
	canaries := []string{"Canary-Family", "Canary-Given", "1971-03-04", "A555000111", "CANARY-ORDER", "CANARY-NOTE", "CANARY-DOCUMENT"}
	order := newRequest()["order"].(fields)
	body := newRequest().with("person", fields{"family_name": canaries[0], "given_names": canaries[1], "birth_date": canaries[2], "a_number": canaries[3]},
		"order", order.with("number", canaries[4]), "note", canaries[5])
	opened := w.change("officer1", "/v1/requests", body)
	r := read[changed](t, opened).Request
	w.prepare(r)
	w.do("officer1", &r, "request-review", fields{"content": w.content(r), "note": canaries[5]}.with(w.paperless()...))
	w.do("supervisor1", &r, "approve", fields{"content": w.content(r)})
	w.do("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier", "note": canaries[5]})
	w.do("officer1", &r, "record-issue", fields{"issuer": "x", "number": canaries[6], "valid_from": "2026-03-02", "valid_to": "2026-09-01"})
	w.change("officer1", "/v1/holds", holdOn(r, "note", canaries[5]))
	w.act("officer1", &r, "withdraw", fields{"outcome": canaries[5], "reason": canaries[6]})
	w.change("officer1", "/v1/requests", body)
	texts := map[string]string{"answer": string(opened.body), "log": w.log.String()}
	for _, path := range []string{"", "/events", "/clocks", "/contacts", "/escalations"} {
		texts[path] = string(w.get("officer1", "/v1/requests/"+r.ID+path).body)
	}
	for _, table := range []string{"events", "commands", "requests", "orders", "holds", "outbox", "deadlines"} {
		var dump string
		must(t, w.pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(t::text, ' '), '') FROM "+table+" t").Scan(&dump))
		if table == "commands" && dump == "" {
			t.Error("no commands")
		}
		texts[table] = dump
	}
	state, err := w.engine.states[r.ID].MarshalJSON()
	must(t, err)
	texts["engine"] = string(state)
	for place, text := range texts {
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s is in %s", canary, place)
			}
		}
	}
	if w.count("sealed_fields") == 0 {
		t.Error("sealed_fields is empty")
	}
	if !strings.Contains(texts["log"], "subject=officer1") || strings.Contains(texts["log"], r.ID) {
		t.Errorf("the log names callers and routes, no addresses: %.300s", texts["log"])
	}
}
