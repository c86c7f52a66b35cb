package store_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

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

// Rule 5: where the office has no counsel desk, counsel of the whole agency has the
// notice by name, or the supervisor where there is none, and the alarm stands once;
// each day it is told again, until counsel takes the claim up. Days of review are
// counsel's alone, even of a claim.
func TestRule05_AClaimReachesSomebodyByName(t *testing.T) {
	for name, row := range map[string]struct {
		gone   string
		told   string
		takeUp func(*life, api.Hold) error
	}{
		"agency-wide counsel, who names a day": {"", "person/counsel2", func(l *life, claim api.Hold) error {
			_, err := l.store.Holds().Amend(t.Context(), api.HoldAmendment{CommandID: newID(), HoldID: claim.ID, By: "counsel2", ReviewBy: calendar.DateOf(l.clock.Now()).AddDays(30)})
			return err
		}},
		"the supervisor, until counsel finds": {"counsel2", "person/supervisor1", func(l *life, claim api.Hold) error {
			_, err := l.store.Holds().FindCitizenship(t.Context(), api.CitizenshipFinding{CommandID: newID(), HoldID: claim.ID, Found: api.Citizen, Source: "hash", By: "counsel2"})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newWorld(t).ready()
			data := changed(t, l.world, func(id string) bool { return id == row.gone }).Data()
			data.Desks = slices.DeleteFunc(data.Desks, func(d directory.Desk) bool { return d.Kind == directory.CounselDesk })
			snapshot, err := directory.NewSnapshot(data)
			if err != nil {
				t.Fatal(err)
			}
			l.people.snapshot = snapshot
			claim := l.hold()
			claim.Kind, claim.Authority, claim.ReviewBy = "citizenship_claim", "counsel", calendar.DateOf(monday).AddDays(2)
			if placed := l.place(claim); !slices.Equal(placed.Poke, []string{row.told}) {
				t.Errorf("rule 5: a claim wakes %v", placed.Poke)
			}
			expect := func(hours, notices int) {
				t.Helper()
				l.clock.set(monday.Add(time.Duration(hours) * time.Hour))
				for range 2 {
					if _, err := l.store.FileHoldReviews(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if n := l.count("notices WHERE kind = 'counsel' AND recipient = $1 AND status = 'waiting'", row.told); n != notices {
					t.Errorf("rule 5: %d notices after %d hours, want %d", n, hours, notices)
				}
			}
			expect(23, 1)
			expect(25, 2)
			expect(49, 3)
			if err := row.takeUp(l, claim); err != nil {
				t.Fatal(err)
			}
			expect(100, 3)
			if n := l.count("notices WHERE kind = 'hold_review' AND recipient = 'person/supervisor1'"); n != 0 {
				t.Errorf("%d notices of a review that is counsel's alone", n)
			}
			if n := l.count("alarms WHERE kind = 'notice_without_addressee' AND detail ->> 'notice' NOT LIKE '%/review/%' AND request_id = $1", l.id); n != 1 {
				t.Errorf("%d alarms of the desk that is missing", n)
			}
		})
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

// The day of review ends at the office, not in Greenwich.
func TestTheDayOfReviewEndsAtTheOffice(t *testing.T) {
	l := newWorld(t).ready()
	hold := l.hold()
	hold.ReviewBy = calendar.Date{Year: 2026, Month: time.March, Day: 12}
	l.place(hold)
	// Boston changed to summer time on 8 March.
	evening := time.Date(2026, time.March, 13, 3, 30, 0, 0, time.UTC)
	for want := range 2 {
		l.clock.set(evening.Add(time.Duration(want) * time.Hour))
		if _, err := l.store.FileHoldReviews(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := l.count("notices WHERE kind = 'hold_review' AND recipient = 'desk/counsel-bos'"); got != want {
			t.Errorf("%s: %d notices, want %d", l.clock.Now(), got, want)
		}
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
	if n := l.count("notices WHERE kind = 'hold_review' AND recipient = 'desk/counsel-bos'"); n != 101 {
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
