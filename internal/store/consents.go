package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// barOf is why a request's country may not be addressed; empty when it may.
func barOf(found sqlcgen.RecipientFindingsRow) tdr.Code {
	never := func(nationality string) bool { return playbook.NeverAddressed(nationality, found.Country) }
	switch {
	case slices.ContainsFunc(found.Nationalities, never):
		return tdr.NeverAddressed
	case found.OrderCountry != found.Country && !found.Consented:
		return tdr.ConsentMissing
	}
	return ""
}

// Consents is what counsel consented to; it implements api.Consents.
type Consents struct{ *Store }

// Consents of the store.
func (s *Store) Consents() Consents { return Consents{s} }

// Recipient tells how a request's country stands to its order; see api.Consents.
func (c Consents) Recipient(ctx context.Context, requestID string) (api.Recipient, error) {
	q := c.queries()
	found, err := q.RecipientFindings(ctx, requestID)
	if err != nil {
		return api.Recipient{}, failed("read recipient", err)
	}
	rows, err := q.CountryConsents(ctx, requestID)
	return api.Recipient{
		Country: found.Country, OrderCountry: found.OrderCountry, Bar: barOf(found), Consents: each(rows, consentOf),
	}, failed("read consents", err)
}

// Consent keeps counsel's consent; doing it twice is doing it once.
func (c Consents) Consent(ctx context.Context, consent api.CountryConsent) (api.CountryConsent, error) {
	var kept api.CountryConsent
	err := c.transact(ctx, "consent to country", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		err := q.AddCountryConsent(ctx, sqlcgen.AddCountryConsentParams{
			ConsentID: consent.ID, RequestID: consent.RequestID, OrderCountry: consent.OrderCountry, Country: consent.Country,
			Reason: consent.Reason, SourceSha256: string(consent.Source), ConsentedBy: consent.By, ConsentedAt: c.clock.Now().UTC(),
		})
		if err != nil {
			return err
		}
		row, err := q.CountryConsent(ctx, consent.ID)
		kept = consentOf(row)
		return err
	})
	return kept, err
}

func consentOf(row sqlcgen.CountryConsent) api.CountryConsent {
	return api.CountryConsent{
		ID: row.ConsentID, RequestID: row.RequestID, OrderCountry: row.OrderCountry, Country: row.Country, Reason: row.Reason,
		Source: tdr.Evidence(row.SourceSha256), By: row.ConsentedBy, At: row.ConsentedAt,
	}
}
