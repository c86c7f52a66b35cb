package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// What SignIn can answer besides ErrUnavailable.
var (
	// ErrNotSignedIn: the provider's answer is not one to this attempt, or no proof of anybody.
	ErrNotSignedIn = errors.New("sign-in failed")
	// ErrCardNeeded: the provider wants the smart card (PIV, CAC) that was not shown.
	ErrCardNeeded = errors.New("sign-in needs a card")
)

// SignInConfig names this system to the provider.
type SignInConfig struct {
	Issuer       string
	ClientID     string           // audience of the identity tokens
	ClientSecret string           // empty for a public client; PKCE binds the code either way
	RedirectURL  string           // where the provider sends people back to
	Now          func() time.Time // judges expiry
	Random       io.Reader        // crypto/rand.Reader
	HTTPClient   *http.Client     // nil means one with a 5 s timeout
}

// SignIn is the authorization code flow of OpenID Connect with PKCE (RFC 7636,
// S256). It keeps nothing: the attempt travels with the browser. It is safe for
// concurrent use; the provider is asked when the first person signs in.
type SignIn struct {
	config SignInConfig
	client *http.Client
	known  atomic.Pointer[oidc.Provider]
}

// NewSignIn checks the configuration and asks the provider nothing yet.
func NewSignIn(config SignInConfig) (*SignIn, error) {
	back, err := url.Parse(config.RedirectURL)
	if err != nil || back.Host == "" || config.Issuer == "" || config.ClientID == "" || config.Now == nil || config.Random == nil {
		return nil, errors.New("configure sign-in: issuer, client, address to return to, clock and source of randomness are required")
	}
	client := config.HTTPClient
	if client == nil {
		client = &http.Client{Timeout: providerLimit}
	}
	return &SignIn{config: config, client: client}, nil
}

// Attempt is one try to sign in. The browser that began it keeps it, so that
// no other browser can end it.
type Attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE
}

// Begin draws an attempt and tells where the browser has to go. ErrUnavailable.
func (f *SignIn) Begin(ctx context.Context) (Attempt, string, error) {
	client, _, err := f.provider(ctx)
	if err != nil {
		return Attempt{}, "", err
	}
	var attempt Attempt
	for _, field := range []*string{&attempt.State, &attempt.Nonce, &attempt.Verifier} {
		if *field, err = drawn(f.config.Random); err != nil {
			return Attempt{}, "", fmt.Errorf("begin sign-in: %w", err)
		}
	}
	return attempt, client.AuthCodeURL(attempt.State, oidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier)), nil
}

// Finish trades the provider's answer, the query it sent the browser back with,
// for the caller. ErrNotSignedIn, ErrCardNeeded, ErrUnavailable.
func (f *SignIn) Finish(ctx context.Context, attempt Attempt, answer url.Values) (Principal, error) {
	state := answer.Get("state")
	if attempt.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(attempt.State)) != 1 {
		return Principal{}, fmt.Errorf("%w: not an answer to this attempt", ErrNotSignedIn)
	}
	switch answer.Get("error") {
	case "":
	case "temporarily_unavailable", "server_error":
		return Principal{}, fmt.Errorf("%w: the provider says so", ErrUnavailable)
	case "unmet_authentication_requirements": // OpenID Connect Core Unmet Authentication Requirements 1.0
		return Principal{}, ErrCardNeeded
	default:
		return Principal{}, fmt.Errorf("%w: the provider refused", ErrNotSignedIn)
	}
	client, verifier, err := f.provider(ctx)
	if err != nil {
		return Principal{}, err
	}
	token, err := client.Exchange(oidc.ClientContext(ctx, f.client), answer.Get("code"), oauth2.VerifierOption(attempt.Verifier))
	if err != nil {
		return Principal{}, exchangeFailed(err)
	}
	return f.proven(ctx, verifier, token, attempt)
}

// exchangeFailed tells a code that the provider refuses from a provider that does not answer.
func exchangeFailed(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
		return fmt.Errorf("%w: the code was refused", ErrNotSignedIn)
	}
	return fmt.Errorf("%w: trade the code", ErrUnavailable)
}

// proven reads the identity token. Its nonce ties it to this attempt, so that
// another's token cannot be slipped in.
func (f *SignIn) proven(ctx context.Context, verifier *oidc.IDTokenVerifier, token *oauth2.Token, attempt Attempt) (Principal, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok || len(raw) > maxToken {
		return Principal{}, fmt.Errorf("%w: no identity token", ErrNotSignedIn)
	}
	var unreachable error
	proof, err := verifier.Verify(context.WithValue(ctx, unreachableKey{}, &unreachable), raw)
	if unreachable != nil {
		return Principal{}, fmt.Errorf("%w: fetch keys", ErrUnavailable)
	}
	if err != nil || proof.Nonce == "" || subtle.ConstantTimeCompare([]byte(proof.Nonce), []byte(attempt.Nonce)) != 1 {
		return Principal{}, fmt.Errorf("%w: the identity token is not valid", ErrNotSignedIn)
	}
	caller, err := read(proof)
	if err != nil {
		return Principal{}, fmt.Errorf("%w: the identity token names nobody", ErrNotSignedIn)
	}
	return caller, nil
}

// provider asks the provider about itself until it has answered once.
func (f *SignIn) provider(ctx context.Context) (*oauth2.Config, *oidc.IDTokenVerifier, error) {
	provider := f.known.Load()
	if provider == nil {
		limited, cancel := context.WithTimeout(ctx, providerLimit)
		defer cancel()
		var err error
		if provider, err = oidc.NewProvider(oidc.ClientContext(limited, f.client), f.config.Issuer); err != nil {
			return nil, nil, fmt.Errorf("%w: discover provider: %w", ErrUnavailable, err)
		}
		f.known.Store(provider)
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil || document.Keys == "" {
		return nil, nil, fmt.Errorf("%w: the provider names no keys", ErrUnavailable)
	}
	remote := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), f.client), document.Keys)
	verifier := oidc.NewVerifier(f.config.Issuer, keys{remote}, &oidc.Config{
		ClientID: f.config.ClientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256}, Now: f.config.Now,
	})
	return &oauth2.Config{
		ClientID: f.config.ClientID, ClientSecret: f.config.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: f.config.RedirectURL, Scopes: []string{oidc.ScopeOpenID, "profile"},
	}, verifier, nil
}
