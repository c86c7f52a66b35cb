package vault

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// payloadBinding is authenticated with everything that goes into the engine.
const payloadBinding = "traveldoc/payload"

// How long a process may go on sealing under a payload key after it was
// replaced, and how long it waits for the database when it needs a key.
const (
	payloadKeysAge = time.Minute
	payloadKeysIn  = 5 * time.Second
)

// Payloads seals what the engine keeps, under keys that are named in what is
// sealed. Former keys open for as long as histories may live: none is retired.
// It is safe for concurrent use; keys are read at first need, so that a process
// starts with the database away.
type Payloads struct {
	vault *Vault

	mu      sync.Mutex
	keys    map[string]tink.AEAD
	newest  string
	read    time.Time
	reading bool
}

// Payloads of this vault.
func (v *Vault) Payloads() *Payloads { return &Payloads{vault: v, keys: map[string]tink.AEAD{}} }

// Seal seals under the newest key and names it.
func (p *Payloads) Seal(plaintext []byte) (keyID string, sealed []byte, err error) {
	keyID, key, err := p.current()
	if err != nil {
		return "", nil, fmt.Errorf("seal payload: %w", err)
	}
	sealed, err = key.Encrypt(plaintext, []byte(payloadBinding))
	if err != nil {
		return "", nil, fmt.Errorf("seal payload: %w", err)
	}
	return keyID, sealed, nil
}

// Open opens what Seal sealed under the named key, in this process or another.
func (p *Payloads) Open(keyID string, sealed []byte) ([]byte, error) {
	key, err := p.named(keyID)
	if err != nil {
		return nil, fmt.Errorf("open payload: %w", err)
	}
	plaintext, err := key.Decrypt(sealed, []byte(payloadBinding))
	if err != nil {
		return nil, fmt.Errorf("open payload: %w", err)
	}
	return plaintext, nil
}

func (p *Payloads) current() (string, tink.AEAD, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.newest == "" {
		if err := p.load(); err != nil {
			return "", nil, err
		}
	} else if !p.reading && p.vault.clock.Now().Sub(p.read) > payloadKeysAge {
		// Nobody waits for this: the key at hand still serves.
		p.reading = true
		go p.look()
	}
	return p.newest, p.keys[p.newest], nil
}

func (p *Payloads) named(keyID string) (tink.AEAD, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if key, ok := p.keys[keyID]; ok {
		return key, nil
	}
	if err := p.load(); err != nil {
		return nil, err
	}
	if key, ok := p.keys[keyID]; ok {
		return key, nil
	}
	return nil, fmt.Errorf("there is no key %q", keyID)
}

// look reads the keys anew; a failure is met again by the next who looks.
func (p *Payloads) look() {
	keys, newest, err := p.fetch()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = false
	if err == nil {
		p.keys, p.newest = keys, newest
	}
	p.read = p.vault.clock.Now()
}

// load reads the keys while others wait for them. The caller holds mu.
func (p *Payloads) load() error {
	keys, newest, err := p.fetch()
	if err != nil {
		return err
	}
	p.keys, p.newest, p.read = keys, newest, p.vault.clock.Now()
	return nil
}

func (p *Payloads) fetch() (map[string]tink.AEAD, string, error) {
	// A codec is given no context.
	ctx, cancel := context.WithTimeout(context.Background(), payloadKeysIn)
	defer cancel()
	rows, err := p.vault.queries().SharedKeys(ctx, string(payloads))
	if err != nil {
		return nil, "", fmt.Errorf("read payload keys: %w", err)
	}
	if len(rows) == 0 {
		return nil, "", ErrUnprepared
	}
	keys := map[string]tink.AEAD{}
	for _, row := range rows {
		key, err := get(p.vault.opened, row.Keyset, func() (tink.AEAD, error) {
			opened, err := p.vault.masters.unwrap(ctx, row.Keyset, row.Master, payloads.binding())
			if err != nil {
				return nil, err
			}
			return aead.New(opened)
		})
		if err != nil {
			return nil, "", err
		}
		keys[strconv.FormatInt(row.KeyID, 10)] = key
	}
	return keys, strconv.FormatInt(rows[0].KeyID, 10), nil
}

// RotatePayloads makes a new key for what the engine is given from now on.
// Running processes take it over within a minute and open what others sealed
// under it at once.
func (v *Vault) RotatePayloads(ctx context.Context) error {
	return v.alone(ctx, "rotate payload key", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		_, err := v.addShared(ctx, q, payloads)
		return err
	})
}
