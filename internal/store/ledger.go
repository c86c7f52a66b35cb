package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// Renderer puts what a mail says into words.
type Renderer interface {
	Render(data mail.Data) (mail.Rendered, error)
}

// RenderFunc is a Renderer, as mail.Render is one.
type RenderFunc func(mail.Data) (mail.Rendered, error)

// Render calls the function.
func (f RenderFunc) Render(data mail.Data) (mail.Rendered, error) { return f(data) }

// Letterhead is what every mail has in common.
type Letterhead struct {
	Renderer  Renderer
	PublicURL string                     // links begin with it; without a slash at its end
	Desk      string                     // who sends
	Country   func(alpha3 string) string // a country's short English name
}

// Ledger is the message ledger and the mailboxes; it implements activities.Ledger.
type Ledger struct {
	*Store
	head Letterhead
}

// Ledger of the store.
func (s *Store) Ledger(head Letterhead) Ledger { return Ledger{s, head} }

// The statuses of a message.
const (
	messageClaimed   = "claimed"
	messageSending   = "sending"
	messageAccepted  = "accepted"
	messageUnknown   = "unknown"
	messageDelivered = "delivered"
	messageBounced   = "bounced"
	messageDropped   = "dropped"
	messageRejected  = "rejected"
)

// Collect bundles what waits into at most one new envelope; see activities.Ledger.
// The mailbox's row is held: whoever files a notice meanwhile either comes
// first, and is collected here, or finds no poke outstanding.
func (l Ledger) Collect(ctx context.Context, recipient string) ([]activities.Envelope, error) {
	snapshot, err := l.directory.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	now := l.clock.Now().UTC()
	who, known := snapshot.Recipient(recipient, now)
	var envelopes []activities.Envelope
	err = l.transact(ctx, "collect mail", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		envelopes = nil
		if err := q.TakePokeDown(ctx, recipient); err != nil {
			return err
		}
		waiting, err := l.waiting(ctx, q, recipient)
		if err != nil {
			return err
		}
		if len(waiting) > 0 && !known {
			// Who left the directory after being named is told as little as one whose mail bounces.
			return l.failNotices(ctx, q, waiting, now)
		}
		claimed, err := l.claimed(ctx, q, recipient, who)
		if err != nil {
			return err
		}
		envelopes = claimed
		if len(waiting) == 0 {
			return nil
		}
		envelope, err := l.claim(ctx, q, who, waiting, "", now)
		if err == nil && envelope.MessageID != "" {
			envelopes = append(envelopes, envelope)
		}
		return err
	})
	return envelopes, err
}

// waiting drops what has become moot and gives the rest.
func (l Ledger) waiting(ctx context.Context, q *sqlcgen.Queries, recipient string) ([]pending, error) {
	rows, err := q.WaitingNotices(ctx, recipient)
	if err != nil {
		return nil, err
	}
	var waiting []pending
	var moot []string
	for _, row := range rows {
		if row.Moot {
			moot = append(moot, row.NoticeID)
			continue
		}
		waiting = append(waiting, pending{
			id: row.NoticeID, kind: row.Kind, level: row.Level, code: row.Code, country: orZero(row.Country),
			data: row.Data, filedAt: row.FiledAt,
		})
	}
	if len(moot) == 0 {
		return waiting, nil
	}
	return waiting, q.MarkNotices(ctx, sqlcgen.MarkNoticesParams{Ids: moot, Status: noticeMoot})
}

// claimed are envelopes of an earlier collection that were certainly never sent.
func (l Ledger) claimed(ctx context.Context, q *sqlcgen.Queries, recipient string, who directory.Recipient) ([]activities.Envelope, error) {
	messages, err := q.ClaimedMessages(ctx, recipient)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	ids := make([]string, len(messages))
	for i, message := range messages {
		ids[i] = message.MessageID
	}
	rows, err := q.NoticesOfMessages(ctx, ids)
	if err != nil {
		return nil, err
	}
	notices := map[string][]pending{}
	for _, row := range rows {
		id := orZero(row.MessageID)
		notices[id] = append(notices[id], pendingOf(row))
	}
	var envelopes []activities.Envelope
	for _, message := range messages {
		rendered, err := l.render(who, notices[message.MessageID], message.Token, message.ClaimedAt, message.RepeatOf != nil)
		if err != nil {
			if err := l.unrenderable(ctx, q, message.MessageID, err); err != nil {
				return nil, err
			}
			continue
		}
		envelopes = append(envelopes, envelopeOf(message.MessageID, message.Address, rendered))
	}
	return envelopes, nil
}

// claim makes a message of notices. What can't be put into words is an alarm,
// reaches nobody, and does not keep the mailbox from its other mail.
func (l Ledger) claim(ctx context.Context, q *sqlcgen.Queries, who directory.Recipient, notices []pending, repeatOf string, now time.Time) (activities.Envelope, error) {
	id, token, err := l.draw()
	if err != nil {
		return activities.Envelope{}, err
	}
	ids := make([]string, len(notices))
	for i, notice := range notices {
		ids[i] = notice.id
	}
	rendered, err := l.render(who, notices, token, now, repeatOf != "")
	if err != nil {
		alarm := l.alarmUnrenderable(ctx, q, ids[0], err)
		return activities.Envelope{}, errors.Join(alarm, l.failNotices(ctx, q, notices, now))
	}
	err = q.AddMessage(ctx, sqlcgen.AddMessageParams{
		MessageID: id, Recipient: who.ID, Address: who.Email, Token: token, Kind: messageKind(notices), Subject: rendered.Subject,
		RepeatOf: maybe(repeatOf), ClaimedAt: now,
	})
	if err != nil {
		return activities.Envelope{}, err
	}
	err = q.BundleNotices(ctx, sqlcgen.BundleNoticesParams{Ids: ids, MessageID: &id})
	return envelopeOf(id, who.Email, rendered), err
}

// draw makes a message id and a token of 128 random bits for its link.
func (l Ledger) draw() (id, token string, err error) {
	message, err := uuid.NewRandomFromReader(l.random)
	if err != nil {
		return "", "", fmt.Errorf("draw message id: %w", err)
	}
	secret := make([]byte, 16)
	if _, err := io.ReadFull(l.random, secret); err != nil {
		return "", "", fmt.Errorf("draw link token: %w", err)
	}
	return message.String(), base64.RawURLEncoding.EncodeToString(secret), nil
}

func envelopeOf(id, address string, rendered mail.Rendered) activities.Envelope {
	return activities.Envelope{
		MessageID: id, To: address, Subject: rendered.Subject, Preheader: rendered.Preheader,
		Text: rendered.Text, HTML: rendered.HTML, Repeat: rendered.Repeat,
	}
}

// unrenderable takes a claimed message out of the way, which reaches nobody.
func (l Ledger) unrenderable(ctx context.Context, q *sqlcgen.Queries, messageID string, cause error) error {
	now := l.clock.Now().UTC()
	_, err := q.SettleMessage(ctx, sqlcgen.SettleMessageParams{
		MessageID: messageID, Status: messageRejected, SettledAt: now, ErrorCode: "unrenderable",
		FromStatuses: []string{messageClaimed},
	})
	if err != nil {
		return err
	}
	return errors.Join(l.alarmUnrenderable(ctx, q, messageID, cause), l.undelivered(ctx, q, messageID, now))
}

// alarmUnrenderable quotes the renderer, whose errors name fields and never their content.
func (l Ledger) alarmUnrenderable(ctx context.Context, q *sqlcgen.Queries, id string, cause error) error {
	return addAlarm(ctx, q, "mail_unrenderable", "", "", map[string]any{"id": id, "cause": cause.Error()}, l.clock.Now().UTC())
}
