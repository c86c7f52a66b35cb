package rehearsal

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/activities"
)

// Mail is a stand-in for the message ledger, with the provider behind it.
type Mail struct {
	mu       sync.Mutex
	clock    activities.Clock
	waiting  int
	messages []*Message
	sent     []activities.Envelope

	answer     Answer
	failSettle func(messageID string) error
	calls      int
}

// Answer is how the provider answers the nth call, counted from 1.
type Answer func(call int, envelope activities.Envelope) (activities.Outcome, string, time.Duration, error)

// SetAnswer sets how the provider answers; without one it accepts.
func (m *Mail) SetAnswer(answer Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answer = answer
}

// FailSettle sets what decides whether settling fails.
func (m *Mail) FailSettle(fail func(messageID string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failSettle = fail
}

// Message is a row of the ledger.
type Message struct {
	activities.Envelope
	Status   string // claimed, sending, accepted, unknown, rejected, repeated
	Code     string
	RepeatOf string
	Since    time.Time // of its status
}

// NewMail is an empty ledger.
func NewMail(clock activities.Clock) *Mail { return &Mail{clock: clock} }

// File lets one more notice wait.
func (m *Mail) File() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting++
}

// Messages copies the ledger.
func (m *Mail) Messages() []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	var copied []Message
	for _, message := range m.messages {
		copied = append(copied, *message)
	}
	return copied
}

// Sent lists what was handed to the provider, in order, whatever it answered.
func (m *Mail) Sent() []activities.Envelope {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sent)
}

// Confirm is the event webhook: the message was delivered after all.
func (m *Mail) Confirm(messageID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.find(messageID).set("accepted", m.clock.Now())
}

func (m *Mail) find(messageID string) *Message {
	for _, message := range m.messages {
		if message.MessageID == messageID {
			return message
		}
	}
	return &Message{}
}

func (m *Message) set(status string, at time.Time) { m.Status, m.Since = status, at }

func (m *Mail) claim(repeat string) *Message {
	message := &Message{RepeatOf: repeat}
	message.MessageID, message.Repeat = "message-"+strconv.Itoa(len(m.messages)+1), repeat != ""
	message.set("claimed", m.clock.Now())
	m.messages = append(m.messages, message)
	return message
}

// Collect bundles what waits.
func (m *Mail) Collect(context.Context, string) ([]activities.Envelope, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting > 0 {
		m.claim("")
		m.waiting = 0
	}
	var envelopes []activities.Envelope
	for _, message := range m.messages {
		if message.Status == "claimed" {
			envelopes = append(envelopes, message.Envelope)
		}
	}
	return envelopes, nil
}

// Sending marks a claimed message.
func (m *Mail) Sending(_ context.Context, messageID string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	message := m.find(messageID)
	if message.Status != "claimed" {
		return false, nil
	}
	message.set("sending", m.clock.Now())
	return true, nil
}

// Settle records an outcome.
func (m *Mail) Settle(_ context.Context, messageID string, outcome activities.Outcome, code string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failSettle != nil {
		if err := m.failSettle(messageID); err != nil {
			return err
		}
	}
	message := m.find(messageID)
	status := string(outcome)
	if outcome == activities.NotSent {
		status = "claimed"
	}
	message.set(status, m.clock.Now())
	message.Code = code
	return nil
}

// Unsettled repeats what has been unknown for long enough, once.
func (m *Mail) Unsettled(_ context.Context, _ string, waited time.Duration) (repeats []activities.Envelope, next time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	for _, message := range slices.Clone(m.messages) {
		if message.Status != "unknown" && message.Status != "sending" || message.Repeat {
			continue
		}
		if again := message.Since.Add(waited); again.After(now) {
			if next.IsZero() || again.Before(next) {
				next = again
			}
			continue
		}
		message.set("repeated", now)
		repeats = append(repeats, m.claim(message.MessageID).Envelope)
	}
	return repeats, next, nil
}

// Send is the provider.
func (m *Mail) Send(_ context.Context, envelope activities.Envelope) (activities.Outcome, string, time.Duration, error) {
	m.mu.Lock()
	m.calls++
	call, answer := m.calls, m.answer
	m.sent = append(m.sent, envelope)
	m.mu.Unlock()
	if answer == nil {
		return activities.Accepted, "", 0, nil
	}
	return answer(call, envelope)
}
