package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// What Verify can answer. One error for all bad tokens: the difference
// between a wrong and an expired one helps only who forges them.
var (
	ErrUnauthorized = errors.New("bearer token is not valid")
	ErrUnavailable  = errors.New("identity provider is not available")
)

const (
	maxToken      = 16 << 10 // bytes
	maxSubject    = 255      // OpenID Connect Core section 2: at most 255 ASCII characters
	providerLimit = 5 * time.Second
)

// Config names the one provider whose tokens count.
type Config struct {
	Issuer     string           // exactly as the provider writes it; https, or http where the deployment allows it
	Audience   string           // must be among a token's audiences
	Now        func() time.Time // judges expiry
	HTTPClient *http.Client     // for discovery and keys; nil means one with a 5 s timeout
}

// Verifier checks bearer tokens. It is safe for concurrent use. The provider
// is asked when the first token comes, and again with each later one until
// it answers, so that a process starts and recovers without it.
type Verifier struct {
	config Config
	client *http.Client

	mu      sync.Mutex
	ready   *oidc.IDTokenVerifier
	pending *discovery
}

// discovery is one attempt that all callers of the moment share.
type discovery struct {
	done     chan struct{}
	verifier *oidc.IDTokenVerifier
	err      error
}

// NewVerifier checks the configuration and asks the provider nothing yet.
func NewVerifier(config Config) (*Verifier, error) {
	issuer, err := url.Parse(config.Issuer)
	if err != nil || issuer.Host == "" || (issuer.Scheme != "https" && issuer.Scheme != "http") || issuer.RawQuery != "" || issuer.Fragment != "" {
		return nil, errors.New("configure identity: issuer must be an address without query or fragment")
	}
	if config.Audience == "" || config.Now == nil {
		return nil, errors.New("configure identity: audience and clock are required")
	}
	client := config.HTTPClient
	if client == nil {
		client = &http.Client{Timeout: providerLimit}
	}
	return &Verifier{config: config, client: client}, nil
}

// Verify checks signature (RS256 or ES256), issuer, audience, expiry and
// not-before, and reads the claims. Errors are ErrUnauthorized or wrap
// ErrUnavailable; neither repeats the token.
func (v *Verifier) Verify(ctx context.Context, bearer string) (Principal, error) {
	if bearer == "" || len(bearer) > maxToken {
		return Principal{}, ErrUnauthorized
	}
	verifier, err := v.discovered(ctx)
	if err != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var unreachable error
	token, err := verifier.Verify(context.WithValue(ctx, unreachableKey{}, &unreachable), bearer)
	if unreachable != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrUnavailable, unreachable)
	}
	if err != nil {
		return Principal{}, ErrUnauthorized
	}
	return read(token)
}

func read(token *oidc.IDToken) (Principal, error) {
	var own claims
	if err := token.Claims(&own); err != nil || token.Subject == "" || len(token.Subject) > maxSubject {
		return Principal{}, ErrUnauthorized
	}
	for _, r := range token.Subject {
		if r <= ' ' || r > '~' {
			return Principal{}, ErrUnauthorized
		}
	}
	return own.principal(token.Subject), nil
}

// discovered gives the library's verifier, or joins the attempt under way.
// The attempt outlives a caller who goes away, because others wait for it.
func (v *Verifier) discovered(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	if v.ready != nil {
		defer v.mu.Unlock()
		return v.ready, nil
	}
	if v.pending == nil {
		v.pending = &discovery{done: make(chan struct{})}
		go v.discover(context.WithoutCancel(ctx), v.pending)
	}
	attempt := v.pending
	v.mu.Unlock()
	select {
	case <-attempt.done:
		return attempt.verifier, attempt.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (v *Verifier) discover(ctx context.Context, attempt *discovery) {
	ctx, cancel := context.WithTimeout(ctx, providerLimit)
	defer cancel()
	attempt.verifier, attempt.err = v.ask(oidc.ClientContext(ctx, v.client))
	v.mu.Lock()
	v.ready, v.pending = attempt.verifier, nil
	v.mu.Unlock()
	close(attempt.done)
}

func (v *Verifier) ask(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	provider, err := oidc.NewProvider(ctx, v.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discover provider: %w", err)
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil || document.Keys == "" {
		return nil, errors.New("discover provider: no address of keys")
	}
	// Keys are fetched later and by many callers: no caller's cancellation may reach them.
	remote := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), v.client), document.Keys)
	return oidc.NewVerifier(v.config.Issuer, keys{remote}, &oidc.Config{
		ClientID: v.config.Audience,
		// An allow-list of our own: "none" and a MAC under the public key stay out
		// whatever the provider claims to support.
		SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256},
		Now:                  v.config.Now,
	}), nil
}

type unreachableKey struct{}

// keys tells a provider that does not answer from a signature that is wrong.
// The library wraps the first and states the second plainly, and its verifier
// keeps neither apart.
type keys struct{ remote oidc.KeySet }

func (k keys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, jwt)
	if cause := errors.Unwrap(err); cause != nil {
		if note, ok := ctx.Value(unreachableKey{}).(*error); ok {
			*note = cause
		}
	}
	return payload, err
}
