package custody_test

import (
	"testing"

	"github.com/traveldoc/traveldoc/internal/custody"
)

// Of two petitions the end of one leaves the other pending; which of them ended is
// not on record, so none that may still be pending is forgotten.
func TestTheEndOfOnePetitionLeavesTheOther(t *testing.T) {
	for name, test := range map[string]struct {
		rules custody.Rules
		lines []string
		filed string
	}{
		"both pending":       {custody.Newest(), []string{"g 2026-02-01 habeas_filed", "h 2026-02-10 habeas_filed"}, "2026-02-10"},
		"one ended":          {custody.Newest(), []string{"g 2026-02-01 habeas_filed", "h 2026-02-10 habeas_filed", "e 2026-02-20 habeas_ended"}, "2026-02-10"},
		"both ended":         {custody.Newest(), []string{"g 2026-02-01 habeas_filed", "h 2026-02-10 habeas_filed", "e 2026-02-20 habeas_ended", "f 2026-02-21 habeas_ended"}, ""},
		"by what was before": {custody.Version2(), []string{"g 2026-02-01 habeas_filed", "h 2026-02-10 habeas_filed", "e 2026-02-20 habeas_ended"}, ""},
	} {
		clock, err := custody.Derive(events(t, test.lines...), test.rules, custody.View{AsOf: date(t, "2026-12-31")})
		if err != nil || clock.HabeasFiled.String() != test.filed {
			t.Errorf("%s: filed %s, want %q, %v", name, clock.HabeasFiled, test.filed, err)
		}
	}
}
