package rehearsal

import (
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// Command wraps an act by whoever may do it, with the findings of an open gate.
func Command(id string, state tdr.State, act tdr.Act) workflows.CommandInput {
	facts := tdr.Facts{IssuerVerified: true}
	content := Content
	switch act := act.(type) {
	case *tdr.Send:
		content = act.Content
	case *tdr.AnswerInformation:
		content = act.Content
	case *tdr.Retry:
		post := Calendar("post/gha-new-york", "America/New_York", state.OpenedAt)
		facts.PostTime = &post
	}
	facts.Gate = &tdr.Gate{Dispatch: "dispatch-" + id, Fence: 1, Content: content, Country: state.Country, OrderOnRecord: true}
	return workflows.CommandInput{Command: tdr.Command{ID: id, Actor: actor(act.Name()), Act: act}, Facts: facts}
}

// actor may give the command, and is not the person whose work it judges.
func actor(name tdr.Name) tdr.Actor {
	switch name {
	case tdr.ApproveName, tdr.ReturnName, tdr.ReassignName:
		return Person(Supervisor, tdr.SupervisorRole)
	case tdr.AuthenticateName, tdr.RejectDocumentName:
		return Person(Second, tdr.OfficerRole)
	default:
		return Person(Officer, tdr.OfficerRole)
	}
}

// Act is an act of every kind that the rules have nothing against, if the stage
// allows its name. Pick draws below n; it decides among variants.
func Act(name tdr.Name, state tdr.State, now time.Time, pick func(n int) int) tdr.Act {
	today := state.OfficeTime.LocalDate(now)
	switch name {
	case tdr.RequestReviewName:
		return &tdr.RequestReview{Content: Content}
	case tdr.ApproveName:
		return &tdr.Approve{Content: state.Package.Content}
	case tdr.ReturnName:
		return &tdr.Return{Items: []tdr.ItemReason{{Item: "photographs", Reason: "blurred"}}}
	case tdr.SendName:
		return &tdr.Send{Content: state.Package.Approved, Channel: tdr.ByCourier}
	case tdr.AnswerInformationName:
		return &tdr.AnswerInformation{Content: state.Package.Approved, Channel: tdr.ByExternal}
	case tdr.RetryName:
		if pick(2) == 0 {
			return &tdr.Retry{Post: "gha-new-york"}
		}
		return &tdr.Retry{Evidence: Evidence}
	case tdr.ReissueName:
		return &tdr.Reissue{Reason: "lost"}
	case tdr.WithdrawName:
		return &tdr.Withdraw{Outcome: tdr.OutcomeReliefGranted, Reason: "relief"}
	case tdr.CloseName:
		return &tdr.Close{Reason: "final_answer"}
	case tdr.RecordTravelName:
		return &tdr.RecordTravel{On: today}
	case tdr.AuthenticateName:
		return &tdr.Authenticate{Photo: true, Names: true, Serial: true}
	case tdr.RejectDocumentName:
		return &tdr.RejectDocument{Reason: "signature_unknown"}
	default:
		return postAct(name, state, now, pick)
	}
}

// postAct is what the post does.
func postAct(name tdr.Name, state tdr.State, now time.Time, pick func(n int) int) tdr.Act {
	today := state.OfficeTime.LocalDate(now)
	switch name {
	case tdr.RecordReceiptName:
		return &tdr.RecordReceipt{Evidence: Evidence}
	case tdr.RecordInformationName:
		return &tdr.RecordInformationAsked{What: []string{"fingerprints"}, By: today.AddDays(7)}
	case tdr.ScheduleInterviewName:
		return &tdr.ScheduleInterview{At: now.Add(24 * time.Hour), Zone: "America/New_York", Mode: "video", Place: "gha-washington"}
	case tdr.RecordInterviewName:
		results := tdr.InterviewResults()
		return &tdr.RecordInterview{Result: results[pick(len(results))]}
	case tdr.BeginVerificationName:
		return &tdr.BeginVerification{Evidence: Evidence}
	case tdr.RecordIssueName:
		return &tdr.RecordIssue{
			Issuer: "gha-consul", Document: "reference-one", ValidFrom: today.AddDays(-2), ValidTo: today.AddDays(20 + pick(40)),
		}
	case tdr.RecordRefusalName:
		return &tdr.RecordRefusal{NotANational: pick(2) == 0}
	default:
		return anyTimeAct(name, state, now, pick)
	}
}

// anyTimeAct fits every open stage.
func anyTimeAct(name tdr.Name, state tdr.State, now time.Time, pick func(n int) int) tdr.Act {
	today := state.OfficeTime.LocalDate(now)
	switch name {
	case tdr.RecordContactName:
		if pick(3) == 0 {
			return &tdr.RecordContact{Forecast: &tdr.ContactForecast{Expects: "issue", By: today.AddDays(9), Basis: "post_said"}}
		}
		return &tdr.RecordContact{Fact: &tdr.ContactFact{Direction: "to_post", Medium: "telephone", Answered: pick(3) == 0}}
	case tdr.ReassignName:
		return &tdr.Reassign{Officer: fmt.Sprintf("officer-%d", pick(5))}
	case tdr.RecordNonComplianceName:
		return &tdr.RecordNonCompliance{Step: tdr.NonComplianceSteps()[pick(3)], Evidence: Evidence}
	case tdr.CorrectName:
		event := state.Log[pick(len(state.Log))]
		return &tdr.Correct{Event: event.Seq, OccurredAt: event.OccurredAt.Add(-time.Microsecond), Reason: "mistyped"}
	default: // acknowledge_escalation
		return &tdr.AcknowledgeEscalation{Escalation: OpenEscalation(state), NextDate: today.AddDays(1 + pick(5)), Action: "called"}
	}
}

// OpenEscalation is the id of the highest open escalation, or nothing.
func OpenEscalation(state tdr.State) string {
	found, _ := state.Ladder.Open(state.Ladder.Level())
	return found.ID
}
