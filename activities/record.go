package activities

import (
	"context"
	"fmt"
	"log/slog"
)

// Poker wakes mailboxes.
type Poker interface {
	Poke(ctx context.Context, recipient string) error
}

// Alarms keeps findings that need a person; the same finding twice is one.
type Alarms interface {
	Alarm(ctx context.Context, kind, requestID, personID string, detail map[string]any) error
}

// Records are the activities that write history down.
type Records struct {
	Recorder  Recorder
	Mailboxes Poker
	Alarms    Alarms
	Log       *slog.Logger
}

// RecordProgress records events, read model and notices in one transaction,
// then wakes the mailboxes that have something new. Its answer names the
// notices for which the directory had nobody.
func (r *Records) RecordProgress(ctx context.Context, recording Recording) (Recorded, error) {
	recorded, err := r.Recorder.Record(ctx, recording)
	if err != nil {
		return Recorded{}, fmt.Errorf("record progress: %w", err)
	}
	poke(ctx, r.Mailboxes, r.Log, recorded.Poke)
	recorded.Poke = nil
	return recorded, nil
}

// RaiseAlarm keeps a finding of a workflow.
func (r *Records) RaiseAlarm(ctx context.Context, alarm Alarm) error {
	if err := r.Alarms.Alarm(ctx, alarm.Kind, alarm.RequestID, alarm.PersonID, alarm.Detail); err != nil {
		return fmt.Errorf("raise alarm: %w", err)
	}
	return nil
}

// poke wakes mailboxes. One that could not be woken stays on record as poked,
// and the next sweep wakes it; failing here would only repeat what was recorded.
func poke(ctx context.Context, mailboxes Poker, log *slog.Logger, recipients []string) {
	for _, recipient := range recipients {
		if err := mailboxes.Poke(ctx, recipient); err != nil {
			log.WarnContext(ctx, "mailbox not poked", "recipient", recipient, "code", string(judge(err).code))
		}
	}
}
