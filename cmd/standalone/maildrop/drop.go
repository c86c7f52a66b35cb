// Package maildrop stands in for SendGrid on one machine: it speaks the mail
// part of SendGrid's v3 API, delivers nothing, keeps and shows every mail,
// reports signed events, and fails on command.
//
// Every arrival is one line of arrivals.jsonl in its folder, numbered without
// gaps and on disk before any answer, so that a test can judge a whole run by
// the files alone. confirmed.jsonl lists the events that the webhook took.
package maildrop

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/keyfile"
)

// Config says where the drop lives and whom it tells.
type Config struct {
	Dir        string           // holds its files; must exist
	PublicURL  string           // how people reach its pages, such as http://127.0.0.1:8025
	APIKey     string           // the only bearer token that may send
	WebhookURL string           // takes the events; empty: no events are sent, they wait
	SigningKey string           // file of the webhook key; empty means webhook.key in Dir
	Clock      func() time.Time // stamps arrivals, events and signatures
}

// Drop is one mail drop. It owns its folder: a second one there is refused.
type Drop struct {
	config  Config
	host    string // of PublicURL
	key     *ecdsa.PrivateKey
	public  string
	store   *store
	rules   *rules
	outbox  *outbox
	closing chan struct{}
	work    sync.WaitGroup // the outbox
	calls   sync.WaitGroup // handlers under way

	mu     sync.Mutex
	closed bool
}

// New opens the folder and begins to send the events that still wait there.
func New(config Config) (*Drop, error) {
	d, err := open(config)
	if err != nil {
		return nil, fmt.Errorf("open mail drop: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.work.Go(func() {
		<-d.closing
		cancel()
	})
	d.work.Go(func() { d.outbox.run(ctx) })
	return d, nil
}

func open(config Config) (*Drop, error) {
	if config.Dir == "" || config.APIKey == "" || config.Clock == nil {
		return nil, errors.New("folder, API key and clock are required")
	}
	public, err := url.Parse(config.PublicURL)
	if err != nil || public.Host == "" {
		return nil, errors.New("public URL is missing or malformed")
	}
	if hook, err := url.Parse(config.WebhookURL); err != nil || config.WebhookURL != "" && hook.Host == "" {
		return nil, errors.New("webhook URL is malformed")
	}
	if config.SigningKey == "" {
		config.SigningKey = filepath.Join(config.Dir, "webhook.key")
	}
	key, err := keyfile.LoadOrCreate(config.SigningKey)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	store, pending, err := openStore(config.Dir)
	if err != nil {
		return nil, err
	}
	return &Drop{
		config: config, host: public.Host, key: key, public: base64.StdEncoding.EncodeToString(der),
		store: store, rules: newRules(), outbox: newOutbox(config, key, store, pending), closing: make(chan struct{}),
	}, nil
}

// PublicKey is the webhook's public key as SendGrid shows it: base64 of its PKIX form.
func (d *Drop) PublicKey() string { return d.public }

// Close lets hanging calls go, waits for the others, stops sending events and
// closes the files. Calls that come later get 503, so that an HTTP server may
// be shut down afterwards without waiting for a call that hangs on command.
func (d *Drop) Close() error {
	d.mu.Lock()
	already := d.closed
	d.closed = true
	d.mu.Unlock()
	if already {
		return nil
	}
	close(d.closing)
	d.calls.Wait()
	d.work.Wait()
	return d.store.close()
}

// enter counts a call in, unless the drop is closed.
func (d *Drop) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.calls.Add(1)
	return true
}

// Handler serves the API, the pages and the controls.
func (d *Drop) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/mail/send", d.send)
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", d.listPage)
	pages.HandleFunc("GET /mail/{id}", d.mailPage)
	pages.HandleFunc("GET /mail/{id}/html", d.mailHTML)
	pages.HandleFunc("GET /style.css", d.style)
	pages.HandleFunc("GET /messages", d.messages)
	pages.HandleFunc("GET /messages/{id}", d.message)
	pages.HandleFunc("GET /public-key", d.publicKey)
	pages.HandleFunc("GET /healthz", d.health)
	pages.HandleFunc("GET /control", d.showControl)
	pages.HandleFunc("POST /control", d.control)
	mux.Handle("/", d.guard(pages))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.enter() {
			http.Error(w, "the mail drop is closing", http.StatusServiceUnavailable)
			return
		}
		defer d.calls.Done()
		mux.ServeHTTP(w, r)
	})
}

// guard lets only the expected Host in: a stranger's page that rebinds its own
// name to this address would otherwise read the mails.
func (d *Drop) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != d.host && !loopbackHost(r.Host) {
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func loopbackHost(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback() || host == "[::1]"
}

func (d *Drop) publicKey(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, d.public)
}

// health answers 200 while arrivals can be kept.
func (d *Drop) health(w http.ResponseWriter, r *http.Request) {
	if err := d.store.health(); err != nil {
		http.Error(w, "arrivals cannot be kept", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}
