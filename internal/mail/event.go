package mail

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// EventKind is what happened to a message.
type EventKind string

// The kinds of delivery events; opens and clicks are not tracked.
const (
	Processed  EventKind = "processed" // taken over; it was accepted after all
	Delivered  EventKind = "delivered"
	Deferred   EventKind = "deferred" // the receiving server asked to wait; SendGrid tries again
	Bounced    EventKind = "bounce"
	Dropped    EventKind = "dropped" // never tried, because the address is on a suppression list
	SpamReport EventKind = "spamreport"
)

// Final tells whether the message can't arrive any more.
func (k EventKind) Final() bool { return k == Bounced || k == Dropped }

// ReasonClass is a code for why a message was late or failed. Servers' own
// texts quote addresses and are dropped.
type ReasonClass string

// The classes of reasons.
const (
	ClassNone       ReasonClass = ""
	ClassAddress    ReasonClass = "invalid_address"
	ClassMailbox    ReasonClass = "mailbox_unavailable" // full or not answering
	ClassTechnical  ReasonClass = "technical"
	ClassBlocked    ReasonClass = "blocked" // reputation or policy of the receiving side
	ClassContent    ReasonClass = "content"
	ClassSuppressed ReasonClass = "suppressed" // an earlier bounce, report or unsubscription
	ClassOther      ReasonClass = "unclassified"
)

// Event is one report about one message.
type Event struct {
	MessageID   uuid.UUID // ours; uuid.Nil in late bounces, which name SendGrid's id alone
	Kind        EventKind
	At          time.Time // when it happened, whole seconds, UTC
	SGMessageID string
	SGEventID   string // may change when the same event is sent again
	Reason      ReasonClass
}

// Key is equal for copies of one event. It leaves sg_event_id out.
func (e Event) Key() string {
	parts := fmt.Sprintf("%q %s %d %s", e.SGMessageID, e.Kind, e.At.Unix(), e.MessageID)
	sum := sha256.Sum256([]byte(parts))
	return hex.EncodeToString(sum[:])
}

// SentID is the part of SGMessageID that the receipt had.
func (e Event) SentID() string {
	sent, _, _ := strings.Cut(e.SGMessageID, ".")
	return sent
}

type eventForm struct {
	Kind           string      `json:"event"`
	Timestamp      json.Number `json:"timestamp"`
	MessageID      string      `json:"message_id"` // our custom argument, which SendGrid puts beside its own fields
	SGMessageID    string      `json:"sg_message_id"`
	SGEventID      string      `json:"sg_event_id"`
	Type           string      `json:"type"`
	Classification string      `json:"bounce_classification"`
	Status         string      `json:"status"`
	Reason         string      `json:"reason"`
}

func (f eventForm) event() (Event, error) {
	kind := EventKind(f.Kind)
	switch kind {
	case Processed, Delivered, Deferred, Bounced, Dropped, SpamReport:
	default:
		return Event{}, errors.New("kind of event does not matter")
	}
	seconds, err := f.Timestamp.Int64()
	if err != nil || seconds <= 0 || seconds > 1<<36 {
		return Event{}, errors.New("timestamp makes no sense")
	}
	id, err := uuid.Parse(f.MessageID)
	if err != nil {
		id = uuid.Nil
	}
	event := Event{
		MessageID: id, Kind: kind, At: time.Unix(seconds, 0).UTC(),
		SGMessageID: identifier(f.SGMessageID), SGEventID: identifier(f.SGEventID), Reason: f.class(kind),
	}
	if event.MessageID == uuid.Nil && event.SGMessageID == "" {
		return Event{}, errors.New("event names no message")
	}
	return event, nil
}

// class reads SendGrid's classification, then the enhanced status code (RFC 3463), then the bounce type.
func (f eventForm) class(kind EventKind) ReasonClass {
	switch kind {
	case Dropped:
		return dropClass(f.Reason)
	case Bounced, Deferred:
		return cmp.Or(bounceClass(f.Classification), statusClass(f.Status), blockClass(f.Type), ClassOther)
	default:
		return ClassNone
	}
}

func bounceClass(classification string) ReasonClass {
	switch strings.ToLower(classification) {
	case "invalid address":
		return ClassAddress
	case "mailbox unavailable":
		return ClassMailbox
	case "technical", "technical failure", "frequency or volume too high":
		return ClassTechnical
	case "reputation":
		return ClassBlocked
	case "content":
		return ClassContent
	default:
		return ClassNone
	}
}

func statusClass(status string) ReasonClass {
	switch {
	case strings.HasPrefix(status, "5.1."):
		return ClassAddress
	case strings.HasPrefix(status, "5.2."), strings.HasPrefix(status, "4.2."):
		return ClassMailbox
	case strings.HasPrefix(status, "5.7."), strings.HasPrefix(status, "4.7."):
		return ClassBlocked
	case strings.HasPrefix(status, "5.6."):
		return ClassContent
	case strings.HasPrefix(status, "4."), strings.HasPrefix(status, "5."):
		return ClassTechnical
	default:
		return ClassNone
	}
}

func blockClass(bounceType string) ReasonClass {
	if bounceType == "blocked" {
		return ClassBlocked
	}
	return ClassNone
}

func dropClass(reason string) ReasonClass {
	switch strings.ToLower(reason) {
	case "bounced address", "spam reporting address", "unsubscribed address":
		return ClassSuppressed
	case "invalid":
		return ClassAddress
	case "spam content (if spam checker app enabled)", "spam content":
		return ClassContent
	default:
		return ClassOther
	}
}
