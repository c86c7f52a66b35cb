package vault

import (
	"crypto/sha256"
	"sync"
	"time"
)

// Unwrapped keys stay in memory so that a page does not ask the master key for
// each field, and not for longer than they serve one piece of work.
const (
	keepOpened = 5 * time.Minute
	maxOpened  = 10_000
)

// opened keeps primitives by the hash of the wrapped key that they came from:
// a replaced or destroyed key is never found, because its row names another.
type opened struct {
	clock Clock

	mu     sync.Mutex
	turned time.Time
	recent map[[sha256.Size]byte]any
	before map[[sha256.Size]byte]any
}

func newOpened(clock Clock) *opened {
	return &opened{clock: clock, turned: clock.Now(), recent: map[[sha256.Size]byte]any{}}
}

// get finds what unwrapping gave before, or unwraps. Entries live for one to
// two times keepOpened after their last use.
func get[T any](o *opened, wrapped []byte, unwrap func() (T, error)) (T, error) {
	key := sha256.Sum256(wrapped)
	if found, ok := o.find(key); ok {
		if primitive, ok := found.(T); ok {
			return primitive, nil
		}
	}
	primitive, err := unwrap()
	if err == nil {
		o.keep(key, primitive)
	}
	return primitive, err
}

func (o *opened) find(key [sha256.Size]byte) (any, bool) {
	now := o.clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.turn(now)
	found, ok := o.recent[key]
	if !ok {
		if found, ok = o.before[key]; ok {
			o.recent[key] = found
		}
	}
	return found, ok
}

func (o *opened) keep(key [sha256.Size]byte, primitive any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.recent[key] = primitive
}

// turn drops what was not used lately.
func (o *opened) turn(now time.Time) {
	if age := now.Sub(o.turned); age >= 2*keepOpened {
		clear(o.recent)
	} else if age < keepOpened && len(o.recent) < maxOpened {
		return
	}
	o.turned, o.before, o.recent = now, o.recent, map[[sha256.Size]byte]any{}
}
