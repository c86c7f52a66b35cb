package api

import "net/http"

// kept is an answer as it was stored with its command: byte for byte what a
// repeated call gets too. It answers every operation that changes something.
type kept Answer

// VisitOpenResponse writes the answer.
func (k kept) VisitOpenResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRequestReviewResponse writes the answer.
func (k kept) VisitRequestReviewResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitApproveResponse writes the answer.
func (k kept) VisitApproveResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitReturnResponse writes the answer.
func (k kept) VisitReturnResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitSendResponse writes the answer.
func (k kept) VisitSendResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordReceiptResponse writes the answer.
func (k kept) VisitRecordReceiptResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordInformationAskedResponse writes the answer.
func (k kept) VisitRecordInformationAskedResponse(w http.ResponseWriter) error {
	return Answer(k).write(w)
}

// VisitAnswerInformationResponse writes the answer.
func (k kept) VisitAnswerInformationResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitScheduleInterviewResponse writes the answer.
func (k kept) VisitScheduleInterviewResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordInterviewResponse writes the answer.
func (k kept) VisitRecordInterviewResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitBeginVerificationResponse writes the answer.
func (k kept) VisitBeginVerificationResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordIssueResponse writes the answer.
func (k kept) VisitRecordIssueResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitAuthenticateResponse writes the answer.
func (k kept) VisitAuthenticateResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRejectDocumentResponse writes the answer.
func (k kept) VisitRejectDocumentResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordRefusalResponse writes the answer.
func (k kept) VisitRecordRefusalResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRetryResponse writes the answer.
func (k kept) VisitRetryResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitReissueResponse writes the answer.
func (k kept) VisitReissueResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordTravelResponse writes the answer.
func (k kept) VisitRecordTravelResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitCloseResponse writes the answer.
func (k kept) VisitCloseResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitWithdrawResponse writes the answer.
func (k kept) VisitWithdrawResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordContactResponse writes the answer.
func (k kept) VisitRecordContactResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitReassignResponse writes the answer.
func (k kept) VisitReassignResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitAcknowledgeEscalationResponse writes the answer.
func (k kept) VisitAcknowledgeEscalationResponse(w http.ResponseWriter) error {
	return Answer(k).write(w)
}

// VisitRecordNoncomplianceResponse writes the answer.
func (k kept) VisitRecordNoncomplianceResponse(w http.ResponseWriter) error {
	return Answer(k).write(w)
}

// VisitCorrectResponse writes the answer.
func (k kept) VisitCorrectResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitAcknowledgeResponse writes the answer.
func (k kept) VisitAcknowledgeResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordLegalEventResponse writes the answer.
func (k kept) VisitRecordLegalEventResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordCustodyResponse writes the answer.
func (k kept) VisitRecordCustodyResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitPlaceHoldResponse writes the answer.
func (k kept) VisitPlaceHoldResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitUploadDocumentResponse writes the answer.
func (k kept) VisitUploadDocumentResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitWithdrawDocumentResponse writes the answer.
func (k kept) VisitWithdrawDocumentResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitPreparePackageResponse writes the answer.
func (k kept) VisitPreparePackageResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitReviewDisclosureResponse writes the answer.
func (k kept) VisitReviewDisclosureResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitSetDataSheetResponse writes the answer.
func (k kept) VisitSetDataSheetResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitOpenBreakGlassResponse writes the answer.
func (k kept) VisitOpenBreakGlassResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitPlaceLegalHoldResponse writes the answer.
func (k kept) VisitPlaceLegalHoldResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitLiftLegalHoldResponse writes the answer.
func (k kept) VisitLiftLegalHoldResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitConsentToCountryResponse writes the answer.
func (k kept) VisitConsentToCountryResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitFindCitizenshipResponse writes the answer.
func (k kept) VisitFindCitizenshipResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitAmendHoldResponse writes the answer.
func (k kept) VisitAmendHoldResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitLiftHoldResponse writes the answer.
func (k kept) VisitLiftHoldResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitMergePersonsResponse writes the answer.
func (k kept) VisitMergePersonsResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitSplitPersonsResponse writes the answer.
func (k kept) VisitSplitPersonsResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRaiseFlagResponse writes the answer.
func (k kept) VisitRaiseFlagResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitEndFlagResponse writes the answer.
func (k kept) VisitEndFlagResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitClaimNationalityResponse writes the answer.
func (k kept) VisitClaimNationalityResponse(w http.ResponseWriter) error {
	return Answer(k).write(w)
}

// VisitRecordConsularNotificationResponse writes the answer.
func (k kept) VisitRecordConsularNotificationResponse(w http.ResponseWriter) error {
	return Answer(k).write(w)
}

// VisitVerifyIssuerResponse writes the answer.
func (k kept) VisitVerifyIssuerResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitEndIssuerResponse writes the answer.
func (k kept) VisitEndIssuerResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordCustodyReviewResponse writes the answer.
func (k kept) VisitRecordCustodyReviewResponse(w http.ResponseWriter) error {
	return Answer(k).write(w)
}

// VisitHandOverResponse writes the answer.
func (k kept) VisitHandOverResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordDeliveryResponse writes the answer.
func (k kept) VisitRecordDeliveryResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitRecordSubmissionResponse writes the answer.
func (k kept) VisitRecordSubmissionResponse(w http.ResponseWriter) error { return Answer(k).write(w) }

// VisitConfirmRecallResponse writes the answer.
func (k kept) VisitConfirmRecallResponse(w http.ResponseWriter) error { return Answer(k).write(w) }
