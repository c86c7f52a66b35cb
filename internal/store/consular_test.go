package store_test

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/store"
)

// listed gives the store the countries of 8 CFR 236.1(e).
func (w *world) listed() {
	w.t.Helper()
	packs, err := playbook.Load()
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = store.New(w.pool, store.Options{
		Clock: w.clock, Directory: w.people, Random: rand.Reader, Rules: custody.Newest(), Vault: w.vault, Packs: packs,
	})
}

func (w *world) claim(l *life, country string) {
	w.t.Helper()
	_, err := w.store.Persons().ClaimNationality(w.t.Context(), api.Nationality{
		ID: newID(), PersonID: l.person, Country: country, ClaimedBy: "person", Dated: date("2026-01-12"), Source: "hash", RecordedBy: officer,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// consular are the deadlines of the duties to notify: what they ask for, where, and how late.
func (w *world) consular(l *life) map[string]time.Time {
	w.t.Helper()
	found, err := w.store.Deadlines(w.t.Context(), api.DeadlineFilter{Sight: everyone(), Custody: everyone(), PersonID: l.person, Kind: "consular", Page: api.Page{Limit: 50}})
	if err != nil {
		w.t.Fatal(err)
	}
	due := map[string]time.Time{}
	for _, deadline := range found {
		var why struct{ Duty, Country string }
		if err := json.Unmarshal(deadline.Why, &why); err != nil {
			w.t.Fatal(err)
		}
		due[why.Duty+" "+why.Country] = deadline.DueAt
	}
	return due
}

// owed are the consular duties that the person's clock reads.
func (w *world) owed(l *life) []custody.Duty {
	w.t.Helper()
	history, err := w.store.LegalHistory(w.t.Context(), l.person)
	if err != nil {
		w.t.Fatal(err)
	}
	return history.Consular
}

// Rule 8: a detention asks for a notification to each claimed nationality, by a
// deadline that stands until it is made; no request for a travel document does
// either. While no nationality is on record, that is owed.
func TestRule08_ADetentionIsNotified(t *testing.T) {
	w := newWorld(t)
	w.listed()
	l := w.sent()
	w.claim(l, "FRA")
	if due := w.consular(l); len(due) != 0 || len(w.owed(l)) != 0 {
		t.Errorf("a free person: %v", due)
	}
	w.detained(l)
	w.claim(l, "HKG")
	w.claim(l, "GHA")
	midnight := time.Date(2026, 1, 12, 0, 0, 0, 0, boston(t))
	want := map[string]time.Time{
		"consular_notification FRA": midnight, "consular_notification GHA": midnight,
		"consular_notification HKG": midnight.Add(96 * time.Hour),
	}
	for duty, at := range want {
		if due := w.consular(l)[duty]; !due.Equal(at) {
			t.Errorf("rule 8: %s is due %v, want %v", duty, due, at)
		}
	}
	_, err := w.store.Persons().RecordConsularNotification(t.Context(), api.ConsularNotification{
		ID: newID(), PersonID: l.person, Country: "GHA", DetainedSince: date("2026-01-12"), Kind: "mandatory", Means: "fax",
		NotifiedAt: midnight.Add(time.Hour), Source: "hash", RecordedBy: officer,
	})
	if err != nil {
		t.Fatal(err)
	}
	if due := w.consular(l); len(due) != 2 || len(w.owed(l)) != 2 {
		t.Errorf("once Ghana was told: %v, %v", due, w.owed(l))
	}
	w.fact(l, legal(custody.Released, "2026-02-20"))
	if due := w.consular(l); len(due) != 0 || len(w.owed(l)) != 0 {
		t.Errorf("once released: %v", due)
	}
}

// Rule 6: under whichever record somebody claims Taiwan, the People's Republic is
// told of no detention of theirs; once it turns out that they are two, it is.
func TestRule06_NoRecordOfAHumanOfTaiwanIsNotifiedToThePeoplesRepublic(t *testing.T) {
	w := newWorld(t)
	w.listed()
	a, b := w.two()
	w.claim(a, "CHN")
	w.claim(b, "TWN")
	w.detained(a)
	owed := func(what string, want bool) {
		t.Helper()
		if _, got := w.consular(a)["consular_notification CHN"]; got != want {
			t.Errorf("rule 6: %s: the People's Republic is to be told: %v", what, got)
		}
	}
	owed("two records", true)
	w.later()
	merge := a.merge(b)
	owed("one human", false)
	w.later()
	if err := w.split(merge.ID, nil); err != nil {
		t.Fatal(err)
	}
	owed("two humans again", true)
}

func TestANationalityIsOwed(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	if due := w.consular(l); len(due) != 1 || due["nationality_record "].IsZero() {
		t.Fatalf("due %v", due)
	}
	owed := w.owed(l)
	recorded, err := w.store.FileMilestones(t.Context(), l.person, []string{owed[0].Key})
	if err != nil || !slices.Contains(recorded.Poke, "desk/custody-unit") || len(recorded.Absent) != 0 {
		t.Fatalf("filed %+v, %v", recorded, err)
	}
	if due := w.consular(l); len(due) != 1 {
		t.Errorf("told, and no longer due: %v", due)
	}
	week := owed[0].Telling(owed[0].Since.AddDays(7))
	if again, err := w.store.FileMilestones(t.Context(), l.person, []string{week}); err != nil || len(again.Poke) == 0 && w.count("notices WHERE filed_under LIKE '%/again/1'") == 0 {
		t.Errorf("a week later %+v, %v", again, err)
	}
	clocks, requests := w.count("outbox WHERE workflow_id = $1 AND start", "custody/"+l.person), w.count("outbox WHERE workflow_id LIKE 'request/%'")
	w.claim(l, "GHA")
	if due := w.consular(l); len(due) != 1 || due["consular_notification GHA"].IsZero() {
		t.Errorf("once claimed: %v", due)
	}
	if n := w.count("outbox WHERE workflow_id = $1 AND start", "custody/"+l.person); n != clocks+1 {
		t.Errorf("the clock was told %d times", n-clocks)
	}
	if n := w.count("outbox WHERE workflow_id LIKE 'request/%'"); n != requests {
		t.Errorf("%d requests hear of a notification", n-requests)
	}
}

// Years after the last legal event the duties of today are filed, with their deadlines.
func TestDutiesThatCameWithTheYearsAreFiled(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	w.clock.set(monday.AddDate(3, 0, 0))
	key := custody.AnnualReview + "/2026-01-12/2"
	recorded, err := w.store.FileMilestones(t.Context(), l.person, []string{key + "/again/3"})
	if err != nil || len(recorded.Absent) != 0 || len(recorded.Poke) == 0 {
		t.Errorf("filed %+v, %v", recorded, err)
	}
	if n := w.count("deadlines WHERE name = $1 AND met_at IS NOT NULL", "milestone/"+key); n != 1 {
		t.Errorf("%d rows of the second yearly review", n)
	}
}
