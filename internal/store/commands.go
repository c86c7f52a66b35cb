package store

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// Store keeps a command before it acts; see api.Commands.
func (s *Store) Store(ctx context.Context, command api.NewCommand) (api.StoredCommand, bool, error) {
	var fresh bool
	now := s.clock.Now().UTC()
	err := s.transactIf(ctx, "store command", command.Text != "" || command.Document != nil, func(db sqlcgen.DBTX) (err error) {
		fresh, err = s.storeCommand(ctx, db, command, now)
		return err
	})
	if err != nil {
		return api.StoredCommand{}, false, err
	}
	if fresh {
		return freshCommand(command, now), true, nil
	}
	stored, err := s.sameCommand(ctx, s.queries(), command)
	return stored, false, err
}

// transactIf spares a transaction where one statement is all there is.
func (s *Store) transactIf(ctx context.Context, operation string, several bool, work func(sqlcgen.DBTX) error) error {
	if !several {
		return failed(operation, work(s.pool))
	}
	return s.transact(ctx, operation, func(tx pgx.Tx, _ *sqlcgen.Queries) error { return work(tx) })
}

func (s *Store) storeCommand(ctx context.Context, db sqlcgen.DBTX, command api.NewCommand, now time.Time) (fresh bool, err error) {
	added, err := sqlcgen.New(db).AddCommand(ctx, sqlcgen.AddCommandParams{
		CommandID: command.ID, Principal: command.Principal, Operation: command.Operation, Fingerprint: command.Fingerprint,
		RequestID: maybe(command.RequestID), PersonID: maybe(command.PersonID), Input: command.Input, StoredAt: now,
	})
	if err != nil || added == 0 {
		return false, err
	}
	return true, s.personal.putCommand(ctx, db, command, now)
}

// sameCommand reads a command that is on record and tells whether it is the same.
func (s *Store) sameCommand(ctx context.Context, q *sqlcgen.Queries, command api.NewCommand) (api.StoredCommand, error) {
	row, err := q.Command(ctx, command.ID)
	if err != nil {
		return api.StoredCommand{}, failed("read command", err)
	}
	if subtle.ConstantTimeCompare(row.Fingerprint, command.Fingerprint) != 1 {
		return api.StoredCommand{}, fmt.Errorf("store command: %w", api.ErrKeyReused)
	}
	return storedCommand(row)
}

func freshCommand(command api.NewCommand, at time.Time) api.StoredCommand {
	return api.StoredCommand{
		ID: command.ID, Principal: command.Principal, Operation: command.Operation, Fingerprint: command.Fingerprint,
		RequestID: command.RequestID, PersonID: command.PersonID, Input: command.Input, Status: api.CommandStored, StoredAt: at,
	}
}

func storedCommand(row sqlcgen.Command) (api.StoredCommand, error) {
	stored := api.StoredCommand{
		ID: row.CommandID, Principal: row.Principal, Operation: row.Operation, Fingerprint: row.Fingerprint,
		RequestID: orZero(row.RequestID), PersonID: orZero(row.PersonID), Input: row.Input,
		Status: api.CommandStatus(row.Status), StoredAt: row.StoredAt, DoneAt: orZero(row.DoneAt),
	}
	if row.AnswerStatus == nil {
		return stored, nil
	}
	answer, err := answerOf(row)
	stored.Answer = &answer
	return stored, err
}

func answerOf(row sqlcgen.Command) (api.Answer, error) {
	answer := api.Answer{Status: int(orZero(row.AnswerStatus)), Body: row.Answer}
	if err := json.Unmarshal(row.AnswerHeaders, &answer.Headers); err != nil {
		return answer, fmt.Errorf("read the answer's headers: %w", err)
	}
	return answer, nil
}

// Command reads one back; api.ErrNotFound.
func (s *Store) Command(ctx context.Context, id string) (api.StoredCommand, error) {
	row, err := s.queries().Command(ctx, id)
	if err != nil {
		return api.StoredCommand{}, failed("read command", err)
	}
	return storedCommand(row)
}

// Done keeps the answer of a command; see api.Commands.
func (s *Store) Done(ctx context.Context, done api.CommandDone) (api.Answer, error) {
	first, err := s.finish(ctx, s.queries(), done)
	if err != nil {
		return api.Answer{}, failed("finish command", err)
	}
	return s.answer(ctx, done, first)
}

// RecordCommand records what a command brought, and its answer; see api.Commands.
func (s *Store) RecordCommand(ctx context.Context, recording activities.Recording, done api.CommandDone) (api.Answer, activities.Recorded, error) {
	var first bool
	recorded, err := s.record(ctx, recording, func(q *sqlcgen.Queries) (err error) {
		first, err = s.finish(ctx, q, done)
		return err
	})
	if err != nil {
		return api.Answer{}, recorded, err
	}
	answer, err := s.answer(ctx, done, first)
	return answer, recorded, err
}

// finish answers a command unless it is answered, settles its dispatch, and
// tells whether this is the first answer.
func (s *Store) finish(ctx context.Context, q *sqlcgen.Queries, done api.CommandDone) (first bool, err error) {
	headers, err := json.Marshal(done.Answer.Headers)
	if err != nil {
		return false, fmt.Errorf("write the answer's headers: %w", err)
	}
	now := s.clock.Now().UTC()
	_, err = q.FinishCommand(ctx, sqlcgen.FinishCommandParams{
		CommandID: done.CommandID, Refused: done.Refused, AnswerStatus: int32(done.Answer.Status), Answer: done.Answer.Body,
		AnswerHeaders: headers, DoneAt: now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// answer is the first one that the command got.
func (s *Store) answer(ctx context.Context, done api.CommandDone, first bool) (api.Answer, error) {
	if first {
		return done.Answer, nil
	}
	row, err := s.queries().Command(ctx, done.CommandID)
	if err != nil {
		return api.Answer{}, failed("read the first answer", err)
	}
	return answerOf(row)
}

// UnfinishedCommands hands out stored commands to be carried on; see activities.Upkeep.
func (s *Store) UnfinishedCommands(ctx context.Context, age time.Duration, limit int) ([]activities.PendingCommand, error) {
	now := s.clock.Now().UTC()
	rows, err := s.queries().UnfinishedCommands(ctx, sqlcgen.UnfinishedCommandsParams{StoredBefore: now.Add(-age), At: now, MaxRows: int32(limit)})
	if err != nil {
		return nil, failed("list unfinished commands", err)
	}
	commands := make([]activities.PendingCommand, len(rows))
	for i, row := range rows {
		commands[i] = activities.PendingCommand{CommandID: row.CommandID, Operation: row.Operation, RequestID: orZero(row.RequestID)}
	}
	return commands, nil
}
