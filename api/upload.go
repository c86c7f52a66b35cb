package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// formRoom is what the fields and frames of a form may take beside its file, in bytes.
const formRoom = 64 << 10

// fieldRoom is what one field of a form may take, in bytes.
const fieldRoom = 256

// limitForm refuses by its headers a form that is none or too large, and ends
// the reading of one that turns out to be.
func (s *Server) limitForm(w http.ResponseWriter, r *http.Request) error {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || parameters["boundary"] == "" || r.Header.Get("Content-Encoding") != "" {
		return newProblem(notAForm, "")
	}
	if r.ContentLength > s.uploadLimit+formRoom {
		return newProblem(documentTooLarge, "")
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.uploadLimit+formRoom)
	return nil
}

// upload is a form as far as it stands before its file.
type upload struct {
	documentType string
	requestID    string
	name         string
	file         io.Reader
}

// UploadDocument takes a file about a person. The fields of the form stand
// before the file, so that nothing is read of a file that would be refused for them.
func (s *Server) UploadDocument(ctx context.Context, r contract.UploadDocumentRequestObject) (contract.UploadDocumentResponseObject, error) {
	seen, err := s.person(ctx, r.Id, identity.UploadDocument)
	if err != nil {
		return nil, err
	}
	form, err := readForm(r.Body)
	if err != nil {
		return nil, err
	}
	if err := s.checkUpload(seen, form); err != nil {
		return nil, err
	}
	document := Document{
		ID: r.Params.IdempotencyKey, PersonID: r.Id, RequestID: form.requestID, Type: form.documentType, UploadedBy: principalOf(ctx).Subject,
	}
	hash := sha256.New()
	form.file = io.TeeReader(form.file, hash)
	_, err = s.commands.Command(ctx, document.ID)
	if errors.Is(err, ErrNotFound) {
		return s.newUpload(ctx, form, document)
	}
	if err != nil {
		return nil, fmt.Errorf("look for the first answer: %w", err)
	}
	if _, err := io.Copy(io.Discard, form.file); err != nil {
		return nil, unreadForm(err)
	}
	return s.again(form.signed(ctx, hex.EncodeToString(hash.Sum(nil))), document.ID, newProblem(unavailable, ""))
}

// newUpload receives the file of a call that is not on record.
func (s *Server) newUpload(ctx context.Context, form upload, document Document) (kept, error) {
	if err := s.documents.Room(ctx, document.PersonID, document.RequestID); err != nil {
		return kept{}, fmt.Errorf("look for room: %w", err)
	}
	received, err := s.files.Receive(ctx, document.PersonID, form.file)
	if err != nil {
		return kept{}, unreadForm(err)
	}
	document.ReceivedDocument = received
	answer, err := s.perform(form.signed(ctx, received.OriginalSHA256), NewCommand{
		ID: document.ID, Operation: string(identity.UploadDocument), PersonID: document.PersonID, RequestID: document.RequestID,
		Text: form.name,
	}, document)
	if errors.Is(err, ErrKeyReused) {
		s.files.Discard(received)
	}
	return answer, err
}

// signed makes the form the body that tells this call from another under the same key.
func (u upload) signed(ctx context.Context, fileHash string) context.Context {
	seen := callOf(ctx)
	seen.body = []byte(strings.Join([]string{u.documentType, u.requestID, u.name, fileHash}, "\n"))
	return context.WithValue(ctx, callKey, seen)
}

// readForm reads the fields of a form up to its file.
func readForm(parts *multipart.Reader) (upload, error) {
	var form upload
	fields := map[string]*string{"type": &form.documentType, "request_id": &form.requestID}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, fault("file", "is missing")
		}
		if err != nil {
			return form, unreadPart(err)
		}
		if part.FormName() == "file" {
			form.name, form.file = displayName(part.FileName()), part
			return form, nil
		}
		value, known := fields[part.FormName()]
		if !known {
			return form, fault("body", "holds a field that is not known here")
		}
		if *value != "" {
			return form, fault(part.FormName(), "is given more than once")
		}
		text, err := io.ReadAll(io.LimitReader(part, fieldRoom))
		if err != nil {
			return form, unreadForm(err)
		}
		*value = string(text)
	}
}

// unreadPart says of a part that does not begin why: the head of one is text that
// anybody may have written.
func unreadPart(err error) error {
	var head textproto.ProtocolError
	if errors.As(err, &head) || strings.HasPrefix(err.Error(), "multipart: ") {
		return newProblem(malformed, "the form has a part that can't be read")
	}
	return unreadForm(err)
}

// unreadForm says of a form that breaks off why.
func unreadForm(err error) error {
	var over *http.MaxBytesError
	var refusal *DocumentRefusal
	switch {
	case errors.As(err, &over):
		return newProblem(documentTooLarge, "")
	case errors.As(err, &refusal), errors.Is(err, ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, multipart.ErrMessageTooLarge):
		return newProblem(malformed, "the form ended early")
	default:
		return err
	}
}

// checkUpload: a document is of a type that the packs of the person's requests
// know, and of a request that the caller may add to.
func (s *Server) checkUpload(seen []RequestView, form upload) error {
	var faults fieldErrors
	about := seen
	if form.requestID != "" {
		about = slices.DeleteFunc(slices.Clone(seen), func(v RequestView) bool { return v.RequestID != form.requestID })
	}
	if form.requestID != "" && (len(about) == 0 || uuid.Validate(form.requestID) != nil) {
		faults.add("request_id", "is no request of the person")
	}
	known := form.documentType == OtherDocument
	for _, view := range about {
		pack, err := s.packOf(view)
		if err != nil {
			return err
		}
		for _, item := range pack.Checklist {
			known = known || item.ID == form.documentType
		}
	}
	if !known {
		faults.add("type", "is on no checklist of the person's requests, nor %s; it stands before the file", OtherDocument)
	}
	return faults.problem()
}

// nameLength is how much of a file's name is kept, in characters.
const nameLength = 120

// displayName is what people are shown of a file's name: its last part, without
// what would act on a terminal, a page or a file system. It names no file.
func displayName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && !strings.ContainsRune(`/<>:"|?*`, r) {
			return r
		}
		return -1
	}, name)
	if runes := []rune(name); len(runes) > nameLength {
		name = string(runes[:nameLength])
	}
	return strings.Trim(name, ". ")
}
