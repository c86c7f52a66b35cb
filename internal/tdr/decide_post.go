package tdr

import (
	"slices"
	"time"
)

// decidePost holds the rules for what the post does.
func (s State) decidePost(act Act, facts Facts, occurred time.Time) (Fact, error) {
	switch act := act.(type) {
	case *RecordReceipt:
		if act.Evidence == "" {
			return nil, refuse(Missing, "evidence", "receipt is recorded from a source")
		}
		return &ReceiptRecorded{Evidence: act.Evidence}, nil
	case *BeginVerification:
		if act.Evidence == "" {
			return nil, refuse(Missing, "evidence", "verification is recorded from a source")
		}
		return &VerificationBegun{Evidence: act.Evidence}, nil
	case *RecordInformationAsked:
		return s.decideQuestion(act, occurred)
	case *ScheduleInterview:
		return decideInterview(act, occurred)
	case *RecordInterview:
		return s.decideInterviewResult(act, occurred)
	case *RecordIssue:
		return s.decideIssue(act, occurred)
	case *RecordRefusal:
		return &RefusalRecorded{NotANational: act.NotANational, Reasons: act.Reasons}, nil
	}
	return nil, refuse(Invalid, "name", "no such command")
}

func (s State) decideQuestion(act *RecordInformationAsked, occurred time.Time) (Fact, error) {
	if len(act.What) == 0 {
		return nil, refuse(Missing, "what", "say what the post wants")
	}
	if !act.By.IsZero() && act.By.Before(s.OfficeTime.LocalDate(occurred)) {
		return nil, refuse(Contradicts, "by", "the answer is wanted before the question")
	}
	return &InformationWasAsked{What: act.What, By: act.By, Evidence: act.Evidence}, nil
}

func interviewModes() []string { return []string{"in_person", "video", "telephone"} }

func decideInterview(act *ScheduleInterview, occurred time.Time) (Fact, error) {
	switch {
	case act.At.IsZero():
		return nil, refuse(Missing, "at", "an interview has a time")
	case act.At.Before(occurred):
		return nil, refuse(Contradicts, "at", "an interview is set for later than the day it was set")
	case act.Zone == "":
		return nil, refuse(Missing, "zone", "an interview has a place and its zone")
	case act.Place == "":
		return nil, refuse(Missing, "place", "an interview has a place and its zone")
	case !slices.Contains(interviewModes(), act.Mode):
		return nil, refuse(Invalid, "mode", "in_person, video or telephone")
	}
	return &InterviewScheduled{At: act.At.UTC(), Zone: act.Zone, Mode: act.Mode, Place: act.Place}, nil
}

// past tells whether a result can only be known once the appointed time has come.
func (r InterviewResult) past() bool { return r == InterviewHeld || r == InterviewNoShow }

// decideInterviewResult: what was held or missed lies behind its appointed time; the rest may come before.
func (s State) decideInterviewResult(act *RecordInterview, occurred time.Time) (Fact, error) {
	if !slices.Contains(InterviewResults(), act.Result) {
		return nil, refuse(Invalid, "result", "held, no_show, declined or cancelled_by_post")
	}
	if act.Result.past() && s.InterviewAt.After(occurred) {
		return nil, refuse(Contradicts, "occurred_at", "before the interview was to begin")
	}
	return &InterviewRecorded{Result: act.Result}, nil
}

func (s State) decideIssue(act *RecordIssue, occurred time.Time) (Fact, error) {
	switch {
	case act.Issuer == "":
		return nil, refuse(Missing, "issuer", "a document has an issuer")
	case act.Document == "":
		return nil, refuse(Missing, "document", "the document's number is kept under a reference")
	case act.ValidFrom.IsZero():
		return nil, refuse(Missing, "valid_from", "a document is valid from one day to another")
	case act.ValidTo.IsZero():
		return nil, refuse(Missing, "valid_to", "a document is valid from one day to another")
	case act.ValidTo.Before(act.ValidFrom):
		return nil, refuse(Contradicts, "valid_to", "a document ends before it begins")
	case act.ValidTo.Before(s.OfficeTime.LocalDate(occurred)):
		return nil, refuse(Contradicts, "valid_to", "a document cannot be issued after its end")
	}
	return &DocumentIssued{Issuer: act.Issuer, Document: act.Document, ValidFrom: act.ValidFrom, ValidTo: act.ValidTo}, nil
}
