package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// ClaimNationality records that somebody or something claims a nationality for
// a person. What was claimed before stays, and so does the country on an order.
func (s *Server) ClaimNationality(ctx context.Context, r contract.ClaimNationalityRequestObject) (contract.ClaimNationalityResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.ClaimNationality); err != nil {
		return nil, err
	}
	var faults fieldErrors
	s.checkCountry(r.Body.Country, r.Body.Dated, &faults)
	if r.Body.Dated.After(calendar.DateOf(s.clock.Now().UTC()).AddDays(1)) {
		faults.add("dated", "lies in the future")
	}
	if err := faults.problem(); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	claim := Nationality{
		ID: r.Params.IdempotencyKey, PersonID: r.Id, Country: r.Body.Country, ClaimedBy: string(r.Body.ClaimedBy),
		Dated: r.Body.Dated, Source: r.Body.Source, RecordedBy: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{ID: claim.ID, Operation: string(identity.ClaimNationality), PersonID: r.Id, Text: r.Body.Note}, claim)
}

// checkCountry: the code is one of ISO 3166 that existed on the day.
func (s *Server) checkCountry(code string, on calendar.Date, faults *fieldErrors) {
	country, known := s.packs.Country(code)
	switch {
	case !known:
		faults.add("country", "there is no such country code")
	case !country.Exists(on):
		faults.add("country", "the country code exists no longer")
	}
}

func (c *Carrier) finishNationality(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusCreated, c.persons.ClaimNationality, func(n Nationality) any {
		c.poke(ctx, n.Poke)
		return nationalityOf(n)
	})
}

// ListNationalities lists the claims about a person in the order of recording.
func (s *Server) ListNationalities(ctx context.Context, r contract.ListNationalitiesRequestObject) (contract.ListNationalitiesResponseObject, error) {
	seen, err := s.human(ctx, r.Id, identity.ReadPerson)
	if err != nil {
		return nil, err
	}
	claims, err := gather(ctx, r.Id, seen, s.persons.Nationalities)
	if err != nil {
		return nil, fmt.Errorf("list nationalities: %w", err)
	}
	return contract.ListNationalities200JSONResponse{Nationalities: mapped(claims, nationalityOf)}, nil
}

func nationalityOf(n Nationality) contract.Nationality {
	return contract.Nationality{
		Id: n.ID, PersonId: n.PersonID, Country: n.Country, ClaimedBy: n.ClaimedBy, Dated: n.Dated, Source: n.Source,
		RecordedBy: n.RecordedBy, RecordedAt: utc(n.RecordedAt),
	}
}
