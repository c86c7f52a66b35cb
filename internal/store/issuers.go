package store

import (
	"context"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// Issuers is the list of verified issuing authorities; it implements api.Issuers.
type Issuers struct{ *Store }

// Issuers of the store.
func (s *Store) Issuers() Issuers { return Issuers{s} }

// List puts an issuer on the list; the same listing twice is one, another of
// the same first day is api.ErrListed.
func (i Issuers) List(ctx context.Context, issuer api.Issuer) (api.Issuer, error) {
	now := i.clock.Now().UTC()
	added, err := i.queries().ListIssuer(ctx, sqlcgen.ListIssuerParams{
		Issuer: issuer.ID, Post: issuer.Post, ValidFrom: fromDate(issuer.ValidFrom), ValidTo: maybeDate(issuer.ValidTo),
		Source: issuer.Source, ListedBy: issuer.ListedBy, ListedAt: &now,
	})
	if err != nil {
		return api.Issuer{}, failed("list issuer", err)
	}
	listed, err := i.issuer(ctx, issuer)
	if err == nil && added == 0 && (listed.Source != issuer.Source || listed.ValidTo != issuer.ValidTo || listed.ListedBy != issuer.ListedBy) {
		err = fmt.Errorf("list issuer: %w", api.ErrListed)
	}
	return listed, err
}

// End says on which day a listing ended; api.ErrNotFound, api.ErrEnded.
func (i Issuers) End(ctx context.Context, ending api.IssuerEnding) (api.Issuer, error) {
	now := i.clock.Now().UTC()
	changed, err := i.queries().EndIssuer(ctx, sqlcgen.EndIssuerParams{
		Issuer: ending.ID, Post: ending.Post, ValidFrom: fromDate(ending.ValidFrom), ValidTo: maybeDate(ending.ValidTo),
		EndSource: ending.Source, EndedBy: ending.By, EndedAt: &now,
	})
	if err != nil {
		return api.Issuer{}, failed("end issuer", err)
	}
	listed, err := i.issuer(ctx, api.Issuer{ID: ending.ID, Post: ending.Post, ValidFrom: ending.ValidFrom})
	if err == nil && changed == 0 && (listed.EndSource != ending.Source || listed.ValidTo != ending.ValidTo) {
		err = fmt.Errorf("end issuer: %w", api.ErrEnded)
	}
	return listed, err
}

func (i Issuers) issuer(ctx context.Context, of api.Issuer) (api.Issuer, error) {
	row, err := i.queries().Issuer(ctx, sqlcgen.IssuerParams{Issuer: of.ID, Post: of.Post, ValidFrom: fromDate(of.ValidFrom)})
	return issuerOf(row), failed("read issuer", err)
}

// Of lists the issuers of a post, ended ones too.
func (i Issuers) Of(ctx context.Context, post string) ([]api.Issuer, error) {
	rows, err := i.queries().Issuers(ctx, post)
	return each(rows, issuerOf), failed("list issuers", err)
}

func issuerOf(row sqlcgen.Issuer) api.Issuer {
	return api.Issuer{
		ID: row.Issuer, Post: row.Post, ValidFrom: toDate(row.ValidFrom), ValidTo: toMaybeDate(row.ValidTo), Source: row.Source,
		ListedBy: row.ListedBy, ListedAt: orZero(row.ListedAt), EndSource: row.EndSource, EndedBy: row.EndedBy, EndedAt: orZero(row.EndedAt),
	}
}

// IssuerOf gives the issuer of a request's newest document and how it stood on
// the list on the day of issue, which is that of the post; see api.Reads.
func (s *Store) IssuerOf(ctx context.Context, requestID string) (api.DocumentIssuer, error) {
	row, err := s.queries().IssuerOfRequest(ctx, requestID)
	if err != nil {
		return api.DocumentIssuer{}, failed("look issuer up", err)
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return api.DocumentIssuer{}, fmt.Errorf("look issuer up: %w", err)
	}
	day := calendar.DateOf(row.IssuedAt.UTC())
	if post, ok := snapshot.Post(row.Post); ok {
		if zone, err := time.LoadLocation(post.Zone); err == nil {
			day = calendar.DateOf(row.IssuedAt.In(zone))
		}
	}
	found, err := s.queries().IssuerListed(ctx, sqlcgen.IssuerListedParams{Issuer: row.Issuer, Post: row.Post, Day: fromDate(day)})
	return api.DocumentIssuer{Issuer: row.Issuer, Known: found.Known, Listed: found.Listed && row.Issuer != ""}, failed("look issuer up", err)
}
