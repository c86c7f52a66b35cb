package vault_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// clock is moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Time never stands still between two readings.
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// world is a vault on a database of its own, under a master key file.
type world struct {
	t         testing.TB
	pool      *pgxpool.Pool
	clock     *clock
	reference string
	vault     *vault.Vault
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, pool: storetest.New(t), clock: &clock{now: time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)},
		reference: "file://" + filepath.Join(t.TempDir(), "master.json"),
	}
	if _, err := vault.CreateMasterFile(w.reference); err != nil {
		t.Fatal(err)
	}
	w.vault = w.process(w.reference)
	if err := w.vault.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// process is a vault as another process has it, with a memory of its own.
func (w *world) process(references ...string) *vault.Vault {
	w.t.Helper()
	masters, err := vault.OpenMasters(w.t.Context(), references)
	if err != nil {
		w.t.Fatal(err)
	}
	return vault.New(w.pool, masters, w.clock)
}

func (w *world) transact(work func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(w.t.Context(), w.pool, work)
}

// person is somebody with two fields and, if a number is given, an entry in the index.
type person struct{ id, name, number string }

func (w *world) person(name, number string) person {
	w.t.Helper()
	p := person{uuid.NewString(), name, number}
	if err := w.add(w.t.Context(), w.vault, p); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) add(ctx context.Context, v *vault.Vault, p person) error {
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO persons VALUES ($1, 1, $2)", p.id, w.clock.Now()); err != nil {
			return err
		}
		if err := v.Put(ctx, tx, vault.Field{PersonID: p.id, Row: p.id, Column: "person_details.family_name"}, p.name); err != nil {
			return err
		}
		if p.number == "" {
			return nil
		}
		if err := v.Put(ctx, tx, vault.Field{PersonID: p.id, Row: p.id, Column: vault.Indexed}, p.number); err != nil {
			return err
		}
		return v.Enter(ctx, tx, p.id, p.number)
	})
}

// check fails the test unless everything about the person can be read and found.
func (w *world) check(v *vault.Vault, p person) {
	w.t.Helper()
	values, err := v.Row(w.t.Context(), w.pool, p.id)
	if err != nil || values["person_details.family_name"] != p.name || values[vault.Indexed] != p.number {
		w.t.Errorf("%s: read %v, %v", p.name, values, err)
	}
	if p.number == "" {
		return
	}
	if found, err := v.Find(w.t.Context(), w.pool, p.number); err != nil || found != p.id {
		w.t.Errorf("%s: found %q, %v", p.name, found, err)
	}
}

func (w *world) count(query string, arguments ...any) int {
	w.t.Helper()
	var n int
	if err := w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM "+query, arguments...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (w *world) exec(statement string, arguments ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), statement, arguments...); err != nil {
		w.t.Fatalf("%s: %v", statement, err)
	}
}

func silent(int) {}
