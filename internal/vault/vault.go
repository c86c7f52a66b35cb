// Package vault keeps what must not be read by whoever gets hold of the
// database, its backups or the engine's histories.
//
// A field or file about a person is sealed under that person's own data key, so
// that destroying the key destroys everything said about the person. Data keys
// lie in the database, wrapped by a master key that does not: it is named by
// reference, a file that only its owner can read or a key of a key management
// service. Looking a person up goes through keyed hashes. Every key can be
// replaced while the system runs.
//
// The package knows no domain: which fields there are, and who may read them,
// is decided by its callers.
package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// Clock is business time.
type Clock interface{ Now() time.Time }

// DB is where the vault's rows are read and written: the caller's transaction,
// or a pool for what only reads.
type DB = sqlcgen.DBTX

// Failures that callers tell apart. Everything else is damage, a wrong key or an outage.
var (
	ErrNone      = errors.New("nothing is sealed there")
	ErrDestroyed = errors.New("the person's key has been destroyed")
	ErrTaken     = errors.New("another person is found by that value")
	// ErrUnprepared: Prepare has not run on this database.
	ErrUnprepared = errors.New("the vault has no keys yet")
)

// Vault seals and opens. It is safe for concurrent use.
type Vault struct {
	pool    *pgxpool.Pool
	masters *Masters
	clock   Clock
	opened  *opened
}

// New is a vault on a database under master keys from OpenMasters.
func New(pool *pgxpool.Pool, masters *Masters, clock Clock) *Vault {
	return &Vault{pool: pool, masters: masters, clock: clock, opened: newOpened(clock)}
}

// Prepare makes the keys that are nobody's own where there are none. It is part
// of migrating, and may run at any time.
func (v *Vault) Prepare(ctx context.Context) error {
	return v.alone(ctx, "prepare the vault", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		for _, purpose := range []purpose{indexing, payloads} {
			keys, err := q.SharedKeys(ctx, string(purpose))
			if err != nil {
				return err
			}
			if len(keys) > 0 {
				continue
			}
			if _, err := v.addShared(ctx, q, purpose); err != nil {
				return err
			}
		}
		return nil
	})
}

// alone runs work while nobody wraps a key or enters the index.
func (v *Vault) alone(ctx context.Context, operation string, work func(pgx.Tx, *sqlcgen.Queries) error) error {
	return v.transact(ctx, operation, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		if err := q.ChangeKeys(ctx); err != nil {
			return err
		}
		return work(tx, q)
	})
}

// attempts of a transaction that the server ended to resolve a deadlock.
const attempts = 4

// transact runs work in one transaction. The work may run more than once.
func (v *Vault) transact(ctx context.Context, operation string, work func(pgx.Tx, *sqlcgen.Queries) error) error {
	var err error
	for range attempts {
		err = pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error { return work(tx, sqlcgen.New(tx)) })
		if err == nil {
			return nil
		}
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "40P01" {
			break
		}
	}
	return fmt.Errorf("%s: %w", operation, err)
}

func (v *Vault) queries() *sqlcgen.Queries { return sqlcgen.New(v.pool) }
