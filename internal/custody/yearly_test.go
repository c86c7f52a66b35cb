package custody_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"pgregory.net/rapid"
)

// yearly are the yearly reviews of a clock, one on each line of a board.
func yearly(t *testing.T, asOf string, lines ...string) string {
	t.Helper()
	clock, err := custody.Derive(events(t, lines...), custody.Version2(), custody.View{AsOf: date(t, asOf)})
	if err != nil {
		t.Fatal(err)
	}
	checkByHand(t, clock)
	clock.Milestones = slices.DeleteFunc(clock.Milestones, func(m custody.Milestone) bool { return m.Name != custody.AnnualReview })
	return strings.ReplaceAll(board(clock), custody.AnnualReview+" ", "")
}

// Nobody is held for more than a year without a review being due, whether or not anybody ever decided.
func TestTheYearlyReviewNeedsNoDecision(t *testing.T) {
	order := []string{"d 2026-02-20 detained", "o 2026-03-02 order_final"}
	for name, test := range map[string]struct {
		asOf  string
		lines []string
		want  string
	}{
		"before the first year": {"2026-09-01", order, "2027-05-31 coming"},
		"three years, none decided": {"2029-06-30", order,
			"2027-05-31 missed late 761\n2028-05-31 missed late 395\n2029-05-31 missed late 30\n2030-05-31 coming"},
		"a late decision starts the year anew":      {"2029-06-30", append(slices.Clone(order), "q 2029-06-01 headquarters_decision"), "2030-06-01 coming"},
		"a decision, and then none":                 {"2028-06-30", append(slices.Clone(order), "c 2026-05-29 custody_decision"), "2027-05-29 missed late 398\n2028-05-29 missed late 32\n2029-05-29 coming"},
		"taken after the day of the first decision": {"2027-06-01", []string{"o 2026-03-02 order_final", "d 2026-12-01 detained"}, "2027-12-01 coming"},
		"released and taken again":                  {"2028-06-01", append(slices.Clone(order), "r 2026-08-01 released", "e 2027-01-10 detained"), "2028-01-10 missed late 143\n2029-01-10 coming"},
		"free":                                      {"2028-06-01", append(slices.Clone(order), "r 2026-08-01 released"), ""},
		"stayed":                                    {"2028-06-01", append(slices.Clone(order), "s 2026-08-01 stay_granted"), "2027-05-31 suspended\n2028-05-31 suspended\n2029-05-31 suspended"},
	} {
		if got := yearly(t, test.asOf, test.lines...); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

// Whatever the history, a person held under an order has a yearly review ahead, no more than a year away.
func TestAYearlyReviewLiesAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawHistory(t)
		clock, err := custody.Derive(list, custody.Version2(), custody.View{AsOf: today})
		if err != nil {
			t.Skip(err)
		}
		checkByHand(t, clock)
		keys := map[string]bool{}
		ahead := false
		for _, m := range clock.Milestones {
			if keys[m.Key] {
				t.Fatalf("%s stands twice", m.Key)
			}
			keys[m.Key] = true
			ahead = ahead || m.Name == custody.AnnualReview && m.Date.After(today) && !m.Date.After(today.AddDays(90).AddMonths(12))
		}
		if held := clock.Detained && (clock.Basis != nil || clock.Before != nil); held && !ahead {
			t.Fatalf("no yearly review ahead of\n%s", board(clock))
		}
	})
}

func TestDutiesAreToldAgain(t *testing.T) {
	duty := custody.Duty{Key: "records_review/2026-03-02", Since: date(t, "2026-05-31"), Again: 30}
	for _, test := range []struct{ on, telling, next string }{
		{"2026-05-31", "records_review/2026-03-02", "2026-06-30"},
		{"2026-06-29", "records_review/2026-03-02", "2026-06-30"},
		{"2026-06-30", "records_review/2026-03-02/again/1", "2026-07-30"},
		{"2027-05-31", "records_review/2026-03-02/again/12", "2027-06-25"},
	} {
		on := date(t, test.on)
		next, again := duty.Next(on)
		if got := duty.Telling(on); got != test.telling || !again || next.String() != test.next || custody.Told(got) != duty.Key {
			t.Errorf("on %s: %s, next %s", test.on, got, next)
		}
	}
	duty.Again = 0
	if _, again := duty.Next(duty.Since); again || duty.Telling(duty.Since.AddDays(900)) != duty.Key {
		t.Error("told again though nobody asks for it")
	}
}

// What was owed from the return to detention is told again from there.
func TestWhatIsOwedIsToldFromTheReturn(t *testing.T) {
	list := events(t, "o 2026-03-02 order_final", "d 2026-12-01 detained")
	clock, err := custody.Derive(list, custody.Version2(), custody.View{AsOf: date(t, "2026-12-02")})
	if err != nil {
		t.Fatal(err)
	}
	for _, duty := range custody.Version2().Duties(clock) {
		if duty.Since != (calendar.Date{Year: 2026, Month: 12, Day: 1}) || duty.Again != 30 {
			t.Errorf("%+v", duty)
		}
	}
}
