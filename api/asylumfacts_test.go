package api_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// Rule 4: mails to whoever has no need to know, the figures by country and the
// logs are the same whether a request is held for an asylum claim or stayed by a
// court, until the days of review are over.
func TestRule04_MailFiguresAndLogsTellNoAsylumFact(t *testing.T) {
	stayed := waitsFor(t, "kind", "stay")
	if len(stayed) < 7 {
		t.Fatalf("the life says too little to compare: %d texts", len(stayed))
	}
	for _, kind := range []string{"pending_relief", "withholding", "cat"} {
		said := waitsFor(t, "kind", kind, "review_by", "2026-04-01", "note", "asylum application")
		for what, text := range stayed {
			if said[what] != text {
				t.Errorf("rule 4: under a hold of kind %s %s is %q, else %q", kind, what, said[what], text)
			}
		}
		if len(said) != len(stayed) {
			t.Errorf("rule 4: under a hold of kind %s %d texts are told, else %d", kind, len(said), len(stayed))
		}
	}
}

// waitsFor is what is mailed, counted and logged of a request that waits under a hold.
func waitsFor(t *testing.T, why ...any) told {
	t.Helper()
	w := newWorld(t)
	r := w.reviewed()
	w.detained(r) // whose dates are mailed, hold or no hold
	said := told{}
	if got := w.change("counsel1", "/v1/holds", holdOnPerson(r, why...)); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, days := range []int{0, 45, 100} {
		w.clock.advance(time.Duration(days) * 24 * time.Hour)
		w.hear(r.ID)
		_, err := w.store.FileHoldReviews(t.Context())
		must(t, err)
		w.mails(said)
		w.figures(said)
	}
	said["the log"] = untimed(blanked(w.log.String()))
	return said
}

// untimed leaves out when a line was written, which follows the machine's clock.
func untimed(log string) string {
	return strings.TrimSpace(regexp.MustCompile(`(?m)^time=\S+ `).ReplaceAllString(log, ""))
}
