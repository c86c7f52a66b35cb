package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// refusal is an answer of the API, or of a page in its place, that is no success.
type refusal struct {
	status  int
	problem contract.Problem
	entered bool   // the API has put it on record
	back    linked // where to go from its page; the start page when empty
}

// Error names the type alone: details can repeat what somebody entered.
func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.problem.Type) }

// reply is an answer of the API.
type reply struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header is part of http.ResponseWriter.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader keeps the first status.
func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write keeps the body.
func (r *reply) Write(part []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(part)
}

// call asks the API for the caller of this visit. What is no success is a *refusal.
func (v *visit) call(method, path string, body any, header http.Header) (*reply, error) {
	raw := []byte{}
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("write call: %w", err)
		}
		header.Set("Content-Type", "application/json")
	}
	return v.callWith(method, path, raw, header)
}

// callWith asks the API with a body as it is.
func (v *visit) callWith(method, path string, raw []byte, header http.Header) (*reply, error) {
	ctx := identity.SignedIn(v.ctx(), v.caller())
	request, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("make call: %w", err)
	}
	request.Header = header
	answer := &reply{header: http.Header{}}
	v.site.config.API.ServeHTTP(answer, request)
	if answer.status < http.StatusMultipleChoices {
		return answer, nil
	}
	refused := &refusal{status: answer.status, entered: true}
	if err := json.Unmarshal(answer.body.Bytes(), &refused.problem); err != nil {
		return nil, fmt.Errorf("read refusal of status %d: %w", answer.status, err)
	}
	return nil, refused
}

// read asks for something.
func read[T any](v *visit, path string) (T, error) {
	var value T
	answer, err := v.call(http.MethodGet, path, nil, http.Header{})
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(answer.body.Bytes(), &value); err != nil {
		return value, fmt.Errorf("read answer: %w", err)
	}
	return value, nil
}

// act changes something. key is the form's: sending it twice acts once. version
// is what the form had seen of the request; empty where none is asked for.
// pending tells that it is stored and will be carried on.
func (v *visit) act(path, key, version string, body any) (pending bool, err error) {
	header := http.Header{"Idempotency-Key": {key}}
	if version != "" {
		header.Set("If-Match", `"`+version+`"`)
	}
	answer, err := v.call(http.MethodPost, path, body, header)
	if err != nil {
		return false, err
	}
	return answer.status == http.StatusAccepted, nil
}
