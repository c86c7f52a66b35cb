package storetest_test

import (
	"testing"

	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
)

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	for range 3 {
		pool := storetest.New(t)
		var rows int
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM persons").Scan(&rows); err != nil || rows != 0 {
			t.Fatalf("rows %d, error %v", rows, err)
		}
		if _, err := pool.Exec(t.Context(), "INSERT INTO persons VALUES (gen_random_uuid(), 1, '2026-03-02T15:00:00Z')"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMigratingTwiceAndAtOnce(t *testing.T) {
	dsn := storetest.Empty(t)
	failed := make(chan error, 4)
	for range 4 {
		go func() { failed <- store.Migrate(t.Context(), dsn) }()
	}
	for range 4 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
