package custody_test

import (
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
)

func TestR0(t *testing.T) {
	tests := []struct {
		name   string
		asOf   string
		events []string
		r0     string
		branch custody.Branch
	}{
		{"order alone", "2026-03-02", []string{"o 2026-03-02 order_final"}, "2026-03-02", custody.BranchOrder},
		{"no order", "2026-03-02", []string{"d 2026-03-02 detained"}, "", ""},
		{"stay ended later", "2026-08-01", []string{"o 2026-03-02 order_final", "s 2026-04-01 stay_granted", "e 2026-07-03 stay_ended"},
			"2026-07-03", custody.BranchStay},
		{"released from other custody later", "2026-08-01", []string{"o 2026-03-02 order_final", "c 2026-05-05 criminal_custody_ended"},
			"2026-05-05", custody.BranchCriminal},
		{"released from other custody before", "2026-08-01", []string{"c 2025-05-05 criminal_custody_ended", "o 2026-03-02 order_final"},
			"2026-03-02", custody.BranchOrder},
		{"the latest of all three", "2026-12-01", []string{"o 2026-03-02 order_final", "s 2026-04-01 stay_granted",
			"e 2026-07-03 stay_ended", "c 2026-09-09 criminal_custody_ended"}, "2026-09-09", custody.BranchCriminal},
		{"equal dates name the first letter", "2026-12-01", []string{"o 2026-03-02 order_final", "c 2026-03-02 criminal_custody_ended"},
			"2026-03-02", custody.BranchOrder},
		{"order vacated", "2026-08-01", []string{"o 2026-03-02 order_final", "v 2026-05-05 order_vacated"}, "", ""},
		{"another order after one was vacated", "2026-08-01", []string{"o 2026-03-02 order_final", "s 2026-03-10 stay_granted",
			"v 2026-05-05 order_vacated", "p 2026-06-06 order_final"}, "2026-06-06", custody.BranchOrder},
		{"two courts: not before both stays ended", "2026-12-01", []string{"o 2026-03-02 order_final", "s 2026-04-01 stay_granted stay=a",
			"u 2026-04-02 stay_granted stay=b", "e 2026-05-01 stay_ended stay=b", "f 2026-07-03 stay_ended stay=a"}, "2026-07-03", custody.BranchStay},
		{"a second stay begins it anew again", "2026-12-01", []string{"o 2026-03-02 order_final", "s 2026-04-01 stay_granted",
			"e 2026-05-01 stay_ended", "u 2026-06-01 stay_granted", "f 2026-09-01 stay_ended"}, "2026-09-01", custody.BranchStay},
		{"a stay of the first day names the first letter", "2026-12-01", []string{"o 2026-03-02 order_final", "s 2026-03-02 stay_granted",
			"e 2026-03-02 stay_ended"}, "2026-03-02", custody.BranchOrder},
		{"detention, release and revocation move nothing", "2026-12-01", []string{"o 2026-03-02 order_final", "d 2026-03-05 detained",
			"r 2026-06-01 released", "k 2026-08-01 release_revoked", "b 2026-08-01 detained"}, "2026-03-02", custody.BranchOrder},
		{"failing to comply moves nothing", "2026-12-01", []string{"o 2026-03-02 order_final", "n 2026-05-07 noncompliance_notice",
			"c 2026-08-01 complied"}, "2026-03-02", custody.BranchOrder},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := derive(t, test.asOf, events(t, test.events...))
			if clock.R0.String() != test.r0 {
				t.Fatalf("R0 %s, want %s", clock.R0, test.r0)
			}
			if test.r0 == "" {
				if clock.Basis != nil || len(clock.Milestones) != 0 {
					t.Errorf("dates without an order: %+v", clock)
				}
				return
			}
			if clock.Basis.Branch != test.branch || clock.Basis.Source != "8 CFR 241.4(g)(1)(i)("+string(test.branch)+")" {
				t.Errorf("basis %+v, want branch %s", clock.Basis, test.branch)
			}
		})
	}
}

func TestMilestonesOfADetainedPerson(t *testing.T) {
	history := []string{"d 2026-02-20 detained", "o 2026-03-02 order_final"}
	tests := []struct {
		name, asOf string
		more       []string
		want       string
	}{
		{"at the start", "2026-03-02", nil, `
			review_notice 2026-05-01 coming
			records_review 2026-05-31 coming
			headquarters_assistance 2026-05-31 coming
			likelihood_finding 2026-07-30 coming
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming`},
		{"on a day and after one", "2026-05-31", nil, `
			review_notice 2026-05-01 missed late 30
			records_review 2026-05-31 due
			headquarters_assistance 2026-05-31 due
			likelihood_finding 2026-07-30 coming
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming`},
		{"duties done, one of them late, and a year from the last decision", "2026-09-15", []string{
			"n 2026-04-28 review_notice_served", "c 2026-05-29 custody_decision", "a 2026-06-03 assistance_requested",
			"l 2026-08-20 likelihood_determined", "q 2026-09-10 headquarters_decision"}, `
			review_notice 2026-05-01 done
			records_review 2026-05-31 done
			headquarters_assistance 2026-05-31 done late 3
			likelihood_finding 2026-07-30 done late 21
			six_months 2026-08-29 done
			headquarters_custody 2026-08-31 done late 10
			annual_review 2027-09-10 coming`},
		{"while failing to comply the dates stand and reviews may wait", "2026-06-01", []string{
			"v 2026-04-28 review_notice_served", "n 2026-05-07 noncompliance_notice"}, `
			review_notice 2026-05-01 done
			records_review 2026-05-31 missed late 1 may wait
			headquarters_assistance 2026-05-31 missed late 1
			likelihood_finding 2026-07-30 coming
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming may wait`},
		{"a stay suspends the old dates and keeps what was done", "2026-06-15", []string{
			"n 2026-04-28 review_notice_served", "s 2026-06-01 stay_granted"}, `
			review_notice 2026-05-01 done
			records_review 2026-05-31 suspended
			headquarters_assistance 2026-05-31 suspended
			likelihood_finding 2026-07-30 suspended
			six_months 2026-08-29 suspended
			headquarters_custody 2026-08-31 suspended`},
		{"the end of the stay starts the period anew", "2026-07-03", []string{
			"n 2026-04-28 review_notice_served", "c 2026-05-29 custody_decision", "s 2026-06-01 stay_granted", "e 2026-07-03 stay_ended"}, `
			review_notice 2026-09-01 coming
			records_review 2026-10-01 coming
			headquarters_assistance 2026-10-01 coming
			likelihood_finding 2026-11-30 coming
			six_months 2026-12-30 coming
			headquarters_custody 2027-01-01 coming`},
		{"a day that came while free is owed on return, one before it was missed", "2026-08-10", []string{
			"r 2026-05-15 released", "k 2026-08-03 release_revoked", "b 2026-08-04 detained"}, `
			review_notice 2026-05-01 missed late 101
			records_review 2026-05-31 owed since 2026-08-04
			headquarters_assistance 2026-05-31 owed since 2026-08-04
			likelihood_finding 2026-07-30 owed since 2026-08-04
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming
			revocation_review 2026-11-03 coming`},
		{"a revocation that another release followed asks for no review", "2026-08-10", []string{
			"r 2026-05-15 released", "k 2026-06-03 release_revoked", "b 2026-06-04 detained", "q 2026-07-01 released", "c 2026-08-05 detained"}, `
			review_notice 2026-05-01 missed late 101
			records_review 2026-05-31 owed since 2026-06-04
			headquarters_assistance 2026-05-31 owed since 2026-06-04
			likelihood_finding 2026-07-30 owed since 2026-08-05
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming`},
		{"set free on the very day", "2026-05-02", []string{"r 2026-05-01 released"}, `
			review_notice 2026-05-01 owed
			records_review 2026-05-31 coming
			headquarters_assistance 2026-05-31 coming
			likelihood_finding 2026-07-30 coming
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming`},
		{"still free: owed from nowhere yet", "2026-06-10", []string{"r 2026-05-15 released"}, `
			review_notice 2026-05-01 missed late 40
			records_review 2026-05-31 owed
			headquarters_assistance 2026-05-31 owed
			likelihood_finding 2026-07-30 coming
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming`},
		{"a decision that a release followed starts no year", "2026-06-10", []string{
			"c 2026-05-10 custody_decision", "r 2026-05-15 released"}, `
			review_notice 2026-05-01 missed late 40
			records_review 2026-05-31 done
			headquarters_assistance 2026-05-31 owed
			likelihood_finding 2026-07-30 coming
			six_months 2026-08-29 coming
			headquarters_custody 2026-08-31 coming`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := derive(t, test.asOf, events(t, append(append([]string{}, history...), test.more...)...))
			want := strings.ReplaceAll(strings.TrimSpace(test.want), "\t", "")
			if got := board(clock); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestStayHidesNothing(t *testing.T) {
	clock := derive(t, "2026-06-15", events(t, "d 2026-02-20 detained", "o 2026-03-02 order_final", "s 2026-06-01 stay_granted"))
	if !clock.Suspended || !clock.R0.IsZero() || clock.Basis != nil {
		t.Errorf("an R0 during a stay: %+v", clock)
	}
	if clock.Before == nil || clock.Before.Date != date(t, "2026-03-02") || len(clock.Milestones) != 6 {
		t.Errorf("old dates are hidden: %+v", clock)
	}
	if len(clock.Outstanding()) != 0 {
		t.Errorf("suspended duties are outstanding: %+v", clock.Outstanding())
	}
	if want := (custody.Summary{Detained: true, Suspended: true, Before: date(t, "2026-03-02")}); clock.Summary() != want {
		t.Errorf("summary %+v", clock.Summary())
	}
}

func TestOneOfTwoStaysEnded(t *testing.T) {
	clock := derive(t, "2026-06-15", events(t, "o 2026-03-02 order_final", "s 2026-04-01 stay_granted stay=a",
		"u 2026-04-02 stay_granted stay=b", "e 2026-05-01 stay_ended stay=a"))
	if !clock.Suspended || clock.Before == nil || clock.Before.Date != date(t, "2026-03-02") || len(clock.Milestones) != 6 {
		t.Errorf("old dates are hidden: %+v", clock)
	}
}

func TestRemovalPeriod(t *testing.T) {
	tests := []struct {
		name, asOf string
		more       []string
		ends       string
		open       bool
		extensions int
	}{
		{"90 days", "2026-04-01", nil, "2026-05-31", false, 0},
		{"open while failing to comply", "2026-06-15", []string{"n 2026-05-07 noncompliance_notice"}, "", true, 1},
		{"a reasonable time after compliance", "2026-08-15", []string{"n 2026-05-07 noncompliance_notice", "c 2026-08-01 complied"}, "2026-08-31", false, 1},
		{"early compliance shortens nothing", "2026-08-15", []string{"n 2026-03-07 noncompliance_notice", "c 2026-03-20 complied"}, "2026-05-31", false, 1},
		{"a notice on the last day", "2026-08-15", []string{"n 2026-05-31 noncompliance_notice", "c 2026-06-10 complied"}, "2026-07-10", false, 1},
		{"a notice after the end extends nothing", "2026-08-15", []string{"n 2026-06-01 noncompliance_notice"}, "2026-05-31", false, 0},
		{"a notice within the extension", "2026-08-15", []string{"n 2026-05-31 noncompliance_notice", "c 2026-06-10 complied",
			"m 2026-07-05 noncompliance_notice", "f 2026-07-20 complied"}, "2026-08-19", false, 2},
		{"a repeated notice belongs to the first", "2026-08-15", []string{"n 2026-05-07 noncompliance_notice",
			"m 2026-05-20 noncompliance_notice", "c 2026-06-10 complied"}, "2026-07-10", false, 1},
		{"complied and noticed anew on one day", "2026-08-15", []string{"n 2026-05-07 noncompliance_notice",
			"a 2026-05-20 noncompliance_notice", "b 2026-05-20 complied"}, "", true, 2},
		{"a failure before a stay does not reach behind it", "2026-12-01", []string{"n 2026-05-07 noncompliance_notice", "c 2026-05-10 complied",
			"s 2026-06-01 stay_granted", "e 2026-07-03 stay_ended"}, "2026-10-01", false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list := events(t, append([]string{"d 2026-02-20 detained", "o 2026-03-02 order_final"}, test.more...)...)
			clock := derive(t, test.asOf, list)
			if clock.PeriodEnds.String() != test.ends || clock.PeriodOpen != test.open || len(clock.Extensions) != test.extensions {
				t.Errorf("ends %s open %v with %+v", clock.PeriodEnds, clock.PeriodOpen, clock.Extensions)
			}
		})
	}
}

func TestTimeAfterComplianceIsConfiguration(t *testing.T) {
	rules := custody.Version1()
	rules.Version, rules.AfterCompliance.N = 1001, 45
	list := events(t, "o 2026-03-02 order_final", "n 2026-05-07 noncompliance_notice", "c 2026-08-01 complied")
	clock, err := custody.Derive(list, rules, custody.View{AsOf: date(t, "2026-08-15")})
	if err != nil || clock.PeriodEnds != date(t, "2026-09-15") || clock.Rules != 1001 {
		t.Errorf("ends %s under rules %d, %v", clock.PeriodEnds, clock.Rules, err)
	}
}

func TestClosedDaysAreFlaggedNotShifted(t *testing.T) {
	tests := []struct{ order, milestone, date, reason, holiday string }{
		{"2026-03-02", custody.RecordsReview, "2026-05-31", "weekend", ""},
		{"2026-02-24", custody.RecordsReview, "2026-05-25", "holiday", "Memorial Day"},
		{"2026-03-02", custody.ReviewNotice, "2026-05-01", "", ""},
		{"2030-11-02", custody.RecordsReview, "2031-01-31", "unknown", ""}, // beyond the office's calendar
	}
	for _, test := range tests {
		t.Run(test.date, func(t *testing.T) {
			view := custody.View{AsOf: date(t, test.order), Office: office(t)}
			clock, err := custody.Derive(events(t, "o "+test.order+" order_final"), custody.Version1(), view)
			if err != nil {
				t.Fatal(err)
			}
			m := named(t, clock, test.milestone)
			if m.Date != date(t, test.date) || m.ClosedReason != test.reason || m.Holiday != test.holiday {
				t.Errorf("got %s %q %q", m.Date, m.ClosedReason, m.Holiday)
			}
			if m.ClosedDay != (test.reason == "weekend" || test.reason == "holiday") {
				t.Errorf("closed day %v", m.ClosedDay)
			}
		})
	}
}

func named(t *testing.T, clock custody.Clock, name string) custody.Milestone {
	t.Helper()
	for _, m := range clock.Milestones {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no milestone %s in\n%s", name, board(clock))
	return custody.Milestone{}
}

func TestKeysTellPeriodsApart(t *testing.T) {
	list := events(t, "o 2026-03-02 order_final", "s 2026-04-01 stay_granted", "e 2026-07-03 stay_ended")
	before := named(t, derive(t, "2026-03-02", list[:1]), custody.RecordsReview)
	after := named(t, derive(t, "2026-07-03", list), custody.RecordsReview)
	if before.Key != "records_review/2026-03-02" || after.Key != "records_review/2026-07-03" {
		t.Errorf("keys %s and %s", before.Key, after.Key)
	}
}

func TestOutstandingAndNext(t *testing.T) {
	list := events(t, "d 2026-02-20 detained", "o 2026-03-02 order_final")
	clock := derive(t, "2026-05-31", list)
	if got := clock.Outstanding(); len(got) != 3 {
		t.Errorf("outstanding %+v", got)
	}
	if next, ok := clock.NextDate(); !ok || next != date(t, "2026-07-30") {
		t.Errorf("next %s, %v", next, ok)
	}
	free := derive(t, "2026-05-31", events(t, "o 2026-03-02 order_final"))
	if got := free.Outstanding(); len(got) != 0 {
		t.Errorf("a free person has outstanding duties: %+v", got)
	}
}

func TestHabeas(t *testing.T) {
	list := events(t, "o 2026-03-02 order_final", "h 2026-08-01 habeas_filed", "f 2026-09-01 habeas_ended")
	if got := derive(t, "2026-08-02", list[:2]).Summary(); got.HabeasFiled != date(t, "2026-08-01") || got.R0 != date(t, "2026-03-02") {
		t.Errorf("summary %+v", got)
	}
	if got := derive(t, "2026-09-02", list).Summary(); !got.HabeasFiled.IsZero() {
		t.Errorf("summary %+v", got)
	}
}

func TestRemovalDays(t *testing.T) {
	order, stayed, ended := "o 2026-01-15 order_final", "s 2026-02-20 stay_granted", "e 2026-02-25 stay_ended"
	for _, row := range []struct {
		list          []string
		day90, day180 string
	}{
		{[]string{order}, "2026-04-15", "2026-07-14"},
		{[]string{order, stayed}, "", ""},
		{[]string{order, stayed, ended}, "2026-05-26", "2026-08-24"},
		{[]string{"d 2026-01-10 detained"}, "", ""},
	} {
		day90, day180 := derive(t, "2026-03-02", events(t, row.list...)).RemovalDays()
		for _, each := range []struct {
			on   calendar.Date
			want string
		}{{day90, row.day90}, {day180, row.day180}} {
			if each.want == "" && !each.on.IsZero() || each.want != "" && each.on != date(t, each.want) {
				t.Errorf("%v: %s, want %q", row.list, each.on, each.want)
			}
		}
	}
}
