package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// outgoingPackage is a package as the API shows it.
type outgoingPackage struct {
	ID          string
	Content     string
	Void        string
	Undisclosed int
	Items       []struct {
		Position   int
		Kind       string
		Type       string
		DocumentID string `json:"document_id"`
		SHA256     string
		State      string
	}
}

func (p outgoingPackage) states() string {
	var states []string
	for _, item := range p.Items {
		states = append(states, strings.TrimSuffix(item.Kind+"/"+item.Type, "/")+" "+item.State)
	}
	return strings.Join(states, ", ")
}

// paper puts a sanitised document of a person on record.
func (w *world) paper(r request, documentType, by string) string {
	w.t.Helper()
	return w.paperFor(r, nil, documentType, by)
}

// paperFor is the same, for one request of the person alone where one is named.
func (w *world) paperFor(r request, requestID any, documentType, by string) string {
	w.t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCreationDate(monday)
	pdf.SetModificationDate(monday)
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 12)
	pdf.Cell(40, 10, "An invented "+documentType)
	var raw bytes.Buffer
	must(w.t, pdf.Output(&raw))
	id := newKey()
	_, err := w.pool.Exec(w.t.Context(), `INSERT INTO documents (document_id, person_id, request_id, type, media_type, pages, dropped, original_file, original_bytes,
		original_sha256, sanitised_file, sanitised_bytes, sanitised_sha256, text_file, uploaded_by, uploaded_at)
		VALUES ($1, $2, $6, $3, 'application/pdf', 1, 0, gen_random_uuid(), 1, sha256('1'), gen_random_uuid(), 1, sha256('1'), gen_random_uuid(), $4, $5)`,
		id, r.PersonID, documentType, by, w.clock.Now(), requestID)
	must(w.t, err)
	w.papers[id] = paper{api.Document{ID: id, PersonID: r.PersonID, Type: documentType, UploadedBy: by}, raw.Bytes()}
	return id
}

// withdraw takes a document out of use.
func (w *world) withdraw(id string) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), "UPDATE documents SET withdrawn_by = 'officer1', withdrawn_at = $2, withdrawn_for = 'mistake', withdrawn_with = $3 WHERE document_id = $1", id, w.clock.Now(), newKey())
	must(w.t, err)
	gone := w.papers[id]
	gone.WithdrawnAt = w.clock.Now()
	w.papers[id] = gone
}

func (w *world) order(r request, body fields) answer {
	w.t.Helper()
	return w.change("officer1", "/v1/requests/"+r.ID+"/packages", body)
}

func sha(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// The letter is dated as the office's calendar says, and the manifest says nothing
// that is ours alone.
func TestWhatLeavesIsDatedAtTheOffice(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.clock.advance(time.Date(2026, time.March, 3, 3, 0, 0, 0, time.UTC).Sub(w.clock.Now()))
	made := read[outgoingPackage](t, w.order(r, fields{"documents": []string{}, "letter": "We enclose what you asked for."}))
	manifest := string(w.get("officer1", "/v1/packages/"+made.ID+"/manifest").body)
	if !strings.Contains(manifest, `"prepared_on": "2026-03-02"`) {
		t.Errorf("prepared on another day: %s", manifest)
	}
	for _, ours := range []string{"review", `"pack"`} {
		if strings.Contains(manifest, ours) {
			t.Errorf("the manifest says %s: %s", ours, manifest)
		}
	}
}

// What a reviewer reads are the bytes that leave, and every hash says so.
func TestAPackageIsReadAsItLeaves(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	passport, order, other := w.paper(r, "passport_copy", "officer2"), w.paper(r, "final_order", "officer2"), w.paper(r, "other", "officer2")
	got := w.order(r, fields{"documents": []string{passport, order, other}, "letter": "We enclose what you asked for."})
	made := read[outgoingPackage](t, got)
	if got.status != http.StatusCreated || got.header.Get("Location") != "/v1/packages/"+made.ID {
		t.Fatalf("%d %s", got.status, got.body)
	}
	want := "cover_letter listed, data_sheet listed, index listed, free_text needs_disclosure_review, document/passport_copy needs_disclosure_review, " +
		"document/final_order needs_disclosure_review, document/other needs_disclosure_review"
	if made.states() != want || made.Undisclosed != 4 {
		t.Errorf("items %s, %d undisclosed", made.states(), made.Undisclosed)
	}
	for _, reader := range []string{"supervisor1", "counsel1", "officer1"} {
		manifest := w.get(reader, "/v1/packages/"+made.ID+"/manifest")
		pdf := w.get(reader, "/v1/packages/"+made.ID+"/content")
		named := read[struct {
			Request string
			PDF     struct{ SHA256 string }
		}](t, manifest)
		if sha(manifest.body) != made.Content || named.PDF.SHA256 != sha(pdf.body) || named.Request != r.Code {
			t.Errorf("%s reads other bytes than what is named", reader)
		}
		if pdf.header.Get("Cache-Control") != "no-store" || pdf.header.Get("Content-Type") != "application/pdf" {
			t.Errorf("headers %v", pdf.header)
		}
	}
	again := read[struct{ Packages []outgoingPackage }](t, w.get("officer1", "/v1/requests/"+r.ID+"/packages"))
	if len(again.Packages) != 1 || again.Packages[0].Content != made.Content {
		t.Errorf("listed %+v", again)
	}
}

// review hands a package over, with documents of some types in it and a reason
// for whatever else is required.
func (w *world) review(by string, r *request, content string, documents ...string) {
	w.t.Helper()
	present, gaps := append([]string{"cover_letter", "form_i217"}, documents...), []fields{}
	for _, item := range w.required() {
		if !slices.Contains(present, item) {
			gaps = append(gaps, fields{"item": item, "reason": "to_be_taken"})
		}
	}
	w.do(by, r, "request-review", fields{"content": content, "present": present, "gaps": gaps})
}

// What is said to be in the package is in it.
func TestAReviewSpeaksOfThePackage(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.paper(r, "final_order", "officer2")
	body := fields{"content": w.prepare(r), "present": []string{"cover_letter", "form_i217", "final_order"}, "gaps": []fields{{"item": "photographs", "reason": "to_be_taken"}}}
	if got := w.act("officer1", &r, "request-review", body); got.status != 422 || got.faults()["present.2"] == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// decide is a disclosure review of one decision for each given position.
func decide(decision string, positions ...int) fields {
	var all []fields
	for _, position := range positions {
		all = append(all, fields{"position": position, "decision": decision, "reason": "needed"})
	}
	return fields{"decisions": all}
}

// Rule 3: an item that is not on the list leaves when a second person has
// disclosed it: neither who prepared the package nor who uploaded the document, who
// do not approve the package either.
func TestRule03_ASecondPersonDisclosesWhatIsNotListed(t *testing.T) {
	both := identity.Principal{Subject: "officer1", Roles: []identity.Role{identity.Officer, identity.Supervisor}, Offices: []string{"BOS"}}
	other := identity.Principal{Subject: "supervisor2", Roles: []identity.Role{identity.Supervisor}, Offices: []string{"BOS"}}
	w := newWorld(t, visited(map[string]identity.Principal{"both": both, "other": other}))
	r := w.open()
	order := w.paper(r, "final_order", "supervisor1")
	made := read[outgoingPackage](t, w.order(r, fields{"documents": []string{order}}))
	path := "/v1/packages/" + made.ID + "/disclosures"
	w.review("officer2", &r, made.Content, "final_order")
	approval := fields{"content": made.Content}
	if got := w.act("other", &r, "approve", approval); got.status != 422 || got.faults()["content"] == "" {
		t.Errorf("rule 3: approved with an item that nobody disclosed: %d %s", got.status, got.body)
	}
	for user, who := range map[string]string{"both": "who prepared it", "supervisor1": "who uploaded it"} {
		if got := w.change(user, path, decide("disclose", 4)); got.problem() != "same_person" {
			t.Errorf("rule 3: %s disclosed it: %d %s", who, got.status, got.body)
		}
	}
	if got := w.change("officer2", path, decide("disclose", 4)); got.problem() != "not_permitted" {
		t.Errorf("rule 3: an officer disclosed it: %d %s", got.status, got.body)
	}
	if got := w.change("counsel1", path, decide("disclose", 4)); got.status != 200 || read[outgoingPackage](t, got).Undisclosed != 0 {
		t.Fatalf("disclosed by counsel: %d %s", got.status, got.body)
	}
	for user, who := range map[string]string{"both": "who prepared it", "supervisor1": "who uploaded a document in it"} {
		if got := w.act(user, &r, "approve", approval); got.problem() != "same_person" {
			t.Errorf("rule 3: %s approved it: %d %s", who, got.status, got.body)
		}
	}
	w.do("other", &r, "approve", approval)
	w.do("officer1", &r, "send", fields{"content": made.Content, "channel": "courier"})
}

// Rule 3: nor does who wrote the data sheet in a package disclose that or approve the
// package, whoever prepared it; who wrote an earlier version may.
func TestRule03_WhoWroteTheDataSheetDoesNotApproveIt(t *testing.T) {
	writer := identity.Principal{Subject: "officer2", Roles: []identity.Role{identity.Officer, identity.Supervisor}, Offices: []string{"BOS"}}
	w := newWorld(t, visited(map[string]identity.Principal{"writer": writer}))
	writtenBy := func(users ...string) (disclosed, approved string) {
		r := w.open()
		for _, user := range users {
			w.clock.advance(time.Minute)
			if got := w.change(user, "/v1/persons/"+r.PersonID+"/data-sheet", fields{"fields": fields{"sex": "F"}}); got.status >= 300 {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
		made := read[outgoingPackage](t, w.order(r, fields{"documents": []string{}}))
		w.review("officer1", &r, made.Content)
		for _, item := range made.Items {
			if item.Kind == "data_sheet" {
				disclosed = w.change("writer", "/v1/packages/"+made.ID+"/disclosures", decide("disclose", item.Position)).problem()
			}
		}
		return disclosed, w.act("writer", &r, "approve", fields{"content": made.Content}).problem()
	}
	if disclosed, approved := writtenBy("officer1", "officer2"); disclosed != "same_person" || approved != "same_person" {
		t.Errorf("rule 3: who wrote the data sheet disclosed it: %q, and approved it: %q", disclosed, approved)
	}
	// On the list, it waits for nobody.
	if disclosed, approved := writtenBy("officer2", "officer1"); disclosed == "same_person" || approved != "" {
		t.Errorf("who wrote an earlier version is kept from disclosing: %q, and approving: %q", disclosed, approved)
	}
}

func TestAWithheldItemLeavesInNoPackage(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	made := read[outgoingPackage](t, w.order(r, fields{"documents": []string{}, "letter": "Free text."}))
	path := "/v1/packages/" + made.ID + "/disclosures"
	without := fields{"decisions": []fields{{"position": 4, "decision": "withhold"}}}
	if got := w.change("counsel1", path, without); got.faults()["decisions.0.reason"] == "" {
		t.Errorf("withheld without a reason: %d %s", got.status, got.body)
	}
	if got := w.change("counsel1", path, decide("withhold", 4)); got.status != 200 || !strings.Contains(read[outgoingPackage](t, got).states(), "free_text withheld") {
		t.Fatalf("withheld: %d %s", got.status, got.body)
	}
	for name, positions := range map[string][]int{"decided before": {4}, "needs none": {1}, "no such item": {9}} {
		if got := w.change("counsel1", path, decide("disclose", positions...)); got.faults()["decisions.0.position"] == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	w.do("officer1", &r, "request-review", fields{"content": made.Content}.with(w.paperless()...))
	if got := w.act("supervisor1", &r, "approve", fields{"content": made.Content}); got.faults()["content"] == "" {
		t.Errorf("approved: %d %s", got.status, got.body)
	}
	if got := w.change("counsel1", path, decide("disclose", 4, 4)); got.status != 422 {
		t.Errorf("twice at once: %d %s", got.status, got.body)
	}
}

// Whatever changes makes what was approved void: it does not leave, and a new
// package goes through a review of its own from where the request stands.
func TestAnyChangeVoidsTheApproval(t *testing.T) {
	for void, change := range map[string]func(*world, request, string){
		"replaced": func(w *world, r request, _ string) { w.prepare(r) },
		"person_changed": func(w *world, r request, _ string) {
			w.change("officer1", "/v1/persons/"+r.PersonID+"/data-sheet", fields{"fields": fields{"sex": "F"}})
		},
		"document_withdrawn": func(w *world, _ request, document string) { w.withdraw(document) },
	} {
		t.Run(void, func(t *testing.T) {
			w := newWorld(t)
			r := w.open()
			passport := w.paper(r, "passport_copy", "officer2")
			content := w.prepare(r, "documents", []string{passport})
			w.disclose(r)
			w.review("officer1", &r, content)
			w.do("supervisor1", &r, "approve", fields{"content": content})
			change(w, r, passport)
			if got := w.act("officer1", &r, "send", fields{"content": content, "channel": "courier"}); got.status != 422 || !strings.Contains(got.faults()["content"], void) {
				t.Errorf("sent: %d %s", got.status, got.body)
			}
			all := read[struct{ Packages []outgoingPackage }](t, w.get("supervisor1", "/v1/requests/"+r.ID+"/packages")).Packages
			if first := all[len(all)-1]; first.Void != void {
				t.Errorf("void is %q", first.Void)
			}
			next := w.prepare(r)
			w.review("officer1", &r, next)
			if r.Stage != "review" {
				t.Errorf("it stands in %s", r.Stage)
			}
			w.do("supervisor1", &r, "approve", fields{"content": next})
			w.do("officer1", &r, "send", fields{"content": next, "channel": "courier"})
		})
	}
}

// No step takes a content that is no package of the request.
func TestNoStepTakesAContentThatIsNoPackage(t *testing.T) {
	w := newWorld(t)
	r, elsewhere := w.open(), w.open()
	foreign := w.prepare(elsewhere)
	refused := func(user, command string, body fields) {
		t.Helper()
		for _, content := range []string{someHash, foreign} {
			if got := w.act(user, &r, command, body.with("content", content)); got.status != 422 || got.faults()["content"] == "" {
				t.Errorf("%s: %d %s", command, got.status, got.body)
			}
		}
	}
	refused("officer1", "request-review", fields{}.with(w.paperless()...))
	content := w.prepare(r)
	w.do("officer1", &r, "request-review", fields{"content": content}.with(w.paperless()...))
	refused("supervisor1", "approve", fields{})
	w.do("supervisor1", &r, "approve", fields{"content": content})
	refused("officer1", "send", fields{"channel": "courier"})
	w.do("officer1", &r, "send", fields{"content": content, "channel": "courier"})
	w.do("officer1", &r, "record-information-asked", fields{"what": []string{"photograph"}})
	refused("officer1", "answer-information", fields{"channel": "courier"})
}

func TestWhatCannotGoAlongIsNamed(t *testing.T) {
	w := newWorld(t)
	r, elsewhere := w.open(), w.open()
	passport, foreign, gone := w.paper(r, "passport_copy", "officer1"), w.paper(elsewhere, "passport_copy", "officer1"), w.paper(r, "passport_copy", "officer1")
	convictions, damaged := w.paper(r, "conviction_list", "officer1"), w.paper(r, "passport_copy", "officer1")
	w.withdraw(gone)
	w.papers[damaged] = paper{w.papers[damaged].Document, []byte("no PDF")}
	for name, each := range map[string]struct {
		body  fields
		field string
	}{
		"no such document":      {fields{"documents": []string{newKey()}}, "documents.0"},
		"another person's":      {fields{"documents": []string{passport, foreign}}, "documents.1"},
		"a withdrawn one":       {fields{"documents": []string{gone}}, "documents.0"},
		"one twice":             {fields{"documents": []string{passport, passport}}, "documents.1"},
		"a damaged one":         {fields{"documents": []string{passport, damaged}}, "documents.1"},
		"a criminal record":     {fields{"documents": []string{convictions}}, "documents.0"},
		"a field off the list":  {fields{"documents": []string{}, "fields": []string{"sex", "religion"}}, "fields.1"},
		"letters without glyph": {fields{"documents": []string{}, "letter": "阮"}, "letter"},
	} {
		if got := w.order(r, each.body); got.status != 422 || got.faults()[each.field] == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if n := w.count("outgoing_packages"); n != 0 {
		t.Errorf("%d packages", n)
	}
}

// Rule 18: no criminal record leaves for a country whose pack does not ask for it.
func TestRule18_ACriminalRecordStays(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	for _, record := range []string{"conviction_list", "conviction_record"} {
		got := w.order(r, fields{"documents": []string{w.paper(r, record, "officer1")}})
		if got.status != 422 || w.count("outgoing_packages") != 0 {
			t.Errorf("rule 18: %s is in a package: %d %s", record, got.status, got.body)
		}
	}
}

func TestRule03_ADataSheetHoldsWhatIsListed(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	path := "/v1/persons/" + r.PersonID + "/data-sheet"
	got := w.change("officer1", path, fields{"fields": fields{"asylum_status": "denied", "family_name": "Other", "passport_issued": "soon",
		"sex": "F. Her asylum claim was denied.", "height": "160 cm"}})
	if faults := got.faults(); got.status != 422 || len(faults) != 4 || faults["fields.sex"] == "" || faults["fields.asylum_status"] == "" || faults["fields.family_name"] == "" || faults["fields.passport_issued"] == "" {
		t.Errorf("rule 3: %d %s", got.status, got.body)
	}
	kept := w.change("officer1", path, fields{"fields": fields{"sex": "F", "father_name": "CANARY-FATHER", "passport_issued": "2019-05-06", "aliases": "  "}})
	if kept.status != 200 || bytes.Contains(kept.body, []byte("CANARY")) || !bytes.Contains(kept.body, []byte(`"known":["father_name","passport_issued","sex"]`)) {
		t.Errorf("%d %s", kept.status, kept.body)
	}
	sheet := read[struct {
		Version int
		Fields  map[string]string
	}](t, w.get("supervisor1", path))
	if sheet.Version != 1 || sheet.Fields["father_name"] != "CANARY-FATHER" || len(sheet.Fields) != 3 {
		t.Errorf("%+v", sheet)
	}
	blanked := w.change("officer1", path, fields{"fields": fields{"sex": "  "}})
	if blanked.status != 200 || !bytes.Contains(blanked.body, []byte(`"known":[]`)) {
		t.Errorf("what was entered is not taken back: %d %s", blanked.status, blanked.body)
	}
	w.change("officer1", path, fields{"fields": fields{"father_name": "CANARY-FATHER"}})
	w.prepare(r)
	pdf := w.get("officer1", "/v1/packages/"+w.newestPackage(r)+"/content").body
	for _, printed := range []string{"CANARY-FATHER", "Example", "1990-05-05", "Name of the father"} {
		if !bytes.Contains(pdf, []byte(printed)) {
			t.Errorf("%s is not on the data sheet", printed)
		}
	}
	for _, table := range []string{"commands", "data_sheets", "outgoing_packages", "package_items", "package_contents", "sealed_fields"} {
		var dump string
		must(t, w.pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(t::text, ' '), '') FROM "+table+" t").Scan(&dump))
		if strings.Contains(dump, "CANARY") || strings.Contains(dump, hex.EncodeToString([]byte("CANARY"))) {
			t.Errorf("%s holds what is personal", table)
		}
	}
}

// Two requests alike but for a claim that was denied give packages that are
// byte for byte the same once their ids are blanked (8 CFR 208.6).
func TestRule03_ADeniedClaimShowsInNoPackage(t *testing.T) {
	var made [2][]byte
	for i := range made {
		w := newWorld(t)
		r := w.open()
		if i == 1 {
			held := read[placed](t, w.change("counsel1", "/v1/holds", holdOnPerson(r, "kind", "withholding", "authority", "court", "note", "asylum claim")))
			w.clock.advance(time.Minute)
			w.change("counsel1", "/v1/holds/"+held.Hold.ID+"/lifting", fields{"source": someHash, "reason": "denied"})
			for _, kind := range []string{"stay_granted", "stay_ended"} {
				w.change("counsel1", "/v1/persons/"+r.PersonID+"/legal-events", fields{"kind": kind, "date": "2026-02-20", "office": "BOS", "source_type": "court_order", "source": someHash})
			}
		}
		w.change("officer1", "/v1/persons/"+r.PersonID+"/data-sheet", fields{"fields": fields{"sex": "F"}})
		passport := w.paper(r, "passport_copy", "officer2")
		content := w.prepare(r, "documents", []string{passport})
		id := w.newestPackage(r)
		blank := strings.NewReplacer(r.Code, "CODE", id, "PACKAGE", passport, "DOCUMENT")
		pdf, manifest := w.get("officer1", "/v1/packages/"+id+"/content").body, w.get("officer1", "/v1/packages/"+id+"/manifest").body
		var named struct {
			Items []struct{ Kind, SHA256 string }
			PDF   struct{ SHA256 string }
		}
		must(t, json.Unmarshal(manifest, &named))
		told := blank.Replace(string(manifest))
		for _, item := range named.Items {
			if item.Kind != "document" { // the hash of a part that bears the code
				told = strings.ReplaceAll(told, item.SHA256, "HASH")
			}
		}
		told = strings.ReplaceAll(strings.ReplaceAll(told, named.PDF.SHA256, "HASH"), content, "HASH")
		made[i] = []byte(blank.Replace(string(pdf)) + told)
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("rule 3: a denied claim can be told from the package")
	}
}

// Prepared while the vault or database is away, a package is carried on with
// the letter that came along.
func TestAStoredOrderIsCarriedOn(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	key := newKey()
	body := fields{"documents": []string{}, "letter": "What you asked for."}
	first := w.ask("officer1", http.MethodPost, "/v1/requests/"+r.ID+"/packages", body, "Idempotency-Key", key)
	_, err := w.pool.Exec(t.Context(), "UPDATE commands SET status = 'stored', answer = NULL, answer_status = NULL, done_at = NULL WHERE command_id = $1", key)
	must(t, err)
	must(t, w.server.CarryOn(t.Context(), key))
	again := w.ask("officer1", http.MethodPost, "/v1/requests/"+r.ID+"/packages", body, "Idempotency-Key", key)
	if first.status != 201 || !slices.Equal(first.body, again.body) {
		t.Errorf("first %d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	if n := w.count("outgoing_packages"); n != 1 {
		t.Errorf("%d packages", n)
	}
	if got := w.ask("officer1", http.MethodPost, fmt.Sprintf("/v1/requests/%s/packages", r.ID), body.with("letter", "Else."), "Idempotency-Key", key); got.problem() != "key_reused" {
		t.Errorf("another letter: %d %s", got.status, got.body)
	}
}
