package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// answer is what a call got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem() string {
	var problem struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(a.body, &problem) != nil {
		return ""
	}
	return strings.TrimPrefix(problem.Type, "/problems/")
}

// faults are the fields that a problem names, with their rules.
func (a answer) faults() map[string]string {
	var problem struct {
		Errors []struct{ Field, Rule string } `json:"errors"`
	}
	faults := map[string]string{}
	if json.Unmarshal(a.body, &problem) == nil {
		for _, each := range problem.Errors {
			faults[each.Field] = each.Rule
		}
	}
	return faults
}

func read[T any](t testing.TB, a answer) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(a.body, &value); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return value
}

// raw makes a call as it is given, and holds the answer against the contract.
func (w *world) raw(method, path string, header http.Header, body []byte) answer {
	w.t.Helper()
	request := httptest.NewRequestWithContext(w.t.Context(), method, path, bytes.NewReader(body))
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	recorded := httptest.NewRecorder()
	w.server.ServeHTTP(recorded, request)
	result := answer{status: recorded.Code, header: recorded.Header(), body: recorded.Body.Bytes()}
	w.holds(request, result)
	return result
}

func init() {
	openapi3filter.RegisterBodyDecoder("application/pdf", openapi3filter.FileBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/zip", openapi3filter.FileBodyDecoder)
}

// holds: every answer is one that the contract knows for the operation.
func (w *world) holds(request *http.Request, got answer) {
	w.t.Helper()
	if got.status >= 500 && got.status != http.StatusServiceUnavailable {
		w.t.Errorf("%s %s: %d %s\n%s", request.Method, request.URL, got.status, got.body, w.log)
	}
	if got.status >= 400 && got.header.Get("Content-Type") != "application/problem+json" {
		w.t.Errorf("%s %s: %d is %s", request.Method, request.URL, got.status, got.header.Get("Content-Type"))
	}
	route, path, err := w.routes.FindRoute(request)
	if err != nil {
		return
	}
	err = openapi3filter.ValidateResponse(w.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: path, Route: route},
		Status:                 got.status, Header: got.header, Body: io.NopCloser(bytes.NewReader(got.body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
		},
	})
	if err != nil {
		w.t.Errorf("%s %s: %d %s\nis not in the contract: %v", request.Method, request.URL, got.status, got.body, err)
	}
}

// ask makes a call as somebody; a body that is no []byte is written as JSON.
func (w *world) ask(user, method, path string, body any, header ...string) answer {
	w.t.Helper()
	all := http.Header{"Authorization": {"Bearer " + user}}
	for i := 0; i+1 < len(header); i += 2 {
		all.Set(header[i], header[i+1])
	}
	raw, ok := body.([]byte)
	if !ok && body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(w.t, err)
	}
	if body != nil && all.Get("Content-Type") == "" {
		all.Set("Content-Type", "application/json")
	}
	return w.raw(method, path, all, raw)
}

func (w *world) get(user, path string) answer {
	w.t.Helper()
	return w.ask(user, http.MethodGet, path, nil)
}

func newKey() string { return uuid.NewString() }

// post changes something under a new key.
func (w *world) change(user, path string, body any, header ...string) answer {
	w.t.Helper()
	return w.ask(user, http.MethodPost, path, body, append([]string{"Idempotency-Key", newKey()}, header...)...)
}

type fields map[string]any

// with is a copy with other fields; a nil value takes one out.
func (f fields) with(changes ...any) fields {
	copied := fields{}
	for name, value := range f {
		copied[name] = value
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == nil {
			delete(copied, changes[i].(string))
			continue
		}
		copied[changes[i].(string)] = changes[i+1]
	}
	return copied
}

const someHash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// newRequest is a good body of POST /v1/requests about somebody new.
func newRequest() fields {
	return fields{
		"person":  fields{"family_name": "Example", "given_names": "Ana", "birth_date": "1990-05-05"},
		"country": "GHA", "post": "gha-washington", "field_office": "BOS",
		"order": fields{"type": "final_removal", "number": "ORDER-77", "date": "2026-01-15", "source": someHash},
	}
}

// somebody is a person of a name that nobody else in the world has: who looks
// like another is held.
func (w *world) somebody() fields {
	name := "Ana"
	for n := w.met.Add(1) - 1; n > 0; n /= 26 {
		name += string(rune('a' + n%26))
	}
	return fields{"family_name": "Example", "given_names": name, "birth_date": "1990-05-05"}
}

type request struct {
	ID             string   `json:"id"`
	Code           string   `json:"code"`
	PersonID       string   `json:"person_id"`
	Stage          string   `json:"stage"`
	Seq            int64    `json:"seq"`
	Version        string   `json:"version"`
	OnHold         bool     `json:"on_hold"`
	Country        string   `json:"country"`
	SpecialRouting bool     `json:"special_routing"`
	Officer        string   `json:"officer"`
	Outcome        string   `json:"outcome"`
	Allowed        []string `json:"allowed"`
}

type changed struct {
	Request request     `json:"request"`
	Events  []tdr.Event `json:"events"`
}

// open opens a request as officer1.
func (w *world) open() request {
	w.t.Helper()
	got := w.change("officer1", "/v1/requests", newRequest().with("person", w.somebody()))
	if got.status != http.StatusCreated {
		w.t.Fatalf("open: %d %s\n%s", got.status, got.body, w.log)
	}
	return read[changed](w.t, got).Request
}

// act gives a command upon a request as it stands.
func (w *world) act(user string, r *request, command string, body any) answer {
	w.t.Helper()
	got := w.change(user, "/v1/requests/"+r.ID+"/"+command, body, "If-Match", `"`+r.Version+`"`)
	if got.status == http.StatusOK {
		*r = read[changed](w.t, got).Request
	}
	return got
}

// do gives a command that has to succeed.
func (w *world) do(user string, r *request, command string, body any) {
	w.t.Helper()
	if got := w.act(user, r, command, body); got.status != http.StatusOK {
		w.t.Fatalf("%s: %d %s\n%s", command, got.status, got.body, w.log)
	}
}

// prepare makes a package of a request, with whatever a body adds, and gives
// what its content is called.
func (w *world) prepare(r request, body ...any) string {
	w.t.Helper()
	got := w.change("officer1", "/v1/requests/"+r.ID+"/packages", fields{"documents": []string{}}.with(body...))
	if got.status != http.StatusCreated {
		w.t.Fatalf("prepare: %d %s\n%s", got.status, got.body, w.log)
	}
	return read[struct{ Content string }](w.t, got).Content
}

// content names the package of a request that was prepared last.
func (w *world) content(r request) string {
	w.t.Helper()
	var content string
	must(w.t, w.pool.QueryRow(w.t.Context(), "SELECT content FROM outgoing_packages WHERE request_id = $1 ORDER BY ordinal DESC LIMIT 1", r.ID).Scan(&content))
	return content
}

// newestPackage is the id of the package of a request that was prepared last.
func (w *world) newestPackage(r request) string {
	w.t.Helper()
	return read[struct{ Packages []struct{ ID string } }](w.t, w.get("officer1", "/v1/requests/"+r.ID+"/packages")).Packages[0].ID
}

// reviewed brings a request to ready; its package is what may leave.
func (w *world) reviewed() request {
	w.t.Helper()
	r := w.open()
	content := w.prepare(r)
	w.do("officer1", &r, "request-review", fields{"content": content}.with(w.paperless()...))
	w.do("supervisor1", &r, "approve", fields{"content": content})
	return r
}

// required are the items that the pack of Ghana asks for.
// paperless is a checklist without documents, each with the reason why it is missing.
func (w *world) paperless() []any {
	w.t.Helper()
	var present []string
	var gaps []fields
	for _, item := range w.required() {
		if playbook.Made(item) {
			present = append(present, item)
		} else {
			gaps = append(gaps, fields{"item": item, "reason": "to_follow"})
		}
	}
	return []any{"present", present, "gaps", gaps}
}

func (w *world) required() []string {
	w.t.Helper()
	packs, err := examplePacks()
	must(w.t, err)
	pack, ok := packs.Version("GHA", 1)
	if !ok {
		w.t.Fatal(errors.New("no pack for GHA"))
	}
	var items []string
	for _, item := range pack.Required() {
		items = append(items, item.ID)
	}
	return items
}
