// Package documentstest gives tests documents on a database and in a folder of
// their own. A test that uploads has Main for its TestMain.
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

// Sandbox runs the sanitiser that Main tells of.
func Sandbox(t testing.TB) documents.Sandbox {
	t.Helper()
	cache, err := cacheFolder()
	if err != nil {
		t.Fatal(err)
	}
	return documents.Sandbox{Program: []string{program(t)}, Limits: Limits(), Wall: time.Minute, Cache: cache}
}

// cacheFolder is for the compiled renderer: compiling takes seconds, so that
// tests share what came of it.
func cacheFolder() (string, error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("traveldoc-renderer-%d", os.Getuid()))
	return path, os.MkdirAll(path, 0o700)
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
