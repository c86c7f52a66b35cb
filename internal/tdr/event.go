package tdr

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is something that happened to a request. Events are facts: appended,
// numbered without gaps from 1, never changed.
type Event struct {
	Seq        int64     `json:"seq"`
	OccurredAt time.Time `json:"occurred_at"` // when it happened
	RecordedAt time.Time `json:"recorded_at"` // when the request learned of it
	Actor      Actor     `json:"actor"`
	CommandID  string    `json:"command_id,omitempty"` // empty for what happened by itself
	Fact       Fact      `json:"-"`
}

// Fact is what an event says. The set is closed: the types of facts.go.
type Fact interface{ Type() Type }

// Type is an event's type, the same in the API, the database and the code.
type Type string

type eventForm Event

// MarshalJSON writes the fact under its type.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Fact == nil {
		return nil, fmt.Errorf("write event %d: it states no fact", e.Seq)
	}
	return json.Marshal(struct {
		eventForm
		Type Type `json:"type"`
		Data Fact `json:"data"`
	}{eventForm(e), e.Fact.Type(), e.Fact})
}

// UnmarshalJSON reads the fact that the type announces.
func (e *Event) UnmarshalJSON(raw []byte) error {
	var form struct {
		eventForm
		Type Type            `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	fact, err := NewFact(form.Type)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(form.Data, fact); err != nil {
		return fmt.Errorf("read %s: %w", form.Type, err)
	}
	*e = Event(form.eventForm)
	e.Fact = fact
	return nil
}
