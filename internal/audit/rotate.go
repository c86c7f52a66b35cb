package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

// RotateKey replaces the key that signs checkpoints, while sequencers run, and
// gives the public half of the new one. The former key signs a last checkpoint,
// which names its successor and is signed by that too; from there on sequencers
// sign with the successor, and whoever trusts the former key can follow.
//
// One that was interrupted anywhere is carried on by the next call: a file with
// two keys tells of it.
func (s *Sequencer) RotateKey(ctx context.Context) (verifier string, err error) {
	err = s.inTurn(ctx, awaitTurn, func(ctx context.Context, connection *pgx.Conn) error {
		verifier, err = s.rotate(ctx, connection)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("replace the audit key: %w", err)
	}
	return verifier, nil
}

func awaitTurn(q *sqlcgen.Queries, ctx context.Context) (bool, error) { //nolint:revive // as its neighbours of sqlcgen
	return true, q.AwaitTurn(ctx)
}

func (s *Sequencer) rotate(ctx context.Context, connection *pgx.Conn) (verifier string, err error) {
	if err := s.catchUp(ctx, connection); err != nil {
		return "", err
	}
	keys, at, err := s.successor(ctx, sqlcgen.New(connection))
	if err != nil {
		return "", err
	}
	if at == 0 {
		if err := s.handOver(ctx, connection, keys[1]); err != nil {
			return "", err
		}
	}
	// The former key goes last: until then everything can be done again.
	if err := s.export(ctx, sqlcgen.New(connection)); err != nil {
		return "", err
	}
	return keys[1].public, s.key.keep(keys[1:])
}

// successor gives the key and the one that follows it, and which of them is in
// force. It makes the second and keeps it beside the first if there is none yet.
func (s *Sequencer) successor(ctx context.Context, q *sqlcgen.Queries) (keys []signingKey, at int, err error) {
	latest, _, err := latestCheckpoint(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	if keys, err = s.key.read(); err != nil {
		return nil, 0, err
	}
	if at, err = inForce(keys, latest); err != nil || len(keys) == 2 {
		return keys, at, err
	}
	text, _, err := NewKey()
	if err != nil {
		return nil, 0, err
	}
	next, err := openKey(text)
	if err != nil {
		return nil, 0, err
	}
	keys = append(keys, next)
	return keys, at, s.key.keep(keys)
}

// handOver enters the replacement into the log and signs it under both keys.
func (s *Sequencer) handOver(ctx context.Context, connection *pgx.Conn, next signingKey) error {
	return pgx.BeginFunc(ctx, connection, func(tx pgx.Tx) error {
		err := Append(ctx, tx, Entry{
			At: s.now(), Actor: "database/" + connection.Config().User, Action: "audit_key.replace",
			Object: fmt.Sprintf("audit_key/%08x", next.verifier.KeyHash()), Outcome: "done",
		})
		if err != nil {
			return err
		}
		numbered, err := s.numberIn(ctx, tx, &next)
		if err == nil && numbered == 0 {
			return errors.New("its entry can't be seen")
		}
		return err
	})
}
