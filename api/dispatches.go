package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// ListDispatches lists what left, or may have, for a request, newest first.
func (s *Server) ListDispatches(ctx context.Context, r contract.ListDispatchesRequestObject) (contract.ListDispatchesResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	found, err := s.dispatches.OfRequest(ctx, view.RequestID)
	if err != nil {
		return nil, fmt.Errorf("list dispatches: %w", err)
	}
	return contract.ListDispatches200JSONResponse{Dispatches: mapped(found, dispatchOf)}, nil
}

// ListPostDispatches lists what left, or may have, for a post, newest first.
func (s *Server) ListPostDispatches(ctx context.Context, r contract.ListPostDispatchesRequestObject) (contract.ListPostDispatchesResponseObject, error) {
	sight, err := s.mayRead(ctx, identity.ReadRequests)
	if err != nil {
		return nil, err
	}
	if err := s.knownPost(ctx, r.Id); err != nil {
		return nil, err
	}
	page, err := pageOf(r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	found, err := s.dispatches.OfPost(ctx, r.Id, sight, page)
	if err != nil {
		return nil, fmt.Errorf("list dispatches: %w", err)
	}
	found, next := cut(found, page, func(d Dispatch) (string, string) { return sortKey(d.AuthorisedAt), d.ID })
	return contract.ListPostDispatches200JSONResponse{Dispatches: mapped(found, dispatchOf), Next: next}, nil
}

// GetDispatch reads one of a request that the caller may see.
func (s *Server) GetDispatch(ctx context.Context, r contract.GetDispatchRequestObject) (contract.GetDispatchResponseObject, error) {
	found, _, err := s.dispatch(ctx, r.Id, identity.ReadRequests)
	if err != nil {
		return nil, err
	}
	return contract.GetDispatch200JSONResponse(dispatchOf(found)), nil
}

// dispatch reads a dispatch of a request that the caller may see, for an
// operation that they may do upon it.
func (s *Server) dispatch(ctx context.Context, id string, operation identity.Operation) (Dispatch, RequestView, error) {
	found, err := s.dispatches.Dispatch(ctx, id)
	if err != nil {
		return Dispatch{}, RequestView{}, fmt.Errorf("read dispatch: %w", err)
	}
	view, err := s.request(ctx, found.RequestID)
	if err != nil {
		return Dispatch{}, RequestView{}, err
	}
	if operation != identity.ReadRequests && !s.policy.Allows(principalOf(ctx), operation, view.Subject()) {
		return Dispatch{}, RequestView{}, newProblem(forbidden, "")
	}
	return found, view, nil
}

// HandOver records that a package was given to a courier.
func (s *Server) HandOver(ctx context.Context, r contract.HandOverRequestObject) (contract.HandOverResponseObject, error) {
	found, view, err := s.dispatch(ctx, r.Id, identity.HandOver)
	if err != nil {
		return nil, err
	}
	if err := s.sinceAuthorised(found, "handed_over_at", r.Body.HandedOverAt); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	given := HandOver{
		CommandID: r.Params.IdempotencyKey, DispatchID: found.ID, Courier: r.Body.Courier, Tracking: r.Body.Tracking,
		By: principalOf(ctx).Subject, At: r.Body.HandedOverAt.UTC(),
	}
	return s.perform(ctx, ofDispatch(identity.HandOver, given.CommandID, view), given)
}

// RecordDelivery attaches the courier's proof of delivery.
func (s *Server) RecordDelivery(ctx context.Context, r contract.RecordDeliveryRequestObject) (contract.RecordDeliveryResponseObject, error) {
	found, view, err := s.dispatch(ctx, r.Id, identity.RecordDelivery)
	if err != nil {
		return nil, err
	}
	err = s.sinceAuthorised(found, "delivered_at", r.Body.DeliveredAt)
	if err == nil {
		err = s.shows(ctx, r.Body.DocumentId, found)
	}
	if err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	proof := ProofOfDelivery{
		CommandID: r.Params.IdempotencyKey, DispatchID: found.ID, DocumentID: r.Body.DocumentId,
		DeliveredAt: r.Body.DeliveredAt.UTC(), By: principalOf(ctx).Subject,
	}
	return s.perform(ctx, ofDispatch(identity.RecordDelivery, proof.CommandID, view), proof)
}

// RecordSubmission records the number that the post's own system gave.
func (s *Server) RecordSubmission(ctx context.Context, r contract.RecordSubmissionRequestObject) (contract.RecordSubmissionResponseObject, error) {
	found, view, err := s.dispatch(ctx, r.Id, identity.RecordSubmission)
	if err != nil {
		return nil, err
	}
	if err := s.sinceAuthorised(found, "submitted_at", r.Body.SubmittedAt); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	submission := Submission{
		CommandID: r.Params.IdempotencyKey, DispatchID: found.ID, System: r.Body.System, Number: r.Body.Number,
		By: principalOf(ctx).Subject, At: r.Body.SubmittedAt.UTC(),
	}
	return s.perform(ctx, ofDispatch(identity.RecordSubmission, submission.CommandID, view), submission)
}

// ConfirmRecall records what became of what was asked back.
func (s *Server) ConfirmRecall(ctx context.Context, r contract.ConfirmRecallRequestObject) (contract.ConfirmRecallResponseObject, error) {
	found, view, err := s.dispatch(ctx, r.Id, identity.ConfirmRecall)
	if err != nil {
		return nil, err
	}
	if r.Body.DocumentId != "" {
		if err := s.shows(ctx, r.Body.DocumentId, found); err != nil {
			return s.again(ctx, r.Params.IdempotencyKey, err)
		}
	}
	confirmation := RecallConfirmation{
		CommandID: r.Params.IdempotencyKey, DispatchID: found.ID, As: string(r.Body.As), DocumentID: r.Body.DocumentId,
		By: principalOf(ctx).Subject,
	}
	return s.perform(ctx, ofDispatch(identity.ConfirmRecall, confirmation.CommandID, view), confirmation)
}

func ofDispatch(operation identity.Operation, command string, view RequestView) NewCommand {
	return NewCommand{ID: command, Operation: string(operation), RequestID: view.RequestID, PersonID: view.PersonID}
}

// sinceAuthorised: nothing went out before the minute in which it was let go,
// because people write minutes, or later than now.
func (s *Server) sinceAuthorised(d Dispatch, field string, at time.Time) error {
	switch {
	case at.After(s.clock.Now()):
		return fault(field, "lies in the future")
	case at.Before(d.AuthorisedAt.Truncate(time.Minute)):
		return fault(field, "lies before it was let go")
	}
	return nil
}

// shows: evidence is a document that stands, of the dispatch's request or of its person for any.
func (s *Server) shows(ctx context.Context, document string, about Dispatch) error {
	stands, err := s.stands(ctx, document, about.PersonID, about.RequestID)
	if err == nil && !stands {
		return fault("document_id", "names no standing document of this person or request")
	}
	return err
}

// stands tells whether a document is on record, not withdrawn, and of a request or of
// its person for any.
func (s *Server) stands(ctx context.Context, document, personID, requestID string) (bool, error) {
	found, err := s.documents.Document(ctx, document)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read document: %w", err)
	}
	elsewhere := found.PersonID != personID || found.RequestID != "" && found.RequestID != requestID
	return !elsewhere && found.WithdrawnAt.IsZero(), nil
}

func (c *Carrier) finishHandOver(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusOK, c.dispatches.HandOver, dispatchView)
}

func (c *Carrier) finishDelivery(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusOK, c.dispatches.Prove, dispatchView)
}

func (c *Carrier) finishSubmission(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusOK, c.dispatches.Submit, dispatchView)
}

func (c *Carrier) finishRecall(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusOK, c.dispatches.ConfirmRecall, dispatchView)
}

func dispatchView(d Dispatch) any { return dispatchOf(d) }

func dispatchOf(d Dispatch) contract.Dispatch {
	view := contract.Dispatch{
		Id: d.ID, RequestId: d.RequestID, Code: d.Code, Country: d.Country, Post: d.Post, Kind: string(d.Kind), Channel: string(d.Channel),
		Content: string(d.Content), Status: contract.DispatchStatus(d.Status), Open: d.Open,
		AuthorisedAt: utc(d.AuthorisedAt), AuthorisedBy: d.AuthorisedBy, SentAt: utc(d.SentAt), StoppedAt: utc(d.StoppedAt),
	}
	if !d.HandedOverAt.IsZero() {
		view.HandOver = contract.DispatchHandOver{Courier: d.Courier, Tracking: d.Tracking, HandedOverBy: d.HandedOverBy, HandedOverAt: d.HandedOverAt.UTC()}
	}
	if !d.DeliveredAt.IsZero() {
		view.Delivery = contract.DispatchDelivery{DocumentId: d.ProofDocument, DeliveredAt: d.DeliveredAt.UTC()}
	}
	if !d.SubmittedAt.IsZero() {
		view.Submission = contract.DispatchSubmission{System: d.System, Number: d.Number, SubmittedBy: d.SubmittedBy, SubmittedAt: d.SubmittedAt.UTC()}
	}
	if !d.RecalledAt.IsZero() {
		view.Recall = contract.DispatchRecall{
			OpenedAt: d.RecalledAt.UTC(), ClosedAt: utc(d.RecallClosedAt), As: d.RecallConfirmedAs, ConfirmedBy: d.RecallConfirmedBy,
			DocumentId: d.RecallDocument,
		}
	}
	return view
}
