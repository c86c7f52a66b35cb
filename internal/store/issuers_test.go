package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// issued is a request whose document was issued at an instant.
func (w *world) issued(at time.Time) *life {
	w.t.Helper()
	w.clock.set(monday)
	l := w.sent()
	l.act(tdr.RecordReceiptName)
	w.clock.set(at)
	l.act(tdr.RecordIssueName)
	l.record(4)
	return l
}

// A document counts by the day on which it was issued, in the post's zone,
// however late it is looked at.
func TestAnIssuerIsListedForItsDays(t *testing.T) {
	w := newWorld(t)
	listing := api.Issuer{
		ID: "gha-consul", Post: "gha-washington", ValidFrom: date("2026-03-03"), ValidTo: date("2026-03-03"), Source: "verbal note", ListedBy: "admin1",
	}
	found := func(l *life) api.DocumentIssuer {
		issuer, err := w.store.IssuerOf(t.Context(), l.id)
		if err != nil || issuer.Issuer != "gha-consul" {
			t.Fatalf("issuer %+v, %v", issuer, err)
		}
		return issuer
	}
	if is := found(w.issued(monday)); is.Known || is.Listed {
		t.Errorf("before anybody listed it: %+v", is)
	}
	if _, err := w.store.Issuers().List(t.Context(), listing); err != nil {
		t.Fatal(err)
	}
	// The days are Washington's: 3 March ends there at 05:00 UTC on the fourth.
	for at, want := range map[string]bool{
		"2026-03-03T04:59:00Z": false, "2026-03-03T05:00:00Z": true, "2026-03-04T04:59:00Z": true, "2026-03-04T05:00:00Z": false,
	} {
		instant, _ := time.Parse(time.RFC3339, at)
		l := w.issued(instant)
		w.clock.set(instant.AddDate(0, 1, 0))
		if is := found(l); !is.Known || is.Listed != want {
			t.Errorf("issued at %s: %+v, want listed %v", at, is, want)
		}
	}
	if _, err := w.store.IssuerOf(t.Context(), newID()); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("no such request: %v", err)
	}
}

func TestAListingIsEndedOnceAndKeepsItsSource(t *testing.T) {
	w := newWorld(t)
	list := w.store.Issuers()
	listing := api.Issuer{ID: "gha-consul", Post: "gha-washington", ValidFrom: date("2026-01-01"), Source: "verbal note", ListedBy: "admin1"}
	for range 2 {
		if _, err := list.List(t.Context(), listing); err != nil {
			t.Fatal(err)
		}
	}
	other := listing
	other.Source = "rumour"
	if _, err := list.List(t.Context(), other); !errors.Is(err, api.ErrListed) {
		t.Errorf("listed otherwise: %v", err)
	}
	ending := api.IssuerEnding{ID: listing.ID, Post: listing.Post, ValidFrom: listing.ValidFrom, ValidTo: date("2026-02-01"), Source: "circular", By: "admin1"}
	early := ending
	early.ValidTo = date("2025-12-31")
	if _, err := list.End(t.Context(), early); !errors.Is(err, api.ErrEnded) {
		t.Errorf("ended before it began: %v", err)
	}
	for range 2 {
		ended, err := list.End(t.Context(), ending)
		if err != nil || ended.Source != "verbal note" || ended.EndSource != "circular" || ended.ValidTo != ending.ValidTo {
			t.Fatalf("%+v, %v", ended, err)
		}
	}
	again := ending
	again.ValidTo = date("2027-01-01")
	if _, err := list.End(t.Context(), again); !errors.Is(err, api.ErrEnded) {
		t.Errorf("ended twice: %v", err)
	}
	unknown := ending
	unknown.ID = "nobody"
	if _, err := list.End(t.Context(), unknown); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("never listed: %v", err)
	}
	if all, err := list.Of(t.Context(), listing.Post); err != nil || len(all) != 1 || all[0].ValidTo != (calendar.Date{Year: 2026, Month: 2, Day: 1}) {
		t.Errorf("%+v, %v", all, err)
	}
}
