package web_test

import (
	"testing"
)

// elsewhere is a request that asks another country than its order names.
func (w *world) elsewhere(order string) request {
	w.t.Helper()
	return w.opened("order", fields{"type": "final_removal", "number": "ORDER-77", "date": "2026-01-15", "source": someHash, "country": order})
}

// Counsel consents to a country that the order does not name, and nobody else does.
func TestConsentingToAnotherCountry(t *testing.T) {
	w := newWorld(t)
	r := w.elsewhere("TGO")
	address := "/requests/" + r.Code + "/country-consent"
	officer, counsel := w.as("officer1"), w.as("counsel1")
	officer.get("/requests/"+r.Code).wants(t, 200, "Country of the order</dt><dd>Togo. Nothing leaves before counsel has consented.")
	officer.get(address).wants(t, 403, "You may not do this")
	counsel.get("/requests/"+r.Code).wants(t, 200, `href="`+address+`"`)
	page := counsel.get(address)
	page.wants(t, 200, "Consent to another country than the order names", "Togo", "Ghana")
	counsel.send(address, filled(page)).wants(t, 422, "Choose why it may be asked.", "Choose the source document.")
	before := w.traces()
	sure := counsel.send(address, filled(page, "reason", "national_of_country", "source", someHash))
	sure.wants(t, 200, "May Ghana be asked about "+r.Code+"?", "The person is a national of it")
	if w.traces() != before {
		t.Error("a consent is on record before it was confirmed")
	}
	counsel.send(address, sure.form()).wants(t, 200, "Your consent is on record.", "Counsel has consented: the country may be asked.", "From Togo to Ghana", "The person is a national of it")
	once := w.traces()
	counsel.send(address, sure.form()).wants(t, 200, "Your consent is on record.")
	if w.traces() != once {
		t.Error("sent twice it acted twice")
	}
	same := w.sent()
	address = "/requests/" + same.Code + "/country-consent"
	sure = counsel.send(address, filled(counsel.get(address), "reason", "national_of_country", "source", someHash))
	counsel.send(address, sure.form()).wants(t, 422, "No consent is needed: the order names the country that is asked.")
}

func TestEveryPageOfConsenting(t *testing.T) {
	w := newWorld(t)
	r := w.elsewhere("TGO")
	b := w.newTab()
	b.signIn("counsel1")
	b.open("/requests/" + r.Code)
	b.examine("request-elsewhere")
	b.press(`a[href$="/country-consent"]`)
	b.examine("consent")
	b.unchecked()
	b.press(submit)
	b.examine("consent-error")
	b.write("#reason", "named_by_judge")
	b.write("input[type=hidden][name=source]", someHash)
	b.press(submit)
	b.examine("consent-confirm")
	b.press(submit)
	b.examine("consented")
}
