package api_test

import "testing"

// A number and a guessed day of birth open nobody's record: beyond the caller's sight
// the names have to be alike too. Each guess is on record under the person, and so is
// the reading of whoever joins.
func TestANumberAndADateOpenNoRecordElsewhere(t *testing.T) {
	w := newWorld(t)
	person := fields{"family_name": "Example", "given_names": "Ana", "birth_date": "1990-05-05", "a_number": "A123456789"}
	got := w.change("officer1", "/v1/requests", newRequest().with("person", person))
	if got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	r, other := read[changed](t, got).Request, w.elsewhere()
	asked := func(user, office string, body fields) answer {
		return w.change(user, "/v1/requests", newRequest().with("person", body, "country", "VNM", "post", "vnm-washington", "field_office", office))
	}
	entered := func(outcome string) int {
		return w.count("audit_entries WHERE actor = '" + other.user + "' AND object = 'person/" + r.PersonID + "' AND action = 'POST /v1/requests' AND outcome = '" + outcome + "'")
	}
	for what, guess := range map[string]fields{
		"another day":             person.with("birth_date", "1990-05-04"),
		"other names":             person.with("family_name", "Nobody", "given_names", "Wrong"),
		"other names and another": person.with("family_name", "Nobody", "birth_date", "1990-05-03"),
	} {
		before := entered("not_found")
		got := asked(other.user, other.office, guess)
		if _, named := got.faults()["person.a_number"]; got.status != 422 || !named || entered("not_found") != before+1 {
			t.Errorf("%s: %d %s, entered %d", what, got.status, got.body, entered("not_found")-before)
		}
	}
	if got := w.get(other.user, "/v1/persons/"+r.PersonID); got.status != 404 {
		t.Errorf("read by an A-number and a guess: %d", got.status)
	}
	// The office that sees the record may have spelled a name in another way.
	if got := asked("officer1", "BOS", person.with("given_names", "Anna")); got.status != 201 || read[changed](t, got).Request.PersonID != r.PersonID {
		t.Errorf("in sight: %d %s", got.status, got.body)
	}
	before := entered("done")
	joined := w.change(other.user, "/v1/requests", newRequest().with("person", person.with("family_name", "ANA", "given_names", "example"),
		"country", "NGA", "post", "nga-washington", "field_office", other.office))
	if joined.status != 201 || read[changed](t, joined).Request.PersonID != r.PersonID || entered("done") != before+1 {
		t.Errorf("under the names: %d %s, entered %d", joined.status, joined.body, entered("done")-before)
	}
}
