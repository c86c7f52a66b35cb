package api_test

import (
	"strings"
	"testing"
	"time"
)

// expiring is a hold of a kind that ends one day, as its authority said.
func expiring(r request, changes ...any) fields {
	return holdOn(r, "kind", "stay", "authority", "court", "expires_on", "2026-03-20", "expires_zone", "America/New_York").with(changes...)
}

// Rule 2: a hold has a last day only where its own authority set one, entered by who
// lifts; everybody else is told what is wrong.
func TestRule02_OnlyItsAuthoritySetsALastDay(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	for name, row := range map[string]struct {
		user  string
		body  fields
		fault string // the field, or the problem
	}{
		"an officer":          {"officer1", expiring(r), "not_permitted"},
		"no authority named":  {"counsel1", expiring(r, "authority", nil), "authority"},
		"another authority":   {"counsel1", expiring(r, "authority", "counsel"), "authority"},
		"withholding":         {"counsel1", expiring(r, "kind", "withholding", "scope", "person", "request_id", nil, "person_id", r.PersonID), "expires_on"},
		"CAT":                 {"counsel1", expiring(r, "kind", "cat", "scope", "person", "request_id", nil, "person_id", r.PersonID), "expires_on"},
		"a citizenship claim": {"counsel1", expiring(r, "kind", "citizenship_claim", "authority", "counsel", "scope", "person", "request_id", nil, "person_id", r.PersonID), "expires_on"},
		"no zone":             {"counsel1", expiring(r, "expires_zone", nil), "expires_zone"},
		"no such zone":        {"counsel1", expiring(r, "expires_zone", "Boston"), "expires_zone"},
		"the machine's zone":  {"counsel1", expiring(r, "expires_zone", "Local"), "expires_zone"},
		"a zone alone":        {"counsel1", expiring(r, "expires_on", nil), "expires_on"},
		"a day that is over":  {"counsel1", expiring(r, "expires_on", "2026-03-01"), "expires_on"},
		"no such day":         {"counsel1", expiring(r, "expires_on", "2026-02-30"), "expires_on"},
	} {
		got := w.change(row.user, "/v1/holds", row.body)
		if got.problem() != row.fault && got.faults()[row.fault] == "" {
			t.Errorf("rule 2: %s: %d %s", name, got.status, got.body)
		}
	}
	if n := w.count("holds"); n != 0 {
		t.Errorf("%d holds", n)
	}
	amendments := "/v1/holds/" + read[placed](t, w.change("counsel1", "/v1/holds", expiring(r))).Hold.ID + "/amendments"
	word := fields{"authority": "court", "source": someHash, "expires_on": "2026-03-10", "expires_zone": "America/Los_Angeles"}
	for name, row := range map[string]struct {
		user  string
		body  fields
		fault string
	}{
		"an officer":         {"officer1", fields{"expiry": word}, "not_permitted"},
		"another authority":  {"counsel1", fields{"expiry": word.with("authority", "ice")}, "expiry.authority"},
		"no zone":            {"counsel1", fields{"expiry": word.with("expires_zone", nil)}, "expiry.expires_zone"},
		"a day that is over": {"counsel1", fields{"expiry": word.with("expires_on", "2026-03-01")}, "expiry.expires_on"},
		"a review before":    {"counsel1", fields{"review_by": "2026-03-02"}, "review_by"},
		"nothing":            {"counsel1", fields{}, "review_by"},
	} {
		if got := w.change(row.user, amendments, row.body); got.problem() != row.fault && got.faults()[row.fault] == "" {
			t.Errorf("rule 2: amended by %s: %d %s", name, got.status, got.body)
		}
	}
	if n := w.count("hold_amendments"); n != 0 {
		t.Errorf("%d amendments", n)
	}
}

// Each kind is looked at again: on a day that is named where the matter has one,
// else in 90 days.
func TestEveryKindIsReviewed(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	person := []any{"scope", "person", "request_id", nil, "person_id", r.PersonID}
	for kind, named := range map[string]bool{
		"stay": false, "class_injunction": false, "withholding": false, "cat": false, "tps": true, "citizenship_claim": false,
		"pending_relief": true, "counsel": false,
	} {
		body := holdOn(r, append([]any{"kind", kind}, person...)...)
		got := w.change("counsel1", "/v1/holds", body)
		if named && got.faults()["review_by"] == "" || !named && !strings.Contains(string(got.body), `"review_by":"2026-05-31"`) {
			t.Errorf("%s: %d %s", kind, got.status, got.body)
		}
		got = w.change("counsel1", "/v1/holds", body.with("review_by", "2026-04-30"))
		if !strings.Contains(string(got.body), `"review_by":"2026-04-30"`) {
			t.Errorf("%s: %d %s", kind, got.status, got.body)
		}
	}
}

// Days of review are counted from today at the office: in the evening in Boston
// tomorrow has begun in Greenwich.
func TestReviewsAreCountedAtTheOffice(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.clock.advance(time.Date(2026, time.March, 3, 3, 0, 0, 0, time.UTC).Sub(w.clock.Now()))
	got := w.change("counsel1", "/v1/holds", holdOn(r))
	if !strings.Contains(string(got.body), `"review_by":"2026-05-31"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	path := "/v1/holds/" + read[placed](t, got).Hold.ID + "/amendments"
	for day, status := range map[string]int{"2026-03-02": 422, "2026-03-03": 200} {
		w.clock.advance(time.Minute)
		if got := w.change("counsel1", path, fields{"review_by": day}); got.status != status {
			t.Errorf("amended to %s: %d %s", day, got.status, got.body)
		}
		if got := w.change("counsel1", "/v1/holds", holdOn(r, "review_by", day)); got.status != map[int]int{422: 422, 200: 201}[status] {
			t.Errorf("placed until %s: %d %s", day, got.status, got.body)
		}
	}
	legal := fields{"kind": "order_final", "date": "2026-01-15", "office": "BOS", "source_type": "court_order", "source": someHash}
	w.change("counsel1", "/v1/persons/"+r.PersonID+"/legal-events", legal)
	w.change("counsel1", "/v1/persons/"+r.PersonID+"/legal-events", legal.with("kind", "stay_granted", "date", "2026-02-20"))
	if n := w.count("holds WHERE kind = 'stay' AND review_by = '2026-05-31'"); n != 1 {
		t.Errorf("%d stays are reviewed 90 days after today at the office", n)
	}
}

// A last day set at the placing, moved and taken back by the same authority;
// at its end the request goes back through the gate as after a lifting.
func TestALastDayEndsAHold(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	got := w.change("counsel1", "/v1/holds", expiring(r))
	if got.status != 201 || !strings.Contains(string(got.body), `"expires_at":"2026-03-21T04:00:00Z"`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	amendments := "/v1/holds/" + read[placed](t, got).Hold.ID + "/amendments"
	word := fields{"authority": "court", "source": someHash, "expires_on": "2026-03-10", "expires_zone": "America/Los_Angeles"}
	for _, row := range []struct {
		body fields
		says string
	}{
		{fields{"review_by": "2026-03-15"}, `"expires_on":"2026-03-20"`},
		{fields{"expiry": fields{"authority": "court", "source": someHash}}, `"expiry_source":"` + someHash},
		{fields{"expiry": word}, `"expires_at":"2026-03-11T07:00:00Z"`},
	} {
		if got := w.change("counsel1", amendments, row.body); got.status != 200 || !strings.Contains(string(got.body), row.says) || !strings.Contains(string(got.body), `"review_by":"2026-03-15"`) {
			t.Errorf("%v: %d %s", row.body, got.status, got.body)
		}
	}
	if seen := string(w.get("officer1", strings.TrimSuffix(amendments, "/amendments")).body); strings.Contains(seen, "expir") {
		t.Errorf("a last day is shown without need to know: %s", seen)
	}
	end := time.Date(2026, 3, 11, 7, 0, 0, 0, time.UTC)
	send := fields{"content": w.content(r), "channel": "courier"}
	r = w.read(r.ID)
	w.clock.advance(end.Add(-time.Second).Sub(w.clock.Now()))
	if got := w.act("officer1", &r, "send", send); got.problem() != "gate_closed" {
		t.Errorf("on the last day: %d %s", got.status, got.body)
	}
	w.clock.advance(time.Second)
	r = w.read(r.ID)
	w.do("officer1", &r, "send", send)
	if got := w.change("counsel1", amendments, fields{"review_by": "2026-04-15"}); got.problem() != "already_lifted" {
		t.Errorf("amended after its end: %d %s", got.status, got.body)
	}
}
