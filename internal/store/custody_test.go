package store_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func date(text string) calendar.Date {
	day, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return day
}

func legal(kind custody.Kind, on string) api.LegalEntry {
	return api.LegalEntry{Event: api.LegalEvent{
		ID: newID(), Kind: string(kind), Dated: date(on), Office: "BOS", SourceType: "order",
		Source: "5e1f0c5e1f0c5e1f0c5e1f0c5e1f0c5e1f0c5e1f0c5e1f0c5e1f0c5e1f0c5e1f", RecordedBy: "officer1",
	}}
}

func (w *world) fact(l *life, entry api.LegalEntry) api.PersonCustody {
	w.t.Helper()
	_, now, err := w.store.LegalEvents().Record(w.t.Context(), l.person, entry)
	if err != nil {
		w.t.Fatal(err)
	}
	return now
}

// detained is a person with a final order, taken into custody.
func (w *world) detained(l *life) *life {
	w.t.Helper()
	w.fact(l, legal(custody.OrderFinal, "2026-01-12"))
	w.fact(l, legal(custody.Detained, "2026-01-12"))
	return l
}

func (w *world) outbox() []activities.Signal {
	w.t.Helper()
	signals, err := w.store.Outbox(w.t.Context(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return signals
}

func TestLegalEventsMoveTheClock(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	w.detained(l)
	read, err := w.store.LegalEvents().Custody(t.Context(), l.person)
	if err != nil || !read.Summary.Detained || read.Summary.R0 != date("2026-01-12") {
		t.Fatalf("custody %+v, %v", read, err)
	}
	deadlines, err := w.store.Deadlines(t.Context(), api.DeadlineFilter{Sight: everyone(), Custody: everyone(), PersonID: l.person, Kind: "milestone", Page: api.Page{Limit: 50}})
	if err != nil || len(deadlines) == 0 {
		t.Fatalf("deadlines %+v, %v", deadlines, err)
	}
	for _, deadline := range deadlines {
		var milestone custody.Milestone
		if err := json.Unmarshal(deadline.Why, &milestone); err != nil {
			t.Fatal(err)
		}
		midnight := time.Date(milestone.Date.Year, milestone.Date.Month, milestone.Date.Day, 0, 0, 0, 0, boston(t))
		if !deadline.DueAt.Equal(midnight) || !deadline.Legal || deadline.Subject != "custody/"+l.person {
			t.Errorf("%s is due %v, want %v", deadline.Name, deadline.DueAt, midnight)
		}
	}
	if hidden, _ := w.store.Deadlines(t.Context(), api.DeadlineFilter{Sight: everyone(), PersonID: l.person, Kind: "milestone", Page: api.Page{Limit: 50}}); len(hidden) != 0 {
		t.Errorf("who may not read custody sees %d", len(hidden))
	}
	for office, want := range map[string]int{"BOS": len(deadlines), "LOS": 0} {
		found, err := w.store.Deadlines(t.Context(), api.DeadlineFilter{
			Sight: everyone(), Custody: api.Sight{Offices: []string{office}}, PersonID: l.person, Kind: "milestone", Page: api.Page{Limit: 50},
		})
		if err != nil || len(found) != want {
			t.Errorf("who reads custody in %s sees %d, want %d: %v", office, len(found), want, err)
		}
	}
	signals := w.outbox()
	last := signals[slices.IndexFunc(signals, func(s activities.Signal) bool { return s.WorkflowID == "custody/"+l.person })]
	var person string
	if err := json.Unmarshal(last.Payload, &person); err != nil || person != l.person || !last.Start || last.Name != "LegalEventsChanged" {
		t.Errorf("signal %+v, %v", last, err)
	}
	var custodies []tdr.Custody
	for _, signal := range signals {
		if signal.WorkflowID == "request/"+l.id {
			var changed tdr.CustodyChanged
			if err := json.Unmarshal(signal.Payload, &changed); err != nil {
				t.Fatal(err)
			}
			custodies = append(custodies, changed.Custody)
		}
	}
	if len(custodies) != 2 || custodies[0].Detained || !custodies[1].Detained {
		t.Errorf("the request heard %+v", custodies)
	}
}

func boston(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestACourtStayIsAHoldToo(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.ready())
	hold := l.hold()
	stay := legal(custody.StayGranted, "2026-02-02")
	stay.Event.HoldID, stay.Places = hold.ID, &hold
	for range 2 {
		if now := w.fact(l, stay); !now.Summary.Suspended || !now.Summary.R0.IsZero() {
			t.Fatalf("custody %+v", now)
		}
	}
	if gate := l.authorise(l.authorisation()); gate.Dispatch != "" || !gate.HoldStands {
		t.Errorf("gate %+v", gate)
	}
	suspended, _ := w.store.Deadlines(t.Context(), api.DeadlineFilter{Sight: everyone(), Custody: everyone(), PersonID: l.person, Kind: "milestone", Page: api.Page{Limit: 50}})
	for _, deadline := range suspended {
		if !deadline.Suspended || !deadline.DueAt.IsZero() {
			t.Errorf("during the stay %+v", deadline)
		}
	}
	if len(suspended) == 0 {
		t.Error("suspended dates are hidden")
	}
	over := legal(custody.StayEnded, "2026-02-27")
	over.Event.HoldID = hold.ID
	over.Lifts = &api.Lifting{CommandID: over.Event.ID, HoldID: hold.ID, By: "counsel1", Source: "order", Reason: "vacated"}
	if now := w.fact(l, over); now.Summary.Suspended || now.Summary.R0 != date("2026-02-27") {
		t.Errorf("after the stay %+v", now)
	}
	if gate := l.authorise(l.authorisation()); gate.Dispatch == "" {
		t.Errorf("gate %+v", gate)
	}
	if n := w.count("legal_events"); n != 4 {
		t.Errorf("%d legal events", n)
	}
}

func TestAHistoryThatCannotBeIsRefusedWhole(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.ready())
	signals := len(w.outbox())
	hold := l.hold()
	twice := legal(custody.Detained, "2026-02-02")
	twice.Event.HoldID, twice.Places = hold.ID, &hold
	_, _, err := w.store.LegalEvents().Record(t.Context(), l.person, twice)
	var history *custody.HistoryError
	if !errors.As(err, &history) || !errors.Is(err, custody.ErrHistory) {
		t.Errorf("detained twice: %v", err)
	}
	if n := w.count("holds"); n != 0 || len(w.outbox()) != signals {
		t.Error("a refused event left something")
	}
	if _, _, err := w.store.LegalEvents().Record(t.Context(), newID(), legal(custody.OrderFinal, "2026-01-12")); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("unknown person: %v", err)
	}
	wrong := legal(custody.OrderFinal, "2026-01-13")
	wrong.Event.Corrects = newID()
	if _, _, err := w.store.LegalEvents().Record(t.Context(), l.person, wrong); !errors.Is(err, api.ErrCorrected) {
		t.Errorf("correcting nothing: %v", err)
	}
}

func TestACorrectionMovesR0Once(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	events, err := w.store.LegalEvents().Events(t.Context(), l.person)
	if err != nil || len(events) != 2 || events[0].Ordinal >= events[1].Ordinal {
		t.Fatalf("events %+v, %v", events, err)
	}
	right := legal(custody.OrderFinal, "2026-01-20")
	right.Event.Corrects = events[0].ID
	if now := w.fact(l, right); now.Summary.R0 != date("2026-01-20") {
		t.Errorf("custody %+v", now)
	}
	right.Event.ID = newID()
	if _, _, err := w.store.LegalEvents().Record(t.Context(), l.person, right); !errors.Is(err, api.ErrCorrected) {
		t.Errorf("correcting twice: %v", err)
	}
	history, err := w.store.LegalHistory(t.Context(), l.person)
	if err != nil || len(history.Events) != 3 || history.Office != "BOS" || history.OfficeTime.Name != "office/BOS" {
		t.Errorf("history %+v, %v", history.Events, err)
	}
	if none, err := w.store.LegalHistory(t.Context(), newID()); err != nil || len(none.Events) != 0 {
		t.Errorf("of nobody: %+v, %v", none, err)
	}
}

func TestReleaseEndsTheDuties(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	if persons, _ := w.store.DetainedPersons(t.Context(), "", 10); !slices.Equal(persons, []string{l.person}) {
		t.Errorf("detained: %v", persons)
	}
	w.fact(l, legal(custody.Released, "2026-02-20"))
	if persons, _ := w.store.DetainedPersons(t.Context(), "", 10); len(persons) != 0 {
		t.Errorf("detained: %v", persons)
	}
	if n := w.count("deadlines WHERE subject = $1", "custody/"+l.person); n != 0 {
		t.Errorf("a free person has %d duties", n)
	}
	signals := w.outbox()
	told := slices.DeleteFunc(signals, func(s activities.Signal) bool { return s.WorkflowID != "custody/"+l.person })
	if len(told) != 2 || told[1].Start {
		t.Errorf("the clock was told %+v", told)
	}
}

func TestMilestonesAreFiledOnce(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	read, _ := w.store.LegalEvents().Custody(t.Context(), l.person)
	var clock custody.Clock
	if err := json.Unmarshal(read.Clock, &clock); err != nil {
		t.Fatal(err)
	}
	key := clock.Milestones[0].Key
	foreign := []string{"of another clock/2020-01-01"}
	first, err := w.store.FileMilestones(t.Context(), l.person, append(foreign, key))
	if !slices.Equal(first.Absent, foreign) {
		t.Errorf("absent %v", first.Absent)
	}
	if err != nil || !slices.Contains(first.Poke, "desk/custody-unit") || !slices.Contains(first.Poke, officer) || len(first.Unaddressed) != 0 {
		t.Fatalf("filed %+v, %v", first, err)
	}
	again, err := w.store.FileMilestones(t.Context(), l.person, []string{key})
	if err != nil || len(again.Poke) != 0 {
		t.Errorf("filed again %+v, %v", again, err)
	}
	if n := w.count("notices WHERE kind = 'custody'"); n != 3 {
		t.Errorf("%d notices", n)
	}
	if n := w.count("deadlines WHERE name = $1 AND met_at IS NOT NULL", "milestone/"+key); n != 1 {
		t.Errorf("%d deadlines are met", n)
	}
	envelopes := w.collect("desk/custody-unit")
	if len(envelopes) != 1 {
		t.Fatalf("envelopes %+v", envelopes)
	}
	// The duty stays met when the clock is derived anew and still has it.
	w.fact(l, legal(custody.HabeasFiled, "2026-02-27"))
	if n := w.count("deadlines WHERE name = $1 AND met_at IS NOT NULL", "milestone/"+key); n != 1 {
		t.Error("a new derivation forgot that the duty was filed")
	}
}

// What was told was not done by it: a review that nobody made stays among the missed dates.
func TestAMissedReviewStaysOnceItIsTold(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	w.clock.set(time.Date(2026, time.April, 20, 15, 0, 0, 0, time.UTC)) // R0+98
	overdue := true
	missed := func() (names []string) {
		found, err := w.store.Deadlines(t.Context(), api.DeadlineFilter{
			Sight: everyone(), Custody: everyone(), PersonID: l.person, Kind: "milestone", Overdue: &overdue, Now: w.clock.Now(), Page: api.Page{Limit: 50},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, deadline := range found {
			names = append(names, deadline.Name)
		}
		return names
	}
	before := missed()
	for _, name := range before {
		if _, err := w.store.FileMilestones(t.Context(), l.person, []string{strings.TrimPrefix(name, "milestone/")}); err != nil {
			t.Fatal(err)
		}
	}
	if now := missed(); len(before) != 3 || !slices.Equal(now, before) {
		t.Errorf("missed %v, once told %v", before, now)
	}
	w.fact(l, legal(custody.CustodyDecision, "2026-04-20"))
	if now := missed(); slices.Contains(now, "milestone/records_review/2026-01-12") {
		t.Errorf("once decided: %v", now)
	}
}

func TestADutyWithoutAddresseeIsSaid(t *testing.T) {
	w := newWorld(t)
	l := w.detained(w.sent())
	read, _ := w.store.LegalEvents().Custody(t.Context(), l.person)
	var clock custody.Clock
	if err := json.Unmarshal(read.Clock, &clock); err != nil {
		t.Fatal(err)
	}
	offices, err := directory.NewSnapshot(directory.Data{Offices: w.people.snapshot.Data().Offices})
	if err != nil {
		t.Fatal(err)
	}
	w.people.snapshot = offices
	recorded, err := w.store.FileMilestones(t.Context(), l.person, []string{clock.Milestones[0].Key})
	if err != nil || len(recorded.Unaddressed) != 1 {
		t.Errorf("recorded %+v, %v", recorded, err)
	}
}
