package store_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// merge finds that the other's person is this one's.
func (l *life) merge(other *life) api.MergedPersons {
	l.t.Helper()
	merged, err := l.store.Merges().Merge(l.t.Context(), merging(l.person, other.person))
	if err != nil {
		l.t.Fatal(err)
	}
	return merged
}

func merging(survivor, merged string) api.Merge {
	return api.Merge{ID: newID(), Survivor: survivor, Merged: merged, Reason: "same_fingerprints", Source: "hash", By: "counsel1"}
}

// split undoes a merge; everything added since goes where the test says, else stays.
func (w *world) split(merge string, elsewhere map[string]string) error {
	w.t.Helper()
	added, err := w.store.Merges().Added(w.t.Context(), merge)
	if err != nil {
		w.t.Fatal(err)
	}
	splitting := api.Splitting{CommandID: newID(), MergeID: merge, By: "counsel1", Reason: "other_fingerprints", Source: "hash"}
	for _, each := range added {
		to := each.PersonID
		if elsewhere[each.ID] != "" {
			to = elsewhere[each.ID]
		}
		splitting.Assigned = append(splitting.Assigned, api.Assignment{Kind: each.Kind, ID: each.ID, PersonID: to})
	}
	_, err = w.store.Merges().Split(w.t.Context(), splitting)
	return err
}

// later is a moment after everything on record.
func (w *world) later() { w.clock.set(w.clock.Now().Add(time.Minute)) }

// two are requests for two records, of different countries.
func (w *world) two() (a, b *life) {
	w.t.Helper()
	a, b = w.ready(), w.ready()
	a.exec("UPDATE requests SET country = 'TGO' WHERE request_id = $1", a.id)
	w.later()
	return a, b
}

func (l *life) mustBe(what string, open bool) {
	l.t.Helper()
	if got := l.authorise(l.authorisation()).Dispatch != ""; got != open {
		l.t.Errorf("rule 2: %s: the gate is open: %v", what, got)
	}
}

// Rule 2 for a human of two records: a hold on one stops the other from the merge
// on, and both after a split, until its authority lifts it.
func TestRule02_AHoldReachesEveryRecordOfTheHuman(t *testing.T) {
	for name, swap := range map[string]bool{"on the survivor": false, "on the merged": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, b := w.two()
			survivor, merged := a, b
			if swap {
				survivor, merged = b, a
			}
			hold := a.place(a.hold())
			b.mustBe("before the merge", true)
			done := survivor.merge(merged)
			if len(done.MayHaveLeft) != 1 || done.MayHaveLeft[0].RequestID != b.id {
				t.Errorf("what was on its way is told as %+v", done.MayHaveLeft)
			}
			b.mustBe("under the other's hold", false)
			signal := "outbox WHERE workflow_id = 'request/' || $1 AND signal = 'HoldChanged' AND payload ->> 'hold' = $2"
			if n := w.count(signal, b.id, hold.Hold.ID); n != 1 {
				t.Errorf("the other's request heard %d times of the hold", n)
			}
			if view, err := w.store.Request(t.Context(), b.id); err != nil || !view.OnHold {
				t.Errorf("request is on hold: %v, %v", view.OnHold, err)
			}
			w.later()
			if err := w.split(done.ID, nil); err != nil {
				t.Fatal(err)
			}
			b.mustBe("after the split", false)
			a.lift(hold.Hold.ID)
			b.mustBe("once lifted", true)
			if n := w.count(signal, b.id, hold.Hold.ID); n != 2 {
				t.Errorf("the other's request heard %d times of the hold and its end", n)
			}
		})
	}
}

// Whom counsel found to be a citizen under one record is none the less one under the other.
func TestACitizensOtherRecordKeepsItsClaim(t *testing.T) {
	w := newWorld(t)
	a, b := w.two()
	found, other := a.claimCitizenship(), b.claimCitizenship()
	a.find(found, api.Citizen)
	a.merge(b)
	w.later()
	lifting := api.Lifting{CommandID: newID(), HoldID: other.ID, By: "counsel1", Source: "hash", Reason: "not_upheld"}
	if _, err := w.store.Holds().Lift(t.Context(), lifting); !errors.Is(err, api.ErrCitizen) {
		t.Errorf("lifted: %v", err)
	}
}

func TestAHoldPlacedWhileTwoAreOneBindsBoth(t *testing.T) {
	w := newWorld(t)
	a, b := w.two()
	done := a.merge(b)
	w.later()
	placed := b.place(a.hold())
	b.mustBe("under a hold on the survivor", false)
	// It was the other's alone, and still holds both.
	if err := w.split(done.ID, map[string]string{placed.Hold.ID: b.person}); err != nil {
		t.Fatal(err)
	}
	a.exec("UPDATE requests SET country = 'GHA' WHERE request_id = $1", a.id)
	a.mustBe("after the split", false)
	b.mustBe("after the split", false)
	b.lift(placed.Hold.ID)
	a.mustBe("once lifted", true)
	after := a.place(a.hold())
	b.mustBe("under a hold of somebody else", true)
	a.mustBe("under its own", false)
	a.lift(after.Hold.ID)
}

// TestMergeRacesSendsAndHolds: whatever the order in which a hold on one record,
// the merge and a send of the other's request come, what left is told and nothing leaves behind them.
func TestMergeRacesSendsAndHolds(t *testing.T) {
	w := newWorld(t)
	opened, closed := 0, 0
	for round := range 150 {
		a, b := w.two()
		asked, hold, merge := b.authorisation(), a.hold(), merging(a.person, b.person)
		asked.Content = b.state.Package.Approved
		if round%2 == 0 {
			merge = merging(b.person, a.person)
		}
		var all sync.WaitGroup
		start := make(chan struct{})
		run := func(act func() error) {
			wait := time.Duration(rand.IntN(4000)) * time.Microsecond
			all.Go(func() {
				<-start
				time.Sleep(wait) // spreads the three over each other
				if err := act(); err != nil {
					t.Error(err)
				}
			})
		}
		run(func() error { _, err := w.store.Holds().Place(t.Context(), hold); return err })
		run(func() error { _, err := w.store.Merges().Merge(t.Context(), merge); return err })
		run(func() error { _, err := w.store.Authorise(t.Context(), asked, "GHA"); return err })
		close(start)
		all.Wait()
		b.mustBe("behind merge and hold", false)
		if w.count("dispatches WHERE dispatch_id = $1", asked.CommandID) == 0 {
			closed++
			continue
		}
		opened++
		if w.count("recalls WHERE dispatch_id = $1", asked.CommandID) != 1 {
			t.Fatalf("round %d: a send started and nobody was told", round)
		}
	}
	if opened == 0 || closed == 0 {
		t.Errorf("the race went one way only: %d opened, %d closed", opened, closed)
	}
}

// A send of one record's request waits for neither a hold nor another's send
// only if it began before the merge; a merge waits for it.
func TestAMergeWaitsForTheFencesOfBoth(t *testing.T) {
	w := newWorld(t)
	a, b := w.two()
	for _, held := range []*life{a, b} {
		tx, err := w.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "SELECT FROM persons WHERE person_id = $1 FOR NO KEY UPDATE", held.person); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			merged, err := w.store.Merges().Merge(t.Context(), merging(a.person, b.person))
			if err == nil {
				err = w.split(merged.ID, nil)
			}
			done <- err
		}()
		for w.count("pg_locks WHERE NOT granted") == 0 {
			select {
			case err := <-done:
				t.Fatalf("the merge did not wait: %v", err)
			case <-time.After(time.Millisecond):
			}
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestAMergeIsRefused(t *testing.T) {
	w := newWorld(t)
	a, b := w.two()
	c := w.ready()
	merges := w.store.Merges()
	refused := func(name string, merge api.Merge, want error) {
		t.Helper()
		if _, err := merges.Merge(t.Context(), merge); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var both *api.BothLiveError
	if _, err := merges.Merge(t.Context(), merging(b.person, c.person)); !errors.As(err, &both) || both.Country != "GHA" {
		t.Errorf("two live requests for one country: %v", err)
	}
	refused("nobody", merging(a.person, newID()), api.ErrNotFound)
	a.merge(b)
	refused("twice", merging(c.person, b.person), api.ErrMerged)
	refused("into one that is merged", merging(b.person, c.person), api.ErrMerged)
	refused("with what is merged into it", merging(c.person, a.person), api.ErrMerged)
	if _, _, err := w.store.TakeIn(t.Context(), w.draft(a.person, nil).intake); !errors.As(err, new(*api.LiveRequestExists)) {
		t.Errorf("a second live request for the other record's country: %v", err)
	}
	if n := w.count("person_merges"); n != 1 {
		t.Errorf("%d merges on record", n)
	}
}

// The requests of either are found under both, and each has its own back.
func TestASplitGivesBackWhatWasTheirs(t *testing.T) {
	w := newWorld(t)
	a, b := w.two()
	persons := w.store.Persons()
	raise := func(of *life) api.Flag {
		t.Helper()
		flag, err := persons.RaiseFlag(t.Context(), api.Flag{
			ID: newID(), PersonID: of.person, Kind: "medical", Source: "hash", Dated: calendar.Date{Year: 2026, Month: time.March, Day: 1}, RaisedBy: "officer1",
		})
		if err != nil {
			t.Fatal(err)
		}
		return flag
	}
	before := raise(b)
	w.later()
	done := a.merge(b)
	w.later()
	since := raise(a)
	detained := w.detain(b.person)
	for _, person := range []string{a.person, b.person} {
		if requests, err := w.store.RequestsOf(t.Context(), person); err != nil || len(requests) != 2 {
			t.Errorf("found under one: %d requests, %v", len(requests), err)
		}
	}
	if view, err := w.store.Request(t.Context(), a.id); err != nil || !view.SpecialRouting {
		t.Errorf("the other's flag does not route: %v", err)
	}
	w.refusesAssignments(done, a, since, detained)
	if err := w.split(done.ID, map[string]string{since.ID: b.person}); err != nil {
		t.Fatal(err)
	}
	for person, want := range map[string][]string{a.person: nil, b.person: {before.ID, since.ID}} {
		flags, err := persons.Flags(t.Context(), person)
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range flags {
			if !slices.Contains(want, flag.ID) {
				t.Errorf("flag %s is another's", flag.ID)
			}
		}
		if len(flags) != len(want) {
			t.Errorf("%d flags, want %d", len(flags), len(want))
		}
	}
	if !one[bool](w, "SELECT detained FROM custody_clocks WHERE person_id = $1", b.person) || w.count("custody_clocks") != 1 {
		t.Error("a record's clock does not stay with its events")
	}
	history, err := w.store.Merges().Of(t.Context(), b.person)
	if err != nil || len(history) != 1 || history[0].UndoneReason != "other_fingerprints" || w.count("split_assignments") != 2 {
		t.Errorf("history %+v, %v", history, err)
	}
	if err := w.split(done.ID, nil); !errors.Is(err, api.ErrEnded) {
		t.Errorf("split twice: %v", err)
	}
	if n := w.count("audit_entries WHERE action IN ('person.merge', 'person.split', 'person.assign')"); n != 4 {
		t.Errorf("%d rows in the log", n)
	}
}

// detain puts a detention of a person on record.
func (w *world) detain(person string) (event string) {
	w.t.Helper()
	id := newID()
	_, _, err := w.store.LegalEvents().Record(w.t.Context(), person, api.LegalEntry{Event: api.LegalEvent{
		ID: id, Kind: "detained", Dated: calendar.Date{Year: 2026, Month: time.March, Day: 1}, Office: "BOS", SourceType: "order", Source: tdr.Evidence(strings.Repeat("ab", 32)), RecordedBy: "officer1",
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// refusesAssignments tries splits that give something to the wrong person.
func (w *world) refusesAssignments(merge api.MergedPersons, a *life, flag api.Flag, event string) {
	w.t.Helper()
	mine := func(kind, id, person string) api.Assignment {
		return api.Assignment{Kind: kind, ID: id, PersonID: person}
	}
	for name, assigned := range map[string][]api.Assignment{
		"one twice":          {mine("flag", flag.ID, a.person), mine("flag", flag.ID, a.person), mine("legal_event", event, a.person)},
		"one that is older":  {mine("flag", flag.ID, a.person), mine("legal_event", event, a.person), mine("request", a.id, a.person)},
		"to somebody else":   {mine("flag", flag.ID, newID()), mine("legal_event", event, a.person)},
		"what stays":         {mine("legal_event", event, a.person)},
		"under another kind": {mine("hold", flag.ID, a.person), mine("legal_event", event, a.person)},
	} {
		_, err := w.store.Merges().Split(w.t.Context(), api.Splitting{CommandID: newID(), MergeID: merge.ID, By: "counsel1", Reason: "x", Source: "hash", Assigned: assigned})
		if !errors.As(err, new(*api.AssignmentError)) {
			w.t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.count("person_merges WHERE undone_at IS NOT NULL"); n != 0 {
		w.t.Errorf("%d merges undone by what was refused", n)
	}
}

func TestEachNumberLeadsToItsRecord(t *testing.T) {
	w := newWorld(t)
	born := calendar.Date{Year: 1990, Month: time.May, Day: 5}
	var records []string
	for _, number := range []string{"A000000001", "A000000002"} {
		l := w.draft(newID(), &api.PersonDetails{FamilyName: "Example", GivenNames: "Ana", BirthDate: born, ANumber: number})
		l.intake.Open.Country = map[bool]string{true: "GHA", false: "TGO"}[len(records) == 0]
		l.takeIn()
		records = append(records, l.person)
	}
	w.later()
	if _, err := w.store.Merges().Merge(t.Context(), merging(records[0], records[1])); err != nil {
		t.Fatal(err)
	}
	found, err := w.store.PersonID(t.Context(), api.PersonDetails{BirthDate: born, ANumber: "A000000002"})
	if err != nil || found != records[1] {
		t.Errorf("found %s, %v", found, err)
	}
	if details, err := w.store.Person(t.Context(), records[1]); err != nil || details.ANumber != "A000000002" {
		t.Errorf("the merged record reads %+v, %v", details, err)
	}
}
