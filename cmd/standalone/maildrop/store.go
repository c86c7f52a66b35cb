package maildrop

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Outcome is what became of an arrival.
type Outcome string

// The outcomes.
const (
	Accepted           Outcome = "accepted"
	AcceptedUnanswered Outcome = "accepted_unanswered" // kept, then the caller heard nothing
	Sandboxed          Outcome = "sandboxed"           // valid, not kept, because the caller asked so
	Refused            Outcome = "refused"
	Hung               Outcome = "hung" // not kept, and the caller heard nothing
)

// Arrival is one call of the mail API: a line of arrivals.jsonl.
type Arrival struct {
	Seq       int64             `json:"seq"` // from 1, without gaps
	At        time.Time         `json:"at"`
	Outcome   Outcome           `json:"outcome"`
	Status    int               `json:"status"`               // 0 when nothing was answered
	MessageID string            `json:"message_id,omitempty"` // the caller's custom argument
	Mails     []Mail            `json:"mails,omitempty"`      // one per personalization
	Events    []json.RawMessage `json:"events,omitempty"`     // what the webhook will be told
}

// Mail is one mail as it was accepted.
type Mail struct {
	Seq        int64             `json:"seq"` // of its arrival
	At         time.Time         `json:"at"`
	ID         string            `json:"id"`
	MessageID  string            `json:"message_id,omitempty"`
	From       string            `json:"from"`
	ReplyTo    string            `json:"reply_to,omitempty"`
	To         []string          `json:"to"`
	Cc         []string          `json:"cc,omitempty"`
	Bcc        []string          `json:"bcc,omitempty"`
	Subject    string            `json:"subject"`
	Text       string            `json:"text,omitempty"`
	HTML       string            `json:"html,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	CustomArgs map[string]string `json:"custom_args,omitempty"`
}

// entry finds a mail in the file; bodies are not kept in memory.
type entry struct {
	seq       int64
	at        time.Time
	id        string
	messageID string
	subject   string
	to        []string // lower case: to, cc and bcc
	offset    int64    // of the arrival's line
	length    int
	index     int // in the arrival
}

// confirmation is a line of confirmed.jsonl.
type confirmation struct {
	EventIDs []string  `json:"sg_event_ids"`
	At       time.Time `json:"at"`
}

// waiting is an event that the webhook has not taken.
type waiting struct {
	id      string
	payload json.RawMessage
}

// store keeps arrivals and confirmations.
type store struct {
	mu        sync.RWMutex
	arrivals  *journal
	confirmed *journal
	seq       int64
	entries   []entry
	byID      map[string]int
}

// openStore reads both files and returns the events that nobody confirmed, in order.
func openStore(dir string) (*store, []waiting, error) {
	s := &store{byID: map[string]int{}}
	var events []waiting
	var err error
	s.arrivals, err = openJournal(filepath.Join(dir, "arrivals.jsonl"), func(offset int64, line []byte) error {
		found, err := s.see(offset, line)
		events = append(events, found...)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	done := map[string]bool{}
	s.confirmed, err = openJournal(filepath.Join(dir, "confirmed.jsonl"), func(_ int64, line []byte) error {
		var c confirmation
		err := json.Unmarshal(line, &c)
		for _, id := range c.EventIDs {
			done[id] = true
		}
		return err
	})
	if err != nil {
		return nil, nil, errors.Join(err, s.arrivals.close())
	}
	return s, slices.DeleteFunc(events, func(w waiting) bool { return done[w.id] }), nil
}

// see takes a line of the arrivals into the index.
func (s *store) see(offset int64, line []byte) ([]waiting, error) {
	var arrival Arrival
	if err := json.Unmarshal(line, &arrival); err != nil {
		return nil, err
	}
	if arrival.Seq != s.seq+1 {
		return nil, fmt.Errorf("number %d follows %d", arrival.Seq, s.seq)
	}
	s.seq = arrival.Seq
	for i, mail := range arrival.Mails {
		s.byID[mail.ID] = len(s.entries)
		s.entries = append(s.entries, entry{
			seq: mail.Seq, at: mail.At, id: mail.ID, messageID: mail.MessageID, subject: mail.Subject,
			to: lower(mail.To, mail.Cc, mail.Bcc), offset: offset, length: len(line), index: i,
		})
	}
	return waitingIn(arrival.Events)
}

func waitingIn(payloads []json.RawMessage) ([]waiting, error) {
	var events []waiting
	for _, payload := range payloads {
		var head struct {
			ID string `json:"sg_event_id"`
		}
		if err := json.Unmarshal(payload, &head); err != nil {
			return nil, err
		}
		events = append(events, waiting{head.ID, payload})
	}
	return events, nil
}

func lower(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		for _, one := range list {
			all = append(all, strings.ToLower(one))
		}
	}
	return all
}

// add numbers an arrival and puts it on disk.
func (s *store) add(arrival Arrival) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrival.Seq = s.seq + 1
	for i := range arrival.Mails {
		arrival.Mails[i].Seq = arrival.Seq
	}
	line, err := json.Marshal(arrival)
	if err != nil {
		return fmt.Errorf("keep arrival: %w", err)
	}
	offset, err := s.arrivals.append(line)
	if err != nil {
		return err
	}
	_, err = s.see(offset, line)
	return err
}

func (s *store) confirm(ids []string, at time.Time) error {
	line, err := json.Marshal(confirmation{EventIDs: ids, At: at})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err = s.confirmed.append(line)
	return err
}

// find lists entries that match, oldest first, and the number of the last arrival.
func (s *store) find(match func(entry) bool, limit int) ([]entry, int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []entry
	for _, e := range s.entries {
		if len(found) == limit {
			break
		}
		if match(e) {
			found = append(found, e)
		}
	}
	return found, s.seq
}

// newest lists the last entries, newest first, and how many there are.
func (s *store) newest(limit int) ([]entry, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	last := slices.Clone(s.entries[max(0, len(s.entries)-limit):])
	slices.Reverse(last)
	return last, len(s.entries)
}

func (s *store) get(id string) (Mail, bool, error) {
	s.mu.RLock()
	at, ok := s.byID[id]
	var e entry
	if ok {
		e = s.entries[at]
	}
	s.mu.RUnlock()
	if !ok {
		return Mail{}, false, nil
	}
	mail, err := s.load(e)
	return mail, err == nil, err
}

func (s *store) load(e entry) (Mail, error) {
	line, err := s.arrivals.read(e.offset, e.length)
	if err != nil {
		return Mail{}, err
	}
	var arrival Arrival
	if err := json.Unmarshal(line, &arrival); err != nil {
		return Mail{}, fmt.Errorf("read arrival: %w", err)
	}
	return arrival.Mails[e.index], nil
}

func (s *store) health() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return errors.Join(s.arrivals.broken, s.confirmed.broken)
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.arrivals.close(), s.confirmed.close())
}
