package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// filled is a form's hidden fields with entries.
func filled(p page, entries ...string) url.Values {
	form := p.form()
	for i := 0; i+1 < len(entries); i += 2 {
		form.Set(entries[i], entries[i+1])
	}
	return form
}

// What is given to a courier is recorded from the request's page, with its
// number, and then its proof of delivery.
func TestRecordingWhatACourierCarries(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	id := w.dispatch(r)
	b := w.as("officer1")
	address := "/dispatches/" + id + "/hand-over"
	b.get("/requests/"+r.Code).wants(t, 200, "What left for the post", "Courier", `href="`+address+`"`, `href="/dispatches/`+id+`/bundle"`)
	page := b.get(address)
	page.wants(t, 200, "Record the hand-over to the courier", "Time in EST", `value="10:00"`, `value="2026"`)
	b.send(address, filled(page, "on-month", "3", "on-day", "2", "on-year", "2026")).wants(t, 422, "Choose the courier.", "Enter the number as printed", "Enter a time such as 14:30.")
	good := filled(page, "courier", "dhl", "tracking", "INVENTED-1", "on-month", "3", "on-day", "2", "on-year", "2026", "time", "10:00")
	good.Set("time", "11:00")
	late := b.send(address, good)
	late.wants(t, 422, "since its release and not in the future", `href="#on-month"`)
	good.Set("time", "10:00")
	good.Set("key", late.form().Get("key"))
	b.send(address, good).wants(t, 200, "It is on record.", "DHL", "Tracking number: INVENTED-1", "Attach the proof of delivery")
	b.send(address, good).wants(t, 200, "It is on record.")
	good.Set("key", "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a11")
	b.send(address, good).wants(t, 409, "Somebody else has recorded this already.", `href="/requests/`+r.Code+`#dispatches"`)
	b.get(address).wants(t, 409, "This cannot be recorded of it", `href="/requests/`+r.Code+`#dispatches"`)

	address = "/dispatches/" + id + "/delivery"
	w.clock.set(w.clock.Now().Add(20 * time.Minute))
	page = b.get(address)
	proof := filled(page, "on-month", "3", "on-day", "2", "on-year", "2026", "time", "10:15")
	b.send(address, proof).wants(t, 422, "Choose the document.")
	b.sendFile(address, proof, "proof", []byte("no document")).wants(t, 422, "The file is no PDF, JPEG or PNG by its content.")
	proof.Set("key", "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a12")
	b.sendFile(address, proof, "proof", documentstest.Plain(1, "signed for")).wants(t, 200, "It is on record.", "the proof is on file")
	b.sendFile(address, proof, "proof", documentstest.Plain(1, "signed for"))
	var documents int
	must(t, w.pool.QueryRow(t.Context(), "SELECT count(*) FROM documents").Scan(&documents))
	if documents != 1 {
		t.Errorf("sent twice it kept %d documents", documents)
	}
	if got := b.get("/dispatches/" + id + "/bundle"); got.status != 200 || !strings.HasPrefix(got.text, "PK") || got.header.Get("Content-Disposition") != "attachment" {
		t.Errorf("the bundle: %d %s", got.status, got.header)
	}
}

// A post's own system gives a number; nobody else's dispatch has it.
func TestRecordingASubmissionNumber(t *testing.T) {
	w := newWorld(t)
	electronic := func() request { return w.sentBy("external", w.opened("country", "NIC", "post", "nic-washington")) }
	one, other := electronic(), electronic()
	b := w.as("officer1")
	send := func(r request) page {
		address := "/dispatches/" + w.dispatch(r) + "/submission"
		page := b.get(address)
		page.wants(t, 200, "Record the submission number")
		return b.send(address, filled(page, "system", "etd", "number", "2026/INVENTED-7", "on-month", "3", "on-day", "2", "on-year", "2026", "time", "10:00"))
	}
	send(one).wants(t, 200, "It is on record.", "Submission number: 2026/INVENTED-7", "Electronic travel documents (eTD)")
	send(other).wants(t, 422, "This number belongs to another dispatch. Look at it again.", `href="#number"`)
}

// What was asked back under a hold is recorded to be back.
func TestRecordingWhatBecameOfWhatWasAskedBack(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	w.held(r, "stay")
	w.clock.set(w.clock.Now().Add(time.Minute))
	b := w.as("officer1")
	address := "/dispatches/" + w.dispatch(r) + "/recall-confirmation"
	b.get("/requests/"+r.Code).wants(t, 200, "Asked back", `href="`+address+`"`)
	b.send(address, filled(b.get(address), "as", "returned")).wants(t, 200, "It is on record.", "Returned to us")
	page := b.get("/requests/" + r.Code)
	page.wants(t, 200, ">Returned</span>")
	for _, untrue := range []string{"Under way", "What is out was recalled"} {
		if strings.Contains(page.text, untrue) {
			t.Errorf("nothing is out, and the page says %q", untrue)
		}
	}
}

// Who may not record it is offered nothing, and refused.
func TestReadersOfADispatchRecordNothing(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	id := w.dispatch(r)
	b := w.as("auditor1")
	if got := b.get("/requests/" + r.Code); strings.Contains(got.text, "/dispatches/") {
		t.Error("an auditor is offered a hand-over")
	}
	b.get("/dispatches/"+id+"/hand-over").wants(t, 403, "You may not do this")
	w.as("officer-atl").get("/dispatches/"+id+"/hand-over").wants(t, 404, "There is nothing here")
	w.as("officer1").get("/dispatches/"+id+"/nothing").wants(t, 404, "There is nothing here")
}

func TestEveryPageOfADispatch(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	id := w.dispatch(r)
	b := w.newTab()
	b.signIn("officer1")
	b.open("/requests/" + r.Code)
	b.examine("request-with-dispatch")
	b.press(`a[href$="/hand-over"]`)
	b.examine("hand-over")
	b.unchecked()
	b.press(submit)
	b.examine("hand-over-error")
	b.write("#courier", "dhl")
	b.write("#tracking", "INVENTED-1")
	b.press(submit)
	b.examine("handed-over")
	b.open("/dispatches/" + id + "/delivery")
	b.examine("delivery")
	b.open("/dispatches/" + id + "/hand-over")
	b.examine("handed-over-already")
	w.held(r, "stay")
	b.open("/dispatches/" + id + "/recall-confirmation")
	b.examine("recall-confirmation")
}
