package api

import (
	"context"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// How far a preview looks: the legal levels lie within half a year of silence.
const (
	previewDays     = 400
	previewDaysMost = 1500
	previewSteps    = 200
)

// PreviewLadder tells who is told what, when, if nobody acts from now on.
func (s *Server) PreviewLadder(ctx context.Context, r contract.PreviewLadderRequestObject) (contract.PreviewLadderResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	until, err := horizon(r.Body, now)
	if err != nil {
		return nil, err
	}
	state, err := s.state(ctx, view.RequestID)
	if err != nil {
		return nil, err
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	answer := previewLadder(state, view.SpecialRouting, snapshot, now, until)
	if !s.policy.Allows(principalOf(ctx), identity.ReadCustody, view.Subject()) {
		answer.Steps = mapped(answer.Steps, ladderWithoutCustody)
	}
	return contract.PreviewLadder200JSONResponse(answer), nil
}

func horizon(asked *contract.LadderQuestion, now time.Time) (time.Time, error) {
	if asked == nil || asked.Until.IsZero() {
		return now.AddDate(0, 0, previewDays), nil
	}
	today := calendar.DateOf(now.UTC())
	if !asked.Until.After(today) || asked.Until.After(today.AddDays(previewDaysMost)) {
		return time.Time{}, fault("until", "lies ahead, by 1,500 days at most")
	}
	return asked.Until.AddDays(1).Midnight(), nil
}

// previewLadder lets time pass over a request whose people stay silent. A
// level of which nobody can be told makes the next take over, as it will.
func previewLadder(state tdr.State, special bool, snapshot directory.Snapshot, now, until time.Time) contract.LadderPreview {
	answer := contract.LadderPreview{Seq: state.Seq, AsOf: now.UTC(), Until: until.UTC(), Steps: []contract.LadderStep{}}
	at := now
	for {
		next, ok := tdr.Next(state)
		if !ok || next.At.After(until) {
			return answer
		}
		if next.At.After(at) {
			at = next.At
		}
		events := tdr.Elapse(state, at)
		if len(events) == 0 || len(answer.Steps) >= previewSteps {
			answer.Cut = len(events) != 0
			return answer
		}
		for _, event := range events {
			why := next
			if due, ok := tdr.Next(state); ok {
				why = due
			}
			state = tdr.Apply(state, event)
			step := stepOf(state, event, why, special, snapshot)
			answer.Steps = append(answer.Steps, step)
			state = unreachable(state, event, step)
		}
	}
}

// unreachable lets a level fall to the next one when nobody of it can be told.
func unreachable(state tdr.State, event tdr.Event, step contract.LadderStep) tdr.State {
	opened, ok := event.Fact.(*tdr.EscalationOpened)
	if !ok || len(step.Told) > 0 {
		return state
	}
	fact := &tdr.LevelUnreachable{Escalation: opened.Escalation, Level: opened.Level, Cause: "no_addressee"}
	return tdr.ApplyAll(state, tdr.Receive(state, fact, event.OccurredAt))
}

func stepOf(state tdr.State, event tdr.Event, why tdr.Deadline, special bool, snapshot directory.Snapshot) contract.LadderStep {
	step := contract.LadderStep{
		At: event.OccurredAt.UTC(), Type: string(event.Fact.Type()), Level: -1, Stage: string(state.Stage),
		Told: []contract.Told{}, Missing: []contract.Missing{}, Why: why,
	}
	for _, notice := range tdr.Notices(state, event.Seq-1) {
		step.Kind, step.Trigger, step.ActBy, step.ValidTo = string(notice.Kind), string(notice.Trigger), utc(notice.ActBy), notice.ValidTo.String()
		found := addressees(state, notice, special, snapshot, event.OccurredAt)
		if notice.Kind == tdr.LevelNotice {
			step.Level = notice.Level
		}
		for _, recipient := range found.Recipients {
			step.Told = append(step.Told, contract.Told{Id: recipient.ID, Name: recipient.Name, SubstituteFor: recipient.SubstituteFor})
		}
		for _, missing := range found.Missing {
			step.Missing = append(step.Missing, contract.Missing{Place: missing.Place, Id: missing.ID, Reason: string(missing.Reason)})
		}
	}
	return step
}

// addressees of a notice, as recording it will find them.
func addressees(state tdr.State, notice tdr.Notice, special bool, snapshot directory.Snapshot, at time.Time) directory.Addressees {
	of := directory.Case{Officer: state.Officer, FieldOffice: state.FieldOffice, Country: state.Country, Post: state.Post, Special: special}
	return snapshot.Addressees(notice.ToldAs(), of, at)
}
