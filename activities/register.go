package activities

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
)

// Set is every activity there is.
type Set struct {
	Records    *Records
	Renewals   *Renewals
	Custody    *Custody
	Deliveries *Deliveries
	Sweeper    *Sweeper
}

// RegisterRequests registers what the request queue serves. This list and the
// one of mail are the only ones.
func (s Set) RegisterRequests(registry worker.ActivityRegistry) {
	register(registry, RecordProgressName, s.Records.RecordProgress)
	register(registry, RaiseAlarmName, s.Records.RaiseAlarm)
	register(registry, RenewCalendarsName, s.Renewals.RenewCalendars)
	register(registry, ReadHistoryName, s.Custody.ReadLegalHistory)
	register(registry, FileMilestonesName, s.Custody.FileMilestones)
	register(registry, SweepName, s.Sweeper.Sweep)
}

// RegisterMail registers what the mail queue serves.
func (s Set) RegisterMail(registry worker.ActivityRegistry) {
	register(registry, DeliverWaitingName, s.Deliveries.DeliverWaiting)
}

func register(registry worker.ActivityRegistry, name string, function any) {
	registry.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
}
