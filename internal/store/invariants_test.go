package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// approved is a request with an approved package, drafted with a change.
func (w *world) approved(change func(*tdr.Open)) *life {
	w.t.Helper()
	return w.approvedOf(newID(), somebody(), change)
}

// approvedOf is one of a person, who is new if there are details.
func (w *world) approvedOf(person string, details *api.PersonDetails, change func(*tdr.Open)) *life {
	w.t.Helper()
	l := w.draft(person, details)
	change(&l.intake.Open)
	l.takeIn()
	l.act(tdr.RequestReviewName)
	l.act(tdr.ApproveName)
	l.record(0)
	l.prepare(rehearsal.Content)
	return l
}

// leavesTo asks the gate for a post of a country.
func (l *life) leavesTo(country string) bool {
	l.t.Helper()
	gate, err := l.store.Authorise(l.t.Context(), l.authorisation(), country)
	if err != nil {
		l.t.Fatal(err)
	}
	return gate.Dispatch != ""
}

// Rule 1: no outgoing contact without an order on record, its source with it.
func TestRule01_NothingLeavesWithoutAnOrder(t *testing.T) {
	w := newWorld(t)
	if !w.approved(func(*tdr.Open) {}).leavesTo("GHA") {
		t.Fatal("with an order on record nothing leaves")
	}
	if w.approved(func(open *tdr.Open) { open.Order.Source = "" }).leavesTo("GHA") {
		t.Error("rule 1: a package left without the source of an order on record")
	}
	for _, kind := range []string{"appealed", "order", "final"} {
		if w.approved(func(open *tdr.Open) { open.Order.Type = kind }).leavesTo("GHA") {
			t.Errorf("rule 1: a package left on an order of the type %s, which is not final", kind)
		}
	}
	if !w.approved(func(open *tdr.Open) { open.Order.Type = tdr.VoluntaryDeparture }).leavesTo("GHA") {
		t.Error("with a voluntary departure on record nothing leaves")
	}
}

// Rule 2: whatever kind of hold stands, in whichever scope that covers the
// request, the gate is closed at the moment of sending.
func TestRule02_NoSendStartsUnderAHold(t *testing.T) {
	l := newWorld(t).ready()
	for _, kind := range []string{"stay", "class_injunction", "withholding", "cat", "tps", "citizenship_claim", "pending_relief", "counsel"} {
		for _, scope := range api.HoldScopes(kind) {
			hold := l.hold()
			hold.Kind, hold.Scope = kind, scope
			switch scope {
			case "country":
				hold.Country = l.state.Country
			case "request":
				hold.RequestID = l.id
			}
			l.place(hold)
			if l.leavesTo("GHA") {
				t.Errorf("rule 2: a package left under a hold of kind %s for the %s", kind, scope)
			}
			if _, err := l.store.Holds().Lift(t.Context(), api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Source: "order", Reason: "vacated"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !l.leavesTo("GHA") {
		t.Error("after every hold was lifted nothing leaves")
	}
}

// Rule 2: a hold keeps to the scopes of its kind whichever way it comes, so that
// none stands that stops less than its law: nothing is kept of one that is refused.
func TestRule02_AHoldStopsNoLessThanItsLaw(t *testing.T) {
	l := newWorld(t).ready()
	for kind, narrow := range map[string]string{"tps": "country", "citizenship_claim": "request", "withholding": "request", "mood": "person"} {
		hold := l.hold()
		hold.Kind, hold.Scope, hold.Country, hold.RequestID = kind, narrow, "", ""
		switch narrow {
		case "country":
			hold.Country = l.state.Country
		case "request":
			hold.RequestID = l.id
		}
		if _, err := l.store.Holds().Place(t.Context(), hold); !errors.Is(err, api.ErrHoldScope) {
			t.Errorf("rule 2: a hold of kind %s was placed on the %s: %v", kind, narrow, err)
		}
	}
	if held := one[int](l.world, "SELECT count(*) FROM holds"); held != 0 || !l.leavesTo("GHA") {
		t.Errorf("rule 2: %d holds stand of those that were refused", held)
	}
}

// Rule 2: what the gate let start does not leave once a hold has come, nor long
// after the gate was asked.
func TestRule02_TheFenceIsReadAgainBeforeTheEffect(t *testing.T) {
	w := newWorld(t)
	begun := func() (*life, string) {
		l := w.ready()
		asked := l.authorisation()
		l.authorise(asked)
		return l, asked.CommandID
	}
	still := func(dispatch, after string, want bool) {
		t.Helper()
		if got, err := w.store.StillAuthorised(t.Context(), dispatch); err != nil || got != want {
			t.Errorf("rule 2: %s it may leave: %v, %v", after, got, err)
		}
	}
	_, free := begun()
	still(free, "at once", true)
	l, held := begun()
	l.place(l.hold())
	still(held, "under a hold", false)
	_, late := begun()
	w.clock.set(monday.Add(10 * time.Second))
	still(late, "ten seconds after the gate was asked", false)
}

// Rule 3: what leaves is a package on record of that request, nothing has made
// it void, and a second person has disclosed what is not on the list.
func TestRule03_OnlyAStandingPackageLeaves(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*life, string){
		"no package on record": nil,
		"a newer package":      func(l *life, _ string) { l.prepare("another content") },
		"another data sheet": func(l *life, _ string) {
			l.exec("INSERT INTO data_sheets (sheet_id, person_id, version, fields, set_at, set_by) VALUES ($1, $2, 1, '{}', $3, 'officer1')", newID(), l.person, monday)
		},
		"another post": func(l *life, _ string) {
			l.exec("UPDATE requests SET post = 'gha-new-york' WHERE request_id = $1", l.id)
		},
		"a letter nobody disclosed": func(l *life, id string) { l.item(id, 1) },
		"a withheld letter": func(l *life, id string) {
			l.item(id, 1)
			l.decide(id, 1, "withhold")
		},
	} {
		l := w.begin()
		id := ""
		if change != nil {
			id = l.prepare(rehearsal.Content)
		}
		l.act(tdr.RequestReviewName)
		l.act(tdr.ApproveName)
		l.record(0)
		if change != nil {
			change(l, id)
		}
		if l.leavesTo("GHA") {
			t.Errorf("rule 3: it left with %s", name)
		}
	}
	l := w.ready()
	id := one[string](w, "SELECT package_id::text FROM outgoing_packages WHERE request_id = $1", l.id)
	l.item(id, 1)
	l.decide(id, 1, "disclose")
	if !l.leavesTo("GHA") {
		t.Error("with every item disclosed nothing leaves")
	}
}

func (l *life) exec(statement string, arguments ...any) {
	l.t.Helper()
	if _, err := l.pool.Exec(l.t.Context(), statement, arguments...); err != nil {
		l.t.Fatal(err)
	}
}

// item is free text in a package, which needs a second person's word.
func (l *life) item(packageID string, position int) {
	l.t.Helper()
	l.exec(`INSERT INTO package_items (package_id, position, kind, type, sha256, pages, needs_review)
		VALUES ($1, $2, 'free_text', '', 'hash', 1, true)`, packageID, position)
}

func (l *life) decide(packageID string, position int, decision string) {
	l.t.Helper()
	l.exec(`INSERT INTO disclosures (package_id, position, decision, reason, decided_at, decided_by, command_id)
		VALUES ($1, $2, $3, 'not_needed', $4, 'supervisor1', $5)`, packageID, position, decision, monday, newID())
}

// Rule 4: what a workflow hears of a hold is that it stops sending, and has no
// room for its kind, authority, country or reason.
func TestRule04_AWorkflowLearnsNothingOfAHoldsKind(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	hold := l.hold()
	hold.Scope, hold.Country, hold.Kind = "country", "GHA", "withholding"
	l.place(hold)
	raw := one[string](w, "SELECT payload::text FROM outbox WHERE signal = 'HoldChanged'")
	decoder := json.NewDecoder(bytes.NewBufferString(raw))
	decoder.DisallowUnknownFields()
	var told struct {
		Hold  string `json:"hold"`
		Stops bool   `json:"stops"`
		At    string `json:"at"`
		Fence int64  `json:"fence"`
	}
	if err := decoder.Decode(&told); err != nil || told.Hold != hold.ID || !told.Stops {
		t.Errorf("rule 4: the workflow is told %s: %v", raw, err)
	}
	var room map[string]any
	whole, err := json.Marshal(tdr.HoldChanged{Hold: hold.ID, Stops: true, At: monday, Fence: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(whole, &room); err != nil || len(room) != 4 {
		t.Errorf("rule 4: the request's own event of a hold holds %s", whole)
	}
}

// Rule 4: what the State Department is told at its levels of the ladder, which is
// all that goes to it by itself, is the same whatever kind of hold stands, and its
// officers may not read what would tell one from another.
func TestRule04_TheStateDepartmentLearnsOfNoAsylumFact(t *testing.T) {
	const said = "SELECT count(*)::text || coalesce(string_agg(concat_ws(' ', kind, level, escalation, country, data, status), E'\\n' ORDER BY level), '') FROM notices WHERE recipient LIKE $1"
	without := ""
	for _, kind := range []string{"counsel", "withholding", "cat", "pending_relief"} {
		l := newWorld(t).sent()
		hold := l.hold()
		hold.Kind = kind
		l.place(hold)
		recording := l.after(0)
		recording.Notices = nil
		for _, level := range []int{4, 5} {
			recording.Notices = append(recording.Notices, tdr.Notice{Key: l.id + fmt.Sprint("/level/", level), Kind: tdr.LevelNotice, Level: level, Escalation: fmt.Sprint("L", level)})
		}
		if _, err := l.store.Record(t.Context(), recording); err != nil {
			t.Fatal(err)
		}
		told := one[string](l.world, said, "desk/state%")
		if without == "" {
			without = told
		}
		if told != without || !strings.HasPrefix(told, "2") {
			t.Errorf("rule 4: under a hold of kind %s the State Department is told %q, else %q", kind, told, without)
		}
	}
	policy := identity.NewPolicy()
	desk := identity.Principal{Subject: "state1", Roles: []identity.Role{identity.State}, Countries: []string{identity.All}}
	for _, read := range []identity.Operation{
		identity.ReadHolds, identity.ReadPerson, identity.ReadDocuments, identity.ReadPackages, identity.ReadCustody, identity.ReadFlags, identity.ExportHistory,
	} {
		if policy.May(desk, read) {
			t.Errorf("rule 4: an officer of the State Department may %s", read)
		}
	}
}

// Rule 6: the receiving post is of the country on the order; what concerns
// Taiwan never goes to the People's Republic.
func TestRule06_TheRecipientIsOfTheCountryOnTheOrder(t *testing.T) {
	l := newWorld(t).approved(func(open *tdr.Open) { open.Country, open.Post = "TWN", "twn-washington" })
	for _, other := range []string{"CHN", "HKG", ""} {
		if l.leavesTo(other) {
			t.Errorf("rule 6: what an order of TWN asks for went to a post of %q", other)
		}
	}
	if !l.leavesTo("TWN") {
		t.Error("to the country on the order nothing leaves")
	}
}

// Rule 12: the application can add to what happened and read it, nothing else.
func TestRule12_WhatHappenedIsOnlyAddedTo(t *testing.T) {
	w := newWorld(t)
	w.sent()
	for _, table := range []string{"events", "legal_events", "mail_events"} {
		for _, statement := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET recorded_at = recorded_at"} {
			if table == "mail_events" {
				statement = strings.ReplaceAll(statement, "recorded_at", "event")
			}
			_, err := w.pool.Exec(t.Context(), statement)
			var refused *pgconn.PgError
			if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
				t.Errorf("rule 12: %s: %v", statement, err)
			}
		}
	}
}

// Rule 14: of one person and country one request lives.
func TestRule14_OneLiveRequestPerPersonAndCountry(t *testing.T) {
	w := newWorld(t)
	first := w.begin()
	second := w.draft(first.person, nil)
	if _, fresh, err := w.store.TakeIn(t.Context(), second.intake); err == nil {
		t.Errorf("rule 14: a second request for the same person and country lives, fresh %v", fresh)
	}
	if _, fresh, err := w.store.TakeIn(t.Context(), first.intake); err != nil || fresh {
		t.Errorf("rule 14: the same command opened once more: fresh %v, %v", fresh, err)
	}
	if n := w.count("requests WHERE live"); n != 1 {
		t.Errorf("rule 14: %d requests live", n)
	}
}

// Rule 14: one command authorises one dispatch; once that has gone or was
// stopped, asking again starts nothing.
func TestRule14_OneCommandSendsOnce(t *testing.T) {
	l := newWorld(t).ready()
	asked := l.authorisation()
	l.authorise(asked)
	refused := api.CommandDone{CommandID: asked.CommandID, Refused: true, Answer: api.Answer{Status: 409, Body: []byte("no")}}
	if _, err := l.store.Done(t.Context(), refused); err != nil {
		t.Fatal(err)
	}
	if gate := l.authorise(asked); gate.Dispatch != "" {
		t.Errorf("rule 14: a dispatch that was stopped is authorised again: %+v", gate)
	}
	if n := l.count("dispatches"); n != 1 {
		t.Errorf("rule 14: one command made %d dispatches", n)
	}
}
