package ours

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Postbox sees every mail that the drop accepted, and tells whoever waits for one.
type Postbox struct {
	mutex    sync.Mutex
	arrived  map[string]int // by address
	awaiting map[string][]chan struct{}
	total    int
}

// NewPostbox has seen nothing.
func NewPostbox() *Postbox {
	return &Postbox{arrived: map[string]int{}, awaiting: map[string][]chan struct{}{}}
}

// envelope is what a call of the mail provider's API says about who is written to.
type envelope struct {
	Personalizations []struct {
		To []struct {
			Email string `json:"email"`
		} `json:"to"`
	} `json:"personalizations"`
}

// watch lets calls through to the drop and notes the mails that it took.
func (p *Postbox) watch(drop http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v3/mail/send" {
			drop.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "the mail could not be read", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		seen := &answer{ResponseWriter: w}
		drop.ServeHTTP(seen, r)
		if seen.status != http.StatusAccepted {
			return
		}
		var mail envelope
		if json.Unmarshal(body, &mail) != nil {
			return // the drop took it, so this cannot be
		}
		for _, personal := range mail.Personalizations {
			for _, to := range personal.To {
				p.note(strings.ToLower(to.Email))
			}
		}
	})
}

// answer remembers the status that was answered.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (p *Postbox) note(address string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.arrived[address]++
	p.total++
	for _, waiting := range p.awaiting[address] {
		close(waiting)
	}
	delete(p.awaiting, address)
}

// Arrived is how many mails an address has had.
func (p *Postbox) Arrived(address string) int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.arrived[address]
}

// Total is how many mails there were.
func (p *Postbox) Total() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.total
}

// Await returns when an address has had so many mails.
func (p *Postbox) Await(ctx context.Context, address string, count int) error {
	for {
		next, enough := p.next(address, count)
		if enough {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Postbox) next(address string, count int) (arrival <-chan struct{}, enough bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.arrived[address] >= count {
		return nil, true
	}
	waiting := make(chan struct{})
	p.awaiting[address] = append(p.awaiting[address], waiting)
	return waiting, false
}
