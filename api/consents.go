package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// CountryConsent is counsel's word that a request may ask another country than
// the one that its order names. It is of that pair of countries alone.
type CountryConsent struct {
	ID           string
	RequestID    string
	OrderCountry string // ISO 3166-1 alpha-3
	Country      string
	Reason       string // a code
	Source       tdr.Evidence
	By           string
	At           time.Time
}

// Recipient is how the country that a request asks stands to its order.
type Recipient struct {
	Country      string
	OrderCountry string   // empty: no order is on record
	Bar          tdr.Code // ConsentMissing or NeverAddressed; empty: it may be addressed
	Consents     []CountryConsent
}

// Consents keeps what counsel consented to.
type Consents interface {
	// Recipient: ErrNotFound.
	Recipient(ctx context.Context, requestID string) (Recipient, error)
	// Consent keeps one; CountryConsent.ID is the command id.
	Consent(ctx context.Context, consent CountryConsent) (CountryConsent, error)
}

// ConsentToCountry records counsel's consent. It sends nothing and opens no gate
// that something else has closed.
func (s *Server) ConsentToCountry(ctx context.Context, r contract.ConsentToCountryRequestObject) (contract.ConsentToCountryResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if !s.policy.Allows(principalOf(ctx), identity.ConsentToCountry, view.Subject()) {
		return nil, newProblem(forbidden, "")
	}
	recipient, err := s.consents.Recipient(ctx, view.RequestID)
	if err != nil {
		return nil, fmt.Errorf("read recipient: %w", err)
	}
	switch {
	case view.Stage == tdr.Closed:
		return s.again(ctx, r.Params.IdempotencyKey, &problem{cause: stageForbids, stage: tdr.Closed})
	case recipient.Bar == tdr.NeverAddressed:
		return s.again(ctx, r.Params.IdempotencyKey, newProblem(neverAddressed, ""))
	case recipient.OrderCountry == recipient.Country:
		return s.again(ctx, r.Params.IdempotencyKey, fault("body", "is not needed: the order names the country that is asked"))
	}
	consent := CountryConsent{
		ID: r.Params.IdempotencyKey, RequestID: view.RequestID, OrderCountry: recipient.OrderCountry, Country: recipient.Country,
		Reason: r.Body.Reason, Source: r.Body.Source, By: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{
		ID: consent.ID, Operation: string(identity.ConsentToCountry), PersonID: view.PersonID, RequestID: view.RequestID, Text: r.Body.Note,
	}, consent)
}

func (c *Carrier) finishConsent(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusCreated, c.consents.Consent, func(consent CountryConsent) any { return consentOf(consent) })
}

// ListCountryConsents reads how a request's country stands to its order.
func (s *Server) ListCountryConsents(ctx context.Context, r contract.ListCountryConsentsRequestObject) (contract.ListCountryConsentsResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	recipient, err := s.consents.Recipient(ctx, view.RequestID)
	if err != nil {
		return nil, fmt.Errorf("read recipient: %w", err)
	}
	return contract.ListCountryConsents200JSONResponse{
		Country: recipient.Country, OrderCountry: recipient.OrderCountry, Bar: string(recipient.Bar), Consents: mapped(recipient.Consents, consentOf),
	}, nil
}

// checkOrderCountry: the code is one that existed on the day of the order.
func (s *Server) checkOrderCountry(order contract.Order, faults *fieldErrors) {
	country, known := s.packs.Country(order.Country)
	if !known || !country.Exists(order.Date) {
		faults.add("order.country", "there was no such country code on the day of the order")
	}
}

// checkRecipient: what can never be sent is not begun.
func (s *Server) checkRecipient(ctx context.Context, made draft, faults *fieldErrors) error {
	nationalities := []string{made.open.Order.Country}
	if made.person == nil && made.open.PersonID != "" {
		known, err := s.persons.KnownNationalities(ctx, made.open.PersonID)
		if err != nil {
			return fmt.Errorf("read nationalities: %w", err)
		}
		nationalities = append(nationalities, known...)
	}
	if neverTold(nationalities, made.open.Country) {
		faults.add("country", "is never asked about a person of this nationality")
	}
	return nil
}

func consentOf(c CountryConsent) contract.CountryConsent {
	return contract.CountryConsent{
		OrderCountry: c.OrderCountry, Country: c.Country, Reason: c.Reason, Source: c.Source, ConsentedBy: c.By, ConsentedAt: utc(c.At),
	}
}
