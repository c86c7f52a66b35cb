package api

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// inSight says of one subject what a list's filter says in SQL.
func inSight(sight Sight, of identity.Subject) bool {
	return sight.Everything || slices.Contains(sight.Offices, of.FieldOffice) || slices.Contains(sight.Countries, of.Country) ||
		slices.Contains(sight.Posts, of.Post) || sight.Officer != "" && sight.Officer == of.Officer
}

// A list shows exactly what can be read one by one.
func TestSightIsWhatThePolicyAllows(t *testing.T) {
	policy := identity.NewPolicy()
	pick := func(t *rapid.T, name string, from ...string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 2, rapid.ID[string]).Draw(t, name)
	}
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		caller := identity.Principal{
			Subject: rapid.SampledFrom([]string{"officer1", "officer2"}).Draw(t, "subject"),
			Roles:   rapid.SliceOfNDistinct(rapid.SampledFrom(identity.Roles()), 0, 3, rapid.ID[identity.Role]).Draw(t, "roles"),
			Offices: pick(t, "offices", "BOS", "LOS", "*"), Countries: pick(t, "countries", "GHA", "VNM", "*"),
			Posts: pick(t, "posts", "gha-washington", "vnm-houston", "*"),
		}
		subject := identity.Subject{
			FieldOffice: rapid.SampledFrom([]string{"BOS", "LOS", "NYC"}).Draw(t, "office"),
			Country:     rapid.SampledFrom([]string{"GHA", "VNM", "HTI"}).Draw(t, "country"),
			Post:        rapid.SampledFrom([]string{"gha-washington", "vnm-houston", "hti-miami"}).Draw(t, "post"),
			Officer:     rapid.SampledFrom([]string{"officer1", "officer2", "officer3"}).Draw(t, "officer"),
		}
		for _, operation := range []identity.Operation{identity.ReadRequests, identity.ReadDeadlines, identity.ReadCustody, identity.ReadHolds, identity.ReadReports} {
			want := policy.Allows(caller, operation, subject)
			if got := inSight(sightOf(policy, caller, operation), subject); got != want {
				t.Fatalf("%s: the list says %v, the policy %v", operation, got, want)
			}
			if want {
				seen++
			}
		}
	})
	if seen == 0 {
		t.Fatal("no case was in sight")
	}
}

// A command is given in those roles alone through which its giver sees the case.
func TestActorHasTheRolesThatSee(t *testing.T) {
	caller := identity.Principal{
		Subject: "officer1", Roles: []identity.Role{identity.Liaison, identity.Officer, identity.Supervisor},
		Offices: []string{"BOS"}, Countries: []string{"GHA"},
	}
	abroad := ActorFor(caller, identity.Subject{FieldOffice: "LOS", Country: "GHA", Officer: "officer2"})
	if !slices.Equal(abroad.Roles, []tdr.Role{tdr.LiaisonRole}) {
		t.Errorf("abroad: %v", abroad.Roles)
	}
	home := ActorFor(caller, identity.Subject{FieldOffice: "BOS", Country: "VNM", Officer: "officer2"})
	if !slices.Equal(home.Roles, []tdr.Role{tdr.OfficerRole, tdr.SupervisorRole}) {
		t.Errorf("home: %v", home.Roles)
	}
}

func TestFingerprintTellsCallsApart(t *testing.T) {
	base := call{method: "POST", path: "/v1/holds", body: []byte("{}"), principal: identity.Principal{Subject: "a"}}
	others := []call{base, base, base, base, base}
	others[0].method = "GET"
	others[1].path = "/v1/hold"
	others[2].body = []byte("{ }")
	others[3].principal.Subject = "b"
	others[4].path, others[4].principal.Subject = "/v1/hold", "sa"
	for i, other := range others {
		if slices.Equal(base.fingerprint(), other.fingerprint()) {
			t.Errorf("call %d has the same fingerprint", i)
		}
	}
	if !slices.Equal(base.fingerprint(), base.fingerprint()) {
		t.Error("a call differs from itself")
	}
}
