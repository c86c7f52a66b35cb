package clock

import (
	"testing"
	"time"
)

// A run is never moved onto or past its own next timer, not even when it lags
// behind the clock by more than the time that is left.
func TestRunIsMovedShortOfItsTimer(t *testing.T) {
	machine := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	const ahead = 100 * day
	at := machine.Add(ahead) // the run's own time
	for name, c := range map[string]struct {
		due       time.Time
		lag, want time.Duration
	}{
		"no timer":                   {time.Time{}, 30 * day, 30 * day},
		"a timer far behind the end": {at.Add(40 * day), 30 * day, 30 * day},
		"a timer at the end":         {at.Add(30 * day), 30 * day, 30*day - early},
		"a timer on the way":         {at.Add(day), 30 * day, day - early},
		"a timer about to fire":      {at.Add(30 * time.Millisecond), time.Second, 10 * time.Millisecond},
		"a timer that is over":       {at.Add(-time.Second), time.Second, -time.Second - early},
	} {
		t.Run(name, func(t *testing.T) {
			run := standing{skipped: ahead, due: c.due}
			if got := run.reach(c.lag, machine); got != c.want {
				t.Errorf("moved by %v, want %v", got, c.want)
			}
		})
	}
}
