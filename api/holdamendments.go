package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// AmendHold changes the days of a hold that stands: the day of its review, and
// the last day as its authority set it.
func (s *Server) AmendHold(ctx context.Context, r contract.AmendHoldRequestObject) (contract.AmendHoldResponseObject, error) {
	hold, _, err := s.hold(ctx, r.Id, identity.AmendHold)
	if err != nil {
		return nil, err
	}
	if err := s.secondPerson(ctx, hold); err != nil {
		return nil, err
	}
	amendment := HoldAmendment{CommandID: r.Params.IdempotencyKey, HoldID: hold.ID, By: principalOf(ctx).Subject, ReviewBy: r.Body.ReviewBy}
	if err := s.amended(ctx, hold, *r.Body, &amendment); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	return s.perform(ctx, NewCommand{
		ID: amendment.CommandID, Operation: string(identity.AmendHold), PersonID: hold.PersonID, RequestID: hold.RequestID, Text: r.Body.Note,
	}, amendment)
}

// amended checks what a body says of a hold's days.
func (s *Server) amended(ctx context.Context, hold Hold, body contract.HoldAmendment, amendment *HoldAmendment) error {
	var faults fieldErrors
	now := s.clock.Now().UTC()
	today, err := s.officeDate(ctx, hold)
	if err != nil {
		return err
	}
	said := body.Expiry
	if body.ReviewBy.IsZero() && said == (contract.HoldExpiry{}) {
		faults.add("review_by", "or expiry has to be given")
	}
	if !body.ReviewBy.IsZero() && !body.ReviewBy.After(today) {
		faults.add("review_by", "does not lie ahead")
	}
	// Of a claim that counsel took up nobody is told daily any more.
	if hold.Kind == CitizenshipClaim && body.ReviewBy.After(today.AddDays(reviewDays)) {
		faults.add("review_by", "lies more than %d days ahead, which is too long for a claim to citizenship", reviewDays)
	}
	if said != (contract.HoldExpiry{}) {
		if string(said.Authority) != hold.Authority {
			faults.add("expiry.authority", "is not the authority of the hold, which alone sets its last day")
		}
		expiry := HoldExpiry{On: said.ExpiresOn, Zone: said.ExpiresZone, Source: said.Source}
		if !expiry.On.IsZero() || expiry.Zone != "" {
			expiry = expiryFrom(hold.Kind, expiry, now, "expiry.", &faults)
		}
		amendment.Expiry = &expiry
	}
	return faults.problem()
}

// finishAmendment changes a hold whose amendment is stored.
func (c *Carrier) finishAmendment(ctx context.Context, stored StoredCommand) (Answer, error) {
	var amendment HoldAmendment
	if err := json.Unmarshal(stored.Input, &amendment); err != nil {
		return Answer{}, fmt.Errorf("read stored amendment: %w", err)
	}
	amended, err := c.holds.Amend(ctx, amendment)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(http.StatusOK, holdOf(amended, true), nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}
