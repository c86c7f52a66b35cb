package directory

import (
	"slices"
	"strings"
	"time"
)

// Case is what the ladder has to know of a request to find its addressees.
type Case struct {
	Officer     string `json:"officer"`      // person
	Supervisor  string `json:"supervisor"`   // person; empty: who supervises the officer
	FieldOffice string `json:"field_office"` // office code
	Country     string `json:"country"`      // ISO 3166-1 alpha-3
	Post        string `json:"post"`
	// Special tells that a flag of the person routes the case specially.
	Special bool `json:"special,omitempty"`
}

// Recipient is a person, desk or post that mail goes to.
type Recipient struct {
	ID            string `json:"id"` // "person/officer1", "desk/hq-td", "post/gha-washington"
	Name          string `json:"name"`
	Email         string `json:"email"`
	Zone          string `json:"zone"`
	Hours         Week   `json:"hours"`
	Federal       bool   `json:"federal"`                  // rests on US federal holidays
	SubstituteFor string `json:"substitute_for,omitempty"` // person id, when this is a deputy
}

// Reason says why nobody was found.
type Reason string

// Why nobody was found.
const (
	NobodyNamed   Reason = "nobody_named"   // the case or the directory names nobody
	Unknown       Reason = "unknown"        // named, but not in the directory
	NoDesk        Reason = "no_desk"        // no valid desk of that kind for the office or country
	NobodyPresent Reason = "nobody_present" // absent or no longer valid, without a deputy who is there
	DeputyLoop    Reason = "deputy_loop"    // absent, and the deputies stand in for each other
)

// Missing is a place in the chain that nobody fills: a defect to be shown.
type Missing struct {
	Place  string `json:"place"` // "officer", "supervisor" or the kind of desk
	ID     string `json:"id,omitempty"`
	Reason Reason `json:"reason"`
}

// Addressees are who is told. Both lists can be filled: one of two was found.
type Addressees struct {
	Recipients []Recipient `json:"recipients"`
	Missing    []Missing   `json:"missing,omitempty"`
}

// Nobody tells that the level reached no one: the next level opens at once.
func (a Addressees) Nobody() bool { return len(a.Recipients) == 0 }

// TopLevel is the highest level of the per-request ladder, L6.
const TopLevel = 6

// Addressees finds who is told at a level (0 to TopLevel) of the per-request
// ladder at an instant. Dates of absence and validity are days in the zone of
// the person or desk concerned. A level outside the ladder has nobody.
func (s Snapshot) Addressees(level int, c Case, at time.Time) Addressees {
	r := resolution{snapshot: s, c: c, at: at}
	switch level {
	case 0:
		r.officer()
	case 1:
		r.officer()
		r.supervisor()
	case 2:
		r.desk(TDCoordinator)
	case 3:
		r.desk(HQTDDesk)
	case 4:
		r.desk(Attache)
		r.desk(StateDesk)
	case 5:
		r.desk(CustodyUnit)
		r.desk(CounselDesk)
		r.desk(StateDesk)
	case TopLevel:
		r.desk(CustodyUnit)
		r.desk(CounselDesk)
	default:
		r.miss("level", "", NobodyNamed)
		return r.found
	}
	if c.Special && level > 0 {
		r.special()
	}
	return r.found
}

// CustodyAddressees finds who is told of a custody duty of a detained person:
// the custody unit, the officer and the supervisor.
func (s Snapshot) CustodyAddressees(c Case, at time.Time) Addressees {
	r := resolution{snapshot: s, c: c, at: at}
	r.desk(CustodyUnit)
	r.officer()
	r.supervisor()
	if c.Special {
		r.special()
	}
	return r.found
}

// Serves tells whether a person is a member of a valid desk of a kind that
// answers for an office or country.
func (s Snapshot) Serves(person string, kind DeskKind, c Case, at time.Time) bool {
	return slices.ContainsFunc(s.desksFor(kind, c, at), func(d Desk) bool { return slices.Contains(d.Members, person) })
}

// CounselAddressees finds who is told of what counsel alone decides: the desk of
// the office, or where it answers nobody by name all counsel of the whole agency, who
// see the case wherever it is. That the desk is missing stays among what is found.
func (s Snapshot) CounselAddressees(c Case, at time.Time) Addressees {
	r := resolution{snapshot: s, c: c, at: at}
	r.counsel()
	return r.found
}

// ClaimAddressees finds who is told of a claim to citizenship: counsel, or without
// any the supervisor, because such a claim must not lie with nobody.
func (s Snapshot) ClaimAddressees(c Case, at time.Time) Addressees {
	r := resolution{snapshot: s, c: c, at: at}
	r.counsel()
	if r.found.Nobody() {
		r.supervisor()
	}
	return r.found
}

func (r *resolution) counsel() {
	r.desk(CounselDesk)
	if r.found.Nobody() {
		r.agencyCounsel()
	}
}

func (r *resolution) agencyCounsel() {
	for _, person := range r.snapshot.data.People {
		if person.Has(Counsel) && slices.Contains(person.Offices, Everywhere) && person.Valid.Contains(r.snapshot.localDate(r.at, person.Zone)) {
			r.person("counsel", person.ID)
		}
	}
}

// Recipient finds a recipient by its id ("person/officer1", "desk/hq-td", "post/gha-washington"), as
// a mailbox has to that was poked earlier. Absence does not matter; validity does.
func (s Snapshot) Recipient(id string, at time.Time) (Recipient, bool) {
	for _, desk := range s.data.Desks {
		if "desk/"+desk.ID == id {
			return deskRecipient(desk), desk.Email != "" && desk.Valid.Contains(s.localDate(at, desk.Zone))
		}
	}
	if post, valid := s.PostOn(strings.TrimPrefix(id, postPrefix), at); IsPost(id) {
		return postRecipient(post), valid
	}
	if len(id) > len("person/") && id[:len("person/")] == "person/" {
		person, ok := s.PersonOn(id[len("person/"):], at)
		return personRecipient(person, ""), ok
	}
	return Recipient{}, false
}

// PersonOrDeputy finds who is told instead of a person who is absent.
func (s Snapshot) PersonOrDeputy(id string, at time.Time) Addressees {
	r := resolution{snapshot: s, at: at}
	r.person("person", id)
	return r.found
}

// resolution collects the addressees of one question.
type resolution struct {
	snapshot Snapshot
	c        Case
	at       time.Time
	found    Addressees
}

func (r *resolution) miss(place, id string, reason Reason) {
	r.found.Missing = append(r.found.Missing, Missing{Place: place, ID: id, Reason: reason})
}

// add keeps each recipient once: a deputy can stand in for two.
func (r *resolution) add(recipient Recipient) {
	for _, have := range r.found.Recipients {
		if have.ID == recipient.ID {
			return
		}
	}
	r.found.Recipients = append(r.found.Recipients, recipient)
}

func (r *resolution) officer() { r.person("officer", r.c.Officer) }

func (r *resolution) supervisor() {
	id := r.c.Supervisor
	if id == "" {
		supervisor, _ := r.snapshot.SupervisorOf(r.c.Officer, r.c.FieldOffice, r.at)
		id = supervisor.ID
	}
	r.person("supervisor", id)
}

// special asks the one desk for people with a flag, whichever flag it is, so
// that who is asked does not tell; where an office has none, its counsel answers.
func (r *resolution) special() {
	if len(r.snapshot.desksFor(SpecialDesk, r.c, r.at)) == 0 {
		r.desk(CounselDesk)
		return
	}
	r.desk(SpecialDesk)
}

// person adds somebody or whoever stands in for them, and tells whether anybody did.
func (r *resolution) person(place, id string) bool {
	if id == "" {
		r.miss(place, "", NobodyNamed)
		return false
	}
	person, reason := r.snapshot.standIn(id, r.at, map[string]Reason{})
	if reason != "" {
		r.miss(place, id, reason)
		return false
	}
	substitute := ""
	if person.ID != id {
		substitute = id
	}
	r.add(personRecipient(person, substitute))
	return true
}

// underWay marks in standIn's memory a person whose deputies are being asked.
const underWay Reason = "under_way"

// standIn follows the deputies of a person until somebody is there. Deputies
// are tried in order, each with their own deputies; nobody is asked twice.
func (s Snapshot) standIn(id string, at time.Time, asked map[string]Reason) (Person, Reason) {
	person, ok := s.people[id]
	if !ok {
		return Person{}, Unknown
	}
	today := s.localDate(at, person.Zone)
	if person.Present(today) {
		return person, ""
	}
	asked[id] = underWay
	reason := NobodyPresent
	for _, deputy := range person.deputyIDs(today) {
		why, known := asked[deputy]
		if !known {
			var found Person
			if found, why = s.standIn(deputy, at, asked); why == "" {
				return found, ""
			}
		}
		if why == underWay || why == DeputyLoop {
			reason = DeputyLoop
		}
	}
	asked[id] = reason
	return Person{}, reason
}

// desk asks the desks of a kind: one for the very office or country before one
// for all, then by id, until one answers. A desk without an address is its members.
func (r *resolution) desk(kind DeskKind) {
	desks := r.snapshot.desksFor(kind, r.c, r.at)
	if len(desks) == 0 {
		r.miss(string(kind), "", NoDesk)
		return
	}
	already := len(r.found.Missing)
	for _, desk := range desks {
		if r.manned(desk) {
			// Absent members are no defect while somebody answers for the desk.
			r.found.Missing = r.found.Missing[:already]
			return
		}
	}
}

func (r *resolution) manned(desk Desk) bool {
	if desk.Email != "" {
		r.add(deskRecipient(desk))
		return true
	}
	anybody := false
	for _, member := range desk.Members {
		if r.person(string(desk.Kind), member) {
			anybody = true
		}
	}
	return anybody
}

func (s Snapshot) desksFor(kind DeskKind, c Case, at time.Time) []Desk {
	var named, general []Desk
	for _, desk := range s.data.Desks {
		if desk.Kind != kind || !desk.Valid.Contains(s.localDate(at, desk.Zone)) {
			continue
		}
		switch desk.covers(c.FieldOffice, c.Country) {
		case byName:
			named = append(named, desk)
		case forAll:
			general = append(general, desk)
		}
	}
	return append(named, general...)
}

func personRecipient(p Person, substituteFor string) Recipient {
	return Recipient{
		ID: "person/" + p.ID, Name: p.Name, Email: p.Email, Zone: p.Zone, Hours: p.Hours,
		Federal: true, SubstituteFor: substituteFor,
	}
}

func deskRecipient(d Desk) Recipient {
	return Recipient{ID: "desk/" + d.ID, Name: d.Name, Email: d.Email, Zone: d.Zone, Hours: d.Hours, Federal: d.Federal}
}

const postPrefix = "post/"

// PostRecipient is the recipient's id of a post.
func PostRecipient(post string) string { return postPrefix + post }

// IsPost tells whether a recipient's id is that of a post, which is outside and does not sign in.
func IsPost(recipient string) bool { return strings.HasPrefix(recipient, postPrefix) }

func postRecipient(p Post) Recipient {
	return Recipient{ID: PostRecipient(p.ID), Name: p.Name, Email: p.Email, Zone: p.Zone, Hours: p.Hours, Federal: p.Federal}
}
