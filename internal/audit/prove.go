package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

// ErrUnknown says that no entry has the number, or none under a checkpoint.
var ErrUnknown = errors.New("no such audit entry")

// Proof shows to anyone with the public half of a key that the log has or had
// that an entry is in it.
type Proof struct {
	Entry      Row         `json:"entry"`
	Path       []tlog.Hash `json:"path"`       // from the entry to the root, base64 each
	Checkpoint string      `json:"checkpoint"` // signed note
	Handovers  []string    `json:"handovers"`  // signed notes before it by which the key was replaced, in order
}

// Prove makes the proof of one entry under the last checkpoint; ErrUnknown.
func Prove(ctx context.Context, pool *pgxpool.Pool, number int64) (Proof, error) {
	var proof Proof
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		row, err := q.EntryNumbered(ctx, number)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		proof.Entry = rowOf(row)
		text, last, err := latestCheckpoint(ctx, q)
		if err != nil {
			return err
		}
		if number > last.Size {
			return ErrUnknown
		}
		proof.Checkpoint = text
		handovers, err := q.Handovers(ctx, last.Size)
		if err != nil {
			return err
		}
		proof.Handovers = append([]string{}, handovers...) // a list in JSON, even without any
		path, err := tlog.ProveRecord(last.Size, number-1, hashes{ctx, q})
		proof.Path = path
		return err
	})
	if err != nil {
		return Proof{}, fmt.Errorf("prove audit entry %d: %w", number, err)
	}
	return proof, nil
}

// Check tells whether a proof holds, from the proof and the key alone.
func Check(proof Proof, verifier note.Verifier) error {
	keys := chain{key: verifier}
	for _, handover := range proof.Handovers {
		_, _ = keys.open(handover) // from before the trusted key, or the chain ends and the checkpoint won't open
	}
	checkpoint, err := keys.open(proof.Checkpoint)
	if err != nil {
		return err
	}
	err = tlog.CheckRecord(proof.Path, checkpoint.Size, checkpoint.Root, proof.Entry.Number-1, leaf(proof.Entry.stored()))
	if err != nil {
		return fmt.Errorf("check the proof of audit entry %d: %w", proof.Entry.Number, err)
	}
	return nil
}
