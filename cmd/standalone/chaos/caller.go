package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Caller is a client of the API that does not give up: what got no answer is
// asked again under the same key.
type Caller struct {
	API, Identity string // base URLs
	Diary         *Diary

	http   http.Client
	mutex  sync.Mutex
	tokens map[string]string
	sent   []command
}

// NewCaller calls an API with tokens of an identity provider.
func NewCaller(api, identity string, diary *Diary) *Caller {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 2 * Slots
	return &Caller{
		API: api, Identity: identity, Diary: diary, tokens: map[string]string{},
		http: http.Client{Timeout: 20 * time.Second, Transport: transport},
	}
}

// glance is waited between two attempts.
const glance = 150 * time.Millisecond

// reply is what the API answered.
type reply struct {
	status  int
	headers http.Header
	body    []byte
}

// command is one command of a life, under one key however often it is sent.
type command struct {
	life      int
	key       string
	operation string
	principal string
	path      string
	etag      string
	body      []byte
	request   string
}

func newCommand(life int, operation, principal, path, etag, request string, body any) (command, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return command{}, fmt.Errorf("write %s: %w", operation, err)
	}
	return command{
		life: life, key: uuid.NewString(), operation: operation, principal: principal, path: path, etag: etag, request: request, body: raw,
	}, nil
}

// insists tells that the client of this command, as every other one, does not
// wait for a stored command to be carried on, but sends it again.
func (c command) insists() bool { return strings.ContainsRune("02468ace", rune(c.key[0])) }

func (c command) entry(kind string) Entry {
	return Entry{Kind: kind, Life: c.life, Command: c.key, Operation: c.operation, Principal: c.principal, Request: c.request}
}

// Do sends a command until there is a final answer, and writes each step down.
func (c *Caller) Do(ctx context.Context, asked command) (Entry, error) {
	c.mutex.Lock()
	c.sent = append(c.sent, asked)
	c.mutex.Unlock()
	return c.do(ctx, asked)
}

// adopt writes a command down that was accepted after several had been tried.
func (c *Caller) adopt(asked command, answer Entry) {
	c.mutex.Lock()
	c.sent = append(c.sent, asked)
	c.mutex.Unlock()
	c.Diary.Note(asked.entry(Asked))
	c.Diary.Note(answer)
}

// version is the ETag of a request as it stands.
func (c *Caller) version(ctx context.Context, principal, request string) (string, error) {
	for {
		found, err := c.get(ctx, principal, "/v1/requests/"+request)
		if err == nil && found.status == http.StatusOK {
			return found.headers.Get("ETag"), nil
		}
		if waited := pause(ctx, glance); waited != nil {
			return "", fmt.Errorf("read version of %s: status %d: %w", request, found.status, errors.Join(waited, err))
		}
	}
}

// Again sends every command once more as it was, without writing it down, and
// gives the answers.
func (c *Caller) Again(ctx context.Context) ([]Entry, error) {
	c.mutex.Lock()
	sent, tokens := c.sent, c.tokens
	c.mutex.Unlock()
	quiet := NewCaller(c.API, c.Identity, nil)
	quiet.tokens = tokens
	answers, faults := make([]Entry, len(sent)), make([]error, len(sent))
	var asking sync.WaitGroup
	turns := make(chan struct{}, 8)
	for i, asked := range sent {
		turns <- struct{}{}
		asking.Go(func() {
			answers[i], faults[i] = quiet.do(ctx, asked)
			<-turns
		})
	}
	asking.Wait()
	return answers, errors.Join(faults...)
}

func (c *Caller) do(ctx context.Context, asked command) (Entry, error) {
	for {
		c.Diary.Note(asked.entry(Asked))
		answer, err := c.post(ctx, asked)
		if err == nil && answer.status == http.StatusAccepted {
			c.lost(asked, answer.status, "stored")
			if asked.insists() {
				if err := pause(ctx, glance); err != nil {
					return Entry{}, fmt.Errorf("%s was never answered: %w", asked.operation, err)
				}
				continue
			}
			answer, err = c.follow(ctx, asked, answer.headers.Get("Location"))
		}
		if err == nil && !later(answer.status) {
			entry := asked.entry(Answered)
			entry.Status, entry.ETag, entry.Body = answer.status, answer.headers.Get("ETag"), answer.body
			c.Diary.Note(entry)
			return entry, nil
		}
		if err != nil {
			c.lost(asked, 0, err.Error())
		} else {
			c.lost(asked, answer.status, string(answer.body))
		}
		if err := pause(ctx, glance); err != nil {
			return Entry{}, fmt.Errorf("%s was never answered: %w", asked.operation, err)
		}
	}
}

// later tells that an answer asks for another attempt.
func later(status int) bool { return status >= http.StatusInternalServerError }

func (c *Caller) lost(asked command, status int, said string) {
	entry := asked.entry(Lost)
	entry.Status, entry.Said = status, said
	c.Diary.Note(entry)
}

func (c *Caller) post(ctx context.Context, asked command) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.API+asked.path, bytes.NewReader(asked.body))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", asked.key)
	if asked.etag != "" {
		request.Header.Set("If-Match", asked.etag)
	}
	return c.send(request, asked.principal)
}

// follow looks after a stored command until it is answered.
func (c *Caller) follow(ctx context.Context, asked command, location string) (reply, error) {
	for {
		if err := pause(ctx, glance); err != nil {
			return reply{}, err
		}
		found, err := c.get(ctx, asked.principal, location)
		if err != nil || later(found.status) {
			continue
		}
		if found.status != http.StatusOK {
			return found, nil
		}
		var stored struct {
			Answer *struct {
				Status  int               `json:"status"`
				Headers map[string]string `json:"headers"`
				Body    json.RawMessage   `json:"body"`
			} `json:"answer"`
		}
		if err := json.Unmarshal(found.body, &stored); err != nil {
			return reply{}, fmt.Errorf("read %s: %w", location, err)
		}
		if stored.Answer == nil {
			continue
		}
		headers := http.Header{}
		for name, value := range stored.Answer.Headers {
			headers.Set(name, value)
		}
		return reply{stored.Answer.Status, headers, stored.Answer.Body}, nil
	}
}

// Fetch reads a path until it is answered, and refuses every other answer than 200.
func (c *Caller) Fetch(ctx context.Context, principal, path string, into any) error {
	for {
		found, err := c.get(ctx, principal, path)
		if err == nil && !later(found.status) {
			if found.status != http.StatusOK {
				return fmt.Errorf("read %s: status %d: %s", path, found.status, found.body)
			}
			if err := json.Unmarshal(found.body, into); err != nil {
				return fmt.Errorf("read %s: %w", path, err)
			}
			return nil
		}
		if waited := pause(ctx, glance); waited != nil {
			return fmt.Errorf("read %s: %w", path, errors.Join(waited, err))
		}
	}
}

func (c *Caller) get(ctx context.Context, principal, path string) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.API+path, nil)
	if err != nil {
		return reply{}, err
	}
	return c.send(request, principal)
}

func (c *Caller) send(request *http.Request, principal string) (reply, error) {
	token, err := c.token(request.Context(), principal)
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, fmt.Errorf("read the answer: %w", err)
	}
	return reply{response.StatusCode, response.Header, body}, nil
}

// token keeps a principal's token: it outlives the run.
func (c *Caller) token(ctx context.Context, principal string) (string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if token := c.tokens[principal]; token != "" {
		return token, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Identity+"/token?user="+principal, nil)
	if err != nil {
		return "", err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	defer response.Body.Close()
	token, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("get a token for %s: status %d: %w", principal, response.StatusCode, err)
	}
	c.tokens[principal] = string(bytes.TrimSpace(token))
	return c.tokens[principal], nil
}

// pause waits, or tells that the context has ended.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
