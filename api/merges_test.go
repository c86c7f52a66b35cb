package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// merged is a merge as the API tells it.
type merged struct {
	ID       string `json:"id"`
	PersonID string `json:"person_id"`
	MergedID string `json:"merged_id"`
	Standing bool   `json:"standing"`
	Reason   string `json:"reason"`
	Split    string `json:"split_reason"`
}

// forVietnam takes in a request with Vietnam for a person of its own.
func (w *world) forVietnam(changes ...any) request {
	w.t.Helper()
	got := w.change("officer1", "/v1/requests", newRequest().with("person", w.somebody(), "country", "VNM", "post", "vnm-washington").with(changes...))
	if got.status != 201 {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	return read[changed](w.t, got).Request
}

func merging(with request) fields {
	return fields{"person_id": with.PersonID, "reason": "same_fingerprints", "source": someHash, "note": "both answer to Ana Example"}
}

func splitting() fields { return fields{"reason": "other_fingerprints", "source": someHash} }

// merge finds that the second person is the first.
func (w *world) merge(survivor, other request) merged {
	w.t.Helper()
	got := w.change("counsel1", "/v1/persons/"+survivor.PersonID+"/merges", merging(other))
	if got.status != 201 {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	return read[struct{ Merge merged }](w.t, got).Merge
}

// narrow are callers who see one country each.
func narrow() map[string]identity.Principal {
	callers := map[string]identity.Principal{}
	for _, country := range []string{"GHA", "VNM"} {
		for _, role := range []identity.Role{identity.Liaison, identity.Counsel, identity.Officer} {
			id := string(role) + "-" + country
			callers[id] = identity.Principal{Subject: id, Roles: []identity.Role{role}, Countries: []string{country}}
			if role == identity.Officer || role == identity.Counsel {
				callers[id] = identity.Principal{Subject: id, Roles: []identity.Role{role}, Countries: []string{country}, Offices: []string{map[string]string{"GHA": "BOS", "VNM": "LOS"}[country]}}
			}
		}
	}
	return callers
}

// apart are two requests of two records that nobody of one office sees both of.
func (w *world) apart() (ghana, vietnam request) {
	w.t.Helper()
	ghana, vietnam = w.open(), w.forVietnam()
	_, err := w.pool.Exec(w.t.Context(), "UPDATE requests SET field_office = 'LOS', officer = 'nobody' WHERE request_id = $1", vietnam.ID)
	must(w.t, err)
	_, err = w.pool.Exec(w.t.Context(), "UPDATE requests SET officer = 'somebody' WHERE request_id = $1", ghana.ID)
	must(w.t, err)
	w.clock.advance(time.Minute)
	return ghana, vietnam
}

// both sees everything, as counsel.
func both() map[string]identity.Principal {
	callers := narrow()
	callers["both"] = everywhere()["any-"+string(identity.Counsel)]
	return callers
}

func TestAMergeAndItsHistory(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(), w.forVietnam()
	w.clock.advance(time.Minute)
	path := "/v1/persons/" + a.PersonID + "/merges"
	key := newKey()
	first := w.ask("counsel1", "POST", path, merging(b), "Idempotency-Key", key)
	again := w.ask("counsel1", "POST", path, merging(b), "Idempotency-Key", key)
	if first.status != 201 || again.status != 201 || string(first.body) != string(again.body) {
		t.Fatalf("%d %s and again %d %s", first.status, first.body, again.status, again.body)
	}
	merge := read[struct{ Merge merged }](t, first).Merge
	if merge.ID != key || merge.PersonID != a.PersonID || merge.MergedID != b.PersonID || !merge.Standing || merge.Reason != "same_fingerprints" {
		t.Errorf("%+v", merge)
	}
	w.clock.advance(time.Minute)
	flag := read[struct{ ID string }](t, w.onFile("officer1", a, "flags", flagged("medical"))).ID
	found := w.get("counsel1", "/v1/merges/"+merge.ID)
	if found.status != 200 || !strings.Contains(string(found.body), flag) {
		t.Errorf("what was added: %d %s", found.status, found.body)
	}
	split := w.change("counsel1", "/v1/merges/"+merge.ID+"/split", splitting().with("assigned", []fields{{"kind": "flag", "id": flag, "person_id": b.PersonID}}))
	if split.status != 200 || read[merged](t, split).Standing {
		t.Fatalf("%d %s", split.status, split.body)
	}
	for _, of := range []request{a, b} {
		list := read[struct{ Merges []merged }](t, w.get("officer1", "/v1/persons/"+of.PersonID+"/merges")).Merges
		if len(list) != 1 || list[0].Split != "other_fingerprints" {
			t.Errorf("history %+v", list)
		}
		flags := w.get("officer1", "/v1/persons/"+of.PersonID+"/flags")
		if strings.Contains(string(flags.body), flag) != (of.ID == b.ID) {
			t.Errorf("the flag is found: %s", flags.body)
		}
	}
	if n := w.count("audit_entries WHERE action IN ('person.merge', 'person.split', 'person.assign')"); n != 3 {
		t.Errorf("%d acts in the log", n)
	}
	// The reason in words is personal: sealed with the command and committed to.
	if n := w.count("audit_entries WHERE action = 'sealed.keep' AND source = 'row/' || $1", key); n != 1 {
		t.Errorf("%d commitments to the reason", n)
	}
}

func TestAMergeIsRefused(t *testing.T) {
	w := newWorld(t, visited(narrow()))
	a, b, c := w.open(), w.forVietnam(), w.open()
	w.clock.advance(time.Minute)
	path := func(of request) string { return "/v1/persons/" + of.PersonID + "/merges" }
	try := func(what, user, path string, body fields, status int, problem string) {
		t.Helper()
		if got := w.change(user, path, body); got.status != status || got.problem() != problem {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	try("with itself", "counsel1", path(a), merging(a), 422, "invalid_fields")
	try("with nobody", "counsel1", path(a), merging(request{PersonID: newKey()}), 422, "invalid_fields")
	try("of nobody", "counsel1", path(request{PersonID: newKey()}), merging(a), 404, "not_found")
	try("by the officer", "officer1", path(a), merging(b), 403, "not_permitted")
	try("both live", "counsel1", path(a), merging(c), 409, "both_live")
	merge := w.merge(a, b)
	try("merged already", "counsel1", path(c), merging(b), 409, "already_merged")
	w.clock.advance(time.Minute)
	try("no such merge", "counsel1", "/v1/merges/"+newKey()+"/split", splitting(), 404, "not_found")
	try("split by the officer", "officer1", "/v1/merges/"+merge.ID+"/split", splitting(), 403, "not_permitted")
	assigned := splitting().with("assigned", []fields{{"kind": "flag", "id": newKey(), "person_id": a.PersonID}})
	try("what was not added", "counsel1", "/v1/merges/"+merge.ID+"/split", assigned, 422, "invalid_fields")
	try("split", "counsel1", "/v1/merges/"+merge.ID+"/split", splitting(), 200, "")
	try("split again", "counsel1", "/v1/merges/"+merge.ID+"/split", splitting(), 409, "already_ended")
}

// A hold that came by a merge stops sending and reads like any other; only the
// authority of the record on which it was placed lifts it.
func TestAHoldThatCameByAMerge(t *testing.T) {
	w := newWorld(t, visited(both()))
	a, b := w.apart()
	claim := fields{"scope": "person", "person_id": a.PersonID, "kind": "citizenship_claim", "source": someHash, "dated": "2026-03-01"}
	hold := read[placed](t, w.change("both", "/v1/holds", claim)).Hold
	w.clock.advance(time.Minute)
	if got := w.change("both", "/v1/persons/"+b.PersonID+"/merges", merging(a)); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	own := read[map[string]any](t, w.get("liaison-GHA", "/v1/holds/"+hold.ID))
	other := read[map[string]any](t, w.get("liaison-VNM", "/v1/holds/"+hold.ID))
	if own["person_id"] != a.PersonID || other["person_id"] != b.PersonID {
		t.Errorf("the hold is told as %v and %v", own, other)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(own)), slices.Sorted(maps.Keys(other))) {
		t.Errorf("one reads %v, the other %v", own, other)
	}
	listed := w.get("liaison-VNM", "/v1/holds?request="+b.ID)
	if !strings.Contains(string(listed.body), hold.ID) || strings.Contains(string(listed.body), a.PersonID) {
		t.Errorf("listed as %s", listed.body)
	}
	if view := read[changed](t, w.get("officer-VNM", "/v1/requests/"+b.ID)); !view.Request.OnHold {
		t.Error("the other record's request is not on hold")
	}
	lift := fields{"authority": "counsel", "source": someHash, "reason": "resolved"}
	if got := w.change("counsel-VNM", "/v1/holds/"+hold.ID+"/lifting", lift); got.status != 403 {
		t.Errorf("lifted by who is not its authority: %d %s", got.status, got.body)
	}
	if got := w.change("counsel-GHA", "/v1/holds/"+hold.ID+"/lifting", lift); got.status != 200 || strings.Contains(string(got.body), b.Code) {
		t.Errorf("lifted: %d %s", got.status, got.body)
	}
}

// A merge opens no record to who did not see it before, and tells nobody of it who sees one alone.
func TestAMergeShowsNobodyMore(t *testing.T) {
	w := newWorld(t, visited(both()))
	a, b := w.apart()
	for _, of := range []request{a, b} {
		for what, body := range map[string]fields{"flags": flagged("medical"), "nationalities": claimed("TGO")} {
			if got := w.change("both", "/v1/persons/"+of.PersonID+"/"+what, body); got.status != 201 {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
	}
	for kind, date := range map[string]string{"order_final": "2026-01-15", "detained": "2026-01-10"} {
		body := fields{"kind": kind, "date": date, "office": "BOS", "source_type": "order", "source": someHash}
		if got := w.change("both", "/v1/persons/"+b.PersonID+"/legal-events", body); got.status != 201 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	_, err := w.pool.Exec(t.Context(), "UPDATE person_flags SET ended_at = raised_at, ended_by = 'x' WHERE person_id = $1", b.PersonID)
	must(t, err)
	whole := func(user string, of request) string {
		text := ""
		for _, path := range []string{
			"/v1/persons/%", "/v1/persons/%/flags", "/v1/persons/%/nationalities", "/v1/persons/%/legal-events", "/v1/persons/%/documents", "/v1/persons/%/merges",
			"/v1/persons/%/consular-notifications", "/v1/requests", "/v1/holds", "/v1/deadlines",
		} {
			got := w.get(user, strings.ReplaceAll(path, "%", of.PersonID))
			text += path + " " + got.problem() + string(got.body) + "\n"
		}
		return text
	}
	before := map[string]string{}
	for _, user := range []string{"liaison-GHA", "counsel-GHA"} {
		before[user] = whole(user, a) + whole(user, b)
	}
	if got := w.change("both", "/v1/persons/"+a.PersonID+"/merges", merging(b)); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for user, told := range before {
		if now := whole(user, a) + whole(user, b); now != told {
			t.Errorf("%s was told\n%s\nand is told\n%s", user, told, now)
		}
	}
	for _, of := range []request{a, b} {
		if text := whole("both", of); strings.Count(text, `"kind":"medical"`) != 2 || strings.Count(text, `"claimed_by":"person","country":"TGO"`) != 2 || !strings.Contains(text, "same_fingerprints") {
			t.Errorf("who sees both is told %s", text)
		}
	}
}

// A document under either record of the human is on file for both, for who sees both.
func TestTheChecklistCountsBothRecords(t *testing.T) {
	w := newWorld(t, visited(both()))
	a, b := w.apart()
	document := w.paper(b, "photographs", "officer1")
	listed := func(user string) bool {
		got := w.get(user, "/v1/requests/"+a.ID+"/checklist")
		if got.status != 200 {
			t.Fatalf("%s: %d %s", user, got.status, got.body)
		}
		missing := slices.Contains(read[struct{ Missing []string }](t, got).Missing, "photographs")
		if found := strings.Contains(string(got.body), document); found == missing {
			t.Errorf("%s: found %v, missing %v: %s", user, found, missing, got.body)
		}
		return !missing
	}
	if listed("both") {
		t.Error("listed before the records were one")
	}
	if got := w.change("both", "/v1/persons/"+a.PersonID+"/merges", merging(b)); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if !listed("both") || listed("counsel-GHA") {
		t.Error("the other record's document is missing, or shown to who does not see that record")
	}
}

// A third record comes under the number that it is entered with, and no second
// request for one country comes to the human.
func TestEitherNumberFindsTheHuman(t *testing.T) {
	w := newWorld(t)
	numbered := func(number string) fields {
		return fields{"family_name": "Example", "given_names": "Ana", "birth_date": "1990-05-05", "a_number": number}
	}
	a := read[changed](t, w.change("officer1", "/v1/requests", newRequest().with("person", numbered("A000000001")))).Request
	b := w.forVietnam("person", numbered("A000000002"))
	w.clock.advance(time.Minute)
	w.merge(a, b)
	for number, record := range map[string]string{"A000000001": a.PersonID, "A000000002": b.PersonID} {
		for _, country := range []fields{{"country": "GHA", "post": "gha-washington"}, {"country": "VNM", "post": "vnm-washington"}} {
			got := w.change("officer1", "/v1/requests", newRequest().with("person", numbered(number), "country", country["country"], "post", country["post"]))
			if got.status != 409 || got.problem() != "live_request_exists" {
				t.Errorf("%s for %s: %d %s", number, country["country"], got.status, got.body)
			}
		}
		if n := w.count("persons"); n != 2 {
			t.Errorf("%d records", n)
		}
		if !strings.Contains(string(w.get("officer1", "/v1/persons/"+record).body), number) {
			t.Errorf("%s is not the number of its record", number)
		}
	}
}
