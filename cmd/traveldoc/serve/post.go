package serve

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/mail"
)

// post hands mails to SendGrid and says how that ended in the workers' terms.
type post struct{ sender *mail.Sender }

// Send sends one mail. The codes are those of a closed set.
func (p post) Send(ctx context.Context, envelope activities.Envelope) (activities.Outcome, string, time.Duration, error) {
	id, err := uuid.Parse(envelope.MessageID)
	if err != nil {
		return activities.Rejected, "message_id", 0, err
	}
	_, err = p.sender.Send(ctx, mail.Message{
		ID: id, To: envelope.To, Subject: envelope.Subject, Text: envelope.Text, HTML: envelope.HTML, Repeat: envelope.Repeat,
	})
	outcome, code, retry := outcomeOf(err)
	return outcome, code, retry, err
}

func outcomeOf(err error) (activities.Outcome, string, time.Duration) {
	var (
		limited     *mail.RateLimited
		unavailable *mail.Unavailable
		rejected    *mail.Rejected
		unknown     *mail.OutcomeUnknown
		notSent     *mail.NotSent
	)
	switch {
	case err == nil:
		return activities.Accepted, "", 0
	case errors.As(err, &limited):
		return activities.NotSent, "rate_limited", limited.RetryAfter
	case errors.As(err, &unavailable):
		return activities.NotSent, "provider_unavailable", 0
	case errors.As(err, &rejected):
		return activities.Rejected, "provider_rejected", 0
	case errors.As(err, &unknown):
		return activities.Unknown, "answer_lost", 0
	case errors.As(err, &notSent):
		return activities.NotSent, "not_reached", 0
	default:
		return activities.Rejected, "message_invalid", 0
	}
}

func mailEvent(event mail.Event) api.MailEvent {
	return api.MailEvent{
		Key: event.Key(), MessageID: event.MessageID, SentID: event.SentID(),
		Kind: string(event.Kind), At: event.At, Reason: string(event.Reason),
	}
}
