package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// Rule 15: who opens a request beyond their reach gives a reason, counsel is
// told, every look is on record, and sight is of one request, for reading, for an hour.
func TestRule15_BreakGlassIsOnRecord(t *testing.T) {
	stranger := identity.Principal{Subject: "stranger", Roles: []identity.Role{identity.Officer}, Offices: []string{"LOS"}}
	w := newWorld(t, visited(map[string]identity.Principal{"stranger": stranger}))
	r, other := w.open(), w.open()
	reads := func(of request) int { return w.get("stranger", "/v1/requests/"+of.ID).status }
	looks := func() int {
		return w.count("audit_entries WHERE actor = 'stranger' AND action = 'break_glass' AND object = $1 AND outcome = 'done'", "request/"+r.ID)
	}
	ask := fields{"request_id": r.ID, "reason": "a hospital asks who is responsible"}
	if got := w.change("stranger", "/v1/break-glass", ask.with("reason", "")); got.faults()["reason"] == "" {
		t.Errorf("rule 15: opened without a reason: %d %s", got.status, got.body)
	}
	if reads(r) != 404 {
		t.Fatal("a stranger reads a request")
	}
	if got := w.change("stranger", "/v1/break-glass", ask); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	before := looks()
	if status := reads(r); status != 200 {
		t.Errorf("a request that was opened: %d", status)
	}
	if now := looks(); now != before+1 {
		t.Errorf("rule 15: a look beyond reach made %d entries", now-before)
	}
	if n := w.count("notices WHERE kind = 'break_glass' AND recipient = 'desk/counsel-bos' AND request_id = $1", r.ID); n != 1 {
		t.Errorf("rule 15: counsel has %d notices", n)
	}
	if n := w.count("commands WHERE operation = 'break_glass' AND input::text LIKE '%hospital%'"); n != 0 {
		t.Error("rule 15: the reason stands where it can be read")
	}
	if status := reads(other); status != 404 {
		t.Errorf("rule 15: another request was opened too: %d", status)
	}
	got := w.ask("stranger", http.MethodPost, "/v1/requests/"+r.ID+"/withdraw", fields{"outcome": "other", "reason": "x"},
		"Idempotency-Key", newKey(), "If-Match", `"`+r.Version+`"`)
	if got.status != 403 {
		t.Errorf("rule 15: sight let a stranger act: %d %s", got.status, got.body)
	}
	w.clock.advance(time.Hour)
	if status := reads(r); status != 404 {
		t.Errorf("rule 15: sight lasts: %d", status)
	}
	if got := w.change("manager1", "/v1/break-glass", ask); got.status != 403 || strings.Contains(string(got.body), r.Code) {
		t.Errorf("rule 15: a manager opened a request: %d %s", got.status, got.body)
	}
}
