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
	if err := v.fillAll(ctx, target, v.fillLikenesses, func(int) {}); err != nil {
		return err
	}
	if err := v.fillAll(ctx, target, v.fillIndex, progress); err != nil {
		return err
	}
	return v.endIndexRotation(ctx, target)
}

// fillAll fills batch after batch until nobody is missing under the key.
func (v *Vault) fillAll(ctx context.Context, target sqlcgen.SharedKeysRow, fill func(context.Context, sqlcgen.SharedKeysRow) (int, error), progress Progress) error {
	for done := 0; ; {
		filled, err := fill(ctx, target)
		if err != nil || filled == 0 {
			return err
		}
		done += filled
		progress(done)
	}
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
	values, err := v.heldRow(ctx, tx, q, person.PersonID, person.RowID)
	if err != nil || values == nil {
		return err
	}
	hash, err := v.hash(ctx, target, Indexed, values[Indexed])
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
		if err := q.ForgetLikenesses(ctx, target.KeyID); err != nil {
			return err
		}
		return q.ForgetIndex(ctx, target.KeyID)
	})
}
