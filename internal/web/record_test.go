package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api"
)

// entered counts what the audit log says of an actor's refusals.
func (w *world) entered(actor, action, object, outcome string) (rows int) {
	w.t.Helper()
	must(w.t, w.pool.QueryRow(w.t.Context(), `SELECT count(*) FROM audit_entries
		WHERE actor = $1 AND action = $2 AND object = $3 AND outcome = $4`, actor, action, object, outcome).Scan(&rows))
	return rows
}

// refusals counts everything that was not done.
func (w *world) refusals() (rows int) {
	w.t.Helper()
	must(w.t, w.pool.QueryRow(w.t.Context(), `SELECT count(*) FROM audit_entries
		WHERE outcome IN ('unauthorized', 'forbidden', 'not_found')`).Scan(&rows))
	return rows
}

// What pages refuse before they ask the API is on record, once, and so is what
// the API refuses them.
func TestWhatPagesRefuseIsOnRecord(t *testing.T) {
	w := newWorld(t)
	r := w.opened()
	officer, auditor, visitor := w.as("officer1"), w.as("auditor1"), w.visitor()
	search := officer.get("/").form()
	absent := uuid.NewString()
	foreign := func(b *browser, path string) {
		b.do(http.MethodPost, path, strings.NewReader("text=Exampleton"), "Content-Type", "application/x-www-form-urlencoded", "Origin", "https://evil.example")
	}
	for _, c := range []struct {
		do                             func()
		actor, action, object, outcome string
	}{
		{func() { foreign(officer, "/requests/"+r.Code+"/holds/new") }, api.Nobody, "POST /requests/{code}/holds/new", "page", "forbidden"},
		{func() { officer.send("/holds/"+absent+"/lift", nil) }, "officer1", "POST /holds/{id}/lift", "hold/" + absent, "forbidden"},
		{func() { visitor.send("/search", nil) }, api.Nobody, "POST /search", "page", "unauthorized"},
		{func() { officer.get("/requests/TD-EXAMPLETON") }, "officer1", "GET /requests/{code}", "page", "not_found"},
		{func() { officer.get("/reviews/exampleton") }, "officer1", "GET /reviews/{code}", "page", "not_found"},
		{func() { officer.get("/escalations/" + absent) }, "officer1", "GET /escalations/{id}", "escalation/" + absent, "not_found"},
		{func() { officer.get("/a/Exampleton-Exampleton") }, "officer1", "GET /a/{token}", "page", "not_found"},
		{func() {
			officer.send("/search", url.Values{"form_token": search["form_token"], "code": {"TD-EXAMPLETON"}})
		}, "officer1", "POST /search", "page", "not_found"},
		{func() { auditor.get("/requests/" + r.Code + "/holds/new") }, "auditor1", "GET /requests/{code}/holds/new", "page", "forbidden"},
		{func() { officer.get("/holds/" + absent + "/lift") }, "officer1", "GET /v1/holds/{id}", "hold/" + absent, "not_found"},
	} {
		before := w.refusals()
		c.do()
		if rows, all := w.entered(c.actor, c.action, c.object, c.outcome), w.refusals()-before; rows != 1 || all != 1 {
			t.Errorf("%s is on record %d times as %s, with %d refusals in all", c.action, rows, c.outcome, all)
		}
	}
	before := w.refusals()
	visitor.get("/exampleton.php")
	if w.refusals() != before {
		t.Error("a stranger fills the log with addresses that lead nowhere")
	}
	var told int
	must(t, w.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE audit_entries::text ILIKE '%exampleton%'`).Scan(&told))
	if told != 0 {
		t.Errorf("%d rows repeat what somebody typed", told)
	}
}
