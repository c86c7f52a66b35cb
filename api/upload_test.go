package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

// A name from outside is shown without what would act, names no file, and goes into no log.
func TestNamesOfFilesAreShownAndDoNothing(t *testing.T) {
	for name, want := range map[string]string{
		"passport.pdf":                  "passport.pdf",
		"../../etc/passwd":              "passwd",
		`..\..\windows\system32\a.pdf`:  "a.pdf",
		"/":                             "",
		"..":                            "",
		"a/../../b.pdf":                 "b.pdf",
		"Zo\u00eb \u5f20.pdf":           "Zo\u00eb \u5f20.pdf",
		"a\u202egnp.exe":                "agnp.exe",
		"a\x1b[31m.pdf":                 "a[31m.pdf",
		"<img src=x onerror=alert>.pdf": "img src=x onerror=alert.pdf",
		"a\x00b.pdf":                    "ab.pdf",
		"CON: |?*.pdf":                  "CON .pdf",
		strings.Repeat("\u00e4", 500):   strings.Repeat("\u00e4", 120),
	} {
		got := api.DisplayName(name)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
	w := newWorld(t)
	r := w.open()
	made := w.upload("officer1", r.PersonID, fields{"type": "other"}, "../../Canaryname.pdf", picture())
	if made.status != http.StatusCreated || strings.Contains(string(made.body), "Canaryname") || strings.Contains(w.log.String(), "Canaryname") {
		t.Errorf("upload: %d %s", made.status, made.body)
	}
	if n := w.count("commands WHERE input::text LIKE '%Canaryname%' OR convert_from(answer, 'UTF8') LIKE '%Canaryname%'"); n != 0 {
		t.Error("a name is kept in the clear")
	}
}

// Every reason of a refusal is a problem that explains itself.
func TestEveryRefusalExplainsItself(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	for _, reason := range []sanitise.Reason{
		sanitise.Empty, sanitise.UnknownType, sanitise.TooLarge, sanitise.Damaged, sanitise.Encrypted, sanitise.Ambiguous,
		sanitise.NoPages, sanitise.Pages, sanitise.PageSize, sanitise.TooHeavy, sanitise.Unreadable,
	} {
		if got := w.raw("GET", "/problems/"+string(reason), nil, nil); got.status != 200 || !strings.Contains(string(got.body), "kept") {
			t.Errorf("%s: %d %s", reason, got.status, got.body)
		}
	}
	for content, want := range map[string]string{
		"": "document_empty", "text": "document_type_unknown", "%PDF-1.7\n": "document_damaged", "x%PDF-1.7\n": "document_ambiguous",
		string(documentstest.Plain(1, "x")) + "PK": "document_ambiguous", string(documentstest.Plain(61, "x")): "document_pages",
	} {
		if got := w.upload("officer1", r.PersonID, fields{"type": "other"}, "a.pdf", []byte(content)); got.problem() != want || got.status < 400 {
			t.Errorf("%.9q: %d %s, want %s", content, got.status, got.body, want)
		}
	}
	if rows, files := w.kept(); rows != 0 || files != 0 {
		t.Errorf("%d rows and %d files are kept", rows, files)
	}
}

// A file that is not taken became no command: the refusal itself is on record,
// with its reason and without the file's name.
func TestARefusedUploadIsOnRecord(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	refused := func(outcome string) int {
		return w.entered("officer1", "POST /v1/persons/{id}/documents", "person/"+r.PersonID, outcome)
	}
	for _, c := range []struct {
		kind, name, content, want string
	}{
		{"other", "Canaryname.exe", "MZ", "document_type_unknown"}, {"other", "Canaryname.pdf", "%PDF-1.7\n", "document_damaged"},
		{"other", "Canaryname.pdf", string(documentstest.Plain(61, "x")), "document_pages"},
		{"other", "Canaryname.pdf", strings.Repeat("x", 9<<20), "document_too_large"},
		{"no_such_type", "Canaryname.pdf", "", "invalid_fields"},
	} {
		if got := w.upload("officer1", r.PersonID, fields{"type": c.kind}, c.name, []byte(c.content)); got.problem() != c.want || refused(c.want) != 1 {
			t.Errorf("%s: %d %s, on record %d times", c.want, got.status, got.body, refused(c.want))
		}
	}
	if n := w.count("audit_entries e WHERE e::text LIKE '%Canaryname%'"); n != 0 {
		t.Errorf("%d entries hold the name of a file", n)
	}
	before := w.count("audit_entries")
	if got := w.upload("officer1", r.PersonID, fields{"type": "other"}, "Canaryname.pdf", picture()); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if refused("") != 0 || w.count("audit_entries WHERE action LIKE 'POST %'") != 5 || w.count("audit_entries") == before {
		t.Error("a file that is taken is on record as something else than its command")
	}
}

// A document whose command was stored before an outage is carried on from its
// row alone; the files were there before the command.
func TestAStoredUploadIsCarriedOn(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	received, err := w.files.Receive(t.Context(), r.PersonID, strings.NewReader(string(picture())))
	must(t, err)
	id := newKey()
	document := api.Document{ID: id, PersonID: r.PersonID, Type: api.OtherDocument, ReceivedDocument: received, UploadedBy: "officer1"}
	input, err := json.Marshal(document)
	must(t, err)
	_, _, err = w.store.Store(t.Context(), api.NewCommand{ID: id, Principal: "officer1", Operation: "upload_document", Fingerprint: []byte{1}, PersonID: r.PersonID, Input: input})
	must(t, err)
	for range 2 {
		must(t, w.server.CarryOn(context.WithoutCancel(t.Context()), id))
	}
	if got := w.get("officer1", "/v1/documents/"+id+"/content"); got.status != http.StatusOK {
		t.Errorf("carried on: %d %s", got.status, got.body)
	}
	if n := w.count("documents"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// Whoever may not see a person, or a request of theirs, is told of no document.
func TestDocumentsAreSeenByWhoSeesTheirRequest(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	id := read[documentBody](t, w.upload("officer1", r.PersonID, fields{"type": "other", "request_id": r.ID}, "a.png", picture())).ID
	for _, path := range []string{"/v1/documents/" + id, "/v1/documents/" + id + "/content", "/v1/persons/" + r.PersonID + "/documents", "/v1/requests/" + r.ID + "/checklist"} {
		if got := w.get("officer1", path); got.status != http.StatusOK {
			t.Errorf("%s by the officer: %d %s", path, got.status, got.body)
		}
		absent := w.get("officer-atl", strings.NewReplacer(id, newKey(), r.ID, newKey(), r.PersonID, newKey()).Replace(path))
		if got := w.get("officer-atl", path); got.status != http.StatusNotFound || string(got.body) != string(absent.body) {
			t.Errorf("%s by an officer elsewhere: %d %s", path, got.status, got.body)
		}
	}
	if got := w.upload("officer-atl", r.PersonID, fields{"type": "other"}, "a.png", picture()); got.status != http.StatusNotFound {
		t.Errorf("upload by an officer elsewhere: %d %s", got.status, got.body)
	}
}

// With the database away an upload is no half-done document.
func TestAnUploadWithoutADatabaseLeavesNothing(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.line.cut()
	if got := w.upload("officer1", r.PersonID, fields{"type": "other"}, "a.png", picture()); got.status != http.StatusServiceUnavailable {
		t.Errorf("without a database: %d %s", got.status, got.body)
	}
	if ids, err := w.folder.IDs(); err != nil || len(ids) != 0 {
		t.Errorf("files %v, %v", ids, err)
	}
}
