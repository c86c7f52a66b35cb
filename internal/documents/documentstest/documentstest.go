// Package documentstest gives tests documents on a database and in a folder of
// their own. A test that uploads calls sanitise.Divert in its TestMain.
package documentstest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Limits are small enough to be broken by small files.
func Limits() sanitise.Limits {
	return sanitise.Limits{Bytes: 8 << 20, Pages: 60, Pixels: 12_000_000, Memory: 768 << 20, Seconds: 60}
}

// Counts are small enough to be reached.
func Counts() documents.Counts { return documents.Counts{OfPerson: 5, OfRequest: 3} }

// Sandbox runs this test's own binary.
func Sandbox(t testing.TB) documents.Sandbox {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Compiling the renderer takes seconds, so that tests share what came of it.
	cache := filepath.Join(os.TempDir(), fmt.Sprintf("traveldoc-renderer-%d", os.Getuid()))
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	return documents.Sandbox{Program: []string{program}, Limits: Limits(), Wall: time.Minute, Cache: cache}
}

// New is rows and files, and the folder of these.
func New(t testing.TB, pool *pgxpool.Pool, v *vault.Vault, clock documents.Clock) (*documents.Rows, *documents.Files, *documents.Folder) {
	t.Helper()
	folder, err := documents.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files := documents.NewFiles(documents.FilesConfig{Pool: pool, Vault: v, Blobs: folder, Sandbox: Sandbox(t), AtOnce: 2})
	return documents.NewRows(pool, clock, Counts()), files, folder
}
