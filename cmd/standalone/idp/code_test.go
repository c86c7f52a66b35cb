package idp

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
)

const back = "http://127.0.0.1:8080/sign-in/return"

func startWithCodes(t *testing.T) (*desk, *identity.SignIn) {
	t.Helper()
	d := &desk{now: time.Date(2026, 3, 3, 14, 0, 0, 0, time.UTC)}
	server := httptest.NewUnstartedServer(nil)
	d.url = "http://" + server.Listener.Addr().String()
	provider, err := New(Config{
		Issuer: d.url, Audience: "traveldoc", Return: back, KeyFile: filepath.Join(t.TempDir(), "idp.key"), Clock: func() time.Time { return d.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Provider, server.Config.Handler = provider, provider.Handler()
	server.Start()
	t.Cleanup(server.Close)
	flow, err := identity.NewSignIn(identity.SignInConfig{
		Issuer: d.url, ClientID: "traveldoc", RedirectURL: back, Now: func() time.Time { return d.now }, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, flow
}

// choose follows the page's link of a user and gives what the browser is sent back with.
func choose(t *testing.T, address, user string) url.Values {
	t.Helper()
	status, _, page := get(t, address, "")
	if status != http.StatusOK || !strings.Contains(page, "/authorize/"+user+"?") {
		t.Fatalf("choice: %d %s", status, page)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(address, "/authorize?", "/authorize/"+user+"?", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	to, err := answer.Location()
	if err != nil || !strings.HasPrefix(to.String(), back+"?") {
		t.Fatalf("sent to %v, %v", to, err)
	}
	return to.Query()
}

func TestAUserIsChosenAndSignedIn(t *testing.T) {
	d, flow := startWithCodes(t)
	attempt, address, err := flow.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answer := choose(t, address, "liaison1")
	caller, err := flow.Finish(t.Context(), attempt, answer)
	if err != nil || caller.Subject != "liaison1" || !caller.Has(identity.Liaison) {
		t.Errorf("%+v, %v", caller, err)
	}
	refused := func(name string, attempt identity.Attempt, answer url.Values) {
		t.Helper()
		if _, err := flow.Finish(context.WithoutCancel(t.Context()), attempt, answer); !errors.Is(err, identity.ErrNotSignedIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("the code again", attempt, answer)
	wrong := attempt
	wrong.Verifier = strings.Repeat("x", 43)
	refused("another verifier", wrong, choose(t, address, "liaison1"))
	late := choose(t, address, "liaison1")
	d.now = d.now.Add(codeLife)
	refused("a code that waited too long", attempt, late)
}

func TestOnlyTheOneClientGetsCodes(t *testing.T) {
	_, flow := startWithCodes(t)
	_, address, err := flow.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for field, value := range map[string]string{
		"redirect_uri": "http://127.0.0.1:8080.evil.example/", "client_id": "other", "response_type": "token",
		"code_challenge_method": "plain", "code_challenge": "",
	} {
		spoilt, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		query := spoilt.Query()
		query.Set(field, value)
		spoilt.RawQuery = query.Encode()
		for _, path := range []string{"/authorize", "/authorize/admin1"} {
			spoilt.Path = path
			if status, header, _ := get(t, spoilt.String(), ""); status != http.StatusBadRequest || header.Get("Location") != "" {
				t.Errorf("%s at %s: %d", field, path, status)
			}
		}
	}
	if status, _, _ := get(t, address, "evil.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("another name: %d", status)
	}
	if status, _, _ := get(t, strings.Replace(address, "/authorize?", "/authorize/king?", 1), ""); status != http.StatusNotFound {
		t.Errorf("nobody: %d", status)
	}
}
