// Package endtoend lives whole lives on the real thing: real engine, real
// database, real mail over HTTP, with the standalone's clock moved.
package endtoend

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestShortestLife goes straight through on the day of the machine.
func TestShortestLife(t *testing.T) {
	w := whole.Start(t)
	today := w.Now().In(boston(t)).Format("2006-01-02")
	r := &request{t: t, w: w}
	r.open("officer1", "Anastasia", "GHA", "gha-washington")
	r.at("assembling")
	r.prepare("officer1", "a0")
	r.at("submitted")
	r.do("liaison1", "record-receipt", fields{"evidence": evidence})
	r.issue(today, w.Now().AddDate(0, 3, 0).Format("2006-01-02"))
	r.authenticate("officer2")
	r.do("officer1", "record-travel", fields{"on": today})
	r.at("closed")
	if r.Outcome != "travelled" {
		t.Errorf("the outcome is %s", r.Outcome)
	}
	w.Rest()
	if mails := w.Mails(); len(mails) > 0 {
		t.Errorf("nobody was to be told anything, and %d mails went out", len(mails))
	}
	r.refuse("officer1", "withdraw", fields{"outcome": "other", "reason": "late"}, http.StatusConflict, "stage_forbids")
	for _, finding := range w.Examine() {
		if finding.Err != nil && strings.Contains(finding.Check, "audit") {
			t.Errorf("the doctor says of %q: %v", finding.Check, finding.Err)
		}
	}
}
