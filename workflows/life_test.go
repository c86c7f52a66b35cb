package workflows_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

const day = 24 * time.Hour

// A whole life in two runs: reminder and escalation come by themselves, the
// acknowledgement and every other command is answered with its own events.
func TestStandardLife(t *testing.T) {
	s := newStage(t, began)
	plan := []struct {
		after time.Duration
		name  tdr.Name
	}{
		{1 * time.Hour, tdr.RequestReviewName}, {2 * time.Hour, tdr.ApproveName}, {3 * time.Hour, tdr.SendName},
		{4 * time.Hour, tdr.RecordReceiptName},
	}
	var replies []*reply
	for _, step := range plan {
		replies = append(replies, s.act(step.after, string(step.name), step.name))
	}
	s.run(opened(began, nil))
	for i, got := range replies {
		if !got.done || got.refusal != nil || len(got.result.Events) != 1 || got.result.Seq != int64(i+2) {
			t.Fatalf("%s: %+v", plan[i].name, got)
		}
	}
	input, ok := s.next()
	if !ok {
		t.Fatalf("no second run: %v", s.env.GetWorkflowError())
	}
	if input.Recorded != input.State.Seq || input.State.Ladder.Level() != 0 {
		t.Fatalf("the second run begins with %d of %d on record at level %d",
			input.Recorded, input.State.Seq, input.State.Ladder.Level())
	}
	last := input.State.Log[input.State.Seq-1]
	second := staged(t, s.world, last.RecordedAt)
	second.act(3*day, "acknowledge", tdr.AcknowledgeEscalationName)
	second.act(4*day, "issue", tdr.RecordIssueName)
	second.act(5*day, "authenticate", tdr.AuthenticateName)
	travel := second.act(6*day, "travel", tdr.RecordTravelName)
	second.run(input)
	if end := second.end(); end.Outcome != tdr.OutcomeTravelled || end.Seq != travel.result.Seq {
		t.Errorf("ended with %+v, the last command with %+v", end, travel)
	}
	checkRecord(t, s.world)
	var types []tdr.Type
	for _, event := range s.world.Events(requestID) {
		types = append(types, event.Fact.Type())
	}
	t.Log(types)
}
