package vault

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// RotateIndex replaces the key of the look-up index. Meanwhile everybody who is
// entered is entered under both keys, and everybody is found under either. An
// interrupted rotation is carried on by the next call.
func (v *Vault) RotateIndex(ctx context.Context, progress Progress) error {
	target, err := v.beginIndexRotation(ctx)
	if err != nil {
		return err
	}
	done := 0
	for {
		filled, err := v.fillIndex(ctx, target)
		if err != nil {
			return err
		}
		if filled == 0 {
			break
		}
		done += filled
		progress(done)
	}
	return v.endIndexRotation(ctx, target)
}

// beginIndexRotation adds a key, unless a rotation is under way. Once it
// returns, everybody who is entered is entered under the new key too.
func (v *Vault) beginIndexRotation(ctx context.Context) (target sqlcgen.SharedKeysRow, err error) {
	err = v.alone(ctx, "rotate index key", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		keys, err := q.SharedKeys(ctx, string(indexing))
		if err != nil {
			return err
		}
		if len(keys) < 2 {
			if _, err := v.addShared(ctx, q, indexing); err != nil {
				return err
			}
			if keys, err = q.SharedKeys(ctx, string(indexing)); err != nil {
				return err
			}
		}
		target = keys[0]
		return nil
	})
	return target, err
}

// fillIndex enters a batch of persons who are under a former key alone.
func (v *Vault) fillIndex(ctx context.Context, target sqlcgen.SharedKeysRow) (int, error) {
	missing, err := v.queries().PersonsMissingFromIndex(ctx, sqlcgen.PersonsMissingFromIndexParams{
		Field: Indexed, KeyID: target.KeyID, MaxRows: batch,
	})
	if err != nil {
		return 0, fmt.Errorf("rotate index key: %w", err)
	}
	for _, person := range missing {
		err := v.transact(ctx, "rotate index key", func(tx pgx.Tx, q *sqlcgen.Queries) error {
			return v.fillPerson(ctx, tx, q, target, person)
		})
		if err != nil {
			return 0, err
		}
	}
	return len(missing), nil
}

func (v *Vault) fillPerson(
	ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, target sqlcgen.SharedKeysRow, person sqlcgen.PersonsMissingFromIndexRow,
) error {
	// The person is not shredded before their entry is there to be taken out.
	row, err := q.HoldPersonKey(ctx, person.PersonID)
	if err != nil || row.Keyset == nil {
		return err
	}
	values, err := v.Row(ctx, tx, person.RowID)
	if err != nil {
		return err
	}
	hash, err := v.hash(ctx, target, values[Indexed])
	if err != nil {
		return err
	}
	return q.FillIndex(ctx, sqlcgen.FillIndexParams{KeyID: target.KeyID, Token: hash, PersonID: person.PersonID})
}

func (v *Vault) endIndexRotation(ctx context.Context, target sqlcgen.SharedKeysRow) error {
	return v.alone(ctx, "rotate index key", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		now := v.now()
		err := q.RetireSharedKeys(ctx, sqlcgen.RetireSharedKeysParams{Purpose: string(indexing), Before: target.KeyID, At: &now})
		if err != nil {
			return err
		}
		return q.ForgetIndex(ctx, target.KeyID)
	})
}
