package api_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

// What is exported for a court tells facts from forecasts, and shows what was
// corrected together with its correction.
func TestRule12_TheExportKeepsForecastsAndCorrectionsApart(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.clock.now = monday.Add(2 * time.Hour)
	for _, body := range []fields{
		{"fact": fields{"direction": "to_post", "medium": "telephone", "answered": false}, "note": "invented words"},
		{"forecast": fields{"expects": "issue", "by": "2026-04-01", "basis": "post_said"}},
	} {
		w.do("officer1", &r, "record-contact", body)
	}
	w.do("officer1", &r, "correct", fields{"event": 2, "reason": "typo", "occurred_at": monday.Add(time.Hour).Format(time.RFC3339)})
	type event struct {
		Seq  int64
		Type string
	}
	type entry struct {
		Event       event
		Text        string
		Corrections []event
	}
	history := read[struct{ Facts, Forecasts []entry }](t, w.get("counsel1", "/v1/requests/"+r.ID+"/contact-history"))
	if len(history.Forecasts) != 1 || history.Forecasts[0].Event.Type != "forecast_recorded" {
		t.Errorf("rule 12: forecasts are %+v", history.Forecasts)
	}
	corrected := false
	for _, fact := range history.Facts {
		if fact.Event.Type == "forecast_recorded" || fact.Event.Type == "corrected" {
			t.Errorf("rule 12: among the facts: %+v", fact)
		}
		corrected = corrected || fact.Event.Seq == 2 && len(fact.Corrections) == 1 && fact.Text == "invented words"
	}
	if !corrected {
		t.Errorf("rule 12: the correction is not beside what it corrects: %+v", history.Facts)
	}
	first, second := w.get("auditor1", "/v1/requests/"+r.ID+"/contact-history.pdf"), w.get("auditor1", "/v1/requests/"+r.ID+"/contact-history.pdf")
	if first.status != http.StatusOK || !bytes.HasPrefix(first.body, []byte("%PDF-")) || !bytes.Equal(first.body, second.body) {
		t.Errorf("the PDF is %d, of %d and %d bytes", first.status, len(first.body), len(second.body))
	}
	if got := w.get("officer1", "/v1/requests/"+r.ID+"/contact-history"); got.status != http.StatusForbidden {
		t.Errorf("an officer gets %d", got.status)
	}
}

// With a courier the hand-over is the contact: what became of each dispatch is
// part of the history, though no event of the request.
func TestTheExportFollowsWhatLeft(t *testing.T) {
	w := newWorld(t)
	d := w.sent("courier")
	export := "/v1/requests/" + d.ID + "/contact-history"
	before := w.get("counsel1", export+".pdf")
	w.clock.now = w.clock.now.Add(time.Hour)
	if got := w.change("officer1", d.path("/hand-over"), fields{"courier": "example_courier", "tracking": "INVENTED-1", "handed_over_at": at(w.clock.now)}); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	w.clock.now = w.clock.now.Add(time.Hour)
	w.change("counsel1", "/v1/holds", holdOn(d.request))
	if got := w.change("officer1", d.path("/recall-confirmation"), fields{"as": "returned"}); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	type way struct {
		ID       string
		HandOver struct{ Tracking, HandedOverBy string } `json:"hand_over"`
		Recall   struct {
			OpenedAt, ClosedAt time.Time
			As                 string
		}
	}
	history := read[struct{ Dispatches []way }](t, w.get("counsel1", export))
	if len(history.Dispatches) != 1 || history.Dispatches[0].ID != d.dispatch || history.Dispatches[0].HandOver.Tracking != "INVENTED-1" || history.Dispatches[0].Recall.As != "returned" {
		t.Errorf("the history has %+v", history.Dispatches)
	}
	if after := w.get("counsel1", export+".pdf"); after.status != http.StatusOK || len(after.body) <= len(before.body) {
		t.Errorf("printed %d bytes, and %d before the hand-over", len(after.body), len(before.body))
	}
}
