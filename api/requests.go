package api

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// mayRead refuses who holds no role for a kind of list; what the list shows is
// bounded by their sight.
func (s *Server) mayRead(ctx context.Context, operation identity.Operation) (Sight, error) {
	if !s.policy.May(principalOf(ctx), operation) {
		return Sight{}, newProblem(forbidden, "")
	}
	return sightOf(s.policy, principalOf(ctx), operation), nil
}

// ListRequests lists what the caller may see.
func (s *Server) ListRequests(ctx context.Context, r contract.ListRequestsRequestObject) (contract.ListRequestsResponseObject, error) {
	sight, err := s.mayRead(ctx, identity.ReadRequests)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := s.reads.Requests(ctx, RequestFilter{
		Sight: sight, Stage: string(r.Params.Stage), Owner: string(r.Params.Owner), Country: r.Params.Country, Post: r.Params.Post,
		FieldOffice: r.Params.FieldOffice, Officer: r.Params.Officer, OnHold: r.Params.OnHold, Overdue: r.Params.Overdue,
		DueBefore: r.Params.DueBefore, PersonID: r.Params.Person, Now: s.clock.Now(), Page: page,
	})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	rows, next := cut(rows, page, func(v RequestView) (string, string) { return sortKey(v.OpenedAt), v.RequestID })
	return contract.ListRequests200JSONResponse{Requests: mapped(rows, requestOf), Next: next}, nil
}

// GetRequest reads one request, with the version that a change has to name.
func (s *Server) GetRequest(ctx context.Context, r contract.GetRequestRequestObject) (contract.GetRequestResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	recalls, err := s.reads.Recalls(ctx, view.RequestID)
	if err != nil {
		return nil, fmt.Errorf("read recalls: %w", err)
	}
	return contract.GetRequest200JSONResponse{
		Body:    contract.RequestDetail{Request: requestOf(view), Recalls: mapped(recalls, recallOf)},
		Headers: contract.GetRequest200ResponseHeaders{ETag: etagOf(view.Seq, view.HoldVersion)},
	}, nil
}

// ListEvents reads what happened.
func (s *Server) ListEvents(ctx context.Context, r contract.ListEventsRequestObject) (contract.ListEventsResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	limit := limitOf(r.Params.Limit)
	events, err := s.reads.Events(ctx, r.Id, EventFilter{After: r.Params.After, Limit: limit + 1})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	var next int64
	if len(events) > limit {
		events = events[:limit]
		next = events[limit-1].Seq
	}
	told := withoutFence
	if !s.policy.Allows(principalOf(ctx), identity.ReadCustody, view.Subject()) {
		told = withoutCustody
	}
	return contract.ListEvents200JSONResponse{Events: mapped(events, told), NextAfter: next}, nil
}

// ListContacts reads contacts with the post; what happened and what is
// expected stay apart.
func (s *Server) ListContacts(ctx context.Context, r contract.ListContactsRequestObject) (contract.ListContactsResponseObject, error) {
	if _, err := s.request(ctx, r.Id); err != nil {
		return nil, err
	}
	events, err := s.reads.Events(ctx, r.Id, EventFilter{Types: []tdr.Type{tdr.ContactRecordedType, tdr.ForecastRecordedType}})
	if err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	return contract.ListContacts200JSONResponse{Contacts: mapped(events, contactView)}, nil
}

func contactView(e tdr.Event) contract.Contact {
	view := contract.Contact{Seq: e.Seq, Kind: contract.Fact, OccurredAt: utc(e.OccurredAt), RecordedAt: utc(e.RecordedAt), By: e.Actor.ID}
	switch fact := e.Fact.(type) {
	case *tdr.ContactRecorded:
		view.Direction, view.Medium, view.Answered = fact.Direction, fact.Medium, &fact.Answered
	case *tdr.ForecastRecorded:
		view.Kind, view.Expects, view.ExpectedBy, view.Basis = contract.Forecast, fact.Expects, fact.By, fact.Basis
	}
	return view
}

// GetCommand tells its caller, and nobody else, how far a command is.
func (s *Server) GetCommand(ctx context.Context, r contract.GetCommandRequestObject) (contract.GetCommandResponseObject, error) {
	stored, err := s.commands.Command(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read command: %w", err)
	}
	if stored.Principal != principalOf(ctx).Subject || !s.policy.May(principalOf(ctx), identity.ReadCommands) {
		return nil, ErrNotFound
	}
	return contract.GetCommand200JSONResponse(commandView(stored)), nil
}
