package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Sight bounds a list to what a caller may see: a request is in sight when any
// one of the lists names it. It says in SQL's terms what identity.Sees says of one subject.
type Sight struct {
	Everything bool
	Offices    []string
	Countries  []string
	Posts      []string
	Officer    string // whose own cases are in sight wherever they are; empty: nobody's
}

// Page is one page of a list that is ordered by a key and an id.
type Page struct {
	AfterKey string // sort key of the last row seen, as the row gave it; empty: from the beginning
	AfterID  string
	Limit    int // rows wanted, 1 to 201
}

// RequestView is a request as the read model has it.
type RequestView struct {
	RequestID   string
	Code        string
	PersonID    string
	Country     string
	Post        string
	FieldOffice string
	Officer     string
	Predecessor string
	HighHarm    bool
	PackVersion int
	PackHash    string
	Seq         int64 // 0: taken in, the workflow has not answered yet
	MaterialSeq int64
	// HoldVersion is 1, and one more with each placing of a hold that
	// reaches the request. The person's fence would count those of other requests too.
	HoldVersion int64
	OnHold      bool // a hold stands in scope
	// SpecialRouting tells that a flag of the person changes who is asked.
	SpecialRouting bool
	Stage          tdr.Stage // "opening" while Seq is 0
	StageSince     time.Time
	Owner          tdr.Owner
	Outcome        tdr.Outcome
	OpenedAt       time.Time
	ClosedAt       time.Time
	WaitingSince   time.Time
	LastContactAt  time.Time
	FirstIssuedAt  time.Time
	ValidTo        string // a date, or empty
	Detained       bool
	Level          int // highest open level, -1 for none
	NextDueAt      time.Time
	NextDueKind    string
	TermPassedAt   time.Time // when the stage outlasted its term, in the stay that lasts; zero when it has not
	AskedSince     time.Time // the first asking of the ladder that is open; zero for none
	Live           bool
}

// OverdueSince is the first instant from which RequestFilter.Overdue counts the
// request, as far as what passed was told already: a deadline that passed and
// was not is still NextDueAt. Zero when it is not overdue so.
func (v RequestView) OverdueSince() time.Time {
	switch {
	case !v.Live:
		return time.Time{}
	case v.TermPassedAt.IsZero() || !v.AskedSince.IsZero() && v.AskedSince.Before(v.TermPassedAt):
		return v.AskedSince
	default:
		return v.TermPassedAt
	}
}

// Subject is what decides who sees the request.
func (v RequestView) Subject() identity.Subject {
	return identity.Subject{FieldOffice: v.FieldOffice, Country: v.Country, Post: v.Post, Officer: v.Officer}
}

// RequestFilter narrows a list of requests; empty fields do not.
type RequestFilter struct {
	Sight       Sight
	Stage       string
	Owner       string
	Country     string
	Post        string
	FieldOffice string
	Officer     string
	OnHold      *bool
	Overdue     *bool     // a deadline of the request, stage term or ladder, has passed at Now
	DueBefore   time.Time // next_due_at before
	PersonID    string    // entered for that record; what is joined with it has its own
	Now         time.Time
	// Page is by opened_at descending, id descending; the key is opened_at in
	// RFC 3339 with microseconds.
	Page Page
}

// EventFilter narrows a request's events.
type EventFilter struct {
	After int64      // behind this seq
	Types []tdr.Type // empty: all
	Limit int        // 0: all
}

// EscalationView is an asking of one level of a request.
type EscalationView struct {
	ID             string // UUID
	LocalID        string // the core's, "L2-17"
	RequestID      string
	Level          int
	Trigger        string
	Status         string
	AskedAt        time.Time
	AcknowledgeBy  time.Time
	AcknowledgedBy string
	NextUntil      time.Time
	UnreachableAt  time.Time
	ClosedAt       time.Time
	// Told are the directory ids of those to whom a notice of it was filed; empty: nobody was found.
	Told []string
}

// Recall is something that left, or may have, and is asked back.
type Recall struct {
	ID         string
	DispatchID string
	RequestID  string
	Code       string // of the request
	OpenedAt   time.Time
	ClosedAt   time.Time
}

// DeadlineView is a coming or missed date of a request or of a person's custody.
type DeadlineView struct {
	Subject   string // "request/<uuid>" or "custody/<uuid>"
	Name      string // unique in the subject
	RequestID string
	Code      string // of the request
	PersonID  string
	Kind      string
	Level     int // -1: none
	Legal     bool
	DueAt     time.Time // zero while suspended
	Suspended bool
	MetAt     time.Time
	Why       json.RawMessage
	// WithoutReason tells that Why names what the reader may not read of custody.
	WithoutReason bool
}

// DeadlineFilter narrows a list of deadlines; empty fields do not. Met ones are
// left out, but for what the law asks for in detention, which stands until it is done.
type DeadlineFilter struct {
	Sight     Sight // of the request whose date it is
	Custody   Sight // of any request of the record whose custody date it is: need to know; a merge widens it for nobody
	RequestID string
	PersonID  string
	Kind      string
	Country   string
	Office    string
	Legal     *bool
	Overdue   *bool // passed at Now
	DueBefore time.Time
	Now       time.Time
	// Page is by due_at, subject, name. The key is due_at as in RequestFilter, or
	// "infinity" for suspended ones, which come last; the id is "<subject> <name>".
	Page Page
}

// MailLink is what the link in a mail leads to.
type MailLink struct {
	Items []MailItem
}

// MailItem is one thing that the mail asked for.
type MailItem struct {
	Code         string // public code of the request
	EscalationID string // empty when nothing is to be acknowledged
	Level        int    // -1: none
}

// Reads answers questions from the read model. Single reads answer ErrNotFound.
type Reads interface {
	Request(ctx context.Context, id string) (RequestView, error)
	// RequestByCode finds a request by its public code; ErrNotFound.
	RequestByCode(ctx context.Context, code string) (RequestView, error)
	Requests(ctx context.Context, filter RequestFilter) ([]RequestView, error)
	// Person reads who a person is.
	Person(ctx context.Context, personID string) (PersonDetails, error)
	// CommandText reads what somebody wrote with a command, which is personal; ErrNotFound.
	CommandText(ctx context.Context, commandID string) (string, error)
	// RequestsOf lists all requests of a person, and of the records merged with theirs, newest
	// first; empty when there is no such person.
	RequestsOf(ctx context.Context, personID string) ([]RequestView, error)
	// Events are by seq.
	Events(ctx context.Context, requestID string, filter EventFilter) ([]tdr.Event, error)
	// Escalations are by asked_at.
	Escalations(ctx context.Context, requestID string) ([]EscalationView, error)
	Escalation(ctx context.Context, id string) (EscalationView, error)
	Recalls(ctx context.Context, requestID string) ([]Recall, error)
	Deadlines(ctx context.Context, filter DeadlineFilter) ([]DeadlineView, error)
	// IssuerOf gives the issuer of the request's newest issued event and tells how
	// it stood on the verified list of the request's post on the day of issue there.
	IssuerOf(ctx context.Context, requestID string) (DocumentIssuer, error)
}

// Bottleneck is a group of requests and where their days went. Open requests
// count with the days they have waited until AsOf.
type Bottleneck struct {
	Key             string  // of the group
	Requests        int     // that are or were in the group
	Open            int     // of them, those that are in it now
	Closed          int     // of them, those that are closed
	WaitingDays     float64 // in the group, open intervals included; calendar days of 24 hours
	OpenWaitingDays float64 // of them in intervals that still last
	MedianDays      float64 // of what one request waited in the group, up to now where it still waits
	P85Days         float64 // likewise
	Overdue         int     // open requests with a passed stage term or ladder date; a held one counts as if it were not
	OpenEscalations int
}

// BottleneckQuery asks where requests are stuck.
type BottleneckQuery struct {
	Sight Sight
	// GroupBy is one of country, post, field_office, officer, stage, owner. Grouped by
	// stage or owner a request counts in each of its stages; its days count where they were spent.
	GroupBy string
	Country string
	Office  string
	AsOf    time.Time
}

// Reports answers managers.
type Reports interface {
	// Bottlenecks come with the most waiting days first.
	Bottlenecks(ctx context.Context, query BottleneckQuery) ([]Bottleneck, error)
}
