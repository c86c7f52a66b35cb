package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/gateway/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Ledger is what is on record of dispatches; it implements api.Dispatches and
// Releases, and is safe for concurrent use.
type Ledger struct {
	pool  *pgxpool.Pool
	clock Clock
}

// NewLedger is a ledger in a migrated database.
func NewLedger(pool *pgxpool.Pool, clock Clock) *Ledger { return &Ledger{pool, clock} }

func (l *Ledger) queries() *sqlcgen.Queries { return sqlcgen.New(l.pool) }

// Dispatch reads one; see api.Dispatches.
func (l *Ledger) Dispatch(ctx context.Context, id string) (api.Dispatch, error) {
	found, err := l.list(ctx, sqlcgen.DispatchesParams{DispatchID: &id, Everything: true, MaxRows: 1})
	if err == nil && len(found) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return api.Dispatch{}, store.Failed("read dispatch", err)
	}
	return found[0], nil
}

// requestDispatches is more than a request has: each takes a review by a second person.
const requestDispatches = 1000

// OfRequest lists those of a request; see api.Dispatches.
func (l *Ledger) OfRequest(ctx context.Context, requestID string) ([]api.Dispatch, error) {
	found, err := l.list(ctx, sqlcgen.DispatchesParams{RequestID: &requestID, Everything: true, MaxRows: requestDispatches})
	return found, store.Failed("list dispatches", err)
}

// OfPost lists those to a post; see api.Dispatches.
func (l *Ledger) OfPost(ctx context.Context, post string, sight api.Sight, page api.Page) ([]api.Dispatch, error) {
	wanted := sqlcgen.DispatchesParams{
		Post: &post, Everything: sight.Everything, Offices: sight.Offices, Countries: sight.Countries, Posts: sight.Posts,
		Officer: sight.Officer, MaxRows: int32(page.Limit),
	}
	after, err := store.KeyTime(page.AfterKey)
	if err != nil {
		return nil, err
	}
	wanted.AfterAt, wanted.AfterID = after, optional(page.AfterID)
	found, err := l.list(ctx, wanted)
	return found, store.Failed("list dispatches", err)
}

func (l *Ledger) list(ctx context.Context, wanted sqlcgen.DispatchesParams) ([]api.Dispatch, error) {
	rows, err := l.queries().Dispatches(ctx, wanted)
	if err != nil {
		return nil, err
	}
	found := make([]api.Dispatch, len(rows))
	for i, row := range rows {
		found[i] = dispatchOf(row)
	}
	return found, nil
}

// Release keeps that a dispatch was let go; see Releases.
func (l *Ledger) Release(ctx context.Context, dispatch api.Dispatch) error {
	return store.Failed("release dispatch", l.queries().Release(ctx, sqlcgen.ReleaseParams{
		DispatchID: dispatch.ID, Channel: string(dispatch.Channel), ReleasedAt: l.clock.Now().UTC(),
	}))
}

// HandOver records one; see api.Dispatches.
func (l *Ledger) HandOver(ctx context.Context, given api.HandOver) (api.Dispatch, error) {
	return l.takenOut(ctx, given.DispatchID, tdr.ByCourier, given.At, func(q *sqlcgen.Queries) (int64, error) {
		return q.AddHandOver(ctx, sqlcgen.AddHandOverParams{
			DispatchID: given.DispatchID, Courier: given.Courier, Tracking: given.Tracking, HandedOverBy: given.By,
			HandedOverAt: given.At.UTC(), CommandID: given.CommandID,
		})
	})
}

// Submit records a submission number; see api.Dispatches.
func (l *Ledger) Submit(ctx context.Context, submission api.Submission) (api.Dispatch, error) {
	return l.takenOut(ctx, submission.DispatchID, tdr.ByExternal, submission.At, func(q *sqlcgen.Queries) (int64, error) {
		return q.AddSubmission(ctx, sqlcgen.AddSubmissionParams{
			DispatchID: submission.DispatchID, System: submission.System, Number: submission.Number, SubmittedBy: submission.By,
			SubmittedAt: submission.At.UTC(), CommandID: submission.CommandID,
		})
	})
}

// takenOut adds that somebody took out what was released on a channel, at an
// instant at which they still might.
func (l *Ledger) takenOut(
	ctx context.Context, id string, channel tdr.Channel, at time.Time, add func(*sqlcgen.Queries) (int64, error),
) (api.Dispatch, error) {
	released, err := l.queries().ReleasedOn(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && released.Channel != string(channel):
		return api.Dispatch{}, api.ErrNotOut
	case err != nil:
		return api.Dispatch{}, store.Failed("read release", err)
	case past(released.RecalledAt, at) || past(released.ClosedAt, at):
		return api.Dispatch{}, api.ErrNoLonger
	}
	return l.add(ctx, id, add)
}

// past tells whether an end, if there is one, had come by then.
func past(end *time.Time, at time.Time) bool { return end != nil && !at.Before(*end) }

// Prove records a proof of delivery; see api.Dispatches.
func (l *Ledger) Prove(ctx context.Context, proof api.ProofOfDelivery) (api.Dispatch, error) {
	dispatch, err := l.Dispatch(ctx, proof.DispatchID)
	if err == nil && (dispatch.HandedOverAt.IsZero() || proof.DeliveredAt.Before(dispatch.HandedOverAt)) {
		err = api.ErrNotOut
	}
	if err != nil {
		return api.Dispatch{}, err
	}
	return l.add(ctx, proof.DispatchID, func(q *sqlcgen.Queries) (int64, error) {
		return q.AddProof(ctx, sqlcgen.AddProofParams{
			DispatchID: proof.DispatchID, DocumentID: proof.DocumentID, DeliveredAt: proof.DeliveredAt.UTC(),
			RecordedBy: proof.By, RecordedAt: l.clock.Now().UTC(), CommandID: proof.CommandID,
		})
	})
}

// add adds a fact about a dispatch, once for each command.
func (l *Ledger) add(ctx context.Context, id string, add func(*sqlcgen.Queries) (int64, error)) (api.Dispatch, error) {
	if _, err := add(l.queries()); err != nil {
		return api.Dispatch{}, taken(err)
	}
	return l.Dispatch(ctx, id)
}

// taken says in the port's terms which unique index refused a row.
func taken(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "23505" {
		return store.Failed("record of a dispatch", err)
	}
	switch refused.ConstraintName {
	case "hand_over_by_tracking", "submission_by_number":
		return api.ErrNumberTaken
	default:
		return api.ErrRecordedAlready
	}
}

// ConfirmRecall closes a recall; see api.Dispatches.
func (l *Ledger) ConfirmRecall(ctx context.Context, confirmation api.RecallConfirmation) (api.Dispatch, error) {
	now := l.clock.Now().UTC()
	closed, err := l.queries().ConfirmRecall(ctx, sqlcgen.ConfirmRecallParams{
		DispatchID: confirmation.DispatchID, ClosedAt: &now, ConfirmedAs: &confirmation.As, ConfirmedBy: &confirmation.By,
		DocumentID: optional(confirmation.DocumentID), CommandID: &confirmation.CommandID,
	})
	if err == nil && closed == 0 {
		err = l.confirmedBefore(ctx, confirmation)
	}
	if err != nil {
		return api.Dispatch{}, store.Failed("confirm recall", err)
	}
	return l.Dispatch(ctx, confirmation.DispatchID)
}

// confirmedBefore: the same command again is the same confirmation.
func (l *Ledger) confirmedBefore(ctx context.Context, confirmation api.RecallConfirmation) error {
	with, err := l.queries().RecallConfirmedWith(ctx, confirmation.DispatchID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return api.ErrNotOut
	case err != nil || with != nil && *with == confirmation.CommandID:
		return err
	default:
		return api.ErrRecordedAlready
	}
}

func dispatchOf(row sqlcgen.DispatchesRow) api.Dispatch {
	return api.Dispatch{
		ID: row.DispatchID, RequestID: row.RequestID, Code: row.Code, PersonID: row.PersonID, Country: row.Country,
		Kind: tdr.Name(row.Kind), Channel: tdr.Channel(row.Channel), Post: row.Post, Content: tdr.ContentHash(row.Content),
		Status: api.DispatchStatus(row.Status), Fence: row.Fence, AuthorisedAt: row.AuthorisedAt, AuthorisedBy: row.AuthorisedBy,
		SentAt: orZero(row.SentAt), StoppedAt: orZero(row.StoppedAt),
		Courier: orZero(row.Courier), Tracking: orZero(row.Tracking), HandedOverBy: orZero(row.HandedOverBy), HandedOverAt: orZero(row.HandedOverAt),
		ProofDocument: orZero(row.DocumentID), DeliveredAt: orZero(row.DeliveredAt),
		System: orZero(row.System), Number: orZero(row.Number), SubmittedBy: orZero(row.SubmittedBy), SubmittedAt: orZero(row.SubmittedAt),
		RecalledAt: orZero(row.RecalledAt), RecallClosedAt: orZero(row.RecallClosedAt), RecallConfirmedBy: orZero(row.ConfirmedBy),
		RecallConfirmedAs: orZero(row.ConfirmedAs), RecallDocument: orZero(row.ConfirmedDocument), Open: row.Open,
	}
}

func orZero[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
