package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Persons keeps what is known of persons beside custody and holds; it implements api.Persons.
type Persons struct{ *Store }

// Persons of the store.
func (s *Store) Persons() Persons { return Persons{s} }

// RaiseFlag keeps a flag; doing it twice is doing it once.
func (p Persons) RaiseFlag(ctx context.Context, flag api.Flag) (api.Flag, error) {
	err := p.queries().RaiseFlag(ctx, sqlcgen.RaiseFlagParams{
		FlagID: flag.ID, PersonID: flag.PersonID, Kind: flag.Kind, SourceSha256: string(flag.Source), Dated: fromDate(flag.Dated),
		RaisedBy: flag.RaisedBy, RaisedAt: p.clock.Now().UTC(),
	})
	if err != nil {
		return api.Flag{}, failed("raise flag", err)
	}
	return p.Flag(ctx, flag.ID)
}

// Flag reads one; api.ErrNotFound.
func (p Persons) Flag(ctx context.Context, id string) (api.Flag, error) {
	row, err := p.queries().Flag(ctx, id)
	if err != nil {
		return api.Flag{}, failed("read flag", err)
	}
	return flagOf(row), nil
}

// EndFlag ends a flag once; api.ErrNotFound, api.ErrEnded (by another command).
func (p Persons) EndFlag(ctx context.Context, ending api.FlagEnding) (api.Flag, error) {
	now := p.clock.Now().UTC()
	row, err := p.queries().EndFlag(ctx, sqlcgen.EndFlagParams{
		FlagID: ending.FlagID, EndedBy: &ending.By, EndedAt: &now, EndSourceSha256: maybe(string(ending.Source)),
		EndReason: &ending.Reason, EndedCommand: &ending.CommandID,
	})
	if !errors.Is(err, pgx.ErrNoRows) {
		return flagOf(row), failed("end flag", err)
	}
	standing, err := p.queries().Flag(ctx, ending.FlagID)
	if err != nil {
		return api.Flag{}, failed("end flag", err)
	}
	if orZero(standing.EndedCommand) != ending.CommandID {
		return api.Flag{}, fmt.Errorf("end flag: %w", api.ErrEnded)
	}
	return flagOf(standing), nil
}

// Flags lists a person's flags, ended ones too, in the order of raising.
func (p Persons) Flags(ctx context.Context, personID string) ([]api.Flag, error) {
	rows, err := p.queries().FlagsOfPerson(ctx, personID)
	return each(rows, flagOf), failed("list flags", err)
}

func flagOf(row sqlcgen.PersonFlag) api.Flag {
	return api.Flag{
		ID: row.FlagID, PersonID: row.PersonID, Kind: row.Kind, Source: tdr.Evidence(row.SourceSha256), Dated: toDate(row.Dated),
		RaisedBy: row.RaisedBy, RaisedAt: row.RaisedAt, EndedBy: orZero(row.EndedBy), EndedAt: orZero(row.EndedAt),
		EndSource: tdr.Evidence(orZero(row.EndSourceSha256)), EndReason: orZero(row.EndReason),
	}
}

// each converts rows.
func each[A, B any](rows []A, convert func(A) B) []B {
	out := make([]B, len(rows))
	for i, row := range rows {
		out[i] = convert(row)
	}
	return out
}
