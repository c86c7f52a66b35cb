package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// authorityLasts bounds how long an authorised effect may be begun; after that
// the gate is asked again.
const authorityLasts = 10 * time.Second

// Authorise asks the gate whether one thing may leave; see api.Fence. The
// person's row is held from before the first check until the dispatch is
// 'sending', so that a hold is placed either before, and seen here, or after,
// and sees the dispatch.
func (s *Store) Authorise(ctx context.Context, asked api.Authorisation, postCountry string) (tdr.Gate, error) {
	var gate tdr.Gate
	err := s.transact(ctx, "authorise dispatch", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		person, err := q.PersonOfRequest(ctx, asked.RequestID)
		if err != nil {
			return err
		}
		fence, err := q.LockPerson(ctx, person)
		if err != nil {
			return err
		}
		if err := s.Holds().endExpired(ctx, q, person, s.clock.Now().UTC()); err != nil {
			return err
		}
		found, err := q.GateFindings(ctx, sqlcgen.GateFindingsParams{RequestID: asked.RequestID, DispatchID: asked.CommandID})
		if err != nil {
			return err
		}
		recipient, err := q.RecipientFindings(ctx, asked.RequestID)
		if err != nil {
			return err
		}
		order := tdr.PermitsContact(found.OrderType) && found.OrderSource != "" && found.OrderCountry != ""
		gate = tdr.Gate{
			Bar:   barOf(recipient),
			Fence: fence, Content: tdr.ContentHash(found.Approved), Country: postCountry,
			OrderOnRecord: order && !found.OrderGone, HoldStands: found.Held,
		}
		if !mayLeave(gate, found, asked) {
			return nil
		}
		gate.Dispatch, err = s.dispatch(ctx, q, asked, found, fence)
		return err
	})
	if err != nil {
		return tdr.Gate{}, err
	}
	return gate, nil
}

// mayLeave: no hold in scope, an order on record with its source, a post of the
// country that the request asks, which the order names or counsel consented to, a
// request that lives, and exactly the approved content with a package on record
// that stands behind it; a question carries none.
func mayLeave(gate tdr.Gate, found sqlcgen.GateFindingsRow, asked api.Authorisation) bool {
	open := !gate.HoldStands && gate.OrderOnRecord && gate.Bar == "" && gate.Country == found.Country && found.Live
	if asked.Kind == tdr.RecordContactName {
		return open && asked.Content == ""
	}
	return open && gate.Content != "" && gate.Content == asked.Content && found.PackageStands
}

// dispatch makes the row 'sending' under the fence version in force. One that
// was sent, stopped or asked back stays so, and authorises nothing more.
func (s *Store) dispatch(ctx context.Context, q *sqlcgen.Queries, asked api.Authorisation, found sqlcgen.GateFindingsRow, fence int64) (string, error) {
	earlier, err := q.Dispatch(ctx, asked.CommandID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	if err == nil && (earlier.Status != "sending" || earlier.RequestID != asked.RequestID || earlier.Content != string(asked.Content)) {
		return "", nil
	}
	// What was asked back does not leave once the hold is lifted: it ends, and is approved to leave anew.
	if recalled, err := q.Recalled(ctx, asked.CommandID); recalled || err != nil {
		return "", err
	}
	return asked.CommandID, q.PutDispatch(ctx, sqlcgen.PutDispatchParams{
		DispatchID: asked.CommandID, RequestID: asked.RequestID, PersonID: found.PersonID, Kind: string(asked.Kind),
		Channel: string(asked.Channel), Post: found.Post, Content: string(asked.Content), Fence: fence,
		AuthorisedAt: s.clock.Now().UTC(), AuthorisedBy: asked.By,
	})
}

// StillAuthorised re-reads the fence right before an effect; see api.Fence.
func (s *Store) StillAuthorised(ctx context.Context, dispatch string) (bool, error) {
	now := s.clock.Now().UTC()
	begun, err := s.queries().StillAuthorised(ctx, sqlcgen.StillAuthorisedParams{
		DispatchID: dispatch, At: now, AuthorisedAfter: now.Add(-authorityLasts),
	})
	return begun == 1, failed("re-read the fence", err)
}

// Left ends a dispatch whose effect was done; see api.Fence.
func (s *Store) Left(ctx context.Context, dispatch string) ([]string, error) {
	return s.end(ctx, dispatch, func(q *sqlcgen.Queries, now time.Time) error {
		_, err := q.DispatchLeft(ctx, sqlcgen.DispatchLeftParams{DispatchID: dispatch, At: now})
		return err
	})
}

// Stop ends a dispatch that may not leave; see api.Fence.
func (s *Store) Stop(ctx context.Context, dispatch string) ([]string, error) {
	return s.end(ctx, dispatch, func(q *sqlcgen.Queries, now time.Time) error {
		stopped, err := q.StopDispatch(ctx, sqlcgen.StopDispatchParams{DispatchID: dispatch, At: now})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil || stopped.Status != "stopped" {
			return err
		}
		_, err = signal(ctx, q, stopped.RequestID, sendStoppedSignal, tdr.SendStopped{Dispatch: dispatch}, now)
		return err
	})
}

// end ends a dispatch under the person's fence row, so that no hold comes
// between its end and what the post is told.
func (s *Store) end(ctx context.Context, dispatch string, how func(*sqlcgen.Queries, time.Time) error) ([]string, error) {
	var poke []string
	err := s.transact(ctx, "end dispatch", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.Dispatch(ctx, dispatch)
		if err != nil {
			return err
		}
		if _, err := q.LockPerson(ctx, row.PersonID); err != nil {
			return err
		}
		now := s.clock.Now().UTC()
		if err := how(q, now); err != nil {
			return err
		}
		poke, err = tellRecalls(ctx, q, row.PersonID, now)
		return err
	})
	return poke, err
}
