package calendar

import "time"

// A Slice is everything needed to count business time of one office or post
// over a stretch of years, written down: zone offsets, opening hours and
// holidays. A request records its slices when it opens, so that a later
// correction of a holiday table or of the zone database never moves a date
// that was already derived; nothing below consults the zone database.
type Slice struct {
	Name     string     `json:"name"`     // "office/BOS", "post/gha-washington"
	Zone     string     `json:"zone"`     // IANA name, for people
	Offsets  []Offset   `json:"offsets"`  // by From, the first at or before First
	Week     [7][]Hours `json:"week"`     // by time.Weekday; empty means closed
	Holidays Holidays   `json:"holidays"` // by date
	First    Date       `json:"first"`    // the slice answers for [First, Last]
	Last     Date       `json:"last"`
	Hash     string     `json:"hash"` // SHA-256 over the canonical form of all above
}

// Offset is the distance from UTC that holds from an instant on.
type Offset struct {
	From    int64  `json:"from"`    // Unix seconds
	Seconds int    `json:"seconds"` // east of Greenwich
	Name    string `json:"name"`    // "EST"
}

// Hours is one stretch of opening time on a local day, in minutes after midnight, [Open, Close).
type Hours struct {
	Open  int `json:"open"`
	Close int `json:"close"`
}

// Holiday is a local day on which the office or post is closed.
type Holiday struct {
	Date Date   `json:"date"`
	Name string `json:"name"`
}

// Unit says what an Amount counts.
type Unit string

// The units of a term.
const (
	BusinessDays  Unit = "business_days"  // days on which the slice is open
	BusinessHours Unit = "business_hours" // opening time, to the minute
	CalendarDays  Unit = "calendar_days"  // every local day
	Seconds       Unit = "seconds"        // for benchmarks and tests; production packs are refused
)

// Amount is a length of time as a pack or a rule states it.
type Amount struct {
	N    int  `json:"n"    yaml:"n"`
	Unit Unit `json:"unit" yaml:"unit"`
}

// Pause is a stretch during which a clock does not run. A zero To means that it still lasts.
type Pause struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"`
	Reason string    `json:"reason"` // a code, never free text
	Review Date      `json:"review,omitzero"`
}
