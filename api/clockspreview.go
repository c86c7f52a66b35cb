package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// previewYearsAhead bounds how far clocks are read: a yearly review and the days of
// a whole zone are written out for each year.
const previewYearsAhead = 30

// PreviewClocks reads both clocks from the events given and stores nothing.
func (s *Server) PreviewClocks(ctx context.Context, r contract.PreviewClocksRequestObject) (contract.PreviewClocksResponseObject, error) {
	if _, err := s.mayRead(ctx, identity.PreviewClocks); err != nil {
		return nil, err
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	answer, err := previewClocks(*r.Body, s.packs, snapshot, s.clock.Now())
	if err != nil {
		return nil, err
	}
	return contract.PreviewClocks200JSONResponse(answer), nil
}

// PreviewClocksJSON answers a body of POST /v1/clocks/preview without a server:
// the same question, the same answer. The error names every field at fault.
func PreviewClocksJSON(raw []byte, packs playbook.Library, snapshot directory.Snapshot, now time.Time) ([]byte, error) {
	document, err := loadSpec()
	if err != nil {
		return nil, err
	}
	value, err := parseStrict(raw)
	if err == nil {
		err = document.operations["POST /v1/clocks/preview"].checkBody(value)
	}
	if err != nil {
		return nil, spelt(err)
	}
	var question contract.ClocksQuestion
	if err := json.Unmarshal(raw, &question); err != nil {
		return nil, fmt.Errorf("read question: %w", err)
	}
	answer, err := previewClocks(question, packs, snapshot, now)
	if err != nil {
		return nil, spelt(err)
	}
	return json.MarshalIndent(answer, "", "  ")
}

// spelt writes a problem out for a terminal.
func spelt(err error) error {
	var found *problem
	if !errors.As(err, &found) {
		return err
	}
	lines := []string{meanings()[found.cause].title}
	if found.detail != "" {
		lines = append(lines, found.detail)
	}
	for _, fault := range found.errors {
		lines = append(lines, fault.Field+": "+fault.Rule)
	}
	return errors.New(strings.Join(lines, "\n"))
}

func previewClocks(question contract.ClocksQuestion, packs playbook.Library, snapshot directory.Snapshot, now time.Time) (contract.ClocksPreview, error) {
	asOf := utc(question.AsOf)
	if asOf.IsZero() {
		asOf = now.UTC()
	}
	answer := contract.ClocksPreview{AsOf: asOf}
	var faults fieldErrors
	if asOf.After(now.AddDate(previewYearsAhead, 0, 0)) {
		return answer, fault("as_of", fmt.Sprintf("lies more than %d years ahead", previewYearsAhead))
	}
	if question.Request == nil && question.Custody == nil {
		faults.add("body", "asks for a request, for custody, or for both")
	}
	var known tdr.Custody
	if question.Custody != nil {
		clock, err := previewCustody(*question.Custody, snapshot, asOf, &faults)
		if err != nil {
			return answer, err
		}
		known = tdr.Custody(clock.Summary())
		if answer.Custody, err = json.Marshal(clock); err != nil {
			return answer, fmt.Errorf("write custody clock: %w", err)
		}
	}
	if question.Request != nil {
		state, err := previewRequest(*question.Request, packs, snapshot, known, asOf, &faults)
		if err != nil {
			return answer, err
		}
		answer.Request = requestClock(state, asOf)
	}
	return answer, faults.problem()
}

// previewSource stands for the documents that a real event names.
func previewSource() custody.Source {
	return custody.Source{Type: "preview", SHA256: strings.Repeat("0", 64)}
}

func previewCustody(history contract.CustodyHistory, snapshot directory.Snapshot, asOf time.Time, faults *fieldErrors) (custody.Clock, error) {
	office, ok := snapshot.Office(history.Office)
	if !ok {
		faults.add("custody.office", "there is no such office")
		return custody.Clock{}, nil
	}
	events, first := custodyEvents(history)
	slice, err := calendar.Build(office.Calendar(), first.AddDays(-1), calendar.DateOf(asOf).AddDays(366*calendarYearsAhead))
	if err != nil {
		return custody.Clock{}, fault("custody.events", "lie behind the day asked for")
	}
	clock, err := custody.Derive(events, custody.Newest(), custody.View{
		AsOf: slice.LocalDate(asOf), KnownAt: utc(history.KnownAt), Office: slice,
	})
	var broken *custody.HistoryError
	if errors.As(err, &broken) {
		for _, problem := range broken.Problems {
			faults.add(eventField(problem, events), "%s", string(problem.Rule))
		}
		return custody.Clock{}, nil
	}
	if err != nil {
		return custody.Clock{}, fmt.Errorf("derive custody clock: %w", err)
	}
	return clock, nil
}

// custodyEvents numbers events that have no id, and finds the first day.
func custodyEvents(history contract.CustodyHistory) ([]custody.Event, calendar.Date) {
	events := make([]custody.Event, 0, len(history.Events))
	first := history.Events[0].Date
	for i, given := range history.Events {
		id := given.Id
		if id == "" {
			id = strconv.Itoa(i + 1)
		}
		if given.Date.Before(first) {
			first = given.Date
		}
		events = append(events, custody.Event{
			ID: id, Kind: custody.Kind(given.Kind), Date: given.Date, RecordedAt: utc(given.RecordedAt),
			Source: previewSource(), Corrects: given.Corrects, Stay: given.Stay,
		})
	}
	return events, first
}

// eventField points to the last event that breaks a rule: the others stood before it came.
func eventField(problem custody.Problem, events []custody.Event) string {
	last := -1
	for i, event := range events {
		if slices.Contains(problem.Events, event.ID) {
			last = i
		}
	}
	if last < 0 {
		return "custody.events"
	}
	return fmt.Sprintf("custody.events.%d", last)
}

func previewRequest(history contract.RequestHistory, packs playbook.Library, snapshot directory.Snapshot, known tdr.Custody, asOf time.Time, faults *fieldErrors) (tdr.State, error) {
	before := len(*faults)
	opened := utc(history.OpenedAt)
	if opened.After(asOf) {
		faults.add("request.opened_at", "lies behind the instant asked for")
	}
	pack, err := packs.Pack(history.Country, calendar.DateOf(opened))
	if err != nil {
		faults.add("request.country", "no pack applies to the country")
	}
	checkPost(snapshot, "request.post", history.Post, history.Country, opened, faults)
	if _, ok := snapshot.Office(history.FieldOffice); !ok {
		faults.add("request.field_office", "there is no such office")
	}
	if len(*faults) > before {
		return tdr.State{}, nil
	}
	first, last := calendar.DateOf(opened).AddDays(-366), calendar.DateOf(asOf).AddDays(366*calendarYearsAhead)
	fact := &tdr.Opened{
		Open: tdr.Open{
			RequestID: "preview", PersonID: "preview", Country: history.Country, Post: history.Post,
			FieldOffice: history.FieldOffice, HighHarm: history.HighHarm,
		},
		Rules: tdr.CurrentRules, Terms: pack.Terms(), Custody: known,
	}
	if fact.OfficeTime, err = sliceOf(snapshot, "office/"+history.FieldOffice, first, last); err != nil {
		return tdr.State{}, err
	}
	if fact.PostTime, err = sliceOf(snapshot, "post/"+history.Post, first, last); err != nil {
		return tdr.State{}, err
	}
	state := tdr.Apply(tdr.State{}, tdr.Event{Seq: 1, OccurredAt: opened, RecordedAt: opened, Actor: tdr.System(), Fact: fact})
	return previewEvents(state, history.Events, asOf, faults), nil
}

// previewEvents applies dated facts in their order.
func previewEvents(state tdr.State, events []contract.DatedEvent, asOf time.Time, faults *fieldErrors) tdr.State {
	latest := state.OpenedAt
	for i, given := range events {
		field := fmt.Sprintf("request.events.%d", i)
		at := utc(given.OccurredAt)
		switch {
		case at.Before(latest):
			faults.add(field+".occurred_at", "lies before the event ahead of it")
		case at.After(asOf):
			faults.add(field+".occurred_at", "lies behind the instant asked for")
		}
		latest = at
		fact, rule := factOf(given, state)
		if rule != "" {
			faults.add(field, "%s", rule)
			continue
		}
		state = tdr.Apply(state, tdr.Event{Seq: state.Seq + 1, OccurredAt: at, RecordedAt: at, Actor: tdr.System(), Fact: fact})
	}
	return state
}

// factOf reads a fact of the type named. What only makes sense in a recorded
// history is refused.
func factOf(given contract.DatedEvent, state tdr.State) (tdr.Fact, string) {
	unfit := []tdr.Type{tdr.OpenedType, tdr.CorrectedType, tdr.CalendarsRenewedType}
	fact, err := tdr.NewFact(tdr.Type(given.Type))
	if err != nil || slices.Contains(unfit, tdr.Type(given.Type)) {
		return nil, "type names no fact that can be given"
	}
	if len(given.Data) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(given.Data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(fact); err != nil {
			return nil, "data is not what the type holds"
		}
	}
	if answered, ok := fact.(*tdr.InformationAnswered); ok && answered.Stage == "" {
		answered.Stage = state.CameFrom
	}
	return fact, ""
}

func sliceOf(snapshot directory.Snapshot, of string, first, last calendar.Date) (calendar.Slice, error) {
	rules, ok := snapshot.Calendar(of)
	if !ok {
		return calendar.Slice{}, fmt.Errorf("calendar of %s: %w", of, ErrNotFound)
	}
	return calendar.Build(rules, first, last)
}
