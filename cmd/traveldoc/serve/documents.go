package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

// documents are the rows of documents, which every process has.
func (b *backend) documents(world World) *documents.Rows {
	c := world.Config.Documents
	return documents.NewRows(b.pool, world.Clock, documents.Counts{OfPerson: c.OfPerson, OfRequest: c.OfRequest})
}

// files are those of documents, which have a folder. They are read by this
// very program, started anew as a sanitiser.
func (b *backend) files(world World) (*documents.Files, error) {
	c := world.Config.Documents
	if c.Folder == "" {
		return nil, errors.New("open folder of documents: none is named")
	}
	folder, err := documents.OpenFolder(c.Folder)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return documents.NewFiles(documents.FilesConfig{
		Pool: b.pool, Vault: b.vault, Blobs: folder, AtOnce: c.AtOnce,
		Sandbox: documents.Sandbox{
			Program: []string{program}, Wall: c.Time, Cache: filepath.Join(c.Folder, "renderer"),
			Limits: sanitise.Limits{Bytes: c.Bytes, Pages: c.Pages, Pixels: c.Pixels, Memory: c.Memory, Seconds: max(1, int(c.Time.Seconds()))},
		},
	}), nil
}

// sweepEvery is further apart than taking a file in may take.
const sweepEvery = time.Hour

// sweeper removes files that no row names.
type sweeper struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

func newSweeper(files *documents.Files, log *slog.Logger) *sweeper {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sweeper{cancel: cancel, ended: make(chan struct{})}
	go s.run(ctx, files, log)
	return s
}

func (s *sweeper) run(ctx context.Context, files *documents.Files, log *slog.Logger) {
	defer close(s.ended)
	for {
		removed, err := files.Sweep(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.WarnContext(ctx, "files without a row not swept", "error", err.Error())
		case removed > 0:
			log.InfoContext(ctx, "files without a row removed", "count", removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepEvery):
		}
	}
}

func (s *sweeper) stop() {
	s.cancel()
	<-s.ended
}

// uploadTime is how long a file may be on its way in: a large scan over a slow line.
const uploadTime = 3 * time.Minute

// patient gives calls that bring a file the time that it takes.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api.BringsFile(r) {
			connection, until := http.NewResponseController(w), SystemClock{}.Now().Add(uploadTime)
			// A writer without deadlines has none to be moved.
			_ = connection.SetReadDeadline(until)
			_ = connection.SetWriteDeadline(until)
		}
		next.ServeHTTP(w, r)
	})
}

// folderHealth: what is uploaded can be kept.
func (b *backend) folderHealth(world World) error {
	files, err := b.files(world)
	if err != nil {
		return err
	}
	return files.Writable()
}

// orphansShown is above what calls under way can leave for a moment.
const orphansShown = 12

// filesOwned tells of files that no row names. Some belong to calls under way.
func (b *backend) filesOwned(ctx context.Context, world World) error {
	files, err := b.files(world)
	if err != nil {
		return err
	}
	orphans, err := files.Orphans(ctx)
	if err != nil || len(orphans) < orphansShown {
		return err
	}
	return fmt.Errorf("%d files belong to no document; the API removes them within two hours", len(orphans))
}
