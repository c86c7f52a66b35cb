package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// MergePersons finds that two records are of one human.
func (s *Server) MergePersons(ctx context.Context, r contract.MergePersonsRequestObject) (contract.MergePersonsResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.MergePersons); err != nil {
		return nil, err
	}
	if err := s.mayMerge(ctx, r.Id, r.Body.PersonId); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	seen, err := s.inSight(ctx, r.Id, r.Body.PersonId)
	if err != nil {
		return nil, err
	}
	merge := Merge{
		ID: r.Params.IdempotencyKey, Survivor: r.Id, Merged: r.Body.PersonId, Reason: r.Body.Reason, Source: r.Body.Source, By: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{ID: merge.ID, Operation: string(identity.MergePersons), PersonID: r.Id, Text: r.Body.Note}, mergeInput{merge, seen})
}

// mayMerge: the caller may do it to the other record too.
func (s *Server) mayMerge(ctx context.Context, id, other string) error {
	if id == other {
		return fault("person_id", "is the record itself")
	}
	_, err := s.person(ctx, other, identity.MergePersons)
	if errors.Is(err, ErrNotFound) {
		return fault("person_id", "there is no such person")
	}
	return err
}

// inSight are the ids of the requests of both that the caller may see.
func (s *Server) inSight(ctx context.Context, persons ...string) ([]string, error) {
	var ids []string
	for _, id := range persons {
		seen, err := s.human(ctx, id, identity.ReadRequests)
		if err != nil {
			return nil, err
		}
		ids = append(ids, mapped(seen, requestID)...)
	}
	return ids, nil
}

// mergeInput is what a stored merge carries on from.
type mergeInput struct {
	Merge
	Seen []string // what may have left of other requests is told without naming them
}

// finishMerge merges the persons of a stored command.
func (c *Carrier) finishMerge(ctx context.Context, stored StoredCommand) (Answer, error) {
	var input mergeInput
	if err := json.Unmarshal(stored.Input, &input); err != nil {
		return Answer{}, fmt.Errorf("read stored merge: %w", err)
	}
	merged, err := c.merges.Merge(ctx, input.Merge)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	c.poke(ctx, merged.Poke)
	body := contract.PersonsMerged{
		Merge: mergeOf(merged.Merge), MayHaveLeft: recallsFor(input.Seen, merged.MayHaveLeft),
	}
	answer, err := jsonAnswer(http.StatusCreated, body, map[string]string{"Location": "/v1/merges/" + input.ID})
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

// merge reads a merge of two records, under both of which the caller may do something.
func (s *Server) merge(ctx context.Context, id string, operation identity.Operation) (Merge, error) {
	found, err := s.merges.One(ctx, id)
	if err != nil {
		return Merge{}, fmt.Errorf("read merge: %w", err)
	}
	for _, record := range []string{found.Survivor, found.Merged} {
		if _, err := s.person(ctx, record, operation); err != nil {
			return Merge{}, err
		}
	}
	return found, nil
}

// SplitPersons finds that two records are of two people after all.
func (s *Server) SplitPersons(ctx context.Context, r contract.SplitPersonsRequestObject) (contract.SplitPersonsResponseObject, error) {
	found, err := s.merge(ctx, r.Id, identity.SplitPersons)
	if err != nil {
		return nil, err
	}
	splitting := Splitting{
		CommandID: r.Params.IdempotencyKey, MergeID: found.ID, By: principalOf(ctx).Subject, Reason: r.Body.Reason, Source: r.Body.Source,
		Assigned: mapped(r.Body.Assigned, func(a contract.Assignment) Assignment {
			return Assignment{Kind: string(a.Kind), ID: a.Id, PersonID: a.PersonId}
		}),
	}
	return s.perform(ctx, NewCommand{ID: splitting.CommandID, Operation: string(identity.SplitPersons), PersonID: found.Survivor, Text: r.Body.Note}, splitting)
}

func (c *Carrier) finishSplit(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusOK, c.merges.Split, func(m Merge) any { return mergeOf(m) })
}

// misassigned names every assignment at fault, in their order.
func misassigned(wrong *AssignmentError) *problem {
	var faults fieldErrors
	for _, i := range slices.Sorted(maps.Keys(wrong.Broken)) {
		faults.add(fmt.Sprintf("assigned[%d]", i), "%s", wrong.Broken[i])
	}
	return &problem{cause: invalidFields, errors: faults}
}

// GetMerge reads a merge with what a split may assign.
func (s *Server) GetMerge(ctx context.Context, r contract.GetMergeRequestObject) (contract.GetMergeResponseObject, error) {
	found, err := s.merge(ctx, r.Id, identity.SplitPersons)
	if err != nil {
		return nil, err
	}
	added, err := s.merges.Added(ctx, found.ID)
	if err != nil {
		return nil, fmt.Errorf("list what was added: %w", err)
	}
	return contract.GetMerge200JSONResponse{Merge: mergeOf(found), Added: mapped(added, func(a Added) contract.Added {
		return contract.Added{Kind: contract.AddedKind(a.Kind), Id: a.ID, PersonId: a.PersonID, At: utc(a.At), Stays: a.Stays}
	})}, nil
}

// ListMerges lists the merges of a record with those that the caller may see.
func (s *Server) ListMerges(ctx context.Context, r contract.ListMergesRequestObject) (contract.ListMergesResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.ReadPerson); err != nil {
		return nil, err
	}
	all, err := s.merges.Of(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("list merges: %w", err)
	}
	views := []contract.Merge{}
	for _, merge := range all {
		other := merge.Survivor
		if other == r.Id {
			other = merge.Merged
		}
		_, err := s.person(ctx, other, identity.ReadPerson)
		if err != nil && problemOf(err).cause != notFound && problemOf(err).cause != forbidden {
			return nil, err
		}
		if err == nil {
			views = append(views, mergeOf(merge))
		}
	}
	return contract.ListMerges200JSONResponse{Merges: views}, nil
}

func mergeOf(m Merge) contract.Merge {
	return contract.Merge{
		Id: m.ID, PersonId: m.Survivor, MergedId: m.Merged, Standing: m.UndoneAt.IsZero(), Reason: m.Reason, Source: m.Source,
		MergedBy: m.By, MergedAt: utc(m.At), SplitReason: m.UndoneReason, SplitSource: m.UndoneSource, SplitBy: m.UndoneBy, SplitAt: utc(m.UndoneAt),
	}
}
