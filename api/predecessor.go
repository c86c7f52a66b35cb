package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// checkPredecessor: a closed request of the same person, in the caller's sight.
func (s *Server) checkPredecessor(ctx context.Context, body contract.NewRequest, personID string, faults *fieldErrors) error {
	if body.Predecessor == "" {
		return nil
	}
	view, err := s.request(ctx, body.Predecessor)
	switch {
	case errors.Is(err, ErrNotFound):
		faults.add("predecessor", "there is no such request")
	case err != nil:
		return err
	case view.Stage != tdr.Closed:
		faults.add("predecessor", "is not closed")
	case personID != "":
		return s.checkSamePerson(ctx, view, personID, faults)
	default:
		faults.add("predecessor", "is a request of another person")
	}
	return nil
}

// checkSamePerson: records that are merged are of one person.
func (s *Server) checkSamePerson(ctx context.Context, predecessor RequestView, personID string, faults *fieldErrors) error {
	theirs, err := s.reads.RequestsOf(ctx, personID)
	if err != nil {
		return fmt.Errorf("read requests of person: %w", err)
	}
	if !slices.ContainsFunc(theirs, func(v RequestView) bool { return v.RequestID == predecessor.RequestID }) {
		faults.add("predecessor", "is a request of another person")
	}
	return nil
}
