package api

import (
	"context"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/custody"
)

// reviewed is the legal event that fulfils each duty. A yearly review is a new
// decision, from which the next year counts.
func reviewed() map[string]custody.Kind {
	return map[string]custody.Kind{
		custody.ReviewNotice: custody.ReviewNoticeServed, custody.RecordsReview: custody.CustodyDecision,
		custody.HeadquartersAssistance: custody.AssistanceRequested, custody.LikelihoodFinding: custody.LikelihoodDetermined,
		custody.SixMonths: custody.LikelihoodDetermined, custody.HeadquartersCustody: custody.CustodyTransferred,
		custody.AnnualReview: custody.HeadquartersDecision, custody.RevocationReview: custody.CustodyDecision,
	}
}

// RecordCustodyReview records that a duty was done, when, and what was decided.
func (s *Server) RecordCustodyReview(ctx context.Context, r contract.RecordCustodyReviewRequestObject) (contract.RecordCustodyReviewResponseObject, error) {
	b := r.Body
	event := LegalEvent{
		ID: r.Params.IdempotencyKey, Kind: string(reviewed()[string(b.Duty)]), Dated: b.Date, Office: b.Office,
		SourceType: b.SourceType, Source: b.Source, Decision: b.Decision,
	}
	return s.legalEvent(ctx, r.Id, event, b.Note)
}

// custodyDuties are the milestones of a clock in two words: owed, done; and
// those of which neither can be said yet.
func custodyDuties(clock custody.Clock) []contract.CustodyDuty {
	return mapped(clock.Milestones, func(m custody.Milestone) contract.CustodyDuty {
		duty := contract.CustodyDuty{
			Name: m.Name, Key: m.Key, Date: m.Date, State: contract.CustodyDutyState(m.Status), DoneOn: m.DoneOn, DoneBy: m.DoneBy,
			LateDays: m.LateDays, Source: m.Source,
		}
		if m.Status == custody.Due || m.Status == custody.Missed {
			duty.State = contract.CustodyDutyState(custody.Owed)
		}
		return duty
	})
}
