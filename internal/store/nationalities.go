package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// ClaimNationality adds a claim beside those that stand; doing it twice is doing
// it once. It raises the fence: what was authorised before and has not left is
// asked again, because some countries are never addressed about some persons. What
// lies with such a country already is stopped and asked back; see stopNeverAddressed.
func (p Persons) ClaimNationality(ctx context.Context, claim api.Nationality) (api.Nationality, error) {
	var (
		kept api.Nationality
		poke []string
	)
	err := p.consularly(ctx, "claim nationality", claim.PersonID, true, func(tx pgx.Tx, q *sqlcgen.Queries, now time.Time) error {
		added, err := q.AddNationality(ctx, sqlcgen.AddNationalityParams{
			ClaimID: claim.ID, PersonID: claim.PersonID, Country: claim.Country, ClaimedBy: claim.ClaimedBy, Dated: fromDate(claim.Dated),
			SourceSha256: string(claim.Source), RecordedBy: claim.RecordedBy, RecordedAt: now,
		})
		if err == nil && added > 0 {
			poke, err = p.claimed(ctx, tx, q, claim, now)
		}
		if err != nil {
			return err
		}
		row, err := q.Nationality(ctx, claim.ID)
		kept = nationalityOf(row)
		return err
	})
	kept.Poke = poke
	return kept, err
}

// claimed works under the fences of the human.
func (p Persons) claimed(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, claim api.Nationality, now time.Time) (poke []string, err error) {
	if _, err := q.RaiseFence(ctx, claim.PersonID); err != nil {
		return nil, err
	}
	why := api.LegalEvent{ID: claim.ID, Source: claim.Source, Dated: claim.Dated, RecordedBy: claim.RecordedBy}
	return p.stopNeverAddressed(ctx, tx, q, claim.PersonID, []string{claim.Country}, why, now)
}

// consularly does what changes the consular duties of a person's detention and
// brings their deadlines up to date. Where it adds to them, the person's clock is
// woken to tell of what is new; one that was done is not told again.
func (p Persons) consularly(ctx context.Context, operation, personID string, adds bool, do func(pgx.Tx, *sqlcgen.Queries, time.Time) error) error {
	return p.transact(ctx, operation, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		if err := lockHumans(ctx, q, personID); err != nil {
			return err
		}
		now := p.clock.Now().UTC()
		if err := do(tx, q, now); err != nil {
			return err
		}
		humans, err := q.Humans(ctx, []string{personID})
		if err != nil {
			return err
		}
		for _, record := range humans {
			if err := p.consularlyOf(ctx, tx, q, record, adds && record == personID, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// consularlyOf brings one record's deadlines up to date.
func (s *Store) consularlyOf(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID string, wakes bool, now time.Time) error {
	current, err := s.LegalEvents().refresh(ctx, tx, q, personID, now)
	if err != nil || !wakes || !current.clock.Detained {
		return err
	}
	return current.wake(ctx, q)
}

// Nationalities lists the claims about a person in the order of recording.
func (p Persons) Nationalities(ctx context.Context, personID string) ([]api.Nationality, error) {
	rows, err := p.queries().Nationalities(ctx, personID)
	return each(rows, nationalityOf), failed("list nationalities", err)
}

// KnownNationalities of the human; see api.Persons.
func (p Persons) KnownNationalities(ctx context.Context, personID string) ([]string, error) {
	known, err := p.queries().KnownNationalities(ctx, personID)
	return known, failed("read nationalities", err)
}

func nationalityOf(row sqlcgen.ClaimedNationality) api.Nationality {
	return api.Nationality{
		ID: row.ClaimID, PersonID: row.PersonID, Country: row.Country, ClaimedBy: row.ClaimedBy, Dated: toDate(row.Dated),
		Source: tdr.Evidence(row.SourceSha256), RecordedBy: row.RecordedBy, RecordedAt: row.RecordedAt,
	}
}

// RecordConsularNotification keeps that a post was told of a detention, or that
// the person declined it. It is written here and nowhere else: no request, no
// dispatch and no contact comes of it (8 CFR 236.1(e)).
func (p Persons) RecordConsularNotification(ctx context.Context, told api.ConsularNotification) (api.ConsularNotification, error) {
	var row sqlcgen.ConsularNotification
	err := p.consularly(ctx, "record consular notification", told.PersonID, false, func(_ pgx.Tx, q *sqlcgen.Queries, now time.Time) error {
		err := q.AddConsularNotification(ctx, sqlcgen.AddConsularNotificationParams{
			NotificationID: told.ID, PersonID: told.PersonID, Country: told.Country, DetainedSince: fromDate(told.DetainedSince),
			Kind: told.Kind, Means: told.Means, NotifiedAt: maybeTime(told.NotifiedAt), SourceSha256: string(told.Source),
			RecordedBy: told.RecordedBy, RecordedAt: now,
		})
		if err != nil {
			return err
		}
		row, err = q.ConsularNotification(ctx, told.ID)
		return err
	})
	return notificationOf(row), err
}

// ConsularNotifications lists those about a person in the order of recording.
func (p Persons) ConsularNotifications(ctx context.Context, personID string) ([]api.ConsularNotification, error) {
	rows, err := p.queries().ConsularNotifications(ctx, personID)
	return each(rows, notificationOf), failed("list consular notifications", err)
}

func notificationOf(row sqlcgen.ConsularNotification) api.ConsularNotification {
	return api.ConsularNotification{
		ID: row.NotificationID, PersonID: row.PersonID, Country: row.Country, DetainedSince: toDate(row.DetainedSince), Kind: row.Kind,
		Means: row.Means, NotifiedAt: orZero(row.NotifiedAt), Source: tdr.Evidence(row.SourceSha256),
		RecordedBy: row.RecordedBy, RecordedAt: row.RecordedAt,
	}
}
