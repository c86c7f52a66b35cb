package workflows_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// step is something that happens to a request at a moment.
type step struct {
	at     time.Time
	name   tdr.Name // a command, or nothing
	picks  []int
	fact   tdr.Fact // a signal, or nothing
	signal string
}

func (s step) pick(n int) int { return s.picks[n%len(s.picks)] % n }

// model is a request outside of any workflow: the core alone, with time passing
// from one date to the next.
type model struct {
	tdr.State
	nobody func(level int) bool
}

// pass lets time pass.
func (m *model) pass(until time.Time) {
	for {
		next, ok := tdr.Next(m.State)
		if !ok || next.At.After(until) {
			return
		}
		at := next.At
		if last := m.Log[len(m.Log)-1].RecordedAt; last.After(at) {
			at = last
		}
		m.elapse(at)
	}
}

// elapse brings what is due; levels without anybody are passed over at once.
func (m *model) elapse(at time.Time) {
	events := tdr.Elapse(m.State, at)
	m.State = tdr.ApplyAll(m.State, events)
	for _, event := range events {
		opened, ok := event.Fact.(*tdr.EscalationOpened)
		if !ok || !m.nobody(opened.Level) {
			continue
		}
		fact := &tdr.LevelUnreachable{Escalation: opened.Escalation, Level: opened.Level, Cause: "no_addressee"}
		m.State = tdr.ApplyAll(m.State, tdr.Receive(m.State, fact, at))
	}
}

// take lets a step happen and answers how a command would be answered.
func (m *model) take(s step, in workflows.CommandInput) (events []tdr.Event, refused tdr.Code) {
	m.pass(s.at)
	if s.fact != nil {
		m.State = tdr.ApplyAll(m.State, tdr.Receive(m.State, s.fact, s.at))
		m.pass(s.at)
		return nil, ""
	}
	facts := in.Facts
	facts.Now = s.at
	events, err := tdr.Decide(m.State, in.Command, facts)
	var refusal *tdr.Refusal
	if errors.As(err, &refusal) {
		return nil, refusal.Code
	}
	m.State = tdr.ApplyAll(m.State, events)
	return events, ""
}

// onward are the commands that lead through a life, drawn more often than the rest.
var onward = []tdr.Name{
	tdr.RequestReviewName, tdr.ApproveName, tdr.SendName, tdr.RecordReceiptName, tdr.BeginVerificationName,
	tdr.RecordIssueName, tdr.AuthenticateName, tdr.AcknowledgeEscalationName, tdr.RecordInformationName,
	tdr.ScheduleInterviewName, tdr.RecordRefusalName, tdr.AnswerInformationName, tdr.RetryName,
	tdr.RecordReceiptName, tdr.RecordReceiptName, tdr.BeginVerificationName, tdr.ScheduleInterviewName,
	tdr.RecordReceiptName, tdr.RecordReceiptName, tdr.RecordReceiptName, tdr.RecordReceiptName,
	tdr.BeginVerificationName, tdr.BeginVerificationName, tdr.BeginVerificationName, tdr.BeginVerificationName,
}

func drawSteps(t *rapid.T) []step {
	var steps []step
	at := began.Add(30 * time.Second) // beside every date that a calendar can give
	for range rapid.IntRange(20, 45).Draw(t, "steps") {
		at = at.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "minutes")) * time.Minute)
		s := step{at: at, picks: rapid.SliceOfN(rapid.IntRange(0, 1000), 7, 7).Draw(t, "picks")}
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0:
			hold := rapid.SampledFrom([]string{"hold-1", "hold-2"}).Draw(t, "hold")
			s.signal, s.fact = workflows.HoldChangedSignal, &tdr.HoldChanged{Hold: hold, Stops: s.picks[0]%2 == 0}
		case 1:
			switch s.picks[5] % 8 {
			case 0:
				s.signal, s.fact = workflows.RecallConfirmedSignal, &tdr.RecallConfirmed{As: "returned"}
			case 1:
				s.signal, s.fact = workflows.SendStoppedSignal, &tdr.SendStopped{}
			default:
				s.signal, s.fact = workflows.CustodyChangedSignal, &tdr.CustodyChanged{Custody: drawCustody(t, s)}
			}
		case 2, 3:
			moves := tdr.Moves()[1:]
			s.name = moves[s.picks[0]%len(moves)].Name
		default:
			s.name = "" // what the stage allows
		}
		steps = append(steps, s)
	}
	return append(steps, step{at: at.Add(day), name: tdr.WithdrawName, picks: []int{0}})
}

// aim lets a fact about something sent be about one that was.
func (s step) aim(state tdr.State) {
	var sent []string
	for _, event := range state.Log {
		switch fact := event.Fact.(type) {
		case *tdr.Sent:
			sent = append(sent, fact.Dispatch)
		case *tdr.InformationAnswered:
			sent = append(sent, fact.Dispatch)
		}
	}
	if len(sent) == 0 {
		return
	}
	switch fact := s.fact.(type) {
	case *tdr.RecallConfirmed:
		fact.Dispatch = sent[s.pick(len(sent))]
	case *tdr.SendStopped:
		fact.Dispatch = sent[len(sent)-1]
	}
}

func drawCustody(t *rapid.T, s step) tdr.Custody {
	custody := tdr.Custody{Detained: s.picks[1]%3 > 0, Suspended: s.picks[2]%4 == 0}
	if custody.Detained && !custody.Suspended {
		custody.R0 = rehearsal.Calendar("office/BOS", "America/New_York", began).LocalDate(s.at).AddDays(-rapid.IntRange(0, 200).Draw(t, "r0"))
	}
	return custody
}

// chosen is the command of a step, in the state that it finds.
func (s step) chosen(n int, state tdr.State) workflows.CommandInput {
	name := s.name
	if name == "" {
		able := slices.DeleteFunc(slices.Clone(onward), func(n tdr.Name) bool {
			return !slices.Contains(tdr.AllowedFrom(state.Stage), n)
		})
		name = append(able, tdr.RecordContactName)[s.pick(len(able)+1)]
	}
	return rehearsal.Command(fmt.Sprintf("command-%d", n), state, rehearsal.Act(name, state, s.at, s.pick))
}

// promise is what the core alone says to a command, and what the workflow said.
type promise struct {
	in      workflows.CommandInput
	events  []tdr.Event
	refused tdr.Code
	got     reply
}

// rehearse plans the steps that are left for one run, each once.
func (s *stage) rehearse(steps []step, done *int, outside *model) *[]*promise {
	promises := &[]*promise{}
	for i := *done; i < len(steps); i++ {
		s.at(steps[i].at.Sub(s.start), func() {
			*done = i + 1
			if steps[i].fact != nil {
				steps[i].aim(outside.State)
				for range 1 + steps[i].picks[4]%2 {
					s.env.SignalWorkflow(steps[i].signal, steps[i].fact)
					outside.take(steps[i], workflows.CommandInput{})
				}
				return
			}
			outside.pass(steps[i].at)
			p := &promise{in: steps[i].chosen(i, outside.State)}
			s.give(p.in, &p.got)
			p.events, p.refused = outside.take(steps[i], p.in)
			*promises = append(*promises, p)
		})
	}
	return promises
}

// Whatever is done to a request and whenever, its workflow is the core and
// nothing but the core, over as many runs as it takes; and all of it gets on record.
func TestWorkflowIsTheCore(t *testing.T) {
	reached, taken, lives := map[tdr.Stage]int{}, map[tdr.Type]int{}, 0
	rapid.Check(t, func(r *rapid.T) {
		steps := drawSteps(r)
		gone := rapid.IntRange(-1, 3).Draw(r, "level without addressee")
		nobody := func(level int) bool { return level == gone }
		world := rehearsal.NewWorld()
		world.SetNobody(nobody)
		input := opened(began, nil)
		outside := &model{State: input.State, nobody: nobody}
		start, done := began, 0
		for rolled := true; rolled; {
			s := staged(r, world, start)
			promises := s.rehearse(steps, &done, outside)
			s.run(input)
			for _, p := range *promises {
				p.check(r)
			}
			input, rolled = s.next()
			start = s.env.Now()
		}
		sameLog(r, "on record", world.Events(requestID), outside.Log)
		checkRecord(r, world)
		lives++
		stages := map[tdr.Stage]bool{}
		for _, event := range outside.Log {
			taken[event.Fact.Type()]++
			stages[outside.AsKnownAt(event.Seq).Stage] = true
		}
		for stage := range stages {
			reached[stage]++
		}
	})
	t.Logf("of %d lives: %v, %v", lives, reached, taken)
	if taken[tdr.RecallConfirmedType] == 0 {
		t.Error("nothing ever came back")
	}
	// Every stage is reached by one life of ten or more in the long run, and in a
	// hundred lives hardly ever by none.
	for _, stage := range tdr.Stages() {
		if reached[stage] == 0 {
			t.Errorf("none of %d lives reached %s", lives, stage)
		}
	}
}

func (p *promise) check(t rapid.TB) {
	t.Helper()
	switch {
	case !p.got.done:
		t.Fatalf("%s was not answered", p.in.Command.ID)
	case p.refused != "":
		if p.got.refusal == nil || p.got.refusal.Code != p.refused {
			t.Fatalf("%s: %+v, the core alone refuses with %s", p.in.Command.ID, p.got, p.refused)
		}
	default:
		if p.got.refusal != nil {
			t.Fatalf("%s: refused with %+v, the core alone accepts", p.in.Command.ID, p.got.refusal)
		}
		sameLog(t, p.in.Command.ID, p.got.result.Events, p.events)
	}
}

func sameLog(t rapid.TB, what string, got, want []tdr.Event) {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || text(got[i]) != text(want[i]) {
			t.Fatalf("%s: event %d is %s, the core alone has %s", what, i+1, at(got, i), at(want, i))
		}
	}
}

func at(events []tdr.Event, i int) string {
	if i >= len(events) {
		return "missing"
	}
	return text(events[i])
}

func text(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
