// Package documents keeps what is uploaded about persons: it takes a file in,
// has a sanitised copy of it made by a process of its own, seals both under the
// person's key in a folder and keeps a row of each in the database.
//
// What may leave is the sanitised copy alone. The package knows nothing of
// packages that are sent and of who may read what.
package documents

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/documents/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Clock is business time.
type Clock = vault.Clock

// Counts limit how many documents that are not withdrawn a person and a request
// have; both are above zero.
type Counts struct{ OfPerson, OfRequest int }

// Rows keeps what is known of documents; it implements api.Documents and is
// safe for concurrent use. Files are the business of Files.
type Rows struct {
	pool   *pgxpool.Pool
	clock  Clock
	counts Counts
}

// NewRows is the documents of a database.
func NewRows(pool *pgxpool.Pool, clock Clock, counts Counts) *Rows {
	return &Rows{pool: pool, clock: clock, counts: counts}
}

// Add keeps a document. Adding it again under the same id changes nothing.
// api.ErrTooManyDocuments when the person or the request has as many as it may.
func (r *Rows) Add(ctx context.Context, d api.Document) (api.Document, error) {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		if err := q.HoldPersonsDocuments(ctx, d.PersonID); err != nil {
			return err
		}
		known, err := q.Document(ctx, d.ID)
		if err == nil {
			d = documentOf(known)
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := r.room(ctx, q, d.PersonID, d.RequestID); err != nil {
			return err
		}
		d.UploadedAt = r.clock.Now().UTC()
		return add(ctx, q, d)
	})
	return d, store.Failed("add document", err)
}

// Room fails with api.ErrTooManyDocuments when nothing can be added.
func (r *Rows) Room(ctx context.Context, personID, requestID string) error {
	return store.Failed("count documents", r.room(ctx, sqlcgen.New(r.pool), personID, requestID))
}

func (r *Rows) room(ctx context.Context, q *sqlcgen.Queries, personID, requestID string) error {
	count, err := q.CountDocuments(ctx, sqlcgen.CountDocumentsParams{PersonID: personID, RequestID: optional(requestID)})
	if err != nil {
		return err
	}
	if count.OfPerson >= int64(r.counts.OfPerson) || count.OfRequest >= int64(r.counts.OfRequest) {
		return api.ErrTooManyDocuments
	}
	return nil
}

func add(ctx context.Context, q *sqlcgen.Queries, d api.Document) error {
	original, err := hex.DecodeString(d.OriginalSHA256)
	if err != nil {
		return fmt.Errorf("read hash: %w", err)
	}
	sanitised, err := hex.DecodeString(d.SanitisedSHA256)
	if err != nil {
		return fmt.Errorf("read hash: %w", err)
	}
	return q.AddDocument(ctx, sqlcgen.AddDocumentParams{
		DocumentID: d.ID, PersonID: d.PersonID, RequestID: optional(d.RequestID), Type: d.Type, MediaType: d.MediaType,
		Pages: int32(d.Pages), Dropped: int32(d.Dropped),
		OriginalFile: d.OriginalFile, OriginalBytes: d.OriginalBytes, OriginalSha256: original,
		SanitisedFile: d.SanitisedFile, SanitisedBytes: d.SanitisedBytes, SanitisedSha256: sanitised, TextFile: d.TextFile,
		UploadedBy: d.UploadedBy, UploadedAt: d.UploadedAt,
	})
}

// Document reads one; api.ErrNotFound.
func (r *Rows) Document(ctx context.Context, id string) (api.Document, error) {
	row, err := sqlcgen.New(r.pool).Document(ctx, id)
	if err != nil {
		return api.Document{}, store.Failed("read document", err)
	}
	return documentOf(row), nil
}

// List reads the documents of a person, oldest first, withdrawn ones included.
func (r *Rows) List(ctx context.Context, personID string) ([]api.Document, error) {
	rows, err := sqlcgen.New(r.pool).DocumentsOfPerson(ctx, personID)
	if err != nil {
		return nil, store.Failed("list documents", err)
	}
	found := make([]api.Document, 0, len(rows))
	for _, row := range rows {
		found = append(found, documentOf(row))
	}
	return found, nil
}

// Withdraw takes a document out of use. The first withdrawal stands: repeating
// it changes nothing, another is api.ErrWithdrawn.
func (r *Rows) Withdraw(ctx context.Context, w api.DocumentWithdrawal) (api.Document, error) {
	now := r.clock.Now().UTC()
	_, err := sqlcgen.New(r.pool).WithdrawDocument(ctx, sqlcgen.WithdrawDocumentParams{
		DocumentID: w.DocumentID, WithdrawnBy: &w.By, WithdrawnAt: &now, WithdrawnFor: &w.Reason, WithdrawnWith: &w.CommandID,
	})
	if err != nil {
		return api.Document{}, store.Failed("withdraw document", err)
	}
	found, err := r.Document(ctx, w.DocumentID)
	if err == nil && found.WithdrawnWith != w.CommandID {
		return api.Document{}, api.ErrWithdrawn
	}
	return found, err
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func documentOf(row sqlcgen.Document) api.Document {
	d := api.Document{
		ID: row.DocumentID, PersonID: row.PersonID, RequestID: text(row.RequestID), Type: row.Type,
		ReceivedDocument: api.ReceivedDocument{
			MediaType: row.MediaType, Pages: int(row.Pages), Dropped: int(row.Dropped),
			OriginalFile: row.OriginalFile, OriginalBytes: row.OriginalBytes, OriginalSHA256: hex.EncodeToString(row.OriginalSha256),
			SanitisedFile: row.SanitisedFile, SanitisedBytes: row.SanitisedBytes, SanitisedSHA256: hex.EncodeToString(row.SanitisedSha256),
			TextFile: row.TextFile,
		},
		UploadedBy: row.UploadedBy, UploadedAt: row.UploadedAt,
		WithdrawnBy: text(row.WithdrawnBy), WithdrawnFor: text(row.WithdrawnFor), WithdrawnWith: text(row.WithdrawnWith),
	}
	if row.WithdrawnAt != nil {
		d.WithdrawnAt = *row.WithdrawnAt
	}
	return d
}
