package activities

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// The activities, registered under these names.
const (
	RecordProgressName = "RecordProgress"
	RenewCalendarsName = "RenewCalendars"
	ReadHistoryName    = "ReadLegalHistory"
	FileMilestonesName = "FileMilestones"
	RaiseAlarmName     = "RaiseAlarm"
	DeliverWaitingName = "DeliverWaiting"
	SweepName          = "Sweep"
)

// MailQueue is the task queue of deliveries, so that mail can be throttled by
// itself. RequestQueue takes everything else.
const (
	RequestQueue = "requests"
	MailQueue    = "mail"
)

// untilDone: a short piece of work in the database that has to happen. Each
// try is bounded; the tries are not, because a due date is never lost.
func untilDone(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           RequestQueue,
		StartToCloseTimeout: 15 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
		},
	})
}

// unhurried: work that has to happen and waits for somebody to supply something.
func unhurried(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           RequestQueue,
		StartToCloseTimeout: 15 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 10 * time.Second, BackoffCoefficient: 3, MaximumInterval: time.Hour,
		},
	})
}

// delivery: several calls of up to ten seconds each, with a sign of life
// before each, so that a dead worker is noticed long before the whole time is up.
func delivery(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           MailQueue,
		StartToCloseTimeout: 2 * time.Minute,
		HeartbeatTimeout:    20 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Minute,
		},
	})
}

// once: a round that comes again by itself, so that a failed one is let go.
func once(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           RequestQueue,
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
}

// RecordProgress records a stretch of a request's history; its future holds Recorded.
func RecordProgress(ctx workflow.Context, recording Recording) workflow.Future {
	return workflow.ExecuteActivity(untilDone(ctx), RecordProgressName, recording)
}

// RenewCalendars asks for fresh calendars; its future holds Renewed.
func RenewCalendars(ctx workflow.Context, asked Renewal) workflow.Future {
	return workflow.ExecuteActivity(unhurried(ctx), RenewCalendarsName, asked)
}

// ReadHistory reads a person's legal history with the rules it is read by.
func ReadHistory(ctx workflow.Context, personID string) (LegalReading, error) {
	var reading LegalReading
	err := workflow.ExecuteActivity(untilDone(ctx), ReadHistoryName, personID).Get(ctx, &reading)
	return reading, err
}

// FileMilestones files the notices of custody duties.
func FileMilestones(ctx workflow.Context, filing Filing) (Filed, error) {
	var filed Filed
	err := workflow.ExecuteActivity(untilDone(ctx), FileMilestonesName, filing).Get(ctx, &filed)
	return filed, err
}

// RaiseAlarm keeps a finding that needs a person.
func RaiseAlarm(ctx workflow.Context, alarm Alarm) error {
	return workflow.ExecuteActivity(untilDone(ctx), RaiseAlarmName, alarm).Get(ctx, nil)
}

// DeliverWaiting sends what waits for a recipient and says when to look again.
func DeliverWaiting(ctx workflow.Context, recipient string) (Round, error) {
	var round Round
	err := workflow.ExecuteActivity(delivery(ctx), DeliverWaitingName, recipient).Get(ctx, &round)
	return round, err
}

// Sweep runs one round of upkeep.
func Sweep(ctx workflow.Context, task SweepTask) (SweepTask, error) {
	var next SweepTask
	err := workflow.ExecuteActivity(once(ctx), SweepName, task).Get(ctx, &next)
	return next, err
}

// Renewal asks for calendars that reach further than the recorded ones.
type Renewal struct {
	RequestID   string    `json:"request_id"`
	FieldOffice string    `json:"field_office"`
	Post        string    `json:"post"`
	Since       time.Time `json:"since"`       // the request's opening, from which its dates are counted
	OfficeHash  string    `json:"office_hash"` // of the recorded calendars
	PostHash    string    `json:"post_hash"`
}

// Renewed are fresh calendars.
type Renewed struct {
	OfficeTime calendar.Slice `json:"office_time"`
	PostTime   calendar.Slice `json:"post_time"`
}

// Filing names custody duties to be told about.
type Filing struct {
	PersonID string   `json:"person_id"`
	Keys     []string `json:"keys"` // of custody.Duty.Telling
}

// Filed is what filing duties left.
type Filed struct {
	// Absent are the duties that a legal event has taken off the record since the
	// history was read. They are not filed, and may come back.
	Absent []string `json:"absent,omitempty"`
}

// Alarm is a finding that needs a person; codes, ids and numbers only.
type Alarm struct {
	Kind      string         `json:"kind"`
	RequestID string         `json:"request_id,omitempty"`
	PersonID  string         `json:"person_id,omitempty"`
	Detail    map[string]any `json:"detail,omitempty"`
}
