package api_test

import (
	"strings"
	"testing"
)

// recordedEvent is what recording a legal event answers with.
type recordedEvent struct {
	Event struct {
		ID   string `json:"id"`
		Hold string `json:"hold"`
	} `json:"event"`
	MayHaveLeft []struct {
		Code string `json:"code"`
	} `json:"may_have_left"`
}

// legalEvent has counsel record one.
func (w *world) legalEvent(r request, kind, date string, more ...any) answer {
	w.t.Helper()
	return w.change("counsel1", "/v1/persons/"+r.PersonID+"/legal-events",
		fields{"kind": kind, "date": date, "office": "BOS", "source_type": "court_order", "source": someHash}.with(more...))
}

// An order that is vacated stops everything about the person, and the answer
// names the hold and what had left, as that of placing a hold does.
func TestAVacatedOrderIsAnsweredAsAHold(t *testing.T) {
	t.Run("of an order that is dated", func(t *testing.T) {
		w := newWorld(t)
		r := w.submitted()
		w.legalEvent(r, "order_final", "2026-01-15")
		w.vacate(r)
	})
	t.Run("of an order known from an opening alone", func(t *testing.T) {
		w := newWorld(t)
		w.vacate(w.submitted())
	})
}

func (w *world) vacate(r request) {
	t := w.t
	t.Helper()
	vacated := w.legalEvent(r, "order_vacated", "2026-02-20")
	got := read[recordedEvent](t, vacated)
	if vacated.status != 201 || got.Event.Hold == "" || len(got.MayHaveLeft) != 1 || got.MayHaveLeft[0].Code != r.Code {
		t.Fatalf("%d %s", vacated.status, vacated.body)
	}
	stands := read[hold](t, w.get("counsel1", "/v1/holds/"+got.Event.Hold))
	if !stands.Standing || stands.Scope != "person" || stands.Authority != "counsel" {
		t.Errorf("%+v", stands)
	}
	if !w.read(r.ID).OnHold {
		t.Error("the request goes on")
	}
}

// A stay whose end is retracted has a hold again, which its next end lifts.
func TestAStayComesBackWithAHold(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	w.legalEvent(r, "order_final", "2026-01-15")
	w.legalEvent(r, "stay_granted", "2026-02-20")
	ended := read[recordedEvent](t, w.legalEvent(r, "stay_ended", "2026-02-25")).Event
	back := w.legalEvent(r, "retracted", "2026-02-26", "corrects", ended.ID)
	hold := read[recordedEvent](t, back).Event.Hold
	if back.status != 201 || hold == "" || hold == ended.Hold || !strings.Contains(string(back.body), `"suspended":true`) {
		t.Fatalf("%d %s", back.status, back.body)
	}
	r = w.read(r.ID)
	send := fields{"content": w.content(r), "channel": "courier"}
	if got := w.act("officer1", &r, "send", send); got.problem() != "gate_closed" {
		t.Errorf("sent under a stay: %d %s", got.status, got.body)
	}
	if got := w.legalEvent(r, "stay_ended", "2026-02-27"); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if strings.Contains(string(w.get("counsel1", "/v1/holds/"+hold).body), `"standing":true`) {
		t.Error("the stay has ended and its hold stands")
	}
	r = w.read(r.ID)
	w.do("officer1", &r, "send", send)
}

// A correction of another kind would place what nobody recorded.
func TestACorrectionOfAnotherKindIsRefused(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	w.legalEvent(r, "order_final", "2026-01-15")
	filed := read[recordedEvent](t, w.legalEvent(r, "habeas_filed", "2026-02-20")).Event.ID
	for kind, status := range map[string]int{"stay_granted": 422, "order_vacated": 422, "habeas_ended": 422} {
		if got := w.legalEvent(r, kind, "2026-02-21", "corrects", filed); got.status != status || got.faults()["kind"] == "" {
			t.Errorf("%s: %d %s", kind, got.status, got.body)
		}
	}
	if got := w.legalEvent(r, "habeas_filed", "2026-02-21", "corrects", filed); got.status != 201 {
		t.Errorf("%d %s", got.status, got.body)
	}
}
