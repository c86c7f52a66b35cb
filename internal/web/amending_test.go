package web_test

import (
	"testing"
)

// Counsel sets the day of a review, and the last day on the authority's
// document; nobody else does, and nothing is changed before it is confirmed.
func TestAmendingAHold(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	id := w.held(r, "stay")
	address := "/holds/" + id + "/amend"
	officer, counsel := w.as("officer1"), w.as("counsel1")
	officer.get(address).wants(t, 403, "You may not do this")
	counsel.get("/holds").wants(t, 200, `href="`+address+`"`, "Only when it is lifted", `href="/requests/`+r.Code+`"`)
	page := counsel.get(address)
	page.wants(t, 200, r.Code, "Change the days of a hold", "Court stay of removal", "A review date ends nothing.")
	counsel.send(address, filled(page)).wants(t, 422, "Choose what becomes of the last day.")
	counsel.send(address, filled(page, "last", "stays")).wants(t, 422, "Enter a review date, or change the last day.")
	counsel.send(address, filled(page, "last", "set")).wants(t, 422, `href="#ends-month"`, "Choose where the authority sits.", "Choose the authority&#39;s document.")
	before := w.traces()
	past := counsel.send(address, filled(page, "last", "stays", "review-month", "1", "review-day", "5", "review-year", "2026"))
	past.wants(t, 200, "Change the days of this hold?")
	counsel.send(address, past.form()).wants(t, 422, "Enter a review date that lies ahead.", `href="#review-month"`)
	sure := counsel.send(address, filled(page, "last", "set", "ends-month", "6", "ends-day", "1", "ends-year", "2026", "zone", "America/New_York",
		"review-month", "5", "review-day", "4", "review-year", "2026", "source", someHash, "note", "an invented note"))
	sure.wants(t, 200, "Change the days of this hold?", "It ends after the day below", "1 Jun 2026", "Eastern time", "Fingerprint 0123456789ab")
	if w.traces() != before {
		t.Error("it was changed before it was confirmed")
	}
	counsel.send(address, sure.form()).wants(t, 200, "The days of the hold were changed.", "End of 1 Jun 2026, Eastern time", "4 May 2026")
	once := w.traces()
	counsel.send(address, sure.form())
	if w.traces() != once {
		t.Error("sent twice it acted twice")
	}
}

func TestEveryPageOfAmending(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	id := w.held(r, "stay")
	b := w.newTab()
	b.signIn("counsel1")
	b.open("/holds")
	b.examine("holds-standing")
	b.press(`a[href$="/amend"]`)
	b.examine("amend")
	b.unchecked()
	b.press(submit)
	b.examine("amend-error")
	for entry, value := range map[string]string{"#last": "set", "#ends-month": "6", "#ends-day": "1", "#ends-year": "2026", "#zone": "America/New_York", "input[type=hidden][name=source]": someHash} {
		b.write(entry, value)
	}
	b.press(submit)
	b.examine("amend-confirm")
	b.press(submit)
	b.examine("amended")
	b.open("/requests/" + r.Code)
	b.examine("request-held-to-counsel")
	w.call("counsel1", "POST", "/v1/holds/"+id+"/lifting", fields{"authority": "court", "source": someHash, "reason": "stay_ended"})
	b.open("/holds/" + id + "/amend")
	b.examine("amend-lifted")
}
