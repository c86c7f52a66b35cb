package endtoend

import (
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

// beginning is when the lives begin, in Boston. Every date below is written
// for this year; another Monday the 1st of March has the same calendar until
// its end, though not the same February.
const beginning = "2032-03-01 08:30"

// life is what happens to one request and what has to come of it. All times
// are local times of the field office in Boston, to the minute.
type life struct {
	*request
	steps   []step
	facts   []fact
	letters []letter
}

// step is something that people do at a time.
type step struct {
	at string
	do func()
}

// fact is an event of the history, in its order; what sums its content up.
type fact struct{ at, kind, by, what string }

// letter is something that somebody is told by mail: subject is what follows
// the code when it comes alone, bundled what follows it in a mail with others,
// says a line of a single mail's text.
type letter struct{ at, to, subject, bundled, says string }

// layout is how the tables write times.
const layout = "2006-01-02 15:04"

func boston(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// instant reads a time of the tables.
func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(layout, text, boston(t))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// soon is how much later than planned something may stand on record. What
// people do waits for this test's own calls, so there is room for a slow machine.
const soon = 10 * time.Minute

// near tells whether an instant is the planned one, or shortly after.
func near(at, planned time.Time) bool {
	return !at.Before(planned) && at.Before(planned.Add(soon))
}

// TestThreeLives lives three lives of more than two hundred days each on one
// standalone, side by side, and compares all that came of them with tables.
func TestThreeLives(t *testing.T) {
	w := whole.Start(t)
	began := time.Now()
	start := instant(t, beginning)
	if !w.Now().Before(start) {
		t.Fatalf("it is %s already: choose a later year whose March 1 is a Monday, and write its dates down", w.Now().Format(layout))
	}
	w.MoveTo(start)
	lives := []*life{silentPost(t, w), refusedOnce(t, w), detainedPerson(t, w)}
	liveAll(t, w, lives)
	t.Logf("lived until %s in %v", w.Now().In(boston(t)).Format(layout), time.Since(began).Round(time.Millisecond))
	mails := w.Mails()
	for _, life := range lives {
		life.checkHistory(t)
	}
	checkMails(t, lives, mails)
	checkNothingPersonal(t, mails)
	checkLinks(t, w, mails)
	checkAllInOrder(t, w, lives)
	t.Logf("lived and checked in %v", time.Since(began).Round(time.Millisecond))
}

// liveAll takes the steps of all lives in the order of their times.
func liveAll(t *testing.T, w *whole.Whole, lives []*life) {
	t.Helper()
	var steps []step
	for _, life := range lives {
		steps = append(steps, life.steps...)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return instant(t, a.at).Compare(instant(t, b.at)) })
	for _, step := range steps {
		if at := instant(t, step.at); at.After(w.Now()) {
			w.MoveTo(at)
		} else {
			w.Rest()
		}
		step.do()
	}
	w.Rest()
}
