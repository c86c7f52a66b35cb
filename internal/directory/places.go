package directory

import (
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Office is a field office of Enforcement and Removal Operations with its area
// of responsibility.
type Office struct {
	Code     string    `json:"code"               yaml:"code"` // three capitals, "BOS"
	Name     string    `json:"name"               yaml:"name"`
	City     string    `json:"city"               yaml:"city"`
	Area     string    `json:"area"               yaml:"area"` // states and territories it answers for
	Address  string    `json:"address"            yaml:"address"`
	Zone     string    `json:"zone"               yaml:"zone"`
	Hours    Week      `json:"hours"              yaml:"hours"`
	Holidays []Holiday `json:"holidays,omitempty" yaml:"holidays"` // beside the federal ones
	Valid    Span      `json:"valid"              yaml:"valid"`
}

// Calendar is the office's business time; Name is "office/BOS". Federal
// holidays are closed (5 U.S.C. 6103).
func (o Office) Calendar() calendar.Spec {
	return calendar.Spec{
		Name: "office/" + o.Code, Zone: o.Zone, Week: o.Hours, Federal: true,
		Holidays: closedDays(o.Holidays, nil),
	}
}

// PostKind says what a post is.
type PostKind string

// The kinds of posts.
const (
	Embassy   PostKind = "embassy"
	Consulate PostKind = "consulate"
	Mission   PostKind = "mission" // an office without diplomatic rank, as TECRO
)

// Post is a consular post of a country, to which requests are sent.
type Post struct {
	ID            string          `json:"id"                   yaml:"id"`      // "gha-washington"
	Country       string          `json:"country"              yaml:"country"` // ISO 3166-1 alpha-3
	Kind          PostKind        `json:"kind"                 yaml:"kind"`
	Name          string          `json:"name"                 yaml:"name"`
	City          string          `json:"city"                 yaml:"city"`
	Address       string          `json:"address"              yaml:"address"`
	Email         string          `json:"email"                yaml:"email"`
	Zone          string          `json:"zone"                 yaml:"zone"`
	Hours         Week            `json:"hours"                yaml:"hours"`
	Federal       bool            `json:"federal"              yaml:"federal"`        // closed on US federal holidays too
	Holidays      []Holiday       `json:"holidays,omitempty"   yaml:"holidays"`       // single days
	Yearly        []YearlyHoliday `json:"yearly,omitempty"     yaml:"yearly"`         // the same day every year
	HolidaySource string          `json:"holiday_source"       yaml:"holiday_source"` // where the closed days come from
	Accreditation string          `json:"accreditation"        yaml:"accreditation"`  // for whom or where it acts
	Valid         Span            `json:"valid"                yaml:"valid"`
}

// Calendar is the post's business time; Name is "post/gha-washington".
func (p Post) Calendar() calendar.Spec {
	return calendar.Spec{
		Name: "post/" + p.ID, Zone: p.Zone, Week: p.Hours, Federal: p.Federal,
		Holidays: closedDays(p.Holidays, p.Yearly),
	}
}

// Holiday is a single closed day.
type Holiday struct {
	Date calendar.Date `json:"date"`
	Name string        `json:"name"`
}

// YearlyHoliday is closed on the same day of every year.
type YearlyHoliday struct {
	Month time.Month `json:"month"`
	Day   int        `json:"day"`
	Name  string     `json:"name"`
}

// Yearly holidays are written out for these years: longer than a request can
// live, short enough to be looked at.
const (
	firstHolidayYear = 2015
	lastHolidayYear  = 2060
)

// closedDays writes the holidays out. A day that a year lacks (29 February) is left out.
func closedDays(single []Holiday, yearly []YearlyHoliday) []calendar.Holiday {
	var days []calendar.Holiday
	for _, holiday := range single {
		days = append(days, calendar.Holiday(holiday))
	}
	for year := firstHolidayYear; year <= lastHolidayYear; year++ {
		for _, holiday := range yearly {
			date := calendar.DateOf(time.Date(year, holiday.Month, holiday.Day, 0, 0, 0, 0, time.UTC))
			if date.Month == holiday.Month {
				days = append(days, calendar.Holiday{Date: date, Name: holiday.Name})
			}
		}
	}
	return days
}

// DeskKind says what a desk is asked for.
type DeskKind string

// The kinds of desks, in the order in which the ladder climbs.
const (
	TDCoordinator DeskKind = "td_coordinator" // travel-document coordinator of an area: L2
	HQTDDesk      DeskKind = "hq_td_desk"     // headquarters travel-document desk: L3
	Attache       DeskKind = "attache"        // ICE attaché for a country: L4
	StateDesk     DeskKind = "state_desk"     // Department of State, for countries: L4, L5
	CustodyUnit   DeskKind = "custody_unit"   // headquarters custody determinations: L5, L6
	CounselDesk   DeskKind = "counsel"        // counsel of an office: L5, L6
	SpecialDesk   DeskKind = "special_desk"   // minors, medical, trafficking victims, families of an office: from L1
)

// scope is what a desk is found by.
type scope int

const (
	scopeNone scope = iota
	scopeOffice
	scopeCountry
)

func deskScopes() map[DeskKind]scope {
	return map[DeskKind]scope{
		TDCoordinator: scopeOffice, CounselDesk: scopeOffice, SpecialDesk: scopeOffice,
		Attache: scopeCountry, StateDesk: scopeCountry,
		HQTDDesk: scopeNone, CustodyUnit: scopeNone,
	}
}

// Desk is a function with an address of its own, or with members who are asked
// in person when it has none.
type Desk struct {
	ID        string   `json:"id"                  yaml:"id"`
	Kind      DeskKind `json:"kind"                yaml:"kind"`
	Name      string   `json:"name"                yaml:"name"`
	Offices   []string `json:"offices,omitempty"   yaml:"offices"`   // td_coordinator, counsel and special_desk; or Everywhere
	Countries []string `json:"countries,omitempty" yaml:"countries"` // attache and state_desk; or Everywhere
	Email     string   `json:"email,omitempty"     yaml:"email"`
	Zone      string   `json:"zone"                yaml:"zone"`
	Hours     Week     `json:"hours"               yaml:"hours"`
	Federal   bool     `json:"federal"             yaml:"federal"` // closed on US federal holidays
	Members   []string `json:"members,omitempty"   yaml:"members"` // persons
	Valid     Span     `json:"valid"               yaml:"valid"`
}

// coverage says how a desk comes to be responsible.
type coverage int

const (
	notAtAll coverage = iota
	forAll
	byName
)

// covers tells whether the desk is responsible for an office or country.
func (d Desk) covers(office, country string) coverage {
	list, wanted := d.Countries, country
	switch deskScopes()[d.Kind] {
	case scopeNone:
		return byName
	case scopeOffice:
		list, wanted = d.Offices, office
	}
	switch {
	case slices.Contains(list, wanted):
		return byName
	case slices.Contains(list, Everywhere):
		return forAll
	}
	return notAtAll
}
