package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// RaiseFlag routes a person specially from now on.
func (s *Server) RaiseFlag(ctx context.Context, r contract.RaiseFlagRequestObject) (contract.RaiseFlagResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.RaiseFlag); err != nil {
		return nil, err
	}
	if err := s.notAhead("dated", r.Body.Dated); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	flag := Flag{
		ID: r.Params.IdempotencyKey, PersonID: r.Id, Kind: string(r.Body.Kind), Source: r.Body.Source, Dated: r.Body.Dated,
		RaisedBy: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{ID: flag.ID, Operation: string(identity.RaiseFlag), PersonID: r.Id, Text: r.Body.Note}, flag)
}

// notAhead: a local date can be ahead of UTC's by a day, not by more.
func (s *Server) notAhead(field string, day calendar.Date) error {
	if day.After(calendar.DateOf(s.clock.Now().UTC()).AddDays(1)) {
		return fault(field, "lies in the future")
	}
	return nil
}

func (c *Carrier) finishFlag(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusCreated, c.persons.RaiseFlag, func(f Flag) any { return flagOf(f, true) })
}

// EndFlag ends a flag on counsel's word.
func (s *Server) EndFlag(ctx context.Context, r contract.EndFlagRequestObject) (contract.EndFlagResponseObject, error) {
	flag, err := s.persons.Flag(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read flag: %w", err)
	}
	if _, err := s.person(ctx, flag.PersonID, identity.EndFlag); err != nil {
		return nil, err
	}
	ending := FlagEnding{
		CommandID: r.Params.IdempotencyKey, FlagID: flag.ID, By: principalOf(ctx).Subject, Source: r.Body.Source, Reason: r.Body.Reason,
	}
	return s.perform(ctx, NewCommand{ID: ending.CommandID, Operation: string(identity.EndFlag), PersonID: flag.PersonID, Text: r.Body.Note}, ending)
}

func (c *Carrier) finishFlagEnding(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusOK, c.persons.EndFlag, func(f Flag) any { return flagOf(f, true) })
}

// ListFlags lists a person's flags.
func (s *Server) ListFlags(ctx context.Context, r contract.ListFlagsRequestObject) (contract.ListFlagsResponseObject, error) {
	seen, err := s.human(ctx, r.Id, identity.ReadRequests)
	if err != nil {
		return nil, err
	}
	flags, err := gather(ctx, r.Id, seen, s.persons.Flags)
	if err != nil {
		return nil, fmt.Errorf("list flags: %w", err)
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	// A flag of a record merged with the person's routes too, seen or not.
	answer := contract.ListFlags200JSONResponse{Flags: []contract.Flag{}, SpecialRouting: slices.ContainsFunc(seen, func(v RequestView) bool { return v.SpecialRouting })}
	for _, flag := range flags {
		of := slices.DeleteFunc(slices.Clone(seen), func(v RequestView) bool { return v.PersonID != flag.PersonID })
		needs := s.needsToKnowFlags(ctx, snapshot, of)
		answer.Flags = append(answer.Flags, flagOf(flag, needs || flag.RaisedBy == principalOf(ctx).Subject))
	}
	return answer, nil
}

// needsToKnowFlags: counsel of the case, and whoever the directory names in
// the custody unit. All kinds alike are kept from the rest: were only some, what
// is left out would tell of a victim of trafficking (8 USC 1367).
func (s *Server) needsToKnowFlags(ctx context.Context, snapshot directory.Snapshot, of []RequestView) bool {
	caller := principalOf(ctx)
	return slices.ContainsFunc(of, func(v RequestView) bool {
		asked := directory.Case{FieldOffice: v.FieldOffice, Country: v.Country}
		return s.policy.Allows(caller, identity.ReadFlags, v.Subject()) ||
			snapshot.Serves(caller.Subject, directory.CustodyUnit, asked, s.clock.Now())
	})
}

func flagOf(f Flag, known bool) contract.Flag {
	view := contract.Flag{Id: f.ID, PersonId: f.PersonID, Standing: f.EndedAt.IsZero(), RaisedAt: utc(f.RaisedAt), EndedAt: utc(f.EndedAt)}
	if !known {
		return view
	}
	view.Kind, view.Source, view.Dated, view.RaisedBy = f.Kind, f.Source, f.Dated, f.RaisedBy
	view.EndedBy, view.EndSource, view.EndReason = f.EndedBy, f.EndSource, f.EndReason
	return view
}
