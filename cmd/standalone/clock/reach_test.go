package clock

import (
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A run is never moved onto or past its own next timer, not even when it lags
// behind the clock by more than the time that is left.
func TestRunIsMovedShortOfItsTimer(t *testing.T) {
	machine := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	const ahead = 100 * day
	at := machine.Add(ahead) // the run's own time
	for name, c := range map[string]struct {
		due       time.Time
		lag, want time.Duration
	}{
		"no timer":                   {time.Time{}, 30 * day, 30 * day},
		"a timer far behind the end": {at.Add(40 * day), 30 * day, 30 * day},
		"a timer at the end":         {at.Add(30 * day), 30 * day, 30*day - early},
		"a timer on the way":         {at.Add(day), 30 * day, day - early},
		"a timer about to fire":      {at.Add(30 * time.Millisecond), time.Second, 10 * time.Millisecond},
		"a timer that is over":       {at.Add(-time.Second), time.Second, -time.Second - early},
	} {
		t.Run(name, func(t *testing.T) {
			run := standing{skipped: ahead, due: c.due}
			if got := run.reach(c.lag, machine); got != c.want {
				t.Errorf("moved by %v, want %v", got, c.want)
			}
		})
	}
}

// Whether a retry waits is asked of the run's own time: one that lags behind the
// clock is moved to its retry instead of being waited for.
func TestRetryWaitsByTheRunsOwnTime(t *testing.T) {
	machine := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	own := machine.Add(100 * day)
	for name, c := range map[string]struct {
		scheduled time.Time
		busy      bool
	}{
		"waiting for its retry":   {own.Add(time.Hour), false},
		"about to be retried":     {own.Add(early / 2), true},
		"due and not yet started": {own.Add(-time.Second), true},
	} {
		t.Run(name, func(t *testing.T) {
			found := read("patient", &persistencespb.WorkflowMutableState{
				ExecutionInfo: &persistencespb.WorkflowExecutionInfo{
					LastCompletedWorkflowTaskStartedEventId: 3,
					TimeSkippingInfo: &persistencespb.TimeSkippingInfo{
						Config:                     &commonpb.TimeSkippingConfig{},
						AccumulatedSkippedDuration: durationpb.New(100 * day),
					},
				},
				ActivityInfos: map[int64]*persistencespb.ActivityInfo{
					5: {Attempt: 2, HasRetryPolicy: true, ScheduledTime: timestamppb.New(c.scheduled)},
				},
			}, machine)
			if busy := found.busy != ""; busy != c.busy {
				t.Errorf("busy is %q", found.busy)
			}
		})
	}
}
