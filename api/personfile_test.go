package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/directory"
)

// onFile sends what is said of a person.
func (w *world) onFile(user string, r request, what string, body fields) answer {
	w.t.Helper()
	return w.change(user, "/v1/persons/"+r.PersonID+"/"+what, body)
}

func flagged(kind string) fields {
	return fields{"kind": kind, "source": someHash, "dated": "2026-02-20"}
}

func claimed(country string) fields {
	return fields{"country": country, "claimed_by": "person", "dated": "2026-02-20", "source": someHash}
}

func notified(country string) fields {
	return fields{
		"country": country, "detained_since": "2026-02-20", "kind": "mandatory", "means": "fax",
		"notified_at": "2026-02-20T20:00:00Z", "source": someHash,
	}
}

// detain keeps a person since 20 February.
func (w *world) detain(r request) {
	w.t.Helper()
	got := w.onFile("officer1", r, "custody", fields{"kind": "detained", "date": "2026-02-20", "office": "BOS", "source_type": "form", "source": someHash})
	if got.status != 201 {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
}

// everything about requests, as the record has it.
func (w *world) requestsOnRecord() string {
	w.t.Helper()
	var all string
	must(w.t, w.pool.QueryRow(w.t.Context(), `SELECT jsonb_build_object(
		'requests', (SELECT jsonb_agg(to_jsonb(r)) FROM requests r), 'events', (SELECT count(*) FROM events),
		'dispatches', (SELECT count(*) FROM dispatches), 'recalls', (SELECT count(*) FROM recalls),
		'outbox', (SELECT count(*) FROM outbox), 'notices', (SELECT count(*) FROM notices))::text`).Scan(&all))
	return all
}

type consular struct {
	Duties []struct {
		Country     string
		Mandatory   bool
		WithinHours int `json:"within_hours"`
		State       string
		Rule        struct{ Source, Evidence string }
	}
	Notifications []struct{ Country, Kind, Means string }
}

func (w *world) consular(r request) consular {
	w.t.Helper()
	return read[consular](w.t, w.get("officer1", "/v1/persons/"+r.PersonID+"/consular-notifications"))
}

// Rule 8: telling a consulate of a detention asks it for no travel document: no
// request, event, dispatch, contact or notice comes of it.
func TestRule08_ANotificationMovesNoRequest(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.detain(r)
	before := w.requestsOnRecord()
	if got := w.onFile("officer1", r, "consular-notifications", notified("GHA")); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if after := w.requestsOnRecord(); after != before {
		t.Errorf("rule 8: a notification changed\n%s\nto\n%s", before, after)
	}
}

// Rule 8: a request to a country, sent and all, is no notification of the
// detention, and the duty to notify stays owed.
func TestRule08_ARequestNotifiesNobody(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	w.detain(r)
	w.onFile("officer1", r, "nationalities", claimed("GHA"))
	r = w.read(r.ID)
	if got := w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"}); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	seen := w.consular(r)
	if len(seen.Notifications) != 0 || len(seen.Duties) != 1 || seen.Duties[0].State != "owed" {
		t.Errorf("rule 8: a request was taken for a notification: %+v", seen)
	}
}

// Rule 8 is also kept by there being no route: a notification has no place for
// an asylum or withholding application, which 8 CFR 236.1(e) forbids to reveal.
// Its one free text stays with the command, as every note does.
func TestRule08_ANotificationHasNoPlaceForAnAsylumFact(t *testing.T) {
	schema := contractDocument(t).Components.Schemas["NewConsularNotification"].Value
	closed := map[string]bool{"country": true, "detained_since": true, "kind": true, "means": true, "notified_at": true, "exception": true, "source": true, "note": true}
	for name := range schema.Properties {
		if !closed[name] {
			t.Errorf("rule 8: a notification has a place for %q", name)
		}
	}
	for name := range contractDocument(t).Components.Schemas["ConsularNotification"].Value.Properties {
		if name == "note" || strings.Contains(name, "text") {
			t.Errorf("rule 8: a notification answers with %q", name)
		}
	}
}

// The list of 8 CFR 236.1(e) decides whether the person's wish counts.
func TestTheListDecidesWhetherAPersonMayDecline(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	declined := func(country string, change ...any) fields {
		return notified(country).with("kind", "declined", "means", nil, "notified_at", nil).with(change...)
	}
	for name, each := range map[string]struct {
		body  fields
		field string
	}{
		"on the list":                {notified("NGA"), ""},
		"declined on the list":       {declined("NGA"), "kind"},
		"at request on the list":     {notified("NGA").with("kind", "at_request"), "kind"},
		"not on the list":            {notified("FRA"), "kind"},
		"at request":                 {notified("FRA").with("kind", "at_request"), ""},
		"declined":                   {declined("FRA"), ""},
		"declined and yet notified":  {notified("FRA").with("kind", "declined"), "notified_at"},
		"Taiwan":                     {notified("TWN"), "kind"},
		"Polish permanent resident":  {declined("POL", "exception", true), ""},
		"Polish":                     {declined("POL"), "kind"},
		"an exception nobody has":    {notified("NGA").with("exception", true), "exception"},
		"no such country":            {notified("XYZ"), "country"},
		"before the detention":       {notified("NGA").with("notified_at", "2026-02-19T00:00:00Z"), "notified_at"},
		"in the future":              {notified("NGA").with("notified_at", "2027-02-19T00:00:00Z"), "notified_at"},
		"notified by no means":       {notified("NGA").with("means", nil), "notified_at"},
		"detained only next year":    {notified("NGA").with("detained_since", "2027-01-01", "notified_at", "2026-02-20T20:00:00Z"), "detained_since"},
		"an asylum fact beside them": {notified("NGA").with("asylum", "pending"), "asylum"},
	} {
		got := w.onFile("officer1", r, "consular-notifications", each.body)
		if each.field == "" && got.status != 201 || each.field != "" && got.faults()[each.field] == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// Rule 6: the People's Republic is told of the detention of nobody who claims
// Taiwan, and no duty asks for it, whatever else they claim.
func TestRule06_ThePeoplesRepublicIsToldOfNobodyOfTaiwan(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.onFile("officer1", r, "nationalities", claimed("CHN"))
	w.detain(r)
	if duties := w.consular(r).Duties; len(duties) != 1 || duties[0].Country != "CHN" {
		t.Fatalf("duties %+v", duties)
	}
	w.onFile("officer1", r, "nationalities", claimed("TWN"))
	for what, body := range map[string]fields{
		"mandatory": notified("CHN"), "at request": notified("CHN").with("kind", "at_request", "exception", true), "Hong Kong": notified("HKG"),
	} {
		if got := w.onFile("officer1", r, "consular-notifications", body); got.status != 422 || got.faults()["country"] == "" {
			t.Errorf("rule 6: %s: %d %s", what, got.status, got.body)
		}
	}
	if duties := w.consular(r).Duties; len(duties) != 1 || duties[0].Country != "TWN" {
		t.Errorf("rule 6: duties %+v", duties)
	}
	if got := w.onFile("officer1", r, "consular-notifications", notified("TWN").with("kind", "at_request")); got.status != 201 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Each claimed nationality asks for its own notification while the person is
// detained, and a notification of an earlier detention does not serve.
func TestEachNationalityIsNotified(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	for _, country := range []string{"GHA", "TGO", "HKG", "GHA"} {
		if got := w.onFile("officer1", r, "nationalities", claimed(country)); got.status != 201 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if seen := w.consular(r); len(seen.Duties) != 0 {
		t.Errorf("a person who is free: %+v", seen.Duties)
	}
	w.detain(r)
	w.onFile("officer1", r, "consular-notifications", notified("HKG").with("detained_since", "2025-02-20"))
	w.onFile("officer1", r, "consular-notifications", notified("GHA"))
	duties := map[string]string{}
	for _, duty := range w.consular(r).Duties {
		duties[duty.Country] = duty.State
		if duty.Mandatory != (duty.Country != "TGO") || duty.Mandatory && duty.Rule.Source == "" || (duty.WithinHours == 96) != (duty.Country == "HKG") {
			t.Errorf("%+v", duty)
		}
	}
	if len(duties) != 3 || duties["GHA"] != "done" || duties["TGO"] != "owed" || duties["HKG"] != "owed" {
		t.Errorf("duties %v", duties)
	}
	listed := read[struct {
		Nationalities []struct{ Country string }
	}](t, w.get("officer1", "/v1/persons/"+r.PersonID+"/nationalities")).Nationalities
	if len(listed) != 4 || w.read(r.ID).Country != "GHA" {
		t.Errorf("claims %+v", listed)
	}
	for field, body := range map[string]fields{"country": claimed("XYZ"), "dated": claimed("TGO").with("dated", "2027-01-01")} {
		if got := w.onFile("officer1", r, "nationalities", body); got.faults()[field] == "" {
			t.Errorf("%s: %d %s", field, got.status, got.body)
		}
	}
}

// Rule 16: which flag routes a person specially is told to counsel, the
// custody unit and whoever raised it; to all others every flag looks alike.
func TestRule16_WhichFlagItIsIsNeedToKnow(t *testing.T) {
	snapshot, err := directory.ParseSeed(directory.ExampleSeed())
	must(t, err)
	data := snapshot.Data()
	for i := range data.Desks {
		if data.Desks[i].Kind == directory.CustodyUnit {
			data.Desks[i].Members = []string{"manager1"}
		}
	}
	snapshot, err = directory.NewSnapshot(data)
	must(t, err)
	w := newWorld(t, func(c *api.Config) { c.Directory = people{snapshot} })
	for _, kind := range []string{"minor", "medical", "trafficking_victim", "family_unit"} {
		r := w.open()
		if got := w.onFile("officer2", r, "flags", flagged(kind)); got.status != 201 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for user, knows := range map[string]bool{
			"counsel1": true, "manager1": true, "officer2": true, "officer1": false, "supervisor1": false, "liaison1": false, "auditor1": false,
		} {
			got := w.get(user, "/v1/persons/"+r.PersonID+"/flags")
			var seen struct {
				SpecialRouting bool `json:"special_routing"`
				Flags          []map[string]json.RawMessage
			}
			must(t, json.Unmarshal(got.body, &seen))
			if !seen.SpecialRouting || len(seen.Flags) != 1 {
				t.Fatalf("%s: %d %s", user, got.status, got.body)
			}
			if told := len(seen.Flags[0]) > 4; told != knows || strings.Contains(string(got.body), kind) != knows {
				t.Errorf("rule 16: %s reads of a flag %s", user, got.body)
			}
		}
		if got := w.get("liaison1", "/v1/requests/"+r.ID); !strings.Contains(string(got.body), `"special_routing":true`) || strings.Contains(string(got.body), kind) {
			t.Errorf("rule 16: a request shows %s", got.body)
		}
	}
}

func TestCounselEndsAFlag(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	flag := read[struct{ ID string }](t, w.onFile("officer1", r, "flags", flagged("medical")))
	end, why := "/v1/flags/"+flag.ID+"/ending", fields{"source": someHash, "reason": "recovered"}
	if got := w.change("supervisor1", end, why); got.status != 403 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.change("counsel1", end, why); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.change("counsel1", end, why); got.problem() != "already_ended" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.change("counsel1", "/v1/flags/"+newKey()+"/ending", why); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if w.read(r.ID).SpecialRouting {
		t.Error("routed specially after the flag ended")
	}
	if got := w.onFile("officer1", r, "flags", flagged("medical").with("dated", "2027-01-01")); got.faults()["dated"] == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A document is authenticated by the list of its post as it stood on the day of
// issue; the pack's list serves while nobody keeps one for the issuer.
func TestTheListOfThePostAuthenticates(t *testing.T) {
	for name, each := range map[string]struct {
		listing, ending fields
		verified        bool
	}{
		"pack alone":    {nil, nil, true},
		"listed":        {fields{"issuer": "embassy", "valid_from": "2026-01-01", "source": "verbal note"}, nil, true},
		"listed later":  {fields{"issuer": "embassy", "valid_from": "2026-06-01", "source": "verbal note"}, nil, false},
		"ended before":  {fields{"issuer": "embassy", "valid_from": "2026-01-01", "source": "verbal note"}, fields{"issuer": "embassy", "valid_from": "2026-01-01", "valid_to": "2026-02-01", "source": "circular"}, false},
		"ended since":   {fields{"issuer": "embassy", "valid_from": "2026-01-01", "source": "verbal note"}, fields{"issuer": "embassy", "valid_from": "2026-01-01", "valid_to": "2026-03-02", "source": "circular"}, true},
		"other, listed": {fields{"issuer": "consul", "valid_from": "2026-01-01", "source": "verbal note"}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.reviewed()
			w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"})
			issue := fields{"issuer": "embassy", "number": "INVENTED-1", "valid_from": "2026-03-01", "valid_to": "2026-06-01"}
			if got := w.act("officer1", &r, "record-issue", issue); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if each.listing != nil {
				if got := w.change("admin1", "/v1/posts/gha-washington/issuers", each.listing); got.status != 201 {
					t.Fatalf("%d %s", got.status, got.body)
				}
			}
			if each.ending != nil {
				if got := w.change("admin1", "/v1/posts/gha-washington/issuer-endings", each.ending); got.status != 200 {
					t.Fatalf("%d %s", got.status, got.body)
				}
			}
			got := w.act("officer2", &r, "authenticate", fields{"photo": true, "names": true, "serial": true})
			if (got.status == 200) != each.verified {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestIssuersAreOfPostsThatThereAre(t *testing.T) {
	w := newWorld(t)
	listing := fields{"issuer": "consul", "valid_from": "2026-01-01", "source": "verbal note"}
	if got := w.change("admin1", "/v1/posts/nowhere/issuers", listing); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.change("admin1", "/v1/posts/gha-washington/issuers", listing.with("valid_to", "2025-01-01")); got.faults()["valid_to"] == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	w.change("admin1", "/v1/posts/gha-washington/issuers", listing)
	if got := w.change("admin1", "/v1/posts/gha-washington/issuers", listing.with("source", "rumour")); got.problem() != "already_listed" {
		t.Errorf("%d %s", got.status, got.body)
	}
	seen := read[struct {
		Issuers []struct{ Issuer, Source string }
	}](t, w.get("officer1", "/v1/posts/gha-washington/issuers")).Issuers
	if len(seen) != 1 || seen[0].Source != "verbal note" {
		t.Errorf("%+v", seen)
	}
}

// Duties of custody are listed as owed until a person records what was done
// and decided; the decision stays with the legal event.
func TestACustodyDutyIsOwedUntilItIsRecorded(t *testing.T) {
	w := newWorld(t)
	w.clock.advance(120 * 24 * time.Hour)
	r := w.open()
	legal := fields{"kind": "order_final", "date": "2026-01-15", "office": "BOS", "source_type": "order", "source": someHash}
	w.onFile("officer1", r, "legal-events", legal)
	w.onFile("officer1", r, "legal-events", legal.with("kind", "detained"))
	type custody struct {
		Duties []struct {
			Name, State string
			DoneBy      string `json:"done_by"`
			Source      string
		}
	}
	states := func() map[string]string {
		found := map[string]string{}
		for _, duty := range read[custody](t, w.get("counsel1", "/v1/persons/"+r.PersonID+"/custody")).Duties {
			found[duty.Name] = duty.State
			if duty.Source == "" || (duty.State == "done") != (duty.DoneBy != "") {
				t.Errorf("%+v", duty)
			}
		}
		return found
	}
	before := states()
	for duty, state := range map[string]string{"review_notice": "owed", "records_review": "owed", "headquarters_assistance": "owed", "six_months": "coming"} {
		if before[duty] != state {
			t.Errorf("%s is %s, not %s", duty, before[duty], state)
		}
	}
	review := fields{"duty": "records_review", "date": "2026-04-20", "office": "BOS", "decision": "continue_detention", "source_type": "form", "source": someHash}
	if got := w.onFile("officer1", r, "custody-reviews", review.with("duty", "nothing")); got.faults()["duty"] == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := w.onFile("officer1", r, "custody-reviews", review); got.status != 201 || !strings.Contains(string(got.body), `"decision":"continue_detention"`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	after := states()
	if after["records_review"] != "done" || after["annual_review"] != "coming" || after["review_notice"] != "owed" {
		t.Errorf("duties %v", after)
	}
}
