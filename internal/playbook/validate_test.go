package playbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// eachProvenance visits every statement of a pack by reflection, so that a
// field added later can't be forgotten here.
func eachProvenance(pack Pack, visit func(field string, p Provenance)) {
	walk("", reflect.ValueOf(pack), visit)
}

func walk(field string, v reflect.Value, visit func(string, Provenance)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(field, v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(fmt.Sprintf("%s[%d]", field, i), v.Index(i), visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			walk(field+"."+key.String(), v.MapIndex(key), visit)
		}
	case reflect.Struct:
		if p, ok := v.Interface().(Provenance); ok {
			visit(strings.TrimPrefix(field, "."), p)
			return
		}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if v.Type().Field(i).Anonymous {
				walk(field, v.Field(i), visit)
				continue
			}
			walk(field+"."+name, v.Field(i), visit)
		}
	}
}

// copied is a pack that shares nothing with the library.
func copied(t *testing.T, pack Pack) Pack {
	t.Helper()
	raw, err := json.Marshal(pack)
	if err != nil {
		t.Fatal(err)
	}
	var out Pack
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func change(figures map[string]Figure, name string, edit func(*Figure)) {
	figure := figures[name]
	edit(&figure)
	figures[name] = figure
}

// Each line breaks one field of a valid pack and names the fault that follows.
func TestEachBrokenFieldIsNamed(t *testing.T) {
	cases := []struct {
		change func(*Pack)
		want   string
	}{
		{func(p *Pack) { p.Version = 0 }, "version: must be 1 or more"},
		{func(p *Pack) { p.Summary = "" }, "summary: is missing"},
		{func(p *Pack) { p.InForce = calendar.Date{} }, "in_force: is missing"},
		{func(p *Pack) { p.ReviewBy = calendar.Date{} }, "review_by: is missing"},
		{func(p *Pack) { p.ReviewBy = p.InForce }, "review_by: must lie after in_force"},
		{func(p *Pack) { p.SignOff.Author.Name = "" }, "sign_off.author: needs a name and a role"},
		{func(p *Pack) { p.SignOff.Approver.Role = "" }, "sign_off.approver: needs a name and a role"},
		{func(p *Pack) { p.SignOff.Approver.Name = p.SignOff.Author.Name }, "sign_off.approver: must be another person than the author"},
		{func(p *Pack) { p.SignOff.Date = calendar.Date{} }, "sign_off.date: is missing"},
		{func(p *Pack) { p.SignOff.Date = p.InForce.AddDays(1) }, "sign_off.date: must not lie after in_force"},

		{func(p *Pack) { p.Timescale.Source = "" }, "timescale.source: is missing"},
		{func(p *Pack) { p.Timescale.Date = calendar.Date{} }, "timescale.date: is missing"},
		{func(p *Pack) { p.Timescale.Date = p.SignOff.Date.AddDays(1) }, "timescale.date: must not lie after sign_off.date"},
		{func(p *Pack) { p.Timescale.Evidence = "X" }, "timescale.evidence: must be V, S, S-, M or D"},
		{func(p *Pack) { p.Timescale.Standing = "" }, "timescale.standing: must be law, agreement, practice, house or seed"},
		{func(p *Pack) { p.Timescale.Standing = Law }, "timescale.standing: law and agreement need a source that was read"},
		{func(p *Pack) { p.Timescale.Note = "" }, "timescale.note: an unsourced statement must say that it is an assumption"},
		{func(p *Pack) { p.Timescale.N = 0 }, "timescale.n: must be positive"},
		{func(p *Pack) { p.Timescale.N = -30 }, "timescale.n: must be positive"},
		{func(p *Pack) { p.Timescale.Calendar = "" }, "timescale.calendar: must be post or office"},
		{func(p *Pack) { p.Timescale.Unit = calendar.Seconds }, "timescale.unit: seconds are for benchmarks only"},
		{func(p *Pack) { p.Timescale.Unit = "fortnights" }, "timescale.unit: must be business_days, business_hours or calendar_days"},
		{func(p *Pack) { p.Timescale.Unit = Months }, "timescale.unit: must be business_days, business_hours or calendar_days"},

		{func(p *Pack) { delete(p.Stages, "verifying") }, "stages.verifying: is missing"},
		{func(p *Pack) { p.Stages["deemed_consent"] = p.Stages["review"] }, "stages.deemed_consent: is not a stage"},
		{func(p *Pack) { change(p.Stages, "review", func(f *Figure) { f.Unit = calendar.Seconds }) }, "stages.review.unit: seconds are for benchmarks only"},
		{func(p *Pack) { change(p.StagesDetained, "assembling", func(f *Figure) { f.Evidence = "" }) }, "stages_detained.assembling.evidence: must be"},
		{func(p *Pack) { change(p.Further, "flight_notice", func(f *Figure) { f.Unit = "weeks" }) }, "further.flight_notice.unit: is unknown"},

		{func(p *Pack) { p.Ladder.Percents[1].N = 80 }, "ladder.percents[1]: must ascend"},
		{func(p *Pack) { p.Ladder.Percents[3].N = 90 }, "ladder.percents[3]: must ascend"},
		{func(p *Pack) { p.Ladder.Percents = p.Ladder.Percents[:3] }, "ladder.percents: must have 4 figures"},
		{func(p *Pack) { p.Ladder.Percents[0].Unit = Times }, "ladder.percents[0].unit: must be percent"},
		{func(p *Pack) { p.Ladder.Percents[0].Calendar = Post }, "ladder.percents[0].calendar: must be absent"},
		{func(p *Pack) { p.Ladder.UnansweredFollowUps.N = 0 }, "ladder.unanswered_follow_ups.n: must be positive"},
		{func(p *Pack) { p.Ladder.AcknowledgeWithin.Calendar = Post }, "ladder.acknowledge_within.calendar: must be office"},
		{func(p *Pack) { p.Ladder.NextDateLimits = p.Ladder.NextDateLimits[:6] }, "ladder.next_date_limits: must have 7 figures"},
		{func(p *Pack) { p.Ladder.CustodyDays.L2.N = 90 }, "ladder.custody_days.l3: must lie after the level below"},
		{func(p *Pack) { p.Ladder.CustodyDays.L3.N = 91 }, "ladder.custody_days.l3: must be 90 (8 CFR 241.4(g)(2))"},
		{func(p *Pack) { p.Ladder.CustodyDays.L3.Standing = House }, "ladder.custody_days.l3.standing: must be law"},
		{func(p *Pack) { p.Ladder.CustodyDays.L4.N = 89 }, "ladder.custody_days.l4: must lie after the level below"},
		{func(p *Pack) { p.Ladder.CustodyDays.L5.Unit = calendar.BusinessDays }, "ladder.custody_days.l5.unit: must be calendar_days"},
		{func(p *Pack) { p.Ladder.CustodyDays.L6.N = 179 }, "ladder.custody_days.l6: must be 180 (8 CFR 241.13(b)(2)(ii))"},
		{func(p *Pack) { p.Ladder.CustodyDays.L6.Standing = Practice }, "ladder.custody_days.l6.standing: must be law"},

		{func(p *Pack) { p.Validity.AlertPercents[1].N = 60 }, "validity.alert_percents[1]: must descend"},
		{func(p *Pack) { p.Validity.AlertPercents[0].N = 100 }, "validity.alert_percents[0].n: must be under 100"},
		{func(p *Pack) { p.Validity.AlertDays = nil }, "validity.alert_days: is missing"},
		{func(p *Pack) { p.Validity.TravelMargin.N = 0 }, "validity.travel_margin.n: must be positive"},

		{func(p *Pack) { p.Checklist = nil }, "checklist: is missing"},
		{func(p *Pack) { p.Checklist[0].Title = "" }, "checklist[0]: needs an id and a title"},
		{func(p *Pack) { p.Checklist[1].ID = p.Checklist[0].ID }, "checklist[1].id: is repeated"},
		{func(p *Pack) { p.Checklist[0].Proves = "guilt" }, "checklist[0].proves: must be nationality"},
		{func(p *Pack) { p.Checklist[0].Source = "" }, "checklist[0].source: is missing"},
		{func(p *Pack) { p.Interview.Need = "" }, "interview.need: must be always, sometimes or unknown"},
		{func(p *Pack) { p.Interview.Modes = nil }, "interview.modes: is missing"},
		{func(p *Pack) { p.Interview.Modes[0] = "letter" }, "interview.modes[0]: must be video"},
		{func(p *Pack) { p.Forms[0].ID = "" }, "forms[0]: needs an id and a title"},
		{func(p *Pack) { p.CriminalRecords.Allowed = true }, "criminal_records.allowed: disclosure needs a source that asks for it"},
		{func(p *Pack) { p.CriminalRecords.Source = "" }, "criminal_records.source: is missing"},
		{func(p *Pack) { p.Channels = nil }, "channels: is missing"},
		{func(p *Pack) { p.Channels[0].Kind = "pigeon" }, "channels[0].kind: must be etd"},
		{func(p *Pack) { p.Issuers.Verified = nil }, "issuers.verified: is missing"},
		{func(p *Pack) { p.Issuers.Caution = "" }, "issuers.caution: is missing"},
		{func(p *Pack) { p.Issuers.Verified[0].Name = "" }, "issuers.verified[0]: needs a code and a name"},
		{func(p *Pack) { p.Issuers.Verified = append(p.Issuers.Verified, p.Issuers.Verified[0]) }, ".code: is repeated"},
		{func(p *Pack) { p.Notification.Class = "never" }, "notification.class: must be mandatory"},
		{func(p *Pack) { p.Notification.Rule = "" }, "notification.rule: is missing"},
		{func(p *Pack) { p.Notification.Within = &Figure{} }, "notification.within.n: must be positive"},
		{func(p *Pack) { p.Facts[0].Text = "" }, "facts[0].text: is missing"},
	}
	whole, err := published(t).Pack("KHM", day(t, "2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	whole.Timescale.Evidence, whole.Timescale.Standing, whole.Timescale.Note = Derived, Seed, "Assumption: for this test."
	for _, tc := range cases {
		t.Run(tc.want, func(t *testing.T) {
			pack := copied(t, whole)
			if err := Validate(pack); err != nil {
				t.Fatalf("the whole pack: %v", err)
			}
			tc.change(&pack)
			err := Validate(pack)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("faults %v, want %q", err, tc.want)
			}
		})
	}
}

// Taking the source from any statement, wherever it stands, is a fault.
func TestNoStatementEscapesValidation(t *testing.T) {
	pack, err := published(t).Pack("KHM", day(t, "2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	var bare Faults
	if !errors.As(Validate(withoutSources(t, pack)), &bare) {
		t.Fatal("a pack without sources is accepted")
	}
	eachProvenance(pack, func(field string, _ Provenance) {
		if !slices.Contains(bare, Fault{Field: field + ".source", Rule: "is missing"}) {
			t.Errorf("%s may lack a source", field)
		}
	})
}

func withoutSources(t *testing.T, pack Pack) Pack {
	t.Helper()
	raw, err := json.Marshal(pack)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	dropSources(tree)
	if raw, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	var out Pack
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func dropSources(tree any) {
	switch node := tree.(type) {
	case map[string]any:
		delete(node, "source")
		for key := range maps.Keys(node) {
			dropSources(node[key])
		}
	case []any:
		for _, element := range node {
			dropSources(element)
		}
	}
}

func TestAllFaultsAreListedAtOnce(t *testing.T) {
	var faults Faults
	if !errors.As(Validate(Pack{}), &faults) {
		t.Fatal("the empty pack is accepted")
	}
	for _, field := range []string{"version", "sign_off.author", "stages.review", "timescale.unit", "ladder.percents", "validity.alert_days", "checklist", "notification.rule"} {
		if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Field == field }) {
			t.Errorf("no fault at %s in %v", field, faults)
		}
	}
}

// Silence is never an answer: a pack has nowhere to say otherwise.
func TestPacksHaveNoFieldForDeemedConsent(t *testing.T) {
	raw, err := json.Marshal(published(t).Published())
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{`"deemed`, `"silence`, `"auto`, `"consent`} {
		if strings.Contains(strings.ToLower(string(raw)), word) {
			t.Errorf("a pack has a key that begins with %s", word)
		}
	}
}

func TestHashFollowsTheContent(t *testing.T) {
	pack, err := published(t).Pack("GHA", day(t, "2026-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	again := copied(t, pack)
	if hash, _ := again.hash(); hash != pack.Hash {
		t.Error("the hash depends on more than the content")
	}
	again.Stages["review"] = again.Stages["issued"]
	if hash, _ := again.hash(); hash == pack.Hash {
		t.Error("another content has the same hash")
	}
}
