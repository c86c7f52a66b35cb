package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// sequence numbers and signs what is in the log, as a worker does.
func (w *world) sequence() note.Verifier {
	w.t.Helper()
	if w.sequencer == nil {
		key := filepath.Join(w.t.TempDir(), "audit.key")
		public, err := audit.CreateKey(key)
		must(w.t, err)
		w.signed, err = note.NewVerifier(public)
		must(w.t, err)
		w.sequencer, err = audit.NewSequencer(w.pool, audit.KeyFile(key), audit.Folder(w.t.TempDir()), w.clock.Now, slog.New(slog.DiscardHandler))
		must(w.t, err)
	}
	must(w.t, w.sequencer.Round(w.t.Context()))
	return w.signed
}

func (w *world) entered(actor, action, object, outcome string) int {
	return w.count("audit_entries WHERE actor = $1 AND action = $2 AND object = $3 AND outcome = $4", actor, action, object, outcome)
}

func TestReadsOfPersonalDataAndRefusalsAreOnRecord(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	person := "/v1/persons/" + r.PersonID
	for _, c := range []struct{ user, action, path, object, outcome string }{
		{"officer1", "GET /v1/persons/{id}", person, "person/" + r.PersonID, "done"},
		{"liaison1", "GET /v1/persons/{id}", person, "person/" + r.PersonID, "forbidden"},
		{"officer1", "GET /v1/persons/{id}/legal-events", person + "/legal-events", "person/" + r.PersonID, "done"},
		{"officer1", "GET /v1/requests/{id}", "/v1/requests/" + newKey(), "", "not_found"},
		{"officer1", "GET /v1/holds", "/v1/holds?person=" + r.PersonID, "person/" + r.PersonID, "done"},
		{"officer1", "GET /v1/deadlines", "/v1/deadlines?request=" + r.ID, "request/" + r.ID, "done"},
		{"officer1", "GET /v1/requests", "/v1/requests?person=" + r.PersonID, "person/" + r.PersonID, "done"},
	} {
		if c.object == "" {
			c.object = "request/" + strings.TrimPrefix(c.path, "/v1/requests/")
		}
		w.get(c.user, c.path)
		if w.entered(c.user, c.action, c.object, c.outcome) != 1 {
			t.Errorf("%s by %s is not on record as %s", c.path, c.user, c.outcome)
		}
	}
	w.get("nobody", person)
	if w.entered(api.Nobody, "unmatched", "api", "unauthorized") != 1 {
		t.Error("a call without a token that counts is not on record")
	}
	if w.entered("officer1", "open", "request/"+r.ID, "done") != 1 {
		t.Error("a command is not on record")
	}
}

// Whoever adds an operation that reads has it on record, or says here that it
// tells nothing of a person.
func TestEveryReadingIsOnRecord(t *testing.T) {
	impersonal := []string{
		"listRequests", "listPostDispatches", "getBottlenecks", "listCountries", "getPack",
		"listPeople", "listOffices", "listPosts", "listDesks", "listIssuers", "getOpenapi", "getProblem",
	}
	w := newWorld(t, visited(everywhere()))
	left := w.sent("courier")
	w.detained(left.request)
	document, command := w.documentOf(left.request), newKey()
	held := w.ask("counsel1", http.MethodPost, "/v1/holds", holdOn(w.inVietnam(left.request)), "Idempotency-Key", command)
	w.sequence()
	owners := w.owners(left.request, read[placed](t, held).Hold.ID, document, command)
	owners["/v1/dispatches/"], owners["/v1/merges/"] = left.dispatch, w.merge(left.request, w.forVietnam("country", "HND", "post", "hnd-washington")).ID
	for operation, addresses := range readings(t, owners, values(left.request)) {
		read := false
		for _, user := range []string{"any-auditor", "officer1", "counsel1"} {
			before := w.count("audit_entries WHERE outcome = 'done'")
			if got := w.get(user, addresses[0]); got.status != http.StatusOK {
				continue
			}
			read = true
			entered := w.count("audit_entries WHERE outcome = 'done'") - before
			if entered == 0 != slices.Contains(impersonal, operation) || entered > 1 {
				t.Errorf("%s: %d entries", addresses[0], entered)
			}
		}
		if !read {
			t.Errorf("%s: nobody could read it", addresses[0])
		}
	}
}

func TestTheWholeLogIsForWhoSeesEverything(t *testing.T) {
	w := newWorld(t, visited(map[string]identity.Principal{
		"narrow": {Subject: "narrow", Roles: []identity.Role{identity.Auditor}, Offices: []string{"BOS"}, Countries: []string{"GHA"}},
	}))
	w.open()
	w.sequence()
	for _, address := range []string{"/v1/audit", "/v1/audit/1/proof"} {
		if got := w.get("narrow", address); got.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", address, got.status, got.body)
		}
	}
}

// brokenLog can't be written.
type brokenLog struct{ api.AuditLog }

func (brokenLog) Enter(context.Context, api.AuditAct) error { return errors.New("invented failure") }

func TestWhatCantBePutOnRecordIsNotShown(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Audit = brokenLog{} })
	r := w.open()
	got := w.get("officer1", "/v1/persons/"+r.PersonID)
	if got.status != http.StatusServiceUnavailable || bytes.Contains(got.body, []byte("family_name")) {
		t.Errorf("got %d %s", got.status, got.body)
	}
	if got := w.get("nobody", "/v1/persons/"+r.PersonID); got.status != http.StatusUnauthorized {
		t.Errorf("a refusal became %d", got.status)
	}
}

func TestAnAuditorReadsAndProvesTheLog(t *testing.T) {
	w := newWorld(t)
	w.open()
	verifier := w.sequence()
	list := read[struct {
		Entries   []audit.Row `json:"entries"`
		NextAfter int64       `json:"next_after"`
	}](t, w.get("auditor1", "/v1/audit?limit=2"))
	if len(list.Entries) != 2 || list.Entries[0].Number != 1 || list.NextAfter != 2 {
		t.Fatalf("got %+v", list)
	}
	proof := read[audit.Proof](t, w.get("auditor1", "/v1/audit/2/proof"))
	if err := audit.Check(proof, verifier); err != nil {
		t.Error(err)
	}
}
