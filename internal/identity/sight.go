package identity

import "slices"

// Subject is what decides who sees a request.
type Subject struct {
	FieldOffice string
	Country     string // ISO 3166-1 alpha-3
	Post        string
	Officer     string // id of the case officer, the same as in tokens
}

// Sees tells whether any role of the caller sees the subject. A caller who
// does not is answered as if it did not exist.
func Sees(caller Principal, subject Subject) bool {
	return slices.ContainsFunc(caller.Roles, func(role Role) bool { return sees(role, caller, subject) })
}

// sees is the rule of each role. Offices bound those who work in one; countries
// and posts bound those who work with them. Counsel, managers, auditors and
// services are bound by whichever of the two their token names. Administrators
// keep the system and see no case.
func sees(role Role, caller Principal, subject Subject) bool {
	office := within(caller.Offices, subject.FieldOffice)
	abroad := within(caller.Countries, subject.Country) || within(caller.Posts, subject.Post)
	switch role {
	case Officer:
		// A case stays with its officer when it moves to another office.
		return office || caller.Subject != "" && caller.Subject == subject.Officer
	case Supervisor:
		return office
	case Liaison, State:
		return abroad
	case Counsel, Manager, Auditor, Service:
		return office || abroad
	default:
		return false
	}
}

func within(list []string, entry string) bool {
	return slices.Contains(list, All) || entry != "" && slices.Contains(list, entry)
}
