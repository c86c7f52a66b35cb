// Package idp is the identity provider of the standalone: one user per role,
// and tokens for whoever asks on this machine. It is for trying and testing
// alone; nothing of it is part of the production binary.
package idp

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/traveldoc/traveldoc/cmd/standalone/keyfile"
)

// User is someone a token can be had for. A list with "*" stands for all.
type User struct {
	ID        string
	Name      string
	Roles     []string
	Offices   []string
	Countries []string // ISO 3166-1 alpha-3
	Posts     []string
}

// Config says for whom and as whom tokens are made.
type Config struct {
	Issuer   string           // address under which the API finds the provider, such as http://127.0.0.1:8090
	Public   string           // address under which browsers find it; empty means Issuer
	Audience string           // the API's name, and the pages' as a client
	Return   string           // where browsers are sent back to with a code; empty: no codes are given out
	KeyFile  string           // keeps the signing key
	Users    []User           // nil means Users()
	Lifetime time.Duration    // of a token; zero means 12 h
	Clock    func() time.Time // stamps tokens
}

// Users is one invented user for each role; officers and the supervisor work in office BOS.
func Users() []User {
	all := []string{"*"}
	boston := []string{"BOS"}
	return []User{
		{ID: "officer1", Name: "Olive Example", Roles: []string{"officer"}, Offices: boston},
		{ID: "officer2", Name: "Omar Example", Roles: []string{"officer"}, Offices: boston},
		{ID: "supervisor1", Name: "Susan Example", Roles: []string{"supervisor"}, Offices: boston},
		{ID: "counsel1", Name: "Carla Example", Roles: []string{"counsel"}, Offices: all, Countries: all, Posts: all},
		{ID: "liaison1", Name: "Liam Example", Roles: []string{"liaison"}, Countries: all, Posts: all},
		{ID: "state1", Name: "Stella Example", Roles: []string{"state"}, Countries: all, Posts: all},
		{ID: "manager1", Name: "Mara Example", Roles: []string{"manager"}, Offices: all, Countries: all, Posts: all},
		{ID: "auditor1", Name: "Aldo Example", Roles: []string{"auditor"}, Offices: all, Countries: all, Posts: all},
		{ID: "admin1", Name: "Ada Example", Roles: []string{"admin"}, Offices: all, Countries: all, Posts: all},
	}
}

// Provider is the identity provider.
type Provider struct {
	config Config
	host   string // of the issuer
	public jose.JSONWebKey
	signer jose.Signer
	codes  codes
}

// New reads or makes the signing key.
func New(config Config) (*Provider, error) {
	p, err := open(config)
	if err != nil {
		return nil, fmt.Errorf("open identity provider: %w", err)
	}
	return p, nil
}

func open(config Config) (*Provider, error) {
	issuer, err := url.Parse(config.Issuer)
	if err != nil || issuer.Host == "" || strings.HasSuffix(config.Issuer, "/") {
		return nil, errors.New("issuer must be an address without a slash at its end")
	}
	if config.Audience == "" || config.KeyFile == "" || config.Clock == nil {
		return nil, errors.New("audience, key file and clock are required")
	}
	if config.Users == nil {
		config.Users = Users()
	}
	if config.Lifetime == 0 {
		config.Lifetime = 12 * time.Hour
	}
	key, err := keyfile.LoadOrCreate(config.KeyFile)
	if err != nil {
		return nil, err
	}
	public, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: public.KeyID},
	}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("make signer: %w", err)
	}
	return &Provider{config: config, host: issuer.Host, public: public, signer: signer, codes: codes{given: map[string]code{}}}, nil
}

// publicKey names the key by its thumbprint (RFC 7638), so that another key has another name.
func publicKey(key *ecdsa.PrivateKey) (jose.JSONWebKey, error) {
	public := jose.JSONWebKey{Key: &key.PublicKey, Algorithm: string(jose.ES256), Use: "sig"}
	print, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("name key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(print)
	return public, nil
}

// Token makes a bearer token for a user.
func (p *Provider) Token(user string) (string, error) { return p.signed(user, "") }

// signed makes a token that also repeats the nonce of a sign-in, when it has one.
func (p *Provider) signed(user, nonce string) (string, error) {
	at := slices.IndexFunc(p.config.Users, func(u User) bool { return u.ID == user })
	if at < 0 {
		return "", errors.New("no such user")
	}
	who, now := p.config.Users[at], p.config.Clock()
	claims := map[string]any{
		"iss": p.config.Issuer, "aud": p.config.Audience, "sub": who.ID, "name": who.Name,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(p.config.Lifetime).Unix(),
		"roles": list(who.Roles), "offices": list(who.Offices), "countries": list(who.Countries), "posts": list(who.Posts),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("write claims: %w", err)
	}
	signed, err := p.signer.Sign(raw)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed.CompactSerialize()
}

// list is never null: claims are lists, also when empty.
func list(entries []string) []string {
	if entries == nil {
		return []string{}
	}
	return entries
}

// Handler serves discovery, keys, tokens and a page that lists the users.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.known(p.discovery))
	mux.HandleFunc("GET /keys", p.known(p.keys))
	mux.HandleFunc("GET /token", p.local(p.token))
	mux.HandleFunc("GET /authorize", p.local(p.authorize))
	mux.HandleFunc("GET /authorize/{user}", p.local(p.grant))
	mux.HandleFunc("POST /token", p.known(p.trade))
	mux.HandleFunc("GET /healthz", p.known(p.health))
	mux.HandleFunc("GET /{$}", p.local(p.index))
	return mux
}

// local lets only this machine's own names in: a stranger's page that rebinds
// its name to this address would otherwise fetch tokens.
func (p *Provider) local(next http.HandlerFunc) http.HandlerFunc {
	return p.guard(next, loopbackHost)
}

// known also lets the issuer's name in, by which other containers call.
func (p *Provider) known(next http.HandlerFunc) http.HandlerFunc {
	return p.guard(next, func(host string) bool { return host == p.host || loopbackHost(host) })
}

func (p *Provider) guard(next http.HandlerFunc, welcome func(host string) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !welcome(r.Host) {
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		next(w, r)
	}
}

func loopbackHost(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	return host == "127.0.0.1" || host == "localhost" || host == "::1" || host == "[::1]"
}

func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	answerJSON(w, map[string]any{
		"issuer": p.config.Issuer, "jwks_uri": p.config.Issuer + "/keys", "token_endpoint": p.config.Issuer + "/token",
		"authorization_endpoint": cmp.Or(p.config.Public, p.config.Issuer) + "/authorize", "code_challenge_methods_supported": []string{"S256"},
		"id_token_signing_alg_values_supported": []string{string(jose.ES256)},
		"response_types_supported":              []string{"code"}, "subject_types_supported": []string{"public"},
		"claims_supported": []string{"sub", "name", "roles", "offices", "countries", "posts"},
	})
}

func (p *Provider) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

func (p *Provider) keys(w http.ResponseWriter, r *http.Request) {
	answerJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.public}})
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	token, err := p.Token(r.URL.Query().Get("user"))
	if err != nil {
		http.Error(w, "no such user; there are: "+strings.Join(p.names(), ", "), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(token)) // the caller may be gone; there is nobody to tell
}

func (p *Provider) names() []string {
	var names []string
	for _, user := range p.config.Users {
		names = append(names, user.ID)
	}
	return names
}

const indexPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Identity provider for trying</title></head>
<body>
<h1>Identity provider for trying</h1>
<p>Everyone on this machine can be anyone here. All names are invented.</p>
<ul>
{{range .}}<li><a href="/token?user={{.ID}}">{{.ID}}</a>: {{.Name}}{{range .Roles}}, {{.}}{{end}}</li>
{{end}}</ul>
</body>
</html>
`

func (p *Provider) index(w http.ResponseWriter, r *http.Request) {
	page, err := template.New("index").Parse(indexPage)
	if err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, p.config.Users) // fails only when the reader is gone
}

func answerJSON(w http.ResponseWriter, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw) // the caller may be gone; there is nobody to tell
}
