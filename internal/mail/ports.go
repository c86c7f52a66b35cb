package mail

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
)

// webhookWindow is how far SendGrid's clock and ours may differ, and for how
// long a recorded call could be replayed.
const webhookWindow = 5 * time.Minute

// Codes of outcomes that are no Reason.
const (
	codeRateLimited = "rate_limited"
	codeUnavailable = "unavailable"
	codeUnreachable = "unreachable"
	codeNoAnswer    = "no_answer"
)

// Post sends envelopes of the message ledger.
type Post struct {
	Sender *Sender
}

var _ activities.Post = Post{}

// Send hands one mail over. The outcome is always set and err always nil:
// whatever goes wrong is one of the outcomes, with a code for the ledger.
func (p Post) Send(ctx context.Context, envelope activities.Envelope) (activities.Outcome, string, time.Duration, error) {
	id, err := uuid.Parse(envelope.MessageID)
	if err != nil {
		return activities.Rejected, string(ReasonInvalid), 0, nil
	}
	receipt, err := p.Sender.Send(ctx, Message{
		ID: id, To: envelope.To, Subject: envelope.Subject, Text: envelope.Text, HTML: envelope.HTML, Repeat: envelope.Repeat,
	})
	outcome, code, pause := settled(err)
	if outcome == activities.Accepted {
		code = receipt.SGMessageID // late bounces name nothing else
	}
	return outcome, code, pause, nil
}

// settled names what a Failure means for the ledger.
func settled(err error) (activities.Outcome, string, time.Duration) {
	switch failure := err.(type) {
	case nil:
		return activities.Accepted, "", 0
	case *RateLimited:
		return activities.NotSent, codeRateLimited, failure.RetryAfter
	case *Unavailable:
		return activities.NotSent, codeUnavailable, 0
	case *NotSent:
		return activities.NotSent, codeUnreachable, 0
	case *Rejected:
		return activities.Rejected, string(failure.Reasons[0]), 0
	default: // OutcomeUnknown, and nothing else is left
		return activities.Unknown, codeNoAnswer, 0
	}
}

// Webhook verifies and reads calls of SendGrid's event webhook.
type Webhook struct {
	keys []string
}

var _ api.MailEvents = (*Webhook)(nil)

// NewWebhook checks the public keys, base64 of their PKIX form. Two of them
// are in force while one replaces the other.
func NewWebhook(publicKeys []string) (*Webhook, error) {
	if len(publicKeys) == 0 {
		return nil, fmt.Errorf("configure webhook: %w", ErrWebhookKeys)
	}
	for i, key := range publicKeys {
		if len(parseKeys([]string{key})) == 0 {
			return nil, fmt.Errorf("configure webhook: key %d is no ECDSA public key in base64", i+1)
		}
	}
	return &Webhook{keys: publicKeys}, nil
}

// Verify checks one call and gives its events.
func (w *Webhook) Verify(header http.Header, rawBody []byte, now time.Time) ([]api.MailEvent, error) {
	events, err := VerifyEvents(w.keys, header, rawBody, now, webhookWindow)
	if errors.Is(err, ErrWebhookBody) {
		return nil, fmt.Errorf("%w: %w", api.ErrEventBody, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", api.ErrSignature, err)
	}
	reports := make([]api.MailEvent, 0, len(events))
	for _, event := range events {
		report := api.MailEvent{
			Key: event.Key(), SentID: event.SentID(), Kind: string(event.Kind), At: event.At, Reason: string(event.Reason),
		}
		if event.MessageID != uuid.Nil {
			report.MessageID = event.MessageID.String()
		}
		reports = append(reports, report)
	}
	return reports, nil
}
