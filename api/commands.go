package api

import (
	"context"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// asked is a command in the form that all of them share.
func asked(id, key, version string, occurred time.Time, note string, act tdr.Act) change {
	return change{requestID: id, key: key, version: version, act: act, occurred: occurred, note: note}
}

// RequestReview answers its command.
func (s *Server) RequestReview(ctx context.Context, r contract.RequestReviewRequestObject) (contract.RequestReviewResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RequestReview{Content: b.Content, Present: b.Present, Gaps: mapped(b.Gaps, gapOf)}))
}

// Approve answers its command.
func (s *Server) Approve(ctx context.Context, r contract.ApproveRequestObject) (contract.ApproveResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.Approve{Content: b.Content}))
}

// Return answers its command.
func (s *Server) Return(ctx context.Context, r contract.ReturnRequestObject) (contract.ReturnResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.Return{Items: mapped(b.Items, itemOf)}))
}

// Send answers its command.
func (s *Server) Send(ctx context.Context, r contract.SendRequestObject) (contract.SendResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, time.Time{}, b.Note, &tdr.Send{Content: b.Content, Channel: b.Channel}))
}

// RecordReceipt answers its command.
func (s *Server) RecordReceipt(ctx context.Context, r contract.RecordReceiptRequestObject) (contract.RecordReceiptResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RecordReceipt{Evidence: b.Evidence}))
}

// RecordInformationAsked answers its command.
func (s *Server) RecordInformationAsked(ctx context.Context, r contract.RecordInformationAskedRequestObject) (contract.RecordInformationAskedResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RecordInformationAsked{What: b.What, By: b.By, Evidence: b.Evidence}))
}

// AnswerInformation answers its command.
func (s *Server) AnswerInformation(ctx context.Context, r contract.AnswerInformationRequestObject) (contract.AnswerInformationResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, time.Time{}, b.Note, &tdr.AnswerInformation{Content: b.Content, Channel: b.Channel}))
}

// ScheduleInterview answers its command.
func (s *Server) ScheduleInterview(ctx context.Context, r contract.ScheduleInterviewRequestObject) (contract.ScheduleInterviewResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.ScheduleInterview{At: utc(b.At), Zone: b.Zone, Mode: string(b.Mode), Place: b.Place}))
}

// RecordInterview answers its command.
func (s *Server) RecordInterview(ctx context.Context, r contract.RecordInterviewRequestObject) (contract.RecordInterviewResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RecordInterview{Result: tdr.InterviewResult(b.Result)}))
}

// BeginVerification answers its command.
func (s *Server) BeginVerification(ctx context.Context, r contract.BeginVerificationRequestObject) (contract.BeginVerificationResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.BeginVerification{Evidence: b.Evidence}))
}

// RecordIssue answers its command.
func (s *Server) RecordIssue(ctx context.Context, r contract.RecordIssueRequestObject) (contract.RecordIssueResponseObject, error) {
	b := r.Body
	reference := s.newID()
	command := asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RecordIssue{
		Issuer: b.Issuer, Document: reference, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo,
	})
	command.document = &DocumentNumber{Reference: reference, Number: b.Number}
	return s.change(ctx, command)
}

// Authenticate answers its command.
func (s *Server) Authenticate(ctx context.Context, r contract.AuthenticateRequestObject) (contract.AuthenticateResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.Authenticate{Photo: b.Photo, Names: b.Names, Serial: b.Serial}))
}

// RejectDocument answers its command.
func (s *Server) RejectDocument(ctx context.Context, r contract.RejectDocumentRequestObject) (contract.RejectDocumentResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RejectDocument{Reason: b.Reason}))
}

// RecordRefusal answers its command.
func (s *Server) RecordRefusal(ctx context.Context, r contract.RecordRefusalRequestObject) (contract.RecordRefusalResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RecordRefusal{NotANational: b.NotANational, Reasons: b.Reasons}))
}

// Retry answers its command.
func (s *Server) Retry(ctx context.Context, r contract.RetryRequestObject) (contract.RetryResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.Retry{Evidence: b.Evidence, Post: b.Post}))
}

// Reissue answers its command.
func (s *Server) Reissue(ctx context.Context, r contract.ReissueRequestObject) (contract.ReissueResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.Reissue{Reason: b.Reason}))
}

// RecordTravel answers its command.
func (s *Server) RecordTravel(ctx context.Context, r contract.RecordTravelRequestObject) (contract.RecordTravelResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RecordTravel{On: b.On}))
}

// Close answers its command.
func (s *Server) Close(ctx context.Context, r contract.CloseRequestObject) (contract.CloseResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.Close{Reason: b.Reason}))
}

// Withdraw answers its command.
func (s *Server) Withdraw(ctx context.Context, r contract.WithdrawRequestObject) (contract.WithdrawResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.Withdraw{Outcome: tdr.Outcome(b.Outcome), Reason: b.Reason}))
}

// RecordContact answers its command.
func (s *Server) RecordContact(ctx context.Context, r contract.RecordContactRequestObject) (contract.RecordContactResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, contactOf(b)))
}

// Reassign answers its command.
func (s *Server) Reassign(ctx context.Context, r contract.ReassignRequestObject) (contract.ReassignResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, time.Time{}, b.Note, &tdr.Reassign{Officer: b.Officer}))
}

// AcknowledgeEscalation answers its command.
func (s *Server) AcknowledgeEscalation(ctx context.Context, r contract.AcknowledgeEscalationRequestObject) (contract.AcknowledgeEscalationResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, time.Time{}, b.Note, &tdr.AcknowledgeEscalation{Escalation: b.Escalation, NextDate: b.NextDate, Action: b.Action}))
}

// RecordNoncompliance answers its command.
func (s *Server) RecordNoncompliance(ctx context.Context, r contract.RecordNoncomplianceRequestObject) (contract.RecordNoncomplianceResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, b.OccurredAt, b.Note, &tdr.RecordNonCompliance{Step: tdr.NonComplianceStep(b.Step), Evidence: b.Evidence, Signature: signatureFrom(b.Signed)}))
}

// Correct answers its command.
func (s *Server) Correct(ctx context.Context, r contract.CorrectRequestObject) (contract.CorrectResponseObject, error) {
	b := r.Body
	return s.change(ctx, asked(r.Id, r.Params.IdempotencyKey, r.Params.IfMatch, time.Time{}, b.Note, &tdr.Correct{
		Event: b.Event, OccurredAt: utc(b.OccurredAt), By: b.By, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo,
		InterviewAt: utc(b.InterviewAt), Reason: b.Reason,
	}))
}

func gapOf(gap contract.ItemReason) tdr.Gap { return tdr.Gap{Item: gap.Item, Reason: gap.Reason} }

func itemOf(item contract.ItemReason) tdr.ItemReason {
	return tdr.ItemReason{Item: item.Item, Reason: item.Reason}
}

func contactOf(b *contract.RecordContactJSONRequestBody) *tdr.RecordContact {
	var act tdr.RecordContact
	if b.Fact != nil {
		act.Fact = &tdr.ContactFact{Direction: string(b.Fact.Direction), Medium: string(b.Fact.Medium), Answered: b.Fact.Answered, Channel: tdr.Channel(b.Fact.Channel)}
	}
	if b.Forecast != nil {
		act.Forecast = &tdr.ContactForecast{Expects: b.Forecast.Expects, By: b.Forecast.By, Basis: b.Forecast.Basis}
	}
	return &act
}
