package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// LegalHold keeps a person's data beyond its period for a matter. It is no Hold:
// it stops nothing from leaving.
type LegalHold struct {
	ID       string
	PersonID string
	Matter   string // a file number
	PlacedBy string
	PlacedAt time.Time
	LiftedBy string    // empty while it stands
	LiftedAt time.Time // zero while it stands
}

// LegalHoldPlacing is a command to place or to lift the legal hold of a matter.
type LegalHoldPlacing struct {
	CommandID string
	PersonID  string
	Matter    string
	By        string
}

// LegalHolds keeps legal holds. One stands for a matter at a time, and a command
// done twice is done once.
type LegalHolds interface {
	// Place gives the hold that stands for the matter then; ErrNotFound when the
	// person's data is destroyed.
	Place(ctx context.Context, p LegalHoldPlacing) (LegalHold, error)
	// Lift gives the hold that stood; ErrAlreadyLifted when none did.
	Lift(ctx context.Context, p LegalHoldPlacing) (LegalHold, error)
	// List reads all of a person, oldest first, lifted ones included.
	List(ctx context.Context, personID string) ([]LegalHold, error)
}

// ListLegalHolds reads what keeps a person's data.
func (s *Server) ListLegalHolds(ctx context.Context, r contract.ListLegalHoldsRequestObject) (contract.ListLegalHoldsResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.ReadLegalHolds); err != nil {
		return nil, err
	}
	all, err := s.legalHolds.List(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("list legal holds: %w", err)
	}
	return contract.ListLegalHolds200JSONResponse{LegalHolds: mapped(all, legalHoldOf)}, nil
}

// PlaceLegalHold keeps a person's data for a matter.
func (s *Server) PlaceLegalHold(ctx context.Context, r contract.PlaceLegalHoldRequestObject) (contract.PlaceLegalHoldResponseObject, error) {
	return s.legalHold(ctx, identity.PlaceLegalHold, r.Id, r.Params.IdempotencyKey, r.Body.Matter)
}

// LiftLegalHold ends the legal hold of a matter.
func (s *Server) LiftLegalHold(ctx context.Context, r contract.LiftLegalHoldRequestObject) (contract.LiftLegalHoldResponseObject, error) {
	return s.legalHold(ctx, identity.LiftLegalHold, r.Id, r.Params.IdempotencyKey, r.Body.Matter)
}

func (s *Server) legalHold(ctx context.Context, operation identity.Operation, personID, key, matter string) (kept, error) {
	if _, err := s.person(ctx, personID, operation); err != nil {
		return kept{}, err
	}
	return s.perform(ctx, NewCommand{ID: key, Operation: string(operation), PersonID: personID}, LegalHoldPlacing{
		CommandID: key, PersonID: personID, Matter: matter, By: principalOf(ctx).Subject,
	})
}

// finishLegalHold places or lifts the legal hold of a stored command.
func (c *Carrier) finishLegalHold(ctx context.Context, stored StoredCommand) (Answer, error) {
	var placing LegalHoldPlacing
	if err := json.Unmarshal(stored.Input, &placing); err != nil {
		return Answer{}, fmt.Errorf("read stored legal hold: %w", err)
	}
	act, status := c.legalHolds.Place, http.StatusCreated
	if stored.Operation == string(identity.LiftLegalHold) {
		act, status = c.legalHolds.Lift, http.StatusOK
	}
	hold, err := act(ctx, placing)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(status, legalHoldOf(hold), nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

func legalHoldOf(h LegalHold) contract.LegalHold {
	return contract.LegalHold{
		Id: h.ID, PersonId: h.PersonID, Matter: h.Matter, PlacedBy: h.PlacedBy, PlacedAt: utc(h.PlacedAt), LiftedBy: h.LiftedBy, LiftedAt: utc(h.LiftedAt),
	}
}
