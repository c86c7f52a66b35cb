package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// RotateData gives every person a new data key and seals their fields anew; the
// former key is gone with that. Files stay sealed as they are, under file keys
// that the new data key wraps, and new files get a new file key. An interrupted
// rotation is carried on by the next call.
func (v *Vault) RotateData(ctx context.Context, progress Progress) error {
	q := v.queries()
	before, err := v.beginDataRotation(ctx, q)
	if err != nil {
		return err
	}
	done := 0
	for {
		persons, err := q.PersonKeysMadeBefore(ctx, sqlcgen.PersonKeysMadeBeforeParams{MadeBefore: before, MaxRows: batch})
		if err != nil {
			return fmt.Errorf("rotate data keys: %w", err)
		}
		if len(persons) == 0 {
			break
		}
		for _, person := range persons {
			if err := v.rotatePerson(ctx, person, before); err != nil {
				return err
			}
		}
		done += len(persons)
		progress(done)
	}
	now := v.now()
	if err := q.FinishDataRotations(ctx, sqlcgen.FinishDataRotationsParams{At: &now, MadeBefore: before}); err != nil {
		return fmt.Errorf("rotate data keys: %w", err)
	}
	return nil
}

func (v *Vault) beginDataRotation(ctx context.Context, q *sqlcgen.Queries) (time.Time, error) {
	before, err := q.UnfinishedDataRotation(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		// The database keeps microseconds.
		before = v.now().Truncate(time.Microsecond)
		err = q.BeginDataRotation(ctx, before)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("rotate data keys: %w", err)
	}
	return before, nil
}

// rotatePerson replaces one person's key and everything under it in one
// transaction: readers see the old or the new, whole.
func (v *Vault) rotatePerson(ctx context.Context, personID string, before time.Time) error {
	return v.transact(ctx, "rotate data key", func(tx pgx.Tx, q *sqlcgen.Queries) error {
		if err := q.ShareKeys(ctx); err != nil {
			return err
		}
		row, err := q.LockPersonKey(ctx, personID)
		if err != nil {
			return err
		}
		if row.Keyset == nil || !row.MadeAt.Before(before) {
			return nil
		}
		old, err := v.fieldKey(ctx, personID, row.Keyset, row.Master)
		if err != nil {
			return err
		}
		made, key, err := v.successor(ctx, row)
		if err != nil {
			return err
		}
		if err := reseal(ctx, tx, personID, old, key); err != nil {
			return err
		}
		madeAt := v.now()
		if madeAt.Before(before) {
			madeAt = before // the clock was set back meanwhile; the key is new all the same
		}
		return q.ReplacePersonKey(ctx, sqlcgen.ReplacePersonKeyParams{
			PersonID: personID, Keyset: made.fields, Files: made.files, Master: made.master, MadeAt: madeAt,
		})
	})
}

// successor is a new key for fields, which wraps the old file keys and a new one.
func (v *Vault) successor(ctx context.Context, row sqlcgen.PersonKey) (dataKey, tink.AEAD, error) {
	files, err := v.fileKeys(ctx, row)
	if err != nil {
		return dataKey{}, nil, err
	}
	manager := keyset.NewManagerFromHandle(files)
	id, err := manager.Add(streamingaead.AES256GCMHKDF1MBKeyTemplate())
	if err != nil {
		return dataKey{}, nil, fmt.Errorf("make file key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return dataKey{}, nil, fmt.Errorf("make file key: %w", err)
	}
	if files, err = manager.Handle(); err != nil {
		return dataKey{}, nil, fmt.Errorf("make file key: %w", err)
	}
	fields, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return dataKey{}, nil, fmt.Errorf("make data key: %w", err)
	}
	return v.wrapDataKey(ctx, row.PersonID, fields, files)
}

// reseal opens each field of a person with one key and seals it with another.
func reseal(ctx context.Context, tx pgx.Tx, personID string, old, made tink.AEAD) error {
	fields, err := sqlcgen.New(tx).SealedFieldsOf(ctx, personID)
	if err != nil {
		return err
	}
	for _, field := range fields {
		f := Field{PersonID: personID, Row: field.RowID, Column: field.Field}
		value, err := old.Decrypt(field.Sealed, f.binding())
		if err != nil {
			return fmt.Errorf("open %s of row %s: %w", f.Column, f.Row, err)
		}
		sealed, err := made.Encrypt(value, f.binding())
		if err != nil {
			return fmt.Errorf("seal %s of row %s: %w", f.Column, f.Row, err)
		}
		err = sqlcgen.New(tx).ResealField(ctx, sqlcgen.ResealFieldParams{RowID: f.Row, Field: f.Column, Sealed: sealed})
		if err != nil {
			return err
		}
	}
	return nil
}
