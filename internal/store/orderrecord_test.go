package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// orderOwed is the duty to record the order's final day, as the person's clock tells
// of it; false where there is none, and then there is no deadline of it either.
func (w *world) orderOwed(l *life) (custody.Duty, bool) {
	w.t.Helper()
	owed := w.owed(l)
	i := slices.IndexFunc(owed, func(d custody.Duty) bool { return strings.HasPrefix(d.Key, "order_record/") })
	found, err := w.store.Deadlines(w.t.Context(), api.DeadlineFilter{Sight: everyone(), Custody: everyone(), PersonID: l.person, Kind: "order", Page: api.Page{Limit: 5}})
	if err != nil || len(found) > 0 != (i >= 0) {
		w.t.Fatalf("duties %+v, deadlines %+v, %v", owed, found, err)
	}
	if i < 0 {
		return custody.Duty{}, false
	}
	return owed[i], true
}

// Nobody is held without a day ahead (8 CFR 241.4(k)) because the day on which the
// order became final stands nowhere but in a request: until it is recorded among the
// legal events, that it be recorded is told each week. The request moves no date itself.
func TestAnOrderThatOnlyARequestKnowsIsAskedFor(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	if _, owed := w.orderOwed(l); owed {
		t.Error("owed about a free person")
	}
	detained := legal(custody.Detained, "2026-01-20")
	w.fact(l, detained)
	w.clock.set(time.Date(2028, time.December, 1, 15, 0, 0, 0, time.UTC))
	duty, owed := w.orderOwed(l)
	if !owed || duty.Since != date("2026-01-20") || duty.Again != 7 {
		t.Fatalf("nothing tells that no review was ever due: %+v", duty)
	}
	recorded, err := w.store.FileMilestones(t.Context(), l.person, []string{duty.Telling(date("2028-12-01"))})
	if err != nil || len(recorded.Absent) != 0 || !slices.Contains(recorded.Poke, "desk/custody-unit") {
		t.Errorf("filed %+v, %v", recorded, err)
	}
	if _, owed := w.orderOwed(l); !owed || !w.custody(l).R0.IsZero() {
		t.Errorf("once told: owed %v, R0 %v", owed, w.custody(l).R0)
	}
	w.fact(l, legal(custody.OrderFinal, "2026-01-12"))
	if _, owed := w.orderOwed(l); owed || w.custody(l).R0 != date("2026-01-12") {
		t.Errorf("once recorded: owed %v, R0 %v", owed, w.custody(l).R0)
	}
	w.fact(l, legal(custody.OrderVacated, "2026-03-01"))
	if duty, owed := w.orderOwed(l); owed {
		t.Errorf("owed about an order that was vacated: %+v", duty)
	}
}

// A permitted departure is no final order; once a request that rests on one is opened,
// the clock of whoever is detained is told.
func TestARequestThatBringsAnOrderTellsTheClock(t *testing.T) {
	w := newWorld(t)
	first := w.draft(newID(), somebody())
	first.intake.Open.Order.Type = tdr.VoluntaryDeparture
	first.takeIn()
	w.fact(first, legal(custody.Detained, "2026-01-20"))
	if duty, owed := w.orderOwed(first); owed {
		t.Errorf("a permitted departure never became final: %+v", duty)
	}
	clocks := func() int { return w.count("outbox WHERE workflow_id = $1", "custody/"+first.person) }
	before := clocks()
	if _, err := w.store.Abandon(t.Context(), first.id, api.CommandDone{CommandID: first.intake.Command.ID, Refused: true, Answer: api.Answer{Status: 422}}); err != nil {
		t.Fatal(err)
	}
	w.draft(first.person, nil).takeIn()
	if _, owed := w.orderOwed(first); !owed || clocks() != before+1 {
		t.Errorf("owed %v, the clock was told %d times", owed, clocks()-before)
	}
}
