package tdr_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// table is the command table as it was agreed, written out by hand: what the
// code lists is held against it.
const table = `
open                     | -                                                    | assembling                               | officer
request_review           | assembling ready information_asked                   | review information_asked                 | officer
approve                  | review information_asked                             | ready information_asked                  | supervisor
return                   | review information_asked                             | assembling information_asked             | supervisor
send                     | ready                                                | submitted                                | officer
record_receipt           | submitted                                            | received                                 | officer liaison
record_information_asked | submitted received interview verifying               | information_asked                        | officer liaison
answer_information       | information_asked                                    | submitted received interview verifying   | officer
schedule_interview       | submitted received verifying                         | interview                                | officer liaison
record_interview         | interview                                            | interview verifying                      | officer liaison
begin_verification       | received                                             | verifying                                | officer liaison
record_issue             | submitted received information_asked interview verifying | issued                               | officer liaison
authenticate             | issued                                               | travel_ready                             | officer
reject_document          | issued                                               | assembling verifying                     | officer
record_refusal           | submitted received information_asked interview verifying | refused                              | officer liaison
retry                    | refused                                              | assembling                               | officer
reissue                  | issued travel_ready                                  | assembling                               | officer system
record_travel            | travel_ready                                         | closed                                   | officer
close                    | refused issued travel_ready                          | closed                                   | officer
withdraw                 | any                                                  | closed                                   | officer counsel
record_contact           | any                                                  | same                                     | officer supervisor liaison state
reassign                 | any                                                  | same                                     | supervisor
acknowledge_escalation   | any                                                  | same                                     | officer supervisor counsel liaison state
record_noncompliance     | any                                                  | same                                     | officer
correct                  | any                                                  | same                                     | officer supervisor counsel
`

const anyOpen = "assembling review ready submitted received information_asked interview verifying issued travel_ready refused"

type row struct{ name, from, to, who []string }

func rows() []row {
	var all []row
	for line := range strings.Lines(strings.TrimSpace(table)) {
		line = strings.ReplaceAll(line, "any", anyOpen)
		line = strings.ReplaceAll(line, "same", anyOpen)
		cells := strings.Split(line, "|")
		all = append(all, row{strings.Fields(cells[0]), strings.Fields(strings.ReplaceAll(cells[1], "-", "")), strings.Fields(cells[2]), strings.Fields(cells[3])})
	}
	return all
}

func sorted[T ~string](values []T) string {
	var words []string
	for _, value := range values {
		words = append(words, string(value))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func TestMovesAreTheAgreedTable(t *testing.T) {
	moves := tdr.Moves()
	if len(moves) != len(rows()) {
		t.Fatalf("%d commands, agreed %d", len(moves), len(rows()))
	}
	for i, row := range rows() {
		move := moves[i]
		got := []string{string(move.Name), sorted(move.From), sorted(move.To), sorted(move.Who)}
		want := []string{row.name[0], sorted(row.from), sorted(row.to), sorted(row.who)}
		if !slices.Equal(got, want) {
			t.Errorf("listed %q, agreed %q", got, want)
		}
	}
}

func roles() []tdr.Role {
	return []tdr.Role{tdr.OfficerRole, tdr.SupervisorRole, tdr.CounselRole, tdr.LiaisonRole, tdr.StateRole, tdr.SystemRole, "manager", "auditor", "admin"}
}

// standing is a request in a stage in which every command of that stage has what it needs.
func standing(t *testing.T, stage tdr.Stage, name tdr.Name) *life {
	l := begin(t)
	if stage != tdr.Closed {
		l.now = l.now.Add(time.Minute)
		l.do(&tdr.RecordContact{Fact: &tdr.ContactFact{Direction: tdr.ToPost, Medium: "mail"}})
	}
	l.to(stage)
	if stage == tdr.InformationAsked {
		l.do(review())
		if name == tdr.AnswerInformationName {
			l.do(&tdr.Approve{Content: someHash})
		}
	}
	asked := &tdr.EscalationOpened{Escalation: "L1-x", Level: 1, Trigger: tdr.ByPercent, Due: l.now, AcknowledgeBy: l.now}
	l.apply([]tdr.Event{{Seq: l.state.Seq + 1, OccurredAt: l.now, RecordedAt: l.now, Actor: tdr.System(), Fact: asked}})
	l.now = l.now.Add(24 * time.Hour)
	return l
}

// inOrder is every command with all it needs.
func inOrder(l *life) []tdr.Act {
	today := l.state.OfficeTime.LocalDate(l.now)
	return []tdr.Act{
		openAct(), review(), &tdr.Approve{Content: someHash}, &tdr.Return{Items: []tdr.ItemReason{{Item: "photographs", Reason: "blurred"}}},
		&tdr.Send{Content: someHash, Channel: tdr.ByExternal}, &tdr.RecordReceipt{Evidence: someProof},
		&tdr.RecordInformationAsked{What: []string{"photo"}, By: today.AddDays(9)},
		&tdr.AnswerInformation{Content: someHash, Channel: tdr.ByCourier}, interviewAt(l.now.Add(48 * time.Hour)),
		&tdr.RecordInterview{Result: tdr.InterviewHeld}, &tdr.BeginVerification{Evidence: someProof}, issue(),
		&tdr.Authenticate{Photo: true, Names: true, Serial: true}, &tdr.RejectDocument{Reason: "wrong_person"},
		&tdr.RecordRefusal{NotANational: true}, &tdr.Retry{Evidence: someProof}, &tdr.Reissue{Reason: "lost"},
		&tdr.RecordTravel{On: today}, &tdr.Close{Reason: "no_evidence"},
		&tdr.Withdraw{Outcome: tdr.OutcomeReliefGranted, Reason: "relief"},
		&tdr.RecordContact{Forecast: &tdr.ContactForecast{Expects: "issue", By: today.AddDays(5), Basis: "post_said"}},
		&tdr.Reassign{Officer: "officer3"},
		&tdr.AcknowledgeEscalation{Escalation: "L1-x", NextDate: today.AddDays(2), Action: "call"},
		&tdr.RecordNonCompliance{Step: tdr.NonComplianceAttempt, Evidence: someProof},
		&tdr.Correct{Event: 2, OccurredAt: l.state.OpenedAt, Reason: "typing_error"},
	}
}

// TestEveryStageCommandAndRole is generated from the table in the code: every
// command in every stage by every role is allowed or forbidden as it says.
func TestEveryStageCommandAndRole(t *testing.T) {
	if n := len(inOrder(begin(t))); n != len(tdr.Moves()) {
		t.Fatalf("%d commands tried, %d listed", n, len(tdr.Moves()))
	}
	for i, move := range tdr.Moves() {
		for _, stage := range append([]tdr.Stage{""}, tdr.Stages()...) {
			l := &life{t: t, now: boston("2026-03-02 10:00")}
			if stage != "" {
				l = standing(t, stage, move.Name)
			}
			act := inOrder(l)[i]
			if act.Name() != move.Name {
				t.Fatalf("%s tried as %s", move.Name, act.Name())
			}
			for _, role := range roles() {
				events, err := l.decide(act, by("somebody", role))
				checkMove(t, move, l.state, stage, role, events, err)
			}
		}
	}
}

func checkMove(t *testing.T, move tdr.Move, s tdr.State, stage tdr.Stage, role tdr.Role, events []tdr.Event, err error) {
	t.Helper()
	refused := refusal(err)
	here := slices.Contains(move.From, stage) || (stage == "" && move.Name == tdr.OpenName)
	switch {
	case !here:
		if refused.Code != tdr.StageForbids || refused.Stage != stage || !slices.Equal(refused.Allowed, tdr.AllowedFrom(stage)) {
			t.Errorf("%s in %q by %s: %+v, want it forbidden by the stage", move.Name, stage, role, refused)
		}
	case !slices.Contains(move.Who, role):
		if refused.Code != tdr.NotPermitted || refused.Stage != stage {
			t.Errorf("%s in %q by %s: %+v, want it not permitted", move.Name, stage, role, refused)
		}
	case err != nil:
		t.Errorf("%s in %q by %s: refused: %v", move.Name, stage, role, err)
	default:
		after := tdr.ApplyAll(s, events)
		if !slices.Contains(move.To, after.Stage) {
			t.Errorf("%s in %q leads to %q, not among %v", move.Name, stage, after.Stage, move.To)
		}
	}
}

// TestEveryDestinationIsReached: no row promises a stage that nothing leads to.
func TestEveryDestinationIsReached(t *testing.T) {
	reached := map[tdr.Name]map[tdr.Stage]bool{}
	note := func(l *life, act tdr.Act) {
		name := act.Name()
		l.do(act)
		if reached[name] == nil {
			reached[name] = map[tdr.Stage]bool{}
		}
		reached[name][l.state.Stage] = true
	}
	for i, move := range tdr.Moves() {
		for _, stage := range move.From {
			l := standing(t, stage, move.Name)
			note(l, inOrder(l)[i])
		}
	}
	note(standing(t, tdr.Interview, ""), &tdr.RecordInterview{Result: tdr.InterviewDeclined})
	for _, from := range []tdr.Stage{tdr.Submitted, tdr.Interview, tdr.Verifying} {
		l := begin(t).to(from).do(&tdr.RecordInformationAsked{What: []string{"photo"}}).do(review()).do(&tdr.Approve{Content: someHash})
		note(l, &tdr.AnswerInformation{Content: someHash, Channel: tdr.ByCourier})
	}
	empty := begin(t).to(tdr.Issued)
	note(empty.told(&tdr.RecallConfirmed{Dispatch: empty.sentLast(), As: "returned"}), &tdr.RejectDocument{Reason: "wrong_person"})
	for _, move := range tdr.Moves()[1:] {
		for _, to := range move.To {
			if !reached[move.Name][to] {
				t.Errorf("%s never led to %s", move.Name, to)
			}
		}
	}
}

func TestAllowedFromNamesWhatTheStageAllows(t *testing.T) {
	for _, stage := range tdr.Stages() {
		var want []tdr.Name
		for _, row := range rows() {
			if slices.Contains(row.from, string(stage)) {
				want = append(want, tdr.Name(row.name[0]))
			}
		}
		if got := tdr.AllowedFrom(stage); !slices.Equal(got, want) {
			t.Errorf("%s allows %v, want %v", stage, got, want)
		}
	}
	if got := tdr.AllowedFrom(tdr.Closed); len(got) != 0 {
		t.Errorf("a closed request allows %v", got)
	}
}

func TestOwnersOfStages(t *testing.T) {
	owners := map[tdr.Stage]tdr.Owner{
		tdr.Assembling: tdr.OfficerOwner, tdr.Review: tdr.SupervisorOwner, tdr.Ready: tdr.OfficerOwner,
		tdr.Submitted: tdr.ConsulateOwner, tdr.Received: tdr.ConsulateOwner, tdr.InformationAsked: tdr.OfficerOwner,
		tdr.Interview: tdr.ConsulateOwner, tdr.Verifying: tdr.ConsulateOwner, tdr.Issued: tdr.OfficerOwner,
		tdr.TravelReady: tdr.OfficerOwner, tdr.Refused: tdr.OfficerOwner, tdr.Closed: "",
	}
	for _, stage := range tdr.Stages() {
		if got := stage.Owner(); got != owners[stage] {
			t.Errorf("%s belongs to %q, want %q", stage, got, owners[stage])
		}
		if stage.Open() == (stage == tdr.Closed) {
			t.Errorf("%s open: %v", stage, stage.Open())
		}
	}
}
