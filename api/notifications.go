package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// The kinds of consular notification.
const (
	mandatoryNotification = "mandatory"
	notificationDeclined  = "declined"
)

// RecordConsularNotification records that consular officers were told of a
// detention, or that the person declined it where the list lets them (8 CFR
// 236.1(e)). It asks for no travel document.
func (s *Server) RecordConsularNotification(
	ctx context.Context, r contract.RecordConsularNotificationRequestObject,
) (contract.RecordConsularNotificationResponseObject, error) {
	if _, err := s.human(ctx, r.Id, identity.RecordConsularNotification); err != nil {
		return nil, err
	}
	known, err := s.persons.KnownNationalities(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read nationalities: %w", err)
	}
	if err := s.checkNotification(*r.Body, known); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	told := ConsularNotification{
		ID: r.Params.IdempotencyKey, PersonID: r.Id, Country: r.Body.Country, DetainedSince: r.Body.DetainedSince,
		Kind: string(r.Body.Kind), Means: string(r.Body.Means), NotifiedAt: utc(r.Body.NotifiedAt), Source: r.Body.Source,
		RecordedBy: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{
		ID: told.ID, Operation: string(identity.RecordConsularNotification), PersonID: r.Id, Text: r.Body.Note,
	}, told)
}

// checkNotification: for a country on the list the person's wish does not
// count, unless its exception applies; for any other it does. One that is never
// addressed about the person is told nothing.
func (s *Server) checkNotification(body contract.NewConsularNotification, known []string) error {
	var faults fieldErrors
	now := s.clock.Now()
	s.checkCountry(body.Country, calendar.DateOf(now.UTC()), &faults)
	if neverTold(known, body.Country) {
		faults.add("country", "is told of nobody who claims Taiwan: its own office is, at their request only (8 CFR 236.1(e))")
	}
	listed, onList := s.packs.MandatoryNotification(body.Country)
	mandatory := onList && !(body.Exception && listed.Exception != "")
	switch kind := string(body.Kind); {
	case body.Exception && listed.Exception == "":
		faults.add("exception", "the country has none")
	case mandatory != (kind == mandatoryNotification):
		faults.add("kind", "the list of 8 CFR 236.1(e) says otherwise for the country")
	}
	if declined := body.Kind == notificationDeclined; declined != body.NotifiedAt.IsZero() || declined != (body.Means == "") {
		faults.add("notified_at", "stands with means, unless the person declined")
	}
	switch {
	case body.DetainedSince.After(calendar.DateOf(now.UTC()).AddDays(1)):
		faults.add("detained_since", "lies in the future")
	case body.NotifiedAt.After(now):
		faults.add("notified_at", "lies in the future")
	case !body.NotifiedAt.IsZero() && calendar.DateOf(body.NotifiedAt.UTC()).Before(body.DetainedSince):
		faults.add("notified_at", "lies before the detention")
	}
	return faults.problem()
}

// neverTold: a nationality that is on record of the human, under whichever record
// and whoever sees it, keeps what concerns them from a country.
func neverTold(known []string, country string) bool {
	return slices.ContainsFunc(known, func(nationality string) bool { return playbook.NeverAddressed(nationality, country) })
}

func (c *Carrier) finishNotification(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusCreated, c.persons.RecordConsularNotification,
		func(n ConsularNotification) any { return notificationOf(n) })
}

// ListConsularNotifications lists what was notified, and what the person's
// detention asks for towards each claimed nationality.
func (s *Server) ListConsularNotifications(
	ctx context.Context, r contract.ListConsularNotificationsRequestObject,
) (contract.ListConsularNotificationsResponseObject, error) {
	seen, err := s.human(ctx, r.Id, identity.ReadCustody)
	if err != nil {
		return nil, err
	}
	told, err := gather(ctx, r.Id, seen, s.persons.ConsularNotifications)
	if err != nil {
		return nil, fmt.Errorf("list consular notifications: %w", err)
	}
	claims, err := gather(ctx, r.Id, seen, s.persons.Nationalities)
	if err != nil {
		return nil, fmt.Errorf("list nationalities: %w", err)
	}
	since, err := s.detainedSince(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	known, err := s.persons.KnownNationalities(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read nationalities: %w", err)
	}
	duties := []contract.ConsularDuty{}
	if !since.IsZero() {
		duties = s.consularDuties(claims, known, told, since)
	}
	return contract.ListConsularNotifications200JSONResponse{Duties: duties, Notifications: mapped(told, notificationOf)}, nil
}

// detainedSince is zero for a person who is free, or of whose custody nothing is known.
func (s *Server) detainedSince(ctx context.Context, personID string) (calendar.Date, error) {
	person, err := s.legal.Custody(ctx, personID)
	if errors.Is(err, ErrNotFound) {
		return calendar.Date{}, nil
	}
	if err != nil {
		return calendar.Date{}, fmt.Errorf("read custody clock: %w", err)
	}
	var clock custody.Clock
	if err := json.Unmarshal(person.Clock, &clock); err != nil {
		return calendar.Date{}, fmt.Errorf("read custody clock: %w", err)
	}
	if !clock.Detained {
		return calendar.Date{}, nil
	}
	return clock.DetainedSince, nil
}

// ConsularDuty is what a detention asks for towards one claimed nationality.
type ConsularDuty struct {
	Claim Nationality // the first of its country
	Done  bool
}

// ConsularDuties of a detention: each claimed nationality has one, unless one that
// is known keeps its country from being told. Only a notification since the detention began fulfils it; no request for a travel
// document does (8 CFR 236.1(e)).
func ConsularDuties(claims []Nationality, known []string, told []ConsularNotification, since calendar.Date) []ConsularDuty {
	var duties []ConsularDuty
	for _, claim := range claims {
		if neverTold(known, claim.Country) || slices.ContainsFunc(duties, func(d ConsularDuty) bool { return d.Claim.Country == claim.Country }) {
			continue
		}
		duties = append(duties, ConsularDuty{claim, slices.ContainsFunc(told, func(n ConsularNotification) bool {
			return n.Country == claim.Country && !n.DetainedSince.Before(since)
		})})
	}
	return duties
}

// consularDuties are those of each claimed nationality; where none is on record, one is to be.
func (s *Server) consularDuties(claims []Nationality, known []string, told []ConsularNotification, since calendar.Date) []contract.ConsularDuty {
	duties := []contract.ConsularDuty{}
	if len(claims) == 0 {
		return append(duties, contract.ConsularDuty{
			Duty: contract.RecordNationality, DetainedSince: since, State: contract.ConsularDutyStateOwed,
		})
	}
	for _, duty := range ConsularDuties(claims, known, told, since) {
		duties = append(duties, consularDuty(s.packs, duty.Claim.Country, since, duty.Done))
	}
	return duties
}

func consularDuty(packs playbook.Library, country string, since calendar.Date, done bool) contract.ConsularDuty {
	duty := contract.ConsularDuty{Duty: contract.Notify, Country: country, DetainedSince: since, State: contract.ConsularDutyStateOwed}
	if done {
		duty.State = contract.ConsularDutyStateDone
	}
	listed, mandatory := packs.MandatoryNotification(country)
	if mandatory {
		duty.Mandatory, duty.WithinHours, duty.Exception = true, listed.WithinHours, listed.Exception
		duty.Rule = contract.ConsularRule{Source: listed.Source, Read: listed.Read, Evidence: listed.Evidence}
	}
	return duty
}

func notificationOf(n ConsularNotification) contract.ConsularNotification {
	return contract.ConsularNotification{
		Id: n.ID, PersonId: n.PersonID, Country: n.Country, DetainedSince: n.DetainedSince, Kind: n.Kind, Means: n.Means,
		NotifiedAt: utc(n.NotifiedAt), Source: n.Source, RecordedBy: n.RecordedBy, RecordedAt: utc(n.RecordedAt),
	}
}
