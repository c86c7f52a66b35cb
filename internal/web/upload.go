package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/api/contract"
)

// keep adds the document of a form to those of the person, of no type that a
// checklist knows. Its key follows from the form's: sent twice, it is added once.
func (v *visit) keep(d *dossier, name, key string) (id string, faults []fault, err error) {
	form, err := uuid.Parse(key)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	body, media, err := v.document(name, d.Request.Id)
	if errors.Is(err, errNoDocument) {
		return "", []fault{{name, "Choose the document."}}, nil
	}
	if err != nil {
		return "", nil, err
	}
	header := http.Header{"Idempotency-Key": {uuid.NewSHA1(form, []byte(name)).String()}, "Content-Type": {media}}
	answer, err := v.callWith(http.MethodPost, "/v1/persons/"+d.Request.PersonId+"/documents", body, header)
	var refused *refusal
	if errors.As(err, &refused) && unreadable(refused.status) {
		return "", []fault{{name, sentence(refused.problem.Title, "This document cannot be accepted.")}}, nil
	}
	if err != nil {
		return "", nil, err
	}
	var kept contract.Document
	if err := json.Unmarshal(answer.body.Bytes(), &kept); err != nil || kept.Id == "" {
		// It is on record and not read yet: sent again, the form goes on from there.
		return "", nil, fmt.Errorf("%w: document is not read yet", errAway)
	}
	return kept.Id, nil, nil
}

// unreadable: it is the document's fault.
func unreadable(status int) bool {
	return status == http.StatusUnprocessableEntity || status == http.StatusUnsupportedMediaType || status == http.StatusRequestEntityTooLarge
}

// document is what was given with a form, as the API takes it: fields first.
func (v *visit) document(name, request string) (body []byte, media string, err error) {
	file, given, err := v.r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || err == nil && given.Size == 0 {
		return nil, "", errNoDocument
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errUnreadable, err)
	}
	defer file.Close()
	var made bytes.Buffer
	parts := multipart.NewWriter(&made)
	for _, field := range [][2]string{{"type", api.OtherDocument}, {"request_id", request}} {
		if err := parts.WriteField(field[0], field[1]); err != nil {
			return nil, "", fmt.Errorf("write form: %w", err)
		}
	}
	part, err := parts.CreateFormFile("file", given.Filename)
	if err == nil {
		_, err = io.Copy(part, file)
	}
	if err == nil {
		err = parts.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("write form: %w", err)
	}
	return made.Bytes(), parts.FormDataContentType(), nil
}
