package identity

import (
	"slices"
	"testing"
)

// Rule 17 is kept by there being no route: no role is a foreign one, and every
// operation belongs to roles of our own government alone. Whoever adds a foreign
// role answers here for what it sees and when its access ends.
func TestRule17_NoForeignRole(t *testing.T) {
	ours := []Role{Officer, Supervisor, Counsel, Liaison, State, Manager, Auditor, Admin, Service}
	for _, role := range Roles() {
		if !slices.Contains(ours, role) {
			t.Errorf("rule 17: %s is a role, and nobody said whose", role)
		}
	}
	for _, rule := range Rules() {
		for _, role := range rule.Roles {
			if !slices.Contains(ours, role) {
				t.Errorf("rule 17: %s may %s, and nobody said whose role it is", role, rule.Operation)
			}
		}
	}
	foreign := claims{Roles: []string{"consulate", "post", "foreign_user"}}
	if caller := foreign.principal("post1"); len(caller.Roles) != 0 {
		t.Errorf("rule 17: a token of a foreign user carries %v", caller.Roles)
	}
}
