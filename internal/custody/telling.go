package custody

import (
	"strconv"
	"strings"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// again parts the key of a duty from how often it was told again.
const again = "/again/"

// Duty is something to be acted on about a person in detention, and how often
// those who answer for it are told.
type Duty struct {
	Key   string        `json:"key"`
	Since calendar.Date `json:"since"`           // from which day it is to be acted on
	Again int           `json:"again,omitempty"` // told again after so many days, and again; 0: once
}

// Duties are the outstanding milestones of a clock, as often as the rules want each told.
func (r Rules) Duties(clock Clock) []Duty {
	var duties []Duty
	for _, milestone := range clock.Outstanding() {
		since := milestone.Date
		if milestone.OwedSince.After(since) {
			since = milestone.OwedSince
		}
		duties = append(duties, Duty{Key: milestone.Key, Since: since, Again: r.TellAgain})
	}
	return duties
}

// Telling is the key under which a duty is told on a day: its own at first, and
// another each time that it is told again.
func (d Duty) Telling(on calendar.Date) string {
	if turn := d.turn(on); turn > 0 {
		return d.Key + again + strconv.Itoa(turn)
	}
	return d.Key
}

// Next is the day after the given one on which the duty is told again; false when it is not.
func (d Duty) Next(after calendar.Date) (calendar.Date, bool) {
	return d.Since.AddDays((d.turn(after) + 1) * d.Again), d.Again > 0
}

func (d Duty) turn(on calendar.Date) int {
	if d.Again == 0 {
		return 0
	}
	return max(on.DaysSince(d.Since), 0) / d.Again
}

// Told is the key of the duty that a telling is of.
func Told(telling string) string {
	key, _, _ := strings.Cut(telling, again)
	return key
}
