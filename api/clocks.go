package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// state folds a request's recorded history. What the engine knows and has not
// recorded yet is missing, by seconds.
func (s *Server) state(ctx context.Context, requestID string) (tdr.State, error) {
	events, err := s.reads.Events(ctx, requestID, EventFilter{})
	if err != nil {
		return tdr.State{}, fmt.Errorf("read events: %w", err)
	}
	return tdr.ApplyAll(tdr.State{}, events), nil
}

// GetClocks reads the dates of the request and, where the caller may, of the
// person's custody: two clocks, neither of which moves the other.
func (s *Server) GetClocks(ctx context.Context, r contract.GetClocksRequestObject) (contract.GetClocksResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	state, err := s.state(ctx, view.RequestID)
	if err != nil {
		return nil, err
	}
	answer := contract.Clocks{Request: requestClock(state, s.clock.Now())}
	if s.policy.Allows(principalOf(ctx), identity.ReadCustody, view.Subject()) {
		if answer.Custody, err = s.custodyClock(ctx, view.PersonID); err != nil {
			return nil, err
		}
	} else {
		answer.Request.Deadlines = deadlinesWithoutCustody(answer.Request.Deadlines)
	}
	return contract.GetClocks200JSONResponse(answer), nil
}

func requestClock(state tdr.State, now time.Time) contract.RequestClock {
	return contract.RequestClock{
		Seq: state.Seq, AsOf: now.UTC(), Stage: stageOf(state), StageSince: utc(state.StageSince), WaitingSince: utc(state.Waiting.Since),
		Deadlines: mapped(tdr.Due(state), func(d tdr.Deadline) contract.RequestDeadline { return d }),
	}
}

// stageOf names the stage before the first event as the read model does.
func stageOf(state tdr.State) tdr.Stage {
	if state.Seq == 0 {
		return "opening"
	}
	return state.Stage
}

// ListDeadlines lists coming and missed dates from the record, so that they
// can be read with the engine away.
func (s *Server) ListDeadlines(ctx context.Context, r contract.ListDeadlinesRequestObject) (contract.ListDeadlinesResponseObject, error) {
	sight, err := s.mayRead(ctx, identity.ReadDeadlines)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	rows, err := s.reads.Deadlines(ctx, DeadlineFilter{
		Sight: sight, Custody: sightOf(s.policy, principalOf(ctx), identity.ReadCustody), RequestID: r.Params.Request,
		PersonID: r.Params.Person, Kind: r.Params.Kind, Country: r.Params.Country, Office: r.Params.FieldOffice,
		Legal: r.Params.Legal, Overdue: r.Params.Overdue, DueBefore: r.Params.DueBefore, Now: now, Page: page,
	})
	if err != nil {
		return nil, fmt.Errorf("list deadlines: %w", err)
	}
	rows, next := cut(rows, page, func(d DeadlineView) (string, string) { return sortKey(d.DueAt), d.Subject + " " + d.Name })
	views := mapped(rows, func(d DeadlineView) contract.Deadline { return deadlineOf(d, now) })
	return contract.ListDeadlines200JSONResponse{AsOf: now.UTC(), Deadlines: views, Next: next}, nil
}

func deadlineOf(d DeadlineView, now time.Time) contract.Deadline {
	view := contract.Deadline{
		Subject: d.Subject, Name: d.Name, Request: d.RequestID, Code: d.Code, PersonId: d.PersonID, Kind: d.Kind, Level: d.Level,
		Legal: d.Legal, DueAt: utc(d.DueAt), Suspended: d.Suspended, Why: d.Why,
	}
	if d.WithoutReason {
		view.Why = json.RawMessage(`{"rule":"` + byLaw + `"}`)
	}
	if !d.DueAt.IsZero() && now.After(d.DueAt) {
		view.LateSeconds = int64(now.Sub(d.DueAt) / time.Second)
	}
	return view
}
