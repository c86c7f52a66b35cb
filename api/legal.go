package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// legalInput is what a stored legal event carries on from.
type legalInput struct {
	PersonID string     `json:"person_id"`
	Entry    LegalEntry `json:"entry"`
	Seen     []string   `json:"seen"` // requests that the caller may see, as in holdInput
}

// RecordLegalEvent records a dated legal fact from its source document.
func (s *Server) RecordLegalEvent(ctx context.Context, r contract.RecordLegalEventRequestObject) (contract.RecordLegalEventResponseObject, error) {
	b := r.Body
	event := LegalEvent{
		ID: r.Params.IdempotencyKey, Kind: b.Kind, Dated: b.Date, Office: b.Office, SourceType: b.SourceType, Source: b.Source,
		Corrects: b.Corrects, HoldID: b.Stay, Signed: signatureFrom(b.Signed),
	}
	return s.legalEvent(ctx, r.Id, event, b.Note)
}

// RecordCustody records that a person was detained or released.
func (s *Server) RecordCustody(ctx context.Context, r contract.RecordCustodyRequestObject) (contract.RecordCustodyResponseObject, error) {
	b := r.Body
	event := LegalEvent{
		ID: r.Params.IdempotencyKey, Kind: string(b.Kind), Dated: b.Date, Office: b.Office, SourceType: b.SourceType,
		Source: b.Source, Corrects: b.Corrects,
	}
	return s.legalEvent(ctx, r.Id, event, b.Note)
}

func (s *Server) legalEvent(ctx context.Context, personID string, event LegalEvent, note string) (kept, error) {
	seen, err := s.person(ctx, personID, identity.RecordLegalEvent)
	if err != nil {
		return kept{}, err
	}
	event.RecordedBy = principalOf(ctx).Subject
	if err := s.checkLegalEvent(ctx, personID, event); err != nil {
		return s.again(ctx, event.ID, err)
	}
	entry, err := s.withHold(ctx, personID, event)
	if err != nil {
		return s.again(ctx, event.ID, err)
	}
	return s.perform(ctx, NewCommand{
		ID: event.ID, Operation: string(identity.RecordLegalEvent), PersonID: personID, Text: note,
	}, legalInput{PersonID: personID, Entry: entry, Seen: mapped(seen, requestID)})
}

// checkLegalEvent: the kind is one that the custody clock knows, the office
// exists, and the date is no later than today there and not before birth.
func (s *Server) checkLegalEvent(ctx context.Context, personID string, event LegalEvent) error {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	born, err := s.intakes.BirthDate(ctx, personID)
	if err != nil {
		return fmt.Errorf("read birth date: %w", err)
	}
	var faults fieldErrors
	if !slices.Contains(legalKinds(), custody.Kind(event.Kind)) {
		faults.add("kind", "there is no such legal event")
	}
	office, valid := snapshot.OfficeOn(event.Office, s.clock.Now())
	if !valid {
		faults.add("office", "there is no such office today")
	}
	if event.Dated.After(LocalDate(office.Zone, s.clock.Now())) {
		faults.add("date", "lies in the future")
	}
	if event.Dated.Before(born) {
		faults.add("date", "lies before birth")
	}
	if custody.Kind(event.Kind) == custody.Retracted && event.Corrects == "" {
		faults.add("corrects", "is missing: a retraction names the event that never happened")
	}
	if event.HoldID != "" && custody.Kind(event.Kind) != custody.StayEnded {
		faults.add("stay", "belongs to the end of a stay")
	}
	err = s.checkSigned(ctx, snapshot, notice{
		personID: personID, office: event.Office, needed: custody.Kind(event.Kind) == custody.NoncomplianceNotice, signed: event.Signed,
	}, &faults)
	if event.Signed.On.After(event.Dated) {
		faults.add("signed.on", "lies after the notice was served")
	}
	return both(err, faults.problem())
}

// legalKinds are the kinds of legal events that people record.
func legalKinds() []custody.Kind {
	return []custody.Kind{
		custody.OrderFinal, custody.OrderVacated, custody.StayGranted, custody.StayEnded, custody.CriminalCustodyEnded,
		custody.Detained, custody.Released, custody.ReleaseRevoked, custody.ReviewNoticeServed, custody.CustodyDecision,
		custody.HeadquartersDecision, custody.CustodyTransferred, custody.AssistanceRequested, custody.LikelihoodDetermined,
		custody.NoncomplianceNotice, custody.Complied, custody.HabeasFiled, custody.HabeasEnded, custody.Retracted,
	}
}

// withHold: a court stay is a hold and a dated legal event at once, and so is
// its end. A correction of either lifts no hold: that is done by name. Where it
// brings a stay back, or takes the order away, recording it places one.
func (s *Server) withHold(ctx context.Context, personID string, event LegalEvent) (LegalEntry, error) {
	entry := LegalEntry{Event: event}
	if event.Corrects != "" {
		return s.correctedStay(ctx, personID, entry)
	}
	switch custody.Kind(event.Kind) {
	case custody.StayGranted:
		entry.Event.HoldID = event.ID
		snapshot, err := s.directory.Snapshot(ctx)
		if err != nil {
			return entry, fmt.Errorf("read directory: %w", err)
		}
		hold := HoldOf(personID, event, StayHold, snapshot, s.clock.Now())
		entry.Places = &hold
	case custody.StayEnded:
		return s.stayEnd(ctx, personID, entry)
	}
	return entry, nil
}

// HoldOf is the hold, on everything about a person, that goes with a legal event.
// Its id is the event's, and the usual authority of its kind ends it. Its day of
// review is counted from today at the event's office.
func HoldOf(personID string, event LegalEvent, kind string, snapshot directory.Snapshot, now time.Time) Hold {
	office, _ := snapshot.Office(event.Office)
	return Hold{
		ID: event.ID, PersonID: personID, Scope: personScope, Kind: kind, Authority: holdRuleOf(kind).authorities[0],
		Source: event.Source, Dated: event.Dated, PlacedBy: event.RecordedBy,
		ReviewBy: LocalDate(office.Zone, now).AddDays(reviewDays),
	}
}

// stayEnd ties the end of a stay to its hold and lifts that, which only those
// may do who lift holds. A hold that was lifted by name before is left as it
// is: the legal period starts anew all the same.
func (s *Server) stayEnd(ctx context.Context, personID string, entry LegalEntry) (LegalEntry, error) {
	standing, err := s.standingStays(ctx, personID)
	if err != nil {
		return entry, err
	}
	if entry.Event.HoldID == "" && len(standing) == 1 {
		entry.Event.HoldID = standing[0]
	}
	if !slices.Contains(standing, entry.Event.HoldID) {
		return entry, fault("stay", "names a stay that stands; it may be left out when there is one only")
	}
	hold, err := s.holds.OfStay(ctx, entry.Event.HoldID)
	if errors.Is(err, ErrNotFound) {
		return entry, nil
	}
	if err != nil {
		return entry, fmt.Errorf("read the stay's hold: %w", err)
	}
	if _, err := s.person(ctx, personID, identity.LiftHold); err != nil {
		return entry, err
	}
	entry.Lifts = &Lifting{
		CommandID: entry.Event.ID, HoldID: hold.ID, By: entry.Event.RecordedBy, Source: entry.Event.Source, Reason: "stay_ended",
	}
	return entry, nil
}

// correctedStay keeps a corrected event tied to the hold of the one it replaces.
func (s *Server) correctedStay(ctx context.Context, personID string, entry LegalEntry) (LegalEntry, error) {
	events, err := s.legal.Events(ctx, personID)
	if err != nil {
		return entry, fmt.Errorf("read legal events: %w", err)
	}
	for _, event := range events {
		if event.ID != entry.Event.Corrects {
			continue
		}
		if entry.Event.Kind == event.Kind {
			entry.Event.HoldID = event.HoldID
		}
		return entry, CheckCorrection(event, entry.Event)
	}
	return entry, ErrCorrected
}

// CheckCorrection: a correction says better what happened, or that it never did
// (ErrCorrectedKind). Of another kind, it would bring about what nobody recorded.
func CheckCorrection(corrected, correction LegalEvent) error {
	if correction.Kind != corrected.Kind && custody.Kind(correction.Kind) != custody.Retracted {
		return ErrCorrectedKind
	}
	return nil
}

// standingStays are the holds of stays that have no end on record.
func (s *Server) standingStays(ctx context.Context, personID string) ([]string, error) {
	events, err := s.legal.Events(ctx, personID)
	if err != nil {
		return nil, fmt.Errorf("read legal events: %w", err)
	}
	replaced := map[string]bool{}
	for _, event := range events {
		replaced[event.Corrects] = true
	}
	var standing []string
	for _, event := range events {
		switch {
		case replaced[event.ID]:
		case custody.Kind(event.Kind) == custody.StayGranted:
			standing = append(standing, event.HoldID)
		case custody.Kind(event.Kind) == custody.StayEnded:
			standing = slices.DeleteFunc(standing, func(hold string) bool { return hold == event.HoldID })
		}
	}
	return standing, nil
}

// finishLegalEvent records a stored legal event with the hold that goes with it.
func (c *Carrier) finishLegalEvent(ctx context.Context, stored StoredCommand) (Answer, error) {
	var input legalInput
	if err := json.Unmarshal(stored.Input, &input); err != nil {
		return Answer{}, fmt.Errorf("read stored legal event: %w", err)
	}
	event, clock, err := c.legal.Record(ctx, input.PersonID, input.Entry)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	c.poke(ctx, event.Poke)
	custodyNow, err := custodyOf(clock)
	if err != nil {
		return Answer{}, err
	}
	body := contract.LegalEventRecorded{
		Event: legalEventOf(event), Custody: *custodyNow,
		MayHaveLeft: recallsFor(input.Seen, event.MayHaveLeft),
	}
	answer, err := jsonAnswer(http.StatusCreated, body, nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

// ListLegalEvents reads the legal facts of a person, in the order of recording.
func (s *Server) ListLegalEvents(ctx context.Context, r contract.ListLegalEventsRequestObject) (contract.ListLegalEventsResponseObject, error) {
	seen, err := s.human(ctx, r.Id, identity.ReadCustody)
	if err != nil {
		return nil, err
	}
	events, err := gather(ctx, r.Id, seen, s.legal.Events)
	if err != nil {
		return nil, fmt.Errorf("read legal events: %w", err)
	}
	return contract.ListLegalEvents200JSONResponse{Events: mapped(events, legalEventOf)}, nil
}

// GetCustody reads the custody clock of a person.
func (s *Server) GetCustody(ctx context.Context, r contract.GetCustodyRequestObject) (contract.GetCustodyResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.ReadCustody); err != nil {
		return nil, err
	}
	clock, err := s.custodyClock(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if clock == nil {
		return nil, ErrNotFound
	}
	return contract.GetCustody200JSONResponse(*clock), nil
}

// custodyClock is nil when nothing was recorded of the person yet.
func (s *Server) custodyClock(ctx context.Context, personID string) (*contract.Custody, error) {
	clock, err := s.legal.Custody(ctx, personID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil //nolint:nilnil // no clock is an answer
	case err != nil:
		return nil, fmt.Errorf("read custody clock: %w", err)
	}
	return custodyOf(clock)
}

func custodyOf(c PersonCustody) (*contract.Custody, error) {
	var clock custody.Clock
	if err := json.Unmarshal(c.Clock, &clock); err != nil {
		return nil, fmt.Errorf("read custody clock: %w", err)
	}
	view := &contract.Custody{
		Duties:   custodyDuties(clock),
		PersonId: c.PersonID, Office: c.Office, Detained: c.Summary.Detained, Suspended: c.Summary.Suspended,
		R0: c.Summary.R0, HabeasFiled: c.Summary.HabeasFiled, Clock: c.Clock, DerivedAt: utc(c.DerivedAt),
	}
	view.Day90, view.Day180 = clock.RemovalDays()
	switch {
	case clock.Suspended:
		view.NoDays = contract.Stayed
	case view.Day90.IsZero():
		view.NoDays = contract.NoOrder
	}
	return view, nil
}

func legalEventOf(e LegalEvent) contract.LegalEvent {
	return contract.LegalEvent{
		Id: e.ID, Kind: e.Kind, Date: e.Dated, Office: e.Office, SourceType: e.SourceType, Source: e.Source,
		Corrects: e.Corrects, Hold: e.HoldID, Decision: e.Decision, Signed: signatureOf(e.Signed), RecordedAt: utc(e.RecordedAt), RecordedBy: e.RecordedBy,
	}
}
