package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/api"
)

// claimCitizenship: somebody reports a claim of the person.
func (l *life) claimCitizenship() api.Hold {
	l.t.Helper()
	hold := l.hold()
	hold.Kind, hold.Authority = api.CitizenshipClaim, "counsel"
	return l.place(hold).Hold
}

// find enters what counsel found of a claim.
func (l *life) find(claim api.Hold, found api.Citizenship) {
	l.t.Helper()
	finding := api.CitizenshipFinding{CommandID: newID(), HoldID: claim.ID, Found: found, Source: "hash", By: "counsel1"}
	if _, err := l.store.Holds().FindCitizenship(l.t.Context(), finding); err != nil {
		l.t.Fatal(err)
	}
}

// field of the person's citizenship with all that it ever said.
func (l *life) field() (said []api.Citizenship) {
	l.t.Helper()
	entries, err := l.store.Holds().Citizenship(l.t.Context(), l.person)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, entry := range entries {
		said = append(said, entry.Citizenship)
	}
	return said
}

// Rule 5: that somebody claims once more what counsel found right takes nothing back.
func TestRule05_ASecondClaimLeavesACitizenFound(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	first := l.claimCitizenship()
	l.find(first, api.Citizen)
	w.later()
	second := l.claimCitizenship()
	if said := l.field(); !slices.Equal(said, []api.Citizenship{api.Claimed, api.Citizen}) {
		t.Errorf("rule 5: a claim was entered over a finding: %v", said)
	}
	for _, claim := range []api.Hold{second, first} {
		lifting := api.Lifting{CommandID: newID(), HoldID: claim.ID, By: "counsel1", Source: "hash", Reason: "duplicate"}
		if _, err := w.store.Holds().Lift(t.Context(), lifting); !errors.Is(err, api.ErrCitizen) {
			t.Errorf("rule 5: a claim of a citizen was lifted: %v", err)
		}
	}
	if l.leavesTo("GHA") {
		t.Error("rule 5: a package of a citizen left")
	}
	l.find(second, api.NotUpheld)
	l.lift(first.ID)
	l.lift(second.ID)
	if !l.leavesTo("GHA") {
		t.Error("what counsel found otherwise later stops for ever")
	}
}

// A claim is answered once none stands that binds the record, whichever of the
// human's it was placed on.
func TestAClaimIsAnsweredWithTheLastThatBinds(t *testing.T) {
	w := newWorld(t)
	a, b := w.two()
	first := a.claimCitizenship()
	a.merge(b)
	w.later()
	second := b.claimCitizenship()
	expect := func(after string, of *life, want ...api.Citizenship) {
		t.Helper()
		if said := of.field(); !slices.Equal(said, want) {
			t.Errorf("after %s the field says %v, want %v", after, said, want)
		}
	}
	a.lift(first.ID)
	expect("lifting one of two", a, api.Claimed)
	b.lift(second.ID)
	expect("lifting the last", a, api.Claimed, api.NotUpheld)
	expect("lifting the last", b, api.Claimed, api.NotUpheld)
}

// Rule 5: who opened a request of the person is known among those who worked on
// them, as is who had a hand in anything that was to leave.
func TestRule05_EverybodyWhoWorkedOnThePersonIsKnown(t *testing.T) {
	w := newWorld(t)
	sent, ready := w.sent(), w.ready()
	asked := ready.authorisation()
	asked.By = "authoriser"
	if gate := ready.authorise(asked); gate.Dispatch == "" {
		t.Fatalf("gate %+v", gate)
	}
	ready.exec(`INSERT INTO hand_overs (dispatch_id, courier, tracking, handed_over_by, handed_over_at, command_id)
		VALUES ($1, 'courier', 'EXAMPLE', 'hander', $2, $3)`, asked.CommandID, monday, newID())
	ready.exec(`INSERT INTO submissions (dispatch_id, system, number, submitted_by, submitted_at, command_id)
		VALUES ($1, 'system', 'EXAMPLE', 'submitter', $2, $3)`, asked.CommandID, monday, newID())
	ready.exec("INSERT INTO data_sheets (sheet_id, person_id, version, fields, set_at, set_by) VALUES ($1, $2, 7, '{}', $3, 'writer')", newID(), ready.person, monday)
	ready.exec(`INSERT INTO documents (document_id, person_id, type, media_type, pages, dropped, original_file, original_bytes, original_sha256,
			sanitised_file, sanitised_bytes, sanitised_sha256, text_file, uploaded_by, uploaded_at)
		VALUES ($1, $2, 'other', 'application/pdf', 1, 0, $3, 1, sha256('1'), $4, 1, sha256('1'), $5, 'uploader', $6)`,
		newID(), ready.person, newID(), newID(), newID(), monday)
	want := []string{"authoriser", "hander", "submitter", "writer", "uploader"}
	for _, event := range sent.state.Log {
		want = append(want, event.Actor.ID)
	}
	for _, person := range []string{sent.person, ready.person} {
		worked, err := w.store.Holds().WorkedOn(t.Context(), []string{person})
		if err != nil {
			t.Fatal(err)
		}
		want = slices.DeleteFunc(want, func(who string) bool { return slices.Contains(worked, who) })
	}
	if len(want) > 0 {
		t.Errorf("rule 5: %v worked on the person and may lift the claim", want)
	}
}
