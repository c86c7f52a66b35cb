package custody_test

import (
	"testing"

	"github.com/traveldoc/traveldoc/internal/custody"
)

// Rule 11: every legal date names the dated event it counts from and the steps
// to it, follows when that event is corrected, and for no other reason.
func TestRule11_LegalDatesFollowFromDatedEvents(t *testing.T) {
	lines := []string{"order 2026-01-15 order_final", "in 2026-01-15 detained"}
	read := func(asOf string, lines ...string) custody.Clock {
		clock, err := custody.Derive(events(t, lines...), custody.Version1(), custody.View{AsOf: date(t, asOf)})
		if err != nil {
			t.Fatal(err)
		}
		return clock
	}
	clock, late := read("2026-02-01", lines...), read("2026-11-30", lines...)
	for i, milestone := range clock.Milestones {
		why := milestone.Explanation
		if why.AnchorEvent != "order" || why.AnchorDate != clock.R0 || len(why.Steps) == 0 || why.Result != milestone.Date || milestone.Source == "" {
			t.Errorf("rule 11: %s does not show what it follows from: %+v", milestone.Name, why)
		}
		if late.Milestones[i].Name != milestone.Name || late.Milestones[i].Date != milestone.Date {
			t.Errorf("rule 11: %s on %s moved by waiting to %s on %s", milestone.Name, milestone.Date, late.Milestones[i].Name, late.Milestones[i].Date)
		}
	}
	if len(clock.Milestones) == 0 {
		t.Fatal("a detained person has no legal dates")
	}
	corrected := read("2026-02-02", append(lines, "right 2026-01-10 order_final corrects=order at=2026-02-02", "since 2026-01-10 detained corrects=in at=2026-02-02")...)
	if corrected.R0 != date(t, "2026-01-10") || corrected.Milestones[0].Date != clock.Milestones[0].Date.AddDays(-5) {
		t.Errorf("rule 11: corrected by five days, R0 is %s and %s lies on %s", corrected.R0, corrected.Milestones[0].Name, corrected.Milestones[0].Date)
	}
}
