package tdr_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// step is one command of a generated life, accepted or not, and what it was decided on.
type step struct {
	before  tdr.State
	command tdr.Command
	facts   tdr.Facts
	events  []tdr.Event
	err     error
}

// run is a generated life: what people did, what happened by itself, what came from outside.
type run struct {
	*life
	steps  []step
	quiet  []int64 // seqs behind which everything due had been brought about, by index into when
	when   []time.Time
	t      *rapid.T
	nextID int
}

// String keeps a failing run readable.
func (r *run) String() string {
	var text strings.Builder
	for _, event := range r.state.Log {
		fmt.Fprintf(&text, "\n%3d %s %s %s", event.Seq, event.RecordedAt.Format(time.RFC3339), event.Fact.Type(), event.Actor.ID)
	}
	return text.String()
}

func (r *run) pick(n int, what string) int { return rapid.IntRange(0, n-1).Draw(r.t, what) }

func choose[T any](r *run, what string, options ...T) T {
	return rapid.SampledFrom(options).Draw(r.t, what)
}

// live draws a life of up to sixty steps, led by what the model allows next.
func live(t *rapid.T) *run {
	r := &run{t: t}
	custody := choose(r, "custody", tdr.Custody{}, tdr.Custody{Detained: true, R0: day("2026-03-01")}, tdr.Custody{Detained: true, R0: day("2025-12-20")})
	harm := choose(r, "harm", false, true)
	r.life = begin(t, func(o *tdr.Open, f *tdr.OpeningFacts) { o.HighHarm, f.Custody = harm, custody })
	for range rapid.IntRange(20, 60).Draw(t, "steps") {
		if !r.state.Stage.Open() {
			break
		}
		r.step()
	}
	return r
}

func lives() *rapid.Generator[*run] { return rapid.Custom(live) }

func (r *run) step() {
	r.now = r.now.Add(time.Minute * time.Duration(1+r.pick(300, "minutes")))
	switch choose(r, "kind", "move", "move", "move", "move", "move", "move", "time", "time", "contact", "signal", "signal", "any", "any", "wild") {
	case "move":
		act := r.forward()
		r.command(act, usual(act.Name()), choose(r, "gate", "open", "open", "open", "open", "no gate", "hold", "no order", "country", "content"))
	case "time":
		r.passes()
	case "contact":
		r.command(contactAt(choose(r, "direction", tdr.ToPost, tdr.ToPost, tdr.FromPost), choose(r, "answered", false, false, true)), usual(tdr.RecordContactName), "")
	case "signal":
		r.signal()
	case "any":
		act := r.anyTime()
		r.command(act, usual(act.Name()), "")
	case "wild":
		acts := inOrder(r.life)
		act := acts[r.pick(len(acts), "wild")]
		if act.Name() == tdr.WithdrawName || act.Name() == tdr.CloseName {
			act = review()
		}
		r.command(act, by(choose(r, "who", "officer1", "supervisor1", "officer2"), choose(r, "role", roles()...)), "")
	}
}

// forward is a command that the stage allows, with all it needs.
func (r *run) forward() tdr.Act {
	if r.pick(60, "withdraw") == 59 {
		return &tdr.Withdraw{Outcome: tdr.OutcomeReleased, Reason: "released"}
	}
	today := r.state.OfficeTime.LocalDate(r.now)
	receipt, verification := &tdr.RecordReceipt{Evidence: someProof}, &tdr.BeginVerification{Evidence: someProof}
	var question, interview tdr.Act = &tdr.RecordInformationAsked{What: []string{"a"}, By: choose(r, "by", calendar.Date{}, today.AddDays(9))}, interviewAt(r.now.Add(30 * time.Hour))
	var document tdr.Act = &tdr.RecordIssue{Issuer: "embassy", Document: "ref", ValidFrom: today, ValidTo: today.AddDays(choose(r, "validity", 60, 180, 2))}
	no := &tdr.RecordRefusal{NotANational: choose(r, "national", true, false)}
	switch r.state.Stage {
	case tdr.Assembling:
		return review()
	case tdr.Review:
		return choose[tdr.Act](r, "review", &tdr.Approve{Content: someHash}, &tdr.Approve{Content: someHash}, &tdr.Return{Items: []tdr.ItemReason{{Item: "a", Reason: "b"}}})
	case tdr.Ready:
		return &tdr.Send{Content: someHash, Channel: tdr.ByCourier}
	case tdr.Submitted:
		return choose[tdr.Act](r, "submitted", receipt, receipt, question, interview, document, no)
	case tdr.Received:
		return choose[tdr.Act](r, "received", verification, interview, question, document, no)
	case tdr.InformationAsked:
		return r.answer(document, no)
	case tdr.Interview:
		r.now = r.now.Add(time.Duration(r.pick(3, "days")) * 24 * time.Hour)
		return choose[tdr.Act](r, "interview", &tdr.RecordInterview{Result: choose(r, "result", tdr.InterviewResults()...)}, question, document)
	case tdr.Verifying:
		return choose[tdr.Act](r, "verifying", document, document, no, question, interview)
	case tdr.Issued:
		good := &tdr.Authenticate{Photo: true, Names: true, Serial: true}
		return choose[tdr.Act](r, "issued", good, good, good, &tdr.RejectDocument{Reason: "a"}, &tdr.Reissue{Reason: "lost"})
	case tdr.TravelReady:
		return choose[tdr.Act](r, "ready", &tdr.Reissue{Reason: "lost"}, contactAt(tdr.ToPost, false), &tdr.RecordTravel{On: today}, &tdr.Close{Reason: "a"})
	default:
		again := &tdr.Retry{Evidence: tdr.Evidence(fmt.Sprintf("found-%d", r.count))}
		return choose[tdr.Act](r, "refused", again, again, &tdr.Retry{Post: "tst-harbor"}, &tdr.Close{Reason: "a"})
	}
}

func (r *run) answer(others ...tdr.Act) tdr.Act {
	switch {
	case r.pick(10, "instead") == 9:
		return choose(r, "other", others...)
	case r.state.Package.Content == "":
		return review()
	case r.state.Package.Approved == "":
		return choose[tdr.Act](r, "answer", &tdr.Approve{Content: someHash}, &tdr.Approve{Content: someHash}, &tdr.Return{Items: []tdr.ItemReason{{Item: "a", Reason: "b"}}})
	default:
		return &tdr.AnswerInformation{Content: someHash, Channel: tdr.ByNotice}
	}
}

func (r *run) anyTime() tdr.Act {
	today := r.state.OfficeTime.LocalDate(r.now)
	switch choose(r, "any", "acknowledge", "acknowledge", "correct", "correct", "forecast", "refusal", "reassign") {
	case "acknowledge":
		id := "none"
		if open := r.openLevels(); len(open) > 0 {
			e, _ := r.state.Ladder.Open(choose(r, "level", open...))
			id = e.ID
		}
		return &tdr.AcknowledgeEscalation{Escalation: id, NextDate: today.AddDays(1 + r.pick(14, "promise")), Action: "call"}
	case "correct":
		return r.correction()
	case "forecast":
		return &tdr.RecordContact{Forecast: &tdr.ContactForecast{Expects: "issue", By: today.AddDays(5), Basis: "experience"}}
	case "refusal":
		return &tdr.RecordNonCompliance{Step: choose(r, "step", tdr.NonComplianceSteps()...), Evidence: someProof}
	default:
		return &tdr.Reassign{Officer: choose(r, "officer", "officer1", "officer2", "officer3")}
	}
}

// correction is of something a person recorded, if anything is.
func (r *run) correction() tdr.Act {
	var recorded []tdr.Event
	for _, event := range r.state.Log {
		switch event.Fact.(type) {
		case *tdr.ReceiptRecorded, *tdr.InterviewRecorded, *tdr.VerificationBegun, *tdr.DocumentIssued, *tdr.RefusalRecorded, *tdr.ContactRecorded, *tdr.InformationWasAsked:
			recorded = append(recorded, event)
		}
	}
	if len(recorded) == 0 {
		return &tdr.Correct{Event: 1, Reason: "a"}
	}
	event := choose(r, "event", recorded...)
	return correction(event.Seq, func(c *tdr.Correct) {
		c.OccurredAt = event.OccurredAt.Add(-time.Minute * time.Duration(r.pick(200, "minutes")))
		if document, ok := event.Fact.(*tdr.DocumentIssued); ok {
			c.ValidTo = document.ValidTo.AddDays(r.pick(60, "longer"))
		}
	})
}

func (r *run) signal() {
	custody := r.state.Custody
	switch choose(r, "signal", "hold", "hold", "lift", "lift", "custody", "stay", "release", "habeas", "unreachable", "unreachable", "unreachable", "bounce", "stopped", "back", "back") {
	case "stopped":
		r.told(&tdr.SendStopped{Dispatch: r.sentLast()})
	case "back":
		if sent := r.sent(); len(sent) > 0 {
			r.told(&tdr.RecallConfirmed{Dispatch: choose(r, "dispatch", sent...), As: "returned"})
		}
	case "hold":
		r.nextID++
		r.told(&tdr.HoldChanged{Hold: fmt.Sprintf("hold-%d", r.nextID), Stops: true})
	case "lift":
		for _, hold := range r.state.Holds {
			r.told(&tdr.HoldChanged{Hold: hold.ID})
		}
	case "custody":
		custody.Detained, custody.Suspended, custody.Before = true, false, calendar.Date{}
		custody.R0 = choose(r, "r0", day("2025-12-20"), day("2026-03-01"), r.state.OfficeTime.LocalDate(r.now))
		r.told(&tdr.CustodyChanged{Custody: custody})
	case "stay":
		custody.Suspended, custody.R0, custody.Before = true, calendar.Date{}, day("2026-03-01")
		r.told(&tdr.CustodyChanged{Custody: custody})
	case "release":
		custody.Detained = false
		r.told(&tdr.CustodyChanged{Custody: custody})
	case "habeas":
		custody.HabeasFiled = choose(r, "filed", r.state.OfficeTime.LocalDate(r.now), calendar.Date{})
		r.told(&tdr.CustodyChanged{Custody: custody})
	case "unreachable":
		if open := r.openLevels(); len(open) > 0 {
			e, _ := r.state.Ladder.Open(choose(r, "level", open...))
			r.told(&tdr.LevelUnreachable{Escalation: e.ID, Level: e.Level, Cause: "bounced"})
		}
	default:
		r.told(&tdr.MailBounced{Notice: "n", Recipient: "r"})
	}
}

// passes lets time pass, with the engine awake at every deadline or down until the end.
func (r *run) passes() {
	until := r.now.Add(time.Hour * time.Duration(choose(r, "hours", 24, 24*4, 24*12, 24*31, 24*75)))
	if choose(r, "engine", "awake", "down") == "awake" {
		r.until(until)
	} else {
		r.now = until
		r.apply(tdr.Elapse(r.state, until))
	}
	r.quiet, r.when = append(r.quiet, r.state.Seq), append(r.when, until)
}

func (r *run) command(act tdr.Act, actor tdr.Actor, gate string) {
	r.count++
	facts := r.facts(act)
	command := tdr.Command{ID: fmt.Sprintf("command-%d", r.count), Actor: actor, Act: act}
	if r.pick(4, "backdated") == 3 {
		command.OccurredAt = r.now.Add(-time.Hour * time.Duration(r.pick(48, "hours")))
	}
	if facts.Gate != nil {
		shut(&facts, gate)
	}
	s := step{before: r.state, command: command, facts: facts}
	s.events, s.err = tdr.Decide(r.state, command, facts)
	r.apply(s.events)
	r.steps = append(r.steps, s)
}

func shut(facts *tdr.Facts, gate string) {
	switch gate {
	case "no gate":
		facts.Gate = nil
	case "hold":
		facts.Gate.HoldStands = true
	case "no order":
		facts.Gate.OrderOnRecord = false
	case "country":
		facts.Gate.Country = "QTX"
	case "content":
		facts.Gate.Content = otherHash
	}
}

// TestTheGeneratorReachesEveryStage counts over a fixed number of generated
// lives: a property that never sees a stage says nothing about it.
func TestTheGeneratorReachesEveryStage(t *testing.T) {
	const runs = 300
	reached := map[tdr.Stage]int{}
	facts := map[tdr.Type]int{}
	for seed := range runs {
		here := map[tdr.Stage]bool{}
		types := map[tdr.Type]bool{}
		r := lives().Example(seed)
		for i, s := range r.seen {
			here[s.Stage], types[r.state.Log[i].Fact.Type()] = true, true
		}
		for stage := range here {
			reached[stage]++
		}
		for kind := range types {
			facts[kind]++
		}
	}
	for _, stage := range tdr.Stages() {
		if reached[stage]*100 < 5*runs {
			t.Errorf("%s in %d of %d runs", stage, reached[stage], runs)
		}
	}
	for _, kind := range []tdr.Type{
		tdr.EscalationOpenedType, tdr.EscalationAcknowledgedType, tdr.CorrectedType, tdr.HoldChangedType, tdr.CustodyChangedType,
		tdr.StageOverdueType, tdr.ValidityAlertedType, tdr.ReissueBegunType, tdr.LevelUnreachableType, tdr.InformationAnsweredType,
	} {
		if facts[kind]*100 < 5*runs {
			t.Errorf("%s in %d of %d runs", kind, facts[kind], runs)
		}
	}
	t.Logf("stages %v", reached)
	t.Logf("events %v", facts)
}
