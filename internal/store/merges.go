package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Merges says which records of persons are one human; it implements api.Merges.
type Merges struct{ *Store }

// Merges of the store.
func (s *Store) Merges() Merges { return Merges{s} }

// lockHumans takes the fences of every record that is one human with one of the
// persons. A merge may have come while it waited for a fence: then there are
// more of them, and it goes on until it holds all. A send takes the fence of its
// own record alone, which is among them.
func lockHumans(ctx context.Context, q *sqlcgen.Queries, persons ...string) error {
	for {
		locked, err := q.LockHumans(ctx, persons)
		if err != nil {
			return err
		}
		now, err := q.Humans(ctx, persons)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(persons, func(id string) bool { return slices.Contains(locked, id) }) {
			return pgx.ErrNoRows
		}
		if !slices.ContainsFunc(now, func(id string) bool { return !slices.Contains(locked, id) }) {
			return nil
		}
	}
}

// Merge makes one human of two records; see api.Merges.
func (m Merges) Merge(ctx context.Context, merge api.Merge) (api.MergedPersons, error) {
	var merged api.MergedPersons
	err := m.transact(ctx, "merge persons", func(tx pgx.Tx, q *sqlcgen.Queries) error {
		if err := lockHumans(ctx, q, merge.Survivor, merge.Merged); err != nil {
			return err
		}
		var poke []string
		_, err := q.Merge(ctx, merge.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			poke, err = m.mergeNew(ctx, tx, q, merge, m.clock.Now().UTC())
		}
		if err != nil {
			return err
		}
		row, err := q.Merge(ctx, merge.ID)
		if err != nil {
			return err
		}
		caught, err := q.CaughtByMerge(ctx, merge.ID)
		merged = api.MergedPersons{Merge: mergeOf(row), Poke: poke, MayHaveLeft: each(caught, func(r sqlcgen.CaughtByMergeRow) api.Recall {
			return recallOf(sqlcgen.MayHaveLeftRow(r))
		})}
		return err
	})
	return merged, err
}

// mergeNew works under the fences of both, and tells the mailboxes of the posts from
// which something is asked back.
func (m Merges) mergeNew(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, merge api.Merge, now time.Time) (poke []string, err error) {
	if err := mergeable(ctx, q, merge); err != nil {
		return nil, err
	}
	err = q.AddMerge(ctx, sqlcgen.AddMergeParams{
		MergeID: merge.ID, Survivor: merge.Survivor, Merged: merge.Merged, Reason: merge.Reason,
		SourceSha256: string(merge.Source), MergedBy: merge.By, MergedAt: now,
	})
	if err != nil {
		return nil, err
	}
	for _, person := range []string{merge.Survivor, merge.Merged} {
		// What has ended binds nobody anew.
		if err := m.Holds().endExpired(ctx, q, person, now); err != nil {
			return nil, err
		}
	}
	// What was authorised for one record is asked again: of the other, more may be known.
	if _, err := q.RaiseFence(ctx, merge.Survivor); err != nil {
		return nil, err
	}
	if poke, err = m.joinNationalities(ctx, tx, q, merge, now); err != nil {
		return nil, err
	}
	bound, err := q.BindStandingHolds(ctx, merge.Survivor)
	if err != nil || len(bound) == 0 {
		return poke, err
	}
	err = together(ctx, tx, func(q *sqlcgen.Queries) error {
		err := q.RecallWhatTheMergeCaught(ctx, sqlcgen.RecallWhatTheMergeCaughtParams{PersonID: merge.Survivor, At: now})
		for _, each := range bound {
			err = errors.Join(err, q.SignalBinding(ctx, sqlcgen.SignalBindingParams{HoldID: each.HoldID, PersonID: each.PersonID, At: now}))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	asked, err := tellRecalls(ctx, q, merge.Survivor, now)
	return append(poke, asked...), err
}

// joinNationalities: what is on record of one counts for both from now on.
func (m Merges) joinNationalities(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, merge api.Merge, now time.Time) (poke []string, err error) {
	known, err := q.KnownNationalities(ctx, merge.Survivor)
	if err != nil {
		return nil, err
	}
	why := api.LegalEvent{ID: merge.ID, Source: merge.Source, Dated: calendar.DateOf(now), RecordedBy: merge.By}
	if poke, err = m.stopNeverAddressed(ctx, tx, q, merge.Survivor, known, why, now); err != nil {
		return nil, err
	}
	return poke, m.eachConsularly(ctx, tx, q, []string{merge.Survivor, merge.Merged}, now)
}

// eachConsularly brings the consular duties of records up to date and wakes their clocks.
func (m Merges) eachConsularly(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, records []string, now time.Time) error {
	for _, record := range records {
		if err := m.consularlyOf(ctx, tx, q, record, true, now); err != nil {
			return err
		}
	}
	return nil
}

// mergeable: both are on record and readable, neither is merged into another,
// nothing is merged into the second, and no country has a live request of both.
func mergeable(ctx context.Context, q *sqlcgen.Queries, merge api.Merge) error {
	found, err := q.Mergeable(ctx, sqlcgen.MergeableParams{Survivor: merge.Survivor, Merged: merge.Merged})
	switch {
	case err != nil:
		return err
	case found.Persons < 2 || found.Destroyed:
		return pgx.ErrNoRows
	case found.Taken:
		return fmt.Errorf("look at both: %w", api.ErrMerged)
	case found.BothLive != "":
		return &api.BothLiveError{Country: found.BothLive}
	}
	return nil
}

// Split undoes a merge; see api.Merges.
func (m Merges) Split(ctx context.Context, splitting api.Splitting) (api.Merge, error) {
	var split api.Merge
	err := m.transact(ctx, "split persons", func(tx pgx.Tx, q *sqlcgen.Queries) error {
		row, err := q.Merge(ctx, splitting.MergeID)
		if err != nil {
			return err
		}
		if err := lockHumans(ctx, q, row.Survivor, row.Merged); err != nil {
			return err
		}
		if row, err = q.Merge(ctx, splitting.MergeID); err != nil {
			return err
		}
		if row.UndoneAt == nil {
			err = m.split(ctx, tx, q, row, splitting)
		} else if orZero(row.UndoneWith) != splitting.CommandID {
			err = fmt.Errorf("undo merge: %w", api.ErrEnded)
		}
		if err != nil {
			return err
		}
		row, err = q.Merge(ctx, splitting.MergeID)
		split = mergeOf(row)
		return err
	})
	return split, err
}

// split works under the fences of both.
func (m Merges) split(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, merge sqlcgen.PersonMerge, splitting api.Splitting) error {
	added, err := q.AddedSince(ctx, merge.MergeID)
	if err != nil {
		return err
	}
	assigned, err := assign(merge, each(added, addedOf), splitting.Assigned)
	if err != nil {
		return err
	}
	now := m.clock.Now().UTC()
	err = q.UndoMerge(ctx, sqlcgen.UndoMergeParams{
		MergeID: merge.MergeID, UndoneWith: &splitting.CommandID, UndoneBy: &splitting.By, UndoneAt: &now,
		UndoneReason: &splitting.Reason, UndoneSourceSha256: maybe(string(splitting.Source)),
	})
	if err != nil {
		return err
	}
	assigned.MergeID, assigned.AssignedBy, assigned.AssignedAt = merge.MergeID, splitting.By, now
	if err := q.AssignThings(ctx, assigned); err != nil {
		return err
	}
	return m.eachConsularly(ctx, tx, q, []string{merge.Survivor, merge.Merged}, now)
}

// assign checks that what is assigned was added since and goes to one of the two,
// and that what stays with its record does.
func assign(merge sqlcgen.PersonMerge, added []api.Added, wanted []api.Assignment) (rows sqlcgen.AssignThingsParams, err error) {
	type thing struct{ kind, id string }
	left := map[thing]api.Added{}
	for _, each := range added {
		left[thing{each.Kind, each.ID}] = each
	}
	wrong := &api.AssignmentError{Broken: map[int]string{}}
	for i, each := range wanted {
		key := thing{each.Kind, each.ID}
		known, ok := left[key]
		switch {
		case !ok:
			wrong.Broken[i] = "names nothing that was added since, or names it twice"
		case each.PersonID != merge.Survivor && each.PersonID != merge.Merged:
			wrong.Broken[i] = "goes to neither of the two"
		case known.Stays && each.PersonID != known.PersonID:
			wrong.Broken[i] = "stays with its record: take it back there and enter it anew"
		}
		delete(left, key)
		rows.Kinds, rows.Things = append(rows.Kinds, each.Kind), append(rows.Things, each.ID)
		rows.WereUnder, rows.Persons = append(rows.WereUnder, known.PersonID), append(rows.Persons, each.PersonID)
	}
	if len(wrong.Broken) > 0 {
		return rows, wrong
	}
	return rows, nil
}

// One reads a merge; api.ErrNotFound.
func (m Merges) One(ctx context.Context, id string) (api.Merge, error) {
	row, err := m.queries().Merge(ctx, id)
	return mergeOf(row), failed("read merge", err)
}

// Of lists those that a record took part in, undone ones too, the oldest first.
func (m Merges) Of(ctx context.Context, personID string) ([]api.Merge, error) {
	rows, err := m.queries().MergesOf(ctx, personID)
	return each(rows, mergeOf), failed("list merges", err)
}

// Added lists what a split may assign, in the order of coming.
func (m Merges) Added(ctx context.Context, mergeID string) ([]api.Added, error) {
	rows, err := m.queries().AddedSince(ctx, mergeID)
	return each(rows, addedOf), failed("list what was added", err)
}

func mergeOf(row sqlcgen.PersonMerge) api.Merge {
	return api.Merge{
		ID: row.MergeID, Survivor: row.Survivor, Merged: row.Merged, Reason: row.Reason, Source: tdr.Evidence(row.SourceSha256),
		By: row.MergedBy, At: row.MergedAt, UndoneBy: orZero(row.UndoneBy), UndoneAt: orZero(row.UndoneAt),
		UndoneReason: orZero(row.UndoneReason), UndoneSource: tdr.Evidence(orZero(row.UndoneSourceSha256)),
	}
}

func addedOf(row sqlcgen.AddedSinceRow) api.Added {
	return api.Added{Kind: row.Kind, ID: row.ThingID, PersonID: row.PersonID, At: row.AddedAt, Stays: row.Stays}
}
