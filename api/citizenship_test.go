package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// citizenshipOf a person as counsel reads it: the field, and all that it ever said.
func (w *world) citizenshipOf(person string) (now string, history []string) {
	w.t.Helper()
	type entry struct{ Citizenship string }
	found := read[struct {
		Citizenship string
		History     []entry
	}](w.t, w.get("counsel1", "/v1/persons/"+person+"/citizenship"))
	for _, each := range found.History {
		history = append(history, each.Citizenship)
	}
	if shown := read[entry](w.t, w.get("counsel1", "/v1/persons/"+person)).Citizenship; shown != found.Citizenship {
		w.t.Errorf("the person says %q, the record %q", shown, found.Citizenship)
	}
	return found.Citizenship, history
}

func (w *world) claimed(r request) hold {
	w.t.Helper()
	w.clock.advance(time.Minute)
	got := w.change("officer2", "/v1/holds", holdOn(r, "scope", "person", "request_id", nil, "person_id", r.PersonID, "kind", "citizenship_claim"))
	if got.status != http.StatusCreated {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	return read[placed](w.t, got).Hold
}

func (w *world) liftClaim(claim hold) answer {
	w.clock.advance(time.Minute)
	return w.change("counsel1", "/v1/holds/"+claim.ID+"/lifting", fields{"authority": "counsel", "source": someHash, "reason": "no_evidence"})
}

func (w *world) find(who string, claim hold, finding string) answer {
	w.clock.advance(time.Minute)
	return w.change(who, "/v1/holds/"+claim.ID+"/citizenship-findings", fields{"finding": finding, "source": someHash})
}

// Rule 5: a claim is in the person's citizenship field by the transaction that
// stops everything; what counsel finds of it, and that it was not upheld, changes
// the field again, and all that it ever said stays.
func TestRule05_AClaimIsInTheCitizenshipField(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	expect := func(after, now string, history ...string) {
		t.Helper()
		if is, was := w.citizenshipOf(r.PersonID); is != now || fmt.Sprint(was) != fmt.Sprint(history) {
			t.Errorf("rule 5: after %s the field says %q, and %v before", after, is, was)
		}
	}
	expect("nothing", "unclaimed")
	claim := w.claimed(r)
	expect("a claim", "claimed", "claimed")
	if n := w.count("holds h JOIN citizenship_entries e USING (hold_id) WHERE h.xmin = e.xmin AND h.hold_id = '" + claim.ID + "'"); n != 1 {
		t.Error("rule 5: the field and the hold are of two transactions")
	}
	if got := w.find("counsel1", claim, "citizen"); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	expect("counsel's finding", "citizen", "claimed", "citizen")
	if got := w.liftClaim(claim); got.problem() != "found_citizen" || !w.read(r.ID).OnHold {
		t.Errorf("rule 5: what stops everything about a citizen was lifted: %d %s", got.status, got.body)
	}
	w.find("counsel1", claim, "not_upheld")
	another := w.claimed(r)
	expect("another claim", "claimed", "claimed", "citizen", "not_upheld", "claimed")
	if got := w.liftClaim(claim); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	expect("lifting one of two", "claimed", "claimed", "citizen", "not_upheld", "claimed")
	w.liftClaim(another)
	expect("lifting the last", "not_upheld", "claimed", "citizen", "not_upheld", "claimed", "not_upheld")
	if got := w.find("counsel1", another, "citizen"); got.problem() != "already_lifted" {
		t.Errorf("found of a claim that stands no more: %d %s", got.status, got.body)
	}
	if n := w.count("audit_entries WHERE action = 'citizenship.enter' AND object = 'person/" + r.PersonID + "'"); n != 5 {
		t.Errorf("rule 5: %d of 5 entries are in the audit log", n)
	}
}

// A claim under the human's other record leaves a citizen found.
func TestAClaimOfTheOtherRecordLeavesTheField(t *testing.T) {
	w := newWorld(t)
	found, other := w.open(), w.forVietnam()
	w.find("counsel1", w.claimed(found), "citizen")
	w.claimed(other)
	w.clock.advance(time.Minute)
	w.merge(found, other)
	if now, history := w.citizenshipOf(found.PersonID); now != "citizen" || len(history) != 3 {
		t.Errorf("the field says %q after %v", now, history)
	}
}

// Rule 5: the finding is counsel's, and never the case officer's.
func TestRule05_TheCaseOfficerFindsNoCitizenship(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	claim := w.claimed(r)
	if got := w.find("officer1", claim, "not_upheld"); got.problem() != "not_permitted" {
		t.Errorf("rule 5: an officer found: %d %s", got.status, got.body)
	}
	_, err := w.pool.Exec(t.Context(), "UPDATE requests SET officer = 'counsel1'")
	must(t, err)
	if got := w.find("counsel1", claim, "not_upheld"); got.problem() != "same_person" {
		t.Errorf("rule 5: the case officer found: %d %s", got.status, got.body)
	}
	stay := read[placed](t, w.change("counsel1", "/v1/holds", holdOn(r))).Hold
	if got := w.find("counsel1", stay, "citizen"); got.faults()["finding"] == "" {
		t.Errorf("found of a hold that is no claim: %d %s", got.status, got.body)
	}
	if _, history := w.citizenshipOf(r.PersonID); len(history) != 1 {
		t.Errorf("rule 5: entered by who may not: %v", history)
	}
}

// Rule 5: whoever does not need to know reads of a person what they read before
// there was a claim, who reported it included.
func TestRule05_TheFieldIsNeedToKnow(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	read := func() (all []byte) {
		for _, who := range []string{"officer1", "officer2", "supervisor1"} {
			all = append(all, w.get(who, "/v1/persons/"+r.PersonID).body...)
			if got := w.get(who, "/v1/persons/"+r.PersonID+"/citizenship"); got.problem() != "not_permitted" {
				t.Errorf("rule 5: %s reads: %d %s", who, got.status, got.body)
			}
		}
		return all
	}
	before := read()
	w.find("counsel1", w.claimed(r), "citizen")
	if after := read(); !bytes.Equal(before, after) || strings.Contains(string(after), "citizen") {
		t.Errorf("rule 5: a claim shows in %s", after)
	}
}

// Rule 5: whoever ever had a case of the person, prepared what was to leave of
// them or placed the claim does not end it, though they are counsel today.
func TestRule05_WhoWorkedOnThePersonEndsNoClaim(t *testing.T) {
	turned := identity.Principal{
		Subject: "officer2", Roles: []identity.Role{identity.Officer, identity.Counsel}, Offices: []string{"BOS"}, Countries: []string{"GHA"},
	}
	w := newWorld(t, visited(map[string]identity.Principal{"turned": turned}))
	for name, worked := range map[string]func(*request){
		"nothing": nil,
		"opened it": func(r *request) {
			*r = read[changed](t, w.change("turned", "/v1/requests", newRequest().with("person", w.somebody()))).Request
		},
		"was assigned for a while": func(r *request) {
			w.do("supervisor1", r, "reassign", fields{"officer": "officer2"})
		},
		"prepared its package": func(r *request) {
			w.change("turned", "/v1/requests/"+r.ID+"/packages", fields{"documents": []string{}})
		},
	} {
		r := w.open()
		if worked != nil {
			worked(&r)
		}
		if r.Officer == "officer2" {
			w.clock.advance(time.Minute)
			w.do("supervisor1", &r, "reassign", fields{"officer": "officer1"})
		}
		w.clock.advance(time.Minute)
		claim := read[placed](t, w.change("officer1", "/v1/holds", holdOnPerson(r, "kind", "citizenship_claim"))).Hold
		amended := w.change("turned", "/v1/holds/"+claim.ID+"/amendments", fields{"review_by": "2026-04-15"})
		found := w.find("turned", claim, "not_upheld")
		lifted := w.change("turned", "/v1/holds/"+claim.ID+"/lifting", fields{"authority": "counsel", "source": someHash, "reason": "no_evidence"})
		for act, got := range map[string]answer{"amended": amended, "found": found, "lifted": lifted} {
			if refused := got.problem() == "same_person"; refused != (worked != nil) || !refused && got.status >= 300 {
				t.Errorf("rule 5: who %s %s: %d %s", name, act, got.status, got.body)
			}
		}
	}
	r := w.open()
	w.clock.advance(time.Minute)
	own := read[placed](t, w.change("counsel1", "/v1/holds", holdOnPerson(r, "kind", "citizenship_claim"))).Hold
	if got := w.liftClaim(own); got.problem() != "same_person" {
		t.Errorf("rule 5: who placed the claim lifted it: %d %s", got.status, got.body)
	}
	if got := w.change("counsel1", "/v1/holds/"+own.ID+"/amendments", fields{"review_by": "2026-04-15"}); got.problem() != "same_person" {
		t.Errorf("rule 5: who placed the claim put its review off: %d %s", got.status, got.body)
	}
}

// A claim is not put off for longer than counsel lets any hold stand unseen.
func TestTheReviewOfAClaimIsNear(t *testing.T) {
	w := newWorld(t)
	claim := w.claimed(w.open())
	for day, status := range map[string]int{"2026-05-31": http.StatusOK, "2026-06-01": http.StatusUnprocessableEntity, "9999-12-31": http.StatusUnprocessableEntity} {
		got := w.change("counsel1", "/v1/holds/"+claim.ID+"/amendments", fields{"review_by": day})
		if got.status != status || status != http.StatusOK && got.faults()["review_by"] == "" {
			t.Errorf("reviewed by %s: %d %s", day, got.status, got.body)
		}
	}
}
