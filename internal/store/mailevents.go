package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// RecordMailEvents keeps delivery reports, each once; see api.MailReports.
// Reports of messages that are not ours are dropped.
func (s *Store) RecordMailEvents(ctx context.Context, events []api.MailEvent) error {
	for _, event := range events {
		err := s.transact(ctx, "record mail event", func(_ pgx.Tx, q *sqlcgen.Queries) error {
			return s.mailEvent(ctx, q, event)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) mailEvent(ctx context.Context, q *sqlcgen.Queries, event api.MailEvent) error {
	if event.MessageID != "" && uuid.Validate(event.MessageID) != nil {
		return nil
	}
	message, err := q.MessageOfEvent(ctx, sqlcgen.MessageOfEventParams{MessageID: event.MessageID, ProviderID: event.SentID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.clock.Now().UTC()
	added, err := q.AddMailEvent(ctx, sqlcgen.AddMailEventParams{
		DedupeKey: event.Key, MessageID: message, Event: event.Kind, At: event.At.UTC(), Reason: event.Reason, ReceivedAt: now,
	})
	if err != nil || added == 0 {
		return err
	}
	status, from := reported(event.Kind)
	if status == "" {
		return nil
	}
	changed, err := q.SettleMessage(ctx, sqlcgen.SettleMessageParams{
		MessageID: message, Status: status, SettledAt: now, ErrorCode: event.Reason, FromStatuses: from,
	})
	switch {
	case err != nil || changed == 0:
		return err
	case status == messageBounced || status == messageDropped:
		return s.undelivered(ctx, q, message, now)
	default:
		return q.DropRepeat(ctx, sqlcgen.DropRepeatParams{MessageID: &message, SettledAt: now})
	}
}

// reported is what a report makes of a message, and of one in which status. A
// delivery can still bounce; what bounced is not delivered any more.
func reported(kind string) (status string, from []string) {
	onItsWay := []string{messageClaimed, messageSending, messageUnknown}
	switch kind {
	case "processed":
		return messageAccepted, onItsWay
	case "delivered":
		return messageDelivered, append(onItsWay, messageAccepted)
	case "bounce":
		return messageBounced, append(onItsWay, messageAccepted, messageDelivered)
	case "dropped":
		return messageDropped, append(onItsWay, messageAccepted)
	default:
		return "", nil
	}
}

// undelivered: nobody read the message, so its notices have failed.
func (s *Store) undelivered(ctx context.Context, q *sqlcgen.Queries, messageID string, now time.Time) error {
	failed, err := q.UndeliveredNotices(ctx, &messageID)
	if err != nil {
		return err
	}
	return s.tellOfFailure(ctx, q, failed, now)
}

// failNotices: their recipient can't be written to at all.
func (s *Store) failNotices(ctx context.Context, q *sqlcgen.Queries, notices []pending, now time.Time) error {
	ids := make([]string, len(notices))
	for i, notice := range notices {
		ids[i] = notice.id
	}
	failed, err := q.FailNotices(ctx, ids)
	if err != nil {
		return err
	}
	return s.tellOfFailure(ctx, q, failed, now)
}

// tellOfFailure goes in one order, so that two mails about the same things do
// not wait for each other.
func (s *Store) tellOfFailure(ctx context.Context, q *sqlcgen.Queries, notices []sqlcgen.Notice, now time.Time) error {
	slices.SortFunc(notices, func(a, b sqlcgen.Notice) int { return strings.Compare(a.Key, b.Key) })
	for _, notice := range notices {
		if err := s.tell(ctx, q, notice, now); err != nil {
			return err
		}
	}
	return nil
}

// tell lets the request know that a notice failed, and that a level can't be
// reached when the last who was to be told of it failed. A mail about a failed
// mail makes no further one: that is for a person to see, and so is a recall that
// the post of a closed request was not told of, whose officer hears of no bounce.
func (s *Store) tell(ctx context.Context, q *sqlcgen.Queries, notice sqlcgen.Notice, now time.Time) error {
	kind := tdr.NoticeKind(notice.Kind)
	request := orZero(notice.RequestID)
	if kind == tdr.BounceNotice || request == "" {
		return addAlarm(ctx, q, "mail_undeliverable", request, orZero(notice.PersonID), map[string]any{"recipient": notice.Recipient}, now)
	}
	heard, err := signal(ctx, q, request, mailBouncedSignal, tdr.MailBounced{Notice: notice.NoticeID, Recipient: notice.Recipient}, now)
	if err != nil {
		return err
	}
	if err := q.LockThing(ctx, notice.FiledUnder); err != nil {
		return err
	}
	nobody, err := q.NobodyLeft(ctx, notice.FiledUnder)
	if err != nil || !nobody {
		return err
	}
	switch kind {
	case tdr.LevelNotice:
		unreachable := tdr.LevelUnreachable{Escalation: orZero(notice.Escalation), Level: int(orZero(notice.Level)), Cause: "bounced"}
		_, err := signal(ctx, q, request, unreachableSignal, unreachable, now)
		return err
	case recallNotice:
		if heard {
			return nil
		}
	case custodyNotice, claimNotice, reviewNotice, expiredNotice, glassNotice:
		// No level above takes over what the law or counsel alone decides.
	default:
		return nil
	}
	return addAlarm(ctx, q, "mail_undeliverable", request, orZero(notice.PersonID), map[string]any{"notice": notice.FiledUnder}, now)
}

// signal leaves word for a request; one that is closed does not hear it.
func signal(ctx context.Context, q *sqlcgen.Queries, requestID, name string, payload any, now time.Time) (heard bool, err error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return false, fmt.Errorf("write signal: %w", err)
	}
	rows, err := q.SignalRequest(ctx, sqlcgen.SignalRequestParams{RequestID: requestID, Signal: name, Payload: raw, At: now})
	return rows > 0, err
}
