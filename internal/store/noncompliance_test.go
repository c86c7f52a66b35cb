package store_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// attempt records on a day that the person did not do what a document asks for.
func (l *life) attempt(on time.Time) {
	l.t.Helper()
	l.clock.set(on)
	before := l.state.Seq
	l.do(&tdr.RecordNonCompliance{Step: tdr.NonComplianceAttempt, Evidence: "form"})
	l.record(before)
}

// Rule 10: nobody fails to comply by silence. A notice is signed by a person,
// and not before two attempts on two days since the person last complied. It
// extends the period and never moves R0 (8 CFR 241.4(g)(1)(ii), (g)(5)).
func TestRule10_NoNoticeOfFailureToComplyWithoutTwoAttempts(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	sign := func(on string) error {
		_, _, err := w.store.LegalEvents().Record(t.Context(), l.person, legal(custody.NoncomplianceNotice, on))
		return err
	}
	refused := func(when, on string) {
		t.Helper()
		if err := sign(on); !errors.Is(err, api.ErrAttemptsMissing) {
			t.Errorf("rule 10: %s a notice was signed: %v", when, err)
		}
	}
	before := w.custody(l)
	refused("without an attempt", "2026-03-02")
	l.attempt(monday)
	l.attempt(monday.Add(time.Hour))
	refused("after two attempts of one day", "2026-03-02")
	l.attempt(monday.AddDate(0, 0, 14))
	refused("dated before the second attempt", "2026-03-15")
	early := legal(custody.NoncomplianceNotice, "2026-03-16")
	early.Event.Signed = tdr.Signature{By: "supervisor1", On: date("2026-03-15")}
	if _, _, err := w.store.LegalEvents().Record(t.Context(), l.person, early); !errors.Is(err, api.ErrAttemptsMissing) {
		t.Errorf("rule 10: signed before the second attempt and served after it: %v", err)
	}
	signed := w.event(l, legal(custody.NoncomplianceNotice, "2026-03-16"))
	_, _, err := w.store.LegalEvents().Record(t.Context(), l.person, correction(custody.NoncomplianceNotice, "2026-03-02", signed.ID))
	if !errors.Is(err, api.ErrAttemptsMissing) {
		t.Errorf("rule 10: a notice was dated back before the second attempt: %v", err)
	}
	failing := w.custody(l)
	if !failing.PeriodOpen || failing.R0 != before.R0 || len(failing.Extensions) != 1 {
		t.Errorf("rule 10: R0 %v, then %v, period open %v", before.R0, failing.R0, failing.PeriodOpen)
	}
	w.clock.set(monday.AddDate(0, 0, 20))
	w.fact(l, legal(custody.Complied, "2026-03-20"))
	complied := w.custody(l)
	if complied.PeriodOpen || complied.R0 != before.R0 || complied.PeriodEnds.Before(date("2026-03-20").AddDays(custody.Newest().AfterCompliance.N)) {
		t.Errorf("after compliance the period ends %v from R0 %v", complied.PeriodEnds, complied.R0)
	}
	refused("for attempts before the person complied", "2026-03-21")
}

// The house asks for attempts two weeks apart: between the first and the last, however
// many lie between them, by the day of the signature.
func TestAttemptsAreAsFarApartAsTheHouseAsks(t *testing.T) {
	w := newWorld(t)
	strict := store.New(w.pool, store.Options{
		Clock: w.clock, Directory: w.people, Random: rand.Reader, Rules: custody.Newest(), Vault: storetest.Vault(t, w.pool, w.clock), AttemptsApart: 14,
	})
	l := w.detained(w.sent())
	l.attempt(monday)
	l.attempt(monday.AddDate(0, 0, 7))
	for _, row := range []struct {
		last   int // days after the first attempt
		on     string
		missed bool
	}{{13, "2026-03-15", true}, {14, "2026-03-15", true}, {14, "2026-03-16", false}} {
		l.attempt(monday.AddDate(0, 0, row.last))
		err := strict.LegalEvents().Attempted(t.Context(), l.person, "BOS", date(row.on))
		if errors.Is(err, api.ErrAttemptsMissing) != row.missed || !row.missed && err != nil {
			t.Errorf("after %d days, signed %s: %v", row.last, row.on, err)
		}
		if _, _, err := strict.LegalEvents().Record(t.Context(), l.person, legal(custody.NoncomplianceNotice, row.on)); errors.Is(err, api.ErrAttemptsMissing) != row.missed {
			t.Errorf("after %d days, served %s: %v", row.last, row.on, err)
		}
	}
}

// Attempts and compliance are set against each other by the office's days, whatever
// zone the database works in: what was tried in the evening before the person
// complied is no attempt since.
func TestAttemptsCountByTheOfficesDays(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	l.attempt(monday)
	l.attempt(monday.AddDate(0, 0, 2))
	w.fact(l, legal(custody.NoncomplianceNotice, "2026-03-04"))
	l.attempt(time.Date(2026, time.March, 20, 3, 0, 0, 0, time.UTC)) // 19 March in Boston
	l.attempt(time.Date(2026, time.March, 21, 15, 0, 0, 0, time.UTC))
	w.clock.set(time.Date(2026, time.March, 25, 15, 0, 0, 0, time.UTC))
	w.fact(l, legal(custody.Complied, "2026-03-20"))
	_, _, err := w.store.LegalEvents().Record(t.Context(), l.person, legal(custody.NoncomplianceNotice, "2026-03-25"))
	if !errors.Is(err, api.ErrAttemptsMissing) {
		t.Errorf("an attempt of the day before compliance counts: %v", err)
	}
}

// Who complies before any notice does so on a request, which the law's history has no
// place for: what was tried before that supports no notice.
func TestAttemptsCountSinceCompliedOnARequest(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	l.attempt(monday)
	l.attempt(monday.AddDate(0, 0, 14))
	l.clock.set(monday.AddDate(0, 0, 14).Add(time.Hour))
	before := l.state.Seq
	l.do(&tdr.RecordNonCompliance{Step: tdr.NonComplianceCured, Evidence: "form"})
	l.record(before)
	sign := func(on string) error { return w.store.LegalEvents().Attempted(t.Context(), l.person, "BOS", date(on)) }
	if err := sign("2026-03-21"); !errors.Is(err, api.ErrAttemptsMissing) {
		t.Errorf("attempts before the person complied count: %v", err)
	}
	l.attempt(monday.AddDate(0, 0, 17))
	if err := sign("2026-03-21"); !errors.Is(err, api.ErrAttemptsMissing) {
		t.Errorf("one attempt since is enough: %v", err)
	}
	l.attempt(monday.AddDate(0, 0, 18))
	if err := sign("2026-03-21"); err != nil {
		t.Errorf("two attempts since: %v", err)
	}
}

// Failing to comply is towards the order in force: what was tried under one that was
// vacated supports no notice under the next, nor under none.
func TestAttemptsCountUnderTheOrderInForce(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	l.attempt(monday)
	l.attempt(monday.AddDate(0, 0, 14))
	w.clock.set(monday.AddDate(1, 0, 0))
	signed := func(when string) {
		t.Helper()
		if err := w.store.LegalEvents().Attempted(t.Context(), l.person, "BOS", date("2027-02-22")); !errors.Is(err, api.ErrAttemptsMissing) {
			t.Errorf("%s: %v", when, err)
		}
	}
	w.fact(l, legal(custody.OrderVacated, "2026-04-01"))
	signed("without an order")
	w.fact(l, legal(custody.OrderFinal, "2027-02-20"))
	signed("under the next order")
}

// custody is the person's clock as it was last derived.
func (w *world) custody(l *life) custody.Clock {
	w.t.Helper()
	return one[custody.Clock](w, "SELECT clock FROM custody_clocks WHERE person_id = $1", l.person)
}
