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
		found, err := q.GateFindings(ctx, asked.RequestID)
		if err != nil {
			return err
		}
		gate = tdr.Gate{
			Fence: fence, Content: tdr.ContentHash(found.Approved), Country: postCountry,
			OrderOnRecord: tdr.PermitsContact(found.OrderType) && found.OrderSource != "" && found.OrderCountry != "", HoldStands: found.Held,
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

// mayLeave: no hold in scope, an order on record with its source, exactly the
// approved content and a package on record that stands behind it, a post of the
// country on the order, and a request that lives.
func mayLeave(gate tdr.Gate, found sqlcgen.GateFindingsRow, asked api.Authorisation) bool {
	return !gate.HoldStands && gate.OrderOnRecord && gate.Content != "" && gate.Content == asked.Content &&
		found.PackageStands && gate.Country == found.OrderCountry && found.Live
}

// dispatch makes the row 'sending' under the fence version in force. One that
// was sent or stopped stays so, and authorises nothing more.
func (s *Store) dispatch(ctx context.Context, q *sqlcgen.Queries, asked api.Authorisation, found sqlcgen.GateFindingsRow, fence int64) (string, error) {
	earlier, err := q.Dispatch(ctx, asked.CommandID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	if err == nil && (earlier.Status != "sending" || earlier.RequestID != asked.RequestID || earlier.Content != string(asked.Content)) {
		return "", nil
	}
	return asked.CommandID, q.PutDispatch(ctx, sqlcgen.PutDispatchParams{
		DispatchID: asked.CommandID, RequestID: asked.RequestID, PersonID: found.PersonID, Kind: string(asked.Kind),
		Channel: string(asked.Channel), Post: found.Post, Content: string(asked.Content), Fence: fence,
		AuthorisedAt: s.clock.Now().UTC(), AuthorisedBy: asked.By,
	})
}

// StillAuthorised is asked right before an effect: whether the dispatch was
// authorised within the last ten seconds under the fence version in force. If
// not, the gate is asked again.
func (s *Store) StillAuthorised(ctx context.Context, dispatch string) (bool, error) {
	still, err := s.queries().StillAuthorised(ctx, sqlcgen.StillAuthorisedParams{
		DispatchID: dispatch, AuthorisedAfter: s.clock.Now().UTC().Add(-authorityLasts),
	})
	return still, failed("re-read the fence", err)
}
