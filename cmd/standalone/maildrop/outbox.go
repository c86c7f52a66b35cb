package maildrop

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	batchSize    = 100
	firstRetry   = 100 * time.Millisecond
	slowestRetry = 10 * time.Second
	hookTimeout  = 10 * time.Second
)

// outbox sends events to the webhook, in order, until it takes them. What it
// holds is in the arrivals' file; only what was taken is written again.
type outbox struct {
	config Config
	key    *ecdsa.PrivateKey
	store  *store
	client *http.Client
	wake   chan struct{} // holds one token when something changed

	mu     sync.Mutex
	events []waiting
	held   bool
}

func newOutbox(config Config, key *ecdsa.PrivateKey, store *store, pending []waiting) *outbox {
	return &outbox{
		config: config, key: key, store: store, events: pending,
		client: &http.Client{Timeout: hookTimeout}, wake: make(chan struct{}, 1),
	}
}

func (o *outbox) add(events []waiting) {
	o.mu.Lock()
	o.events = append(o.events, events...)
	o.mu.Unlock()
	o.poke()
}

// hold stops the sending, or lets it go on.
func (o *outbox) hold(held bool) {
	o.mu.Lock()
	o.held = held
	o.mu.Unlock()
	o.poke()
}

func (o *outbox) size() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.events)
}

func (o *outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// next is what to send now.
func (o *outbox) next() []waiting {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held || o.config.WebhookURL == "" {
		return nil
	}
	return o.events[:min(batchSize, len(o.events))]
}

func (o *outbox) run(ctx context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		batch := o.next()
		if len(batch) == 0 {
			select {
			case <-o.wake:
			case <-ctx.Done():
			}
			continue
		}
		if err := o.deliver(ctx, batch); err == nil {
			retry = firstRetry
			continue
		}
		sleep(ctx, retry)
		retry = min(2*retry, slowestRetry)
	}
}

// sleep waits real time: a webhook that is down has no part in the business clock.
func sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// deliver sends a batch and takes it off. A crash between the two sends it
// again, as SendGrid may: receivers have to know copies.
func (o *outbox) deliver(ctx context.Context, batch []waiting) error {
	payloads, ids := make([]json.RawMessage, len(batch)), make([]string, len(batch))
	for i, event := range batch {
		payloads[i], ids[i] = event.payload, event.id
	}
	body, err := json.Marshal(payloads)
	if err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	if err := o.post(ctx, body); err != nil {
		return err
	}
	if err := o.store.confirm(ids, o.config.Clock().UTC()); err != nil {
		return err
	}
	o.mu.Lock()
	o.events = o.events[len(batch):]
	o.mu.Unlock()
	return nil
}

func (o *outbox) post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.config.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post events: %w", err)
	}
	timestamp := strconv.FormatInt(o.config.Clock().Unix(), 10)
	digest := sha256.Sum256(append([]byte(timestamp), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, o.key, digest[:])
	if err != nil {
		return fmt.Errorf("sign events: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Twilio-Email-Event-Webhook-Signature", base64.StdEncoding.EncodeToString(signature))
	request.Header.Set("X-Twilio-Email-Event-Webhook-Timestamp", timestamp)
	response, err := o.client.Do(request)
	if err != nil {
		return fmt.Errorf("post events: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // only to use the connection again
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("post events: answered %d", response.StatusCode)
	}
	return nil
}
