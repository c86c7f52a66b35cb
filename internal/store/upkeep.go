package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Outbox hands out signals that were not delivered; see activities.Upkeep.
func (s *Store) Outbox(ctx context.Context, limit int) ([]activities.Signal, error) {
	rows, err := s.queries().TakeOutbox(ctx, int32(limit))
	if err != nil {
		return nil, failed("read outbox", err)
	}
	signals := make([]activities.Signal, len(rows))
	for i, row := range rows {
		signals[i] = activities.Signal{
			OutboxID: row.OutboxID, Since: row.CreatedAt, WorkflowID: row.WorkflowID, Name: row.Signal, Start: row.Start, Payload: row.Payload,
		}
	}
	return signals, nil
}

// Delivered marks a signal as done with.
func (s *Store) Delivered(ctx context.Context, outboxID int64) error {
	err := s.queries().Delivered(ctx, sqlcgen.DeliveredParams{OutboxID: outboxID, DoneAt: maybeTime(s.clock.Now())})
	return failed("settle signal", err)
}

// OutstandingPokes lists mailboxes poked longer ago than age and not collected
// since, and those that left a mail behind for so long.
func (s *Store) OutstandingPokes(ctx context.Context, age time.Duration, limit int) ([]string, error) {
	before := s.clock.Now().Add(-age)
	recipients, err := s.queries().OutstandingPokes(ctx, sqlcgen.OutstandingPokesParams{
		PokedBefore: maybeTime(before), UnknownBefore: maybeTime(before.Add(-activities.UnknownWait)), MaxRows: int32(limit),
	})
	return recipients, failed("list outstanding pokes", err)
}

// LiveRequests pages through live requests by id.
func (s *Store) LiveRequests(ctx context.Context, after string, limit int) ([]activities.LiveRequest, error) {
	rows, err := s.queries().LiveRequests(ctx, sqlcgen.LiveRequestsParams{After: maybe(after), MaxRows: int32(limit)})
	if err != nil {
		return nil, failed("list live requests", err)
	}
	requests := make([]activities.LiveRequest, len(rows))
	for i, row := range rows {
		requests[i] = activities.LiveRequest{RequestID: row.RequestID, Seq: row.Seq, Since: row.OpenedAt}
	}
	return requests, nil
}

// DetainedPersons pages through detained persons by id.
func (s *Store) DetainedPersons(ctx context.Context, after string, limit int) ([]string, error) {
	persons, err := s.queries().DetainedPersons(ctx, sqlcgen.DetainedPersonsParams{After: maybe(after), MaxRows: int32(limit)})
	return persons, failed("list detained persons", err)
}

// windowSize is how many requests one call of Gaps looks at, so that upkeep
// costs the same whatever the table has grown to.
const windowSize = 5_000

// window is where the next call of Gaps goes on.
type window struct {
	sync.Mutex
	after string
}

// Gaps finds holes in recorded histories. Each call looks at the next stretch
// of requests and begins anew behind the last.
func (s *Store) Gaps(ctx context.Context, limit int) ([]activities.Gap, error) {
	s.gaps.Lock()
	defer s.gaps.Unlock()
	rows, err := s.queries().GapWindow(ctx, sqlcgen.GapWindowParams{After: maybe(s.gaps.after), MaxRows: windowSize})
	if err != nil {
		return nil, failed("look for gaps", err)
	}
	holed := []string{}
	for _, row := range rows {
		if row.Recorded < row.Seq || row.EndedUnsaid {
			holed = append(holed, row.RequestID)
		}
	}
	found, err := s.queries().Gaps(ctx, sqlcgen.GapsParams{RequestIds: holed, MaxRows: int32(limit)})
	if err != nil {
		return nil, failed("look for gaps", err)
	}
	s.gaps.after = ""
	if len(rows) == windowSize {
		s.gaps.after = rows[windowSize-1].RequestID
	}
	gaps := make([]activities.Gap, len(found))
	for i, row := range found {
		gaps[i] = activities.Gap{RequestID: row.RequestID, Seq: row.Seq}
	}
	return gaps, nil
}

// Opening is the event with seq 1 of a request; activities.ErrUnknown.
func (s *Store) Opening(ctx context.Context, requestID string) (tdr.Event, error) {
	row, err := s.queries().Opening(ctx, requestID)
	if err != nil {
		return tdr.Event{}, failed("read opening", err)
	}
	return eventOf(row)
}

// Alarm keeps a finding that needs a person; the same finding twice is one.
func (s *Store) Alarm(ctx context.Context, kind, requestID, personID string, detail map[string]any) error {
	return failed("raise alarm", addAlarm(ctx, s.queries(), kind, requestID, personID, detail, s.clock.Now().UTC()))
}

// StandingAlarm is a finding that was not settled.
type StandingAlarm struct {
	activities.Alarm
	RaisedAt time.Time
}

// StandingAlarms are what needs a person, the newest first.
func (s *Store) StandingAlarms(ctx context.Context, limit int) ([]StandingAlarm, error) {
	rows, err := s.queries().StandingAlarms(ctx, int32(limit))
	if err != nil {
		return nil, failed("list alarms", err)
	}
	alarms := make([]StandingAlarm, len(rows))
	for i, row := range rows {
		alarms[i] = StandingAlarm{
			Alarm:    activities.Alarm{Kind: row.Kind, RequestID: orZero(row.RequestID), PersonID: orZero(row.PersonID)},
			RaisedAt: row.RaisedAt,
		}
		if err := json.Unmarshal(row.Detail, &alarms[i].Detail); err != nil {
			return nil, fmt.Errorf("read alarm: %w", err)
		}
	}
	return alarms, nil
}

func addAlarm(ctx context.Context, q *sqlcgen.Queries, kind, requestID, personID string, detail map[string]any, at time.Time) error {
	if detail == nil {
		detail = map[string]any{}
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("write alarm: %w", err)
	}
	return q.AddAlarm(ctx, sqlcgen.AddAlarmParams{Kind: kind, RequestID: maybe(requestID), PersonID: maybe(personID), Detail: raw, RaisedAt: at})
}
