package store_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
)

// Rule 5: whoever reports a claim to citizenship, the counsel desk of the office
// has its notice in the same transaction, once, and nobody else has one.
func TestRule05_CounselIsToldAtOnceOfACitizenshipClaim(t *testing.T) {
	l := newWorld(t).ready()
	claim := l.hold()
	claim.Kind, claim.Authority = "citizenship_claim", "counsel"
	if placed := l.place(claim); !slices.Equal(placed.Poke, []string{"desk/counsel-bos"}) {
		t.Errorf("rule 5: a claim wakes %v", placed.Poke)
	}
	l.place(claim)
	if n := l.count("notices WHERE kind = 'counsel' AND recipient = 'desk/counsel-bos' AND status = 'waiting' AND request_id = $1", l.id); n != 1 {
		t.Errorf("rule 5: counsel has %d notices of a claim", n)
	}
	l.place(l.hold())
	if n := l.count("notices WHERE kind = 'counsel'"); n != 1 {
		t.Errorf("%d notices after a stay, which alarms nobody", n)
	}
}

// A claim that no desk could be told of is seen by whoever runs the system.
func TestAClaimWithoutACounselDeskRaisesAnAlarm(t *testing.T) {
	l := newWorld(t).ready()
	l.people.snapshot = directory.Snapshot{}
	claim := l.hold()
	claim.Kind, claim.Authority = "citizenship_claim", "counsel"
	l.place(claim)
	if n := l.count("alarms WHERE kind = 'notice_without_addressee' AND request_id = $1", l.id); n != 1 {
		t.Errorf("%d alarms", n)
	}
}

// A day of review that passes ends no hold: counsel is told, again each week,
// until the hold is lifted.
func TestCounselIsToldOfOverdueReviews(t *testing.T) {
	l := newWorld(t).ready()
	hold := l.hold()
	hold.ReviewBy = calendar.DateOf(l.clock.Now()).AddDays(10)
	l.place(hold)
	told := func(day int) int {
		t.Helper()
		l.clock.set(monday.AddDate(0, 0, day))
		for range 2 {
			if _, err := l.store.FileHoldReviews(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return l.count("notices WHERE kind = 'hold_review' AND recipient = 'desk/counsel-bos'")
	}
	for _, row := range []struct{ day, notices int }{{10, 0}, {11, 1}, {16, 1}, {17, 2}} {
		if got := told(row.day); got != row.notices {
			t.Errorf("%d notices after %d days, want %d", got, row.day, row.notices)
		}
	}
	if gate := l.authorise(l.authorisation()); !gate.HoldStands {
		t.Error("the hold ended by a day that passed")
	}
	lifting := api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Source: "order", Reason: "vacated"}
	if _, err := l.store.Holds().Lift(t.Context(), lifting); err != nil {
		t.Fatal(err)
	}
	if got := told(40); got != 2 {
		t.Errorf("%d notices after the lifting", got)
	}
}

// Holds that counsel was told of leave their turn to the rest.
func TestEveryOverdueReviewHasItsTurn(t *testing.T) {
	l := newWorld(t).ready()
	for range 101 {
		hold := l.hold()
		hold.ReviewBy = calendar.DateOf(l.clock.Now()).AddDays(10)
		l.place(hold)
	}
	l.clock.set(monday.AddDate(0, 0, 11))
	for range 2 {
		if _, err := l.store.FileHoldReviews(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.count("notices WHERE kind = 'hold_review'"); n != 101 {
		t.Errorf("%d notices of 101 reviews", n)
	}
}

// What a lifting puts back is named, and whether something else still stops it.
func TestLiftingSaysWhatGoesBackThroughTheGate(t *testing.T) {
	l := newWorld(t).ready()
	first, second := l.place(l.hold()), l.place(l.hold())
	for i, hold := range []api.PlacedHold{first, second} {
		lifted, err := l.store.Holds().Lift(t.Context(), api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Source: "order", Reason: "vacated"})
		if err != nil {
			t.Fatal(err)
		}
		want := []api.GoesBack{{RequestID: l.id, Code: lifted.GoesBack[0].Code, Stage: "ready", StillHeld: i == 0, CameBack: []string{}, Awaited: []string{}}}
		if !reflect.DeepEqual(lifted.GoesBack, want) {
			t.Errorf("lifting %d puts back %+v", i+1, lifted.GoesBack)
		}
	}
	if n := l.count("dispatches"); n != 0 {
		t.Errorf("%d dispatches by lifting alone", n)
	}
}
