package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// The kinds of notices about holds. They go to counsel alone, who needs to know; a
// claim goes to the supervisor where the agency has no counsel.
const (
	// claimNotice tells counsel of a citizenship claim, which stops everything about
	// a person, and of a person who looks like another on record.
	claimNotice tdr.NoticeKind = "counsel"
	// reviewNotice tells counsel that the day of a hold's review has passed.
	reviewNotice tdr.NoticeKind = "hold_review"
	// expiredNotice tells counsel that a hold ended on the day its authority had set.
	expiredNotice tdr.NoticeKind = "hold_expired"

	reviewsAtOnce = 100
)

// alertCounsel files the notice of a citizenship claim, in the transaction that
// places it. Filing it twice is filing it once.
func (h Holds) alertCounsel(ctx context.Context, q *sqlcgen.Queries, hold api.Hold, now time.Time) ([]string, error) {
	if hold.Kind != api.CitizenshipClaim {
		return nil, nil
	}
	return h.tellCounsel(ctx, q, hold.ID, "", tdr.Notice{Key: claimKey(hold.ID), Kind: claimNotice}, noticeData{}, now)
}

func claimKey(hold string) string { return "hold/" + hold }

// repeatClaims tells counsel again, each day, of claims to citizenship that none of
// them has taken up: by a finding, a day of review of its own, or the lifting. It is
// the highest priority of all (ICE Directive 16001.2), and a mail may lie unread.
func (s *Store) repeatClaims(ctx context.Context, now time.Time) ([]string, error) {
	waiting, err := s.queries().ClaimsNotTakenUp(ctx, sqlcgen.ClaimsNotTakenUpParams{Now: now, MaxRows: reviewsAtOnce})
	if err != nil {
		return nil, failed("look for claims not taken up", err)
	}
	var poke []string
	for _, claim := range waiting {
		notice := tdr.Notice{Key: fmt.Sprintf("%s/again/%d", claimKey(claim.HoldID), claim.Days), Kind: claimNotice}
		err := s.transact(ctx, "repeat claim", func(_ pgx.Tx, q *sqlcgen.Queries) error {
			wakes, err := s.Holds().tellCounsel(ctx, q, claim.HoldID, "", notice, noticeData{}, now)
			poke = append(poke, wakes...)
			return err
		})
		if err != nil {
			return poke, err
		}
	}
	return poke, nil
}

// tellCounsel files one notice for each case of those whom a hold binds, or for one request
// alone, with the counsel desk of its office. Where there is no such desk an alarm says
// so, whoever is told instead.
func (h Holds) tellCounsel(ctx context.Context, q *sqlcgen.Queries, hold, request string, notice tdr.Notice, data noticeData, now time.Time) ([]string, error) {
	snapshot, err := h.directory.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	cases, err := q.CasesOfHold(ctx, sqlcgen.CasesOfHoldParams{HoldID: maybe(hold), RequestID: maybe(request)})
	if err != nil {
		return nil, err
	}
	var poke []string
	for _, whose := range cases {
		of := notice
		of.Key += "/" + whose.RequestID
		people := counselOf(snapshot, notice.Kind, whose, now)
		about := filing{requestID: whose.RequestID, personID: whose.PersonID, country: whose.Country, at: now}
		recorded, err := fileAll(ctx, q, about, []told{{notice: of, data: data, recipients: people.Recipients}})
		if err != nil {
			return nil, err
		}
		poke = append(poke, recorded.Poke...)
		if len(recorded.Unaddressed) > 0 || len(people.Missing) > 0 {
			detail := map[string]any{"notice": of.Key}
			if notice.Kind == claimNotice {
				// Each day's repeat is about the same claim.
				detail["notice"] = claimKey(hold) + "/" + whose.RequestID
			}
			if err := addAlarm(ctx, q, activities.AlarmUnaddressed, whose.RequestID, whose.PersonID, detail, now); err != nil {
				return nil, err
			}
		}
	}
	return poke, nil
}

func counselOf(snapshot directory.Snapshot, kind tdr.NoticeKind, whose sqlcgen.CasesOfHoldRow, now time.Time) directory.Addressees {
	of := directory.Case{Officer: whose.Officer, FieldOffice: whose.FieldOffice, Country: whose.Country, Post: whose.Post}
	if kind == claimNotice {
		return snapshot.ClaimAddressees(of, now)
	}
	return snapshot.CounselAddressees(of, now)
}

// FileHoldReviews tells counsel of the holds whose day of review has passed at the
// office, again each week, and each day of claims to citizenship that nobody has taken up;
// none ends by that. It answers with the mailboxes to poke.
func (s *Store) FileHoldReviews(ctx context.Context) ([]string, error) {
	now := s.clock.Now().UTC()
	poke, err := s.repeatClaims(ctx, now)
	if err != nil {
		return poke, err
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return poke, fmt.Errorf("read directory: %w", err)
	}
	asked := sqlcgen.HoldsToReviewParams{Today: now, MaxRows: reviewsAtOnce}
	for _, office := range snapshot.Data().Offices {
		asked.Offices = append(asked.Offices, office.Code)
		asked.Dates = append(asked.Dates, fromDate(api.LocalDate(office.Zone, now)))
	}
	overdue, err := s.queries().HoldsToReview(ctx, asked)
	if err != nil {
		return poke, failed("look for holds to review", err)
	}
	for _, hold := range overdue {
		by := toMaybeDate(hold.ReviewBy)
		notice := tdr.Notice{Key: fmt.Sprintf("hold/%s/review/%s/%d", hold.HoldID, by, hold.Weeks), Kind: reviewNotice}
		err := s.transact(ctx, "file hold review", func(_ pgx.Tx, q *sqlcgen.Queries) error {
			wakes, err := s.Holds().tellCounsel(ctx, q, hold.HoldID, "", notice, noticeData{On: by}, now)
			poke = append(poke, wakes...)
			return err
		})
		if err != nil {
			return poke, err
		}
	}
	return poke, nil
}
