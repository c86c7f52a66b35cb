package documents_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// A process that ended between its files and their row leaves files that the
// second sweep removes; what has a row, or a command under way, stays.
func TestFilesWithoutARowAreSwept(t *testing.T) {
	w := newWorld(t)
	w.add(documentstest.Plain(1, "kept"))
	if _, err := w.receive(documentstest.Plain(1, "lost")); err != nil {
		t.Fatal(err)
	}
	pending, err := w.receive(documentstest.Plain(1, "pending"))
	if err != nil {
		t.Fatal(err)
	}
	begun, err := w.folder.Create(uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := begun.Write([]byte("broken off")); err != nil {
		t.Fatal(err)
	}
	_, err = w.pool.Exec(t.Context(), `INSERT INTO commands (command_id, principal, operation, fingerprint, input, status, stored_at)
		VALUES ($1, 'officer1', 'upload_document', '', $2, 'stored', $3)`, uuid.NewString(), api.Document{ReceivedDocument: pending}, clock{}.Now())
	if err != nil {
		t.Fatal(err)
	}
	if orphans, err := w.files.Orphans(t.Context()); err != nil || len(orphans) != 4 {
		t.Errorf("orphans %v, %v", orphans, err)
	}
	for _, want := range []int{0, 4, 0} {
		if removed, err := w.files.Sweep(t.Context()); err != nil || removed != want {
			t.Errorf("swept %d, %v; want %d", removed, err, want)
		}
	}
	ids, err := w.folder.IDs()
	if err != nil || len(ids) != 6 || !slices.Contains(ids, pending.SanitisedFile) {
		t.Errorf("left are %v, %v", ids, err)
	}
}

// stops is a folder on which a file can't be made to last.
type stops struct {
	*documents.Folder
	at, begun int
}

type stopped struct{ documents.Blob }

var errStopped = errors.New("the machine stops here")

func (stopped) Commit() error { return errStopped }

func (s *stops) Create(id string) (documents.Blob, error) {
	blob, err := s.Folder.Create(id)
	if s.begun++; s.begun == s.at && err == nil {
		return stopped{blob}, nil
	}
	return blob, err
}

// Whichever of the files fails to last, nothing is left and no row could name it.
func TestAFileThatFailsToLastLeavesNothing(t *testing.T) {
	w := newWorld(t)
	for at := 1; at <= 3; at++ {
		files := documents.NewFiles(documents.FilesConfig{
			Pool: w.pool, Vault: w.vault, Blobs: &stops{Folder: w.folder, at: at}, Sandbox: documentstest.Sandbox(t), AtOnce: 1,
		})
		if _, err := files.Receive(t.Context(), w.person, bytes.NewReader(documentstest.Plain(1, "x"))); !errors.Is(err, errStopped) {
			t.Errorf("file %d: %v", at, err)
		}
		w.nothingLeft("a file that fails to last")
	}
}

// broken ends as a caller does who goes away.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestACallerWhoGoesAwayLeavesNothing(t *testing.T) {
	w := newWorld(t)
	half := io.MultiReader(strings.NewReader("%PDF-1.7\n"+strings.Repeat("x", 4000)), broken{})
	if _, err := w.files.Receive(t.Context(), w.person, half); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken off: %v", err)
	}
	hangs := w.with(func(s *documents.Sandbox) { s.Program = misbehaving(t, "hang") })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := hangs.Receive(ctx, w.person, bytes.NewReader(documentstest.Plain(1, "x"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("gone while it was read: %v", err)
	}
	w.nothingLeft("a caller who went away")
}

// A name from outside never becomes a path.
func TestTheFolderTakesNoNames(t *testing.T) {
	path := t.TempDir()
	folder, err := documents.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "..", "../files/x", "/etc/passwd", "a\x00b", "C:\\x", strings.ToUpper(uuid.NewString()), "{" + uuid.NewString() + "}"} {
		if _, err := folder.Create(name); err == nil {
			t.Errorf("%q was begun", name)
		}
		if _, err := folder.Open(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q was looked for", name)
		}
		if err := folder.Remove(name); err == nil {
			t.Errorf("%q was removed", name)
		}
	}
	if err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if info, _ := entry.Info(); info.Mode().Perm()&0o077 != 0 && path != filepath.Dir(path) && entry.Name() != filepath.Base(t.TempDir()) && strings.Contains(path, "files") {
			t.Errorf("%s may be touched by others: %v", path, info.Mode())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := folder.Writable(); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := folder.Writable(); err == nil {
		t.Error("a folder that is gone is writable")
	}
}
