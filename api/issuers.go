package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// VerifyIssuer puts an authority on the verified list of a post. A document
// counts by the day on which it was issued.
func (s *Server) VerifyIssuer(ctx context.Context, r contract.VerifyIssuerRequestObject) (contract.VerifyIssuerResponseObject, error) {
	if err := s.keepsIssuers(ctx, identity.VerifyIssuer, r.Id); err != nil {
		return nil, err
	}
	b := r.Body
	if !b.ValidTo.IsZero() && b.ValidTo.Before(b.ValidFrom) {
		return s.again(ctx, r.Params.IdempotencyKey, fault("valid_to", "lies before valid_from"))
	}
	issuer := Issuer{
		ID: b.Issuer, Post: r.Id, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo, Source: b.Source, ListedBy: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{ID: r.Params.IdempotencyKey, Operation: string(identity.VerifyIssuer)}, issuer)
}

// keepsIssuers: who keeps the directory keeps these lists, for posts that there are.
func (s *Server) keepsIssuers(ctx context.Context, operation identity.Operation, post string) error {
	if err := s.knownPost(ctx, post); err != nil {
		return err
	}
	if !s.policy.May(principalOf(ctx), operation) {
		return newProblem(forbidden, "")
	}
	return nil
}

func (s *Server) knownPost(ctx context.Context, post string) error {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	if _, known := snapshot.Post(post); !known {
		return ErrNotFound
	}
	return nil
}

func (c *Carrier) finishIssuer(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusCreated, c.issuers.List, func(i Issuer) any { return issuerOf(i) })
}

// EndIssuer says on which day a listing ended.
func (s *Server) EndIssuer(ctx context.Context, r contract.EndIssuerRequestObject) (contract.EndIssuerResponseObject, error) {
	if err := s.keepsIssuers(ctx, identity.EndIssuer, r.Id); err != nil {
		return nil, err
	}
	b := r.Body
	ending := IssuerEnding{
		ID: b.Issuer, Post: r.Id, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo, Source: b.Source, By: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{ID: r.Params.IdempotencyKey, Operation: string(identity.EndIssuer)}, ending)
}

func (c *Carrier) finishIssuerEnding(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusOK, c.issuers.End, func(i Issuer) any { return issuerOf(i) })
}

// ListIssuers lists the verified issuers of a post, ended ones too.
func (s *Server) ListIssuers(ctx context.Context, r contract.ListIssuersRequestObject) (contract.ListIssuersResponseObject, error) {
	if _, err := s.mayRead(ctx, identity.ReadDirectory); err != nil {
		return nil, err
	}
	if err := s.knownPost(ctx, r.Id); err != nil {
		return nil, err
	}
	issuers, err := s.issuers.Of(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("list issuers: %w", err)
	}
	return contract.ListIssuers200JSONResponse{Issuers: mapped(issuers, issuerOf)}, nil
}

func issuerOf(i Issuer) contract.VerifiedIssuer {
	return contract.VerifiedIssuer{
		Issuer: i.ID, Post: i.Post, ValidFrom: i.ValidFrom, ValidTo: i.ValidTo, Source: i.Source, ListedBy: i.ListedBy,
		ListedAt: utc(i.ListedAt), EndSource: i.EndSource, EndedBy: i.EndedBy, EndedAt: utc(i.EndedAt),
	}
}
