package documents

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/documents/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
)

// Orphans are the files that belong to no document and to no command under way:
// left by a process that ended before a row was written, or being taken in now.
func (f *Files) Orphans(ctx context.Context) ([]string, error) {
	ids, err := f.blobs.IDs()
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	known, err := sqlcgen.New(f.pool).KnownFiles(ctx, ids)
	if err != nil {
		return nil, store.Failed("look for rows of files", err)
	}
	owned := map[string]bool{}
	for _, id := range known {
		owned[id] = true
	}
	var orphans []string
	for _, id := range ids {
		if !owned[id] {
			orphans = append(orphans, id)
		}
	}
	return orphans, nil
}

// Sweep removes the orphans that the sweep before had found too, so that a file
// which is being taken in is left alone as long as sweeps are further apart
// than taking one in may take. Sweeps don't run at once.
func (f *Files) Sweep(ctx context.Context) (removed int, err error) {
	orphans, err := f.Orphans(ctx)
	if err != nil {
		return 0, err
	}
	suspects := map[string]bool{}
	for _, id := range orphans {
		if !f.suspects[id] {
			suspects[id] = true
			continue
		}
		if err := f.blobs.Remove(id); err != nil {
			return removed, fmt.Errorf("sweep files: %w", err)
		}
		removed++
	}
	f.suspects = suspects
	return removed, nil
}

// Writable fails when no file can be kept.
func (f *Files) Writable() error { return f.blobs.Writable() }

// Clear removes every file about a person, whose key was destroyed before; the
// rows of the documents stay. Doing it again changes nothing.
func (s *Shelf) Clear(ctx context.Context, personID string) error {
	rows, err := sqlcgen.New(s.pool).DocumentsOfPerson(ctx, personID)
	if err != nil {
		return store.Failed("list documents", err)
	}
	for _, row := range rows {
		for _, id := range []string{row.OriginalFile, row.SanitisedFile, row.TextFile} {
			if err := s.blobs.Remove(id); err != nil {
				return fmt.Errorf("clear documents: %w", err)
			}
		}
	}
	return nil
}

// Shelf is the files of documents for whoever ends their keeping: it opens none.
type Shelf struct {
	pool  *pgxpool.Pool
	blobs Blobs
}

// NewShelf is the shelf of a database and the blobs of its documents.
func NewShelf(pool *pgxpool.Pool, blobs Blobs) *Shelf { return &Shelf{pool, blobs} }
