package custody_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/custody"
)

func TestWhatIsInForce(t *testing.T) {
	for name, test := range map[string]struct {
		events []string
		order  bool
		stays  int
	}{
		"a stay of an order that is not on record": {[]string{"s 2026-02-01 stay_granted stay=a"}, false, 1},
		"one that ended":                     {[]string{"s 2026-02-01 stay_granted stay=a", "e 2026-03-01 stay_ended stay=a"}, false, 0},
		"vacated under it":                   {[]string{"s 2026-02-01 stay_granted stay=a", "v 2026-03-01 order_vacated"}, false, 0},
		"vacated, and not on record":         {[]string{"v 2026-03-01 order_vacated"}, false, 0},
		"vacated on the day it became final": {[]string{"o 2026-03-01 order_final", "v 2026-03-01 order_vacated"}, false, 0},
		"an order after that":                {[]string{"v 2026-03-01 order_vacated", "o 2026-03-02 order_final"}, true, 0},
		"retracted under a stay":             {[]string{"o 2026-01-01 order_final", "s 2026-02-01 stay_granted stay=a", "x 2026-03-01 retracted corrects=o"}, false, 1},
		"vacated by mistake":                 {[]string{"v 2026-03-01 order_vacated", "x 2026-03-02 retracted corrects=v"}, false, 0},
		"nothing":                            {nil, false, 0},
		"an order":                           {[]string{"o 2026-01-01 order_final"}, true, 0},
		"a stay":                             {[]string{"o 2026-01-01 order_final", "s 2026-02-01 stay_granted stay=a"}, true, 1},
		"a stay that ended":                  {[]string{"o 2026-01-01 order_final", "s 2026-02-01 stay_granted stay=a", "e 2026-03-01 stay_ended stay=a"}, true, 0},
		"an end retracted":                   {[]string{"o 2026-01-01 order_final", "s 2026-02-01 stay_granted stay=a", "e 2026-03-01 stay_ended stay=a", "x 2026-03-02 retracted corrects=e"}, true, 1},
		"an order vacated":                   {[]string{"o 2026-01-01 order_final", "v 2026-02-01 order_vacated"}, false, 0},
		"an order retracted":                 {[]string{"o 2026-01-01 order_final", "x 2026-02-01 retracted corrects=o"}, false, 0},
		"vacated, ordered again":             {[]string{"o 2026-01-01 order_final", "v 2026-02-01 order_vacated", "p 2026-03-01 order_final"}, true, 0},
	} {
		got, err := custody.InForce(events(t, test.events...), custody.Newest())
		gone := strings.Contains(name, "vacated") && !test.order && name != "vacated by mistake"
		if err != nil || got.Order != test.order || len(got.Stays) != test.stays || got.Gone != gone {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := custody.InForce(events(t, "c 2026-02-01 custody_decision"), custody.Newest()); !errors.Is(err, custody.ErrHistory) {
		t.Errorf("a decision under no order: %v", err)
	}
}

// Since version 2 a correction keeps the kind; what was corrected wrongly before
// is mended by retracting the correction.
func TestCorrectionsKeepTheKind(t *testing.T) {
	wrong := []string{"o 2026-01-01 order_final", "h 2026-02-01 habeas_filed", "s 2026-02-01 stay_granted corrects=h"}
	view := custody.View{AsOf: date(t, "2026-12-31")}
	var history *custody.HistoryError
	_, err := custody.Derive(events(t, wrong...), custody.Newest(), view)
	if !errors.As(err, &history) || len(history.Problems) != 1 || history.Problems[0].Rule != custody.RuleCorrectedKind {
		t.Errorf("a petition corrected into a stay: %v", err)
	}
	_, err = custody.Derive(events(t, append(wrong, "t 2026-02-02 stay_granted corrects=s")...), custody.Newest(), view)
	if !errors.As(err, &history) || history.Problems[0].Rule != custody.RuleCorrectedKind {
		t.Errorf("and that corrected: %v", err)
	}
	clock, err := custody.Derive(events(t, append(wrong, "x 2026-02-03 retracted corrects=s")...), custody.Newest(), view)
	if err != nil || clock.Suspended {
		t.Errorf("and that retracted: %+v, %v", clock, err)
	}
	if clock := derive(t, "2026-12-31", events(t, wrong...)); !clock.Suspended {
		t.Error("version 1 changed")
	}
}
