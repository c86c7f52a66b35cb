package web_test

import (
	"strings"
	"testing"
	"time"
)

// Counsel enters what was found of a claim; that lifts nothing, and a claim found
// right is lifted by nobody until counsel finds otherwise.
func TestFindingOnAClaim(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	claim, stay := w.heldBy("officer1", r, "citizenship_claim"), w.held(r, "stay")
	address := "/holds/" + claim + "/finding"
	officer, counsel := w.as("officer1"), w.as("counsel1")
	officer.get(address).wants(t, 403, "You may not do this")
	w.as("auditor1").get(address).wants(t, 403, "You may not do this")
	counsel.get("/holds/"+stay+"/finding").wants(t, 404, "There is nothing here")
	for _, page := range []string{"/holds", "/requests/" + r.Code} {
		got := counsel.get(page)
		got.wants(t, 200, `href="`+address+`"`, "Enter what was found")
		if strings.Count(got.text, "/finding") != 1 {
			t.Errorf("%s leads to a finding on what is no claim", page)
		}
	}
	page := counsel.get(address)
	page.wants(t, 200, r.Code, "A finding lifts nothing", "US citizenship since Mon 2 Mar 2026", "Claimed; counsel decides")
	counsel.send(address, filled(page)).wants(t, 422, "Choose what was found.", "Choose the source document.")
	before := w.traces()
	w.clock.set(w.clock.Now().Add(time.Minute))
	sure := counsel.send(address, filled(page, "finding", "citizen", "source", someHash))
	sure.wants(t, 200, "Enter this finding?", "The person is a US citizen", "Fingerprint 0123456789ab")
	if w.traces() != before {
		t.Error("it was entered before it was confirmed")
	}
	counsel.send(address, sure.form()).wants(t, 200, "Your finding is on record.", "Claim to US citizenship")
	once := w.traces()
	counsel.send(address, sure.form())
	if w.traces() != once {
		t.Error("sent twice it was entered twice")
	}
	counsel.get(address).wants(t, 200, "Found to be a US citizen")
	lifting := counsel.get("/holds/" + claim + "/lift")
	sure = counsel.send("/holds/"+claim+"/lift", filled(lifting, "reason", "claim_resolved", "source", someHash))
	counsel.send("/holds/"+claim+"/lift", sure.form()).wants(t, 409, "The claim stands until counsel finds otherwise.")
}

// Whoever reported a claim finds nothing of it, counsel or not.
func TestWhoReportedAClaimFindsNothing(t *testing.T) {
	w := newWorld(t)
	claim := w.held(w.opened(), "citizenship_claim")
	counsel := w.as("counsel1")
	address := "/holds/" + claim + "/finding"
	sure := counsel.send(address, filled(counsel.get(address), "finding", "not_upheld", "source", someHash))
	before := w.traces()
	counsel.send(address, sure.form()).wants(t, 403, "A second person is needed")
	if w.traces() != before {
		t.Error("it was entered")
	}
}

func TestEveryPageOfAFinding(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	w.heldBy("officer1", r, "citizenship_claim")
	b := w.newTab()
	b.signIn("counsel1")
	b.open("/holds")
	b.examine("holds-claim")
	b.press(`a[href$="/finding"]`)
	b.examine("finding")
	b.unchecked()
	b.press(submit)
	b.examine("finding-error")
	b.write("#finding", "not_upheld")
	b.write("input[type=hidden][name=source]", someHash)
	b.press(submit)
	b.examine("finding-confirm")
	b.press(submit)
	b.examine("found")
}
