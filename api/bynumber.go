package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// byNumber finds the person to whom an A-number belongs; "" where it is nobody's, and
// ErrPersonDiffers where it is another's. A record of which the caller sees no request
// is joined only under its own names: a number and a guessed day of birth open none.
// Both such an attempt and such an opening are on record under that person.
func (s *Server) byNumber(ctx context.Context, details PersonDetails) (string, error) {
	id, differs := s.intakes.PersonID(ctx, details)
	if differs != nil && !errors.Is(differs, ErrPersonDiffers) {
		return "", fmt.Errorf("look the person up: %w", differs)
	}
	if id == "" {
		return "", differs
	}
	_, err := s.person(ctx, id, identity.ReadRequests)
	if !errors.Is(err, ErrNotFound) {
		return id, both(err, differs)
	}
	if differs == nil {
		if differs, err = s.otherNames(ctx, id, details); err != nil {
			return "", err
		}
	}
	return id, both(differs, s.enterJoining(ctx, id, differs))
}

// otherNames is ErrPersonDiffers where the names are not alike.
func (s *Server) otherNames(ctx context.Context, id string, details PersonDetails) (differs, err error) {
	alike, err := s.intakes.SameNames(ctx, id, details)
	if err != nil {
		return nil, fmt.Errorf("compare names: %w", err)
	}
	if !alike {
		differs = ErrPersonDiffers
	}
	return differs, nil
}

// enterJoining: a refusal stands also while the log can't be written; nothing is joined then.
func (s *Server) enterJoining(ctx context.Context, id string, differs error) error {
	line := entryOf(ctx)
	act := AuditAct{At: s.clock.Now(), Actor: principalOf(ctx).Subject, Action: line.route, Object: "person/" + id, Outcome: "done"}
	if differs != nil {
		act.Outcome = "not_found"
	}
	err := s.audit.Enter(ctx, act)
	if err != nil && differs != nil {
		s.log.ErrorContext(ctx, "refusal is not in the audit log", "error", err.Error())
		return nil
	}
	if err != nil {
		return fmt.Errorf("enter reading of person: %w", err)
	}
	return nil
}
