package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// sealBatch rows are sealed in one transaction.
const sealBatch = 200

// Seal makes the vault's own keys where there are none, moves what was kept in
// the clear into the vault and empties the tables where it was, down to their
// files. Interrupted, it is carried on by the next call; read in the clear until
// then by nothing but this. The login owns the tables.
func Seal(ctx context.Context, dsn string, masters *vault.Masters, clock vault.Clock) error {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("seal: %w", errDSN)
	}
	config.ConnConfig.RuntimeParams["search_path"] = Schema
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	defer pool.Close()
	v := vault.New(pool, masters, clock)
	if err := v.Prepare(ctx); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	for {
		left, err := sealSome(ctx, pool, sealed{v})
		if err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		if left == 0 {
			break
		}
	}
	if err := v.EnterLikenesses(ctx); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

// sealSome seals a batch, or empties the tables when nothing is left to seal.
// Two processes that migrate at once take turns.
func sealSome(ctx context.Context, pool *pgxpool.Pool, s sealed) (left int, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		if err := q.LockUnsealed(ctx); err != nil {
			return err
		}
		fields, err := q.UnsealedFields(ctx, sealBatch)
		if err != nil {
			return err
		}
		if left = len(fields); left == 0 {
			return q.EmptyUnsealed(ctx)
		}
		for _, f := range fields {
			if err := s.vault.Put(ctx, tx, vault.Field{PersonID: f.PersonID, Row: f.RowID, Column: f.Field}, f.Value); err != nil {
				return err
			}
			if f.Field != aNumberColumn {
				continue
			}
			if err := s.vault.Enter(ctx, tx, f.PersonID, f.Value); err != nil {
				return err
			}
		}
		return nil
	})
	return left, err
}
