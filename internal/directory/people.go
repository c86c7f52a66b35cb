// Package directory knows who is asked, where and when: people with their
// roles and deputies, field offices, consular posts and desks. It resolves the
// addressees of every escalation level on a day. The rows live in PostgreSQL;
// a Snapshot is all of them at one moment, checked and indexed, and everything
// here is computed from it without further input.
package directory

import (
	"slices"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Role is what a person may do.
type Role string

// The roles.
const (
	Officer    Role = "officer"    // case officer of a field office
	Supervisor Role = "supervisor" // reviews what leaves
	Counsel    Role = "counsel"    // places and lifts legal holds
	Liaison    Role = "liaison"    // speaks with posts: attaché, travel-document coordinator
	State      Role = "state"      // Department of State desk officer
	Manager    Role = "manager"    // reads reports
	Auditor    Role = "auditor"    // reads everything, changes nothing
	Admin      Role = "admin"      // keeps the directory and the packs
)

func roles() []Role {
	return []Role{Officer, Supervisor, Counsel, Liaison, State, Manager, Auditor, Admin}
}

// Everywhere, as an element of Offices or Countries, stands for all of them.
const Everywhere = "*"

// Person is somebody who works with requests. The id is also the subject that
// the identity provider knows them by, and never changes.
type Person struct {
	ID         string   `json:"id"                   yaml:"id"`
	Name       string   `json:"name"                 yaml:"name"`
	Email      string   `json:"email"                yaml:"email"`
	Roles      []Role   `json:"roles"                yaml:"roles"`
	Offices    []string `json:"offices,omitempty"    yaml:"offices"`   // codes, or Everywhere
	Countries  []string `json:"countries,omitempty"  yaml:"countries"` // ISO 3166-1 alpha-3, or Everywhere
	Posts      []string `json:"posts,omitempty"      yaml:"posts"`
	Supervisor string   `json:"supervisor,omitempty" yaml:"supervisor"` // person
	Deputies   []Deputy `json:"deputies,omitempty"   yaml:"deputies"`   // asked in this order
	Absences   []Span   `json:"absences,omitempty"   yaml:"absences"`   // days of Zone
	Zone       string   `json:"zone"                 yaml:"zone"`       // IANA name
	Hours      Week     `json:"hours"                yaml:"hours"`
	Valid      Span     `json:"valid"                yaml:"valid"` // days of Zone
}

// Deputy stands in for a person who is absent.
type Deputy struct {
	Person string `json:"person" yaml:"person"`
	Valid  Span   `json:"valid"  yaml:"valid"` // days of the absent person's zone
}

// Has tells whether the person holds a role.
func (p Person) Has(role Role) bool { return slices.Contains(p.Roles, role) }

// Present tells whether the person works on a day of their own zone: their
// entry is valid and no absence covers the day. Weekends do not matter here.
func (p Person) Present(on calendar.Date) bool {
	if !p.Valid.Contains(on) {
		return false
	}
	for _, absence := range p.Absences {
		if absence.Contains(on) {
			return false
		}
	}
	return true
}

// deputyIDs lists who stands in on a day, in order.
func (p Person) deputyIDs(on calendar.Date) []string {
	var ids []string
	for _, deputy := range p.Deputies {
		if deputy.Valid.Contains(on) {
			ids = append(ids, deputy.Person)
		}
	}
	return ids
}
