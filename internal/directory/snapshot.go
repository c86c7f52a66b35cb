package directory

import (
	"slices"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Data is the directory as rows.
type Data struct {
	People  []Person `json:"people"  yaml:"people"`
	Offices []Office `json:"offices" yaml:"offices"`
	Posts   []Post   `json:"posts"   yaml:"posts"`
	Desks   []Desk   `json:"desks"   yaml:"desks"`
}

// Snapshot is the whole directory at one moment, checked and indexed. It does
// not change and is safe for concurrent use; the zero Snapshot knows nobody.
type Snapshot struct {
	data    Data
	people  map[string]Person
	offices map[string]Office
	posts   map[string]Post
	zones   map[string]*time.Location
}

// NewSnapshot checks rows and indexes them. The error is Faults, with every
// fault. Order does not matter: everything is sorted by its id.
func NewSnapshot(data Data) (Snapshot, error) {
	if faults := check(data); len(faults) > 0 {
		return Snapshot{}, faults
	}
	s := Snapshot{
		data:   Data{People: slices.Clone(data.People), Offices: slices.Clone(data.Offices), Posts: slices.Clone(data.Posts), Desks: slices.Clone(data.Desks)},
		people: map[string]Person{}, offices: map[string]Office{}, posts: map[string]Post{},
		zones: map[string]*time.Location{},
	}
	slices.SortFunc(s.data.People, func(a, b Person) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.data.Offices, func(a, b Office) int { return strings.Compare(a.Code, b.Code) })
	slices.SortFunc(s.data.Posts, func(a, b Post) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(s.data.Desks, func(a, b Desk) int { return strings.Compare(a.ID, b.ID) })
	for _, person := range s.data.People {
		s.people[person.ID] = person
		s.know(person.Zone)
	}
	for _, office := range s.data.Offices {
		s.offices[office.Code] = office
		s.know(office.Zone)
	}
	for _, post := range s.data.Posts {
		s.posts[post.ID] = post
		s.know(post.Zone)
	}
	for _, desk := range s.data.Desks {
		s.know(desk.Zone)
	}
	return s, nil
}

// know loads a zone once; check has seen that it exists.
func (s *Snapshot) know(zone string) {
	if _, ok := s.zones[zone]; ok {
		return
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	s.zones[zone] = location
}

// localDate is the date in a zone of the snapshot.
func (s Snapshot) localDate(at time.Time, zone string) calendar.Date {
	return calendar.DateOf(at.In(s.zones[zone]))
}

// Data returns a copy of the rows, sorted by id.
func (s Snapshot) Data() Data {
	return Data{People: slices.Clone(s.data.People), Offices: slices.Clone(s.data.Offices), Posts: slices.Clone(s.data.Posts), Desks: slices.Clone(s.data.Desks)}
}

// Person finds a person by id, valid or not.
func (s Snapshot) Person(id string) (Person, bool) {
	person, ok := s.people[id]
	return person, ok
}

// Office finds a field office by code, valid or not.
func (s Snapshot) Office(code string) (Office, bool) {
	office, ok := s.offices[code]
	return office, ok
}

// Post finds a post by id, valid or not.
func (s Snapshot) Post(id string) (Post, bool) {
	post, ok := s.posts[id]
	return post, ok
}

// PersonOn finds a person whose entry is valid at an instant.
func (s Snapshot) PersonOn(id string, at time.Time) (Person, bool) {
	person, ok := s.people[id]
	return person, ok && person.Valid.Contains(s.localDate(at, person.Zone))
}

// OfficeOn finds an office that is open at an instant (its entry, not its doors).
func (s Snapshot) OfficeOn(code string, at time.Time) (Office, bool) {
	office, ok := s.offices[code]
	return office, ok && office.Valid.Contains(s.localDate(at, office.Zone))
}

// PostOn finds a post whose entry is valid at an instant.
func (s Snapshot) PostOn(id string, at time.Time) (Post, bool) {
	post, ok := s.posts[id]
	return post, ok && post.Valid.Contains(s.localDate(at, post.Zone))
}

// PostsOf lists the posts of a country that are valid at an instant, by id.
func (s Snapshot) PostsOf(country string, at time.Time) []Post {
	var posts []Post
	for _, post := range s.data.Posts {
		if _, valid := s.PostOn(post.ID, at); valid && post.Country == country {
			posts = append(posts, post)
		}
	}
	return posts
}

// Calendar is the business time of "office/BOS" or "post/gha-washington".
func (s Snapshot) Calendar(of string) (calendar.Spec, bool) {
	kind, id, _ := strings.Cut(of, "/")
	switch kind {
	case "office":
		office, ok := s.offices[id]
		return office.Calendar(), ok
	case "post":
		post, ok := s.posts[id]
		return post.Calendar(), ok
	}
	return calendar.Spec{}, false
}

// SupervisorOf is who supervises an officer at an instant: the one named in
// the directory, else the first by id who supervises in the office and is
// there. It does not substitute deputies, so that the case keeps the person.
func (s Snapshot) SupervisorOf(officer, office string, at time.Time) (Person, bool) {
	if named, ok := s.PersonOn(s.people[officer].Supervisor, at); ok {
		return named, true
	}
	var standby Person
	found := false
	for _, person := range s.data.People {
		if person.ID == officer || !person.Has(Supervisor) || !slices.Contains(person.Offices, office) {
			continue
		}
		if _, valid := s.PersonOn(person.ID, at); !valid {
			continue
		}
		if person.Present(s.localDate(at, person.Zone)) {
			return person, true
		}
		if !found {
			standby, found = person, true
		}
	}
	return standby, found
}
