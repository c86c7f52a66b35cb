package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// Sending marks a claimed message as on its way; false when somebody else did.
func (l Ledger) Sending(ctx context.Context, messageID string) (bool, error) {
	now := maybeTime(l.clock.Now())
	marked, err := l.queries().MarkSending(ctx, sqlcgen.MarkSendingParams{MessageID: messageID, SendingAt: now})
	if err == nil && marked == 0 {
		err = l.queries().TakeMailBack(ctx, sqlcgen.TakeMailBackParams{MessageID: messageID, SettledAt: now})
	}
	return marked == 1, failed("mark mail as sending", err)
}

// Settle records how sending ended; see activities.Ledger. The code of an
// accepted message is the provider's id of it. What the provider has reported
// meanwhile stands.
func (l Ledger) Settle(ctx context.Context, messageID string, outcome activities.Outcome, code string) error {
	settled := sqlcgen.SettleMessageParams{MessageID: messageID, SettledAt: l.clock.Now().UTC(), FromStatuses: []string{messageSending}}
	switch outcome {
	case activities.Accepted:
		settled.Status, settled.ProviderID = messageAccepted, code
		settled.FromStatuses = []string{messageSending, messageUnknown}
	case activities.Unknown:
		settled.Status, settled.ErrorCode = messageUnknown, code
	case activities.NotSent:
		settled.Status, settled.ErrorCode = messageClaimed, code
	case activities.Rejected:
		settled.Status, settled.ErrorCode = messageRejected, code
		return l.reject(ctx, settled)
	default:
		return fmt.Errorf("settle mail: outcome %q is not known", outcome)
	}
	changed, err := l.queries().SettleMessage(ctx, settled)
	if err != nil || changed > 0 {
		return failed("settle mail", err)
	}
	found, err := l.queries().KeepProviderID(ctx, sqlcgen.KeepProviderIDParams{MessageID: messageID, ProviderID: settled.ProviderID})
	if err == nil && found == 0 {
		err = pgx.ErrNoRows
	}
	return failed("settle mail", err)
}

// reject: a mail that the provider refuses for good reaches nobody.
func (l Ledger) reject(ctx context.Context, settled sqlcgen.SettleMessageParams) error {
	return l.transact(ctx, "settle mail", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		changed, err := q.SettleMessage(ctx, settled)
		if err != nil || changed == 0 {
			return err
		}
		return l.undelivered(ctx, q, settled.MessageID, settled.SettledAt)
	})
}

// Unsettled repeats messages whose outcome nobody learned; see activities.Ledger.
func (l Ledger) Unsettled(ctx context.Context, recipient string, waited time.Duration) ([]activities.Envelope, time.Time, error) {
	now := l.clock.Now().UTC()
	unsettled, err := l.queries().UnsettledMessages(ctx, recipient)
	if err != nil {
		return nil, time.Time{}, failed("look for unsettled mail", err)
	}
	overdue := func(message sqlcgen.Message) bool { return !message.SendingAt.Add(waited).After(now) }
	if !slices.ContainsFunc(unsettled, overdue) {
		return nil, nextLook(unsettled, waited), nil
	}
	var repeats []activities.Envelope
	var next time.Time
	err = l.transact(ctx, "repeat unsettled mail", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		repeats = nil
		if err := q.LockMailbox(ctx, recipient); err != nil {
			return err
		}
		unsettled, err := q.UnsettledMessages(ctx, recipient)
		if err != nil {
			return err
		}
		var others []sqlcgen.Message
		for _, message := range unsettled {
			if !overdue(message) {
				others = append(others, message)
				continue
			}
			repeat, err := l.repeat(ctx, q, message, now)
			if err != nil {
				return err
			}
			if repeat.MessageID != "" {
				repeats = append(repeats, repeat)
			}
		}
		next = nextLook(others, waited)
		return nil
	})
	return repeats, next, err
}

func nextLook(messages []sqlcgen.Message, waited time.Duration) time.Time {
	var next time.Time
	for _, message := range messages {
		if at := message.SendingAt.Add(waited); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// repeat makes one repeat of a message and never a second: the outcome of a
// repeat that is lost too stays unknown.
func (l Ledger) repeat(ctx context.Context, q *sqlcgen.Queries, message sqlcgen.Message, now time.Time) (activities.Envelope, error) {
	if message.Status == messageSending {
		_, err := q.SettleMessage(ctx, sqlcgen.SettleMessageParams{
			MessageID: message.MessageID, Status: messageUnknown, SettledAt: now, ErrorCode: "never_settled", FromStatuses: []string{messageSending},
		})
		if err != nil {
			return activities.Envelope{}, err
		}
	}
	if message.RepeatOf != nil {
		return activities.Envelope{}, nil
	}
	rows, err := q.NoticesOfMessages(ctx, []string{message.MessageID})
	if err != nil {
		return activities.Envelope{}, err
	}
	var notices []pending
	for _, row := range rows {
		if row.Status == noticeBundled {
			notices = append(notices, pendingOf(row))
		}
	}
	if len(notices) == 0 {
		return activities.Envelope{}, nil
	}
	snapshot, err := l.directory.Snapshot(ctx)
	if err != nil {
		return activities.Envelope{}, fmt.Errorf("read directory: %w", err)
	}
	who, known := snapshot.Recipient(message.Recipient, now)
	if !known {
		return activities.Envelope{}, l.failNotices(ctx, q, notices, now)
	}
	return l.claim(ctx, q, who, notices, message.MessageID, now)
}
