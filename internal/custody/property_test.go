package custody_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"pgregory.net/rapid"
)

// today is when drawn histories are looked at; every drawn event lies before.
var today = calendar.Date{Year: 2030, Month: time.June, Day: 15}

var kinds = []custody.Kind{
	custody.OrderFinal, custody.OrderVacated, custody.StayGranted, custody.StayEnded, custody.CriminalCustodyEnded,
	custody.Detained, custody.Released, custody.ReleaseRevoked, custody.ReviewNoticeServed, custody.CustodyDecision,
	custody.HeadquartersDecision, custody.CustodyTransferred, custody.AssistanceRequested, custody.LikelihoodDetermined,
	custody.NoncomplianceNotice, custody.Complied, custody.HabeasFiled, custody.HabeasEnded,
}

// weight is how often a kind is drawn among those possible: more often what is possible only after another event.
func weight(kind custody.Kind) int {
	switch kind {
	case custody.ReleaseRevoked:
		return 8
	case custody.StayEnded, custody.Complied, custody.Released, custody.CriminalCustodyEnded, custody.CustodyDecision, custody.Detained:
		return 3
	}
	return 1
}

// drawHistory lives a legal life forward: of the events possible next, one after
// the other, often on the same day.
func drawHistory(t *rapid.T) []custody.Event {
	var list []custody.Event
	day := calendar.Date{Year: 2026, Month: time.January, Day: 5}
	for i := range rapid.IntRange(1, 16).Draw(t, "events") {
		day = day.AddDays(rapid.SampledFrom([]int{0, 1, 7, 20, 45, 100}).Draw(t, "days on"))
		event := drawEvent(t, i, day)
		event.Kind = rapid.SampledFrom(possible(list, event, rapid.IntRange(0, 3).Draw(t, "vacate") == 3)).Draw(t, "next")
		list = append(list, event)
	}
	return list
}

// possible are the kinds that a history accepts next; an order is vacated only when asked for, or few lives would last.
func possible(list []custody.Event, event custody.Event, vacate bool) []custody.Kind {
	var fitting []custody.Kind
	for _, kind := range kinds {
		event.Kind = kind
		if kind == custody.OrderVacated && !vacate {
			continue
		}
		if _, err := read(append(slices.Clone(list), event), today); err == nil {
			fitting = append(fitting, slices.Repeat([]custody.Kind{kind}, weight(kind))...)
		}
	}
	if len(list) == 0 {
		fitting = append(fitting, custody.OrderFinal, custody.OrderFinal, custody.OrderFinal)
	}
	return fitting
}

func drawEvent(t *rapid.T, i int, day calendar.Date) custody.Event {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	recorded := day.Midnight().Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "recorded")) * time.Hour)
	return custody.Event{ID: fmt.Sprintf("e%02d", i), Kind: kind, Date: day, RecordedAt: recorded, Source: source()}
}

func read(list []custody.Event, asOf calendar.Date) (custody.Clock, error) {
	return custody.Derive(list, custody.Version1(), custody.View{AsOf: asOf})
}

func mustRead(t *rapid.T, list []custody.Event, asOf calendar.Date) custody.Clock {
	clock, err := read(list, asOf)
	if err != nil {
		t.Fatal(err)
	}
	checkByHand(t, clock)
	return clock
}

func TestNothingButLegalEventsMovesR0(t *testing.T) {
	moving := []custody.Kind{custody.OrderFinal, custody.StayEnded, custody.CriminalCustodyEnded}
	stopping := []custody.Kind{custody.StayGranted, custody.OrderVacated}
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		before := mustRead(t, list, today)
		day := list0(list).AddDays(rapid.IntRange(0, 600).Draw(t, "when"))
		event := drawEvent(t, 90, day)
		after, err := read(append(slices.Clone(list), event), today)
		if err != nil || after.R0 == before.R0 {
			return
		}
		allowed := moving
		if after.R0.IsZero() {
			allowed = stopping
		}
		if !slices.Contains(allowed, event.Kind) && !slices.Contains(stopping, event.Kind) {
			t.Fatalf("%s on %s moved R0 from %s to %s", event.Kind, event.Date, before.R0, after.R0)
		}
		if !after.R0.IsZero() && !slices.Contains(moving, after.Basis.Kind) {
			t.Fatalf("R0 rests on %s", after.Basis.Kind)
		}
	})
}

func list0(list []custody.Event) calendar.Date {
	if len(list) == 0 {
		return calendar.Date{Year: 2026, Month: time.January, Day: 5}
	}
	return list[0].Date
}

// latestByHand finds R0 as the regulation reads, from a history without events that
// share a day: the latest of three dates under the standing order, none while stayed.
// Of an order that is not on record the end of its stay is the first date known.
func latestByHand(list []custody.Event) calendar.Date {
	var order, r0 calendar.Date
	stays := 0
	for _, event := range list {
		switch event.Kind {
		case custody.OrderFinal:
			order = event.Date
		case custody.OrderVacated:
			order, stays = calendar.Date{}, 0
		case custody.StayGranted:
			stays++
		case custody.StayEnded:
			if stays--; order.IsZero() {
				order = event.Date
			}
		}
	}
	if order.IsZero() || stays > 0 {
		return calendar.Date{}
	}
	for _, event := range list {
		ends := event.Kind == custody.OrderFinal || event.Kind == custody.StayEnded || event.Kind == custody.CriminalCustodyEnded
		if ends && event.Date.String() > r0.String() {
			r0 = event.Date
		}
	}
	return r0
}

func TestR0ByHand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var apart []custody.Event
		for _, event := range drawHistory(t) {
			if n := len(apart); n > 0 && apart[n-1].Date == event.Date {
				continue
			}
			apart = append(apart, event)
		}
		clock, err := read(apart, today)
		if err != nil {
			return // leaving events out made it impossible
		}
		if want := latestByHand(apart); clock.R0 != want {
			t.Fatalf("R0 %s, by hand %s", clock.R0, want)
		}
	})
}

func TestRecordingOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		want := mustRead(t, list, today)
		other := rapid.Permutation(list).Draw(t, "order")
		for i := range other {
			other[i].RecordedAt = time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(t, "recorded"), 0)
		}
		if got := mustRead(t, other, today); !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order\n%+v\nwant\n%+v", got, want)
		}
	})
}

func TestCorrectionEqualsReplacement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		if len(list) == 0 {
			return
		}
		i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
		correction := drawEvent(t, 91, list[i].Date.AddDays(rapid.IntRange(-40, 40).Draw(t, "moved by")))
		if rapid.Bool().Draw(t, "same kind") {
			correction.Kind = list[i].Kind
		}
		correction.RecordedAt = list[i].RecordedAt.AddDate(1, 0, 0)
		replaced := slices.Clone(list)
		replaced[i] = correction
		want, wantErr := read(replaced, today)
		correction.Corrects = list[i].ID
		got, gotErr := read(append(slices.Clone(list), correction), today)
		if !reflect.DeepEqual(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Fatalf("corrected\n%+v %v\nreplaced\n%+v %v", got, gotErr, want, wantErr)
		}
	})
}

func TestRetractionEqualsAbsence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		extra := drawEvent(t, 92, list0(list).AddDays(rapid.IntRange(0, 300).Draw(t, "when")))
		retraction := custody.Event{ID: "x", Kind: custody.Retracted, Date: extra.Date, Corrects: extra.ID,
			RecordedAt: extra.RecordedAt, Source: source()}
		want := mustRead(t, list, today)
		if got := mustRead(t, append(slices.Clone(list), extra, retraction), today); !reflect.DeepEqual(got, want) {
			t.Fatalf("retracted\n%+v\nabsent\n%+v", got, want)
		}
	})
}

// What is not known yet shows nowhere: knowing then equals having recorded no more.
func TestKnownThenEqualsRecordedThen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		at := list0(list).Midnight().AddDate(0, 0, rapid.IntRange(0, 700).Draw(t, "known at"))
		var recorded []custody.Event
		for _, event := range list {
			if !event.RecordedAt.After(at) {
				recorded = append(recorded, event)
			}
		}
		want, wantErr := read(recorded, today)
		got, gotErr := custody.Derive(list, custody.Version1(), custody.View{AsOf: today, KnownAt: at})
		got.KnownAt = time.Time{}
		if !reflect.DeepEqual(got, want) && wantErr == nil || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Fatalf("known then\n%+v %v\nrecorded then\n%+v %v", got, gotErr, want, wantErr)
		}
	})
}

// Time by itself changes statuses, never a date, and what is done stays done.
func TestTimeMovesNoDate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		last := list0(list)
		for _, event := range list {
			last = event.Date
		}
		early := last.AddDays(rapid.IntRange(0, 200).Draw(t, "early"))
		late := early.AddDays(rapid.IntRange(0, 400).Draw(t, "late"))
		a, b := mustRead(t, list, early), mustRead(t, list, late)
		if a.R0 != b.R0 || a.PeriodEnds != b.PeriodEnds || len(a.Milestones) != len(b.Milestones) {
			t.Fatalf("on %s\n%+v\non %s\n%+v", early, a, late, b)
		}
		for i := range a.Milestones {
			before, after := a.Milestones[i], b.Milestones[i]
			if before.Key != after.Key || before.Date != after.Date {
				t.Fatalf("%s on %s became %s on %s", before.Key, before.Date, after.Key, after.Date)
			}
			if before.Status != custody.Coming && before.Status != custody.Due && before.Status != after.Status {
				t.Fatalf("%s was %s and became %s", before.Key, before.Status, after.Status)
			}
		}
	})
}

func TestStatusesAreTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		clock := mustRead(t, list, today)
		if clock.Suspended && !clock.R0.IsZero() {
			t.Fatal("an R0 during a stay")
		}
		if clock.PeriodOpen != clock.PeriodEnds.IsZero() && (clock.Basis != nil || clock.Before != nil) {
			t.Fatalf("period open %v ends %s", clock.PeriodOpen, clock.PeriodEnds)
		}
		for _, m := range clock.Milestones {
			held := detainedByHand(list, m.Date)
			switch m.Status {
			case custody.Missed, custody.Due:
				if !held || m.Date.After(today) || clock.Suspended {
					t.Fatalf("%s on %s is %s, in detention then: %v", m.Name, m.Date, m.Status, held)
				}
			case custody.Owed:
				if held || clock.Detained && m.OwedSince.IsZero() || clock.Suspended {
					t.Fatalf("%s on %s is owed since %q, in detention then: %v", m.Name, m.Date, m.OwedSince, held)
				}
			case custody.Coming:
				if !m.Date.After(today) || clock.Suspended {
					t.Fatalf("%s on %s is coming", m.Name, m.Date)
				}
			}
		}
	})
}

// detainedByHand asks day by day; of one day's events the number tells, since they alternate.
func detainedByHand(list []custody.Event, day calendar.Date) bool {
	balance := 0
	for _, event := range list {
		if event.Date.String() > day.String() {
			continue
		}
		switch event.Kind {
		case custody.Detained:
			balance++
		case custody.Released:
			balance--
		}
	}
	return balance > 0
}

// FuzzDerive feeds what a caller might send: it may be refused, never more.
func FuzzDerive(f *testing.F) {
	for _, lines := range [][]string{
		{"o 2026-03-02 order_final", "d 2026-03-02 detained", "s 2026-04-01 stay_granted stay=a", "e 2026-05-01 stay_ended stay=a"},
		{"o 2026-03-02 order_final", "p 2026-03-05 order_final corrects=o", "x 2026-03-06 retracted corrects=p"},
	} {
		raw, err := json.Marshal(events(f, lines...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, "2026-09-01")
	}
	f.Fuzz(func(t *testing.T, raw []byte, asOf string) {
		var list []custody.Event
		if json.Unmarshal(raw, &list) != nil {
			return
		}
		day, err := calendar.ParseDate(asOf)
		if err != nil {
			return
		}
		clock, err := read(list, day)
		if err != nil {
			if !errors.Is(err, custody.ErrHistory) {
				t.Fatalf("unnamed refusal: %v", err)
			}
			return
		}
		checkByHand(t, clock)
		slices.Reverse(list)
		if again, err := read(list, day); err != nil || !reflect.DeepEqual(again, clock) {
			t.Fatalf("reversed: %+v, %v; was %+v", again, err, clock)
		}
	})
}
