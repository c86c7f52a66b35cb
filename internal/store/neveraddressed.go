package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// stopNeverAddressed puts before counsel that a country is being asked about a
// human of whom it turned out that it is never told (playbook.NeverAddressed). The
// gate bars from then on what has not left; a hold also asks back what has, ends the
// post's access to it, and leaves the rest to counsel. It works under the fences of
// the human, and answers the mailboxes of those who are told.
func (s *Store) stopNeverAddressed(
	ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID string, nationalities []string, why api.LegalEvent, now time.Time,
) (poke []string, err error) {
	live, err := q.LiveRequestsOfHuman(ctx, personID)
	if err != nil {
		return nil, err
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	for _, asked := range live {
		never := func(nationality string) bool { return playbook.NeverAddressed(nationality, asked.Country) }
		if !slices.ContainsFunc(nationalities, never) {
			continue
		}
		found := why
		if found.ID, err = derived(why.ID, "never addressed/"+asked.RequestID); err != nil {
			return nil, err
		}
		found.Office = asked.FieldOffice
		hold := api.HoldOf(asked.PersonID, found, api.CounselHold, snapshot, now)
		hold.Scope, hold.Country = "country", asked.Country
		placed, err := place(ctx, tx, q, hold, now)
		if err != nil {
			return nil, err
		}
		counsel, err := s.Holds().tellCounsel(ctx, q, hold.ID, "", tdr.Notice{Key: "hold/" + hold.ID, Kind: claimNotice}, noticeData{}, now)
		if err != nil {
			return nil, err
		}
		poke = append(poke, append(placed.Poke, counsel...)...)
	}
	return poke, nil
}
