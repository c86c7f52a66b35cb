package api_test

import (
	"net/http"
	"testing"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// disclose has counsel disclose what waits for that in the newest package of a request.
func (w *world) disclose(r request) {
	w.t.Helper()
	made := read[outgoingPackage](w.t, w.get("counsel1", "/v1/packages/"+w.newestPackage(r)))
	var waiting []int
	for _, item := range made.Items {
		if item.State == "needs_disclosure_review" {
			waiting = append(waiting, item.Position)
		}
	}
	if got := w.change("counsel1", "/v1/packages/"+made.ID+"/disclosures", decide("disclose", waiting...)); got.status != http.StatusOK {
		w.t.Fatalf("disclose: %d %s", got.status, got.body)
	}
}

// Rule 3: that a document is evidence, its uploader alone has said; it is on the
// list once somebody has disclosed it who neither uploaded it nor prepares the
// package. No manifest tells whether that happened.
func TestRule03_ALabelCountsOnceASecondPersonConfirmedIt(t *testing.T) {
	both := identity.Principal{Subject: "supervisor1", Roles: []identity.Role{identity.Officer, identity.Supervisor}, Offices: []string{"BOS"}}
	w := newWorld(t, visited(map[string]identity.Principal{"both": both}))
	r := w.open()
	passport := w.paper(r, "passport_copy", "officer2")
	prepared := func(by string) outgoingPackage {
		return read[outgoingPackage](t, w.change(by, "/v1/requests/"+r.ID+"/packages", fields{"documents": []string{passport}}))
	}
	waits := func(when string, made outgoingPackage) {
		t.Helper()
		if last := made.Items[len(made.Items)-1]; last.State != "needs_disclosure_review" || made.Undisclosed != 1 {
			t.Errorf("rule 3: %s the passport is %s", when, last.State)
		}
	}
	first := prepared("officer1")
	waits("as long as its uploader alone says so", first)
	before := w.packaged(r)
	w.review("officer1", &r, first.Content, "passport_copy")
	if got := w.act("supervisor1", &r, "approve", fields{"content": first.Content}); got.faults()["content"] == "" {
		t.Errorf("rule 3: approved on the word of its uploader: %d %s", got.status, got.body)
	}
	w.change("counsel1", "/v1/packages/"+first.ID+"/disclosures", decide("withhold", 4))
	second := prepared("officer1")
	waits("withheld before,", second)
	w.change("both", "/v1/packages/"+second.ID+"/disclosures", decide("disclose", 4))
	if third := prepared("officer1"); third.states() != "cover_letter listed, data_sheet listed, index listed, document/passport_copy listed" || third.Undisclosed != 0 {
		t.Errorf("confirmed: %s", third.states())
	}
	if w.packaged(r) != before {
		t.Error("rule 3: the manifest tells that somebody had to confirm the label")
	}
	waits("prepared by who confirmed it,", prepared("both"))
}

// Rule 3: that an order was disclosed once lists no order.
func TestRule03_AnOrderIsDisclosedEachTime(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	order := w.paper(r, "final_order", "officer2")
	for range 2 {
		if made := read[outgoingPackage](t, w.order(r, fields{"documents": []string{order}})); made.Undisclosed != 1 {
			t.Fatalf("rule 3: an order goes along undisclosed: %s", made.states())
		}
		w.disclose(r)
	}
}
