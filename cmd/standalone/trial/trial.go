// Package trial sets up parts of the standalone for tests.
package trial

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/state"
)

// Folder is a state folder for one test. The test framework's own folders are
// closed to the user as whom PostgreSQL runs when tests run as root.
func Folder(t testing.TB) *state.Folder {
	t.Helper()
	path, err := os.MkdirTemp("", "traveldoc-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(path) })
	must(t, os.Chmod(path, 0o711))
	folder, err := state.Open(path)
	must(t, err)
	return folder
}

// Port is a free port.
func Port(t testing.TB) int {
	t.Helper()
	port, err := ports.Free()
	must(t, err)
	return port
}

// Log is a log that nobody reads.
func Log() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// Warnings is a log that shows what the engine complains about.
func Warnings() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// Cluster starts a database cluster that ends with the test.
func Cluster(t testing.TB, folder *state.Folder) *postgres.Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cluster, err := postgres.Start(ctx, postgres.Config{State: folder, Port: Port(t), Log: Log()})
	must(t, err)
	t.Cleanup(func() {
		if err := cluster.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	must(t, cluster.Server().Prepare(ctx))
	return cluster
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
