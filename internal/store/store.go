// Package store keeps everything in PostgreSQL: what happened, what people
// read of it, the gate before anything leaves, notices and mails, and what has
// to be carried on after an outage. All SQL is in queries/; the types here
// implement the ports that activities and api declare.
package store

//go:generate go tool -modfile=../../tools/go.mod sqlc generate -f ../../sqlc.yaml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Directory is who is asked, where and when. The snapshot is a cheap copy.
type Directory interface {
	Snapshot(ctx context.Context) (directory.Snapshot, error)
}

// Options are what the store needs of the world.
type Options struct {
	Clock     activities.Clock
	Directory Directory
	Random    io.Reader     // of message ids and link tokens; crypto/rand.Reader but for tests
	Rules     custody.Rules // by which custody clocks are derived
	Vault     *vault.Vault  // keeps what is personal
	// AttemptsApart is the least number of days between the first attempt and the last
	// before somebody signs that a person fails to comply. The law gives no number
	// (8 CFR 241.4(g)(5)); 0: they are on two days.
	AttemptsApart int
	Packs         playbook.Library // whose list of 8 CFR 236.1(e) dates the duty to notify; empty: at once, for all
}

// Store implements most ports; Holds, LegalEvents and Ledger have types of
// their own. It is safe for concurrent use.
type Store struct {
	pool          *pgxpool.Pool
	clock         activities.Clock
	directory     Directory
	random        io.Reader
	rules         custody.Rules
	attemptsApart int
	packs         playbook.Library
	personal      sealed
	gaps          *window
}

// New is a store on a pool from Connect.
func New(pool *pgxpool.Pool, options Options) *Store {
	return &Store{
		pool: pool, clock: options.Clock, directory: options.Directory, random: options.Random, rules: options.Rules,
		packs: options.Packs, attemptsApart: options.AttemptsApart,
		personal: sealed{options.Vault}, gaps: &window{},
	}
}

// Ready tells whether the database answers and is migrated.
func (s *Store) Ready(ctx context.Context) error {
	_, err := s.queries().LiveRequests(ctx, sqlcgen.LiveRequestsParams{MaxRows: 1})
	return failed("ask the database", err)
}

func (s *Store) queries() *sqlcgen.Queries { return sqlcgen.New(s.pool) }

// attempts of a transaction that the server ended to resolve a deadlock.
const attempts = 4

// transact runs work in one transaction. The work may run more than once.
func (s *Store) transact(ctx context.Context, operation string, work func(pgx.Tx, *sqlcgen.Queries) error) error {
	var err error
	for range attempts {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return work(tx, sqlcgen.New(tx)) })
		if code := sqlState(err); code != "40P01" && code != "40001" {
			break
		}
	}
	return failed(operation, err)
}

// snapshot runs reads that have to agree with each other.
func (s *Store) snapshot(ctx context.Context, operation string, work func(*sqlcgen.Queries) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error { return work(sqlcgen.New(tx)) })
	return failed(operation, err)
}

// queue collects statements without results, to be sent in one round trip.
type queue struct{ batch pgx.Batch }

// Exec queues.
func (q *queue) Exec(_ context.Context, sql string, arguments ...any) (pgconn.CommandTag, error) {
	q.batch.Queue(sql, arguments...)
	return pgconn.CommandTag{}, nil
}

// Query refuses: a queued statement has no result yet.
func (q *queue) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errQueued }

// QueryRow refuses likewise.
func (q *queue) QueryRow(context.Context, string, ...any) pgx.Row { return noRow{} }

var errQueued = errors.New("a queued statement has no result")

type noRow struct{}

// Scan says that there is nothing.
func (noRow) Scan(...any) error { return errQueued }

// together sends what fill asks for in one round trip, in order.
func together(ctx context.Context, tx pgx.Tx, fill func(*sqlcgen.Queries) error) error {
	var q queue
	if err := fill(sqlcgen.New(&q)); err != nil {
		return err
	}
	if q.batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &q.batch).Close()
}

// failed names the operation, and says in the ports' terms what is known about the failure.
func failed(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows), sqlState(err) == "22P02":
		// What is not even an id names nothing.
		return fmt.Errorf("%s: %w", operation, notFound)
	case unreachable(err):
		return fmt.Errorf("%s: %w: %w", operation, unavailable, err)
	default:
		return fmt.Errorf("%s: %w", operation, err)
	}
}

// Failed says what became of an operation of another adapter on this database.
func Failed(operation string, err error) error { return failed(operation, err) }

// The ports name the same two things in their own words.
var (
	notFound    = errors.Join(api.ErrNotFound, activities.ErrUnknown)
	unavailable = errors.Join(api.ErrUnavailable, activities.ErrUnavailable)
)

func sqlState(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// unreachable: no connection, a connection that broke, or a server that stops,
// starts or is out of connections (classes 08, 53 and 57P of its error codes).
func unreachable(err error) bool {
	if code := sqlState(err); code != "" {
		return code[:2] == "08" || code[:2] == "53" || code[:3] == "57P"
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connect) || pgconn.Timeout(err) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}

// brokeConstraint tells whether a unique index refused a row.
func brokeConstraint(err error, name string) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "23505" && refused.ConstraintName == name
}

// derived is the name-based id (RFC 9562, version 5) of something within something else.
func derived(within, name string) (string, error) {
	space, err := uuid.Parse(within)
	if err != nil {
		return "", fmt.Errorf("derive an id: %w", notFound)
	}
	return uuid.NewSHA1(space, []byte(name)).String(), nil
}
