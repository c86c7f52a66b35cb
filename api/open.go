package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// codeAttempts bounds how often another public code is drawn; one in hundreds
// of millions is taken.
const codeAttempts = 5

// opening is what a stored opening carries on from: the event with which the
// workflow starts, whenever that is.
type opening struct {
	Event tdr.Event `json:"event"`
	// Fresh tells that the person was new, so that nothing can stand against them.
	Fresh bool `json:"fresh,omitempty"`
}

// Open takes a request in and starts its life.
func (s *Server) Open(ctx context.Context, asked contract.OpenRequestObject) (contract.OpenResponseObject, error) {
	answer, err := s.open(ctx, asked)
	if err == nil {
		return answer, nil
	}
	var exists *LiveRequestExists
	if errors.As(err, &exists) {
		err = s.liveRequest(ctx, exists.RequestID)
	}
	return s.again(ctx, asked.Params.IdempotencyKey, err)
}

// liveRequest names the other request only to who may see it.
func (s *Server) liveRequest(ctx context.Context, id string) error {
	found := newProblem(liveRequestExists, "")
	_, err := s.request(ctx, id)
	switch {
	case err == nil:
		found.requestID = id
	case !errors.Is(err, ErrNotFound):
		return err
	}
	return found
}

func (s *Server) open(ctx context.Context, asked contract.OpenRequestObject) (kept, error) {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return kept{}, fmt.Errorf("read directory: %w", err)
	}
	draft, err := s.draft(ctx, snapshot, *asked.Body)
	if err != nil {
		return kept{}, err
	}
	facts, err := s.openingFacts(ctx, snapshot, draft)
	if err != nil {
		return kept{}, err
	}
	for range codeAttempts {
		var stored StoredCommand
		stored, err = s.takeIn(ctx, asked, draft, facts)
		if !errors.Is(err, ErrCodeTaken) {
			if err != nil {
				return kept{}, err
			}
			return s.settle(ctx, stored)
		}
	}
	return kept{}, err
}

// draft is an opening whose every field points to something.
type draft struct {
	open   tdr.Open
	person *PersonDetails // nil when on record
	pack   playbook.Pack
}

// draft checks what the body names, and lists all that is wrong with it.
func (s *Server) draft(ctx context.Context, snapshot directory.Snapshot, body contract.NewRequest) (draft, error) {
	now, caller := s.clock.Now(), principalOf(ctx)
	if !s.policy.May(caller, identity.Open) {
		return draft{}, newProblem(forbidden, "")
	}
	if body.Officer == "" {
		body.Officer = caller.Subject
	}
	made := draft{open: tdr.Open{
		RequestID: s.newID(), PersonID: body.PersonId, Country: body.Country, Post: body.Post, FieldOffice: body.FieldOffice,
		Officer: body.Officer, Predecessor: body.Predecessor, HighHarm: body.HighHarm,
		Order: tdr.Order{
			Type: body.Order.Type, Number: body.Order.Number, Date: body.Order.Date, Source: body.Order.Source, Country: body.Order.Country,
		},
	}}
	var faults fieldErrors
	office, valid := snapshot.OfficeOn(body.FieldOffice, now)
	if !valid {
		faults.add("field_office", "there is no such office today")
	}
	today := LocalDate(office.Zone, now)
	made.pack = s.packFor(body.Country, today, &faults)
	checkPost(snapshot, "post", body.Post, body.Country, now, &faults)
	officerIn(snapshot, body.Officer, now, &faults)
	if body.Order.Date.After(today) {
		faults.add("order.date", "an order cannot be dated in the future")
	}
	if !tdr.PermitsContact(body.Order.Type) {
		faults.add("order.type", "is no final order and no voluntary departure")
	}
	if body.Order.Country != "" {
		s.checkOrderCountry(body.Order, &faults)
	}
	if err := s.draftPerson(ctx, body, today, &made, &faults); err != nil {
		return draft{}, err
	}
	if err := s.checkRecipient(ctx, made, &faults); err != nil {
		return draft{}, err
	}
	if err := s.checkPredecessor(ctx, body, made.open.PersonID, &faults); err != nil {
		return draft{}, err
	}
	if err := faults.problem(); err != nil {
		return draft{}, err
	}
	// The officer named is left out: naming oneself opens no other office.
	subject := identity.Subject{FieldOffice: body.FieldOffice, Country: body.Country, Post: body.Post}
	if !s.policy.Allows(caller, identity.Open, subject) {
		return draft{}, newProblem(forbidden, "")
	}
	return made, nil
}

// LocalDate is the date of an instant in a zone; an office that is not there has none and gets UTC's.
func LocalDate(zone string, now time.Time) calendar.Date {
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	return calendar.DateOf(now.In(location))
}

func (s *Server) packFor(country string, today calendar.Date, faults *fieldErrors) playbook.Pack {
	pack, err := s.packs.Pack(country, today)
	switch {
	case errors.Is(err, playbook.ErrUnknownCountry):
		faults.add("country", "there is no such country code")
	case errors.Is(err, playbook.ErrWithdrawnCountry):
		faults.add("country", "the country code exists no longer")
	case err != nil:
		faults.add("country", "no travel document is asked of it")
	}
	return pack
}

// checkName: a name has letters, and nothing that prints unlike what it says.
func checkName(field, name string, faults *fieldErrors) {
	switch {
	case hasUnseen(name):
		faults.add(field, "holds a character that can't be seen")
	case !strings.ContainsFunc(name, unicode.IsLetter):
		faults.add(field, "has no letter")
	}
}

// hasUnseen: fillers are letters by their class and print nothing. The two joiners
// are spelling behind a letter or its mark, in Persian and in the scripts of India.
func hasUnseen(name string) bool {
	const joiners = "\u200c\u200d"
	var before rune
	for _, r := range name {
		joins := strings.ContainsRune(joiners, r) && unicode.In(before, unicode.L, unicode.M)
		if !joins && !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			return true
		}
		before = r
	}
	return false
}

// draftPerson finds the person whom the request is about, or notes a new one.
func (s *Server) draftPerson(ctx context.Context, body contract.NewRequest, today calendar.Date, made *draft, faults *fieldErrors) error {
	given := body.Person != contract.NewPerson{}
	if given == (body.PersonId != "") {
		faults.add("person", "give either person_id or person")
		return nil
	}
	if !given {
		return s.knownPerson(ctx, body, faults)
	}
	if body.Person.BirthDate.After(today) {
		faults.add("person.birth_date", "lies in the future")
	}
	checkOrderDate(body, body.Person.BirthDate, faults)
	if body.Person.GivenNames != "" {
		checkName("person.given_names", body.Person.GivenNames, faults)
	}
	checkName("person.family_name", body.Person.FamilyName, faults)
	details := PersonDetails{
		FamilyName: body.Person.FamilyName, GivenNames: body.Person.GivenNames,
		BirthDate: body.Person.BirthDate, ANumber: body.Person.ANumber,
	}
	if details.ANumber != "" {
		id, err := s.byNumber(ctx, details)
		if errors.Is(err, ErrPersonDiffers) {
			faults.add("person.a_number", "belongs to other details")
			return nil
		}
		if err != nil {
			return err
		}
		made.open.PersonID = id
	}
	if made.open.PersonID == "" {
		made.open.PersonID, made.person = s.newID(), &details
	}
	return nil
}

// knownPerson: a person of whom the caller may see no request is as absent as one who is not on record.
func (s *Server) knownPerson(ctx context.Context, body contract.NewRequest, faults *fieldErrors) error {
	_, err := s.person(ctx, body.PersonId, identity.ReadRequests)
	if errors.Is(err, ErrNotFound) {
		faults.add("person_id", "there is no such person")
		return nil
	}
	if err != nil {
		return err
	}
	born, err := s.intakes.BirthDate(ctx, body.PersonId)
	if err != nil {
		return fmt.Errorf("read birth date: %w", err)
	}
	checkOrderDate(body, born, faults)
	return nil
}

func checkOrderDate(body contract.NewRequest, born calendar.Date, faults *fieldErrors) {
	if body.Order.Date.Before(born) {
		faults.add("order.date", "an order cannot be dated before birth")
	}
}

// openingFacts are written down with the request and decide its dates from then on.
func (s *Server) openingFacts(ctx context.Context, snapshot directory.Snapshot, made draft) (tdr.OpeningFacts, error) {
	facts := tdr.OpeningFacts{Rules: tdr.CurrentRules, Terms: made.pack.Terms()}
	var err error
	if facts.OfficeTime, err = s.calendarOf(snapshot, "office/"+made.open.FieldOffice); err != nil {
		return facts, fmt.Errorf("write the office's calendar down: %w", err)
	}
	if facts.PostTime, err = s.calendarOf(snapshot, "post/"+made.open.Post); err != nil {
		return facts, fmt.Errorf("write the post's calendar down: %w", err)
	}
	if made.person != nil {
		return facts, nil
	}
	known, err := s.legal.Custody(ctx, made.open.PersonID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return facts, fmt.Errorf("read custody: %w", err)
	}
	facts.Custody = known.Summary
	return facts, nil
}

// takeIn draws a public code, lets the core open the request, and stores all of it.
func (s *Server) takeIn(ctx context.Context, asked contract.OpenRequestObject, made draft, facts tdr.OpeningFacts) (StoredCommand, error) {
	var err error
	if made.open.PublicCode, err = drawCode(s.random); err != nil {
		return StoredCommand{}, err
	}
	now, caller := utc(s.clock.Now()), principalOf(ctx)
	subject := identity.Subject{FieldOffice: made.open.FieldOffice, Country: made.open.Country, Post: made.open.Post}
	command := tdr.Command{ID: asked.Params.IdempotencyKey, Actor: ActorFor(caller, subject), Act: &made.open}
	events, err := tdr.Decide(tdr.State{}, command, tdr.Facts{Now: now, Opening: &facts})
	if err != nil {
		return StoredCommand{}, err
	}
	input, err := json.Marshal(opening{Event: events[0], Fresh: made.person != nil})
	if err != nil {
		return StoredCommand{}, fmt.Errorf("write opening: %w", err)
	}
	stored, _, err := s.intakes.TakeIn(ctx, Intake{
		Command: NewCommand{
			ID: command.ID, Principal: caller.Subject, Operation: string(identity.Open), Fingerprint: callOf(ctx).fingerprint(),
			RequestID: made.open.RequestID, PersonID: made.open.PersonID, Input: input, Text: asked.Body.Note,
		},
		Open: made.open, NewPerson: made.person, PackVersion: made.pack.Version, PackHash: made.pack.Hash, OpenedAt: now,
	})
	if err != nil {
		return StoredCommand{}, fmt.Errorf("take the request in: %w", err)
	}
	return stored, nil
}

// finishOpening starts the workflow and records the event that it starts with.
func (c *Carrier) finishOpening(ctx context.Context, stored StoredCommand) (Answer, error) {
	var from opening
	if err := json.Unmarshal(stored.Input, &from); err != nil {
		return Answer{}, fmt.Errorf("read stored opening: %w", err)
	}
	state := tdr.Apply(tdr.State{}, from.Event)
	view, err := c.openingView(ctx, state, from.Fresh)
	if err != nil {
		return Answer{}, err
	}
	starting, cancel := context.WithTimeout(ctx, c.engineWait)
	defer cancel()
	if err := c.engine.StartRequest(starting, state.ID, workflows.RequestInput{State: state}); err != nil {
		return Answer{}, fmt.Errorf("start the request: %w", err)
	}
	row := tdr.Project(state)
	view = view.after(row)
	answer, err := changeAnswer(http.StatusCreated, view, []tdr.Event{from.Event}, map[string]string{"Location": "/v1/requests/" + state.ID})
	if err != nil {
		return Answer{}, err
	}
	recording := activities.Recording{RequestID: state.ID, Events: []tdr.Event{from.Event}, Row: row}
	first, recorded, err := c.commands.RecordCommand(ctx, recording, CommandDone{CommandID: stored.ID, Answer: answer})
	if err != nil {
		return Answer{}, fmt.Errorf("record opening: %w", err)
	}
	c.poke(ctx, recorded.Poke)
	return first, nil
}

// openingView spares a read for a new person: nothing holds.
func (c *Carrier) openingView(ctx context.Context, state tdr.State, fresh bool) (RequestView, error) {
	if !fresh {
		view, err := c.reads.Request(ctx, state.ID)
		if err != nil {
			return RequestView{}, fmt.Errorf("read request: %w", err)
		}
		return view, nil
	}
	view := RequestView{
		RequestID: state.ID, Code: state.PublicCode, PersonID: state.Person, Country: state.Country, FieldOffice: state.FieldOffice,
		HighHarm: state.HighHarm, PackVersion: state.Terms.Version, PackHash: state.Terms.Hash, OpenedAt: state.OpenedAt, HoldVersion: 1, Live: true,
	}
	if opened, ok := state.Log[0].Fact.(*tdr.Opened); ok {
		view.Predecessor = opened.Predecessor
	}
	return view, nil
}

// codeLetters leave out what is read or heard as something else.
const codeLetters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// drawCode draws a public code, "TD-7Q4M2K": random, so that it tells nothing.
func drawCode(random io.Reader) (string, error) {
	const length = 6
	code := []byte("TD-")
	var drawn [1]byte
	for len(code) < len("TD-")+length {
		if _, err := io.ReadFull(random, drawn[:]); err != nil {
			return "", fmt.Errorf("draw a code: %w", err)
		}
		// What does not divide evenly is drawn again, so that all letters are equally likely.
		if int(drawn[0]) < 256/len(codeLetters)*len(codeLetters) {
			code = append(code, codeLetters[int(drawn[0])%len(codeLetters)])
		}
	}
	return string(code), nil
}
