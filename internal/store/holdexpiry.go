package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

const expiriesAtOnce = 100

// endExpired ends a person's holds whose last day is over where their authority
// sits, and tells counsel; one whose stay stands goes on. It is called under the person's fence row by whatever
// asks whether a hold stands, so that the row alone says so; never before the
// instant on record, whatever else is late.
func (h Holds) endExpired(ctx context.Context, q *sqlcgen.Queries, personID string, now time.Time) error {
	kept, err := h.keptByStays(ctx, q, personID, now)
	if err != nil {
		return err
	}
	ended, err := q.EndExpiredHolds(ctx, sqlcgen.EndExpiredHoldsParams{PersonID: personID, Now: now, Kept: kept})
	if err != nil {
		return err
	}
	for _, row := range ended {
		if err := q.SignalHold(ctx, sqlcgen.SignalHoldParams{HoldID: row.HoldID, At: now}); err != nil {
			return err
		}
		notice := tdr.Notice{Key: "hold/" + row.HoldID + "/expired", Kind: expiredNotice}
		// Who is to be poked for it is seen by the sweep: the caller may yet be refused.
		if _, err := h.tellCounsel(ctx, q, row.HoldID, "", notice, noticeData{On: toMaybeDate(row.ExpiresOn)}, now); err != nil {
			return err
		}
	}
	return nil
}

// EndExpiredHolds ends the holds whose day is over and that no send has asked about since.
func (s *Store) EndExpiredHolds(ctx context.Context) error {
	now := s.clock.Now().UTC()
	persons, err := s.queries().PersonsOfExpiredHolds(ctx, sqlcgen.PersonsOfExpiredHoldsParams{Now: now, MaxRows: expiriesAtOnce})
	if err != nil {
		return failed("look for expired holds", err)
	}
	for _, person := range persons {
		err := s.transact(ctx, "end expired holds", func(_ pgx.Tx, q *sqlcgen.Queries) error {
			if _, err := q.LockPerson(ctx, person); err != nil {
				return err
			}
			return s.Holds().endExpired(ctx, q, person, now)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Amend changes the days of a hold that stands; see api.Holds. Whether the caller
// quotes its authority was asked before.
func (h Holds) Amend(ctx context.Context, amendment api.HoldAmendment) (api.Hold, error) {
	var amended api.Hold
	err := h.transact(ctx, "amend hold", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		before, err := q.Hold(ctx, amendment.HoldID)
		if err != nil {
			return err
		}
		if _, err := q.LockPerson(ctx, before.PersonID); err != nil {
			return err
		}
		now := h.clock.Now().UTC()
		if err := h.endExpired(ctx, q, before.PersonID, now); err != nil {
			return err
		}
		// Read again: it may have been amended until the lock was had.
		if before, err = q.Hold(ctx, amendment.HoldID); err != nil {
			return err
		}
		if amendment.Expiry != nil && !amendment.Expiry.On.IsZero() {
			if err := h.endsWithItsStay(ctx, q, before); err != nil {
				return err
			}
		}
		amended, err = amend(ctx, q, holdOf(before), amendment, now)
		return err
	})
	return amended, err
}

// amend works under the person's fence row. Amending twice by one command is amending once.
func amend(ctx context.Context, q *sqlcgen.Queries, hold api.Hold, amendment api.HoldAmendment, now time.Time) (api.Hold, error) {
	row := sqlcgen.AddHoldAmendmentParams{AmendmentID: amendment.CommandID, HoldID: hold.ID, AmendedBy: amendment.By, AmendedAt: now}
	if !amendment.ReviewBy.IsZero() {
		hold.ReviewBy = amendment.ReviewBy
	}
	if amendment.Expiry != nil {
		hold.Expiry = *amendment.Expiry
		row.Authority, row.SourceSha256 = &hold.Authority, maybe(string(hold.Expiry.Source))
	}
	row.ReviewBy, row.ExpiresOn, row.ExpiresZone = maybeDate(hold.ReviewBy), maybeDate(hold.Expiry.On), maybe(hold.Expiry.Zone)
	fresh, err := q.AddHoldAmendment(ctx, row)
	if err != nil {
		return api.Hold{}, err
	}
	if fresh == 0 {
		standing, err := q.Hold(ctx, hold.ID)
		return holdOf(standing), err
	}
	changed, err := q.AmendHold(ctx, sqlcgen.AmendHoldParams{
		HoldID: hold.ID, ReviewBy: row.ReviewBy, ExpiresOn: row.ExpiresOn, ExpiresZone: row.ExpiresZone,
		ExpiresAt: maybeTime(hold.Expiry.At), ExpirySourceSha256: maybe(string(hold.Expiry.Source)),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return api.Hold{}, fmt.Errorf("amend hold: %w", api.ErrAlreadyLifted)
	}
	return holdOf(changed), err
}
