package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// What the ports of documents answer beside the errors of every port.
var (
	// ErrTooManyDocuments: the person or the request has as many as it may have.
	ErrTooManyDocuments = errors.New("too many documents")
	// ErrWithdrawn: another command withdrew the document.
	ErrWithdrawn = errors.New("document was withdrawn already")
)

// DocumentRefusal says that a file is not taken. Its reason is the name of a problem.
type DocumentRefusal struct{ Reason string }

// Error names the reason alone.
func (r *DocumentRefusal) Error() string { return r.Reason }

// Document is a file about a person that is on record, with its sanitised copy.
type Document struct {
	ID        string // of the command that brought it
	PersonID  string
	RequestID string // empty: of the person, for any of their requests
	Type      string // an item of the country pack's checklist, or OtherDocument
	ReceivedDocument
	UploadedBy string
	UploadedAt time.Time

	WithdrawnBy   string
	WithdrawnAt   time.Time // zero while it stands
	WithdrawnFor  string    // a code
	WithdrawnWith string    // id of the command
}

// OtherDocument is the type of a document that is on no checklist.
const OtherDocument = "other"

// ReceivedDocument is what was made of a file. Hashes are hexadecimal.
type ReceivedDocument struct {
	MediaType       string // of the original, by its content
	Pages           int
	Dropped         int    // annotations and form fields that the copy leaves out
	OriginalFile    string // ids of the sealed files
	OriginalBytes   int64
	OriginalSHA256  string
	SanitisedFile   string
	SanitisedBytes  int64
	SanitisedSHA256 string
	TextFile        string
}

// DocumentWithdrawal takes a document out of use.
type DocumentWithdrawal struct {
	CommandID  string
	DocumentID string
	By         string
	Reason     string // a code
}

// Documents keeps what is known of documents.
type Documents interface {
	// Room fails with ErrTooManyDocuments when nothing can be added.
	Room(ctx context.Context, personID, requestID string) error
	// Add keeps one; UploadedAt is the port's. ErrTooManyDocuments.
	Add(ctx context.Context, document Document) (Document, error)
	// Document reads one; ErrNotFound.
	Document(ctx context.Context, id string) (Document, error)
	// List reads those of a person, oldest first, withdrawn ones included.
	List(ctx context.Context, personID string) ([]Document, error)
	// Withdraw takes one out of use; ErrWithdrawn when another command did before.
	Withdraw(ctx context.Context, withdrawal DocumentWithdrawal) (Document, error)
}

// DocumentFiles takes files in and gives sanitised copies out.
type DocumentFiles interface {
	// Receive reads a file that anybody may have made. *DocumentRefusal when it is
	// not taken; then, as with any error, nothing of it is kept.
	Receive(ctx context.Context, personID string, content io.Reader) (ReceivedDocument, error)
	// Discard forgets what was received and is not wanted after all.
	Discard(received ReceivedDocument)
	// Sanitised opens the PDF that may leave; ErrNotFound.
	Sanitised(ctx context.Context, documentID string) (io.ReadCloser, error)
	// Text reads what can be read on the pages, which is personal; ErrNotFound.
	Text(ctx context.Context, documentID string) (string, error)
}

// finishUpload keeps the document of a stored command.
func (c *Carrier) finishUpload(ctx context.Context, stored StoredCommand) (Answer, error) {
	var document Document
	if err := json.Unmarshal(stored.Input, &document); err != nil {
		return Answer{}, fmt.Errorf("read stored document: %w", err)
	}
	added, err := c.documents.Add(ctx, document)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(http.StatusCreated, documentOf(added), map[string]string{"Location": "/v1/documents/" + added.ID})
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

// document reads a document of a person whom the caller may see, and of no
// request beyond their sight.
func (s *Server) document(ctx context.Context, id string, operation identity.Operation) (Document, error) {
	found, err := s.documents.Document(ctx, id)
	if err != nil {
		return Document{}, fmt.Errorf("read document: %w", err)
	}
	seen, err := s.person(ctx, found.PersonID, operation)
	if err != nil {
		return Document{}, err
	}
	if !found.within(seen) {
		return Document{}, ErrNotFound
	}
	return found, nil
}

// within tells whether a document is of the person or of one of the requests.
func (d Document) within(seen []RequestView) bool {
	if d.RequestID == "" {
		return true
	}
	for _, view := range seen {
		if view.RequestID == d.RequestID {
			return true
		}
	}
	return false
}

// ListDocuments reads the documents of a person that the caller may see.
func (s *Server) ListDocuments(ctx context.Context, r contract.ListDocumentsRequestObject) (contract.ListDocumentsResponseObject, error) {
	seen, err := s.human(ctx, r.Id, identity.ReadDocuments)
	if err != nil {
		return nil, err
	}
	all, err := gather(ctx, r.Id, seen, s.documents.List)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	views := []contract.Document{}
	for _, document := range all {
		if document.within(seen) {
			views = append(views, documentOf(document))
		}
	}
	return contract.ListDocuments200JSONResponse{Documents: views}, nil
}

// GetDocument reads one document with the name that it came with and its text.
func (s *Server) GetDocument(ctx context.Context, r contract.GetDocumentRequestObject) (contract.GetDocumentResponseObject, error) {
	found, err := s.document(ctx, r.Id, identity.ReadDocuments)
	if err != nil {
		return nil, err
	}
	name, err := s.reads.CommandText(ctx, found.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("read name of document: %w", err)
	}
	text, err := s.files.Text(ctx, found.ID)
	if err != nil {
		return nil, fmt.Errorf("read text of document: %w", err)
	}
	return contract.GetDocument200JSONResponse{Document: documentOf(found), Name: name, Text: text}, nil
}

// GetDocumentContent gives the sanitised PDF, to be kept and not to be opened in place.
func (s *Server) GetDocumentContent(ctx context.Context, r contract.GetDocumentContentRequestObject) (contract.GetDocumentContentResponseObject, error) {
	found, err := s.document(ctx, r.Id, identity.ReadDocuments)
	if err != nil {
		return nil, err
	}
	content, err := s.files.Sanitised(ctx, found.ID)
	if err != nil {
		return nil, fmt.Errorf("open document: %w", err)
	}
	return contract.GetDocumentContent200ApplicationpdfResponse{
		Body: content, ContentLength: found.SanitisedBytes, Headers: contract.GetDocumentContent200ResponseHeaders{
			CacheControl: "no-store", XContentTypeOptions: "nosniff", ContentDisposition: `attachment; filename="` + found.ID + `.pdf"`,
		},
	}, nil
}

// WithdrawDocument takes a document out of use; what has left is not called back by it.
func (s *Server) WithdrawDocument(ctx context.Context, r contract.WithdrawDocumentRequestObject) (contract.WithdrawDocumentResponseObject, error) {
	found, err := s.document(ctx, r.Id, identity.WithdrawDocument)
	if err != nil {
		return nil, err
	}
	withdrawal := DocumentWithdrawal{
		CommandID: r.Params.IdempotencyKey, DocumentID: found.ID, By: principalOf(ctx).Subject, Reason: r.Body.Reason,
	}
	return s.perform(ctx, NewCommand{
		ID: withdrawal.CommandID, Operation: string(identity.WithdrawDocument), PersonID: found.PersonID, RequestID: found.RequestID,
		Text: r.Body.Note,
	}, withdrawal)
}

// finishWithdrawal withdraws the document of a stored command.
func (c *Carrier) finishWithdrawal(ctx context.Context, stored StoredCommand) (Answer, error) {
	var withdrawal DocumentWithdrawal
	if err := json.Unmarshal(stored.Input, &withdrawal); err != nil {
		return Answer{}, fmt.Errorf("read stored withdrawal: %w", err)
	}
	withdrawn, err := c.documents.Withdraw(ctx, withdrawal)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(http.StatusOK, documentOf(withdrawn), nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

func documentOf(d Document) contract.Document {
	return contract.Document{
		Id: d.ID, PersonId: d.PersonID, RequestId: d.RequestID, Type: d.Type, MediaType: d.MediaType, Pages: d.Pages, Dropped: d.Dropped,
		OriginalBytes: d.OriginalBytes, OriginalSha256: d.OriginalSHA256, SanitisedBytes: d.SanitisedBytes, SanitisedSha256: d.SanitisedSHA256,
		UploadedBy: d.UploadedBy, UploadedAt: utc(d.UploadedAt),
		WithdrawnBy: d.WithdrawnBy, WithdrawnAt: utc(d.WithdrawnAt), WithdrawnFor: d.WithdrawnFor,
	}
}
