package custody_test

import (
	"testing"

	"github.com/traveldoc/traveldoc/internal/custody"
	"pgregory.net/rapid"
)

// The properties prove little where their histories never go: each state is reached by one in twenty.
func TestDrawnHistoriesReachEveryState(t *testing.T) {
	const runs = 400
	reached := map[string]int{}
	lives := rapid.Custom(drawHistory)
	for seed := range runs {
		clock, err := read(lives.Example(seed), today)
		if err != nil {
			t.Fatal(err)
		}
		for name := range statesOf(clock) {
			reached[name]++
		}
	}
	for _, name := range []string{"missed", "suspended", "owed", "done", "branch A", "branch B", "branch C", "detained", "free",
		"period open", "period extended", "may wait", "no order", custody.AnnualReview, custody.RevocationReview} {
		if reached[name] < runs/20 {
			t.Errorf("%s reached in %d of %d histories", name, reached[name], runs)
		}
	}
}

func statesOf(clock custody.Clock) map[string]bool {
	states := map[string]bool{
		map[bool]string{true: "detained", false: "free"}[clock.Detained]: true,
	}
	if clock.Basis == nil && clock.Before == nil {
		states["no order"] = true
	}
	if clock.Basis != nil {
		states["branch "+string(clock.Basis.Branch)] = true
	}
	if clock.PeriodOpen {
		states["period open"] = true
	}
	if len(clock.Extensions) > 0 {
		states["period extended"] = true
	}
	for _, m := range clock.Milestones {
		states[string(m.Status)], states[m.Name] = true, true
		if m.MayWait {
			states["may wait"] = true
		}
	}
	return states
}
