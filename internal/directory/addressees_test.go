package directory

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEveryLevelHasItsAddressees(t *testing.T) {
	at := instant(t, "2026-03-10T15:00:00Z")
	boston := bostonGhana()
	unlisted := Case{Officer: "officer-mia", FieldOffice: "MIA", Country: "MEX"}
	cases := []struct {
		name  string
		level int
		c     Case
		want  string
	}{
		{"reminder to the officer", 0, boston, "person/officer1"},
		{"officer and supervisor", 1, boston, "person/officer1 person/supervisor1"},
		{"supervisor found through the officer", 1, unlisted, "person/officer-mia person/supervisor-mia"},
		{"coordinator of the area", 2, boston, "desk/td-bos"},
		{"coordinator of another area", 2, unlisted, "desk/td-mia"},
		{"headquarters", 3, boston, "desk/hq-td"},
		{"attaché and State desk", 4, boston, "desk/attache-gha desk/state-af"},
		{"a country without desks of its own", 4, unlisted, "desk/attache-other desk/state-other"},
		{"custody unit, counsel, State", 5, boston, "desk/custody-unit desk/counsel-bos desk/state-af"},
		{"custody unit and counsel", 6, boston, "desk/custody-unit desk/counsel-bos"},
		{"no such level", 7, boston, ""},
		{"no such level below", -1, boston, ""},
	}
	snapshot := example(t)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got := snapshot.Addressees(tc.level, tc.c, at)
			if ids(got) != tc.want {
				t.Errorf("addressees %q (missing %q), want %q", ids(got), missing(got), tc.want)
			}
			if (len(got.Missing) > 0) != (tc.want == "") {
				t.Errorf("missing %q", missing(got))
			}
		})
	}
	if got := ids(snapshot.CustodyAddressees(boston, at)); got != "desk/custody-unit person/officer1 person/supervisor1" {
		t.Errorf("custody duties go to %q", got)
	}
}

func TestAbsenceIsCoveredByDeputies(t *testing.T) {
	at := instant(t, "2026-03-10T15:00:00Z")
	away := func(id string) func(*testing.T, Data) Data {
		return func(t *testing.T, d Data) Data {
			return changePerson(t, d, id, func(p *Person) { p.Absences = []Span{span(t, "2026-03-10/2026-03-11")} })
		}
	}
	all := func(changes ...func(*testing.T, Data) Data) func(*testing.T, Data) Data {
		return func(t *testing.T, d Data) Data {
			for _, change := range changes {
				d = change(t, d)
			}
			return d
		}
	}
	deputies := func(id string, deputies ...Deputy) func(*testing.T, Data) Data {
		return func(t *testing.T, d Data) Data {
			return changePerson(t, d, id, func(p *Person) { p.Deputies = deputies })
		}
	}
	cases := []struct {
		name    string
		change  func(*testing.T, Data) Data
		want    string
		missing string
	}{
		{"deputy", away("officer1"), "person/officer2", ""},
		{"chain of deputies", all(away("officer1"), away("officer2"), deputies("officer2", Deputy{Person: "supervisor2"})), "person/supervisor2", ""},
		{"second deputy when the first is away", all(away("officer1"), away("officer2"), deputies("officer2"),
			deputies("officer1", Deputy{Person: "officer2"}, Deputy{Person: "supervisor1"})), "person/supervisor1", ""},
		{"loop", all(away("officer1"), away("officer2")), "", "officer:deputy_loop"},
		{"two ways to the same absent deputy are no loop", all(away("officer1"), away("officer2"), away("supervisor1"), away("supervisor2"),
			deputies("officer1", Deputy{Person: "officer2"}, Deputy{Person: "supervisor1"}),
			deputies("officer2", Deputy{Person: "supervisor2"}), deputies("supervisor1", Deputy{Person: "supervisor2"}), deputies("supervisor2")), "", "officer:nobody_present"},
		{"no deputy", all(away("officer1"), deputies("officer1")), "", "officer:nobody_present"},
		{"deputy no longer valid", all(away("officer1"), func(t *testing.T, d Data) Data {
			return deputies("officer1", Deputy{Person: "officer2", Valid: span(t, "../2026-03-10")})(t, d)
		}), "", "officer:nobody_present"},
		{"deputy from the next day", all(away("officer1"), func(t *testing.T, d Data) Data {
			return deputies("officer1", Deputy{Person: "officer2", Valid: span(t, "2026-03-11/..")})(t, d)
		}), "", "officer:nobody_present"},
		{"who left is replaced", func(t *testing.T, d Data) Data {
			return changePerson(t, d, "officer1", func(p *Person) { p.Valid = span(t, "2015-01-01/2026-03-01") })
		}, "person/officer2", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			snapshot := snapshotOf(t, tc.change(t, exampleData(t)))
			got := snapshot.Addressees(0, bostonGhana(), at)
			if ids(got) != tc.want || missing(got) != tc.missing {
				t.Errorf("addressees %q, missing %q; want %q, %q", ids(got), missing(got), tc.want, tc.missing)
			}
			if got.Nobody() != (tc.want == "") {
				t.Errorf("Nobody() is %v", got.Nobody())
			}
			for _, recipient := range got.Recipients {
				if recipient.SubstituteFor != "officer1" {
					t.Errorf("%s stands in for %q, want officer1", recipient.ID, recipient.SubstituteFor)
				}
			}
		})
	}
}

func TestPlacesNobodyFillsAreReported(t *testing.T) {
	at := instant(t, "2026-03-10T15:00:00Z")
	snapshot := example(t)
	if got := snapshot.Addressees(0, Case{}, at); missing(got) != "officer:nobody_named" || !got.Nobody() {
		t.Errorf("without an officer: %q", missing(got))
	}
	if got := snapshot.Addressees(0, Case{Officer: "gone"}, at); missing(got) != "officer:unknown" {
		t.Errorf("with an unknown officer: %q", missing(got))
	}
	partly := snapshot.Addressees(1, Case{Officer: "gone", Supervisor: "supervisor1"}, at)
	if ids(partly) != "person/supervisor1" || missing(partly) != "officer:unknown" || partly.Nobody() {
		t.Errorf("half a level: %q, missing %q", ids(partly), missing(partly))
	}
	data := exampleData(t)
	data.Desks = slices.DeleteFunc(data.Desks, func(d Desk) bool { return d.Kind == HQTDDesk })
	if got := snapshotOf(t, data).Addressees(3, bostonGhana(), at); missing(got) != "hq_td_desk:no_desk" {
		t.Errorf("without a headquarters desk: %q", missing(got))
	}
}

func TestDeskWithoutAddressIsItsMembers(t *testing.T) {
	at := instant(t, "2026-03-10T15:00:00Z")
	withMembers := func(members ...string) Data {
		data := exampleData(t)
		for i := range data.Desks {
			if data.Desks[i].ID == "attache-gha" {
				data.Desks[i].Email, data.Desks[i].Members = "", members
			}
		}
		return data
	}
	away := func(d Data, id string) Data {
		return changePerson(t, d, id, func(p *Person) { p.Absences, p.Deputies = []Span{span(t, "2026-03-10/2026-03-11")}, nil })
	}
	if got := snapshotOf(t, withMembers("liaison1", "liaison2")).Addressees(4, bostonGhana(), at); ids(got) != "person/liaison1 person/liaison2 desk/state-af" {
		t.Errorf("both members: %q", ids(got))
	}
	if got := snapshotOf(t, away(withMembers("liaison1", "liaison2"), "liaison1")).Addressees(4, bostonGhana(), at); ids(got) != "person/liaison2 desk/state-af" || missing(got) != "" {
		t.Errorf("one member: %q, missing %q", ids(got), missing(got))
	}
	if got := snapshotOf(t, away(withMembers("liaison1"), "liaison1")).Addressees(4, bostonGhana(), at); ids(got) != "desk/attache-other desk/state-af" || missing(got) != "" {
		t.Errorf("nobody there, so the general desk: %q, missing %q", ids(got), missing(got))
	}
}

func TestOnePersonInTwoPlacesIsToldOnce(t *testing.T) {
	at := instant(t, "2026-03-10T15:00:00Z")
	data := changePerson(t, exampleData(t), "officer1", func(p *Person) {
		p.Absences, p.Deputies = []Span{span(t, "2026-03-10/2026-03-11")}, []Deputy{{Person: "supervisor1"}}
	})
	if got := ids(snapshotOf(t, data).Addressees(1, bostonGhana(), at)); got != "person/supervisor1" {
		t.Errorf("addressees %q", got)
	}
}

// A day of absence is a day where the person works, not a day of UTC.
func TestDaysAreLocal(t *testing.T) {
	cases := []struct{ zone, at, want string }{
		// 10 March in Boston runs from 04:00 UTC (daylight time) to 04:00 UTC of the 11th.
		{"America/New_York", "2026-03-10T03:59:59Z", "person/officer1"},
		{"America/New_York", "2026-03-10T04:00:00Z", "person/officer2"},
		{"America/New_York", "2026-03-11T03:59:59Z", "person/officer2"},
		{"America/New_York", "2026-03-11T04:00:00Z", "person/officer1"},
		// East of Greenwich the day begins before UTC's.
		{"Asia/Kolkata", "2026-03-09T18:29:59Z", "person/officer1"},
		{"Asia/Kolkata", "2026-03-09T18:30:00Z", "person/officer2"},
		{"Asia/Kolkata", "2026-03-10T18:29:59Z", "person/officer2"},
		{"Asia/Kolkata", "2026-03-10T18:30:00Z", "person/officer1"},
	}
	for _, tc := range cases {
		t.Run(tc.zone+" "+tc.at, func(t *testing.T) {
			data := changePerson(t, exampleData(t), "officer1", func(p *Person) {
				p.Zone, p.Absences = tc.zone, []Span{span(t, "2026-03-10/2026-03-11")}
			})
			if got := ids(snapshotOf(t, data).Addressees(0, bostonGhana(), instant(t, tc.at))); got != tc.want {
				t.Errorf("addressees %q, want %q", got, tc.want)
			}
		})
	}
}

// What is valid from a day on is found from the first local minute of that day.
func TestValidityEdgesOfPlaces(t *testing.T) {
	data := exampleData(t)
	for i := range data.Posts {
		if data.Posts[i].ID == "gha-washington" {
			data.Posts[i].Valid = span(t, "2026-03-10/2026-03-11")
		}
	}
	for i := range data.Desks {
		if data.Desks[i].ID == "attache-gha" { // Accra is at UTC
			data.Desks[i].Valid = span(t, "2026-03-10/2026-03-11")
		}
	}
	snapshot := snapshotOf(t, data)
	for at, want := range map[string]bool{"2026-03-10T03:59:59Z": false, "2026-03-10T04:00:00Z": true, "2026-03-11T03:59:59Z": true, "2026-03-11T04:00:00Z": false} {
		if _, ok := snapshot.PostOn("gha-washington", instant(t, at)); ok != want {
			t.Errorf("post at %s: %v, want %v", at, ok, want)
		}
		if n := len(snapshot.PostsOf("GHA", instant(t, at))); (n == 2) != want {
			t.Errorf("posts of Ghana at %s: %d", at, n)
		}
	}
	for at, want := range map[string]string{"2026-03-09T23:59:59Z": "desk/attache-other", "2026-03-10T00:00:00Z": "desk/attache-gha", "2026-03-11T00:00:00Z": "desk/attache-other"} {
		if got := snapshot.Addressees(4, bostonGhana(), instant(t, at)).Recipients[0].ID; got != want {
			t.Errorf("attaché at %s: %s, want %s", at, got, want)
		}
	}
}

// On any instant every level finds somebody, for every office and every country
// of the directory and for countries it does not know.
func TestNobodyIsNeverTheAnswerOfTheExample(t *testing.T) {
	snapshot := example(t)
	data := snapshot.Data()
	officers := slices.DeleteFunc(slices.Clone(data.People), func(p Person) bool { return !p.Has(Officer) })
	rapid.Check(t, func(t *rapid.T) {
		officer := rapid.SampledFrom(officers).Draw(t, "officer")
		country := rapid.SampledFrom(data.Posts).Draw(t, "post").Country
		if rapid.Bool().Draw(t, "other country") {
			country = rapid.StringMatching(`[A-Z]{3}`).Draw(t, "country")
		}
		c := Case{Officer: officer.ID, FieldOffice: officer.Offices[0], Country: country}
		at := time.Unix(rapid.Int64Range(1704067200, 2082758400).Draw(t, "at"), 0)
		for level := 0; level <= TopLevel; level++ {
			got := snapshot.Addressees(level, c, at)
			if got.Nobody() || len(got.Missing) > 0 {
				t.Fatalf("level %d of %+v at %s: missing %q", level, c, at, missing(got))
			}
			for _, recipient := range got.Recipients {
				if again, ok := snapshot.Recipient(recipient.ID, at); !ok || again.Email != recipient.Email {
					t.Fatalf("recipient %s can't be found by its id", recipient.ID)
				}
			}
		}
		if got := snapshot.CustodyAddressees(c, at); len(got.Recipients) != 3 {
			t.Fatalf("custody duties of %+v go to %q", c, ids(got))
		}
	})
}

// Whatever absences and deputies there are, the search ends, names nobody who
// is away, and says why when it finds nobody.
func TestDeputySearchAlwaysEnds(t *testing.T) {
	snapshot := example(t)
	rapid.Check(t, func(t *rapid.T) {
		data := snapshot.Data()
		names := []string{"officer1", "officer2", "supervisor1", "supervisor2", "counsel1"}
		at := time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC)
		away := map[string]bool{}
		for _, name := range names {
			away[name] = rapid.IntRange(0, 3).Draw(t, "away "+name) > 0
			deputies := rapid.SliceOfN(rapid.SampledFrom(names), 0, 4).Draw(t, "deputies of "+name)
			changePerson(t, data, name, func(p *Person) {
				p.Deputies, p.Absences = nil, nil
				for _, deputy := range deputies {
					if deputy != name {
						p.Deputies = append(p.Deputies, Deputy{Person: deputy})
					}
				}
				if away[name] {
					p.Absences = []Span{{From: date(t, "2026-03-10"), To: date(t, "2026-03-11")}}
				}
			})
		}
		got := snapshotOf(t, data).PersonOrDeputy("officer1", at)
		if got.Nobody() != (len(got.Missing) == 1) {
			t.Fatalf("addressees %q, missing %q", ids(got), missing(got))
		}
		for _, recipient := range got.Recipients {
			if away[recipient.ID[len("person/"):]] {
				t.Fatalf("%s is away", recipient.ID)
			}
		}
		if reachable := reachable(data, "officer1", away); reachable == got.Nobody() {
			t.Fatalf("somebody can be reached: %v, nobody found: %v", reachable, got.Nobody())
		}
	})
}

// reachable is the plain graph question: is anybody present within reach?
func reachable(data Data, from string, away map[string]bool) bool {
	deputies := map[string][]Deputy{}
	for _, person := range data.People {
		deputies[person.ID] = person.Deputies
	}
	seen := map[string]bool{from: true}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if !away[queue[0]] {
			return true
		}
		for _, deputy := range deputies[queue[0]] {
			if !seen[deputy.Person] {
				seen[deputy.Person] = true
				queue = append(queue, deputy.Person)
			}
		}
	}
	return false
}

func TestSupervisorOfAnOfficer(t *testing.T) {
	at := instant(t, "2026-03-10T15:00:00Z")
	if got, ok := example(t).SupervisorOf("officer2", "BOS", at); !ok || got.ID != "supervisor1" {
		t.Errorf("named supervisor: %q", got.ID)
	}
	unnamed := changePerson(t, exampleData(t), "officer2", func(p *Person) { p.Supervisor = "" })
	unnamed = changePerson(t, unnamed, "supervisor1", func(p *Person) { p.Absences = []Span{span(t, "2026-03-10/2026-03-11")} })
	if got, ok := snapshotOf(t, unnamed).SupervisorOf("officer2", "BOS", at); !ok || got.ID != "supervisor2" {
		t.Errorf("whoever of the office is there: %q", got.ID)
	}
	if got, ok := example(t).SupervisorOf("nobody", "XXX", at); ok {
		t.Errorf("an unknown office has supervisor %q", got.ID)
	}
}
