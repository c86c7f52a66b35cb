package web_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// late are the codes that the list's filter counts as overdue.
func (w *world) late() map[string]bool {
	w.t.Helper()
	var list struct{ Requests []request }
	must(w.t, json.Unmarshal(w.call("officer1", "GET", "/v1/requests?overdue=true", nil), &list))
	codes := map[string]bool{}
	for _, each := range list.Requests {
		codes[each.Code] = true
	}
	return codes
}

// row is what the start page says of a request.
func (p page) row(r request) string {
	_, after, _ := strings.Cut(p.text, `href="/requests/`+r.Code+`"`)
	row, _, _ := strings.Cut(after, "</tr>")
	return row
}

// Pages call overdue what the list's filter and the report count, also when the
// date has passed and none is ahead.
func TestPagesTellOverdueAsTheListDoes(t *testing.T) {
	w := newWorld(t)
	stage, ladder := w.opened(), w.sent()
	w.wait(stage, 40)
	w.wait(ladder, 5)
	fresh := w.opened()
	late, b := w.late(), w.as("officer1")
	start := b.get("/")
	for name, r := range map[string]request{"stage": stage, "ladder": ladder, "fresh": fresh} {
		if late[r.Code] != (name != "fresh") {
			t.Fatalf("%s: the list counts it as %v", name, late[r.Code])
		}
		if told := strings.Contains(start.row(r), "Overdue since "); told != late[r.Code] {
			t.Errorf("%s: the start page says %s", name, start.row(r))
		}
		if told := strings.Contains(b.get("/requests/"+r.Code).text, "Overdue since "); told != late[r.Code] {
			t.Errorf("%s: its page tells overdue as %v", name, told)
		}
	}
	page := b.get("/requests/" + stage.Code)
	page.wants(t, 200, "The stage outlasted its term", "Term of the stage")
	// The term ends with 1 April, at the midnight of its end.
	page.wants(t, 200, "Overdue since 1 Apr 2026", "due 1 Apr 2026")
	if strings.Contains(page.text, "No clock runs") || strings.Contains(start.row(stage), "Not recorded") {
		t.Error("nothing says which term passed when")
	}
}

// stopped lets a hold stop the clocks of a request, or start them again.
func (w *world) stopped(r request, stops bool) {
	w.t.Helper()
	w.engine.Lock()
	defer w.engine.Unlock()
	before := w.engine.states[r.ID]
	state := tdr.ApplyAll(before, tdr.Receive(before, &tdr.HoldChanged{Hold: "a", Stops: stops, At: w.clock.Now()}, w.clock.Now()))
	w.engine.states[r.ID] = state
	_, err := w.store.Record(w.t.Context(), activities.Recording{RequestID: r.ID, Events: state.EventsAfter(before.Seq), Row: tdr.Project(state)})
	must(w.t, err)
}

// While a hold stops a clock its days stand still.
func TestDaysStandStillWhileAClockDoes(t *testing.T) {
	w := newWorld(t)
	r := w.opened()
	w.wait(r, 2)
	day := func() string {
		page := w.as("officer1").get("/requests/" + r.Code).text
		_, after, _ := strings.Cut(page, "Term of the stage")
		_, after, _ = strings.Cut(after, `data-label="Day">`)
		said, _, _ := strings.Cut(after, "<")
		return said
	}
	w.stopped(r, true)
	w.wait(r, 9)
	if day() != "1 of 30" { // the day on which it began does not count either: its end is in it
		t.Errorf("after a day and ten under a hold it is day %s", day())
	}
	w.stopped(r, false)
	w.wait(r, 3)
	if day() != "5 of 30" {
		t.Errorf("three days after the hold it is day %s", day())
	}
}
