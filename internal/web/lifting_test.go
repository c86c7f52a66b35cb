package web_test

import (
	"regexp"
	"testing"
	"time"
)

func TestPlacingAndLiftingAHold(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	officer := w.as("officer1")
	address := "/requests/" + r.Code + "/holds/new"
	form := officer.get(address).form()
	before := w.traces()
	officer.send(address, form).wants(t, 422, "Choose the type of hold.", "Choose who may lift it.", "Choose the source document.", "Enter the date of the document")
	for field, value := range map[string]string{"kind": "stay", "authority": "court", "month": "1", "day": "12", "year": "2026", "source": someHash, "scope": "person"} {
		form.Set(field, value)
	}
	// What each type may stop is the API's table, and the page says so.
	form.Set("scope", "country")
	officer.send(address, form).wants(t, 422, "Choose what a hold of this type may stop.", `href="#scope"`,
		"For Court stay of removal; Counsel&#39;s own hold")
	form.Set("scope", "person")
	confirm := officer.send(address, form)
	confirm.wants(t, 200, "Stop all contact for "+r.Code+"?", "Court stay of removal", "12 Jan 2026", "Everything about the person")
	if w.traces() != before {
		t.Error("a hold stands before it was confirmed")
	}
	officer.send(address, confirm.form()).wants(t, 200, "The hold stands. Nothing starts to leave any more.", "On hold since")
	once := w.traces()
	if once[2] != before[2]+1 {
		t.Errorf("holds: %d, then %d", before[2], once[2])
	}
	officer.send(address, confirm.form())
	if w.traces() != once {
		t.Error("sent twice it placed twice")
	}
	form.Set("year", "2126")
	form.Set("key", "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a12")
	form.Set("confirmed", "yes")
	officer.send(address, form).wants(t, 422, "does not lie in the future", `href="#month"`)

	counsel := w.as("counsel1")
	link := regexp.MustCompile(`/holds/[0-9a-f-]{36}/lift`).FindString(counsel.get("/requests/" + r.Code).text)
	officer.get(link).wants(t, 403, "You may not do this")
	lifting := counsel.get(link).form()
	counsel.send(link, lifting).wants(t, 422, "Choose why it is lifted.", "Choose the source document.")
	lifting.Set("reason", "stay_ended")
	lifting.Set("source", someHash)
	sure := counsel.send(link, lifting)
	sure.wants(t, 200, "Lift this hold?", "No other hold stays.", r.Code, "As soon as this hold is lifted and its officer sends it",
		"1 package asked back and not confirmed yet: through review and gate again once confirmed")
	w.clock.set(w.clock.Now().Add(time.Minute))
	lifted := counsel.send(link, sure.form())
	lifted.wants(t, 200, "The hold was lifted", "Lifted Mon 2 Mar 2026, 10:01 am EST", r.Code, "From Mon 2 Mar 2026, 10:01 am EST, when its officer sends it",
		"1 package asked back and not confirmed yet")
	officer.get(lifted.url.Path).wants(t, 404, "There is nothing here")
	counsel.get("/holds").wants(t, 200, "No hold stands.")
	counsel.get(link).wants(t, 409, "Somebody else has lifted this hold already")
}

// A lifting says what comes back and what stays, request by request.
// A day that the API takes from nobody is refused before anything is confirmed.
func TestAHoldsDaysAreCheckedBeforeItIsConfirmed(t *testing.T) {
	w := newWorld(t)
	r := w.opened()
	b := w.as("counsel1")
	address := "/requests/" + r.Code + "/holds/new"
	entered := func(more ...string) page {
		form := filled(b.get(address), "kind", "stay", "authority", "court", "scope", "person", "source", someHash, "month", "1", "day", "12", "year", "2026")
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return b.send(address, form)
	}
	entered("year", "2027").wants(t, 422, "Enter a date that does not lie in the future.")
	entered("review-month", "1", "review-day", "5", "review-year", "2026").wants(t, 422, "Enter a review date that lies ahead.")
	entered("review-month", "6", "review-day", "5", "review-year", "2026").wants(t, 200, "Stop all contact for")
}

func TestLiftingTellsWhatCameBackAndWhatStaysHeld(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	first, second := w.held(r, "stay"), w.held(r, "counsel")
	w.clock.set(w.clock.Now().Add(time.Minute))
	w.call("officer1", "POST", "/v1/dispatches/"+w.dispatch(r)+"/recall-confirmation", fields{"as": "returned"})
	counsel := w.as("counsel1")
	counsel.get("/holds/"+second+"/lift").wants(t, 200, "Not yet: another hold stands")
	counsel.get("/holds/"+first+"/lift").wants(t, 200, "Not yet: another hold stands", "1 package came back: reviewed and sent anew")
}

// Whoever is entered twice is held until counsel has looked at both.
func TestLiftingTellsWhoLooksLikeThePerson(t *testing.T) {
	w := newWorld(t)
	same := fields{"family_name": "Exampleton", "given_names": "Kofi", "birth_date": "1990-05-17"}
	first := w.opened("person", same)
	second := w.opened("person", same)
	counsel := w.as("counsel1")
	lift := regexp.MustCompile(`/holds/[0-9a-f-]{36}/lift`).FindString(counsel.get("/requests/" + second.Code).text)
	counsel.get(lift).wants(t, 200, "Who looks like this person", "Kofi Exampleton, born 17 May 1990", `href="/requests/`+first.Code+`"`)
}
