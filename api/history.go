package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// ContactHistory is everything that happened with a request, for a court.
type ContactHistory struct {
	AsOf      time.Time
	Request   RequestView
	Facts     []HistoryEntry // what happened, by seq
	Forecasts []HistoryEntry // what was expected, by seq
	// Dispatches are what left for the post, and the way that each took: hand-over,
	// delivery, number in the post's system and recall are on record there alone.
	Dispatches []Dispatch     // oldest first
	Dates      []DeadlineView // what is to come or was missed
}

// HistoryReads is what a history is read from.
type HistoryReads struct {
	Reads
	Dispatches Dispatches
}

// HistoryEntry is an event, with the corrections that were added to it later.
type HistoryEntry struct {
	Event       tdr.Event
	Text        string // personal: what was written with it
	Corrections []tdr.Event
}

// HistoryPrinter makes a PDF of a history, the same bytes for the same history.
type HistoryPrinter interface {
	PDF(history ContactHistory) ([]byte, error)
}

// historyDates is more than a request has.
const historyDates = 500

// ReadContactHistory reads the history of a request; ErrNotFound.
func ReadContactHistory(ctx context.Context, reads HistoryReads, requestID string, now time.Time) (ContactHistory, error) {
	history := ContactHistory{AsOf: now.UTC(), Facts: []HistoryEntry{}, Forecasts: []HistoryEntry{}}
	var err error
	if history.Request, err = reads.Request(ctx, requestID); err != nil {
		return history, fmt.Errorf("read request: %w", err)
	}
	history.Request.HoldVersion = 0
	events, err := reads.Events(ctx, requestID, EventFilter{})
	if err != nil {
		return history, fmt.Errorf("read events: %w", err)
	}
	corrections := map[int64][]tdr.Event{}
	for _, event := range events {
		if corrected, is := event.Fact.(*tdr.Corrected); is {
			corrections[corrected.Event] = append(corrections[corrected.Event], event)
		}
	}
	for _, event := range events {
		if event.Fact.Type() == tdr.CorrectedType {
			continue
		}
		text, err := writtenWith(ctx, reads, event)
		if err != nil {
			return history, err
		}
		event = withoutFence(event)
		entry := HistoryEntry{Event: event, Text: text, Corrections: corrections[event.Seq]}
		if _, expected := event.Fact.(*tdr.ForecastRecorded); expected {
			history.Forecasts = append(history.Forecasts, entry)
			continue
		}
		history.Facts = append(history.Facts, entry)
	}
	if history.Dispatches, err = reads.Dispatches.OfRequest(ctx, requestID); err != nil {
		return history, fmt.Errorf("read dispatches: %w", err)
	}
	slices.Reverse(history.Dispatches)
	history.Dates, err = reads.Deadlines(ctx, DeadlineFilter{
		Sight: Sight{Everything: true}, Custody: Sight{Everything: true}, RequestID: requestID, Now: now, Page: Page{Limit: historyDates},
	})
	if err != nil {
		return history, fmt.Errorf("read dates: %w", err)
	}
	return history, nil
}

// withoutFence: a fence's version counts the holds that ever were about the
// person, those that reach no request in the reader's sight too, from which a
// claim could be inferred.
func withoutFence(e tdr.Event) contract.Event {
	switch was := e.Fact.(type) {
	case *tdr.Sent:
		told := *was
		told.Fence = 0
		e.Fact = &told
	case *tdr.InformationAnswered:
		told := *was
		told.Fence = 0
		e.Fact = &told
	case *tdr.ContactRecorded:
		told := *was
		told.Fence = 0
		e.Fact = &told
	case *tdr.HoldChanged:
		told := *was
		told.Fence = 0
		e.Fact = &told
	}
	return e
}

func writtenWith(ctx context.Context, reads Reads, event tdr.Event) (string, error) {
	if event.CommandID == "" {
		return "", nil
	}
	text, err := reads.CommandText(ctx, event.CommandID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("read what was written: %w", err)
	}
	return text, nil
}

// Contract is the history as the API answers it.
func (h ContactHistory) Contract() contract.ContactHistory {
	entryOf := func(e HistoryEntry) contract.HistoryEntry {
		return contract.HistoryEntry{
			Event: e.Event, Text: e.Text, Corrections: mapped(e.Corrections, func(e tdr.Event) contract.Event { return e }),
		}
	}
	return contract.ContactHistory{
		AsOf: utc(h.AsOf), Request: requestOf(h.Request), Facts: mapped(h.Facts, entryOf), Forecasts: mapped(h.Forecasts, entryOf),
		Dispatches: mapped(h.Dispatches, dispatchOf),
		Dates:      mapped(h.Dates, func(d DeadlineView) contract.Deadline { return deadlineOf(d, h.AsOf) }),
	}
}

// ErrMayNotExport: none of the roles of whoever asks may export a history.
var ErrMayNotExport = errors.New("not permitted to export a contact history")

// mayExport: a request out of sight is answered like one that does not exist.
func mayExport(policy identity.Policy, caller identity.Principal, view RequestView) error {
	switch {
	case policy.Allows(caller, identity.ExportHistory, view.Subject()):
		return nil
	case policy.Allows(caller, identity.ReadRequests, view.Subject()):
		return ErrMayNotExport
	default:
		return ErrNotFound
	}
}

// HistoryOrder asks for a history away from the API.
type HistoryOrder struct {
	RequestID string
	By        identity.Principal
	Now       time.Time
}

// ExportContactHistory reads a history for whoever may export it, and has that
// on record before: ErrMayNotExport, ErrNotFound, which are on record too.
func ExportContactHistory(ctx context.Context, reads HistoryReads, log AuditLog, order HistoryOrder) (ContactHistory, error) {
	view, err := reads.Request(ctx, order.RequestID)
	if err == nil {
		err = mayExport(identity.NewPolicy(), order.By, view)
	}
	act := AuditAct{
		At: order.Now, Actor: order.By.Subject, Action: string(identity.ExportHistory), Object: objectOf("/v1/requests", order.RequestID), Outcome: "done",
	}
	switch {
	case errors.Is(err, ErrNotFound):
		act.Outcome = "not_found"
	case errors.Is(err, ErrMayNotExport):
		act.Outcome = "forbidden"
	case err != nil:
		return ContactHistory{}, fmt.Errorf("export contact history: %w", err)
	}
	if failure := log.Enter(ctx, act); failure != nil {
		return ContactHistory{}, fmt.Errorf("export contact history: %w", failure)
	}
	if err != nil {
		return ContactHistory{}, err
	}
	return ReadContactHistory(ctx, reads, order.RequestID, order.Now)
}

func (s *Server) history(ctx context.Context, id string) (ContactHistory, error) {
	view, err := s.request(ctx, id)
	if err != nil {
		return ContactHistory{}, err
	}
	if !s.policy.Allows(principalOf(ctx), identity.ExportHistory, view.Subject()) {
		return ContactHistory{}, newProblem(forbidden, "")
	}
	return ReadContactHistory(ctx, HistoryReads{s.reads, s.dispatches}, id, s.clock.Now())
}

// GetContactHistory reads it as data.
func (s *Server) GetContactHistory(ctx context.Context, r contract.GetContactHistoryRequestObject) (contract.GetContactHistoryResponseObject, error) {
	history, err := s.history(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return contract.GetContactHistory200JSONResponse(history.Contract()), nil
}

// GetContactHistoryPDF reads it to be filed.
func (s *Server) GetContactHistoryPDF(ctx context.Context, r contract.GetContactHistoryPDFRequestObject) (contract.GetContactHistoryPDFResponseObject, error) {
	history, err := s.history(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	printed, err := s.print.PDF(history)
	if err != nil {
		return nil, fmt.Errorf("print contact history: %w", err)
	}
	return contract.GetContactHistoryPDF200ApplicationpdfResponse{
		Body: bytes.NewReader(printed), ContentLength: int64(len(printed)),
		Headers: contract.GetContactHistoryPDF200ResponseHeaders{ContentDisposition: `attachment; filename="` + history.Request.Code + `.pdf"`},
	}, nil
}
