package chaos

import (
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Step is one command of a script.
type Step struct {
	Name tdr.Name
	By   script.Part
	// Fact is the event that the command brings, and the only one.
	Fact tdr.Type
	// Told steps answer mails: reminder and escalation are waited for.
	Told bool
	// Last steps are not taken before nothing is killed any more: until then
	// the post is silent, and every mail about it has to arrive.
	Last bool
	// Contested steps race with a hold; Insisted ones see the request anew until
	// they are accepted, because what the hold did may be told at any moment.
	Contested, Insisted bool
}

// Script is how a life goes and ends.
type Script struct {
	Name    string
	Steps   []Step
	Outcome tdr.Outcome
}

// held is the name of the life in which a hold and a send race.
const held = "held"

// Scripts are the lives that are lived: one that is issued after an escalation,
// one that waits with its answer until the killing is over, one that is refused
// twice, one that is asked for more and withdrawn, and one that is held while it
// is sent, and withdrawn.
func Scripts() []Script {
	leave := []Step{
		{Name: tdr.OpenName, By: script.Officer, Fact: tdr.OpenedType},
		{Name: tdr.RequestReviewName, By: script.Officer, Fact: tdr.ReviewRequestedType},
		{Name: tdr.ApproveName, By: script.Supervisor, Fact: tdr.ApprovedType},
		{Name: tdr.SendName, By: script.Officer, Fact: tdr.SentType},
	}
	receipt := Step{Name: tdr.RecordReceiptName, By: script.Officer, Fact: tdr.ReceiptRecordedType}
	refusal := Step{Name: tdr.RecordRefusalName, By: script.Liaison, Fact: tdr.RefusalRecordedType}
	acknowledge := Step{Name: tdr.AcknowledgeEscalationName, By: script.Supervisor, Fact: tdr.EscalationAcknowledgedType, Told: true}
	contested := leave[3]
	contested.Contested = true
	late := acknowledge
	late.Last = true
	use := []Step{
		receipt,
		{Name: tdr.RecordIssueName, By: script.Liaison, Fact: tdr.IssuedType},
		{Name: tdr.AuthenticateName, By: script.Officer, Fact: tdr.AuthenticatedType},
		{Name: tdr.RecordTravelName, By: script.Officer, Fact: tdr.ClosedType},
	}
	return []Script{
		{Name: "issued", Steps: join(leave, []Step{acknowledge}, use), Outcome: tdr.OutcomeTravelled},
		{Name: "silent", Steps: join(leave, []Step{late}, use), Outcome: tdr.OutcomeTravelled},
		{Name: "refused", Outcome: tdr.OutcomeNotANational, Steps: join(
			leave, []Step{receipt, refusal, {Name: tdr.RetryName, By: script.Officer, Fact: tdr.RetriedType}},
			leave[1:], []Step{receipt, refusal, {Name: tdr.CloseName, By: script.Officer, Fact: tdr.ClosedType}},
		)},
		{Name: "asked", Outcome: tdr.OutcomeWithdrawn, Steps: join(
			leave, []Step{
				receipt,
				{Name: tdr.BeginVerificationName, By: script.Liaison, Fact: tdr.VerificationBegunType},
				{Name: tdr.RecordInformationName, By: script.Liaison, Fact: tdr.InformationAskedType},
				leave[1], leave[2],
				{Name: tdr.AnswerInformationName, By: script.Officer, Fact: tdr.InformationAnsweredType},
				{Name: tdr.RecordContactName, By: script.Officer, Fact: tdr.ContactRecordedType},
				{Name: tdr.WithdrawName, By: script.Officer, Fact: tdr.ClosedType},
			},
		)},
		{Name: held, Outcome: tdr.OutcomeWithdrawn, Steps: join(leave[:3], []Step{
			contested, {Name: tdr.WithdrawName, By: script.Officer, Fact: tdr.ClosedType, Insisted: true},
		})},
	}
}

func join(parts ...[]Step) []Step {
	var all []Step
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// FindScript finds a script by its name.
func FindScript(name string) (Script, bool) {
	for _, script := range Scripts() {
		if script.Name == name {
			return script, true
		}
	}
	return Script{}, false
}
