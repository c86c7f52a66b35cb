package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Request reads one request; api.ErrNotFound.
func (s *Store) Request(ctx context.Context, id string) (api.RequestView, error) {
	row, err := s.queries().Request(ctx, sqlcgen.RequestParams{RequestID: &id})
	if err != nil {
		return api.RequestView{}, failed("read request", err)
	}
	return viewOf(row), nil
}

// RequestByCode finds a request by its public code; api.ErrNotFound.
func (s *Store) RequestByCode(ctx context.Context, code string) (api.RequestView, error) {
	row, err := s.queries().Request(ctx, sqlcgen.RequestParams{Code: &code})
	if err != nil {
		return api.RequestView{}, failed("read request", err)
	}
	return viewOf(row), nil
}

// Requests lists requests; see api.RequestFilter.
func (s *Store) Requests(ctx context.Context, filter api.RequestFilter) ([]api.RequestView, error) {
	after, err := KeyTime(filter.Page.AfterKey)
	if err != nil {
		return nil, err
	}
	rows, err := s.queries().Requests(ctx, sqlcgen.RequestsParams{
		Everything: filter.Sight.Everything, Offices: filter.Sight.Offices, Countries: filter.Sight.Countries,
		Posts: filter.Sight.Posts, SightOfficer: filter.Sight.Officer,
		Stage: filter.Stage, Owner: filter.Owner, Country: filter.Country, Post: filter.Post, FieldOffice: filter.FieldOffice,
		Officer: filter.Officer, OnHold: filter.OnHold, Overdue: filter.Overdue, Now: filter.Now.UTC(),
		DueBefore: maybeTime(filter.DueBefore), PersonID: maybe(filter.PersonID), AfterAt: after, AfterID: maybe(filter.Page.AfterID), MaxRows: int32(filter.Page.Limit),
	})
	if err != nil {
		return nil, failed("list requests", err)
	}
	views := make([]api.RequestView, len(rows))
	for i, row := range rows {
		views[i] = viewOf(sqlcgen.RequestRow(row))
	}
	return views, nil
}

// RequestsOf lists all requests of a person, newest first.
func (s *Store) RequestsOf(ctx context.Context, personID string) ([]api.RequestView, error) {
	rows, err := s.queries().RequestsOf(ctx, personID)
	if err != nil {
		return nil, failed("list requests of a person", err)
	}
	views := make([]api.RequestView, len(rows))
	for i, row := range rows {
		views[i] = viewOf(sqlcgen.RequestRow(row))
	}
	return views, nil
}

func viewOf(row sqlcgen.RequestRow) api.RequestView {
	return api.RequestView{
		RequestID: row.RequestID, Code: row.Code, PersonID: row.PersonID, Country: row.Country, Post: row.Post,
		FieldOffice: row.FieldOffice, Officer: row.Officer, Predecessor: orZero(row.Predecessor), HighHarm: row.HighHarm,
		PackVersion: int(row.PackVersion), PackHash: row.PackHash, Seq: row.Seq, MaterialSeq: row.MaterialSeq, HoldVersion: row.HoldVersion,
		OnHold: row.OnHold, SpecialRouting: row.SpecialRouting, Stage: tdr.Stage(row.Stage), StageSince: row.StageSince, Owner: tdr.Owner(row.Owner),
		Outcome: tdr.Outcome(row.Outcome), OpenedAt: row.OpenedAt, ClosedAt: orZero(row.ClosedAt),
		WaitingSince: orZero(row.WaitingSince), LastContactAt: orZero(row.LastContactAt), FirstIssuedAt: orZero(row.FirstIssuedAt),
		ValidTo: toMaybeDate(row.ValidTo).String(), Detained: row.Detained, Level: int(row.Level),
		NextDueAt: orZero(row.NextDueAt), NextDueKind: row.NextDueKind, TermPassedAt: row.TermPassedAt, AskedSince: row.AskedSince, Live: row.Live,
	}
}

// Events lists a request's events by seq.
func (s *Store) Events(ctx context.Context, requestID string, filter api.EventFilter) ([]tdr.Event, error) {
	types := make([]string, len(filter.Types))
	for i, kind := range filter.Types {
		types[i] = string(kind)
	}
	rows, err := s.queries().Events(ctx, sqlcgen.EventsParams{
		RequestID: requestID, After: filter.After, Types: types, MaxRows: maybe(int64(filter.Limit)),
	})
	if err != nil {
		return nil, failed("list events", err)
	}
	events := make([]tdr.Event, len(rows))
	for i, row := range rows {
		if events[i], err = eventOf(row); err != nil {
			return nil, fmt.Errorf("list events: %w", err)
		}
	}
	return events, nil
}

// Escalations lists a request's escalations by when they were asked.
func (s *Store) Escalations(ctx context.Context, requestID string) ([]api.EscalationView, error) {
	rows, err := s.queries().Escalations(ctx, sqlcgen.EscalationsParams{RequestID: &requestID})
	if err != nil {
		return nil, failed("list escalations", err)
	}
	views := make([]api.EscalationView, len(rows))
	for i, row := range rows {
		views[i] = escalationOf(row)
	}
	return views, nil
}

// Escalation reads one; api.ErrNotFound.
func (s *Store) Escalation(ctx context.Context, id string) (api.EscalationView, error) {
	rows, err := s.queries().Escalations(ctx, sqlcgen.EscalationsParams{EscalationID: &id})
	if err != nil {
		return api.EscalationView{}, failed("read escalation", err)
	}
	if len(rows) == 0 {
		return api.EscalationView{}, fmt.Errorf("read escalation: %w", notFound)
	}
	return escalationOf(rows[0]), nil
}

func escalationOf(row sqlcgen.EscalationsRow) api.EscalationView {
	return api.EscalationView{
		ID: row.EscalationID, LocalID: row.LocalID, RequestID: row.RequestID, Level: int(row.Level), Trigger: row.Trigger,
		Status: row.Status, AskedAt: row.AskedAt, AcknowledgeBy: orZero(row.AcknowledgeBy), AcknowledgedBy: row.AcknowledgedBy,
		NextUntil: orZero(row.NextUntil), UnreachableAt: orZero(row.UnreachableAt), ClosedAt: orZero(row.ClosedAt), Told: row.Told,
	}
}

// Recalls lists what a request asked back.
func (s *Store) Recalls(ctx context.Context, requestID string) ([]api.Recall, error) {
	rows, err := s.queries().Recalls(ctx, requestID)
	if err != nil {
		return nil, failed("list recalls", err)
	}
	recalls := make([]api.Recall, len(rows))
	for i, row := range rows {
		recalls[i] = api.Recall{
			ID: row.RecallID, DispatchID: row.DispatchID, RequestID: row.RequestID, Code: row.Code,
			OpenedAt: row.OpenedAt, ClosedAt: orZero(row.ClosedAt),
		}
	}
	return recalls, nil
}

// Deadlines lists what is to come or was missed; see api.DeadlineFilter.
func (s *Store) Deadlines(ctx context.Context, filter api.DeadlineFilter) ([]api.DeadlineView, error) {
	after, err := KeyTime(filter.Page.AfterKey)
	if err != nil {
		return nil, err
	}
	subject, name, behind := strings.Cut(filter.Page.AfterID, " ")
	rows, err := s.queries().Deadlines(ctx, sqlcgen.DeadlinesParams{
		Everything: filter.Sight.Everything, Offices: filter.Sight.Offices,
		Countries: filter.Sight.Countries, Posts: filter.Sight.Posts, Officer: filter.Sight.Officer,
		CustodyEverything: filter.Custody.Everything, CustodyOffices: filter.Custody.Offices,
		CustodyCountries: filter.Custody.Countries, CustodyPosts: filter.Custody.Posts, CustodyOfficer: filter.Custody.Officer,
		RequestID: maybe(filter.RequestID), PersonID: maybe(filter.PersonID), Kind: filter.Kind, Country: filter.Country,
		Office: filter.Office, Legal: filter.Legal, Overdue: filter.Overdue, Now: filter.Now.UTC(), DueBefore: maybeTime(filter.DueBefore),
		Behind: behind, AfterDue: after, AfterSubject: subject, AfterName: name, MaxRows: int32(filter.Page.Limit),
	})
	if err != nil {
		return nil, failed("list deadlines", err)
	}
	views := make([]api.DeadlineView, len(rows))
	for i, row := range rows {
		views[i] = deadlineOf(row)
	}
	return views, nil
}

func deadlineOf(row sqlcgen.DeadlinesRow) api.DeadlineView {
	level := -1
	if row.Level != nil {
		level = int(*row.Level)
	}
	return api.DeadlineView{
		Subject: row.Subject, Name: row.Name, RequestID: orZero(row.RequestID), Code: row.Code, PersonID: row.PersonID,
		Kind: row.Kind, Level: level, Legal: row.Legal, DueAt: orZero(row.DueAt), Suspended: row.Suspended,
		MetAt: orZero(row.MetAt), Why: row.Why, WithoutReason: !row.Custody,
	}
}

// MailLink is what the link in a mail leads to; api.ErrNotFound.
func (s *Store) MailLink(ctx context.Context, token string) (api.MailLink, error) {
	rows, err := s.queries().MailLink(ctx, token)
	if err != nil {
		return api.MailLink{}, failed("read mail link", err)
	}
	if len(rows) == 0 {
		return api.MailLink{}, fmt.Errorf("read mail link: %w", notFound)
	}
	var link api.MailLink
	for _, row := range rows {
		if row.Code == "" {
			continue
		}
		link.Items = append(link.Items, api.MailItem{Code: row.Code, EscalationID: row.EscalationID, Level: int(row.Level)})
	}
	return link, nil
}

// never is the sort key of rows without a time.
const never = "infinity"

// KeyTime reads the sort key of the last row seen; nil where that had none.
func KeyTime(key string) (*time.Time, error) {
	if key == "" || key == never {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339Nano, key)
	if err != nil {
		return nil, fmt.Errorf("read the page's key: %w", err)
	}
	return maybeTime(at), nil
}
