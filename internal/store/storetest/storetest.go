// Package storetest gives each test a PostgreSQL database of its own, migrated
// and empty: on the server that DATABASE_URL names, else on a throw-away
// cluster that lives exactly as long as the test process.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// templateLock serialises the making of databases from the template: the
// server refuses to copy one that somebody is connected to.
const templateLock = 7_232_019_042

// New is a pool on a fresh migrated database, under the rights of the
// application. Pool and database go with the test.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := store.Connect(t.Context(), URL(t))
	if err != nil {
		t.Fatalf("connect to the test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Owner is a pool on the same database as another, under the owner's rights,
// for what the application may not do.
func Owner(t testing.TB, of *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(of.Config().ConnString())
	if err != nil {
		t.Fatalf("connect as owner: %v", err)
	}
	config.ConnConfig.RuntimeParams["search_path"] = store.Schema
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatalf("connect as owner: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Vault is a prepared vault on a pool from New, under a master key that goes
// with the test.
func Vault(t testing.TB, pool *pgxpool.Pool, clock vault.Clock) *vault.Vault {
	t.Helper()
	v := vault.New(pool, Masters(t), clock)
	if err := v.Prepare(t.Context()); err != nil {
		t.Fatalf("prepare the vault: %v", err)
	}
	return v
}

// Masters are a new master key that goes with the test.
func Masters(t testing.TB) *vault.Masters {
	t.Helper()
	reference := "file://" + filepath.Join(t.TempDir(), "master.json")
	if _, err := vault.CreateMasterFile(reference); err != nil {
		t.Fatalf("make a master key: %v", err)
	}
	masters, err := vault.OpenMasters(t.Context(), []string{reference})
	if err != nil {
		t.Fatalf("open the master key: %v", err)
	}
	return masters
}

// URL is the connection string of a fresh migrated database.
func URL(t testing.TB) string {
	t.Helper()
	return fresh(t, template(t))
}

// Empty is the connection string of a fresh database without any table.
func Empty(t testing.TB) string {
	t.Helper()
	return fresh(t, "template1")
}

func fresh(t testing.TB, from string) string {
	t.Helper()
	name := "traveldoc_test_" + random(t)
	administer(t, t.Context(), func(ctx context.Context, admin *pgx.Conn) error {
		// Copying files spares the server from logging every page of the copy.
		_, err := admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+from+" STRATEGY FILE_COPY")
		return err
	})
	t.Cleanup(func() {
		administer(t, context.Background(), func(ctx context.Context, admin *pgx.Conn) error {
			_, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
			return err
		})
	})
	return database(t, name)
}

// template is the name of a migrated database that nobody connects to. It is
// migrated aside and renamed, so that an interrupted migration leaves none.
func template(t testing.TB) string {
	t.Helper()
	name := "traveldoc_template_" + store.MigrationsHash()[:16]
	administer(t, t.Context(), func(ctx context.Context, admin *pgx.Conn) error {
		var exists bool
		if err := admin.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
			return err
		}
		aside := "traveldoc_aside_" + random(t)
		if _, err := admin.Exec(ctx, "CREATE DATABASE "+aside); err != nil {
			return err
		}
		if err := store.Migrate(ctx, database(t, aside)); err != nil {
			return err
		}
		_, err := admin.Exec(ctx, "ALTER DATABASE "+aside+" RENAME TO "+name)
		return err
	})
	return name
}

// administer does something to the server, alone among all who test on it.
func administer(t testing.TB, ctx context.Context, do func(context.Context, *pgx.Conn) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	base, err := server()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	admin, err := pgx.Connect(ctx, base.String())
	if err != nil {
		t.Fatalf("reach PostgreSQL: %v", err)
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
		t.Fatalf("take turns: %v", err)
	}
	if err := do(ctx, admin); err != nil {
		t.Fatalf("prepare a test database: %v", err)
	}
}

func database(t testing.TB, name string) string {
	t.Helper()
	base, err := server()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	address := url.URL{Scheme: base.Scheme, User: base.User, Host: base.Host, Path: "/" + name, RawQuery: base.RawQuery}
	return address.String()
}

func random(t testing.TB) string {
	t.Helper()
	text := make([]byte, 8)
	if _, err := rand.Read(text); err != nil {
		t.Fatalf("read random bytes: %v", err)
	}
	return fmt.Sprintf("%d_%s", os.Getpid(), hex.EncodeToString(text))
}
