package audit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
)

// Log is the log as the API writes and reads it; it implements api.AuditLog.
type Log struct{ pool *pgxpool.Pool }

// NewLog is the log of a database.
func NewLog(pool *pgxpool.Pool) Log { return Log{pool} }

// enterPatience bounds the entering of one act.
const enterPatience = 5 * time.Second

// Enter puts an act on record that has no transaction of its own. It outlives a
// caller who went away.
func (l Log) Enter(ctx context.Context, act api.AuditAct) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), enterPatience)
	defer cancel()
	return Append(ctx, l.pool, Entry{At: act.At, Actor: act.Actor, Action: act.Action, Object: act.Object, Outcome: act.Outcome})
}

// Entries lists numbered entries behind a number.
func (l Log) Entries(ctx context.Context, after int64, limit int) ([]api.AuditEntry, error) {
	rows, err := After(ctx, l.pool, after, int32(min(limit, math.MaxInt32)))
	if err != nil {
		return nil, err
	}
	entries := make([]api.AuditEntry, len(rows))
	for i, row := range rows {
		entries[i] = entryOf(row)
	}
	return entries, nil
}

// Proof proves one entry; api.ErrNotFound.
func (l Log) Proof(ctx context.Context, number int64) (api.AuditProof, error) {
	proof, err := Prove(ctx, l.pool, number)
	if errors.Is(err, ErrUnknown) {
		return api.AuditProof{}, fmt.Errorf("prove audit entry: %w", api.ErrNotFound)
	}
	if err != nil {
		return api.AuditProof{}, err
	}
	path := make([]string, len(proof.Path))
	for i, hash := range proof.Path {
		path[i] = hash.String()
	}
	return api.AuditProof{Entry: entryOf(proof.Entry), Path: path, Checkpoint: proof.Checkpoint, Handovers: proof.Handovers}, nil
}

func entryOf(row Row) api.AuditEntry {
	return api.AuditEntry{
		Number: row.Number, EntryID: row.EntryID, Source: row.Source, Commitments: row.Commitments, AuditAct: api.AuditAct{
			At: row.At, Actor: row.Actor, Action: row.Action, Object: row.Object, Outcome: row.Outcome,
		},
	}
}
