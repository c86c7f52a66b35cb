package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

// Row is a numbered entry as it stands in the log.
type Row struct {
	Number      int64     `json:"number"` // from 1 without a gap
	EntryID     int64     `json:"entry_id"`
	At          time.Time `json:"at"` // UTC, to the microsecond
	Actor       string    `json:"actor"`
	Action      string    `json:"action"`
	Object      string    `json:"object"`
	Outcome     string    `json:"outcome"`
	Source      string    `json:"source"`
	Commitments string    `json:"commitments"` // JSON object: field to salted hash, or empty
}

func rowOf(row sqlcgen.AuditEntry) Row {
	found := Row{
		EntryID: row.EntryID, At: row.At.UTC(), Actor: row.Actor, Action: row.Action, Object: row.Object,
		Outcome: row.Outcome, Source: row.Source, Commitments: row.Commitments,
	}
	if row.Number != nil {
		found.Number = *row.Number
	}
	return found
}

func (r Row) stored() sqlcgen.AuditEntry {
	return sqlcgen.AuditEntry{
		EntryID: r.EntryID, Number: &r.Number, At: r.At, Actor: r.Actor, Action: r.Action, Object: r.Object,
		Outcome: r.Outcome, Source: r.Source, Commitments: r.Commitments,
	}
}

// After lists numbered entries behind a number, in order.
func After(ctx context.Context, pool *pgxpool.Pool, number int64, limit int32) ([]Row, error) {
	rows, err := sqlcgen.New(pool).EntriesAfter(ctx, sqlcgen.EntriesAfterParams{After: number, MaxRows: limit})
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	found := make([]Row, len(rows))
	for i, row := range rows {
		found[i] = rowOf(row)
	}
	return found, nil
}

// Late says whether rows wait for a number for over ten seconds, or are dated as
// far ahead of now.
func Late(ctx context.Context, pool *pgxpool.Pool, now time.Time) error {
	waiting, err := sqlcgen.New(pool).Unnumbered(ctx, lateBy(now))
	if err != nil {
		return fmt.Errorf("look for unnumbered audit entries: %w", err)
	}
	if waiting.Rows > 0 {
		return fmt.Errorf("%d audit rows wait for a number for over %s or are dated ahead, the first with id %d", waiting.Rows, unnumberedAfter, waiting.First)
	}
	return nil
}

// look is how often Await looks whether a row has its number.
const look = 100 * time.Millisecond

// Await enters an entry and waits until the sequencer has numbered it.
func Await(ctx context.Context, pool *pgxpool.Pool, entry Entry) error {
	var id int64
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
		id, err = add(ctx, tx, entry)
		return err
	})
	if err != nil {
		return err
	}
	for {
		numbered, err := sqlcgen.New(pool).IsNumbered(ctx, id)
		if err != nil {
			return fmt.Errorf("await the number of an audit entry: %w", err)
		}
		if numbered {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("nothing numbers audit entries: is a worker running?")
		case <-time.After(look):
		}
	}
}
