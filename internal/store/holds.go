package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Holds is what stops sending; it implements api.Holds.
type Holds struct{ *Store }

// Holds of the store.
func (s *Store) Holds() Holds { return Holds{s} }

// Place keeps a hold. Once it has answered, nothing in the hold's scope turns 'sending'.
func (h Holds) Place(ctx context.Context, hold api.Hold) (api.PlacedHold, error) {
	var placed api.PlacedHold
	err := h.transact(ctx, "place hold", func(tx pgx.Tx, q *sqlcgen.Queries) (err error) {
		if err := lockHumans(ctx, q, hold.PersonID); err != nil {
			return err
		}
		now := h.clock.Now().UTC()
		if placed, err = place(ctx, tx, q, hold, now); err != nil {
			return err
		}
		counsel, err := h.alertCounsel(ctx, q, placed.Hold, now)
		placed.Poke = append(placed.Poke, counsel...)
		return err
	})
	return placed, err
}

// place works under the person's fence row. Placing a hold twice is placing it once;
// one of another person, kind or stay under its id is not taken for it (api.ErrKeyReused):
// what the law asks for would be believed to stand.
func place(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, hold api.Hold, now time.Time) (api.PlacedHold, error) {
	there, err := q.Hold(ctx, hold.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		err = placeNew(ctx, tx, q, hold, now)
	} else if err == nil && (there.PersonID != hold.PersonID || there.Kind != hold.Kind || orZero(there.Stay) != hold.Stay) {
		err = fmt.Errorf("place hold: %w", api.ErrKeyReused)
	}
	if err != nil {
		return api.PlacedHold{}, err
	}
	row, err := q.Hold(ctx, hold.ID)
	if err != nil {
		return api.PlacedHold{}, err
	}
	poke, err := tellRecalls(ctx, q, hold.PersonID, now)
	if err != nil {
		return api.PlacedHold{}, err
	}
	left, err := mayHaveLeft(ctx, q, hold.ID)
	return api.PlacedHold{Hold: holdOf(row), MayHaveLeft: left, Poke: poke}, err
}

func mayHaveLeft(ctx context.Context, q *sqlcgen.Queries, hold string) ([]api.Recall, error) {
	rows, err := q.MayHaveLeft(ctx, hold)
	return each(rows, recallOf), err
}

func recallOf(row sqlcgen.MayHaveLeftRow) api.Recall {
	return api.Recall{
		ID: row.RecallID, DispatchID: row.DispatchID, RequestID: row.RequestID, Code: row.Code,
		OpenedAt: row.OpenedAt, ClosedAt: orZero(row.ClosedAt),
	}
}

func placeNew(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, hold api.Hold, now time.Time) error {
	if err := api.CheckHoldScope(hold); err != nil {
		return fmt.Errorf("place hold: %w", err)
	}
	fence, err := q.RaiseFence(ctx, hold.PersonID)
	if err != nil {
		return err
	}
	at := hold.PlacedAt
	if at.IsZero() {
		at = now
	}
	err = together(ctx, tx, func(q *sqlcgen.Queries) error {
		return errors.Join(
			q.AddHold(ctx, sqlcgen.AddHoldParams{
				HoldID: hold.ID, PersonID: hold.PersonID, Scope: hold.Scope, Country: maybe(hold.Country), RequestID: maybe(hold.RequestID),
				Kind: hold.Kind, Authority: hold.Authority, SourceSha256: string(hold.Source), Dated: fromDate(hold.Dated),
				ReviewBy: maybeDate(hold.ReviewBy), ExpiresOn: maybeDate(hold.Expiry.On), ExpiresZone: maybe(hold.Expiry.Zone),
				ExpiresAt: maybeTime(hold.Expiry.At), ExpirySourceSha256: maybe(string(hold.Expiry.Source)),
				PlacedBy: hold.PlacedBy, PlacedAt: at.UTC(), Fence: fence, Stay: maybe(hold.Stay), Alike: append([]string{}, hold.Alike...),
			}),
			q.BindHold(ctx, hold.ID),
			q.RecallWhatMayHaveLeft(ctx, hold.ID),
			q.SignalHold(ctx, sqlcgen.SignalHoldParams{HoldID: hold.ID, At: now}),
		)
	})
	if err != nil {
		return err
	}
	return enterClaim(ctx, q, hold, at.UTC())
}

// Hold reads one; api.ErrNotFound.
func (h Holds) Hold(ctx context.Context, id string) (api.Hold, error) {
	row, err := h.queries().Hold(ctx, id)
	if err != nil {
		return api.Hold{}, failed("read hold", err)
	}
	found, err := h.withBound(ctx, []api.Hold{holdOf(row)})
	return found[0], err
}

// OfStay reads the hold that keeps a stay now; api.ErrNotFound.
func (h Holds) OfStay(ctx context.Context, stay string) (api.Hold, error) {
	row, err := h.queries().HoldOfStay(ctx, stay)
	if err != nil {
		return api.Hold{}, failed("read the hold of a stay", err)
	}
	return holdOf(row), nil
}

// withBound fills in whom the holds bind.
func (h Holds) withBound(ctx context.Context, holds []api.Hold) ([]api.Hold, error) {
	rows, err := h.queries().BoundBy(ctx, each(holds, func(of api.Hold) string { return of.ID }))
	for _, row := range rows {
		for i := range holds {
			if holds[i].ID == row.HoldID {
				holds[i].Binds = append(holds[i].Binds, row.Binds)
			}
		}
	}
	return holds, failed("read whom holds bind", err)
}

// Lift ends a hold; see api.Holds. Whether the caller is the authority that
// may lift it was asked before.
func (h Holds) Lift(ctx context.Context, lifting api.Lifting) (api.LiftedHold, error) {
	var lifted api.LiftedHold
	err := h.transact(ctx, "lift hold", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		hold, err := q.Hold(ctx, lifting.HoldID)
		if err != nil {
			return err
		}
		if _, err := q.LockPerson(ctx, hold.PersonID); err != nil {
			return err
		}
		now := h.clock.Now().UTC()
		if err := h.endExpired(ctx, q, hold.PersonID, now); err != nil {
			return err
		}
		if hold, err = q.Hold(ctx, lifting.HoldID); err != nil {
			return err
		}
		if err := h.endsWithItsStay(ctx, q, hold); err != nil {
			return err
		}
		if lifted.Hold, err = lift(ctx, q, lifting, now); err != nil {
			return err
		}
		lifted.GoesBack, err = goesBack(ctx, q, lifting.HoldID)
		return err
	})
	return lifted, err
}

// GoesBack tells what a lifting would set free; see api.Holds.
func (h Holds) GoesBack(ctx context.Context, holdID string) ([]api.GoesBack, error) {
	hold, err := h.queries().Hold(ctx, holdID)
	if err != nil {
		return nil, failed("read hold", err)
	}
	if err := h.endsWithItsStay(ctx, h.queries(), hold); err != nil {
		return nil, failed("read the stay of a hold", err)
	}
	back, err := goesBack(ctx, h.queries(), holdID)
	return back, failed("read what a hold stops", err)
}

func goesBack(ctx context.Context, q *sqlcgen.Queries, holdID string) ([]api.GoesBack, error) {
	stopped, err := q.StoppedBy(ctx, holdID)
	return each(stopped, func(row sqlcgen.StoppedByRow) api.GoesBack {
		return api.GoesBack{
			RequestID: row.RequestID, Code: row.Code, Stage: tdr.Stage(row.Stage), StillHeld: row.StillHeld,
			CameBack: row.CameBack, Awaited: row.Awaited,
		}
	}), err
}

// lift works under the fence rows of everybody whom the hold binds.
func lift(ctx context.Context, q *sqlcgen.Queries, lifting api.Lifting, now time.Time) (api.Hold, error) {
	if _, err := q.LockBound(ctx, lifting.HoldID); err != nil {
		return api.Hold{}, err
	}
	row, err := q.LiftHold(ctx, sqlcgen.LiftHoldParams{
		HoldID: lifting.HoldID, LiftedBy: &lifting.By, LiftedAt: &now, LiftSourceSha256: maybe(string(lifting.Source)),
		LiftReason: maybe(lifting.Reason), LiftedCommand: &lifting.CommandID,
	})
	if err == nil {
		if err := answerClaim(ctx, q, holdOf(row), lifting); err != nil {
			return api.Hold{}, err
		}
		return holdOf(row), q.SignalHold(ctx, sqlcgen.SignalHoldParams{HoldID: lifting.HoldID, At: now})
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return api.Hold{}, err
	}
	standing, err := q.Hold(ctx, lifting.HoldID)
	if err != nil {
		return api.Hold{}, err
	}
	if orZero(standing.LiftedCommand) != lifting.CommandID {
		return api.Hold{}, fmt.Errorf("lift hold: %w", api.ErrAlreadyLifted)
	}
	return holdOf(standing), nil
}

// List lists holds; see api.HoldFilter.
func (h Holds) List(ctx context.Context, filter api.HoldFilter) ([]api.Hold, error) {
	after, err := KeyTime(filter.Page.AfterKey)
	if err != nil {
		return nil, err
	}
	rows, err := h.queries().Holds(ctx, sqlcgen.HoldsParams{
		PersonID: maybe(filter.PersonID), RequestID: maybe(filter.RequestID), Country: filter.Country, Standing: filter.Standing,
		Everything: filter.Sight.Everything, Offices: filter.Sight.Offices, Countries: filter.Sight.Countries,
		Posts: filter.Sight.Posts, Officer: filter.Sight.Officer, PlacedBy: filter.PlacedBy,
		KnowsEverything: filter.Knows.Everything, KnowsOffices: filter.Knows.Offices, KnowsCountries: filter.Knows.Countries,
		KnowsPosts: filter.Knows.Posts,
		AfterAt:    after, AfterID: maybe(filter.Page.AfterID), MaxRows: int32(filter.Page.Limit),
	})
	if err != nil {
		return nil, failed("list holds", err)
	}
	holds := make([]api.Hold, len(rows))
	for i, row := range rows {
		holds[i] = holdOf(row)
	}
	return h.withBound(ctx, holds)
}

func holdOf(row sqlcgen.Hold) api.Hold {
	return api.Hold{
		ID: row.HoldID, PersonID: row.PersonID, Scope: row.Scope, Country: orZero(row.Country), RequestID: orZero(row.RequestID),
		Kind: row.Kind, Authority: row.Authority, Source: tdr.Evidence(row.SourceSha256), Dated: toDate(row.Dated),
		ReviewBy: toMaybeDate(row.ReviewBy), Expiry: api.HoldExpiry{
			On: toMaybeDate(row.ExpiresOn), Zone: orZero(row.ExpiresZone), At: orZero(row.ExpiresAt), Source: tdr.Evidence(orZero(row.ExpirySourceSha256)),
		},
		PlacedBy: row.PlacedBy, PlacedAt: row.PlacedAt, Fence: row.Fence,
		LiftedBy: orZero(row.LiftedBy), LiftedAt: orZero(row.LiftedAt), LiftSource: tdr.Evidence(orZero(row.LiftSourceSha256)),
		LiftReason: orZero(row.LiftReason), Stay: orZero(row.Stay), Alike: row.Alike,
	}
}
