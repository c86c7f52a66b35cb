package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
)

// correction of an event, by one of a kind.
func correction(kind custody.Kind, on, corrects string) api.LegalEntry {
	entry := legal(kind, on)
	entry.Event.Corrects = corrects
	return entry
}

// event records a legal event and answers with it.
func (w *world) event(l *life, entry api.LegalEntry) api.LegalEvent {
	w.t.Helper()
	event, _, err := w.store.LegalEvents().Record(w.t.Context(), l.person, entry)
	if err != nil {
		w.t.Fatal(err)
	}
	return event
}

// stay that a court grants, with its hold.
func (l *life) stay(on string) api.LegalEntry {
	entry := legal(custody.StayGranted, on)
	hold := api.HoldOf(l.person, entry.Event, api.StayHold, l.people.snapshot, l.clock.Now())
	entry.Event.HoldID, entry.Places = hold.ID, &hold
	return entry
}

// lift ends a hold by name.
func (l *life) lift(hold string) {
	l.t.Helper()
	lifting := api.Lifting{CommandID: newID(), HoldID: hold, By: "counsel1", Source: "order", Reason: "settled"}
	if _, err := l.store.Holds().Lift(l.t.Context(), lifting); err != nil {
		l.t.Fatal(err)
	}
}

// Whatever leaves a person without a final order stops everything about the
// person in its own transaction, and what is out is wanted back.
func TestWithoutAnOrderInForceAHoldStands(t *testing.T) {
	for name, end := range map[string]func(order string) api.LegalEntry{
		"vacated":   func(string) api.LegalEntry { return legal(custody.OrderVacated, "2026-02-20") },
		"retracted": func(order string) api.LegalEntry { return correction(custody.Retracted, "2026-02-20", order) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.ready()
			order := w.event(l, legal(custody.OrderFinal, "2026-01-12"))
			corrected := w.event(l, correction(custody.OrderFinal, "2026-01-13", order.ID))
			if corrected.HoldID != "" || w.count("holds") != 0 {
				t.Errorf("a correction of the day stops: %+v", corrected)
			}
			asked := l.authorisation()
			if gate := l.authorise(asked); gate.Dispatch == "" {
				t.Fatalf("gate %+v", gate)
			}
			entry := end(corrected.ID)
			for range 2 {
				ended := w.event(l, entry)
				if ended.HoldID != entry.Event.ID || len(ended.MayHaveLeft) != 1 || ended.MayHaveLeft[0].DispatchID != asked.CommandID {
					t.Fatalf("%+v", ended)
				}
			}
			if n := w.count("holds WHERE scope = 'person' AND kind = 'counsel' AND authority = 'counsel' AND lifted_at IS NULL"); n != 1 {
				t.Errorf("%d holds stand", n)
			}
			if n := w.count("outbox WHERE signal = 'HoldChanged' AND payload ->> 'stops' = 'true'"); n != 1 {
				t.Errorf("%d requests were told", n)
			}
			if still, err := w.store.StillAuthorised(t.Context(), asked.CommandID); err != nil || still {
				t.Errorf("still authorised %v, %v", still, err)
			}
			if gate := l.authorise(l.authorisation()); gate.Dispatch != "" || !gate.HoldStands || gate.OrderOnRecord {
				t.Errorf("gate %+v", gate)
			}
		})
	}
}

// Rule 1: an order that was vacated is none, whoever lifted which hold; a new one opens the gate.
func TestRule01_NothingLeavesOnAVacatedOrder(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	w.fact(l, legal(custody.OrderFinal, "2026-01-12"))
	if !l.leavesTo("GHA") {
		t.Fatal("on a final order nothing leaves")
	}
	l.lift(w.event(l, legal(custody.OrderVacated, "2026-02-20")).HoldID)
	if l.leavesTo("GHA") {
		t.Error("rule 1: a package left on a vacated order")
	}
	w.fact(l, legal(custody.OrderFinal, "2026-02-25"))
	if !l.leavesTo("GHA") {
		t.Error("on a new order nothing leaves")
	}
}

// Rule 1: whoever is one human has one order, under whichever record it was vacated.
func TestRule01_AVacatedOrderClosesTheGateOfEveryRecord(t *testing.T) {
	vacate := func(w *world, l *life) {
		w.fact(l, legal(custody.OrderFinal, "2026-01-12"))
		l.lift(w.event(l, legal(custody.OrderVacated, "2026-02-20")).HoldID)
	}
	for name, join := range map[string]func(w *world, a, b *life) string{
		"vacated, then merged": func(w *world, a, b *life) string { vacate(w, a); w.later(); return a.merge(b).ID },
		"merged, then vacated": func(w *world, a, b *life) string { id := a.merge(b).ID; w.later(); vacate(w, a); return id },
		"under the survivor":   func(w *world, a, b *life) string { vacate(w, a); w.later(); return b.merge(a).ID },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, b := w.two()
			merge := join(w, a, b)
			a.mustBe("rule 1: the record whose order was vacated", false)
			b.mustBe("rule 1: the human's other record", false)
			w.later()
			if err := w.split(merge, nil); err != nil {
				t.Fatal(err)
			}
			b.mustBe("somebody else's record", true)
			a.mustBe("rule 1: the record whose order was vacated", false)
		})
	}
}

// Rule 2: a stay that is in force again stops sending again.
func TestRule02_AStayWhoseEndIsRetractedStops(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.ready())
	hold := l.hold()
	stay := legal(custody.StayGranted, "2026-02-02")
	stay.Event.HoldID, stay.Places = hold.ID, &hold
	w.fact(l, stay)
	over := legal(custody.StayEnded, "2026-02-20")
	over.Event.HoldID = hold.ID
	over.Lifts = &api.Lifting{CommandID: over.Event.ID, HoldID: hold.ID, By: "counsel1", Source: "order", Reason: "vacated"}
	w.fact(l, over)
	if !l.leavesTo("GHA") {
		t.Fatal("after the stay nothing leaves")
	}
	again := correction(custody.Retracted, "2026-02-21", over.Event.ID)
	for range 2 {
		if back := w.event(l, again); back.HoldID != again.Event.ID || len(back.MayHaveLeft) != 1 {
			t.Fatalf("rule 2: a stay came back without its hold: %+v", back)
		}
	}
	if l.leavesTo("GHA") {
		t.Error("rule 2: a package left under a stay that is in force again")
	}
	if !w.custody(l).Suspended || w.count("holds WHERE lifted_at IS NULL AND kind = 'stay' AND authority = 'court'") != 1 {
		t.Error("the stay stands without its hold")
	}
}

// ended as holds of stays once could be, by name or by their last day.
func (l *life) ended(hold string) {
	l.exec("UPDATE holds SET lifted_at = $1, lifted_by = 'counsel1', lift_reason = 'settled' WHERE hold_id = $2", l.clock.Now(), hold)
}

// Rule 2: the hold of a stay ends with the stay, and neither by name nor by a day
// while that is in force: the gate would open while the custody clock stands still.
func TestRule02_TheHoldOfAStayEndsWithItAlone(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.ready())
	granted := w.event(l, l.stay("2026-02-02"))
	day := calendar.DateOf(monday).AddDays(3)
	last := api.HoldExpiry{On: day, Zone: "UTC", At: calendar.EndOf(day, time.UTC), Source: "order"}
	amend := func(expiry *api.HoldExpiry) error {
		_, err := w.store.Holds().Amend(t.Context(), api.HoldAmendment{
			CommandID: newID(), HoldID: granted.HoldID, By: "counsel1", ReviewBy: day, Expiry: expiry,
		})
		return err
	}
	lift := func() error {
		_, err := w.store.Holds().Lift(t.Context(), api.Lifting{CommandID: newID(), HoldID: granted.HoldID, By: "counsel1", Source: "order", Reason: "settled"})
		return err
	}
	preview := func() error { _, err := w.store.Holds().GoesBack(t.Context(), granted.HoldID); return err }
	for what, err := range map[string]error{"lifted": lift(), "previewed": preview(), "given a last day": amend(&last)} {
		if !errors.Is(err, api.ErrStayStands) {
			t.Errorf("rule 2: the hold of a stay in force was %s: %v", what, err)
		}
	}
	for what, err := range map[string]error{"reviewed": amend(nil), "without a last day": amend(&api.HoldExpiry{Source: "order"})} {
		if err != nil {
			t.Errorf("rule 2: the hold of a stay is not %s: %v", what, err)
		}
	}
	// A last day of before the stay was looked at.
	l.exec("UPDATE holds SET expires_on = $1, expires_zone = 'UTC', expires_at = $2, expiry_source_sha256 = 'order'", day.String(), last.At)
	l.clock.set(last.At.AddDate(0, 0, 1))
	other := w.ready()
	others := other.hold()
	others.Expiry = last
	other.place(others)
	if err := w.store.EndExpiredHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l.leavesTo("GHA") || !w.custody(l).Suspended {
		t.Error("rule 2: a package left under a stay in force")
	}
	if !other.leavesTo("GHA") {
		t.Error("a hold without a stay went on over its last day")
	}
	w.fact(l, correction(custody.Retracted, "2026-02-10", granted.ID))
	if err := preview(); err != nil {
		t.Errorf("a stay that never was keeps its hold: %v", err)
	}
	if !l.leavesTo("GHA") {
		t.Error("a stay that never was keeps its hold over the last day")
	}
}

// Where the hold of a stay was lifted by name, as it once could be, what has
// nothing to do with it brings none back.
func TestAnotherEventBringsNoHoldBack(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.ready())
	granted := w.event(l, legal(custody.StayGranted, "2026-02-02"))
	if granted.HoldID == "" {
		t.Fatal("a stay without a hold")
	}
	l.ended(granted.HoldID)
	w.fact(l, legal(custody.Released, "2026-02-10"))
	moved := correction(custody.StayGranted, "2026-02-03", granted.ID)
	moved.Event.HoldID = granted.HoldID
	w.fact(l, moved)
	if n := w.count("holds WHERE lifted_at IS NULL"); n != 0 {
		t.Errorf("%d holds stand", n)
	}
}

// What happened is corrected, not turned into something else that stops or frees.
func TestACorrectionKeepsTheKind(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.ready())
	filed := w.event(l, legal(custody.HabeasFiled, "2026-02-02"))
	_, _, err := w.store.LegalEvents().Record(t.Context(), l.person, correction(custody.StayGranted, "2026-02-02", filed.ID))
	if !errors.Is(err, api.ErrCorrectedKind) {
		t.Errorf("a petition became a stay: %v", err)
	}
	w.fact(l, correction(custody.HabeasFiled, "2026-02-03", filed.ID))
}

// Rule 1: the order of a request is often known from its opening alone; that the
// day on which it became final is not on record keeps no court out.
func TestRule01_AnOrderThatIsNotDatedIsVacatedAllTheSame(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	vacated, _, err := w.store.LegalEvents().Record(t.Context(), l.person, legal(custody.OrderVacated, "2026-02-20"))
	if err != nil {
		t.Fatalf("rule 1: that the order was vacated is refused: %v", err)
	}
	if vacated.HoldID != vacated.ID || w.count("holds WHERE scope = 'person' AND kind = 'counsel' AND lifted_at IS NULL") != 1 {
		t.Errorf("rule 1: an order was vacated and no hold stands: %+v", vacated)
	}
	l.lift(vacated.HoldID)
	if l.leavesTo("GHA") {
		t.Error("rule 1: a package left on a vacated order")
	}
	w.fact(l, correction(custody.Retracted, "2026-02-21", vacated.ID))
	if !l.leavesTo("GHA") {
		t.Error("what was vacated by mistake stops for ever")
	}
}

// Rule 2: likewise a stay, and an order that is dated later tells the same.
func TestRule02_AStayOfAnOrderThatIsNotDatedStops(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	granted, _, err := w.store.LegalEvents().Record(t.Context(), l.person, l.stay("2026-02-02"))
	if err != nil {
		t.Fatalf("rule 2: a stay is refused: %v", err)
	}
	if granted.HoldID == "" || l.leavesTo("GHA") {
		t.Errorf("rule 2: a package left under a stay: %+v", granted)
	}
	dated := w.fact(l, legal(custody.OrderFinal, "2026-01-12"))
	if !dated.Summary.Suspended || dated.Summary.Before != date("2026-01-12") {
		t.Errorf("once the order is dated: %+v", dated.Summary)
	}
}

// Rule 1: nor does the end of a stay make an order of one that never became final.
func TestRule01_AnOrderRetractedUnderItsStayIsNone(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	order := w.event(l, legal(custody.OrderFinal, "2026-01-12"))
	granted := w.event(l, l.stay("2026-02-02"))
	retracted := w.event(l, correction(custody.Retracted, "2026-02-10", order.ID))
	if retracted.HoldID != retracted.ID {
		t.Errorf("rule 1: an order was retracted under its stay and counsel was not asked: %+v", retracted)
	}
	ended := legal(custody.StayEnded, "2026-02-20")
	ended.Event.HoldID = granted.HoldID
	w.fact(l, ended)
	l.lift(granted.HoldID)
	l.lift(retracted.ID)
	if l.leavesTo("GHA") {
		t.Error("rule 1: a package left on an order that never became final")
	}
	w.fact(l, legal(custody.OrderFinal, "2026-02-25"))
	if !l.leavesTo("GHA") {
		t.Error("on an order that became final nothing leaves")
	}
}

// Each stay that comes back has a hold of its own, and its end names that one.
func TestStaysThatComeBackTogetherEndApart(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.ready())
	var stays [2]string
	for i := range stays {
		stays[i] = w.event(l, l.stay("2026-02-02")).HoldID
	}
	vacated := w.event(l, legal(custody.OrderVacated, "2026-02-20"))
	for _, hold := range append(stays[:], vacated.HoldID) {
		l.lift(hold)
	}
	w.fact(l, correction(custody.Retracted, "2026-02-21", vacated.ID))
	var back [2]api.Hold
	for i, stay := range stays {
		var err error
		if back[i], err = w.store.Holds().OfStay(t.Context(), stay); err != nil || back[i].Kind != api.StayHold {
			t.Fatalf("the hold of stay %d is %+v, %v", i+1, back[i], err)
		}
	}
	if back[0].ID == back[1].ID {
		t.Error("two stays came back under one hold")
	}
}

// A court stay counts at once at the office that learns of it, also where the others
// of the person's history have begun the next day; what lies ahead of its own
// office's date is still refused.
func TestAnOfficeFurtherWestRecordsAStayInItsEvening(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	w.clock.set(time.Date(2026, time.March, 3, 5, 30, 0, 0, time.UTC)) // past midnight in Boston
	w.fact(l, legal(custody.OrderFinal, "2026-01-12"))
	w.fact(l, legal(custody.Detained, "2026-03-03"))
	west := func(on string) api.LegalEntry {
		entry := l.stay(on)
		entry.Event.Office = "LOS"
		return entry
	}
	_, _, err := w.store.LegalEvents().Record(t.Context(), l.person, west("2026-03-03"))
	var history *custody.HistoryError
	if !errors.As(err, &history) || history.Problems[0].Rule != custody.RuleFuture || w.count("holds") != 0 {
		t.Errorf("a stay of tomorrow in the west: %v", err)
	}
	stay := w.event(l, west("2026-03-02"))
	if stay.HoldID == "" || !w.custody(l).Suspended {
		t.Errorf("stay %+v, clock %+v", stay, w.custody(l))
	}
	if read, err := w.store.LegalEvents().Custody(t.Context(), l.person); err != nil || !read.Summary.Suspended {
		t.Errorf("read: %+v, %v", read.Summary, err)
	}
}

// A hold elsewhere that took the id of one that an event brings keeps nobody from
// being held: the event is refused, and recorded under another id.
func TestAForeignHoldIsNotTakenForThatOfAStay(t *testing.T) {
	w := newWorld(t)
	l, other := w.detained(w.ready()), w.ready()
	var stays []string
	for range 2 {
		stays = append(stays, w.event(l, l.stay("2026-02-02")).HoldID)
	}
	vacated := w.event(l, legal(custody.OrderVacated, "2026-02-20"))
	for _, hold := range append(stays, vacated.HoldID) {
		l.lift(hold)
	}
	back := correction(custody.Retracted, "2026-02-21", vacated.ID)
	foreign := other.hold()
	foreign.ID = uuid.NewSHA1(uuid.MustParse(back.Event.ID), []byte{1}).String()
	other.place(foreign)
	if _, _, err := w.store.LegalEvents().Record(t.Context(), l.person, back); !errors.Is(err, api.ErrKeyReused) {
		t.Errorf("recorded: %v", err)
	}
	again := correction(custody.Retracted, "2026-02-21", vacated.ID)
	w.fact(l, again)
	for _, stay := range stays {
		if _, err := w.store.Holds().OfStay(t.Context(), stay); err != nil {
			t.Errorf("a stay that came back has no hold: %v", err)
		}
	}
	foreign.PersonID = l.person
	if _, err := w.store.Holds().Place(t.Context(), foreign); !errors.Is(err, api.ErrKeyReused) {
		t.Errorf("a hold of somebody else was taken for it: %v", err)
	}
}
