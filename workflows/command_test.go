package workflows_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// The same command under any number of update ids, in this run or the next, is
// applied once and answered with the same events.
func TestRepeatedCommandIsAppliedOnce(t *testing.T) {
	s := newStage(t, began)
	first, again := &reply{}, &reply{}
	var review workflows.CommandInput
	s.at(time.Hour, func() {
		state := s.state()
		review = rehearsal.Command("review", state, rehearsal.Act(tdr.RequestReviewName, state, s.env.Now(), nil))
		s.give(review, first)
		s.give(review, again)
	})
	s.act(2*time.Hour, "approve", tdr.ApproveName)
	s.act(3*time.Hour, "send", tdr.SendName)
	s.run(opened(began, nil))
	if first.refusal != nil || len(first.result.Events) != 1 || first.result.Seq != 2 {
		t.Fatalf("first answer %+v", first)
	}
	if !reflect.DeepEqual(again.result, first.result) {
		t.Errorf("answered %+v, then %+v", first.result, again.result)
	}
	input, ok := s.next()
	if !ok {
		t.Fatal("no second run")
	}

	second := staged(t, s.world, s.env.Now())
	third := &reply{}
	second.at(time.Hour, func() { second.give(review, third) })
	second.act(2*time.Hour, "withdraw", tdr.WithdrawName)
	second.run(input)
	if third.refusal != nil || !reflect.DeepEqual(third.result.Events, first.result.Events) || third.result.Seq != first.result.Seq {
		t.Errorf("the next run answered %+v, the first %+v", third.result, first.result)
	}
	state := checkRecord(t, s.world)
	count := 0
	for _, event := range state.Log {
		if event.CommandID == "review" {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the command stands %d times on record", count)
	}
}

// A refused command leaves no trace and says why.
func TestRefusals(t *testing.T) {
	s := newStage(t, began)
	type attempt struct {
		in   func(tdr.State) workflows.CommandInput
		want tdr.Code
		got  *reply
	}
	command := func(name tdr.Name) func(tdr.State) workflows.CommandInput {
		return func(state tdr.State) workflows.CommandInput {
			return rehearsal.Command("try-"+string(name), state, rehearsal.Act(name, state, s.env.Now(), func(int) int { return 0 }))
		}
	}
	attempts := []attempt{
		{in: command(tdr.SendName), want: tdr.StageForbids},
		{in: func(state tdr.State) workflows.CommandInput {
			in := command(tdr.ApproveName)(state)
			in.Command.Actor = rehearsal.Person("nobody", tdr.StateRole)
			return in
		}, want: tdr.NotPermitted},
		{in: func(state tdr.State) workflows.CommandInput {
			in := command(tdr.ApproveName)(state)
			in.Seen = 1
			return in
		}, want: tdr.Stale},
		{in: func(state tdr.State) workflows.CommandInput {
			in := command(tdr.ApproveName)(state)
			in.Command.OccurredAt = s.env.Now().Add(time.Minute)
			return in
		}, want: tdr.InFuture},
		{in: func(state tdr.State) workflows.CommandInput {
			in := command(tdr.ApproveName)(state)
			in.Command.ID = ""
			return in
		}, want: tdr.Missing},
	}
	s.act(time.Hour, "review", tdr.RequestReviewName)
	var before, after tdr.State
	s.at(2*time.Hour, func() {
		before = s.state()
		for i := range attempts {
			attempts[i].got = &reply{}
			s.give(attempts[i].in(before), attempts[i].got)
		}
	})
	s.at(3*time.Hour, func() { after = s.state() })
	s.act(4*time.Hour, "withdraw", tdr.WithdrawName)
	s.run(opened(began, nil))
	for _, attempt := range attempts {
		if attempt.got.refusal == nil || attempt.got.refusal.Code != attempt.want {
			t.Errorf("refused with %+v, want %s", attempt.got.refusal, attempt.want)
		}
	}
	if !reflect.DeepEqual(before.Log, after.Log) {
		t.Errorf("refused commands left events %+v", after.EventsAfter(before.Seq))
	}
	if refusal := attempts[0].got.refusal; refusal != nil && (refusal.Stage != tdr.Review || len(refusal.Allowed) == 0) {
		t.Errorf("the refusal does not say what is allowed: %+v", refusal)
	}
}

// What a caller saw is stale only by what is material: a reminder is not.
func TestReminderDoesNotMakeAFormStale(t *testing.T) {
	s := newStage(t, began)
	for i, name := range []tdr.Name{tdr.RequestReviewName, tdr.ApproveName, tdr.SendName} {
		s.act(time.Duration(i+1)*time.Minute, string(name), name)
	}
	input := s.rolled()
	if input.State.Seq == input.State.MaterialSeq {
		t.Fatal("no reminder came")
	}
	second := staged(t, s.world, input.State.Log[input.State.Seq-1].RecordedAt)
	fresh, stale := &reply{}, &reply{}
	second.at(time.Minute, func() {
		in := rehearsal.Command("receipt", input.State, &tdr.RecordReceipt{Evidence: rehearsal.Evidence})
		in.Seen = input.State.MaterialSeq
		second.give(in, fresh)
	})
	second.at(2*time.Minute, func() {
		in := rehearsal.Command("verification", second.state(), &tdr.BeginVerification{Evidence: rehearsal.Evidence})
		in.Seen = input.State.Seq
		second.give(in, stale)
	})
	second.act(time.Hour, "withdraw", tdr.WithdrawName)
	second.run(input)
	if fresh.refusal != nil || !fresh.done {
		t.Errorf("refused behind a reminder: %+v", fresh)
	}
	if stale.refusal == nil || stale.refusal.Code != tdr.Stale {
		t.Errorf("behind a receipt: %+v", stale)
	}
}

// A closed request answers repetitions and refuses the rest, and ends only when all is on record.
func TestClosedRequest(t *testing.T) {
	s := newStage(t, began)
	failures := 0
	s.world.SetFail(func(string) error {
		if failures++; failures <= 3 {
			return errUnreachable
		}
		return nil
	})
	var withdraw workflows.CommandInput
	first, again, late := &reply{}, &reply{}, &reply{}
	s.at(time.Minute, func() {
		withdraw = rehearsal.Command("withdraw", s.state(), &tdr.Withdraw{Outcome: tdr.OutcomeReleased, Reason: "released"})
		s.give(withdraw, first)
	})
	s.at(time.Minute+time.Second, func() {
		s.give(withdraw, again)
		s.give(rehearsal.Command("review", s.state(), &tdr.RequestReview{Content: rehearsal.Content}), late)
	})
	s.run(opened(began, nil))
	if end := s.end(); end.Seq != 2 || end.Outcome != tdr.OutcomeReleased || failures != 4 {
		t.Errorf("ended with %+v after %d calls", end, failures)
	}
	if !reflect.DeepEqual(again.result, first.result) {
		t.Errorf("answered %+v, then %+v", first.result, again.result)
	}
	if late.refusal == nil || late.refusal.Code != tdr.StageForbids || late.refusal.Stage != tdr.Closed {
		t.Errorf("a closed request answered %+v", late)
	}
	if state := checkRecord(t, s.world); state.Stage != tdr.Closed || state.Seq != 2 {
		t.Errorf("on record: %+v", state.Log)
	}
}
