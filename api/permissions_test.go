package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// permissionRoles are the columns of testdata/permissions.txt.
func permissionRoles() []identity.Role {
	return []identity.Role{
		identity.Officer, identity.Supervisor, identity.Counsel, identity.Liaison, identity.State, identity.Manager,
		identity.Auditor, identity.Admin, identity.Service,
	}
}

// everywhere is one caller for each role who sees every office, country and post.
func everywhere() map[string]identity.Principal {
	callers, all := map[string]identity.Principal{}, []string{identity.All}
	for _, role := range permissionRoles() {
		id := "any-" + string(role)
		callers[id] = identity.Principal{Subject: id, Roles: []identity.Role{role}, Offices: all, Countries: all, Posts: all}
	}
	return callers
}

// permissionTable reads the rows: by operation, one cell for each role.
func permissionTable(t *testing.T) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/permissions.txt")
	must(t, err)
	rows := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Fields(line)
		if len(cells) == 0 || cells[0] == "#" {
			continue
		}
		if len(cells) != 1+len(permissionRoles()) || rows[cells[0]] != nil {
			t.Fatalf("row %q has another number of cells, or stands twice", line)
		}
		rows[cells[0]] = cells[1:]
	}
	return rows
}

// goodBodies are bodies that the contract takes, for operations that have one.
func goodBodies(r request) map[string]fields {
	hold := fields{"scope": "request", "request_id": r.ID, "kind": "counsel", "source": someHash, "dated": "2026-01-12"}
	legal := fields{"kind": "order_final", "date": "2026-01-15", "office": "BOS", "source_type": "order", "source": someHash}
	packed := fields{"content": someHash, "channel": "courier"}
	return map[string]fields{
		"open": newRequest(), "previewLadder": {}, "requestReview": {"content": someHash}, "approve": {"content": someHash},
		"return": {"items": []fields{{"item": "photographs", "reason": "missing"}}}, "send": packed, "answerInformation": packed,
		"recordReceipt": {"evidence": someHash}, "recordInformationAsked": {"what": []string{"photograph"}},
		"scheduleInterview": {"at": "2026-03-20T15:00:00Z", "zone": "America/New_York", "mode": "video", "place": "gha-washington"},
		"recordInterview":   {"result": "held"}, "beginVerification": {"evidence": someHash},
		"recordIssue":  {"issuer": "embassy", "number": "INVENTED-1", "valid_from": "2026-03-01", "valid_to": "2026-06-01"},
		"authenticate": {"photo": true, "names": true, "serial": true}, "rejectDocument": {"reason": "blurred"},
		"recordRefusal": {"not_a_national": false}, "retry": {"evidence": someHash}, "reissue": {"reason": "expired"},
		"recordTravel": {"on": "2026-03-02"}, "close": {"reason": "done"}, "withdraw": {"outcome": "other", "reason": "x"},
		"recordContact": {"fact": fields{"direction": "to_post", "medium": "telephone", "answered": false}},
		"reassign":      {"officer": "officer2"}, "acknowledgeEscalation": {"escalation": "L1-9", "next_date": "2026-03-04", "action": "call_post"},
		"acknowledge": {"next_date": "2026-03-04", "action": "call_post"}, "recordNoncompliance": {"step": "attempt", "evidence": someHash},
		"correct": {"event": 1, "reason": "typo"}, "recordLegalEvent": legal,
		"recordCustody":    {"kind": "detained", "date": "2026-02-20", "office": "BOS", "source_type": "form", "source": someHash},
		"withdrawDocument": {"reason": "mistaken"},
		"placeHold":        hold, "liftHold": {"authority": "counsel", "source": someHash, "reason": "resolved"},
		"amendHold":        {"review_by": "2026-05-01", "expiry": fields{"authority": "counsel", "source": someHash, "expires_on": "2026-06-01", "expires_zone": "America/New_York"}},
		"consentToCountry": {"reason": "order_amended", "source": someHash},
		"findCitizenship":  {"finding": "citizen", "source": someHash},
		"openBreakGlass":   {"request_id": r.ID, "reason": "a hospital asks who is responsible"},
		"placeLegalHold":   {"matter": "2026-EXAMPLE-1"}, "liftLegalHold": {"matter": "2026-EXAMPLE-1"},
		"recordCustodyReview": {
			"duty": "records_review", "date": "2026-02-25", "office": "BOS", "decision": "continue_detention", "source_type": "form", "source": someHash,
		},
		"raiseFlag": {"kind": "medical", "source": someHash, "dated": "2026-02-20"}, "endFlag": {"source": someHash, "reason": "recovered"},
		"mergePersons": {"person_id": newKey(), "reason": "same_fingerprints", "source": someHash}, "splitPersons": {"reason": "other_fingerprints", "source": someHash},
		"claimNationality": {"country": "TGO", "claimed_by": "person", "dated": "2026-02-20", "source": someHash},
		"recordConsularNotification": {
			"country": "GHA", "detained_since": "2026-02-20", "kind": "mandatory", "means": "fax", "notified_at": "2026-02-20T20:00:00Z", "source": someHash,
		},
		"verifyIssuer":   {"issuer": "consul", "valid_from": "2026-01-01", "source": "verbal note"},
		"endIssuer":      {"issuer": "example", "valid_from": "2026-01-01", "valid_to": "2026-02-01", "source": "verbal note"},
		"preparePackage": {"documents": []string{}}, "reviewDisclosure": {"decisions": []fields{{"position": 1, "decision": "disclose"}}},
		"handOver":         {"courier": "example_courier", "tracking": "INVENTED-1", "handed_over_at": "2026-03-02T15:00:00Z"},
		"recordDelivery":   {"document_id": r.ID, "delivered_at": "2026-03-02T15:00:00Z"},
		"recordSubmission": {"system": "etd", "number": "INVENTED-1", "submitted_at": "2026-03-02T15:00:00Z"},
		"confirmRecall":    {"as": "returned"},
		"setDataSheet":     {"fields": fields{"sex": "F"}},
		"previewClocks":    {"custody": fields{"office": "BOS", "events": []fields{{"kind": "order_final", "date": "2026-01-15"}}}},
	}
}

// driven is a method, an address and an id of the contract.
type driven struct{ method, path, id string }

func everyOperation(t *testing.T) []driven {
	t.Helper()
	var all []driven
	for path, item := range contractDocument(t).Paths.Map() {
		for method, each := range item.Operations() {
			all = append(all, driven{method, path, each.OperationID})
		}
	}
	return all
}

// stage prepares what an operation is about: a request, a hold and an
// escalation, all of their own.
func (w *world) stage(o driven) (path string, body []byte, version string) {
	w.t.Helper()
	r := w.open()
	held := read[struct{ Hold struct{ ID string } }](w.t, w.change("counsel1", "/v1/holds", fields{
		"scope": "request", "request_id": r.ID, "kind": "counsel", "source": someHash, "dated": "2026-01-12",
	}))
	escalation, command := newKey(), newKey()
	_, err := w.pool.Exec(w.t.Context(), `INSERT INTO escalations (escalation_id, request_id, local_id, level, trigger, status, asked_at, seq)
		VALUES ($1, $2, 'L1-9', 1, 'percent_of_timescale', 'open', $3, 9)`, escalation, r.ID, monday)
	must(w.t, err)
	w.ask("officer1", http.MethodPost, "/v1/requests/"+r.ID+"/record-contact", goodBodies(r)["recordContact"], "Idempotency-Key", command, "If-Match", w.get("officer1", "/v1/requests/"+r.ID).header.Get("ETag"))
	id := r.ID
	switch {
	case strings.HasPrefix(o.path, "/v1/persons/"):
		id = r.PersonID
		w.change("officer1", "/v1/persons/"+id+"/custody", goodBodies(r)["recordCustody"])
	case strings.HasPrefix(o.path, "/v1/packages/"):
		w.prepare(r)
		id = w.newestPackage(r)
	case strings.HasPrefix(o.path, "/v1/dispatches/"):
		id = w.sent("courier").dispatch
	case strings.HasPrefix(o.path, "/v1/holds/"):
		id = held.Hold.ID
	case strings.HasPrefix(o.path, "/v1/flags/"):
		id = read[struct{ ID string }](w.t, w.change("officer1", "/v1/persons/"+r.PersonID+"/flags", goodBodies(r)["raiseFlag"])).ID
	case strings.HasPrefix(o.path, "/v1/merges/"):
		id = w.merge(r, w.forVietnam()).ID
	case strings.HasPrefix(o.path, "/v1/posts/"):
		id = "gha-washington"
		w.change("admin1", "/v1/posts/"+id+"/issuers", goodBodies(r)["verifyIssuer"].with("issuer", "example"))
	case strings.HasPrefix(o.path, "/v1/escalations/"):
		id = escalation
	case strings.HasPrefix(o.path, "/v1/documents/"):
		id = read[struct{ ID string }](w.t, w.upload("officer1", r.PersonID, fields{"type": "other"}, "scan.png", picture())).ID
	case strings.HasPrefix(o.path, "/v1/commands/"):
		id = command
	}
	path = strings.NewReplacer("{id}", id, "{country}", "GHA", "{code}", "stale", "{number}", "1").Replace(o.path)
	w.sequence()
	if o.id == "getBottlenecks" {
		path += "?group_by=country"
	}
	if good, has := goodBodies(r)[o.id]; has {
		body, err = json.Marshal(good)
		must(w.t, err)
	}
	return path, body, w.get("officer1", "/v1/requests/"+r.ID).header.Get("ETag")
}

func (w *world) drive(o driven, path string, body []byte, version, bearer string) answer {
	w.t.Helper()
	header := http.Header{}
	if bearer != "" {
		header.Set("Authorization", "Bearer "+bearer)
	}
	if o.method == http.MethodPost {
		header.Set("Idempotency-Key", newKey())
		header.Set("If-Match", version)
		header.Set("Content-Type", "application/json")
	}
	if o.id == "uploadDocument" {
		header.Set("Content-Type", "multipart/form-data; boundary=frame")
	}
	if o.id == "receiveMailEvents" {
		body = []byte("[]")
	}
	return w.raw(o.method, path, header, body)
}

// Every operation is asked for by every role, and answered as the table says.
func TestEveryOperationByEveryRole(t *testing.T) {
	table, known := permissionTable(t), 0
	w := newWorld(t, visited(everywhere()))
	for _, o := range everyOperation(t) {
		cells, written := table[o.id]
		if !written {
			t.Errorf("%s is not in testdata/permissions.txt", o.id)
			continue
		}
		known++
		path, body, version := w.stage(o)
		for i, role := range permissionRoles() {
			got := w.drive(o, path, body, version, "any-"+string(role))
			// Who only reads, or is turned away, leaves everything to the next one.
			if o.method != http.MethodGet && got.status != http.StatusForbidden && got.status != http.StatusNotFound {
				path, body, version = w.stage(o)
			}
			if !permitted(cells[i], got) {
				t.Errorf("%s by %s: %d %s; the table says %s", o.id, role, got.status, bytes.TrimSpace(got.body), cells[i])
			}
		}
	}
	if known != len(table) {
		t.Errorf("the table has %d rows, %d of which are operations", len(table), known)
	}
}

// permitted tells whether an answer is what a cell says. What may be tried can
// still be refused by the stage, a second person or a field that the core judges.
func permitted(cell string, got answer) bool {
	switch cell {
	case ".":
		return got.status == http.StatusForbidden && got.problem() == "not_permitted"
	case "-":
		return got.status == http.StatusNotFound
	case "+":
		return got.status < 300 || got.status == http.StatusServiceUnavailable
	default:
		return got.status < 300 || got.status == http.StatusConflict || got.status == http.StatusUnprocessableEntity || got.problem() == "same_person"
	}
}

// Without a token, or with a bad one, every operation but the public ones gives the one answer.
func TestEveryOperationNeedsAToken(t *testing.T) {
	table := permissionTable(t)
	w := newWorld(t)
	var first string
	for _, o := range everyOperation(t) {
		path, body, version := w.stage(o)
		for _, bearer := range []string{"", "nobody", "eyJhbGciOiJub25lIn0.e30."} {
			got := w.drive(o, path, body, version, bearer)
			if table[o.id][0] == "+" {
				if got.status == http.StatusUnauthorized {
					t.Errorf("%s: %d", o.id, got.status)
				}
				continue
			}
			if first == "" {
				first = string(got.body)
			}
			if got.status != http.StatusUnauthorized || string(got.body) != first {
				t.Errorf("%s with %q: %d %s", o.id, bearer, got.status, got.body)
			}
		}
	}
	if !strings.Contains(w.log.String(), "status=401") {
		t.Error("refused access is not logged")
	}
}
