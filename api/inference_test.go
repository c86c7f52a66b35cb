package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// packaged is the newest package of a request, its bytes and its manifest, blanked.
func (w *world) packaged(r request) string {
	w.t.Helper()
	id := w.newestPackage(r)
	pdf, manifest := w.get("officer1", "/v1/packages/"+id+"/content"), w.get("officer1", "/v1/packages/"+id+"/manifest")
	if pdf.status != http.StatusOK || manifest.status != http.StatusOK {
		w.t.Fatalf("package: %d and %d", pdf.status, manifest.status)
	}
	return blanked(string(pdf.body)) + blanked(string(manifest.body))
}

// ledgers is what the tables hold of a request: when what is due, what went out when,
// who was told what, and what happened. Left out are hashes over ids, and the
// fence's version, which counts holds of whatever kind and never leaves.
func (w *world) ledgers(into told, r request) {
	w.t.Helper()
	at, fences := w.clock.Now().Format(time.RFC3339), regexp.MustCompile(`"fence": \d+, `)
	for _, table := range []string{"deadlines", "dispatches", "recalls", "escalations", "notices", "events", "stage_intervals"} {
		var text string
		must(w.t, w.pool.QueryRow(w.t.Context(), fmt.Sprintf(`SELECT coalesce(string_agg(row, E'\n'), '') FROM (
			SELECT (to_jsonb(t) - 'fence' - 'content_sha256')::text AS row FROM %s t WHERE t.request_id = $1 ORDER BY 1) rows`, table), r.ID).Scan(&text))
		var lines []string
		for line := range strings.Lines(text) {
			lines = append(lines, fences.ReplaceAllString(blanked(line), "")) // each alone: they are ordered by ids
		}
		slices.Sort(lines)
		into[at+" ledger "+table] = strings.Join(lines, "\n")
	}
	w.engine.set(func(e *engine) {
		due, err := json.Marshal(tdr.Due(e.states[r.ID]))
		must(w.t, err)
		into[at+" timers"] = blanked(string(due))
	})
}

// secondLife takes a person's second request from its opening to the post's answer.
// What came before, while the first was open, is before's to say.
func (w *world) secondLife(before func(request)) told {
	w.t.Helper()
	first := w.open()
	w.detained(first)
	before(first)
	w.hear(first.ID)
	first = w.read(first.ID)
	w.do("officer1", &first, "withdraw", fields{"outcome": "other", "reason": "another_order"})
	w.clock.advance(time.Hour)
	opened := w.change("officer1", "/v1/requests", newRequest().with("person", nil, "person_id", first.PersonID))
	if opened.status != http.StatusCreated {
		w.t.Fatalf("%d %s", opened.status, opened.body)
	}
	r := read[changed](w.t, opened).Request
	w.hear(r.ID)
	r = w.read(r.ID)
	said := told{}
	content := w.prepare(r, "documents", []string{w.paper(r, "passport_copy", "officer2")})
	said["package"] = w.packaged(r)
	w.disclose(r)
	w.review("officer1", &r, content)
	w.do("supervisor1", &r, "approve", fields{"content": content})
	w.do("officer1", &r, "send", fields{"content": content, "channel": "courier"})
	w.do("officer1", &r, "record-receipt", fields{"evidence": someHash})
	for _, days := range []int{1, 20, 30, 60} {
		w.clock.advance(time.Duration(days) * 24 * time.Hour)
		w.hear(r.ID)
		w.mails(said)
		w.ledgers(said, r)
	}
	w.figures(said)
	exported := w.get("counsel1", "/v1/requests/"+r.ID+"/contact-history")
	if exported.status != http.StatusOK {
		w.t.Fatalf("%d %s", exported.status, exported.body)
	}
	said["history for a court"] = blanked(string(exported.body))
	return said
}

// Two requests alike but for an asylum claim that was denied before give the same
// packages, mails, timers, times of dispatch, ledgers and statistics, byte for
// byte, once ids are blanked (8 CFR 208.6; Lin v. DOJ, 459 F.3d 255).
func TestAsylumInference_ADeniedClaimChangesNothing(t *testing.T) {
	both := map[string]told{}
	for _, claimed := range []bool{false, true} {
		w := newWorld(t)
		both[fmt.Sprint(claimed)] = w.secondLife(func(r request) {
			w.clock.advance(time.Hour)
			if claimed {
				w.deny(r)
			}
			w.clock.advance(time.Hour)
		})
	}
	if len(both["false"]) < 12 || !slices.ContainsFunc(slices.Collect(maps.Values(both["false"])), func(text string) bool {
		return strings.Contains(text, `"channel": "courier"`) && strings.Contains(text, `"sent"`)
	}) {
		t.Errorf("the life shows too little to compare: %d answers", len(both["false"]))
	}
	differs(t, "a person who never claimed and one who was denied", both["false"], both["true"])
}

// deny has a claim to asylum run its whole course: an application on file, the
// hold of what is pending, and its end on the word of the immigration court.
func (w *world) deny(r request) {
	w.t.Helper()
	w.documentOf(r)
	held := w.change("counsel1", "/v1/holds", holdOnPerson(r, "kind", "pending_relief", "authority", "bia", "review_by", "2026-06-01", "note", "asylum application"))
	lift := "/v1/holds/" + read[placed](w.t, held).Hold.ID + "/lifting"
	w.hear(r.ID)
	w.clock.advance(time.Minute)
	if got := w.change("counsel1", lift, fields{"authority": "bia", "source": someHash, "reason": "denied", "note": "asylum denied"}); got.status != http.StatusOK {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	w.clock.advance(-time.Minute)
}

// outside is what is told of a request that waits, ready to be sent, to whoever
// does not work it: mails, statistics, and the answers to those out of whose sight it is.
func outside(t *testing.T, why ...any) (desks, world told) {
	stranger := identity.Principal{Subject: "stranger", Roles: []identity.Role{identity.Officer}, Offices: []string{"LOS"}}
	abroad := identity.Principal{Subject: "abroad", Roles: []identity.Role{identity.Liaison, identity.State}, Countries: []string{"VNM"}, Posts: []string{"vnm-washington"}}
	w := newWorld(t, visited(map[string]identity.Principal{"stranger": stranger, "abroad": abroad}))
	r := w.reviewed()
	w.detained(r)
	w.hear(r.ID)
	hold := newKey()
	if why != nil {
		hold = read[placed](t, w.change("counsel1", "/v1/holds", holdOnPerson(r, why...))).Hold.ID
	}
	desks, world = told{}, told{}
	for _, days := range []int{0, 3, 30, 100} {
		w.clock.advance(time.Duration(days) * 24 * time.Hour)
		w.hear(r.ID)
		_, err := w.store.FileHoldReviews(t.Context())
		must(t, err)
		w.mails(desks)
		w.figures(world)
	}
	for _, user := range []string{"stranger", "abroad"} {
		for operation, addresses := range readings(t, w.owners(r, hold, newKey(), newKey()), values(r)) {
			for n, address := range addresses {
				got := w.get(user, address)
				world[fmt.Sprintf("%s %d by %s", operation, n, user)] = blanked(fmt.Sprint(got.status, " ", string(got.body)))
			}
		}
	}
	world["what left"] = fmt.Sprint(w.count("dispatches"))
	world["mails to posts"] = fmt.Sprint(w.count("notices WHERE recipient LIKE 'post/%'"))
	return desks, world
}

// From outside, a request that is held for an asylum claim looks like one that is
// late for an ordinary reason: to the post, to statistics and to those who have no
// part in it like one whose officer has not sent it yet; to liaison, headquarters
// and the State Department, who may know that it is held, like one that a court stayed.
func TestAsylumInference_AHeldRequestLooksDelayed(t *testing.T) {
	asylumDesks, asylum := outside(t, "kind", "pending_relief", "review_by", "2026-06-01", "note", "asylum application")
	stayedDesks, stayed := outside(t, "kind", "stay")
	_, late := outside(t)
	if len(asylumDesks) < 3 || asylum["what left"] != "0" {
		t.Errorf("%d mails, %s dispatches", len(asylumDesks), asylum["what left"])
	}
	differs(t, "held for asylum and stayed", asylumDesks, stayedDesks)
	differs(t, "held for asylum and stayed", asylum, stayed)
	differs(t, "held for asylum and not yet sent", asylum, late)
}
