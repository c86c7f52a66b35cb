package web_test

import (
	"regexp"
	"strings"
	"testing"
)

// detained has the person of a request in custody since a day.
func (w *world) detained(r request, since string) {
	w.t.Helper()
	w.call("officer1", "POST", "/v1/persons/"+r.Person+"/custody", fields{
		"kind": "detained", "date": since, "office": "BOS", "source_type": "form", "source": someHash,
	})
}

// ordered has the removal of a request's person ordered for good on a day.
func (w *world) ordered(r request, on string) {
	w.t.Helper()
	w.call("officer1", "POST", "/v1/persons/"+r.Person+"/legal-events", fields{
		"kind": "order_final", "date": on, "office": "BOS", "source_type": "order", "source": someHash,
	})
}

// The duties of a detention stand on the page with their days: what custody
// asks for, and the consular notification that no request for a document fulfils.
func TestDutiesOfADetention(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	w.detained(r, "2026-02-20")
	b := w.as("officer1")
	address := "/requests/" + r.Code
	b.get(address).wants(t, 200, "Legal dates of detention", "Consular notification", "Record which nationality is claimed", "10 days since the detention on Fri 20 Feb 2026",
		"asks for no travel document and is fulfilled by none")
	w.ordered(r, "2025-10-20")
	dated := b.get(address)
	dated.wants(t, 200, "Day 90", "Headquarters")
	for _, days := range []string{`Owed for [0-9]+ days`, `In [0-9]+ days`} {
		if !regexp.MustCompile(days).MatchString(dated.text) {
			t.Errorf("no duty of custody says %s\n%s", days, dated.words())
		}
	}
	claim := address + "/nationalities/new"
	page := b.get(claim)
	page.wants(t, 200, "Record a claimed nationality", ">Ghana</option>")
	empty := filled(page, "on-month", "3", "on-day", "2", "on-year", "2026")
	b.send(claim, empty).wants(t, 422, "Choose the country.", "Choose who or what says so.", "Choose the source document.")
	b.send(claim, filled(page, "country", "GHA", "by", "person", "on-month", "3", "on-day", "2", "on-year", "2026", "source", someHash)).wants(t, 200,
		"It is on record.", "Ghana, said by the person (Mon 2 Mar 2026)", "Notify, whatever the person wishes", "Countries and Jurisdictions with Mandatory Notifications")
	told := address + "/consular-notifications/new"
	page = b.get(told)
	page.wants(t, 200, "Record a consular notification", ">Ghana</option>")
	wrong := filled(page, "country", "GHA", "kind", "declined", "source", someHash)
	b.send(told, wrong).wants(t, 422, "for a country on it the person&#39;s wish does not count")
	b.send(told, filled(page, "country", "GHA", "kind", "mandatory", "source", someHash)).wants(t, 422, "Choose the means.")
	b.send(told, filled(page, "country", "GHA", "kind", "mandatory", "means", "telephone", "source", someHash)).wants(t, 422, "Enter the day and the time of the notification.")
	good := filled(b.get(told), "country", "GHA", "kind", "mandatory", "means", "telephone", "source", someHash,
		"on-month", "3", "on-day", "2", "on-year", "2026", "time", "09:30")
	b.send(told, good).wants(t, 200, "It is on record.", "By telephone, Mon 2 Mar 2026, 9:30 am EST", "about the detention since Fri 20 Feb 2026")
	once := w.traces()
	b.send(told, good)
	if w.traces() != once {
		t.Error("sent twice it acted twice")
	}
	w.as("counsel1").get(told).wants(t, 403, "You may not do this")
	if got := w.as("liaison1").get(address); strings.Contains(got.text, "Consular notification") {
		t.Error("who may not read custody is told of a detention's duties")
	}
}

func TestEveryPageOfADetention(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	w.detained(r, "2026-02-20")
	w.claimed(r, "GHA", "person")
	w.ordered(r, "2025-10-20")
	b := w.newTab()
	b.signIn("officer1")
	b.open("/requests/" + r.Code)
	b.examine("detention")
	b.press(`a[href$="/nationalities/new"]`)
	b.examine("nationality")
	b.unchecked()
	b.press(submit)
	b.examine("nationality-error")
	b.open("/requests/" + r.Code + "/consular-notifications/new")
	b.examine("notification")
	b.unchecked()
	b.press(submit)
	b.examine("notification-error")
}
