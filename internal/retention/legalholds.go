package retention

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/retention/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
)

// LegalHolds keep persons' data beyond its period; see api.LegalHolds.
type LegalHolds struct {
	pool  *pgxpool.Pool
	clock Clock
}

// NewLegalHolds are the legal holds of a database.
func NewLegalHolds(pool *pgxpool.Pool, clock Clock) *LegalHolds { return &LegalHolds{pool, clock} }

// Place keeps a person's data for a matter. The hold that stands for the matter
// already is given as it is. api.ErrNotFound when the person's data is destroyed
// or there is no such person.
func (l *LegalHolds) Place(ctx context.Context, p api.LegalHoldPlacing) (api.LegalHold, error) {
	var standing sqlcgen.RetentionHold
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		if _, err := q.LockPerson(ctx, p.PersonID); err != nil {
			return err
		}
		destroyed, err := q.Destroyed(ctx, p.PersonID)
		if err != nil {
			return err
		}
		if destroyed {
			return api.ErrNotFound
		}
		// By this command before, and lifted since: placing it again would undo that.
		standing, err = q.LegalHoldPlacedWith(ctx, &p.CommandID)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		now := l.clock.Now().UTC()
		placed, err := q.PlaceLegalHold(ctx, sqlcgen.PlaceLegalHoldParams{
			PersonID: p.PersonID, Matter: p.Matter, PlacedBy: p.By, PlacedAt: now, PlacedWith: &p.CommandID,
		})
		if err != nil {
			return err
		}
		if placed > 0 {
			if err := l.note(ctx, tx, p, now, "legal_hold.place"); err != nil {
				return err
			}
		}
		standing, err = q.StandingLegalHold(ctx, sqlcgen.StandingLegalHoldParams{PersonID: p.PersonID, Matter: p.Matter})
		return err
	})
	if err != nil {
		return api.LegalHold{}, store.Failed("place legal hold", err)
	}
	return legalHoldOf(standing), nil
}

// Lift ends the hold that stands for a matter; api.ErrAlreadyLifted when none does.
func (l *LegalHolds) Lift(ctx context.Context, p api.LegalHoldPlacing) (api.LegalHold, error) {
	var lifted sqlcgen.RetentionHold
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		q, now := sqlcgen.New(tx), l.clock.Now().UTC()
		changed, err := q.LiftLegalHold(ctx, sqlcgen.LiftLegalHoldParams{
			PersonID: p.PersonID, Matter: p.Matter, ReleasedBy: &p.By, ReleasedAt: &now, ReleasedWith: &p.CommandID,
		})
		if err != nil {
			return err
		}
		lifted, err = q.LegalHoldLiftedWith(ctx, &p.CommandID)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return api.ErrAlreadyLifted
		case err != nil || changed == 0:
			return err
		}
		return l.note(ctx, tx, p, now, "legal_hold.lift")
	})
	if err != nil {
		return api.LegalHold{}, store.Failed("lift legal hold", err)
	}
	return legalHoldOf(lifted), nil
}

func (l *LegalHolds) note(ctx context.Context, tx pgx.Tx, p api.LegalHoldPlacing, at time.Time, action string) error {
	return audit.Append(ctx, tx, audit.Entry{
		At: at, Actor: p.By, Action: action, Object: "person/" + p.PersonID, Outcome: "done", Source: "command/" + p.CommandID,
	})
}

// List reads the legal holds of a person, oldest first, lifted ones included.
func (l *LegalHolds) List(ctx context.Context, personID string) ([]api.LegalHold, error) {
	rows, err := sqlcgen.New(l.pool).LegalHoldsOf(ctx, personID)
	if err != nil {
		return nil, store.Failed("list legal holds", err)
	}
	found := make([]api.LegalHold, len(rows))
	for i, row := range rows {
		found[i] = legalHoldOf(row)
	}
	return found, nil
}

func legalHoldOf(row sqlcgen.RetentionHold) api.LegalHold {
	hold := api.LegalHold{
		ID: strconv.FormatInt(row.RetentionHoldID, 10), PersonID: row.PersonID, Matter: row.Matter,
		PlacedBy: row.PlacedBy, PlacedAt: row.PlacedAt,
	}
	if row.ReleasedAt != nil {
		hold.LiftedAt, hold.LiftedBy = *row.ReleasedAt, *row.ReleasedBy
	}
	return hold
}
