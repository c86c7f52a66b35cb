// Package report answers managers from the event tables: where requests are
// stuck, and for how long, with the open ones counted. It reads and writes nothing.
package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/report/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// ErrGroup marks a question that groups by something else than Groups.
var ErrGroup = errors.New("no such group")

// Groups are what bottlenecks can be grouped by.
func Groups() []string {
	return []string{"country", "post", "field_office", "officer", "stage", "owner"}
}

// Reports reads from a pool of package store; it implements api.Reports and is
// safe for concurrent use.
type Reports struct{ pool *pgxpool.Pool }

// New are the reports on a database.
func New(pool *pgxpool.Pool) Reports { return Reports{pool} }

// Bottlenecks tells where days went, most first; groups equal to the hour come by their key. Days are of 24 hours and are
// taken from the intervals between events that changed the stage, as later
// corrections date them; an interval that still lasts counts up to AsOf. Overdue are live
// requests with a passed date of their stage or ladder, or one whose passing was
// told and came to nothing; a hold stops the clocks that lead there, and is left out
// of this count, so that no figure tells of it. Grouped by stage or owner, a request's overdue
// date and open escalations count where it stands now.
func (r Reports) Bottlenecks(ctx context.Context, query api.BottleneckQuery) ([]api.Bottleneck, error) {
	if !slices.Contains(Groups(), query.GroupBy) {
		return nil, fmt.Errorf("report bottlenecks by %q: %w", query.GroupBy, ErrGroup)
	}
	late, err := r.lateButForHolds(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := sqlcgen.New(r.pool).Bottlenecks(ctx, sqlcgen.BottlenecksParams{
		AsOf: query.AsOf.UTC(), GroupBy: query.GroupBy, Country: query.Country, Office: query.Office,
		Everything: query.Sight.Everything, Offices: query.Sight.Offices, Countries: query.Sight.Countries,
		Posts: query.Sight.Posts, SightOfficer: query.Sight.Officer,
		LateButForHolds: late,
	})
	if err != nil {
		return nil, failed(err)
	}
	groups := make([]api.Bottleneck, len(rows))
	for i, row := range rows {
		groups[i] = api.Bottleneck{
			Key: row.Key, Requests: int(row.Requests), Open: int(row.Open), Closed: int(row.Closed),
			WaitingDays: row.WaitingDays, OpenWaitingDays: row.OpenWaitingDays, MedianDays: row.MedianDays, P85Days: row.P85Days,
			Overdue: int(row.Overdue), OpenEscalations: int(row.OpenEscalations),
		}
	}
	return groups, nil
}

// lateButForHolds are the requests in sight that would be overdue had no hold ever
// stopped their clocks, and are not.
func (r Reports) lateButForHolds(ctx context.Context, query api.BottleneckQuery) ([]string, error) {
	rows, err := sqlcgen.New(r.pool).HeldLogs(ctx, sqlcgen.HeldLogsParams{
		AsOf: query.AsOf.UTC(), Country: query.Country, Office: query.Office,
		Everything: query.Sight.Everything, Offices: query.Sight.Offices, Countries: query.Sight.Countries,
		Posts: query.Sight.Posts, SightOfficer: query.Sight.Officer,
	})
	if err != nil {
		return nil, failed(err)
	}
	var late []string
	for _, row := range rows {
		var log []tdr.Event
		if err := json.Unmarshal(row.Log, &log); err != nil {
			return nil, fmt.Errorf("report bottlenecks: read request %s: %w", row.RequestID, err)
		}
		if tdr.LateButForHolds(tdr.Fold(log), query.AsOf) {
			late = append(late, row.RequestID)
		}
	}
	return late, nil
}

// failed tells a database that is away from one that refuses.
func failed(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code[:2] != "08" && refused.Code[:2] != "53" && refused.Code[:3] != "57P" {
		return fmt.Errorf("report bottlenecks: %w", err)
	}
	return fmt.Errorf("report bottlenecks: %w: %w", api.ErrUnavailable, err)
}

var _ api.Reports = Reports{}
