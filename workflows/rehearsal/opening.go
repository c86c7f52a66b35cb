// Package rehearsal lets workflows run without the world: invented requests,
// commands drawn for any state, and a stand-in for every port that keeps what it
// is given in memory. Tests and the recorder of replay fixtures use it.
package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// The people of a rehearsal.
const (
	Officer    = "officer-one"
	Second     = "officer-two"
	Supervisor = "supervisor-one"
)

// Evidence and Content stand for documents.
var (
	Evidence = tdr.Evidence(strings.Repeat("e", 64))
	Content  = tdr.ContentHash(strings.Repeat("c", 64))
)

// Terms are short enough to be lived through in a test, and exercise every kind
// of term. In seconds a whole ladder takes half a minute of real time.
func Terms(unit calendar.Unit) playbook.Terms {
	term := func(n int, owner playbook.Owner) playbook.Term {
		return playbook.Term{Amount: calendar.Amount{N: n, Unit: unit}, Calendar: owner}
	}
	return playbook.Terms{
		Country: "GHA", Version: 1, Hash: strings.Repeat("a", 64),
		Stages: map[string]playbook.Term{
			"assembling": term(30, playbook.Office), "review": term(30, playbook.Office), "ready": term(30, playbook.Office),
			"received": term(60, playbook.Post), "verifying": term(60, playbook.Post), "refused": term(60, playbook.Office),
		},
		StagesDetained: map[string]playbook.Term{"assembling": term(20, playbook.Office)},
		Timescale:      term(10, playbook.Post),
		Ladder: playbook.LadderTerms{
			Percents: []int{40, 60, 150, 200}, UnansweredFollowUps: 2,
			AcknowledgeWithin: calendar.Amount{N: 3, Unit: unit},
			NextDateLimits:    []int{7, 7, 14, 14, 30, 30, 30},
			CustodyDays:       playbook.CustodyDays{L2: 60, L3: 90, L4: 120, L5: 150, L6: 180},
		},
		ValidityAlertPercents: []int{50, 25}, ValidityAlertDays: []int{7}, TravelMarginDays: 2,
	}
}

// Calendar is open on weekdays from eight to five, for ten years around a day.
func Calendar(name, zone string, around time.Time) calendar.Slice {
	return CalendarUntil(name, zone, around, calendar.DateOf(around).AddMonths(96))
}

// CalendarUntil ends on a day.
func CalendarUntil(name, zone string, around time.Time, last calendar.Date) calendar.Slice {
	var week [7][]calendar.Hours
	for day := time.Monday; day <= time.Friday; day++ {
		week[day] = []calendar.Hours{{Open: 8 * 60, Close: 17 * 60}}
	}
	slice, err := calendar.Build(calendar.Spec{Name: name, Zone: zone, Week: week, Federal: true},
		calendar.DateOf(around).AddMonths(-24), last)
	if err != nil {
		panic(fmt.Sprintf("rehearsal calendar: %v", err))
	}
	return slice
}

// Opening is the first event of an invented request. Change, if any, sees what
// the request will write down.
func Opening(id string, at time.Time, unit calendar.Unit, change func(*tdr.Open, *tdr.OpeningFacts)) tdr.Event {
	at = at.UTC().Truncate(time.Microsecond)
	open := &tdr.Open{
		RequestID: id, PublicCode: "TD-7Q4M2K", PersonID: "person-" + id, Country: "GHA", Post: "gha-washington",
		FieldOffice: "BOS", Officer: Officer,
		Order: tdr.Order{Type: tdr.FinalRemoval, Date: calendar.DateOf(at).AddDays(-30), Source: Evidence},
	}
	facts := &tdr.OpeningFacts{
		Rules: tdr.CurrentRules, Terms: Terms(unit),
		OfficeTime: Calendar("office/BOS", "America/New_York", at),
		PostTime:   Calendar("post/gha-washington", "America/New_York", at),
	}
	if change != nil {
		change(open, facts)
	}
	command := tdr.Command{ID: "open-" + id, Actor: Person(Officer, tdr.OfficerRole), Act: open}
	events, err := tdr.Decide(tdr.State{}, command, tdr.Facts{Now: at, Opening: facts})
	if err != nil {
		panic(fmt.Sprintf("rehearsal opening: %v", err))
	}
	return events[0]
}

// Person is somebody with one role.
func Person(id string, role tdr.Role) tdr.Actor { return tdr.Actor{ID: id, Roles: []tdr.Role{role}} }
