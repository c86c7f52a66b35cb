package endtoend

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// upload brings a file of a person.
func (r *request) upload(user, name string, content []byte) whole.Answer {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("type", "other"); err != nil {
		r.t.Fatal(err)
	}
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		r.t.Fatal(err)
	}
	return r.w.As(user).Do(whole.Call{
		Method: http.MethodPost, Path: "/v1/persons/" + r.Person + "/documents", Body: body.Bytes(), Media: form.FormDataContentType(),
	})
}

// A document comes in, is read as pictures of its pages, and outlives the API;
// a hostile one is refused and the API serves on.
func TestDocumentsThroughTheWholeSystem(t *testing.T) {
	w := whole.Start(t)
	r := &request{t: t, w: w}
	r.open("officer1", "Anastasia", "GHA", "gha-washington")
	var kept struct {
		ID    string
		Pages int
	}
	r.upload("officer1", "../order.pdf", documentstest.Plain(3, "Invented Order")).Want(http.StatusCreated).Into(&kept)
	r.upload("officer1", "half.pdf", documentstest.Plain(3, "x")[:200]).Want(http.StatusUnprocessableEntity)
	w.Restart("api")
	content := w.As("counsel1").Do(whole.Call{Method: http.MethodGet, Path: "/v1/documents/" + kept.ID + "/content"}).Want(http.StatusOK)
	if kept.Pages != 3 || !bytes.HasPrefix(content.Body, []byte("%PDF-")) || bytes.Contains(content.Body, []byte("Invented")) {
		t.Errorf("%d pages, %d bytes", kept.Pages, len(content.Body))
	}
	w.As("officer1").Do(whole.Call{Method: http.MethodGet, Path: "/v1/documents/" + uuid.NewString()}).Want(http.StatusNotFound)
}
