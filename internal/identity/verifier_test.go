package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

var testNow = time.Date(2026, 3, 3, 14, 0, 0, 0, time.UTC)

// provider is a small OpenID Connect provider that can be switched off.
type provider struct {
	*httptest.Server
	rsa      *rsa.PrivateKey
	ec       *ecdsa.PrivateKey
	down     atomic.Bool
	keysDown atomic.Bool
	asked    atomic.Int32
	reached  chan struct{} // when set, discovery reports here that it was asked
	hold     chan struct{} // when set, discovery waits for it
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("/keys", p.keys)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) discovery(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	if p.hold != nil {
		p.reached <- struct{}{}
		<-p.hold
	}
	if p.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// The provider claims more than we accept; the allow-list must be ours.
	fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q,"id_token_signing_alg_values_supported":["none","HS256","RS256","ES256","RS512"]}`, p.URL, p.URL+"/keys")
}

func (p *provider) keys(w http.ResponseWriter, r *http.Request) {
	if p.keysDown.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: &p.rsa.PublicKey, KeyID: "r1", Use: "sig"}, {Key: &p.ec.PublicKey, KeyID: "e1", Use: "sig"},
	}})
}

func (p *provider) claims(changes map[string]any) map[string]any {
	claims := map[string]any{
		"iss": p.URL, "aud": "traveldoc", "sub": "officer1", "name": "Olive Example",
		"exp": testNow.Add(time.Hour).Unix(), "iat": testNow.Unix(), "nbf": testNow.Unix(),
		"roles": []string{"officer", "printer"}, "offices": []string{"BOS", ""}, "countries": []string{"GHA"}, "posts": []string{"gha-washington"},
	}
	for name, value := range changes {
		if value == nil {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	return claims
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func verifier(t *testing.T, issuer string) *Verifier {
	t.Helper()
	made, err := NewVerifier(Config{Issuer: issuer, Audience: "traveldoc", Now: func() time.Time { return testNow }})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestGoodTokensNameTheirCaller(t *testing.T) {
	p := newProvider(t)
	v := verifier(t, p.URL)
	want := Principal{
		Subject: "officer1", Name: "Olive Example", Roles: []Role{Officer},
		Offices: []string{"BOS"}, Countries: []string{"GHA"}, Posts: []string{"gha-washington"},
	}
	for name, token := range map[string]string{
		"RS256": sign(t, jose.RS256, p.rsa, "r1", p.claims(nil)),
		"ES256": sign(t, jose.ES256, p.ec, "e1", p.claims(map[string]any{"aud": []string{"other", "traveldoc"}})),
	} {
		got, err := v.Verify(t.Context(), token)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	bare, err := v.Verify(t.Context(), sign(t, jose.RS256, p.rsa, "r1", p.claims(map[string]any{"roles": nil, "offices": nil, "name": nil})))
	if err != nil || len(bare.Roles) != 0 || NewPolicy().May(bare, ReadPacks) {
		t.Errorf("no roles: %+v, %v", bare, err)
	}
}

func TestBadTokensAreAllRefusedAlike(t *testing.T) {
	p := newProvider(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&p.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := sign(t, jose.RS256, p.rsa, "r1", p.claims(nil))
	parts := strings.Split(good, ".")
	with := func(changes map[string]any) string { return sign(t, jose.RS256, p.rsa, "r1", p.claims(changes)) }
	plain := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	supervisor, err := json.Marshal(p.claims(map[string]any{"roles": []string{"supervisor"}}))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{
		"empty":              "",
		"no token":           "Bearer",
		"too long":           strings.Repeat("a", 17<<10),
		"alg none":           plain(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + ".",
		"alg None":           plain(`{"alg":"None"}`) + "." + parts[1] + "." + parts[2],
		"MAC with PEM":       sign(t, jose.HS256, public, "r1", p.claims(nil)),
		"MAC with DER":       sign(t, jose.HS256, der, "r1", p.claims(nil)),
		"RS512":              sign(t, jose.RS512, p.rsa, "r1", p.claims(nil)),
		"other key":          sign(t, jose.RS256, stranger, "r1", p.claims(nil)),
		"other key, its kid": sign(t, jose.RS256, stranger, "x9", p.claims(nil)),
		"changed payload":    parts[0] + "." + base64.RawURLEncoding.EncodeToString(supervisor) + "." + parts[2],
		"no signature":       parts[0] + "." + parts[1] + ".",
		"cut":                good[:len(good)-4],
		"wrong issuer":       with(map[string]any{"iss": "https://other.example"}),
		"issuer with slash":  with(map[string]any{"iss": p.URL + "/"}),
		"no issuer":          with(map[string]any{"iss": nil}),
		"wrong audience":     with(map[string]any{"aud": "other"}),
		"no audience":        with(map[string]any{"aud": nil}),
		"expired":            with(map[string]any{"exp": testNow.Add(-time.Second).Unix()}),
		"no expiry":          with(map[string]any{"exp": nil}),
		"not yet":            with(map[string]any{"nbf": testNow.Add(6 * time.Minute).Unix()}),
		"no subject":         with(map[string]any{"sub": nil}),
		"empty subject":      with(map[string]any{"sub": ""}),
		"subject with break": with(map[string]any{"sub": "officer1\n"}),
		"subject too long":   with(map[string]any{"sub": strings.Repeat("a", 256)}),
		"roles as text":      with(map[string]any{"roles": "officer"}),
		"roles as numbers":   with(map[string]any{"roles": []int{1}}),
	}
	v := verifier(t, p.URL)
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for name, token := range rows {
		got, err := v.Verify(t.Context(), token)
		if err != ErrUnauthorized || !reflect.DeepEqual(got, Principal{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestProviderMayComeLate(t *testing.T) {
	p := newProvider(t)
	token := sign(t, jose.ES256, p.ec, "e1", p.claims(nil))
	v := verifier(t, p.URL)
	expect := func(when string, want error) {
		t.Helper()
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("%s: %v", when, err)
		} else if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%s: error repeats the token", when)
		}
	}
	p.down.Store(true)
	expect("provider down", ErrUnavailable)
	p.down.Store(false)
	p.keysDown.Store(true)
	expect("keys not to be had", ErrUnavailable)
	p.keysDown.Store(false)
	expect("all up", nil)
	p.down.Store(true)
	p.keysDown.Store(true)
	expect("down again, keys known", nil)
	p.Close()
	if _, err := v.Verify(t.Context(), sign(t, jose.ES256, p.ec, "new", p.claims(nil))); !errors.Is(err, ErrUnavailable) {
		t.Errorf("new key while down: %v", err)
	}
}

func TestWrongIssuerInDiscoveryIsUnavailable(t *testing.T) {
	p := newProvider(t)
	v := verifier(t, strings.Replace(p.URL, "127.0.0.1", "localhost", 1))
	if _, err := v.Verify(t.Context(), sign(t, jose.RS256, p.rsa, "r1", p.claims(nil))); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

func TestCallersShareOneDiscovery(t *testing.T) {
	p := newProvider(t)
	p.hold, p.reached = make(chan struct{}), make(chan struct{}, 100)
	v := verifier(t, p.URL)
	token := sign(t, jose.ES256, p.ec, "e1", p.claims(nil))

	impatient, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := v.Verify(impatient, token)
		left <- err
	}()
	<-p.reached
	cancel()
	if err := <-left; !errors.Is(err, ErrUnavailable) {
		t.Errorf("caller who left: %v", err)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	close(p.hold)
	all.Wait()
	if asked := p.asked.Load(); asked != 1 {
		t.Errorf("discovery asked %d times", asked)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	good := Config{Issuer: "https://id.example", Audience: "traveldoc", Now: time.Now}
	if _, err := NewVerifier(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"no issuer":   func(c *Config) { c.Issuer = "" },
		"not a URL":   func(c *Config) { c.Issuer = "id.example" },
		"query":       func(c *Config) { c.Issuer += "?x=1" },
		"no audience": func(c *Config) { c.Audience = "" },
		"no clock":    func(c *Config) { c.Now = nil },
	} {
		bad := good
		spoil(&bad)
		if _, err := NewVerifier(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
