package tdr_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// A hold stops the clock from the moment it was recorded, not from the moment
// the request heard of it; but never before the request existed.
func TestAHoldCountsFromWhenItTookEffect(t *testing.T) {
	opened := time.Date(2027, 3, 1, 15, 0, 0, 0, time.UTC)
	now := opened.Add(72 * time.Hour)
	state := tdr.State{Stage: tdr.Submitted, OpenedAt: opened}
	for _, c := range []struct {
		name     string
		at, want time.Time
	}{
		{"heard of after an outage", opened.Add(time.Hour), opened.Add(time.Hour)},
		{"without an instant", time.Time{}, now},
		{"from a clock ahead of ours", now.Add(time.Minute), now},
		{"older than the request", opened.Add(-time.Hour), opened},
	} {
		events := tdr.Receive(state, &tdr.HoldChanged{Hold: "h1", Stops: true, At: c.at}, now)
		if len(events) != 1 || !events[0].OccurredAt.Equal(c.want) || !events[0].RecordedAt.Equal(now) {
			t.Errorf("%s: %+v, want it to occur at %s", c.name, events, c.want)
		}
	}
}

// Placing a hold makes a form stale by the fence; hearing of it must not do so again.
func TestHearingOfAHoldIsNotMaterial(t *testing.T) {
	l := begin(t).to(tdr.Ready)
	before := l.state.MaterialSeq
	l.told(&tdr.HoldChanged{Hold: "h", Stops: true})
	if l.state.MaterialSeq != before || l.state.Seq == before {
		t.Errorf("material seq went from %d to %d at seq %d", before, l.state.MaterialSeq, l.state.Seq)
	}
}
