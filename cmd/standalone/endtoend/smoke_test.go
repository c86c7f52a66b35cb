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

// Hashes that stand for documents nobody wrote.
var (
	content  = strings.Repeat("c0ffee00", 8)
	evidence = strings.Repeat("5eed0000", 8)
)

// checklist is what the default pack wants in a package.
func checklist() []string {
	return []string{"cover_letter", "form_i217", "photographs", "final_order"}
}

// prepare takes a request from assembling to submitted, with the content given.
func (r *request) prepare(content string) {
	r.t.Helper()
	r.do("officer1", "request-review", fields{"content": content, "present": checklist()})
	r.do("supervisor1", "approve", fields{"content": content})
	r.do("officer1", "send", fields{"content": content, "channel": "courier"})
}

func TestShortestLife(t *testing.T) {
	w := whole.Start(t)
	today := w.Now().Format("2006-01-02")
	r := open(t, w, "officer1", fields{
		"person":  fields{"family_name": "Example", "given_names": "Ana", "birth_date": "1990-01-02", "a_number": "A000000001"},
		"country": "GHA", "post": "gha-washington", "field_office": "BOS",
		"order": fields{"type": "final_removal", "number": "EXAMPLE-1", "date": "2026-01-05", "source": evidence},
	})
	r.at("assembling")
	r.prepare(content)
	r.at("submitted")
	r.do("liaison1", "record-receipt", fields{"evidence": evidence})
	r.do("liaison1", "record-issue", fields{"issuer": "embassy", "number": "EX-1", "valid_from": today, "valid_to": w.Now().AddDate(0, 3, 0).Format("2006-01-02")})
	r.do("officer2", "authenticate", fields{"photo": true, "names": true, "serial": true})
	r.do("officer1", "record-travel", fields{"on": today})
	r.at("closed")
	if r.Outcome != "travelled" {
		t.Errorf("the outcome is %s", r.Outcome)
	}
	w.Rest()
	if refused := r.try("officer1", "withdraw", fields{"outcome": "other", "reason": "late"}); refused.Status != http.StatusConflict {
		t.Errorf("a closed request answers %d: %s", refused.Status, refused.Body)
	}
}
