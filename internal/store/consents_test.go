package store_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func (l *life) consent(orderCountry, country string) {
	l.t.Helper()
	consent := api.CountryConsent{
		ID: newID(), RequestID: l.id, OrderCountry: orderCountry, Country: country, Reason: "order_amended", Source: "memo", By: "counsel1",
	}
	for range 2 {
		if _, err := l.store.Consents().Consent(l.t.Context(), consent); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *life) barred(country string) tdr.Code {
	l.t.Helper()
	return l.gateTo(country).Bar
}

func (l *life) gateTo(country string) tdr.Gate {
	l.t.Helper()
	gate, err := l.store.Authorise(l.t.Context(), l.authorisation(), country)
	if err != nil {
		l.t.Fatal(err)
	}
	if gate.Bar != "" && gate.Dispatch != "" {
		l.t.Errorf("rule 6: left for %s, which is barred: %s", country, gate.Bar)
	}
	return gate
}

func (l *life) claim(country, by string) {
	l.t.Helper()
	_, err := l.store.Persons().ClaimNationality(l.t.Context(), api.Nationality{
		ID: newID(), PersonID: l.person, Country: country, ClaimedBy: by, Dated: date("2026-03-01"), Source: "passport", RecordedBy: "officer1",
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// Rule 6: what an order names another country for leaves only once counsel has
// consented, for this request and for exactly this pair of countries.
func TestRule06_AnotherCountryNeedsCounselsConsent(t *testing.T) {
	w := newWorld(t)
	other := func(open *tdr.Open) { open.Order.Country = "TGO" }
	l, alike := w.approved(other), w.approved(other)
	for name, consent := range map[string]func(){
		"nobody's word": func() {}, "consent to a third country": func() { l.consent("TGO", "NGA") },
		"consent beside another order": func() { l.consent("BEN", "GHA") }, "consent to another request": func() { alike.consent("TGO", "GHA") },
	} {
		consent()
		if bar := l.barred("GHA"); bar != tdr.ConsentMissing {
			t.Errorf("rule 6: an order of TGO, and on %s GHA is asked: %q", name, bar)
		}
	}
	l.consent("TGO", "GHA")
	if l.leavesTo("TGO") {
		t.Error("rule 6: left for a post of a country that the request does not ask")
	}
	if !l.leavesTo("GHA") {
		t.Error("with counsel's consent nothing leaves")
	}
}

// Rule 6: an order names one country. Entered again with a request to another, it
// names what was recorded of it first, and counsel is asked; a new order is another.
func TestRule06_OneOrderNamesOneCountry(t *testing.T) {
	w := newWorld(t)
	first := w.approved(func(*tdr.Open) {})
	order := first.intake.Open.Order
	for i, second := range []struct {
		country string
		change  func(*tdr.Order)
		bar     tdr.Code
	}{
		{"NGA", func(o *tdr.Order) { o.Number = "as if it were another" }, tdr.ConsentMissing},
		{"TGO", func(o *tdr.Order) { o.Source = "another copy" }, tdr.ConsentMissing},
		{"BEN", func(o *tdr.Order) { o.Date, o.Country = o.Date.AddDays(1), "BEN" }, tdr.ConsentMissing},
		{"MLI", func(o *tdr.Order) { o.Date, o.Source = o.Date.AddDays(2), "a new order" }, ""},
	} {
		country := second.country
		w.clock.set(monday.Add(time.Duration(i+1) * time.Minute))
		l := w.approvedOf(first.person, nil, func(open *tdr.Open) {
			open.Country, open.Order = country, order
			second.change(&open.Order)
		})
		if bar := l.barred(country); bar != second.bar {
			t.Errorf("rule 6: one order was sent to GHA, and %s is asked on %+v: %q", country, l.intake.Open.Order, bar)
		}
	}
}

// Rule 6: what concerns a person of Taiwan never goes to the People's Republic,
// whoever says that they are of Taiwan and whoever consents.
func TestRule06_TaiwanNeverGoesToThePeoplesRepublic(t *testing.T) {
	w := newWorld(t)
	for _, country := range []string{"CHN", "HKG", "MAC"} {
		asks := func(open *tdr.Open) { open.Country, open.Post = country, "chn-washington" }
		ordered := w.approved(func(open *tdr.Open) { asks(open); open.Order.Country = "TWN" })
		ordered.consent("TWN", country)
		if bar := ordered.barred(country); bar != tdr.NeverAddressed {
			t.Errorf("rule 6: an order of TWN goes to %s: %q", country, bar)
		}
		for _, by := range []string{"person", "document", "country", "family", "record"} {
			l := w.approved(asks)
			l.claim("CHN", "record")
			gate := l.gateTo(country)
			if gate.Dispatch == "" {
				t.Errorf("%s is barred to a person of nowhere else: %+v", country, gate)
			}
			l.claim("TWN", by)
			if begun, err := l.store.StillAuthorised(t.Context(), gate.Dispatch); begun || err != nil {
				t.Errorf("rule 6: what was authorised before the claim left after it (%v)", err)
			}
			if bar := l.barred(country); bar != tdr.NeverAddressed {
				t.Errorf("rule 6: %s says TWN, and %s is asked: %q", by, country, bar)
			}
		}
	}
}

// Rule 6: what went to the People's Republic before it turned out that the person
// is of Taiwan is stopped and asked back, and counsel is told.
func TestRule06_WhatLiesWithThePeoplesRepublicIsAskedBack(t *testing.T) {
	for name, turnsOut := range map[string]func(w *world, l *life){
		"by a claim": func(_ *world, l *life) { l.claim("TWN", "document") },
		"by a merge": func(w *world, l *life) {
			other := w.ready()
			w.later()
			other.claim("TWN", "person")
			l.merge(other)
		},
		"by a merge into the other": func(w *world, l *life) {
			other := w.ready()
			w.later()
			other.claim("TWN", "person")
			other.merge(l)
		},
		"by an order": func(w *world, l *life) {
			second := w.draft(l.person, nil)
			second.intake.Open.Country, second.intake.Open.Order.Country = "TWN", "TWN"
			second.takeIn()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.ready()
			l.authorise(l.authorisation())
			l.exec("UPDATE requests SET country = 'CHN' WHERE request_id = $1", l.id)
			w.later()
			turnsOut(w, l)
			if n := w.count("recalls WHERE closed_at IS NULL"); n != 1 {
				t.Errorf("rule 6: %d of what lies with the People's Republic is asked back", n)
			}
			if n := w.count("holds WHERE kind = 'counsel' AND country = 'CHN' AND lifted_at IS NULL"); n != 1 {
				t.Errorf("rule 6: %d holds stop what goes on there", n)
			}
			if n := w.count("notices WHERE filed_under LIKE 'hold/%'"); n == 0 {
				t.Error("rule 6: nobody told counsel")
			}
			l.mustBe("of Taiwan", false)
		})
	}
}
