package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// stop places the holds that the law asks for once the event is on record, in its
// transaction and under the person's fence row: one when no order is in force any
// more, and one for each stay that is in force again and whose hold was lifted.
// The event answered names the first. None is ever lifted here.
func (l LegalEvents) stop(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID string, before []sqlcgen.LegalEvent, event api.LegalEvent, now time.Time) (api.LegalEvent, error) {
	events := custodyEvents(before)
	// A history that is at fault already has nothing in force that could be told:
	// whatever the event leaves in force then counts as new.
	was, _ := custody.InForce(events, l.rules)
	is, err := custody.InForce(append(events, custodyEvent(event, now)), l.rules)
	if err != nil {
		return event, err
	}
	if err := l.Holds().endExpired(ctx, q, personID, now); err != nil {
		return event, err
	}
	snapshot, err := l.directory.Snapshot(ctx)
	if err != nil {
		return event, fmt.Errorf("read directory: %w", err)
	}
	var stops []api.Hold
	if was.Order && !is.Order || !was.Gone && is.Gone {
		stops = append(stops, api.HoldOf(personID, event, api.CounselHold, snapshot, now))
	}
	for _, stay := range is.Stays {
		held, err := keptByHold(ctx, q, stay, was.Stays)
		if err != nil {
			return event, err
		}
		if !held {
			hold := api.HoldOf(personID, event, api.StayHold, snapshot, now)
			hold.Stay = cmp.Or(stay.Stay, event.ID)
			stops = append(stops, hold)
		}
	}
	return event, l.placeAll(ctx, tx, q, stops, &event, now)
}

// keptByHold: a stay that was in force before is left as it is, even where its
// hold was lifted by name.
func keptByHold(ctx context.Context, q *sqlcgen.Queries, stay custody.Event, before []custody.Event) (bool, error) {
	if slices.ContainsFunc(before, func(b custody.Event) bool { return b.Stay == stay.Stay }) {
		return true, nil
	}
	if stay.Stay == "" {
		return false, nil
	}
	_, err := q.HoldOfStay(ctx, stay.Stay)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// placeAll places the holds that an event brings. The first has the event's id, the
// others ids that follow from it, so that recording the event twice places none twice.
func (l LegalEvents) placeAll(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, stops []api.Hold, event *api.LegalEvent, now time.Time) error {
	for i, hold := range stops {
		if i > 0 {
			hold.ID = uuid.NewSHA1(uuid.MustParse(event.ID), []byte{byte(i)}).String()
		}
		placed, err := place(ctx, tx, q, hold, now)
		if err != nil {
			return err
		}
		event.Poke = append(event.Poke, placed.Poke...)
	}
	if len(stops) > 0 && event.HoldID == "" {
		event.HoldID = event.ID
	}
	return nil
}

func custodyEvent(event api.LegalEvent, now time.Time) custody.Event {
	at := event.RecordedAt
	if at.IsZero() {
		at = now
	}
	return custody.Event{
		ID: event.ID, Kind: custody.Kind(event.Kind), Date: event.Dated, RecordedAt: at,
		Source:   custody.Source{Type: event.SourceType, SHA256: string(event.Source)},
		Corrects: event.Corrects, Stay: event.HoldID,
	}
}

// leftBefore is what may have left before the hold that came with an event. The
// end of a stay names a hold and places none.
func leftBefore(ctx context.Context, q *sqlcgen.Queries, event api.LegalEvent) ([]api.Recall, error) {
	if event.HoldID == "" || custody.Kind(event.Kind) == custody.StayEnded {
		return nil, nil
	}
	return mayHaveLeft(ctx, q, event.HoldID)
}
