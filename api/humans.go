package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// person gives the requests of a person that the caller may see under an
// operation. None at all is not found; none under the operation is forbidden.
func (s *Server) person(ctx context.Context, id string, operation identity.Operation) ([]RequestView, error) {
	seen, err := s.human(ctx, id, operation)
	return slices.DeleteFunc(seen, func(v RequestView) bool { return v.PersonID != id }), err
}

// human gives the same with the requests of the records merged with the person's
// that the caller may see too. A merge opens nobody a record.
func (s *Server) human(ctx context.Context, id string, operation identity.Operation) ([]RequestView, error) {
	all, err := s.reads.RequestsOf(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read requests of person: %w", err)
	}
	allowing := func(operation identity.Operation) []RequestView {
		var found []RequestView
		for _, view := range all {
			if s.policy.Allows(principalOf(ctx), operation, view.Subject()) {
				found = append(found, view)
			}
		}
		return found
	}
	own := func(v RequestView) bool { return v.PersonID == id }
	if !slices.ContainsFunc(allowing(identity.ReadRequests), own) {
		return nil, ErrNotFound
	}
	found := allowing(operation)
	if !slices.ContainsFunc(found, own) {
		return nil, newProblem(forbidden, "")
	}
	return found, nil
}

// gather reads something of a person and then of every record merged with theirs
// that the caller may see.
func gather[T any](ctx context.Context, id string, seen []RequestView, read func(context.Context, string) ([]T, error)) ([]T, error) {
	var all []T
	for _, record := range recordsOf(id, seen) {
		rows, err := read(ctx, record)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// recordsOf gives the person, and the records of the same human that requests in sight are under.
func recordsOf(id string, seen []RequestView) []string {
	records := []string{id}
	for _, view := range seen {
		if !slices.Contains(records, view.PersonID) {
			records = append(records, view.PersonID)
		}
	}
	return records
}
