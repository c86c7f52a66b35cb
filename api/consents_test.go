package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// reviewedFor is a request for GHA on an order that names a country.
func (w *world) reviewedFor(ordered string) request {
	w.t.Helper()
	body := newRequest()
	got := w.change("officer1", "/v1/requests", body.with("order", body["order"].(fields).with("country", ordered)))
	if got.status != http.StatusCreated {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	r := read[changed](w.t, got).Request
	content := w.prepare(r)
	w.do("officer1", &r, "request-review", fields{"content": content}.with(w.paperless()...))
	w.do("supervisor1", &r, "approve", fields{"content": content})
	return r
}

// Rule 6: a country that the order does not name is asked only on counsel's
// recorded word; until then the caller is told so, under a hold as well.
func TestRule06_CounselConsentsToAnotherCountry(t *testing.T) {
	w := newWorld(t)
	r := w.reviewedFor("TGO")
	consents, word := "/v1/requests/"+r.ID+"/country-consents", fields{"reason": "order_amended", "source": someHash}
	send := fields{"content": w.content(r), "channel": "courier"}
	held := read[placed](t, w.change("counsel1", "/v1/holds", holdOn(r))).Hold
	for _, under := range []string{"a hold", "no hold"} {
		r = w.read(r.ID)
		if got := w.act("officer1", &r, "send", send); got.status != http.StatusConflict || got.problem() != "consent_missing" {
			t.Errorf("rule 6: under %s: %d %s", under, got.status, got.body)
		}
		w.change("counsel1", "/v1/holds/"+held.ID+"/lifting", fields{"authority": "counsel", "source": someHash, "reason": "resolved"})
	}
	for _, who := range []string{"officer1", "supervisor1"} {
		if got := w.change(who, consents, word); got.problem() != "not_permitted" {
			t.Errorf("rule 6: %s consented: %d %s", who, got.status, got.body)
		}
	}
	if got := w.change("counsel1", consents, word); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.get("officer1", consents); strings.Contains(string(got.body), "bar") || !strings.Contains(string(got.body), `"order_country":"TGO"`) || !strings.Contains(string(got.body), `"consented_by":"counsel1"`) {
		t.Errorf("what was consented to reads %s", got.body)
	}
	if n := w.count("audit_entries WHERE action = 'country.consent' AND actor = 'counsel1' AND object = 'request/" + r.ID + "'"); n != 1 {
		t.Errorf("rule 6: %d audit rows of the consent", n)
	}
	w.do("officer1", &r, "send", send)
}

// Rule 6: a request that could never be sent is not opened, and nobody consents to it.
func TestRule06_NobodyConsentsToTheCountryThatIsNeverAsked(t *testing.T) {
	w := newWorld(t, visited(everywhere()))
	china := newRequest().with("country", "CHN", "post", "chn-washington")
	taiwan := china["order"].(fields).with("country", "TWN")
	const never = "is never asked about a person of this nationality"
	if got := w.change("officer1", "/v1/requests", china.with("order", taiwan)); got.faults()["country"] != never {
		t.Errorf("rule 6: opened on an order of TWN: %d %s", got.status, got.body)
	}
	got := w.change("officer1", "/v1/requests", china)
	r := read[changed](t, got).Request
	claim := fields{"country": "TWN", "claimed_by": "document", "dated": "2026-02-20", "source": someHash}
	if claimed := w.change("officer1", "/v1/persons/"+r.PersonID+"/nationalities", claim); got.status != http.StatusCreated || claimed.status != http.StatusCreated {
		t.Fatalf("%d %s, %d %s", got.status, got.body, claimed.status, claimed.body)
	}
	if got := w.change("counsel1", "/v1/requests/"+r.ID+"/country-consents", fields{"reason": "x", "source": someHash}); got.problem() != "never_addressed" {
		t.Errorf("rule 6: counsel consented: %d %s", got.status, got.body)
	}
	r = w.read(r.ID)
	w.do("officer1", &r, "withdraw", fields{"outcome": "other", "reason": "x"})
	if got := w.change("officer1", "/v1/requests", china.with("person", nil, "person_id", r.PersonID)); got.faults()["country"] != never {
		t.Errorf("rule 6: opened against a claim on record: %d %s", got.status, got.body)
	}
}

// The country on the order is the one that is asked, unless the order is said to name another.
func TestTheCountryOnAnOrder(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	if got := w.change("counsel1", "/v1/requests/"+r.ID+"/country-consents", fields{"reason": "x", "source": someHash}); got.faults()["body"] == "" {
		t.Errorf("consented to the country on the order: %d %s", got.status, got.body)
	}
	if got := w.get("officer1", "/v1/requests/"+r.ID+"/country-consents"); !strings.Contains(string(got.body), `"order_country":"GHA"`) {
		t.Errorf("%s", got.body)
	}
	body := newRequest()
	if got := w.change("officer1", "/v1/requests", body.with("order", body["order"].(fields).with("country", "XXX"))); got.faults()["order.country"] == "" {
		t.Errorf("an order of nowhere: %d %s", got.status, got.body)
	}
}
