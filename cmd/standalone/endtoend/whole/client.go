package whole

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/cmd/standalone/system"
)

// Client calls the API as one user of the identity provider.
type Client struct {
	whole *Whole
	user  string
}

// As is the API for a user, such as officer1.
func (w *Whole) As(user string) Client { return Client{w, user} }

// Call is one call of the API.
type Call struct {
	Method string
	Path   string // from /v1 on, with query
	Body   any    // JSON, or as it is when Media is set; nil for none
	Media  string // of a body that is []byte
	Key    string // Idempotency-Key; a fresh one for a POST when empty
	Match  string // If-Match
}

// Answer is what the API answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	t    testing.TB
	call Call
}

// Do makes the call.
func (c Client) Do(call Call) Answer {
	t := c.whole.t
	t.Helper()
	var body io.Reader
	if call.Body != nil {
		raw, whole := call.Body.([]byte)
		if !whole || call.Media == "" {
			var err error
			raw, err = json.Marshal(call.Body)
			must(t, err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequest(call.Method, c.whole.House.URL(system.APIPort)+call.Path, body)
	must(t, err)
	if c.user != "" {
		request.Header.Set("Authorization", "Bearer "+c.whole.Token(c.user))
	}
	if call.Body != nil {
		request.Header.Set("Content-Type", cmp.Or(call.Media, "application/json"))
	}
	if call.Method == http.MethodPost && call.Key == "" {
		call.Key = uuid.NewString()
	}
	if call.Key != "" {
		request.Header.Set("Idempotency-Key", call.Key)
	}
	if call.Match != "" {
		request.Header.Set("If-Match", call.Match)
	}
	response, err := c.whole.http.Do(request)
	must(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	must(t, err)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: raw, t: t, call: call}
}

// Get reads an address into a value.
func (c Client) Get(path string, into any) Answer {
	c.whole.t.Helper()
	answer := c.Do(Call{Method: http.MethodGet, Path: path}).Want(http.StatusOK)
	answer.Into(into)
	return answer
}

// Post sends a value and gives the answer, whatever it is.
func (c Client) Post(path string, body any, match string) Answer {
	c.whole.t.Helper()
	return c.Do(Call{Method: http.MethodPost, Path: path, Body: body, Match: match})
}

// Want ends the test unless the status is as given.
func (a Answer) Want(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s %s is answered %d, want %d: %s", a.call.Method, a.call.Path, a.Status, status, a.Body)
	}
	return a
}

// Into reads the body.
func (a Answer) Into(into any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		a.t.Fatalf("%s %s: %v in %s", a.call.Method, a.call.Path, err, a.Body)
	}
}

// Token is a bearer token of a user, fetched anew: days pass between two calls.
func (w *Whole) Token(user string) string {
	w.t.Helper()
	response, err := w.http.Get(w.House.URL(system.IdentityPort) + "/token?user=" + url.QueryEscape(user))
	must(w.t, err)
	defer response.Body.Close()
	token, err := io.ReadAll(response.Body)
	must(w.t, err)
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("the identity provider answers %s for %s", response.Status, user)
	}
	return string(token)
}
