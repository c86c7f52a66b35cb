package api

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// ListEscalations reads who was asked, and what became of it.
func (s *Server) ListEscalations(ctx context.Context, r contract.ListEscalationsRequestObject) (contract.ListEscalationsResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	rows, err := s.reads.Escalations(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read escalations: %w", err)
	}
	if !s.policy.Allows(principalOf(ctx), identity.ReadCustody, view.Subject()) {
		for i := range rows {
			rows[i].Trigger = string(triggerWithoutCustody(tdr.Trigger(rows[i].Trigger)))
		}
	}
	return contract.ListEscalations200JSONResponse{Escalations: mapped(rows, escalationOf)}, nil
}

// Acknowledge takes an escalation on by its own id, as a mail names it.
func (s *Server) Acknowledge(ctx context.Context, r contract.AcknowledgeRequestObject) (contract.AcknowledgeResponseObject, error) {
	escalation, err := s.reads.Escalation(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read escalation: %w", err)
	}
	act := &tdr.AcknowledgeEscalation{Escalation: escalation.LocalID, NextDate: r.Body.NextDate, Action: r.Body.Action}
	return s.change(ctx, change{requestID: escalation.RequestID, key: r.Params.IdempotencyKey, act: act, note: r.Body.Note})
}
