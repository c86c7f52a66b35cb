// Package retention ends what is kept about a person: when every request has
// been closed for its period and nobody in law needs the record, the person's
// data key is destroyed and with it all that the vault holds. Events, reports
// and the record of the destruction stay; they name nobody. Which records must
// be kept for how long is configuration; a legal hold comes before it.
package retention

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Periods are how many years a person's data is kept after a request closed, by
// its outcome.
type Periods struct {
	Otherwise int // of every outcome that is not named
	Outcomes  map[tdr.Outcome]int
}

// Years of a period. No approved records schedule for requests of travel
// documents was found, so that the default is a guess on the safe side for the
// records officer to confirm or replace: longer than anyone concerned needs the
// record, because a period too long can be shortened any day, and what was
// destroyed too early is gone. Nothing may be kept for less than a year.
const (
	DefaultYears = 75
	mostYears    = 200
)

// DefaultPeriods keep everything equally long.
func DefaultPeriods() Periods { return Periods{Otherwise: DefaultYears} }

// ParsePeriods reads a list such as "75, travelled=100, withdrawn=30": the years
// of every outcome, and of those that differ.
func ParsePeriods(text string) (Periods, error) {
	p := Periods{Outcomes: map[tdr.Outcome]int{}}
	for entry := range strings.SplitSeq(text, ",") {
		name, years, named := strings.Cut(strings.TrimSpace(entry), "=")
		if !named {
			name, years = "", name
		}
		n, err := strconv.Atoi(years)
		if err != nil || n < 1 || n > mostYears {
			return Periods{}, fmt.Errorf("%q: a period is a whole number of years from 1 to %d", entry, mostYears)
		}
		outcome := tdr.Outcome(name)
		switch {
		case !named && p.Otherwise != 0, p.Outcomes[outcome] != 0:
			return Periods{}, fmt.Errorf("%q: there is a period for that already", entry)
		case !named:
			p.Otherwise = n
		case !slices.Contains(tdr.Outcomes(), outcome):
			return Periods{}, fmt.Errorf("%q: there is no such outcome", entry)
		default:
			p.Outcomes[outcome] = n
		}
	}
	if p.Otherwise == 0 {
		return Periods{}, errors.New("the years of every other outcome are missing")
	}
	return p, nil
}

// named are the periods of outcomes that differ, as the query takes them.
func (p Periods) named() ([]byte, error) {
	years := map[tdr.Outcome]int{}
	maps.Copy(years, p.Outcomes)
	return json.Marshal(years)
}
