package api_test

import (
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Rule 2: the legal role alone releases a hold, and says why.
func TestRule02_OnlyTheLegalRoleLiftsAndGivesAReason(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	placed := read[placed](t, w.change("officer2", "/v1/holds", holdOnPerson(r, "kind", "pending_relief", "review_by", "2026-04-30")))
	lift := "/v1/holds/" + placed.Hold.ID + "/lifting"
	for _, user := range []string{"officer1", "officer2", "supervisor1", "liaison1", "state1", "manager1"} {
		if got := w.change(user, lift, fields{"authority": "counsel", "source": someHash, "reason": "granted"}); got.status == 200 {
			t.Errorf("rule 2: %s lifted a hold: %s", user, got.body)
		}
	}
	if got := w.change("counsel1", lift, fields{"authority": "counsel", "source": someHash}); got.faults()["reason"] == "" {
		t.Errorf("rule 2: a hold was lifted without a reason: %d %s", got.status, got.body)
	}
	if got := w.change("counsel1", lift, fields{"authority": "counsel", "source": someHash, "reason": "granted"}); got.status != 200 {
		t.Errorf("counsel lifts no hold: %d %s", got.status, got.body)
	}
}

// Rule 3: a package is made of document types of the country's list alone.
func TestRule03_WhatIsNotOnTheListMayNotLeave(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.prepare(r)
	for _, document := range []string{"asylum_application", "credible_fear_record", "decision_on_withholding"} {
		got := w.act("officer1", &r, "request-review", fields{"content": w.content(r), "present": []string{"cover_letter", document}})
		if got.status != 422 || !strings.Contains(string(got.body), "is not on the checklist of the country pack") {
			t.Errorf("rule 3: %s is in a package: %d %s", document, got.status, got.body)
		}
	}
}

// Rule 5: a citizenship claim stops sending, its authority is counsel, and the
// case officer does not close it in whichever role.
func TestRule05_TheCaseOfficerClosesNoCitizenshipClaim(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	claim := read[placed](t, w.change("officer2", "/v1/holds", holdOn(r, "scope", "person", "request_id", nil, "person_id", r.PersonID, "kind", "citizenship_claim"))).Hold
	if claim.Authority != "counsel" {
		t.Errorf("rule 5: a citizenship claim is put to %s", claim.Authority)
	}
	r = w.read(r.ID)
	if got := w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"}); got.problem() != "gate_closed" {
		t.Errorf("rule 5: sent under a citizenship claim: %d %s", got.status, got.body)
	}
	if _, err := w.pool.Exec(t.Context(), "UPDATE requests SET officer = 'counsel1'"); err != nil {
		t.Fatal(err)
	}
	for _, officer := range []string{"officer1", "counsel1"} {
		got := w.change(officer, "/v1/holds/"+claim.ID+"/lifting", fields{"authority": "counsel", "source": someHash, "reason": "no_evidence"})
		if got.status != 403 {
			t.Errorf("rule 5: the case officer %s closed a citizenship claim: %d %s", officer, got.status, got.body)
		}
	}
}

// Rule 5: a citizenship claim stops everything about the person, so nobody makes
// one that stops less, and it closes the gate of each of the person's requests.
func TestRule05_ACitizenshipClaimStopsEverything(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	opened := w.change("officer1", "/v1/requests", newRequest().with("person", nil, "person_id", r.PersonID, "country", "VNM", "post", "vnm-washington"))
	if opened.status != 201 {
		t.Fatalf("%d %s", opened.status, opened.body)
	}
	other := read[changed](t, opened).Request
	for scope, of := range map[string]fields{
		"request": holdOn(r, "kind", "citizenship_claim"),
		"country": holdOnPerson(r, "scope", "country", "country", "GHA", "kind", "citizenship_claim"),
	} {
		if got := w.change("officer2", "/v1/holds", of); got.status != 422 || got.faults()["scope"] == "" {
			t.Errorf("rule 5: a citizenship claim stops the %s alone: %d %s", scope, got.status, got.body)
		}
	}
	w.claimed(r)
	for _, held := range []request{r, other} {
		if !w.read(held.ID).OnHold {
			t.Errorf("rule 5: a request for %s goes on under a citizenship claim", held.Country)
		}
	}
}

// Rule 2: the gate is asked when something is sent, and read again when it is about
// to leave: a hold placed in between stops it.
func TestRule02_AHoldPlacedWhileSendingStopsIt(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	w.engine.set(func(e *engine) {
		e.then = func() {
			e.then = nil
			w.change("counsel1", "/v1/holds", holdOn(r))
		}
	})
	got := w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"})
	if got.problem() != "gate_closed" || w.count("dispatches WHERE status = 'sent'") != 0 {
		t.Errorf("rule 2: it left under a hold that was placed before: %d %s", got.status, got.body)
	}
}

// Rule 13 is kept by there being no route: nothing that is asked or answered
// about a request or a person has a place for a likelihood. The finding of 8 CFR
// 241.13(g), whose day is a legal duty, is a person's and says no number.
func TestRule13_NoRouteTellsALikelihood(t *testing.T) {
	for name := range contractNames(t) {
		if name == "likelihood_finding" {
			continue
		}
		for _, word := range []string{"likel", "probab", "score", "predict", "chance", "odds"} {
			if strings.Contains(strings.ToLower(name), word) {
				t.Errorf("rule 13: the contract knows %q", name)
			}
		}
	}
}

// contractNames are all paths, operations, fields and codes of the contract.
func contractNames(t *testing.T) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile("openapi.yaml")
	must(t, err)
	var document yaml.Node
	must(t, yaml.Unmarshal(raw, &document))
	names := map[string]bool{}
	collectNames(&document, names)
	for _, known := range []string{"/v1/requests/{id}/send", "placeHold", "person_id", "citizenship_claim"} {
		if !names[known] {
			t.Fatalf("the contract no longer knows %s: its names are read wrongly", known)
		}
	}
	return names
}

// collectNames takes keys, listed codes and operation ids; not descriptions.
func collectNames(node *yaml.Node, names map[string]bool) {
	for i, child := range node.Content {
		key := node.Kind == yaml.MappingNode && i%2 == 0
		operation := node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == "operationId"
		if child.Kind == yaml.ScalarNode && (key || operation || node.Kind == yaml.SequenceNode) {
			names[child.Value] = true
		}
		collectNames(child, names)
	}
}
