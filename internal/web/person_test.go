package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// namesake is a request of another invented record, for another country.
func (w *world) namesake() request {
	w.t.Helper()
	return w.opened("country", "VNM", "post", "vnm-washington",
		"person", fields{"family_name": "Exampletown", "given_names": "Kofi", "birth_date": "1990-05-18", "a_number": "A000000077"})
}

// uploaded adds a document of a type to a person.
func (w *world) uploaded(r request, documentType string) {
	w.t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	must(w.t, parts.WriteField("type", documentType))
	part, err := parts.CreateFormFile("file", "invented.pdf")
	must(w.t, err)
	_, err = part.Write(documentstest.Plain(2, "invented"))
	must(w.t, err)
	must(w.t, parts.Close())
	asked := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, "/v1/persons/"+r.Person+"/documents", &body)
	asked.Header.Set("Authorization", "Bearer officer1")
	asked.Header.Set("Idempotency-Key", uuid.NewString())
	asked.Header.Set("Content-Type", parts.FormDataContentType())
	got := httptest.NewRecorder()
	w.api.ServeHTTP(got, asked)
	if got.Code != http.StatusCreated {
		w.t.Fatalf("%d %s", got.Code, got.Body)
	}
}

func (w *world) claimed(r request, country, by string) {
	w.t.Helper()
	w.call("officer1", "POST", "/v1/persons/"+r.Person+"/nationalities", fields{"country": country, "claimed_by": by, "dated": "2026-02-20", "source": someHash})
}

// Who needs to know reads who somebody is; US citizenship is told to those alone
// who need to know why somebody is held.
func TestThePersonOfARequest(t *testing.T) {
	w := newWorld(t)
	r := w.opened()
	w.claimed(r, "GHA", "person")
	w.claimed(r, "TGO", "document")
	w.uploaded(r, "passport_copy")
	w.uploaded(r, "other")
	got := w.as("officer1").get("/requests/" + r.Code)
	got.wants(t, 200, "Claimed nationalities", "Ghana, said by the person (Fri 20 Feb 2026)", "Togo, by a document", "No other record in your sight",
		"Not on the country&#39;s checklist", "What it shows")
	if strings.Contains(got.text, "US citizenship</dt>") {
		t.Error("an officer is told of US citizenship")
	}
	counsel := w.as("counsel1")
	counsel.get("/requests/"+r.Code).wants(t, 200, "US citizenship</dt><dd>Not claimed")
	w.held(r, "citizenship_claim")
	counsel.get("/requests/"+r.Code).wants(t, 200, "US citizenship</dt><dd>Claimed; counsel decides")
	stranger := w.as("liaison1").get("/requests/" + r.Code)
	for _, personal := range []string{"Exampleton", "Togo", "A-number", "US citizenship"} {
		if strings.Contains(stranger.text, personal) {
			t.Errorf("who needs not know is told %s", personal)
		}
	}
}

// Once the key is destroyed the page says so to who could read the person, and to nobody else.
func TestADestroyedPersonIsToldAsSuch(t *testing.T) {
	w := newWorld(t)
	r := w.opened()
	tx, err := w.pool.Begin(t.Context())
	must(t, err)
	must(t, w.vault.Destroy(t.Context(), tx, r.Person))
	must(t, tx.Commit(t.Context()))
	const destroyed = "The data of the person were destroyed at the end of their retention"
	w.as("officer1").get("/requests/"+r.Code).wants(t, 200, destroyed)
	stranger := w.as("liaison1").get("/requests/" + r.Code)
	stranger.wants(t, 200, "shown only to those who need to know")
	if strings.Contains(stranger.text, destroyed) {
		t.Error("who needs not know is told")
	}
}

// A name of one long word breaks and moves nothing sideways.
func TestALongNameBreaks(t *testing.T) {
	w := newWorld(t)
	r := w.opened("person", fields{"family_name": strings.Repeat("W", 200), "given_names": "Kofi", "birth_date": "1990-05-17"})
	b := w.newTab()
	b.signIn("officer1")
	b.open("/requests/" + r.Code)
	b.examine("request-long-name")
	for _, width := range []int64{390, 1280} {
		b.run(chromedp.EmulateViewport(width, 900))
		if wide := evaluate[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 0 {
			t.Errorf("at %d px it scrolls sideways by %d px", width, wide)
		}
	}
}

// Counsel joins two records by the codes of their requests, and parts them
// again; readers of one see the other only within their sight.
func TestJoiningAndPartingRecords(t *testing.T) {
	w := newWorld(t)
	r, other := w.opened(), w.namesake()
	address := "/requests/" + r.Code + "/merges/new"
	w.as("officer1").get(address).wants(t, 403, "You may not do this")
	counsel := w.as("counsel1")
	page := counsel.get(address)
	page.wants(t, 200, "Name another record of the same human", "Kofi Exampleton, born 17 May 1990")
	counsel.send(address, filled(page)).wants(t, 422, "Enter a code such as TD-7Q4M2K.", "Choose why they are one.", "Choose the source document.")
	counsel.send(address, filled(page, "other", "TD-222222", "reason", "same_document", "source", someHash)).wants(t, 422, "There is no such request, or none that you may see.")
	counsel.send(address, filled(page, "other", r.Code, "reason", "same_document", "source", someHash)).wants(t, 422, "This request is of the same record.")
	before := w.traces()
	sure := counsel.send(address, filled(page, "other", strings.ToLower(other.Code), "reason", "same_document", "source", someHash))
	sure.wants(t, 422, "Enter a code such as TD-7Q4M2K.")
	sure = counsel.send(address, filled(page, "other", other.Code, "reason", "same_document", "source", someHash))
	sure.wants(t, 200, "Are these two records of one human?", "Kofi Exampletown, born 18 May 1990", "One document names both")
	if w.traces() != before {
		t.Error("they were joined before it was confirmed")
	}
	w.clock.set(w.clock.Now().Add(time.Minute))
	joined := counsel.send(address, sure.form())
	joined.wants(t, 200, "The two records are of one human from now on.", "Kofi Exampletown, born 18 May 1990, A-number A000000077 (found to be one human on Mon 2 Mar 2026)", "Part these records")
	counsel.send(address, sure.form()).wants(t, 200, "The two records are of one human from now on.")
	again := counsel.send(address, filled(counsel.get(address), "other", other.Code, "reason", "same_document", "source", someHash))
	counsel.send(address, again.form()).wants(t, 422, "One of the two is joined with another record already.")

	w.clock.set(w.clock.Now().Add(time.Minute))
	w.claimed(r, "TGO", "person")
	link := regexp.MustCompile(`/requests/TD-[A-Z0-9]+/merges/[0-9a-f-]{36}`).FindString(joined.text)
	part := counsel.get(link)
	part.wants(t, 200, "Part two records", "Record 1: Kofi Exampleton", "Record 2: Kofi Exampletown", "Whose is this: Claimed nationality of Mon 2 Mar 2026")
	w.as("officer1").get(link).wants(t, 403, "You may not do this")
	counsel.get("/requests/"+w.opened("country", "HTI", "post", "hti-washington").Code+strings.TrimPrefix(link, "/requests/"+r.Code)).wants(t, 404, "There is nothing here")
	sure = counsel.send(link, filled(part, "added-0", other.Person, "reason", "other_fingerprints", "source", someHash))
	sure.wants(t, 200, "Are these records of two people?", "Record 2: Kofi Exampletown", "The fingerprints differ")
	counsel.send(link, sure.form()).wants(t, 200, "The two records are parted.", "parted on Mon 2 Mar 2026")
	counsel.send(link, sure.form()).wants(t, 200, "The two records are parted.")
	counsel.get(link).wants(t, 409, "Somebody else has parted these records already.")
	counsel.get("/requests/"+other.Code).wants(t, 200, "Togo, said by the person")
}

func TestEveryPageOfAPerson(t *testing.T) {
	w := newWorld(t)
	r, other := w.sent(), w.namesake()
	w.claimed(r, "GHA", "person")
	w.uploaded(r, "other")
	b := w.newTab()
	b.signIn("counsel1")
	b.open("/requests/" + r.Code)
	b.examine("person")
	b.press(`a[href$="/merges/new"]`)
	b.examine("merge")
	b.unchecked()
	b.press(submit)
	b.examine("merge-error")
	b.write("#other", other.Code)
	b.write("#reason", "same_document")
	b.write("input[type=hidden][name=source]", someHash)
	b.press(submit)
	b.examine("merge-confirm")
	b.press(submit)
	b.examine("merged")
	w.clock.set(w.clock.Now().Add(time.Minute))
	w.claimed(r, "TGO", "document")
	b.press(`a[href*="/merges/"]:not([href$="/new"])`)
	b.examine("split")
	b.write("#reason", "other_document")
	b.write("input[type=hidden][name=source]", someHash)
	b.unchecked()
	b.press(submit)
	b.examine("split-confirm")
	b.press(submit)
	b.examine("split-done")
}
