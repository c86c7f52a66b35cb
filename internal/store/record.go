package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Record writes history down, and the read model, deadlines, escalations and
// notices that follow from it, in one transaction. What is on record already is
// nothing; another content at its seq is an alarm and an error that is both
// activities.ErrSeqConflict and *api.SeqConflict.
func (s *Store) Record(ctx context.Context, recording activities.Recording) (activities.Recorded, error) {
	return s.record(ctx, recording, func(*sqlcgen.Queries) error { return nil })
}

// record lets a caller add statements to the transaction.
func (s *Store) record(ctx context.Context, recording activities.Recording, also func(*sqlcgen.Queries) error) (activities.Recorded, error) {
	var recorded activities.Recorded
	err := s.transact(ctx, "record events", func(tx pgx.Tx, q *sqlcgen.Queries) error {
		recorded = activities.Recorded{}
		// Who records a request is alone with it until the end of the transaction.
		request, err := q.LockRequest(ctx, recording.RequestID)
		if err != nil {
			return err
		}
		if err := addEvents(ctx, q, recording); err != nil {
			return err
		}
		if request.Seq < recording.Row.Seq || recording.Anew && request.Seq == recording.Row.Seq {
			err := together(ctx, tx, func(q *sqlcgen.Queries) error { return s.project(ctx, q, request, recording.Row) })
			if err != nil {
				return err
			}
		}
		if recorded, err = s.file(ctx, q, request, recording); err != nil {
			return err
		}
		if recording.Row.Recall {
			asked, err := tellRecalls(ctx, q, request.PersonID, s.clock.Now().UTC())
			if err != nil {
				return err
			}
			recorded.Poke = append(recorded.Poke, asked...)
		}
		return also(q)
	})
	var conflict *seqConflict
	if errors.As(err, &conflict) {
		return activities.Recorded{}, s.raise(ctx, conflict, err)
	}
	return recorded, err
}

// addEvents appends what is not on record, and compares what is.
func addEvents(ctx context.Context, q *sqlcgen.Queries, recording activities.Recording) error {
	if len(recording.Events) == 0 {
		return nil
	}
	rows, err := eventRows(recording)
	if err != nil {
		return err
	}
	added, err := q.AddEvents(ctx, rows)
	if err != nil || added == int64(len(rows.Seqs)) {
		return err
	}
	stored, err := q.EventHashes(ctx, sqlcgen.EventHashesParams{RequestID: recording.RequestID, Seqs: rows.Seqs})
	if err != nil {
		return err
	}
	at := map[int64][]byte{}
	for _, row := range stored {
		at[row.Seq] = row.ContentSha256
	}
	for i, seq := range rows.Seqs {
		if !bytes.Equal(at[seq], rows.Hashes[i]) {
			return &seqConflict{api.SeqConflict{RequestID: recording.RequestID, Seq: seq}, at[seq], rows.Hashes[i]}
		}
	}
	return nil
}

func eventRows(recording activities.Recording) (sqlcgen.AddEventsParams, error) {
	rows := sqlcgen.AddEventsParams{RequestID: recording.RequestID}
	for _, event := range recording.Events {
		hash, err := contentHash(event)
		if err != nil {
			return rows, err
		}
		data, err := json.Marshal(event.Fact)
		if err != nil {
			return rows, fmt.Errorf("write %s: %w", event.Fact.Type(), err)
		}
		roles := make([]string, len(event.Actor.Roles))
		for i, role := range event.Actor.Roles {
			roles[i] = string(role)
		}
		rows.Seqs = append(rows.Seqs, event.Seq)
		rows.Types = append(rows.Types, string(event.Fact.Type()))
		rows.Occurred = append(rows.Occurred, event.OccurredAt.UTC().Truncate(time.Microsecond))
		rows.Recorded = append(rows.Recorded, event.RecordedAt.UTC().Truncate(time.Microsecond))
		rows.Actors = append(rows.Actors, event.Actor.ID)
		rows.Roles = append(rows.Roles, strings.Join(roles, ","))
		rows.Commands = append(rows.Commands, event.CommandID)
		rows.Data = append(rows.Data, data)
		rows.Hashes = append(rows.Hashes, hash)
	}
	return rows, nil
}

// seqConflict is a *api.SeqConflict with both hashes, for the alarm.
type seqConflict struct {
	api.SeqConflict
	stored, given []byte
}

// Unwrap makes it what both ports name.
func (c *seqConflict) Unwrap() []error { return []error{&c.SeqConflict, activities.ErrSeqConflict} }

// raise keeps the alarm in a transaction of its own: the one that met the
// conflict is undone. An alarm that can't be kept is part of the error.
func (s *Store) raise(ctx context.Context, conflict *seqConflict, err error) error {
	detail := map[string]any{
		"seq": conflict.Seq, "stored": fmt.Sprintf("%x", conflict.stored), "given": fmt.Sprintf("%x", conflict.given),
	}
	return errors.Join(err, s.Alarm(ctx, "seq_conflict", conflict.RequestID, "", detail))
}

// project brings the read model of the request to a newer row.
func (s *Store) project(ctx context.Context, q *sqlcgen.Queries, request sqlcgen.LockRequestRow, row tdr.Row) error {
	update, err := requestUpdate(request.RequestID, row)
	if err != nil {
		return err
	}
	if err := q.UpdateRequest(ctx, update); err != nil {
		return err
	}
	deadlines, err := requestDeadlines(request, row)
	if err != nil {
		return err
	}
	if err := q.ReplaceDeadlines(ctx, deadlines); err != nil {
		return err
	}
	if len(row.Escalations) > 0 {
		escalations, err := escalationRows(request.RequestID, row)
		if err != nil {
			return err
		}
		if err := q.PutEscalations(ctx, escalations); err != nil {
			return err
		}
	}
	if row.Recall {
		return q.RecallWhatIsOut(ctx, sqlcgen.RecallWhatIsOutParams{RequestID: request.RequestID, OpenedAt: row.ClosedAt.UTC()})
	}
	return nil
}
