package custody_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
)

func TestImpossibleHistories(t *testing.T) {
	tests := []struct {
		name   string
		events []string
		rule   custody.Rule
		ids    string
	}{
		{"release without detention", []string{"r 2026-03-02 released"}, custody.RuleReleasedWithoutCustody, "r"},
		{"detained twice", []string{"d 2026-03-02 detained", "e 2026-03-05 detained"}, custody.RuleDetainedTwice, "e"},
		{"released twice", []string{"d 2026-03-02 detained", "r 2026-03-05 released", "q 2026-03-06 released"}, custody.RuleReleasedWithoutCustody, "q"},
		{"stay ended before it was granted", []string{"o 2026-01-01 order_final", "e 2026-02-01 stay_ended", "s 2026-03-01 stay_granted"},
			custody.RuleStayEndedWithoutStay, "e"},
		{"stay ended that nobody granted", []string{"o 2026-01-01 order_final", "s 2026-02-01 stay_granted stay=a", "e 2026-03-01 stay_ended stay=b"},
			custody.RuleStayEndedWithoutStay, "e"},
		{"which stay ended", []string{"o 2026-01-01 order_final", "s 2026-02-01 stay_granted stay=a", "u 2026-02-01 stay_granted stay=b",
			"e 2026-03-01 stay_ended"}, custody.RuleStayAmbiguous, "e"},
		{"the same stay twice", []string{"o 2026-01-01 order_final", "s 2026-02-01 stay_granted", "u 2026-02-02 stay_granted"}, custody.RuleStayTwice, "u"},
		{"a stay of an order that was vacated", []string{"v 2026-01-01 order_vacated", "s 2026-02-01 stay_granted"}, custody.RuleNoOrder, "s"},
		{"two orders", []string{"o 2026-01-01 order_final", "p 2026-02-01 order_final"}, custody.RuleOrderStands, "p"},
		{"vacated twice", []string{"v 2026-02-01 order_vacated", "w 2026-02-03 order_vacated"}, custody.RuleNoOrder, "w"},
		{"a decision without an order", []string{"c 2026-02-01 custody_decision"}, custody.RuleNoOrder, "c"},
		{"a notice without an order", []string{"n 2026-02-01 noncompliance_notice"}, custody.RuleNoOrder, "n"},
		{"complied without a notice", []string{"o 2026-01-01 order_final", "c 2026-02-01 complied"}, custody.RuleCompliedWithoutNotice, "c"},
		{"revoked without release", []string{"d 2026-01-01 detained", "k 2026-02-01 release_revoked"}, custody.RuleRevokedWithoutRelease, "k"},
		{"no petition to end", []string{"h 2026-02-01 habeas_ended"}, custody.RuleHabeasEnded, "h"},
		{"in the future", []string{"o 2027-01-02 order_final"}, custody.RuleFuture, "o"},
		{"unknown kind", []string{"o 2026-01-01 pardoned"}, custody.RuleKind, "o"},
		{"the same id twice", []string{"o 2026-01-01 order_final", "o 2026-01-01 detained"}, custody.RuleDuplicate, "o"},
		{"corrects nothing known", []string{"o 2026-01-01 order_final corrects=x"}, custody.RuleCorrectsUnknown, "o x"},
		{"corrected twice", []string{"o 2026-01-01 order_final", "p 2026-01-02 order_final corrects=o", "q 2026-01-03 order_final corrects=o"},
			custody.RuleCorrectedTwice, "o p q"},
		{"corrects itself", []string{"o 2026-01-01 order_final corrects=o"}, custody.RuleCorrectionLoop, "o"},
		{"corrections in a circle", []string{"o 2026-01-01 order_final corrects=p", "p 2026-01-01 order_final corrects=o"}, custody.RuleCorrectionLoop, "o"},
		{"corrected before it was recorded", []string{"o 2026-01-01 order_final at=2026-01-09", "p 2026-01-02 order_final corrects=o at=2026-01-08"},
			custody.RuleCorrectedBefore, "o p"},
		{"retracts nothing", []string{"x 2026-01-01 retracted"}, custody.RuleRetractedNothing, "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := custody.Derive(events(t, test.events...), custody.Version1(), custody.View{AsOf: date(t, "2026-12-31")})
			want := []custody.Problem{{Rule: test.rule, Events: strings.Fields(test.ids)}}
			var invalid *custody.HistoryError
			if !errors.As(err, &invalid) || !reflect.DeepEqual(invalid.Problems, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
			if !errors.Is(err, custody.ErrHistory) || !strings.Contains(err.Error(), string(test.rule)) {
				t.Errorf("error %q does not name its rule", err)
			}
		})
	}
}

func TestEventsNeedIdDateAndDocument(t *testing.T) {
	whole := events(t, "o 2026-01-01 order_final")[0]
	spoilt := map[custody.Rule]func(*custody.Event){
		custody.RuleID:     func(e *custody.Event) { e.ID = "" },
		custody.RuleDate:   func(e *custody.Event) { e.Date = calendar.Date{} },
		custody.RuleSource: func(e *custody.Event) { e.Source.SHA256 = "abcd" },
	}
	for rule, spoil := range spoilt {
		event := whole
		spoil(&event)
		_, err := custody.Derive([]custody.Event{event}, custody.Version1(), custody.View{AsOf: date(t, "2026-12-31")})
		if err == nil || !strings.Contains(err.Error(), string(rule)) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestEveryFaultIsNamed(t *testing.T) {
	list := events(t, "r 2026-01-01 released", "s 2026-02-01 custody_decision", "c 2026-03-01 complied")
	_, err := custody.Derive(list, custody.Version1(), custody.View{AsOf: date(t, "2026-12-31")})
	var invalid *custody.HistoryError
	if !errors.As(err, &invalid) || len(invalid.Problems) != 3 {
		t.Errorf("got %v", err)
	}
}

// Events of one day are taken in the order in which they make sense.
func TestOneDay(t *testing.T) {
	tests := []struct {
		name     string
		events   []string
		detained bool
		stayed   bool
	}{
		{"taken and set free", []string{"o 2026-01-01 order_final", "a 2026-03-02 released", "b 2026-03-02 detained"}, false, false},
		{"set free and taken again", []string{"o 2026-01-01 order_final", "z 2026-01-01 detained", "a 2026-03-02 detained", "b 2026-03-02 released"}, true, false},
		{"one stay ends, another begins", []string{"o 2026-01-01 order_final", "z 2026-01-01 stay_granted",
			"a 2026-03-02 stay_granted", "b 2026-03-02 stay_ended"}, false, true},
		{"a stay of hours", []string{"o 2026-01-01 order_final", "a 2026-03-02 stay_ended", "b 2026-03-02 stay_granted"}, false, false},
		{"vacated and ordered anew", []string{"o 2026-01-01 order_final", "a 2026-03-02 order_final", "b 2026-03-02 order_vacated"}, false, false},
		{"revoked and taken", []string{"o 2026-01-01 order_final", "z 2026-01-01 detained", "y 2026-02-01 released",
			"a 2026-03-02 detained", "b 2026-03-02 release_revoked"}, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := derive(t, "2026-03-02", events(t, test.events...))
			if clock.Detained != test.detained || clock.Suspended != test.stayed {
				t.Errorf("detained %v, stayed %v", clock.Detained, clock.Suspended)
			}
		})
	}
}

// A correction shows from when it was recorded; before, the clock is as known then.
func TestAsKnownThen(t *testing.T) {
	list := events(t,
		"o 2026-03-02 order_final",
		"p 2026-03-20 order_final corrects=o at=2026-04-15",
		"d 2026-03-02 detained",
		"x 2026-04-20 retracted corrects=d at=2026-04-20",
	)
	tests := []struct {
		name, knownAt, r0 string
		detained          bool
	}{
		{"nothing yet", "2026-03-01", "", false},
		{"as first recorded", "2026-04-14", "2026-03-02", true},
		{"with the order corrected", "2026-04-16", "2026-03-20", true},
		{"with the detention retracted", "2026-04-21", "2026-03-20", false},
		{"as corrected", "", "2026-03-20", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			view := custody.View{AsOf: date(t, "2026-04-30")}
			if test.knownAt != "" {
				view.KnownAt = date(t, test.knownAt).Midnight()
			}
			clock, err := custody.Derive(list, custody.Version1(), view)
			if err != nil || clock.R0.String() != test.r0 || clock.Detained != test.detained {
				t.Errorf("R0 %s detained %v, %v", clock.R0, clock.Detained, err)
			}
		})
	}
}

func TestCorrectionOfACorrection(t *testing.T) {
	list := events(t, "o 2026-03-02 order_final", "p 2026-03-20 order_final corrects=o", "q 2026-03-25 order_final corrects=p")
	if clock := derive(t, "2026-04-30", list); clock.R0 != date(t, "2026-03-25") || clock.Basis.Event != "q" {
		t.Errorf("basis %+v", clock.Basis)
	}
}

func TestViewAndRulesAreChecked(t *testing.T) {
	if _, err := custody.Derive(nil, custody.Version1(), custody.View{}); !errors.Is(err, custody.ErrView) {
		t.Errorf("no day: %v", err)
	}
	spoilt := map[string]func(*custody.Rules){
		"no version":            func(r *custody.Rules) { r.Version = 0 },
		"no period":             func(r *custody.Rules) { r.Period.N = 0 },
		"period in weeks":       func(r *custody.Rules) { r.Period.Unit = "weeks" },
		"no source":             func(r *custody.Rules) { r.AfterCompliance.Source = "" },
		"milestone unnamed":     func(r *custody.Rules) { r.Milestones[0].Name = "" },
		"name twice":            func(r *custody.Rules) { r.Milestones[1].Name = r.Milestones[0].Name },
		"unknown anchor":        func(r *custody.Rules) { r.Milestones[0].Anchor = "arrest" },
		"no steps":              func(r *custody.Rules) { r.Milestones[0].Steps = nil },
		"a step back":           func(r *custody.Rules) { r.Milestones[0].Steps[0].N = -1 },
		"milestone unsourced":   func(r *custody.Rules) { r.Milestones[0].Source = "" },
		"done by nothing known": func(r *custody.Rules) { r.Milestones[0].DoneBy = []custody.Kind{"prayer"} },
	}
	for name, spoil := range spoilt {
		rules := custody.Version1()
		spoil(&rules)
		if _, err := custody.Derive(nil, rules, custody.View{AsOf: date(t, "2026-01-01")}); !errors.Is(err, custody.ErrRules) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if clock, err := custody.Derive(nil, custody.Version1(), custody.View{AsOf: date(t, "2026-01-01"), KnownAt: time.Unix(0, 0)}); err != nil || clock.Milestones == nil {
		t.Errorf("nobody's clock: %+v, %v", clock, err)
	}
}
