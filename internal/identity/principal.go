// Package identity says who calls and what they may see and do. It verifies
// OpenID Connect bearer tokens and holds the one table of permissions.
package identity

import (
	"slices"
	"strings"
)

// Role is a part that a person or a machine plays. A token may carry several.
type Role string

// The roles.
const (
	Officer    Role = "officer"    // case officer of a field office
	Supervisor Role = "supervisor" // supervises officers; releases what leaves
	Counsel    Role = "counsel"    // the government's lawyer; holds and legal dates
	Liaison    Role = "liaison"    // area coordinator, headquarters desk, attaché
	State      Role = "state"      // Department of State desk
	Manager    Role = "manager"    // reads figures, steers no case
	Auditor    Role = "auditor"    // reads everything, changes nothing
	Admin      Role = "admin"      // keeps directory and country packs; no access to cases
	Service    Role = "service"    // a machine, such as an import or a report
)

// Roles lists every role.
func Roles() []Role {
	return []Role{Officer, Supervisor, Counsel, Liaison, State, Manager, Auditor, Admin, Service}
}

// All in a list of offices, countries or posts stands for every one.
const All = "*"

// Principal is a caller whose token was verified.
type Principal struct {
	Subject   string // the provider's id of the caller, the same as the id in the directory
	Name      string // for greeting on pages; may be empty
	Roles     []Role // known roles only, sorted, each once
	Offices   []string
	Countries []string // ISO 3166-1 alpha-3
	Posts     []string
}

// Has tells whether the caller plays the role.
func (p Principal) Has(role Role) bool { return slices.Contains(p.Roles, role) }

// claims is what is read from a token besides the standard ones. All lists are arrays of strings.
type claims struct {
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
	Offices   []string `json:"offices"`
	Countries []string `json:"countries"`
	Posts     []string `json:"posts"`
}

// principal drops roles that this system does not know, because a provider
// serves other systems too.
func (c claims) principal(subject string) Principal {
	var roles []Role
	for _, role := range Roles() {
		if slices.Contains(c.Roles, string(role)) {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	return Principal{
		Subject: subject, Name: c.Name, Roles: roles,
		Offices: named(c.Offices), Countries: named(c.Countries), Posts: named(c.Posts),
	}
}

// named drops empty entries, which would match a subject that lacks the field.
func named(list []string) []string {
	kept := slices.DeleteFunc(slices.Clone(list), func(entry string) bool { return strings.TrimSpace(entry) == "" })
	slices.Sort(kept)
	return slices.Compact(kept)
}
