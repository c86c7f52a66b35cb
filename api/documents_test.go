package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
)

// picture is a small good file.
func picture() []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// form is a multipart body with its file last.
func form(values fields, name string, content []byte) (body []byte, media string) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for field, value := range values {
		_ = w.WriteField(field, fmt.Sprint(value))
	}
	header := textproto.MIMEHeader{"Content-Type": {"application/pdf"}}
	header.Set("Content-Disposition", fmt.Sprintf(`form-data; name="file"; filename=%q`, name))
	part, _ := w.CreatePart(header)
	_, _ = part.Write(content)
	_ = w.Close()
	return out.Bytes(), w.FormDataContentType()
}

func (w *world) upload(user, person string, values fields, name string, content []byte, header ...string) answer {
	w.t.Helper()
	body, media := form(values, name, content)
	all := append([]string{"Idempotency-Key", newKey(), "Content-Type", media}, header...)
	return w.ask(user, http.MethodPost, "/v1/persons/"+person+"/documents", body, all...)
}

// kept counts what a document leaves: rows, commands of documents, and files.
func (w *world) kept() (rows, files int) {
	w.t.Helper()
	ids, err := w.folder.IDs()
	must(w.t, err)
	return w.count("documents") + w.count("commands WHERE operation = 'upload_document'"), len(ids)
}

type documentBody struct {
	ID              string
	Pages           int
	MediaType       string `json:"media_type"`
	OriginalSHA256  string `json:"original_sha256"`
	SanitisedSHA256 string `json:"sanitised_sha256"`
	WithdrawnFor    string `json:"withdrawn_for"`
}

func TestADocumentIsKeptReadAndWithdrawn(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	key := newKey()
	values := fields{"type": "photographs", "request_id": r.ID}
	made := w.upload("officer1", r.PersonID, values, `C:\scans\..\Example, Ana.pdf`, picture(), "Idempotency-Key", key)
	if made.status != http.StatusCreated || made.header.Get("Location") != "/v1/documents/"+key {
		t.Fatalf("upload: %d %s", made.status, made.body)
	}
	sum := sha256.Sum256(picture())
	document := read[documentBody](t, made)
	if document.ID != key || document.Pages != 1 || document.MediaType != "image/png" || document.OriginalSHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("document: %s", made.body)
	}
	again := w.upload("officer1", r.PersonID, values, `C:\scans\..\Example, Ana.pdf`, picture(), "Idempotency-Key", key)
	if again.status != made.status || !bytes.Equal(again.body, made.body) {
		t.Errorf("repeated: %d %s", again.status, again.body)
	}
	if other := w.upload("officer1", r.PersonID, values, "another.pdf", picture(), "Idempotency-Key", key); other.problem() != "idempotency_key_reused" && other.problem() != "key_reused" {
		t.Errorf("another call under the same key: %d %s", other.status, other.body)
	}
	if rows, files := w.kept(); rows != 2 || files != 3 {
		t.Errorf("%d rows and %d files are kept", rows, files)
	}
	detail := read[struct{ Name, Text string }](t, w.get("officer1", "/v1/documents/"+key))
	if detail.Name != "Example, Ana.pdf" {
		t.Errorf("name is shown as %q", detail.Name)
	}
	w.checkContent(key, document.SanitisedSHA256)
	w.checkWithdrawal(key, r)
}

func (w *world) checkContent(id, hash string) {
	w.t.Helper()
	content := w.get("counsel1", "/v1/documents/"+id+"/content")
	sum := sha256.Sum256(content.body)
	if content.status != http.StatusOK || hex.EncodeToString(sum[:]) != hash || !bytes.HasPrefix(content.body, []byte("%PDF-")) {
		w.t.Errorf("content: %d, %d bytes", content.status, len(content.body))
	}
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Content-Disposition": `attachment; filename="` + id + `.pdf"`,
	} {
		if got := content.header.Get(name); got != want {
			w.t.Errorf("%s is %q", name, got)
		}
	}
}

func (w *world) checkWithdrawal(id string, r request) {
	w.t.Helper()
	checklist := func() string {
		return string(w.get("officer1", "/v1/requests/"+r.ID+"/checklist").body)
	}
	if !strings.Contains(checklist(), id) {
		w.t.Errorf("checklist does not name the document: %s", checklist())
	}
	withdrawn := w.change("officer1", "/v1/documents/"+id+"/withdraw", fields{"reason": "illegible"})
	if withdrawn.status != http.StatusOK || read[documentBody](w.t, withdrawn).WithdrawnFor != "illegible" {
		w.t.Errorf("withdraw: %d %s", withdrawn.status, withdrawn.body)
	}
	if second := w.change("counsel1", "/v1/documents/"+id+"/withdraw", fields{"reason": "mistaken"}); second.problem() != "already_withdrawn" {
		w.t.Errorf("withdrawn twice: %d %s", second.status, second.body)
	}
	if strings.Contains(checklist(), id) {
		w.t.Errorf("checklist names a withdrawn document: %s", checklist())
	}
}

// What breaks a rule of the form is refused before anything is read of the file.
func TestFormsAreJudged(t *testing.T) {
	w := newWorld(t)
	r, other := w.open(), w.open()
	for name, each := range map[string]struct {
		values fields
		field  string
	}{
		"no type":         {fields{}, "type"},
		"unknown type":    {fields{"type": "poem"}, "type"},
		"unknown field":   {fields{"type": "other", "colour": "red"}, "body"},
		"another person":  {fields{"type": "other", "request_id": other.ID}, "request_id"},
		"no such request": {fields{"type": "other", "request_id": "../../etc"}, "request_id"},
	} {
		got := w.upload("officer1", r.PersonID, each.values, "a.pdf", picture())
		if _, named := got.faults()[each.field]; got.status != 422 || !named {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	address := "/v1/persons/" + r.PersonID + "/documents"
	for _, media := range []string{"", "application/json", "multipart/form-data", "multipart/mixed; boundary=x", "text/plain"} {
		if got := w.ask("officer1", "POST", address, []byte("x"), "Idempotency-Key", newKey(), "Content-Type", media); got.problem() != "not_a_form" && media != "" {
			t.Errorf("%q: %d %s", media, got.status, got.body)
		}
	}
	whole, media := form(fields{"type": "other"}, "a.png", picture())
	if got := w.ask("officer1", "POST", address, whole[:len(whole)-90], "Idempotency-Key", newKey(), "Content-Type", media); got.status != 400 && got.status != 422 {
		t.Errorf("broken off: %d %s", got.status, got.body)
	}
	for _, head := range []string{"filename=\"a\x01.pdf\"", "filename=\"a.pdf\"\r\n folded\x00: line", "no header\r\nat all"} {
		body := []byte("--frame\r\nContent-Disposition: form-data; name=\"file\"; " + head + "\r\n\r\n%PDF-1.7\r\n--frame--\r\n")
		got := w.ask("officer1", "POST", address, body, "Idempotency-Key", newKey(), "Content-Type", "multipart/form-data; boundary=frame")
		if got.problem() != "malformed" {
			t.Errorf("%q: %d %s", head, got.status, got.body)
		}
	}
	if got := w.ask("officer1", "POST", address, []byte("--other\r\n\r\n"), "Idempotency-Key", newKey(), "Content-Type", "multipart/form-data; boundary=frame"); got.status != 422 {
		t.Errorf("another frame: %d %s", got.status, got.body)
	}
	if rows, files := w.kept(); rows != 0 || files != 0 {
		t.Errorf("%d rows and %d files are kept", rows, files)
	}
}

// endless is a body that counts what is read of it.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	clear(p)
	e.read += int64(len(p))
	return len(p), nil
}

// An upload of 200 MB is refused by its length, unread; without a length it is
// read no further than the limit; without a token it is not read at all.
func TestALargeUploadIsRefusedEarly(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	for name, each := range map[string]struct {
		user    string
		length  int64
		problem string
		most    int64
	}{
		"by its length": {"officer1", 200 << 20, "document_too_large", 0},
		"as it comes":   {"officer1", -1, "document_too_large", 10 << 20},
		"by nobody":     {"nobody", -1, "unauthorized", 0},
		"by a stranger": {"manager1", -1, "not_permitted", 64 << 10},
	} {
		head := "--frame\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nother\r\n--frame\r\n" +
			"Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7\n"
		body := &endless{}
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/persons/"+r.PersonID+"/documents", io.MultiReader(strings.NewReader(head), body))
		request.ContentLength = each.length
		request.Header = http.Header{"Authorization": {"Bearer " + each.user}, "Idempotency-Key": {newKey()}, "Content-Type": {"multipart/form-data; boundary=frame"}}
		recorded := httptest.NewRecorder()
		w.server.ServeHTTP(recorded, request)
		got := answer{status: recorded.Code, body: recorded.Body.Bytes()}
		if got.problem() != each.problem || body.read > each.most {
			t.Errorf("%s: %d %s after %d bytes", name, got.status, got.body, body.read)
		}
	}
	if rows, files := w.kept(); rows != 0 || files != 0 {
		t.Errorf("%d rows and %d files are kept", rows, files)
	}
}

func TestThereIsAnEndToTheDocumentsOfARequest(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	values := fields{"type": "other", "request_id": r.ID}
	for range 3 {
		if got := w.upload("officer1", r.PersonID, values, "a.png", picture()); got.status != http.StatusCreated {
			t.Fatalf("upload: %d %s", got.status, got.body)
		}
	}
	if got := w.upload("officer1", r.PersonID, values, "a.png", picture()); got.problem() != "document_limit" {
		t.Errorf("one too many: %d %s", got.status, got.body)
	}
	for range 2 {
		w.upload("officer1", r.PersonID, fields{"type": "other"}, "a.png", picture())
	}
	if got := w.upload("officer1", r.PersonID, fields{"type": "other"}, "a.png", picture()); got.problem() != "document_limit" {
		t.Errorf("one too many of the person: %d %s", got.status, got.body)
	}
	if rows, files := w.kept(); rows != 10 || files != 15 {
		t.Errorf("%d rows and %d files are kept", rows, files)
	}
}

// A review says of the checklist what the documents on record say.
func TestAReviewAgreesWithTheDocuments(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	list := read[struct {
		Items []struct {
			ID       string
			Required bool
		}
		Missing []string
	}](t, w.get("officer1", "/v1/requests/"+r.ID+"/checklist"))
	if len(list.Items) == 0 || len(list.Missing) == 0 {
		t.Fatalf("checklist: %+v", list)
	}
	kept := list.Missing[0]
	version := w.get("officer1", "/v1/requests/"+r.ID).header.Get("ETag")
	review := func(present []string, gaps []fields) map[string]string {
		return w.change("officer1", "/v1/requests/"+r.ID+"/request-review", fields{"content": someHash, "present": present, "gaps": gaps}, "If-Match", version).faults()
	}
	if got := review([]string{kept}, []fields{}); got["present.0"] != "no document of it is on record" {
		t.Errorf("present while nothing is on record: %v", got)
	}
	if got := w.upload("officer1", r.PersonID, fields{"type": kept}, "a.png", picture()); got.status != http.StatusCreated {
		t.Fatalf("upload: %d %s", got.status, got.body)
	}
	var absent string
	for _, item := range list.Items {
		if item.ID != kept {
			absent = item.ID
		}
	}
	if got := review([]string{kept, absent}, []fields{}); got["present.1"] != "no document of it is on record" || got["present.0"] != "" {
		t.Errorf("present without a document: %v", got)
	}
	if got := review([]string{}, []fields{{"item": kept, "reason": "not_available"}}); got["gaps.0.item"] != "a document of it is on record" {
		t.Errorf("a gap with a document: %v", got)
	}
}
