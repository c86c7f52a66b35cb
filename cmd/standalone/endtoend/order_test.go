package endtoend

import (
	"context"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/workflows"
)

// checkAllInOrder: reports add up, nothing is overdue, histories agree with the
// workflows, the doctor finds nothing and no alarm was raised.
func checkAllInOrder(t *testing.T, w *whole.Whole, lives []*life) {
	t.Helper()
	checkBottlenecks(t, w)
	var deadlines struct {
		Deadlines []json.RawMessage `json:"deadlines"`
	}
	if w.As("counsel1").Get("/v1/deadlines", &deadlines); len(deadlines.Deadlines) > 0 {
		t.Errorf("all lives are over, and these dates are still to come: %s", deadlines.Deadlines)
	}
	for _, life := range lives {
		life.at("closed")
		life.checkWorkflow(t)
	}
	for _, finding := range w.Examine() {
		if finding.Err != nil {
			t.Errorf("the doctor says of %q: %v", finding.Check, finding.Err)
		}
	}
	for _, alarm := range w.Alarms() {
		t.Errorf("alarm: %s", alarm)
	}
	for _, mail := range w.Undelivered() {
		t.Errorf("mail: %s", mail)
	}
}

// bottleneck is a group of the report.
type bottleneck struct {
	Key         string  `json:"key"`
	Requests    int     `json:"requests"`
	Closed      int     `json:"closed"`
	WaitingDays float64 `json:"waiting_days"`
	Overdue     int     `json:"overdue"`
	Escalations int     `json:"open_escalations"`
}

// checkBottlenecks compares the days of each life, and whose they were, with
// what a calendar says.
func checkBottlenecks(t *testing.T, w *whole.Whole) {
	t.Helper()
	const hour = 1.0 / 24
	checkGroups(t, w, "country", map[string]bottleneck{
		// From March 3, 10:00, to January 11, 11:00.
		"NGA": {Requests: 1, Closed: 1, WaitingDays: 314 + hour},
		// From March 1, 9:00 in winter, to November 15, 10:00 in winter.
		"GHA": {Requests: 1, Closed: 1, WaitingDays: 259 + hour},
		// From March 2, 11:00 in winter, to September 27, 10:00 in summer.
		"HND": {Requests: 1, Closed: 1, WaitingDays: 209 - 2*hour},
	})
	checkGroups(t, w, "owner", map[string]bottleneck{
		// GHA March 1 to September 20; HND March 3 to 8, March 11 to April 12, June 1
		// to July 12, August 16 to September 8; NGA March 4 to 22, July 13 to 19.
		"consulate": {Requests: 3, Closed: 3, WaitingDays: 203 + 5 + 32 + 41 + 23 + 18 + 6 - hour*(0+1+1+0+0+1)},
		// HND in review on March 2 and June 1, NGA on March 4: no time at all.
		"supervisor": {Requests: 3, Closed: 3},
		"officer":    {Requests: 3, Closed: 3, WaitingDays: 782 - 328 + 3*hour},
	})
}

func checkGroups(t *testing.T, w *whole.Whole, by string, want map[string]bottleneck) {
	t.Helper()
	var report struct {
		Groups []bottleneck `json:"groups"`
	}
	w.As("manager1").Get("/v1/reports/bottlenecks?group_by="+by, &report)
	if len(report.Groups) != len(want) {
		t.Errorf("by %s there are %d groups, want %d: %+v", by, len(report.Groups), len(want), report.Groups)
	}
	for _, group := range report.Groups {
		expected := want[group.Key]
		expected.Key = group.Key
		// Half an hour for what this test's own calls took.
		if math.Abs(group.WaitingDays-expected.WaitingDays) < 0.5/24 {
			expected.WaitingDays = group.WaitingDays
		}
		if group != expected {
			t.Errorf("by %s: %+v, want %+v", by, group, expected)
		}
	}
}

// withoutFence is what an event says in every answer: how often somebody was held
// is nobody's to count.
func withoutFence(t *testing.T, data json.RawMessage) json.RawMessage {
	t.Helper()
	var said map[string]json.RawMessage
	if err := json.Unmarshal(data, &said); err != nil {
		t.Fatal(err)
	}
	delete(said, "fence")
	blank, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	return blank
}

// checkWorkflow compares what is on record with what the workflow itself knows.
func (l *life) checkWorkflow(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	recording, err := workflows.NewClient(l.w.Engine).History(ctx, l.ID, 0)
	if err != nil {
		t.Errorf("%s: ask the workflow: %v", l.Code, err)
		return
	}
	recorded := l.events()
	if len(recording.Events) != len(recorded) {
		t.Errorf("%s: %d events are on record, the workflow knows %d", l.Code, len(recorded), len(recording.Events))
		return
	}
	for i, known := range recording.Events {
		raw, err := json.Marshal(known)
		if err != nil {
			t.Fatal(err)
		}
		var same event
		if err := json.Unmarshal(raw, &same); err != nil {
			t.Fatal(err)
		}
		same.Data, recorded[i].Data = withoutFence(t, same.Data), withoutFence(t, recorded[i].Data)
		if !equal(t, same, recorded[i]) {
			t.Errorf("%s: event %d is on record as %s, and the workflow knows %s", l.Code, i+1, l.words(t, recorded[i]), l.words(t, same))
		}
	}
}

// equal compares events whatever the order of their keys.
func equal(t *testing.T, a, b event) bool {
	t.Helper()
	var first, second map[string]any
	if json.Unmarshal(a.Data, &first) != nil || json.Unmarshal(b.Data, &second) != nil {
		t.Fatal("an event's data is not JSON")
	}
	for _, data := range []map[string]any{first, second} {
		delete(data, "fence") // which the workflow knows, and no reader
	}
	x, errX := json.Marshal(first)
	y, errY := json.Marshal(second)
	if errX != nil || errY != nil {
		t.Fatal("an event's data cannot be written")
	}
	return a.Seq == b.Seq && a.Type == b.Type && a.OccurredAt.Equal(b.OccurredAt) && a.RecordedAt.Equal(b.RecordedAt) &&
		a.Actor == b.Actor && a.CommandID == b.CommandID && string(x) == string(y)
}
