package custody

import (
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Branch is one of the three dates of 8 CFR 241.4(g)(1)(i) of which R0 is the latest.
type Branch string

// The branches, by their letter in the regulation.
const (
	BranchOrder    Branch = "A" // the order became administratively final
	BranchStay     Branch = "B" // the order can be executed again after a court stay
	BranchCriminal Branch = "C" // release from detention outside the immigration process
)

// Source cites the branch.
func (b Branch) Source() string { return "8 CFR 241.4(g)(1)(i)(" + string(b) + ")" }

// Basis says why R0 is the day it is.
type Basis struct {
	Event  string        `json:"event"`
	Kind   Kind          `json:"kind"`
	Date   calendar.Date `json:"date"`
	Branch Branch        `json:"branch"`
	Source string        `json:"source"`
}

// Status of a milestone on the day the clock is read.
type Status string

// The statuses.
const (
	Coming    Status = "coming"    // its day lies ahead
	Due       Status = "due"       // its day is today
	Missed    Status = "missed"    // its day passed in detention and nothing fulfilled it
	Suspended Status = "suspended" // a court stay is in force; the old date stays visible
	Owed      Status = "owed"      // its day came while the person was free; owed from the return to detention
	Done      Status = "done"
)

// Milestone is one legal duty on its raw date.
type Milestone struct {
	Name   string        `json:"name"`
	Key    string        `json:"key"` // name and anchor date: another removal period has other keys
	Day    int           `json:"day"` // days after R0
	Date   calendar.Date `json:"date"`
	Status Status        `json:"status"`
	// ClosedDay flags a date on which the office is closed. The date is never
	// shifted: the regulation knows no next working day.
	ClosedDay    bool          `json:"closed_day,omitempty"`
	ClosedReason string        `json:"closed_reason,omitempty"` // "weekend" or "holiday"; "unknown" beyond the office's calendar
	Holiday      string        `json:"holiday,omitempty"`
	DoneBy       string        `json:"done_by,omitempty"` // event
	DoneOn       calendar.Date `json:"done_on,omitzero"`
	LateDays     int           `json:"late_days,omitempty"` // DoneOn, or today when missed, after Date
	OwedSince    calendar.Date `json:"owed_since,omitzero"` // return to detention; empty while free
	// MayWait tells that the review need not be completed until the person has
	// complied, 8 CFR 241.4(g)(5). It changes neither date nor status.
	MayWait     bool        `json:"may_wait,omitempty"`
	Source      string      `json:"source"`
	Evidence    string      `json:"evidence"`
	Explanation Explanation `json:"explanation"`
}

// Explanation is all that is needed to recompute a milestone's date by hand.
type Explanation struct {
	Rules       int           `json:"rules"`
	Anchor      Anchor        `json:"anchor"`
	AnchorEvent string        `json:"anchor_event"`
	AnchorKind  Kind          `json:"anchor_kind"`
	AnchorDate  calendar.Date `json:"anchor_date"`
	Steps       []Step        `json:"steps"`
	Result      calendar.Date `json:"result"`
}

// Extension is one stretch of failure to comply that lengthens the removal period.
type Extension struct {
	Notice   string        `json:"notice"` // event
	Served   calendar.Date `json:"served"`
	Complied string        `json:"complied,omitempty"` // event; empty while it lasts
	On       calendar.Date `json:"on,omitzero"`
	Source   string        `json:"source"`
}

// Clock is a person's custody clock as read on one day.
type Clock struct {
	Rules   int           `json:"rules"`
	AsOf    calendar.Date `json:"as_of"`
	KnownAt time.Time     `json:"known_at,omitzero"` // zero: everything recorded

	R0        calendar.Date `json:"r0,omitzero"` // day 0; empty without an order and while Suspended
	Basis     *Basis        `json:"basis,omitempty"`
	Suspended bool          `json:"suspended"`        // a court stay is in force
	Before    *Basis        `json:"before,omitempty"` // while Suspended: what R0 rested on when the stay began

	Detained      bool          `json:"detained"`
	DetainedSince calendar.Date `json:"detained_since,omitzero"`
	HabeasFiled   calendar.Date `json:"habeas_filed,omitzero"` // of the last petition, while one is pending

	// PeriodEnds is the last day of the removal period with its extensions. It is
	// empty while the person fails to comply, because no day can be named then.
	PeriodEnds calendar.Date `json:"period_ends,omitzero"`
	PeriodOpen bool          `json:"period_open,omitempty"` // extended until compliance is shown
	Extensions []Extension   `json:"extensions,omitempty"`

	Milestones []Milestone `json:"milestones"` // by date; of the old period while Suspended
}

// Summary is what a request needs to know of the clock.
type Summary struct {
	Detained    bool          `json:"detained"`
	Suspended   bool          `json:"suspended,omitempty"`
	R0          calendar.Date `json:"r0,omitzero"`     // empty while Suspended
	Before      calendar.Date `json:"before,omitzero"` // while Suspended: R0 when the stay began
	HabeasFiled calendar.Date `json:"habeas_filed,omitzero"`
}

// Summary of the clock for requests.
func (c Clock) Summary() Summary {
	summary := Summary{Detained: c.Detained, Suspended: c.Suspended, R0: c.R0, HabeasFiled: c.HabeasFiled}
	if c.Before != nil {
		summary.Before = c.Before.Date
	}
	return summary
}

// Outstanding are the duties to be acted on: due, missed or owed, of a person
// in detention. A free person has none.
func (c Clock) Outstanding() []Milestone {
	var found []Milestone
	for _, milestone := range c.Milestones {
		if c.Detained && (milestone.Status == Due || milestone.Status == Missed || milestone.Status == Owed) {
			found = append(found, milestone)
		}
	}
	return found
}

// RemovalDays are day 90 and day 180 after R0, as the milestones of 8 CFR
// 241.4(g)(2) and 241.13(b)(2)(ii) place them. There are none while a court stay
// is in force, when the milestones are of the old period, nor without an order.
func (c Clock) RemovalDays() (day90, day180 calendar.Date) {
	if c.Suspended {
		return day90, day180
	}
	for _, milestone := range c.Milestones {
		switch milestone.Name {
		case HeadquartersAssistance:
			day90 = milestone.Date
		case SixMonths:
			day180 = milestone.Date
		}
	}
	return day90, day180
}

// NextDate is the first day ahead on which a milestone falls; false when there is none.
func (c Clock) NextDate() (calendar.Date, bool) {
	for _, milestone := range c.Milestones {
		if milestone.Status == Coming {
			return milestone.Date, true
		}
	}
	return calendar.Date{}, false
}
