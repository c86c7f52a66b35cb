package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

const (
	// orderDuty is to put on record among the legal events on which day the order
	// became final. Without it no removal period begins and no review is ever due.
	orderDuty   = "order_record"
	orderKind   = "order"
	orderSource = "8 CFR 241.4(g)(1)(i)(A)"
)

// finalOrders are the types of a request's order that became final some day; a
// departure that was permitted did not.
func finalOrders() []string {
	return []string{tdr.FinalRemoval, tdr.FinalDeportation, tdr.FinalExclusion}
}

// orderRecord is the duty of a detention about whose order a request knows and the
// legal events do not. The day itself is not taken from the request: it names the
// order's date, which is another. Nothing is owed about an order that was vacated.
func (l LegalEvents) orderRecord(ctx context.Context, q *sqlcgen.Queries, personID string, clock custody.Clock, events []custody.Event, begins time.Time) ([]consularDuty, error) {
	if !clock.Detained || clock.Basis != nil || clock.Before != nil {
		return nil, nil
	}
	standing, err := custody.InForce(events, l.rules)
	if err != nil || standing.Gone {
		return nil, err
	}
	ordered, err := q.OrderedOnRequest(ctx, sqlcgen.OrderedOnRequestParams{PersonID: personID, Types: finalOrders()})
	if err != nil || !ordered {
		return nil, err
	}
	why := consularWhy{Duty: orderDuty, DetainedSince: clock.DetainedSince, Source: orderSource}
	return []consularDuty{{key: orderDuty + "/" + clock.DetainedSince.String(), due: begins, consularWhy: why}}, nil
}

// askForOrder has the clocks of a human tell that the order's final day is missing,
// where a request that was just opened brings an order.
func (l LegalEvents) askForOrder(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID string, now time.Time) error {
	records, err := q.Humans(ctx, []string{personID})
	if err != nil {
		return err
	}
	for _, record := range records {
		current, err := l.refresh(ctx, tx, q, record, now)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(current.consular, func(d consularDuty) bool { return d.Duty == orderDuty }) {
			continue
		}
		if err := current.wake(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
