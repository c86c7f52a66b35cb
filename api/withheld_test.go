package api_test

import (
	"testing"
)

// Rule 3: what tells too much stays, whole: no package that holds it leaves. The
// package without it is byte for byte that of a request which never had it, so
// that not even the omission tells; all that may leave is in it.
func TestRule03_WhatIsWithheldStaysWholeAndUnseen(t *testing.T) {
	var made [2]string
	for i := range made {
		w := newWorld(t)
		r := w.open()
		passport, certificate := w.paper(r, "passport_copy", "officer2"), w.paper(r, "birth_certificate", "officer2")
		kept := []string{passport, certificate}
		if i == 1 {
			order := w.paper(r, "final_order", "officer2")
			whole := read[outgoingPackage](t, w.order(r, fields{"documents": []string{passport, order, certificate}}))
			if got := w.change("counsel1", "/v1/packages/"+whole.ID+"/disclosures", decide("withhold", 5)); got.status != 200 {
				t.Fatalf("withheld: %d %s", got.status, got.body)
			}
			w.review("officer1", &r, whole.Content, "final_order")
			if got := w.act("supervisor1", &r, "approve", fields{"content": whole.Content}); got.faults()["content"] == "" {
				t.Errorf("rule 3: a package left with a page that was withheld: %d %s", got.status, got.body)
			}
		}
		w.prepare(r, "documents", kept)
		made[i] = w.packaged(r)
	}
	if made[0] != made[1] {
		t.Errorf("rule 3: that something was withheld can be told from the package:\n%.2000s\nand\n%.2000s", made[0], made[1])
	}
}
