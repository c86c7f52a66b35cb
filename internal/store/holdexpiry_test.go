package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
)

// expiring is a stay whose court set its last day.
func (l *life) expiring(on calendar.Date, zone *time.Location) api.Hold {
	hold := l.hold()
	hold.Expiry = api.HoldExpiry{On: on, Zone: zone.String(), At: calendar.EndOf(on, zone), Source: hold.Source}
	return hold
}

// Rule 2: the fence itself compares with the clock: a hold stands to the last instant of
// its last day where its authority sits, over changes of clocks too, and stops
// nothing from the next one on, whether or not anything else noticed.
func TestRule02_AHoldStandsToTheEndOfItsLastDay(t *testing.T) {
	l := newWorld(t).ready()
	zones := []string{"America/New_York", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu", "Pacific/Guam", "America/Havana", "UTC"}
	changes := []calendar.Date{{Year: 2026, Month: time.March, Day: 7}, {Year: 2026, Month: time.March, Day: 8}, {Year: 2026, Month: time.October, Day: 31}, {Year: 2026, Month: time.November, Day: 1}}
	rapid.Check(t, func(rt *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		on := rapid.OneOf(rapid.SampledFrom(changes), rapid.Map(rapid.IntRange(5, 700), calendar.DateOf(monday).AddDays)).Draw(rt, "on")
		hold := l.expiring(on, zone)
		l.clock.set(monday)
		l.place(hold)
		// Microseconds are what the database keeps.
		off := rapid.OneOf(rapid.SampledFrom([]int64{-1, 0, 1}), rapid.Int64Range(-2*3600e6, 2*3600e6)).Draw(rt, "microseconds after the end")
		at := hold.Expiry.At.Add(time.Duration(off) * time.Microsecond)
		l.clock.set(at)
		day := calendar.DateOf(at.In(zone))
		if held := l.authorise(l.authorisation()).HoldStands; held == day.After(on) {
			rt.Fatalf("rule 2: on %s a hold until %s stands: %v", at.In(zone), on, held)
		}
		l.clock.set(hold.Expiry.At.AddDate(0, 0, 1))
		if err := l.store.EndExpiredHolds(t.Context()); err != nil {
			rt.Fatal(err)
		}
	})
	if n := l.count("holds WHERE lifted_at IS NULL OR lifted_at < expires_at"); n != 0 {
		t.Errorf("%d holds ended early or never", n)
	}
}

// An expiry is on record like a lifting: by the system, with the document that
// set the day; the request hears of it and counsel has a notice, once.
func TestAnExpiryIsOnRecord(t *testing.T) {
	l := newWorld(t).ready()
	hold := l.expiring(calendar.DateOf(monday).AddDays(3), boston(t))
	l.place(hold)
	for _, at := range []time.Time{hold.Expiry.At.Add(-time.Microsecond), hold.Expiry.At, hold.Expiry.At.Add(time.Hour)} {
		l.clock.set(at)
		if err := l.store.EndExpiredHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		ended, err := l.store.Holds().Hold(t.Context(), hold.ID)
		if err != nil || ended.LiftedAt.IsZero() != at.Before(hold.Expiry.At) {
			t.Fatalf("at %s: %+v, %v", at, ended, err)
		}
		if !ended.LiftedAt.IsZero() && (ended.LiftedBy != "system" || ended.LiftReason != "expired" || ended.LiftSource != hold.Source || !ended.LiftedAt.Equal(hold.Expiry.At)) {
			t.Errorf("ended as %+v", ended)
		}
	}
	for what, want := range map[string]int{
		"outbox WHERE signal = 'HoldChanged' AND payload @> '{\"stops\": false}'":                           1,
		"notices WHERE kind = 'hold_expired' AND recipient = 'desk/counsel-bos' AND status = 'waiting'":     1,
		"mailboxes WHERE recipient = 'desk/counsel-bos' AND poked_at IS NOT NULL":                           1,
		"audit_entries WHERE action = 'hold.lift' AND actor = 'system' AND object = 'hold/" + hold.ID + "'": 1,
		"dispatches": 0,
	} {
		if n := l.count(what); n != want {
			t.Errorf("%d of %s, want %d", n, what, want)
		}
	}
	if waiting := l.collect("desk/counsel-bos"); len(waiting) != 1 {
		t.Errorf("counsel has %d mails", len(waiting))
	}
	lifting := api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Source: "order", Reason: "vacated"}
	if _, err := l.store.Holds().Lift(t.Context(), lifting); !errors.Is(err, api.ErrAlreadyLifted) {
		t.Errorf("lifted once more: %v", err)
	}
}

// A day that its authority moves or takes back binds from then on; once it is
// over there is nothing left to amend, whether or not the end was noticed.
func TestAmendingALastDay(t *testing.T) {
	l := newWorld(t).ready()
	zone, first := boston(t), calendar.DateOf(monday).AddDays(3)
	hold := l.expiring(first, zone)
	l.place(hold)
	amend := func(on calendar.Date) (api.Hold, error) {
		expiry := api.HoldExpiry{Source: "later order"}
		if !on.IsZero() {
			expiry = api.HoldExpiry{On: on, Zone: zone.String(), At: calendar.EndOf(on, zone), Source: "later order"}
		}
		return l.store.Holds().Amend(t.Context(), api.HoldAmendment{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Expiry: &expiry})
	}
	if amended, err := amend(first.AddDays(1)); err != nil || amended.Expiry.On != first.AddDays(1) || amended.Expiry.Source != "later order" || amended.ReviewBy != hold.ReviewBy {
		t.Errorf("%+v, %v", amended, err)
	}
	l.clock.set(hold.Expiry.At)
	if !l.authorise(l.authorisation()).HoldStands {
		t.Error("the hold ended on the day it had before")
	}
	if _, err := amend(calendar.Date{}); err != nil {
		t.Error(err)
	}
	l.clock.set(hold.Expiry.At.AddDate(0, 0, 30))
	if !l.authorise(l.authorisation()).HoldStands {
		t.Error("the hold ended on a day that was taken back")
	}
	last := calendar.DateOf(l.clock.Now().In(zone))
	if _, err := amend(last); err != nil {
		t.Error(err)
	}
	l.clock.set(calendar.EndOf(last, zone))
	if _, err := amend(last.AddDays(9)); !errors.Is(err, api.ErrAlreadyLifted) {
		t.Errorf("amended after its end: %v", err)
	}
	again := api.HoldAmendment{CommandID: newID(), HoldID: l.place(l.hold()).ID, By: "counsel1", ReviewBy: first.AddDays(60)}
	for range 2 {
		if amended, err := l.store.Holds().Amend(t.Context(), again); err != nil || amended.ReviewBy != again.ReviewBy {
			t.Errorf("%+v, %v", amended, err)
		}
	}
	if n := l.count("hold_amendments WHERE authority = 'court' AND source_sha256 = 'later order'"); n != 3 || l.count("hold_amendments") != 4 {
		t.Errorf("%d amendments of the last day of %d on record", n, l.count("hold_amendments"))
	}
}

// Sends, sweeps, liftings and extensions meet at the end of a hold's last day:
// nothing is authorised before that day, as in force at that moment, is over.
func TestExpiryAndSendsAtOnce(t *testing.T) {
	l := newWorld(t).ready()
	zone := boston(t)
	for round := range 60 {
		on := calendar.DateOf(monday).AddDays(3 * round)
		hold := l.expiring(on, zone)
		l.clock.set(hold.Expiry.At.AddDate(0, 0, -1))
		l.place(hold)
		l.clock.set(hold.Expiry.At.Add(-time.Microsecond))
		extension := l.expiring(on.AddDays(1), zone).Expiry
		var extended error
		asked := []api.Authorisation{l.authorisation(), l.authorisation(), l.authorisation()}
		var wait sync.WaitGroup
		for _, each := range asked {
			wait.Go(func() { l.authorise(each) })
		}
		wait.Go(func() { l.clock.set(hold.Expiry.At) })
		wait.Go(func() {
			if err := l.store.EndExpiredHolds(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wait.Go(func() {
			_, extended = l.store.Holds().Amend(t.Context(), api.HoldAmendment{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Expiry: &extension})
		})
		wait.Wait()
		early := l.count("dispatches d JOIN holds h USING (person_id) WHERE h.hold_id = $1 AND d.status = 'sending' AND d.authorised_at > h.placed_at AND d.authorised_at < h.expires_at", hold.ID)
		if early != 0 {
			t.Fatalf("round %d: %d sends authorised under a hold", round, early)
		}
		if extended != nil && !errors.Is(extended, api.ErrAlreadyLifted) {
			t.Fatal(extended)
		}
		gate := l.authorise(l.authorisation())
		if gate.HoldStands != (extended == nil) {
			t.Fatalf("round %d: extended %v, and the hold stands: %v", round, extended, gate.HoldStands)
		}
		l.clock.set(extension.At)
		if err := l.store.EndExpiredHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := l.count("outbox WHERE payload @> jsonb_build_object('hold', $1::text, 'stops', false)", hold.ID); n != 1 {
			t.Fatalf("round %d: the request heard of one end %d times", round, n)
		}
	}
}

// A workflow cannot tell an expiry from a lifting.
func TestAnExpiryTellsTheWorkflowNothingMore(t *testing.T) {
	l := newWorld(t).ready()
	hold := l.expiring(calendar.DateOf(monday).AddDays(1), boston(t))
	l.place(hold)
	l.clock.set(hold.Expiry.At)
	if gate := l.authorise(l.authorisation()); gate.HoldStands || gate.Dispatch == "" {
		t.Fatalf("gate %+v", gate)
	}
	whole := one[string](l.world, "SELECT payload::text FROM outbox WHERE payload @> '{\"stops\": false}'")
	lifted := l.place(l.hold())
	if _, err := l.store.Holds().Lift(t.Context(), api.Lifting{CommandID: newID(), HoldID: lifted.ID, By: "counsel1", Source: "order", Reason: "vacated"}); err != nil {
		t.Fatal(err)
	}
	keys := "SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys($1::jsonb) k"
	other := one[string](l.world, "SELECT payload::text FROM outbox WHERE payload @> jsonb_build_object('hold', $1::text, 'stops', false)", lifted.ID)
	if a, b := one[string](l.world, keys, whole), one[string](l.world, keys, other); a != b {
		t.Errorf("an expiry tells %s, a lifting %s", a, b)
	}
}
