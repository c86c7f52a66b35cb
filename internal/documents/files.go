package documents

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
	"github.com/traveldoc/traveldoc/internal/documents/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Files takes files in and gives sanitised copies out; it implements
// api.DocumentFiles and is safe for concurrent use.
type Files struct {
	pool    *pgxpool.Pool
	vault   *vault.Vault
	blobs   Blobs
	sandbox Sandbox
	turns   chan struct{}
	// suspects are what the last sweep found without a row.
	suspects map[string]bool
}

// FilesConfig is what Files stands on. AtOnce is how many files are read at a time.
type FilesConfig struct {
	Pool    *pgxpool.Pool
	Vault   *vault.Vault
	Blobs   Blobs
	Sandbox Sandbox
	AtOnce  int
}

// NewFiles is the files of documents.
func NewFiles(c FilesConfig) *Files {
	return &Files{pool: c.Pool, vault: c.Vault, blobs: c.Blobs, sandbox: c.Sandbox, turns: make(chan struct{}, max(c.AtOnce, 1))}
}

// sanitisedFactor is how much larger than the largest original a copy may be:
// pages of print take more room as pictures.
const sanitisedFactor = 4

// Receive seals a file about a person, and a sanitised copy and the text of it.
// What is not taken is an *api.DocumentRefusal, and nothing of it is kept.
func (f *Files) Receive(ctx context.Context, personID string, content io.Reader) (received api.ReceivedDocument, err error) {
	buffered := bufio.NewReader(content)
	head, err := buffered.Peek(sanitise.HeadLength)
	if err != nil && !errors.Is(err, io.EOF) {
		return received, fmt.Errorf("receive document: %w", err)
	}
	if err := sanitise.Early(head); err != nil {
		return received, refusal(err)
	}
	received = api.ReceivedDocument{OriginalFile: uuid.NewString(), SanitisedFile: uuid.NewString(), TextFile: uuid.NewString()}
	defer func() {
		if err != nil {
			f.Discard(received)
		}
	}()
	original, err := f.keep(ctx, vault.File{PersonID: personID, ID: received.OriginalFile}, f.sandbox.Limits.Bytes, func(out io.Writer) error {
		_, err := io.Copy(out, buffered)
		return err
	})
	if err != nil {
		return received, refusal(err)
	}
	received.OriginalBytes, received.OriginalSHA256 = original.length, original.sum()
	return received, refusal(f.copy(ctx, personID, &received))
}

// copy makes the sanitised copy of an original that is kept.
func (f *Files) copy(ctx context.Context, personID string, received *api.ReceivedDocument) error {
	select {
	case f.turns <- struct{}{}:
		defer func() { <-f.turns }()
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn to sanitise: %w", ctx.Err())
	}
	original, err := f.open(ctx, vault.File{PersonID: personID, ID: received.OriginalFile})
	if err != nil {
		return err
	}
	defer original.Close()
	var report sanitise.Report
	copied, err := f.keep(ctx, vault.File{PersonID: personID, ID: received.SanitisedFile}, sanitisedFactor*f.sandbox.Limits.Bytes, func(out io.Writer) (err error) {
		report, err = f.sandbox.run(ctx, original, out)
		return err
	})
	if err != nil {
		return err
	}
	received.SanitisedBytes, received.SanitisedSHA256 = copied.length, copied.sum()
	received.MediaType, received.Pages, received.Dropped = report.MediaType, report.Pages, report.Dropped
	_, err = f.keep(ctx, vault.File{PersonID: personID, ID: received.TextFile}, reportBytes, func(out io.Writer) error {
		_, err := io.WriteString(out, report.Text)
		return err
	})
	return err
}

// Discard forgets what was received. What can't be removed now is found by a sweep.
func (f *Files) Discard(received api.ReceivedDocument) {
	for _, id := range []string{received.OriginalFile, received.SanitisedFile, received.TextFile} {
		_ = f.blobs.Remove(id)
	}
}

// measured is what was written.
type measured struct {
	io.Writer
	hash   hash.Hash
	length int64
	limit  int64
}

// Write passes on what there is room for.
func (m *measured) Write(p []byte) (int, error) {
	if m.length+int64(len(p)) > m.limit {
		return 0, &sanitise.Refusal{Reason: sanitise.TooLarge}
	}
	m.hash.Write(p)
	m.length += int64(len(p))
	return m.Writer.Write(p)
}

func (m *measured) sum() string { return hex.EncodeToString(m.hash.Sum(nil)) }

// keep seals what fill writes, in a file that is whole or not there.
func (f *Files) keep(ctx context.Context, file vault.File, limit int64, fill func(io.Writer) error) (*measured, error) {
	blob, err := f.blobs.Create(file.ID)
	if err != nil {
		return nil, err
	}
	defer blob.Discard()
	var sealing io.WriteCloser
	// The person's key is made here if there is none; a key replaced meanwhile still opens the file.
	err = pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) (err error) {
		sealing, err = f.vault.Writer(ctx, tx, file, blob)
		return err
	})
	if err != nil {
		return nil, store.Failed("seal document", err)
	}
	written := &measured{Writer: sealing, hash: sha256.New(), limit: limit}
	if err := fill(written); err != nil {
		return nil, err
	}
	if err := sealing.Close(); err != nil {
		return nil, fmt.Errorf("seal document: %w", err)
	}
	return written, blob.Commit()
}

// refusal says in the port's terms that a file is not taken.
func refusal(err error) error {
	var refused *sanitise.Refusal
	if errors.As(err, &refused) {
		return &api.DocumentRefusal{Reason: string(refused.Reason)}
	}
	return err
}

// opened is a sealed file that is read.
type opened struct {
	io.Reader
	io.Closer
}

// errDestroyed: to callers, nothing is there any more.
var errDestroyed = errors.Join(api.ErrNotFound, vault.ErrDestroyed)

func (f *Files) open(ctx context.Context, file vault.File) (io.ReadCloser, error) {
	sealed, err := f.blobs.Open(file.ID)
	if errors.Is(err, fs.ErrNotExist) {
		// The files of somebody whose key was destroyed are removed.
		if _, gone := f.vault.Reader(ctx, f.pool, file, strings.NewReader("")); errors.Is(gone, vault.ErrDestroyed) {
			return nil, fmt.Errorf("open document: %w", errDestroyed)
		}
	}
	if err != nil {
		return nil, err
	}
	reader, err := f.vault.Reader(ctx, f.pool, file, sealed)
	if errors.Is(err, vault.ErrDestroyed) {
		return nil, errors.Join(fmt.Errorf("open document: %w", errDestroyed), sealed.Close())
	}
	if err != nil {
		return nil, errors.Join(store.Failed("open document", err), sealed.Close())
	}
	return opened{reader, sealed}, nil
}

// Sanitised opens the sanitised PDF of a document, withdrawn or not:
// api.ErrNotFound when there is no such document. What it gives is authentic;
// that it is whole is certain once it has given io.EOF.
func (f *Files) Sanitised(ctx context.Context, documentID string) (io.ReadCloser, error) {
	row, err := sqlcgen.New(f.pool).Document(ctx, documentID)
	if err != nil {
		return nil, store.Failed("read document", err)
	}
	return f.open(ctx, vault.File{PersonID: row.PersonID, ID: row.SanitisedFile})
}

// Text reads what can be read on the pages of a document; api.ErrNotFound.
func (f *Files) Text(ctx context.Context, documentID string) (string, error) {
	row, err := sqlcgen.New(f.pool).Document(ctx, documentID)
	if err != nil {
		return "", store.Failed("read document", err)
	}
	file, err := f.open(ctx, vault.File{PersonID: row.PersonID, ID: row.TextFile})
	if err != nil {
		return "", err
	}
	defer file.Close()
	words, err := io.ReadAll(file)
	if err != nil {
		return "", fmt.Errorf("read text of document: %w", err)
	}
	return string(words), nil
}
