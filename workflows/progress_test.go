package workflows_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// submit plans the way to the post within the first four minutes.
func (s *stage) submit() {
	for i, name := range []tdr.Name{tdr.RequestReviewName, tdr.ApproveName, tdr.SendName, tdr.RecordReceiptName} {
		s.act(time.Duration(i+1)*time.Minute, string(name), name)
	}
}

// With the database away for days, commands are answered and dates pass as
// ever, and all of it is on record when it comes back.
func TestOutageOfTheDatabaseStopsNothing(t *testing.T) {
	s := newStage(t, began)
	away := began.Add(20 * day)
	s.world.SetFail(func(method string) error {
		if method == "Record" && s.env.Now().Before(away) {
			return activities.ErrSeqConflict // tried again each hour, which the test environment can count
		}
		return nil
	})
	s.submit()
	contact := s.act(15*day, "contact", tdr.RecordContactName)
	var during tdr.State
	s.at(16*day, func() { during = s.state() })
	s.run(opened(began, nil))
	if !contact.done || contact.refusal != nil {
		t.Errorf("a command during the outage: %+v", contact)
	}
	if during.Ladder.Level() < 2 {
		t.Errorf("level %d after sixteen silent days of an outage", during.Ladder.Level())
	}
	input, rolled := s.next()
	if !rolled || input.Recorded != input.State.Seq {
		t.Fatalf("the next run begins with %d of %d on record", input.Recorded, input.State.Seq)
	}
	if state := checkRecord(t, s.world); state.Seq < during.Seq {
		t.Errorf("%d events on record, %d had happened", state.Seq, during.Seq)
	}
	told := map[string]bool{}
	for _, notice := range s.world.Notices() {
		told[notice.Key] = true
	}
	if len(told) < 3 {
		t.Errorf("notices %v", told)
	}
}

// What comes while a recording is under way is not taken for recorded with it.
func TestCommandDuringARecording(t *testing.T) {
	s := newStage(t, began)
	s.submit()
	input := s.rolled()
	due, _ := tdr.Next(input.State)
	second := staged(t, rehearsal.NewWorld(), due.At)
	tries := 0
	second.world.SetFail(func(method string) error {
		if method == "Record" {
			tries++
		}
		if tries == 1 {
			return activities.ErrSeqConflict // tried again in an hour
		}
		return nil
	})
	input.Recorded = 0
	contact := second.act(30*time.Minute, "contact", tdr.RecordContactName)
	second.act(2*time.Hour, "withdraw", tdr.WithdrawName)
	second.run(input)
	state := checkRecord(t, second.world)
	if tries != 3 || !contact.done || state.Stage != tdr.Closed || state.Seq != contact.result.Seq+1 {
		t.Errorf("after %d recordings %d events are on record", tries, state.Seq)
	}
}

// When the engine asks for a new run during an outage, what is not on record
// is carried along and recorded by the next.
func TestUnrecordedEventsOutliveTheRun(t *testing.T) {
	s := newStage(t, began)
	s.world.SetFail(func(string) error { return errUnreachable })
	s.submit()
	s.at(5*day, func() { s.env.SetContinueAsNewSuggested(true) })
	s.run(opened(began, nil))
	input, rolled := s.next()
	if !rolled || input.Recorded != 0 || input.State.Ladder.Level() < 0 {
		t.Fatalf("the next run begins with %d on record, rolled %v", input.Recorded, rolled)
	}
	second := staged(t, s.world, s.env.Now())
	s.world.SetFail(nil)
	second.act(time.Hour, "withdraw", tdr.WithdrawName)
	second.run(input)
	if state := checkRecord(t, s.world); state.Stage != tdr.Closed || len(s.world.Notices()) == 0 {
		t.Errorf("on record: %d events, %d notices", state.Seq, len(s.world.Notices()))
	}
}

// A level that nobody can be told of is passed over at once.
func TestLevelWithoutAddresseeIsPassedOver(t *testing.T) {
	s := newStage(t, began)
	s.world.SetNobody(func(level int) bool { return level == 1 || level == 2 })
	s.submit()
	input := s.rolled()
	second := staged(t, s.world, s.env.Now())
	second.act(20*day, "withdraw", tdr.WithdrawName)
	second.run(input)
	state := checkRecord(t, s.world)
	asked := map[int]time.Time{}
	for _, event := range state.Log {
		if fact, ok := event.Fact.(*tdr.EscalationOpened); ok && asked[fact.Level].IsZero() {
			asked[fact.Level] = event.RecordedAt
		}
	}
	if asked[3].IsZero() || !asked[1].Equal(asked[2]) || !asked[1].Equal(asked[3]) {
		t.Errorf("levels were asked at %v", asked)
	}
}

// A date that passed while the worker was away is not undone by who comes first afterwards.
func TestPassedDateGoesBeforeTheCommand(t *testing.T) {
	s := newStage(t, began)
	for i, name := range []tdr.Name{tdr.RequestReviewName, tdr.ApproveName, tdr.SendName} {
		s.act(time.Duration(i+1)*time.Minute, string(name), name)
	}
	input := s.rolled()
	due, _ := tdr.Next(input.State)
	second := staged(t, s.world, due.At) // the run wakes up just when the next date has come
	receipt := &reply{}
	second.at(0, func() {
		second.give(rehearsal.Command("receipt", input.State, &tdr.RecordReceipt{Evidence: rehearsal.Evidence}), receipt)
	})
	second.act(time.Hour, "withdraw", tdr.WithdrawName)
	second.run(input)
	if receipt.refusal != nil || receipt.result.Seq != input.State.Seq+2 {
		t.Fatalf("the receipt was answered %+v behind seq %d", receipt, input.State.Seq)
	}
	event := s.world.Events(requestID)[input.State.Seq]
	if _, opened := event.Fact.(*tdr.EscalationOpened); !opened {
		t.Errorf("before the receipt stands %s", event.Fact.Type())
	}
}

// A legal date that passed unseen is asked about even when the person is free by then.
func TestLegalDateIsNotUndoneByARelease(t *testing.T) {
	input := opened(began, func(_ *tdr.Open, facts *tdr.OpeningFacts) {
		facts.Custody = tdr.Custody{Detained: true, R0: calendar.DateOf(began)}
	})
	s := staged(t, rehearsal.NewWorld(), began.Add(91*day)) // nobody was there on day 60 and day 90
	s.at(0, func() { s.env.SignalWorkflow(workflows.CustodyChangedSignal, tdr.CustodyChanged{}) })
	s.act(time.Hour, "withdraw", tdr.WithdrawName)
	s.run(input)
	levels := 0
	for _, event := range s.world.Events(requestID) {
		if fact, ok := event.Fact.(*tdr.EscalationOpened); ok && fact.Trigger == tdr.ByCustodyDay {
			levels++
		}
	}
	if levels != 2 {
		t.Errorf("%d levels asked by law, want those of day 60 and day 90", levels)
	}
}

// Where one run follows another the engine's time can step back; a history's does not.
func TestTimeNeverStepsBack(t *testing.T) {
	s := newStage(t, began)
	s.submit()
	input := s.rolled()
	second := staged(t, s.world, s.env.Now().Add(-time.Hour))
	first := second.act(time.Minute, "contact", tdr.RecordContactName)
	second.act(2*time.Hour, "withdraw", tdr.WithdrawName)
	second.run(input)
	last := input.State.Log[input.State.Seq-1]
	if got := first.result.Events; len(got) != 1 || !got[0].RecordedAt.Equal(last.RecordedAt) {
		t.Errorf("behind an event of %v came %+v", last.RecordedAt, got)
	}
	checkRecord(t, s.world)
}

// A hold that was placed before a date, and heard of after it, kept the date from coming.
func TestHoldHeardOfLate(t *testing.T) {
	s := newStage(t, began)
	s.submit()
	input := s.rolled()
	due, _ := tdr.Next(input.State)
	for placed, want := range map[time.Duration]int{-time.Hour: 0, time.Hour: 1} {
		second := staged(t, rehearsal.NewWorld(), due.At.Add(2*time.Hour)) // nobody was there when the date came
		second.at(0, func() {
			hold := tdr.HoldChanged{Hold: "hold-1", Stops: true, At: due.At.Add(placed)}
			second.env.SignalWorkflow(workflows.HoldChangedSignal, hold)
		})
		second.act(time.Hour, "withdraw", tdr.WithdrawName)
		second.run(input)
		asked := 0
		for _, event := range second.world.Events(requestID) {
			if _, ok := event.Fact.(*tdr.EscalationOpened); ok && event.Seq > input.State.Seq {
				asked++
			}
		}
		if asked != want {
			t.Errorf("placed %v after the date: %d levels asked, want %d", placed, asked, want)
		}
	}
}

// A hold suspends what silence brings, from whichever side of the date it comes;
// lifting it counts anew, and saying either twice counts once.
func TestHoldsAndDates(t *testing.T) {
	place := tdr.HoldChanged{Hold: "hold-1", Stops: true}
	lift := tdr.HoldChanged{Hold: "hold-1"}
	s := newStage(t, began)
	s.submit()
	s.at(day, func() {
		s.env.SignalWorkflow(workflows.HoldChangedSignal, place)
		s.env.SignalWorkflow(workflows.HoldChangedSignal, place)
	})
	input := s.rolled()
	if !input.State.Held() || len(input.State.Holds) != 1 {
		t.Fatalf("holds %+v", input.State.Holds)
	}
	second := staged(t, s.world, s.env.Now())
	var held tdr.State
	second.at(100*day, func() { held = second.state() })
	second.at(101*day, func() {
		second.env.SignalWorkflow(workflows.HoldChangedSignal, lift)
		second.env.SignalWorkflow(workflows.HoldChangedSignal, place) // a late repetition
	})
	second.act(120*day, "withdraw", tdr.WithdrawName)
	second.run(input)
	if held.Ladder.Level() >= 0 {
		t.Errorf("level %d during a hold", held.Ladder.Level())
	}
	state := checkRecord(t, s.world)
	if state.Held() || len(state.Holds) != 1 {
		t.Errorf("holds %+v", state.Holds)
	}
	levels := 0
	for _, event := range state.Log {
		if _, ok := event.Fact.(*tdr.EscalationOpened); ok {
			levels++
		}
	}
	if levels == 0 {
		t.Error("nothing was asked after the hold")
	}
}

// The law's dates pass through holds and silence.
func TestLegalDatesPassHolds(t *testing.T) {
	s := newStage(t, began)
	s.at(time.Minute, func() { s.env.SignalWorkflow(workflows.HoldChangedSignal, tdr.HoldChanged{Hold: "h", Stops: true}) })
	s.act(200*day, "withdraw", tdr.WithdrawName)
	s.run(opened(began, func(_ *tdr.Open, facts *tdr.OpeningFacts) {
		facts.Custody = tdr.Custody{Detained: true, R0: calendar.Date{Year: 2026, Month: 3, Day: 2}}
	}))
	state := checkRecord(t, s.world)
	asked := map[int]time.Time{}
	for _, event := range state.Log {
		if fact, ok := event.Fact.(*tdr.EscalationOpened); ok && fact.Trigger == tdr.ByCustodyDay {
			asked[fact.Level] = event.RecordedAt
		}
	}
	if want := time.Date(2026, 5, 31, 4, 0, 0, 0, time.UTC); !asked[3].Equal(want) {
		t.Errorf("headquarters was asked at %v, day 90 begins in Boston at %v", asked[3], want)
	}
	if len(asked) != 5 {
		t.Errorf("levels asked by law: %v", asked)
	}
}

// Calendars that end are renewed in time, however long nobody has others.
func TestCalendarsAreRenewed(t *testing.T) {
	short := calendar.DateOf(began).AddDays(3)
	s := newStage(t, began)
	fresh := rehearsal.Calendar("post/gha-washington", "America/New_York", began)
	office := rehearsal.Calendar("office/BOS", "America/New_York", began)
	s.world.Renew(office, rehearsal.CalendarUntil("post/gha-washington", "America/New_York", began, short))
	s.at(8*day, func() { s.world.Renew(office, fresh) })
	s.submit()
	var stuck tdr.State
	s.at(7*day, func() { stuck = s.state() })
	s.run(opened(began, func(_ *tdr.Open, facts *tdr.OpeningFacts) {
		facts.PostTime = rehearsal.CalendarUntil("post/gha-washington", "America/New_York", began, short)
	}))
	if stuck.PostTime.Last != short || stuck.Ladder.Level() >= 0 {
		t.Errorf("before: calendar to %s, level %d", stuck.PostTime.Last, stuck.Ladder.Level())
	}
	input, rolled := s.next()
	if !rolled {
		t.Fatalf("no next run: %v", s.env.GetWorkflowError())
	}
	if input.State.PostTime.Hash != fresh.Hash || input.State.Ladder.Level() < 0 {
		t.Errorf("after: calendar to %s, level %d", input.State.PostTime.Last, input.State.Ladder.Level())
	}
}

// A conflict on record is no reason to stop: the request goes on and keeps asking.
func TestConflictingRecordDoesNotStopTheRequest(t *testing.T) {
	s := newStage(t, began)
	tries := 0
	s.world.SetFail(func(method string) error {
		if tries++; tries < 5 {
			return activities.ErrSeqConflict
		}
		return nil
	})
	s.submit()
	input := s.rolled()
	if input.Recorded != input.State.Seq || tries < 5 {
		t.Errorf("%d of %d on record after %d tries", input.Recorded, input.State.Seq, tries)
	}
	first, _ := input.State.Ladder.Open(0)
	if waited := s.env.Now().Sub(first.Asked); waited < 4*time.Hour {
		t.Errorf("five tries within %v", waited)
	}
}

// A run that nobody opened ends at once.
func TestRunWithoutOpening(t *testing.T) {
	s := newStage(t, began)
	s.run(workflows.RequestInput{})
	if s.env.GetWorkflowError() == nil {
		t.Error("a request without an opening ended well")
	}
}
