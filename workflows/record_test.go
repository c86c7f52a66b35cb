package workflows_test

import (
	"reflect"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// checkRecord: what is on record is a history without gaps, and read model and
// notices are those of that history.
func checkRecord(t rapid.TB, world *rehearsal.World) tdr.State {
	t.Helper()
	events := world.Events(requestID)
	for i, event := range events {
		if event.Seq != int64(i+1) {
			t.Fatalf("event %d stands at place %d", event.Seq, i+1)
		}
		if i > 0 && event.RecordedAt.Before(events[i-1].RecordedAt) {
			t.Errorf("event %d was learned of before the one it follows", event.Seq)
		}
	}
	state := tdr.Fold(events)
	row := world.Row(requestID)
	if want := tdr.Project(tdr.Fold(events[:row.Seq])); !reflect.DeepEqual(row, want) {
		t.Errorf("read model %+v, the history gives %+v", row, want)
	}
	return state
}
