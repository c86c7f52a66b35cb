package directory

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

func TestExampleSeedIsComplete(t *testing.T) {
	data := exampleData(t)
	if len(data.Offices) != 25 {
		t.Errorf("%d field offices, want 25", len(data.Offices))
	}
	library, err := playbook.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, pack := range library.Published() {
		if pack.Country != "" && !slices.ContainsFunc(data.Posts, func(p Post) bool { return p.Country == pack.Country }) {
			t.Errorf("no post of %s", pack.Country)
		}
	}
	for _, post := range data.Posts {
		if country, ok := library.Country(post.Country); !ok || country.Outside {
			t.Errorf("post %s: no such country", post.ID)
		}
	}
	for _, id := range []string{"officer1", "officer2", "supervisor1", "counsel1", "liaison1", "state1", "manager1", "auditor1", "admin1"} {
		person, ok := example(t).Person(id)
		if !ok || !strings.HasPrefix(id, string(person.Roles[0])) {
			t.Errorf("person %s: %+v", id, person)
		}
	}
	for _, office := range data.Offices {
		if !slices.ContainsFunc(data.People, func(p Person) bool { return p.Has(Officer) && slices.Contains(p.Offices, office.Code) }) {
			t.Errorf("office %s has no officer", office.Code)
		}
	}
}

// An example must not be able to reach anybody (RFC 2606 reserves .example),
// and nobody in it may be taken for a real person.
func TestExampleSeedReachesNobody(t *testing.T) {
	data := exampleData(t)
	var addresses []string
	for _, person := range data.People {
		addresses = append(addresses, person.Email)
		if !strings.HasSuffix(person.Name, " Example") {
			t.Errorf("person %s is called %q", person.ID, person.Name)
		}
	}
	for _, post := range data.Posts {
		addresses = append(addresses, post.Email)
	}
	for _, desk := range data.Desks {
		addresses = append(addresses, desk.Email)
	}
	for _, address := range addresses {
		if !strings.HasSuffix(address, ".example") {
			t.Errorf("address %q", address)
		}
	}
}

func TestEveryCalendarCanBeBuilt(t *testing.T) {
	snapshot := example(t)
	var names []string
	for _, office := range snapshot.Data().Offices {
		names = append(names, "office/"+office.Code)
	}
	for _, post := range snapshot.Data().Posts {
		names = append(names, "post/"+post.ID)
	}
	for _, name := range names {
		spec, ok := snapshot.Calendar(name)
		if !ok || spec.Name != name {
			t.Fatalf("calendar %s: %+v", name, spec)
		}
		if _, err := calendar.Build(spec, date(t, "2026-01-01"), date(t, "2030-12-31")); err != nil {
			t.Errorf("%v", err)
		}
	}
	ghana, _ := snapshot.Calendar("post/gha-washington")
	slice, err := calendar.Build(ghana, date(t, "2026-01-01"), date(t, "2026-12-31"))
	if err != nil {
		t.Fatal(err)
	}
	closed := func(day string) bool {
		return slices.ContainsFunc(slice.Holidays, func(h calendar.Holiday) bool { return h.Date == date(t, day) })
	}
	if !closed("2026-03-06") || !closed("2026-11-26") || closed("2026-03-09") {
		t.Errorf("Ghana in Washington is closed on %v", slice.Holidays)
	}
	if office, _ := snapshot.Calendar("office/BOS"); !office.Federal {
		t.Error("a field office works on federal holidays")
	}
	for _, name := range []string{"office/ZZZ", "post/none", "desk/hq-td", "BOS", ""} {
		if _, ok := snapshot.Calendar(name); ok {
			t.Errorf("there is a calendar %q", name)
		}
	}
}

func TestLeapDayHoliday(t *testing.T) {
	days := closedDays(nil, []YearlyHoliday{{Month: 2, Day: 29, Name: "Leap Day"}})
	if len(days) != 12 || days[0].Date != date(t, "2016-02-29") {
		t.Errorf("leap days %v", days)
	}
}

func TestEachFaultIsNamed(t *testing.T) {
	cases := []struct {
		name, old, new, want string
	}{
		{"unknown key", "offices:\n", "officers: []\noffices:\n", "field officers not found"},
		{"repeated key", "offices:\n", "offices: []\noffices:\n", "already defined"},
		{"second document", "posts:\n", "---\nposts:\n", "must hold one document"},
		{"repeated id", "id: officer2", "id: officer1", "person officer1: id is repeated"},
		{"bad id", "id: officer2", "id: Officer_2", "person Officer_2: id must match"},
		{"unknown role", "roles: [manager]", "roles: [boss]", `role "boss" is unknown`},
		{"no role", "roles: [manager]", "roles: []", "needs a role"},
		{"bad address", "manager1@hq.example", "\"manager1@hq.example, x@y.example\"", "is not a plain address"},
		{"address with a name", "manager1@hq.example", "\"M <m@hq.example>\"", "is not a plain address"},
		{"unknown zone", "zone: America/Phoenix", "zone: America/Phenix", `zone "America/Phenix" is no IANA name`},
		{"machine's own zone", "zone: America/Phoenix", "zone: Local", `zone "Local" is no IANA name`},
		{"unknown office", "offices: [BOS]", "offices: [BOZ]", `office "BOZ" is unknown`},
		{"country in small letters", "countries: [IRQ]", "countries: [irq]", `country "irq" is unknown`},
		{"unknown deputy", "{person: officer2,", "{person: nobody,", `deputy "nobody" must be another person`},
		{"own deputy", "{person: officer2,", "{person: officer1,", `deputy "officer1" must be another person`},
		{"unknown supervisor", "supervisor: supervisor1", "supervisor: nobody", `supervisor "nobody" must be another person`},
		{"unknown post", "gha-washington, gha-new-york", "gha-accra", `post "gha-accra" is not in the directory`},
		{"unknown member", "members: [state1]", "members: [state9]", `member "state9" is not in the directory`},
		{"span that ends before it begins", "valid: 2015-01-01/..", "valid: 2015-01-01/2014-01-01", "must end after it begins"},
		{"day that does not exist", "valid: 2015-01-01/..", "valid: 2015-02-30/..", "2015-02-30"},
		{"hours that end before they begin", "Mon-Fri 09:00-16:00", "Mon-Fri 16:00-09:00", "want ascending HH:MM-HH:MM"},
		{"hours after midnight", "Mon-Fri 09:00-16:00", "Mon-Fri 09:00-24:01", "want ascending HH:MM-HH:MM"},
		{"weekday twice", "Mon-Fri 09:00-16:00", "Mon-Fri 09:00-16:00; Wed 09:00-10:00", "Wednesday is given twice"},
		{"post of another country", "id: gha-washington", "id: ghb-washington", "post ghb-washington: id must begin with the country"},
		{"kind of post", "kind: mission", "kind: kiosk", "kind must be embassy, consulate or mission"},
		{"holiday that no year has", "03-06 Independence Day", "02-30 Independence Day", "want MM-DD NAME"},
		{"holidays without a source", "holiday_source: \"Example: national day, to be replaced by the list that the post publishes\"\n    accreditation: \"Holders of a Hong Kong", "accreditation: \"Holders of a Hong Kong", "post hkg-washington: holidays need a source"},
		{"kind of desk", "kind: hq_td_desk", "kind: td_desk", `desk hq-td: kind "td_desk" is unknown`},
		{"desk without its scope", "kind: hq_td_desk", "kind: attache", "desk hq-td: countries are for attache and state_desk"},
		{"desk without anybody", ", email: custody-unit@hq.example", "", "desk custody-unit: needs an address or members"},
		{"field office without an area", `area: "Arizona"`, `area: ""`, "office PHO: needs a name, a city and an area"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			changed := strings.Replace(string(ExampleSeed()), tc.old, tc.new, 1)
			if changed == string(ExampleSeed()) {
				t.Fatalf("the seed has no %q", tc.old)
			}
			_, err := ParseSeed([]byte(changed))
			wantFault(t, err, tc.want)
		})
	}
}

func TestAllFaultsAreListedAtOnce(t *testing.T) {
	text := strings.NewReplacer("zone: America/Phoenix", "zone: Nowhere", "roles: [auditor]", "roles: [spy]", "countries: [IRQ]", "countries: [QQ]").Replace(string(ExampleSeed()))
	_, err := ParseSeed([]byte(text))
	for _, want := range []string{`zone "Nowhere"`, `role "spy"`, `country "QQ"`} {
		wantFault(t, err, want)
	}
	text = strings.NewReplacer("09:00-16:00", "9-16", "valid: 2015-01-01/..", "valid: always", "federal: true\n", "federal: perhaps\n").Replace(string(ExampleSeed()))
	_, err = ParseSeed([]byte(text))
	for _, want := range []string{`"9-16"`, `span "always"`, "perhaps"} {
		wantFault(t, err, want)
	}
}

func FuzzParseSeed(f *testing.F) {
	// Small enough that a mutation has a chance to hit something.
	f.Add([]byte(`offices:
  - {code: BOS, name: Boston, city: Boston, area: New England, zone: America/New_York, hours: "Mon-Fri 08:00-17:00", valid: 2015-01-01/..}
posts:
  - {id: gha-washington, country: GHA, kind: embassy, name: Ghana, city: Washington, email: a@b.example, zone: UTC, hours: "Mon 09:00-10:00", yearly: [03-06 Day], holiday_source: x, valid: ../..}
desks:
  - {id: hq-td, kind: hq_td_desk, name: HQ, zone: UTC, hours: "Mon 09:00-10:00", members: [officer1], valid: ../2027-01-01}
people:
  - {id: officer1, name: A, email: a@b.example, roles: [officer], offices: ["*"], deputies: [{person: officer2}], absences: [2026-03-10/2026-03-11], zone: UTC, hours: "Mon 09:00-10:00"}
  - {id: officer2, name: B, email: a@b.example, roles: [officer], offices: [BOS], supervisor: officer1, zone: Asia/Kolkata, hours: "Mon 09:00-10:00"}
`))
	f.Add([]byte("people:\n  - {id: a, valid: ../.., hours: \"Mon-Sun 00:00-24:00\"}\n"))
	f.Add([]byte("offices: [{code: BOS, zone: UTC}]\nposts: *x"))
	f.Add([]byte("a: &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		snapshot, err := ParseSeed(raw)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("error without faults: %v", err)
			}
			return
		}
		// What was accepted is accepted again as rows, and can be asked.
		again, err := NewSnapshot(snapshot.Data())
		if err != nil {
			t.Fatalf("accepted rows are refused: %v", err)
		}
		for level := 0; level <= TopLevel; level++ {
			got := again.Addressees(level, bostonGhana(), instant(t, "2026-03-10T15:00:00Z"))
			if got.Nobody() && len(got.Missing) == 0 {
				t.Fatalf("level %d: nobody, and no reason", level)
			}
		}
	})
}
