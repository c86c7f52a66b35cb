package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/report"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// told is everything that was said, by who asked for what.
type told map[string]string

// blanks are the only texts in which two lives may differ: ids, public codes and
// links, which are random, and hashes over what bears them. Each is numbered by
// where it comes first, so that an id that stands for another still shows.
var blanks = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|TD-[2-9A-HJ-NP-Z]{6}|\b[0-9a-f]{64}\b|/a/[A-Za-z0-9_-]+`)
})

// blanked goes from one space or quotation mark to the next, over which no blank
// reaches, and leaves out words that are too short for an id: a regular
// expression over whole answers takes longer than the lives themselves.
func blanked(text string) string {
	numbers := map[string]int{}
	numbered := func(found string) string {
		if _, seen := numbers[found]; !seen {
			numbers[found] = len(numbers) + 1
		}
		return fmt.Sprintf("<%d>", numbers[found])
	}
	var said strings.Builder
	for text != "" {
		end := strings.IndexAny(text, " \"\n") + 1
		if end == 0 {
			end = len(text)
		}
		word := text[:end]
		if len(word) >= len(uuid.Nil.String()) || strings.Contains(word, "TD-") || strings.Contains(word, "/a/") {
			word = blanks().ReplaceAllStringFunc(word, numbered)
		}
		said.WriteString(word)
		text = text[end:]
	}
	return said.String()
}

// differs reports what two lives told differently.
func differs(t *testing.T, what string, one, other told) {
	t.Helper()
	for _, asked := range slices.Sorted(maps.Keys(one)) {
		if a, b := one[asked], other[asked]; a != b {
			from := 0
			for from < min(len(a), len(b)) && a[from] == b[from] {
				from++
			}
			from = max(from-100, 0)
			t.Errorf("%s: %s is answered …%.300s\nand …%.300s", what, asked, a[from:], b[min(from, len(b)):])
		}
	}
	for asked := range other {
		if _, both := one[asked]; !both {
			t.Errorf("%s: %s is answered in one life only", what, asked)
		}
	}
}

// aware are the roles that need to know why a request is held.
func aware() []identity.Role { return []identity.Role{identity.Counsel, identity.Auditor} }

// hear delivers what waits for a request's workflow.
func (w *world) hear(id string) {
	w.t.Helper()
	signals, err := w.store.Outbox(w.t.Context(), 100)
	must(w.t, err)
	for _, signal := range signals {
		var fact tdr.Fact
		switch {
		case signal.WorkflowID != "request/"+id:
		case signal.Name == workflows.HoldChangedSignal:
			fact = &tdr.HoldChanged{}
		case signal.Name == workflows.CustodyChangedSignal:
			fact = &tdr.CustodyChanged{}
		}
		if fact != nil {
			must(w.t, json.Unmarshal(signal.Payload, fact))
			w.engine.set(func(e *engine) {
				e.states[id] = tdr.ApplyAll(e.states[id], tdr.Receive(e.states[id], fact, w.clock.Now()))
			})
		}
		must(w.t, w.store.Delivered(w.t.Context(), signal.OutboxID))
	}
	w.pass(id)
}

// mails are all that wait for anybody but counsel, as they would be sent.
func (w *world) mails(into told) {
	w.t.Helper()
	ledger := w.store.Ledger(store.Letterhead{
		Renderer: store.RenderFunc(mail.Render), PublicURL: "https://traveldoc.example", Desk: "ERO TD desk", Country: func(iso string) string { return iso },
	})
	rows, err := w.pool.Query(w.t.Context(), "SELECT DISTINCT recipient FROM notices WHERE recipient NOT LIKE 'desk/counsel%' AND status = 'waiting' ORDER BY recipient")
	must(w.t, err)
	defer rows.Close()
	var recipients []string
	for rows.Next() {
		var recipient string
		must(w.t, rows.Scan(&recipient))
		recipients = append(recipients, recipient)
	}
	for _, recipient := range recipients {
		envelopes, err := ledger.Collect(w.t.Context(), recipient)
		must(w.t, err)
		for _, each := range envelopes {
			asked := fmt.Sprintf("mail to %s at %s", recipient, w.clock.Now().Format(time.RFC3339))
			into[asked] += blanked(strings.Join([]string{each.To, each.Subject, each.Preheader, each.Text, each.HTML, fmt.Sprint(each.Repeat)}, "\n"))
		}
	}
}

// figures are the statistics by every grouping, from the tables.
func (w *world) figures(into told) {
	w.t.Helper()
	for _, by := range []string{"stage", "owner", "post", "country", "field_office"} {
		rows, err := report.New(w.pool).Bottlenecks(w.t.Context(), api.BottleneckQuery{
			Sight: api.Sight{Everything: true}, GroupBy: by, AsOf: w.clock.Now(),
		})
		must(w.t, err)
		if len(rows) == 0 {
			w.t.Fatalf("statistics by %s have no rows to compare", by)
		}
		into["statistics by "+by] = fmt.Sprintf("%+v", rows)
	}
}

// values are what can stand in for a parameter of the contract, by its name.
// One that has none fails the test: a new parameter is asked about too.
func values(r request) map[string]string {
	return map[string]string{
		"cursor": "", "limit": "50", "stage": r.Stage, "owner": "officer", "country": "GHA", "post": "gha-washington", "field_office": "BOS",
		"officer": "officer1", "on_hold": "true", "overdue": "true", "due_before": "2027-01-01T00:00:00Z", "after": "0", "person": r.PersonID,
		"request": r.ID, "standing": "true", "kind": "stage_overdue", "legal": "true", "group_by": "country", "version": "1",
		"number": "1", "code": "gate_closed",
	}
}

// owners of the id in a path, by how the path begins.
func (w *world) owners(r request, hold, document, command string) map[string]string {
	return map[string]string{
		"/v1/requests/": r.ID, "/v1/packages/": w.newestPackage(r), "/v1/persons/": r.PersonID, "/v1/documents/": document,
		"/v1/dispatches/": newKey(), "/v1/merges/": newKey(), // nothing has left, nobody is merged
		"/v1/holds/": hold, "/v1/posts/": "gha-washington", "/v1/commands/": command, "/v1/audit/": "1",
	}
}

// readings are the addresses under which the contract gives something away, each
// alone and once with every parameter it has.
func readings(t *testing.T, owners, values map[string]string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for path, item := range contractDocument(t).Paths.Map() {
		if item.Get == nil || strings.HasPrefix(path, "/healthz") || strings.HasPrefix(path, "/readyz") {
			continue
		}
		address := strings.NewReplacer("{country}", values["country"], "{number}", values["number"], "{code}", values["code"]).Replace(path)
		for prefix, id := range owners {
			if strings.HasPrefix(path, prefix) {
				address = strings.ReplaceAll(address, "{id}", id)
			}
		}
		if strings.Contains(address, "{") {
			t.Errorf("%s: nothing stands for what the path names", path)
		}
		needed := ""
		var queries []string
		for _, parameter := range item.Get.Parameters {
			if parameter.Value.In != openapi3.ParameterInQuery {
				continue
			}
			value, known := values[parameter.Value.Name]
			if !known {
				t.Errorf("%s: nothing stands for %s", path, parameter.Value.Name)
			}
			if parameter.Value.Required {
				needed = parameter.Value.Name + "=" + value
			} else if value != "" {
				queries = append(queries, parameter.Value.Name+"="+value)
			}
		}
		all[item.Get.OperationID] = append(all[item.Get.OperationID], address+"?"+needed)
		for _, query := range queries {
			all[item.Get.OperationID] = append(all[item.Get.OperationID], address+"?"+needed+"&"+query)
		}
	}
	return all
}

// whatIsTold asks every reading operation as everyone outside need to know, what
// would happen next, and for a send that is refused.
func (w *world) whatIsTold(into told, r request, hold, document string) {
	w.t.Helper()
	t := w.t.(*testing.T)
	version := w.get("officer1", "/v1/requests/"+r.ID).header.Get("ETag")
	content := w.content(r)
	values := values(r)
	for _, role := range permissionRoles() {
		if slices.Contains(aware(), role) {
			continue
		}
		user, command := "any-"+string(role), newKey()
		say := func(what string, got answer) {
			header := fmt.Sprint(got.header["Content-Type"], got.header["Etag"], got.header["Location"], got.header["Content-Disposition"])
			into[fmt.Sprintf("%s by %s at %s", what, role, w.clock.Now().Format(time.RFC3339))] = blanked(fmt.Sprint(got.status, " ", header, " ", string(got.body)))
		}
		say("send", w.ask(user, http.MethodPost, "/v1/requests/"+r.ID+"/send", fields{"content": content, "channel": "courier"}, "Idempotency-Key", command, "If-Match", version))
		say("previewLadder", w.change(user, "/v1/requests/"+r.ID+"/ladder-preview", fields{}))
		for operation, addresses := range readings(t, w.owners(r, hold, document, command), values) {
			for i, address := range addresses {
				say(fmt.Sprintf("%s %d", operation, i), w.get(user, address))
			}
		}
	}
}

// heldLife is a request that is held for something, from the day it was ready,
// and looked at now and for months after.
func heldLife(t *testing.T, why ...any) told {
	w := newWorld(t, visited(everywhere()))
	r := w.reviewed()
	w.detained(r)
	document := w.documentOf(r)
	w.hear(r.ID)
	w.clock.advance(time.Hour)
	held := w.change("counsel1", "/v1/holds", holdOn(r, append([]any{"scope", "person", "request_id", nil, "person_id", r.PersonID}, why...)...))
	if held.status != 201 {
		t.Fatalf("%d %s", held.status, held.body)
	}
	said := told{}
	for _, days := range []int{0, 3, 30, 100} {
		w.clock.advance(time.Duration(days) * 24 * time.Hour)
		w.hear(r.ID)
		_, err := w.store.FileHoldReviews(t.Context())
		must(t, err)
		w.mails(said)
		r = w.read(r.ID)
		w.whatIsTold(said, r, read[placed](t, held).Hold.ID, document)
	}
	w.figures(said)
	return said
}

// detained puts on record that a person with a final order is in custody.
func (w *world) detained(r request) {
	w.t.Helper()
	for _, event := range []fields{{"kind": "order_final", "date": "2026-01-15"}, {"kind": "detained", "date": "2026-01-10"}} {
		got := w.change("officer1", "/v1/persons/"+r.PersonID+"/legal-events", event.with("office", "BOS", "source_type", "order", "source", someHash))
		if got.status != http.StatusCreated {
			w.t.Fatalf("%d %s", got.status, got.body)
		}
	}
}

func (w *world) documentOf(r request) string {
	w.t.Helper()
	return read[struct{ ID string }](w.t, w.upload("officer1", r.PersonID, fields{"type": "other"}, "scan.png", picture())).ID
}

// Whoever does not need to know is told of a hold for asylum, withholding or
// another protection byte for byte what an ordinary stay would have them told: by
// every operation that reads, when a send is refused, in mails and in statistics.
func TestNeedToKnow_EveryKindOfHoldIsToldAlike(t *testing.T) {
	stay := heldLife(t, "kind", "stay", "authority", "court")
	seen := 0
	for asked, answer := range stay {
		if strings.HasPrefix(asked, "getHold 0 by officer") && strings.HasPrefix(answer, "200 ") || strings.HasPrefix(asked, "send by officer") && strings.Contains(answer, "gate_closed") || strings.HasPrefix(asked, "mail to ") {
			seen++
		}
	}
	if seen < 9 {
		t.Errorf("the life of a stay shows too little to compare: %d of %d answers", seen, len(stay))
	}
	for name, why := range map[string][]any{
		"asylum":      {"kind", "pending_relief", "review_by", "2026-06-01"},
		"withholding": {"kind", "withholding", "scope", "country", "country", "GHA"},
		"CAT":         {"kind", "cat", "scope", "country", "country", "GHA"},
		"citizenship": {"kind", "citizenship_claim"},
		"last day":    {"kind", "stay", "authority", "ice", "expires_on", "2026-12-31", "expires_zone", "America/New_York"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			differs(t, name+" and a stay", stay, heldLife(t, why...))
		})
	}
}
