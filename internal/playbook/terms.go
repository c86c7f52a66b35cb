package playbook

import "github.com/traveldoc/traveldoc/internal/calendar"

// Terms are the parts of a country pack that decide dates. A request records
// them when it opens and keeps them until it is told otherwise, so a new pack
// version never moves a running request.
type Terms struct {
	Country string `json:"country"` // ISO 3166-1 alpha-3
	Version int    `json:"version"`
	Hash    string `json:"hash"` // SHA-256 of the pack's canonical form; the default pack has one for all countries

	Stages         map[string]Term `json:"stages"`          // by stage name; a stage without a term has no clock of its own
	StagesDetained map[string]Term `json:"stages_detained"` // instead of Stages while the person is detained
	Timescale      Term            `json:"timescale"`       // 100 % of the consulate-owned interval
	Ladder         LadderTerms     `json:"ladder"`

	ValidityAlertPercents []int `json:"validity_alert_percents"` // of validity left, descending
	ValidityAlertDays     []int `json:"validity_alert_days"`     // calendar days before the end
	TravelMarginDays      int   `json:"travel_margin_days"`      // validity must outlast travel by this
}

// Stage is the term of a stage by its name, and whether the stage has a clock of
// its own. The shorter term of a detained person goes first.
func (t Terms) Stage(name string, detained bool) (Term, bool) {
	if detained {
		if term, ok := t.StagesDetained[name]; ok {
			return term, true
		}
	}
	term, ok := t.Stages[name]
	return term, ok
}

// Term is a length of time and the calendar that counts it.
type Term struct {
	Amount   calendar.Amount `json:"amount"   yaml:"amount"`
	Calendar Owner           `json:"calendar" yaml:"calendar"`
}

// Owner names whose calendar counts a term.
type Owner string

// The calendars of a request.
const (
	Post   Owner = "post"   // the consulate's zone, hours and holidays
	Office Owner = "office" // the field office's
)

// LadderTerms are the figures of the per-request escalation ladder.
type LadderTerms struct {
	Percents            []int           `json:"percents"`              // of Timescale, for L0, L1, L2, L3
	UnansweredFollowUps int             `json:"unanswered_follow_ups"` // that open L2
	AcknowledgeWithin   calendar.Amount `json:"acknowledge_within"`    // office time, then the next level opens
	NextDateLimits      []int           `json:"next_date_limits"`      // calendar days an acknowledgement may reach ahead, by level L0..L6
	CustodyDays         CustodyDays     `json:"custody_days"`
}

// CustodyDays are the days after R0 at which the law or house policy opens a level for a detained person.
type CustodyDays struct {
	L2 int `json:"l2"` // 60, house policy
	L3 int `json:"l3"` // 90, 8 CFR 241.4(g)(2)
	L4 int `json:"l4"` // 120, house policy
	L5 int `json:"l5"` // 150, before the 241.13 finding
	L6 int `json:"l6"` // 180, 8 CFR 241.13(b)(2)(ii)
}
