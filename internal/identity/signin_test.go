package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// codeProvider is a provider that also gives out codes. What it answers to a code can be spoilt.
type codeProvider struct {
	*provider
	mu     sync.Mutex
	codes  map[string]url.Values // the query that asked for each
	spoil  func(claims map[string]any)
	status int // of the token endpoint; zero: as it should be
	bare   bool
}

func newCodeProvider(t *testing.T) *codeProvider {
	t.Helper()
	p := &codeProvider{provider: newProvider(t), codes: map[string]url.Values{}}
	inner := p.Config.Handler
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q,"authorization_endpoint":%q,"token_endpoint":%q}`, p.URL, p.URL+"/keys", p.URL+"/authorize", p.URL+"/token")
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) { p.token(t, w, r) })
	mux.Handle("/", inner)
	p.Config.Handler = mux
	return p
}

// grant is what the provider does when somebody has shown who they are.
func (p *codeProvider) grant(t *testing.T, address string) url.Values {
	t.Helper()
	asked, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.URL+"/authorize?") {
		t.Fatalf("sent to %s, %v", address, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := fmt.Sprintf("code-%d", len(p.codes))
	p.codes[code] = asked.Query()
	return url.Values{"code": {code}, "state": {asked.Query().Get("state")}}
}

func (p *codeProvider) token(t *testing.T, w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status != 0 {
		w.WriteHeader(p.status)
		return
	}
	asked, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) ||
		r.FormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	claims := p.claims(map[string]any{"aud": "pages", "nonce": asked.Get("nonce")})
	if p.spoil != nil {
		p.spoil(claims)
	}
	answer := map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": sign(t, jose.ES256, p.ec, "e1", claims)}
	if p.bare {
		delete(answer, "id_token")
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

func newSignIn(t *testing.T, p *codeProvider) *SignIn {
	t.Helper()
	flow, err := NewSignIn(SignInConfig{
		Issuer: p.URL, ClientID: "pages", RedirectURL: "https://traveldoc.example/sign-in/return",
		Now: func() time.Time { return testNow }, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	return flow
}

func begin(t *testing.T, flow *SignIn) (Attempt, string) {
	t.Helper()
	attempt, address, err := flow.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return attempt, address
}

func TestSignInNamesTheCaller(t *testing.T) {
	p := newCodeProvider(t)
	flow := newSignIn(t, p)
	attempt, address := begin(t, flow)
	asked, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"response_type": "code", "client_id": "pages", "redirect_uri": "https://traveldoc.example/sign-in/return",
		"code_challenge_method": "S256", "state": attempt.State, "nonce": attempt.Nonce, "scope": "openid profile",
	}
	for name, value := range want {
		if got := asked.Query().Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if strings.Contains(address, attempt.Verifier) {
		t.Error("the address tells the verifier")
	}
	caller, err := flow.Finish(t.Context(), attempt, p.grant(t, address))
	if err != nil || caller.Subject != "officer1" || !reflect.DeepEqual(caller.Roles, []Role{Officer}) {
		t.Errorf("%+v, %v", caller, err)
	}
	other, _ := begin(t, flow)
	if other.State == attempt.State || other.Nonce == attempt.Nonce || other.Verifier == attempt.Verifier || len(other.Verifier) < 43 {
		t.Error("attempts are not drawn anew, or are too short (RFC 7636 section 4.1)")
	}
}

func TestForeignAnswersSignNobodyIn(t *testing.T) {
	p := newCodeProvider(t)
	flow := newSignIn(t, p)
	attempt, address := begin(t, flow)
	victim, elsewhere := begin(t, flow)
	rows := map[string]struct {
		attempt Attempt
		answer  url.Values
	}{
		"no attempt":           {Attempt{}, url.Values{"code": {"x"}, "state": {""}}},
		"no state":             {attempt, url.Values{"code": p.grant(t, address)["code"]}},
		"another's state":      {attempt, p.grant(t, elsewhere)},
		"another's code":       {attempt, url.Values{"code": p.grant(t, elsewhere)["code"], "state": {attempt.State}}},
		"made-up code":         {attempt, url.Values{"code": {"guessed"}, "state": {attempt.State}}},
		"no code":              {attempt, url.Values{"state": {attempt.State}}},
		"refused":              {attempt, url.Values{"error": {"access_denied"}, "state": {attempt.State}}},
		"another's verifier":   {Attempt{attempt.State, attempt.Nonce, victim.Verifier}, p.grant(t, address)},
		"another's nonce":      {Attempt{attempt.State, victim.Nonce, attempt.Verifier}, p.grant(t, address)},
		"attempt lacks nonce":  {Attempt{attempt.State, "", attempt.Verifier}, p.grant(t, address)},
		"attempt lacks secret": {Attempt{attempt.State, attempt.Nonce, ""}, p.grant(t, address)},
	}
	for name, row := range rows {
		if caller, err := flow.Finish(t.Context(), row.attempt, row.answer); !errors.Is(err, ErrNotSignedIn) || caller.Subject != "" {
			t.Errorf("%s: %+v, %v", name, caller, err)
		}
	}
	answer := p.grant(t, address)
	if _, err := flow.Finish(t.Context(), attempt, answer); err != nil {
		t.Fatal(err)
	}
	if _, err := flow.Finish(t.Context(), attempt, answer); !errors.Is(err, ErrNotSignedIn) {
		t.Errorf("the same answer twice: %v", err)
	}
}

func TestBadIdentityTokensSignNobodyIn(t *testing.T) {
	p := newCodeProvider(t)
	flow := newSignIn(t, p)
	for name, changes := range map[string]map[string]any{
		"no nonce": {"nonce": ""}, "another nonce": {"nonce": "other"}, "another audience": {"aud": "traveldoc"},
		"another issuer": {"iss": "https://other.example"}, "expired": {"exp": testNow.Add(-time.Second).Unix()}, "nobody": {"sub": ""},
	} {
		p.spoil = func(claims map[string]any) {
			for field, value := range changes {
				claims[field] = value
			}
		}
		attempt, address := begin(t, flow)
		if caller, err := flow.Finish(t.Context(), attempt, p.grant(t, address)); !errors.Is(err, ErrNotSignedIn) || caller.Subject != "" {
			t.Errorf("%s: %+v, %v", name, caller, err)
		}
	}
	p.spoil, p.bare = nil, true
	attempt, address := begin(t, flow)
	if _, err := flow.Finish(t.Context(), attempt, p.grant(t, address)); !errors.Is(err, ErrNotSignedIn) {
		t.Errorf("no identity token: %v", err)
	}
}

func TestSignInTellsWhatIsAway(t *testing.T) {
	p := newCodeProvider(t)
	flow := newSignIn(t, p)
	p.down.Store(true)
	if _, _, err := flow.Begin(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("provider down: %v", err)
	}
	p.down.Store(false)
	attempt, address := begin(t, flow)
	p.status = http.StatusBadGateway
	if _, err := flow.Finish(t.Context(), attempt, p.grant(t, address)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("token endpoint down: %v", err)
	}
	p.status = 0
	for answer, want := range map[string]error{"temporarily_unavailable": ErrUnavailable, "unmet_authentication_requirements": ErrCardNeeded} {
		if _, err := flow.Finish(t.Context(), attempt, url.Values{"error": {answer}, "state": {attempt.State}}); !errors.Is(err, want) {
			t.Errorf("%s: %v", answer, err)
		}
	}
	p.keysDown.Store(true)
	if _, err := flow.Finish(t.Context(), attempt, p.grant(t, address)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("keys down: %v", err)
	}
}

func TestCallsWithinTheProcess(t *testing.T) {
	outside := CallerVerifier{refusing{}}
	caller := Principal{Subject: "officer1"}
	inside := SignedIn(t.Context(), caller)
	if got, err := outside.Verify(inside, ""); err != nil || got.Subject != "officer1" {
		t.Errorf("signed in: %+v, %v", got, err)
	}
	if _, err := outside.Verify(inside, "forged"); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("a bad token beside a session: %v", err)
	}
	if _, err := outside.Verify(t.Context(), ""); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("nobody: %v", err)
	}
	over := httptest.NewRequest(http.MethodGet, "/", nil)
	over.Header.Set("Signed-In", "officer1")
	if _, err := outside.Verify(over.Context(), ""); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("by header: %v", err)
	}
}

type refusing struct{}

func (refusing) Verify(context.Context, string) (Principal, error) {
	return Principal{}, ErrUnauthorized
}
