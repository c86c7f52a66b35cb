package directory

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Fault is one thing wrong with the directory.
type Fault struct {
	Entry string `json:"entry"` // "person officer1", "line 12"
	Rule  string `json:"rule"`  // what has to hold
}

// Faults is everything wrong with the directory, as an error.
type Faults []Fault

// Error lists every fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Entry + ": " + fault.Rule
	}
	return strings.Join(lines, "; ")
}

// checker collects faults. The patterns live in it because nothing in the
// package is global.
type checker struct {
	data    Data
	people  map[string]bool
	offices map[string]bool
	posts   map[string]bool
	zones   map[string]bool // looked up once each
	id      *regexp.Regexp
	code    *regexp.Regexp
	faults  Faults
}

// check finds everything wrong with rows.
func check(data Data) Faults {
	c := &checker{
		data: data, people: map[string]bool{}, offices: map[string]bool{}, posts: map[string]bool{}, zones: map[string]bool{},
		id:   regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`),
		code: regexp.MustCompile(`^[A-Z]{3}$`),
	}
	c.identities()
	for _, person := range data.People {
		c.person(person)
	}
	for _, office := range data.Offices {
		c.office(office)
	}
	for _, post := range data.Posts {
		c.post(post)
	}
	for _, desk := range data.Desks {
		c.desk(desk)
	}
	return c.faults
}

func (c *checker) want(ok bool, entry, rule string, args ...any) {
	if !ok {
		c.faults = append(c.faults, Fault{Entry: entry, Rule: fmt.Sprintf(rule, args...)})
	}
}

// identities notes every id before references are checked.
func (c *checker) identities() {
	note := func(seen map[string]bool, pattern *regexp.Regexp, kind, id string) {
		c.want(pattern.MatchString(id), kind+" "+id, "id must match %s", pattern)
		c.want(!seen[id], kind+" "+id, "id is repeated")
		seen[id] = true
	}
	for _, person := range c.data.People {
		note(c.people, c.id, "person", person.ID)
	}
	for _, office := range c.data.Offices {
		note(c.offices, c.code, "office", office.Code)
	}
	for _, post := range c.data.Posts {
		note(c.posts, c.id, "post", post.ID)
	}
	desks := map[string]bool{}
	for _, desk := range c.data.Desks {
		note(desks, c.id, "desk", desk.ID)
	}
}

func (c *checker) person(p Person) {
	entry := "person " + p.ID
	c.want(p.Name != "", entry, "name is missing")
	c.email(entry, p.Email)
	c.hours(entry, p.Zone, p.Hours)
	c.span(entry, "valid", p.Valid)
	c.want(len(p.Roles) > 0, entry, "needs a role")
	for _, role := range p.Roles {
		c.want(slices.Contains(roles(), role), entry, "role %q is unknown", role)
	}
	c.scope(entry, "office", p.Offices, func(code string) bool { return c.offices[code] })
	c.scope(entry, "country", p.Countries, c.code.MatchString)
	for _, post := range p.Posts {
		c.want(c.posts[post], entry, "post %q is not in the directory", post)
	}
	c.want(p.Supervisor == "" || c.people[p.Supervisor] && p.Supervisor != p.ID, entry, "supervisor %q must be another person of the directory", p.Supervisor)
	for _, deputy := range p.Deputies {
		c.want(c.people[deputy.Person] && deputy.Person != p.ID, entry, "deputy %q must be another person of the directory", deputy.Person)
		c.span(entry, "deputy", deputy.Valid)
	}
	for _, absence := range p.Absences {
		c.span(entry, "absence", absence)
		c.want(!absence.From.IsZero(), entry, "absence needs a first day")
	}
}

func (c *checker) office(o Office) {
	entry := "office " + o.Code
	c.want(o.Name != "" && o.City != "" && o.Area != "", entry, "needs a name, a city and an area")
	c.hours(entry, o.Zone, o.Hours)
	c.span(entry, "valid", o.Valid)
	c.holidays(entry, o.Holidays, nil)
}

func (c *checker) post(p Post) {
	entry := "post " + p.ID
	c.want(c.code.MatchString(p.Country), entry, "country must be an ISO 3166-1 alpha-3 code")
	c.want(strings.HasPrefix(p.ID, strings.ToLower(p.Country)+"-"), entry, "id must begin with the country")
	c.want(slices.Contains([]PostKind{Embassy, Consulate, Mission}, p.Kind), entry, "kind must be embassy, consulate or mission")
	c.want(p.Name != "" && p.City != "", entry, "needs a name and a city")
	c.email(entry, p.Email)
	c.hours(entry, p.Zone, p.Hours)
	c.span(entry, "valid", p.Valid)
	c.holidays(entry, p.Holidays, p.Yearly)
	c.want(len(p.Holidays)+len(p.Yearly) == 0 || p.HolidaySource != "", entry, "holidays need a source")
}

func (c *checker) holidays(entry string, single []Holiday, yearly []YearlyHoliday) {
	for _, holiday := range single {
		c.want(!holiday.Date.IsZero() && holiday.Name != "", entry, "a holiday needs a date and a name")
	}
	for _, holiday := range yearly {
		c.want(holiday.Month >= time.January && holiday.Month <= time.December && holiday.Day >= 1 && holiday.Day <= 31 && holiday.Name != "",
			entry, "a yearly holiday needs a day and a name")
	}
}

func (c *checker) desk(d Desk) {
	entry := "desk " + d.ID
	wanted, known := deskScopes()[d.Kind]
	c.want(known, entry, "kind %q is unknown", d.Kind)
	c.want(d.Name != "", entry, "name is missing")
	c.want(d.Email != "" || len(d.Members) > 0, entry, "needs an address or members")
	if d.Email != "" {
		c.email(entry, d.Email)
	}
	c.hours(entry, d.Zone, d.Hours)
	c.span(entry, "valid", d.Valid)
	c.want((len(d.Offices) > 0) == (wanted == scopeOffice), entry, "offices are for td_coordinator, counsel and special_desk, which need them")
	c.want((len(d.Countries) > 0) == (wanted == scopeCountry), entry, "countries are for attache and state_desk, which need them")
	c.scope(entry, "office", d.Offices, func(code string) bool { return c.offices[code] })
	c.scope(entry, "country", d.Countries, c.code.MatchString)
	for _, member := range d.Members {
		c.want(c.people[member], entry, "member %q is not in the directory", member)
	}
}

func (c *checker) scope(entry, kind string, list []string, known func(string) bool) {
	for _, element := range list {
		c.want(element == Everywhere || known(element), entry, "%s %q is unknown", kind, element)
	}
}

func (c *checker) span(entry, name string, s Span) {
	ordered := s.From.IsZero() || s.To.IsZero() || s.From.Before(s.To)
	c.want(ordered, entry, "%s %s must end after it begins", name, s)
}

// maxAddress is the longest address that can be delivered to, in octets (RFC 5321).
const maxAddress = 254

func (c *checker) email(entry, address string) {
	parsed, err := mail.ParseAddress(address)
	ok := err == nil && parsed.Address == address && len(address) <= maxAddress && !strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' })
	c.want(ok, entry, "email %q is not a plain address", address)
}

func (c *checker) hours(entry, zone string, week Week) {
	c.want(c.zone(zone), entry, "zone %q is no IANA name", zone)
	open := false
	for _, hours := range week {
		end := -1
		for _, stretch := range hours {
			c.want(stretch.Open > end && stretch.Close > stretch.Open && stretch.Close <= 24*60, entry, "hours must ascend within the day")
			end = stretch.Close
			open = true
		}
	}
	c.want(open, entry, "hours are missing")
}

func (c *checker) zone(name string) bool {
	known, looked := c.zones[name]
	if !looked {
		_, err := time.LoadLocation(name)
		// The standard library takes these two names for UTC and for the machine's own zone.
		known = err == nil && name != "" && name != "Local"
		c.zones[name] = known
	}
	return known
}
