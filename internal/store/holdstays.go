package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// endsWithItsStay refuses (api.ErrStayStands) to end a hold in any other way while the
// stay that it keeps is in force: the custody clock would stand still for good while
// everything leaves. It works under the person's fence row, but for a preview.
func (h Holds) endsWithItsStay(ctx context.Context, q *sqlcgen.Queries, hold sqlcgen.Hold) error {
	if hold.LiftedAt != nil {
		return nil
	}
	stands, err := h.stayStands(ctx, q, hold)
	if err == nil && stands {
		err = fmt.Errorf("end hold: %w", api.ErrStayStands)
	}
	return err
}

// stayStands tells whether the legal events of anybody whom a hold binds leave in
// force the stay that it keeps; of a history that cannot be true, that they do.
func (h Holds) stayStands(ctx context.Context, q *sqlcgen.Queries, hold sqlcgen.Hold) (bool, error) {
	if hold.Stay == nil {
		return false, nil
	}
	bound, err := q.BoundBy(ctx, []string{hold.HoldID})
	if err != nil {
		return false, err
	}
	for _, row := range bound {
		events, err := q.LegalEvents(ctx, row.Binds)
		if err != nil {
			return false, err
		}
		standing, err := custody.InForce(custodyEvents(events), h.rules)
		if errors.Is(err, custody.ErrHistory) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(standing.Stays, func(stay custody.Event) bool { return stay.Stay == *hold.Stay }) {
			return true, nil
		}
	}
	return false, nil
}

// keptByStays are the holds of a person that go on though their last day is over.
func (h Holds) keptByStays(ctx context.Context, q *sqlcgen.Queries, personID string, now time.Time) ([]string, error) {
	over, err := q.ExpiredHoldsOfStays(ctx, sqlcgen.ExpiredHoldsOfStaysParams{PersonID: personID, Now: now})
	if err != nil {
		return nil, err
	}
	kept := []string{}
	for _, hold := range over {
		stands, err := h.stayStands(ctx, q, hold)
		if err != nil {
			return nil, err
		}
		if stands {
			kept = append(kept, hold.HoldID)
		}
	}
	return kept, nil
}
