package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// PersonID finds a person by A-number; see api.Intakes.
func (s *Store) PersonID(ctx context.Context, details api.PersonDetails) (string, error) {
	if details.ANumber == "" {
		return "", nil
	}
	id, birthDate, err := s.personal.findPerson(ctx, s.pool, details.ANumber)
	switch {
	case errors.Is(err, api.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case birthDate != details.BirthDate:
		return id, fmt.Errorf("find person: %w", api.ErrPersonDiffers)
	}
	return id, nil
}

// SameNames compares details with those of a person on record; see api.Intakes.
func (s *Store) SameNames(ctx context.Context, personID string, details api.PersonDetails) (bool, error) {
	known, err := s.personal.person(ctx, s.pool, personID)
	if err != nil {
		return false, err
	}
	return vault.SameNames(columnsOf(known), columnsOf(details)), nil
}

// BirthDate is that of a person on record; see api.Intakes.
func (s *Store) BirthDate(ctx context.Context, personID string) (calendar.Date, error) {
	details, err := s.personal.person(ctx, s.pool, personID)
	return details.BirthDate, err
}

// errOnRecord ends an intake whose command is on record.
var errOnRecord = errors.New("command is on record")

// TakeIn stores everything a new request needs before its workflow starts; see
// api.Intakes. What stood before it, holds and custody, waits for it in the outbox.
func (s *Store) TakeIn(ctx context.Context, intake api.Intake) (api.StoredCommand, bool, error) {
	now := s.clock.Now().UTC()
	err := s.transact(ctx, "take request in", func(tx pgx.Tx, q *sqlcgen.Queries) error {
		fresh, err := s.storeCommand(ctx, tx, intake.Command, now)
		if err != nil {
			return err
		}
		if !fresh {
			return errOnRecord
		}
		alike, err := s.takePerson(ctx, tx, intake, now)
		if err != nil {
			return err
		}
		if err := s.takeRequest(ctx, tx, intake); err != nil {
			return err
		}
		if intake.NewPerson != nil {
			return s.holdAlike(ctx, tx, q, intake.Open, alike, now)
		}
		if err := s.takeNationality(ctx, tx, q, intake.Open, now); err != nil {
			return err
		}
		if err := s.LegalEvents().askForOrder(ctx, tx, q, intake.Open.PersonID, now); err != nil {
			return err
		}
		return s.catchUp(ctx, q, intake.Open, now)
	})
	switch {
	case errors.Is(err, errOnRecord):
		stored, err := s.sameCommand(ctx, s.queries(), intake.Command)
		return stored, false, err
	case err != nil:
		return api.StoredCommand{}, false, err
	}
	return freshCommand(intake.Command, now), true, nil
}

// takePerson adds the person, or locks the one on record: from here on nobody
// else places a hold or opens a request for them. It answers who looks like somebody new.
func (s *Store) takePerson(ctx context.Context, tx pgx.Tx, intake api.Intake, now time.Time) (alike []string, err error) {
	q := sqlcgen.New(tx)
	id := intake.Open.PersonID
	if intake.NewPerson == nil {
		if err := lockHumans(ctx, q, id); err != nil {
			return nil, err
		}
		other, err := q.LiveRequestOf(ctx, sqlcgen.LiveRequestOfParams{PersonID: id, Country: intake.Open.Country})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return nil, &api.LiveRequestExists{RequestID: other}
	}
	if err := q.AddPerson(ctx, sqlcgen.AddPersonParams{PersonID: id, CreatedAt: now}); err != nil {
		return nil, err
	}
	return s.personal.putPerson(ctx, tx, *intake.NewPerson, Kept{PersonID: id, By: intake.Command.Principal, At: now})
}

func (s *Store) takeRequest(ctx context.Context, tx pgx.Tx, intake api.Intake) error {
	q := sqlcgen.New(tx)
	open := intake.Open
	err := q.AddRequest(ctx, sqlcgen.AddRequestParams{
		RequestID: open.RequestID, Code: open.PublicCode, PersonID: open.PersonID, Country: open.Country, Post: open.Post,
		FieldOffice: open.FieldOffice, Officer: open.Officer, Predecessor: maybe(open.Predecessor), HighHarm: open.HighHarm,
		PackVersion: int32(intake.PackVersion), PackHash: intake.PackHash, OpenedAt: intake.OpenedAt.UTC(),
	})
	if brokeConstraint(err, "requests_code_key") {
		return api.ErrCodeTaken
	}
	if err != nil {
		return err
	}
	order, err := derived(open.RequestID, "order")
	if err != nil {
		return err
	}
	err = q.AddOrder(ctx, sqlcgen.AddOrderParams{
		OrderID: order, PersonID: open.PersonID, RequestID: open.RequestID, Type: open.Order.Type, Dated: fromDate(open.Order.Date),
		SourceSha256: string(open.Order.Source), Country: cmp.Or(open.Order.Country, open.Country), RecordedAt: intake.OpenedAt.UTC(), RecordedBy: intake.Command.Principal,
	})
	if err != nil {
		return err
	}
	return s.personal.put(ctx, tx, Kept{
		PersonID: open.PersonID, Row: order, Values: map[string]string{orderNumberColumn: open.Order.Number},
		By: intake.Command.Principal, At: intake.OpenedAt,
	})
}

// takeNationality: an order gives the human a nationality, of whom another request
// may be asking a country that is never told. Who is told hears of it with the next post.
func (s *Store) takeNationality(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, open tdr.Open, now time.Time) error {
	why := api.LegalEvent{ID: open.RequestID, Source: open.Order.Source, Dated: open.Order.Date, RecordedBy: tdr.System().ID}
	_, err := s.stopNeverAddressed(ctx, tx, q, open.PersonID, []string{open.Order.Country}, why, now)
	return err
}

// catchUp leaves in the outbox what the request could not hear before it was.
func (s *Store) catchUp(ctx context.Context, q *sqlcgen.Queries, open tdr.Open, now time.Time) error {
	if err := q.SignalStandingHolds(ctx, sqlcgen.SignalStandingHoldsParams{RequestID: open.RequestID, At: now}); err != nil {
		return err
	}
	row, err := q.CustodyClock(ctx, open.PersonID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var clock custody.Clock
	if err := json.Unmarshal(row.Clock, &clock); err != nil {
		return fmt.Errorf("read custody clock: %w", err)
	}
	return signalCustody(ctx, q, open.PersonID, open.RequestID, clock, now)
}

// signalCustody tells live requests of a person, or one of them, how the clock stands.
func signalCustody(ctx context.Context, q *sqlcgen.Queries, personID, requestID string, clock custody.Clock, now time.Time) error {
	payload, err := json.Marshal(tdr.CustodyChanged{Custody: requestCustody(clock)})
	if err != nil {
		return fmt.Errorf("write custody signal: %w", err)
	}
	return q.SignalCustodyToRequests(ctx, sqlcgen.SignalCustodyToRequestsParams{
		PersonID: personID, RequestID: maybe(requestID), Payload: payload, At: now,
	})
}

// requestCustody is what a request reads of the clock.
func requestCustody(clock custody.Clock) tdr.Custody { return tdr.Custody(clock.Summary()) }

// Abandon ends an opening that can never start; see api.Intakes.
func (s *Store) Abandon(ctx context.Context, requestID string, done api.CommandDone) (api.Answer, error) {
	var first bool
	err := s.transact(ctx, "abandon request", func(_ pgx.Tx, q *sqlcgen.Queries) (err error) {
		if err := q.AbandonRequest(ctx, requestID); err != nil {
			return err
		}
		first, err = s.finish(ctx, q, done)
		return err
	})
	if err != nil {
		return api.Answer{}, err
	}
	return s.answer(ctx, done, first)
}
