package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// holdAlike puts somebody new who looks like others on record before counsel, in
// the transaction that takes their request in. Whoever is entered a second time
// would leave behind what stops the first record: its stay, its claims, its open
// request. Nothing leaves until the two are merged or the hold is lifted.
func (s *Store) holdAlike(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, open tdr.Open, alike []string, now time.Time) error {
	if len(alike) == 0 {
		return nil
	}
	id, err := derived(open.RequestID, "alike")
	if err != nil {
		return err
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	found := api.LegalEvent{ID: id, Office: open.FieldOffice, Source: open.Order.Source, Dated: open.Order.Date, RecordedBy: tdr.System().ID}
	hold := api.HoldOf(open.PersonID, found, api.CounselHold, snapshot, now)
	hold.Alike = alike
	if _, err := place(ctx, tx, q, hold, now); err != nil {
		return err
	}
	_, err = s.Holds().tellCounsel(ctx, q, id, "", tdr.Notice{Key: "hold/" + id, Kind: claimNotice}, noticeData{}, now)
	return err
}
