package documents_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/vault"
)

func TestMain(m *testing.M) {
	misbehave()
	documentstest.Main(m)
}

// clock stands still.
type clock struct{}

func (clock) Now() time.Time { return time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC) }

// world is documents of one person on a database and in a folder of their own.
type world struct {
	t      testing.TB
	pool   *pgxpool.Pool
	vault  *vault.Vault
	rows   *documents.Rows
	files  *documents.Files
	folder *documents.Folder
	person string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, pool: storetest.New(t), person: uuid.NewString()}
	w.vault = storetest.Vault(t, w.pool, clock{})
	w.rows, w.files, w.folder = documentstest.New(t, w.pool, w.vault, clock{})
	if _, err := w.pool.Exec(t.Context(), "INSERT INTO persons VALUES ($1, 1, $2)", w.person, clock{}.Now()); err != nil {
		t.Fatal(err)
	}
	return w
}

// with is the same world whose files are read in another way.
func (w *world) with(change func(*documents.Sandbox)) *documents.Files {
	w.t.Helper()
	sandbox := documentstest.Sandbox(w.t)
	change(&sandbox)
	return documents.NewFiles(documents.FilesConfig{Pool: w.pool, Vault: w.vault, Blobs: w.folder, Sandbox: sandbox, AtOnce: 2})
}

func (w *world) receive(content []byte) (api.ReceivedDocument, error) {
	return w.files.Receive(w.t.Context(), w.person, bytes.NewReader(content))
}

// add takes a file in, whole.
func (w *world) add(content []byte) api.Document {
	w.t.Helper()
	received, err := w.receive(content)
	if err != nil {
		w.t.Fatal(err)
	}
	added, err := w.rows.Add(w.t.Context(), api.Document{
		ID: uuid.NewString(), PersonID: w.person, Type: api.OtherDocument, ReceivedDocument: received, UploadedBy: "officer1",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return added
}

func (w *world) sanitised(id string) []byte {
	w.t.Helper()
	file, err := w.files.Sanitised(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		w.t.Fatal(err)
	}
	return content
}

// left counts what is kept of anything.
func (w *world) left() (rows, files int) {
	w.t.Helper()
	if err := w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM documents").Scan(&rows); err != nil {
		w.t.Fatal(err)
	}
	ids, err := w.folder.IDs()
	if err != nil {
		w.t.Fatal(err)
	}
	return rows, len(ids)
}

func (w *world) nothingLeft(what string) {
	w.t.Helper()
	if rows, files := w.left(); rows != 0 || files != 0 {
		w.t.Errorf("%s: %d rows and %d files are left", what, rows, files)
	}
}

func reason(err error) string {
	var refusal *api.DocumentRefusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

// What lies in the folder is sealed: neither what was sent in, nor its copy or its text can be found there.
func TestFilesAreSealed(t *testing.T) {
	w := newWorld(t)
	content := documentstest.Plain(1, "Invented Marker")
	added := w.add(content)
	if text, err := w.files.Text(t.Context(), added.ID); err != nil || !bytes.Contains([]byte(text), []byte("Invented Marker")) {
		t.Errorf("text is %q, %v", text, err)
	}
	ids, err := w.folder.IDs()
	if err != nil || len(ids) != 3 {
		t.Fatalf("files %v, %v", ids, err)
	}
	for _, id := range ids {
		file, err := w.folder.Open(id)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := io.ReadAll(file)
		if err != nil || file.Close() != nil {
			t.Fatal(err)
		}
		for _, open := range []string{"%PDF", "Marker", "endobj", "DCTDecode"} {
			if bytes.Contains(sealed, []byte(open)) {
				t.Errorf("file %s holds %q in the clear", id, open)
			}
		}
	}
	if got := w.sanitised(added.ID); int64(len(got)) != added.SanitisedBytes || !bytes.HasPrefix(got, []byte("%PDF-")) {
		t.Errorf("the sanitised copy has %d bytes, %d on record", len(got), added.SanitisedBytes)
	}
}

// Once a person's key is destroyed, nothing of their documents opens and none can be added.
func TestADestroyedKeyClosesDocuments(t *testing.T) {
	w := newWorld(t)
	added := w.add(documentstest.Plain(1, "x"))
	tx, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.vault.Destroy(t.Context(), tx, w.person), tx.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := w.files.Sanitised(t.Context(), added.ID); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("sanitised copy: %v", err)
	}
	if _, err := w.receive(documentstest.Plain(1, "x")); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("another document: %v", err)
	}
	if _, files := w.left(); files != 3 {
		t.Errorf("%d files are left", files)
	}
}

func TestAddingTwiceIsAddingOnce(t *testing.T) {
	w := newWorld(t)
	added := w.add(documentstest.Plain(1, "x"))
	again, err := w.rows.Add(t.Context(), api.Document{ID: added.ID, PersonID: w.person, Type: "passport"})
	if err != nil || again != added {
		t.Errorf("added again: %+v, %v", again, err)
	}
	if _, err := w.rows.Document(t.Context(), uuid.NewString()); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("no such document: %v", err)
	}
	if _, err := w.files.Sanitised(t.Context(), uuid.NewString()); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("no such file: %v", err)
	}
}

// However many are added at once, there are as many as there may be.
func TestCountsHoldUnderConcurrency(t *testing.T) {
	w := newWorld(t)
	received, err := w.receive(documentstest.Plain(1, "x"))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 12 {
		group.Go(func() {
			each := received
			each.OriginalFile, each.SanitisedFile, each.TextFile = uuid.NewString(), uuid.NewString(), uuid.NewString()
			_, err := w.rows.Add(context.WithoutCancel(t.Context()), api.Document{
				ID: uuid.NewString(), PersonID: w.person, Type: "other", ReceivedDocument: each, UploadedBy: "officer1",
			})
			if err != nil && !errors.Is(err, api.ErrTooManyDocuments) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if rows, _ := w.left(); rows != documentstest.Counts().OfPerson {
		t.Errorf("%d documents of the person", rows)
	}
}

// What a document is can't be changed by the application, nor can it be removed.
func TestADocumentStaysWhatItIs(t *testing.T) {
	w := newWorld(t)
	w.add(documentstest.Plain(1, "x"))
	for _, statement := range []string{"UPDATE documents SET type = 'passport'", "UPDATE documents SET sanitised_sha256 = original_sha256", "DELETE FROM documents"} {
		if _, err := w.pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s is allowed", statement)
		}
	}
}
