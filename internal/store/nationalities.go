package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// ClaimNationality adds a claim beside those that stand; doing it twice is doing
// it once. It raises the fence: what was authorised before and has not left is
// asked again, because some countries are never addressed about some persons.
func (p Persons) ClaimNationality(ctx context.Context, claim api.Nationality) (api.Nationality, error) {
	var kept api.Nationality
	err := p.transact(ctx, "claim nationality", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		if _, err := q.LockPerson(ctx, claim.PersonID); err != nil {
			return err
		}
		added, err := q.AddNationality(ctx, sqlcgen.AddNationalityParams{
			ClaimID: claim.ID, PersonID: claim.PersonID, Country: claim.Country, ClaimedBy: claim.ClaimedBy, Dated: fromDate(claim.Dated),
			SourceSha256: string(claim.Source), RecordedBy: claim.RecordedBy, RecordedAt: p.clock.Now().UTC(),
		})
		if err == nil && added > 0 {
			_, err = q.RaiseFence(ctx, claim.PersonID)
		}
		if err != nil {
			return err
		}
		row, err := q.Nationality(ctx, claim.ID)
		kept = nationalityOf(row)
		return err
	})
	return kept, err
}

// Nationalities lists the claims about a person in the order of recording.
func (p Persons) Nationalities(ctx context.Context, personID string) ([]api.Nationality, error) {
	rows, err := p.queries().Nationalities(ctx, personID)
	return each(rows, nationalityOf), failed("list nationalities", err)
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
	err := p.queries().AddConsularNotification(ctx, sqlcgen.AddConsularNotificationParams{
		NotificationID: told.ID, PersonID: told.PersonID, Country: told.Country, DetainedSince: fromDate(told.DetainedSince),
		Kind: told.Kind, Means: told.Means, NotifiedAt: maybeTime(told.NotifiedAt), SourceSha256: string(told.Source),
		RecordedBy: told.RecordedBy, RecordedAt: p.clock.Now().UTC(),
	})
	if err != nil {
		return api.ConsularNotification{}, failed("record consular notification", err)
	}
	row, err := p.queries().ConsularNotification(ctx, told.ID)
	return notificationOf(row), failed("record consular notification", err)
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
