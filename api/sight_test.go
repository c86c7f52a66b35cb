package api_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// visitors are callers whom the example directory does not have, by their token.
type visitors struct {
	api.Verifier
	known map[string]identity.Principal
}

func (v visitors) Verify(ctx context.Context, bearer string) (identity.Principal, error) {
	if found, ok := v.known[bearer]; ok {
		return found, nil
	}
	return v.Verifier.Verify(ctx, bearer)
}

func visited(known map[string]identity.Principal) func(*api.Config) {
	return func(c *api.Config) { c.Verifier = visitors{c.Verifier, known} }
}

// inVietnam opens a second request for the person of the first, with Vietnam, on an order of its own.
func (w *world) inVietnam(r request) request {
	w.t.Helper()
	order := newRequest()["order"].(fields).with("date", "2026-01-20", "source", strings.Repeat("5", 64))
	got := w.change("officer1", "/v1/requests", newRequest().with("person", nil, "person_id", r.PersonID, "country", "VNM", "post", "vnm-washington", "order", order))
	if got.status != 201 {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	return read[changed](w.t, got).Request
}

// The role that reads custody dates has to be the one that sees the person.
func TestCustodyDatesAreSeenByTheRoleThatMay(t *testing.T) {
	both := identity.Principal{Subject: "both", Roles: []identity.Role{identity.Liaison, identity.Officer}, Countries: []string{"GHA"}, Offices: []string{"LOS"}}
	w := newWorld(t, visited(map[string]identity.Principal{"both": both}))
	r := w.open()
	for kind, date := range map[string]string{"order_final": "2026-01-15", "detained": "2026-01-10"} {
		got := w.change("officer1", "/v1/persons/"+r.PersonID+"/legal-events", fields{"kind": kind, "date": date, "office": "BOS", "source_type": "order", "source": someHash})
		if got.status != 201 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	for user, sees := range map[string]bool{"officer1": true, "liaison1": false, "both": false} {
		got := w.get(user, "/v1/deadlines?limit=200")
		if got.status != 200 || !strings.Contains(string(got.body), `"request/`+r.ID) || strings.Contains(string(got.body), `"custody/`) != sees {
			t.Errorf("%s: %d %s", user, got.status, got.body)
		}
	}
}

// What may have left is told to whoever placed the hold, and named only where they see it.
func TestWhatMayHaveLeftNamesNoRequestOutOfSight(t *testing.T) {
	narrow := identity.Principal{Subject: "narrow", Roles: []identity.Role{identity.Liaison}, Countries: []string{"VNM"}}
	w := newWorld(t, visited(map[string]identity.Principal{"narrow": narrow}))
	r := w.reviewed()
	w.inVietnam(r)
	w.engine.set(func(e *engine) { e.away = true })
	if got := w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"}); got.status != 202 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	got := w.change("narrow", "/v1/holds", holdOn(r, "scope", "person", "request_id", nil, "person_id", r.PersonID))
	if got.status != 201 || len(read[placed](t, got).MayHaveLeft) != 1 || strings.Contains(string(got.body), r.Code) || strings.Contains(string(got.body), r.ID) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A case officer lifts no citizenship claim through a role that sees another case of the person.
func TestNoOtherRoleLiftsOnesOwnCitizenshipClaim(t *testing.T) {
	w := newWorld(t, visited(map[string]identity.Principal{
		"officer1": {Subject: "officer1", Roles: []identity.Role{identity.Officer}, Offices: []string{"BOS"}},
		"again":    {Subject: "officer1", Roles: []identity.Role{identity.Counsel, identity.Officer}, Countries: []string{"VNM"}},
	}))
	r := w.open()
	vietnam := w.inVietnam(r)
	if _, err := w.pool.Exec(t.Context(), "UPDATE requests SET officer = 'officer2' WHERE request_id = $1", vietnam.ID); err != nil {
		t.Fatal(err)
	}
	claim := read[placed](t, w.change("officer1", "/v1/holds", holdOn(r, "scope", "person", "request_id", nil, "person_id", r.PersonID, "kind", "citizenship_claim"))).Hold
	if got := w.change("again", "/v1/holds/"+claim.ID+"/lifting", fields{"authority": "counsel", "source": someHash, "reason": "no_evidence"}); got.problem() != "same_person" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Which country holds are of is listed only for persons of whom one needs to know.
func TestTheCountryOfHoldsIsListedInTheSightThatKnows(t *testing.T) {
	w := newWorld(t, visited(map[string]identity.Principal{
		"both": {Subject: "officer1", Roles: []identity.Role{identity.Counsel, identity.Officer}, Countries: []string{"VNM"}},
	}))
	r := w.open()
	w.change("counsel1", "/v1/holds", holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "GHA", "kind", "withholding"))
	for query, want := range map[string]int{"": 1, "?country=GHA": 0} {
		if got := read[struct{ Holds []hold }](t, w.get("both", "/v1/holds"+query)).Holds; len(got) != want {
			t.Errorf("%q lists %d holds, want %d", query, len(got), want)
		}
	}
	if got := read[struct{ Holds []hold }](t, w.get("counsel1", "/v1/holds?country=GHA")).Holds; len(got) != 1 {
		t.Errorf("who needs to know reads %d holds", len(got))
	}
}

// What the custody clock told a request is read by those who may read custody.
func TestEventsTellOfCustodyWhoMayReadIt(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	known := tdr.Custody{Detained: true, Suspended: true, HabeasFiled: calendar.Date{Year: 2026, Month: 2, Day: 11}}
	w.engine.set(func(e *engine) {
		state := e.states[r.ID]
		e.states[r.ID] = tdr.ApplyAll(state, tdr.Receive(state, &tdr.CustodyChanged{Custody: known}, w.clock.Now()))
	})
	w.record(r.ID)
	for user, may := range map[string]bool{"officer1": true, "auditor1": true, "liaison1": false, "manager1": false} {
		got := string(w.get(user, "/v1/requests/"+r.ID+"/events").body)
		tells := strings.Contains(got, "habeas_filed") || strings.Contains(got, "suspended")
		if tells != may || !strings.Contains(got, `"custody_changed"`) || !strings.Contains(got, `"detained":true`) {
			t.Errorf("%s: %s", user, got)
		}
	}
}

// lawful are all paths by which a request tells of the law's dates.
func (w *world) lawful(user string, r request) string {
	text := string(w.change(user, "/v1/requests/"+r.ID+"/ladder-preview", fields{}).body)
	for _, path := range []string{"clocks", "events", "escalations"} {
		text += string(w.get(user, "/v1/requests/"+r.ID+"/"+path).body)
	}
	return text + string(w.get(user, "/v1/deadlines?request="+r.ID).body)
}

// Who may not read custody reads the law's dates of a request without their reasons:
// neither the day of the order, nor that a hold is a court's stay, nor that a petition
// was filed.
func TestTheLawsDatesTellNoReasonToWhoMayNotReadCustody(t *testing.T) {
	day := func(month time.Month, day int) calendar.Date {
		return calendar.Date{Year: 2026, Month: month, Day: day}
	}
	for name, test := range map[string]struct {
		known tdr.Custody
		tells string
	}{
		"a day after the order": {tdr.Custody{Detained: true, R0: day(1, 17)}, "2026-01-17"},
		"a court's stay":        {tdr.Custody{Detained: true, Suspended: true, Before: day(1, 17)}, `"suspended":true`},
		"the order before it":   {tdr.Custody{Detained: true, Suspended: true, Before: day(1, 17)}, "2026-01-17"},
		"a petition":            {tdr.Custody{Detained: true, R0: day(1, 17), HabeasFiled: day(2, 11)}, "habeas"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.open()
			w.engine.set(func(e *engine) {
				state := e.states[r.ID]
				state = tdr.ApplyAll(state, tdr.Receive(state, &tdr.CustodyChanged{Custody: test.known}, w.clock.Now()))
				e.states[r.ID] = tdr.ApplyAll(state, tdr.Elapse(state, w.clock.Now()))
			})
			w.record(r.ID)
			for user, may := range map[string]bool{"officer1": true, "liaison1": false, "manager1": false} {
				if got := w.lawful(user, r); strings.Contains(got, test.tells) != may {
					t.Errorf("%s, told of %s: %v: %s", user, test.tells, !may, got)
				}
			}
		})
	}
}

// Who sees one request of a person neither reads, amends nor lifts a hold of
// another one, and is told what is told of a hold that does not exist.
func TestAHoldIsForWhoSeesItsScope(t *testing.T) {
	all := []identity.Role{identity.Counsel}
	w := newWorld(t, visited(map[string]identity.Principal{
		"ghana":   {Subject: "ghana", Roles: all, Countries: []string{"GHA"}},
		"vietnam": {Subject: "vietnam", Roles: all, Countries: []string{"VNM"}},
	}))
	r := w.open()
	elsewhere := w.inVietnam(r)
	lift := fields{"authority": "counsel", "source": someHash, "reason": "resolved"}
	for scope, body := range map[string]fields{
		"request": holdOn(elsewhere),
		"country": holdOn(elsewhere, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "VNM"),
	} {
		id := read[placed](t, w.change("counsel1", "/v1/holds", body)).Hold.ID
		path := "/v1/holds/" + id
		for what, got := range map[string]answer{
			"read": w.get("ghana", path), "lifted": w.change("ghana", path+"/lifting", lift),
			"amended": w.change("ghana", path+"/amendments", fields{"review_by": "2026-06-01"}),
		} {
			if got.status != 404 {
				t.Errorf("a hold of a %s out of sight is %s: %d %s", scope, what, got.status, got.body)
			}
		}
		for _, query := range []string{"?person=" + r.PersonID, "?request=" + elsewhere.ID, "?limit=200"} {
			if got := w.get("ghana", "/v1/holds"+query); strings.Contains(string(got.body), id) {
				t.Errorf("a hold of a %s out of sight is listed by %s: %s", scope, query, got.body)
			}
			if got := w.get("vietnam", "/v1/holds"+query); !strings.Contains(string(got.body), id) {
				t.Errorf("a hold of a %s is not listed by %s: %s", scope, query, got.body)
			}
		}
		if got := w.change("vietnam", path+"/lifting", lift); got.status != 200 {
			t.Errorf("a hold of a %s is not lifted: %d %s", scope, got.status, got.body)
		}
	}
	ahead := read[placed](t, w.change("counsel1", "/v1/holds", holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "TGO"))).Hold.ID
	if got := w.get("ghana", "/v1/holds?person="+r.PersonID); !strings.Contains(string(got.body), ahead) {
		t.Errorf("a hold of a country that was not asked yet is for nobody: %s", got.body)
	}
	if got := w.change("ghana", "/v1/holds/"+ahead+"/lifting", lift); got.status != 200 {
		t.Errorf("a hold of a country that was not asked yet is lifted by nobody: %d %s", got.status, got.body)
	}
}

// A hold that stands on the person and holds no request could only be of another
// country, which is withholding or the convention (8 CFR 208.16): it shows nowhere
// to who need not know of it, not by a count of holds either.
func TestNeedToKnow_AHoldOfACountryThatWasNotAskedShowsNowhere(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	users := []string{"officer1", "supervisor1", "liaison1", "state1", "manager1"}
	paths := []string{
		"/v1/holds?person=" + r.PersonID, "/v1/holds?request=" + r.ID, "/v1/holds?limit=200", "/v1/requests/" + r.ID, "/v1/requests/" + r.ID + "/events",
		"/v1/requests/" + r.ID + "/dispatches", "/v1/requests/" + r.ID + "/contact-history",
	}
	shown := func() map[string]string {
		all := map[string]string{}
		for _, user := range users {
			for _, path := range paths {
				got := w.get(user, path)
				all[user+" "+path] = fmt.Sprint(got.status, got.header.Get("ETag"), string(got.body))
			}
		}
		return all
	}
	before := shown()
	hold := holdOn(r, "scope", "country", "request_id", nil, "person_id", r.PersonID, "country", "VNM", "kind", "withholding")
	id := read[placed](t, w.change("counsel1", "/v1/holds", hold)).Hold.ID
	for what, now := range shown() {
		if now != before[what] {
			t.Errorf("%s shows that a hold was placed: %s, and before: %s", what, now, before[what])
		}
	}
	for _, user := range []string{"counsel1", "auditor1"} {
		if got := w.get(user, "/v1/holds?person="+r.PersonID); !strings.Contains(string(got.body), id) {
			t.Errorf("%s, who needs to know, reads: %s", user, got.body)
		}
	}
	sent := w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"})
	if sent.status != 200 {
		t.Fatalf("%d %s", sent.status, sent.body)
	}
	after := shown()
	after["the answer to sending"] = string(sent.body)
	for what, now := range after {
		if regexp.MustCompile(`"fence":\s*[1-9]`).MatchString(now) {
			t.Errorf("%s counts holds: %s", what, now)
		}
	}
}
