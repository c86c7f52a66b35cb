package vault

import (
	"bytes"
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

// What a wrapped key is bound to, so that the key of one person put into the
// row of another opens nothing.
func fieldKeyOf(personID string) string { return "traveldoc/person-key/" + personID }
func fileKeyOf(personID string) string  { return "traveldoc/file-key/" + personID }

// dataKey is a person's key as it lies in the database.
type dataKey struct {
	fields, files []byte
	master        string
}

// makeDataKey makes a new key and wraps it.
func (v *Vault) makeDataKey(ctx context.Context, personID string) (dataKey, tink.AEAD, error) {
	fields, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return dataKey{}, nil, fmt.Errorf("make data key: %w", err)
	}
	files, err := keyset.NewHandle(streamingaead.AES256GCMHKDF1MBKeyTemplate())
	if err != nil {
		return dataKey{}, nil, fmt.Errorf("make file key: %w", err)
	}
	return v.wrapDataKey(ctx, personID, fields, files)
}

func (v *Vault) wrapDataKey(ctx context.Context, personID string, fields, files *keyset.Handle) (dataKey, tink.AEAD, error) {
	key, err := aead.New(fields)
	if err != nil {
		return dataKey{}, nil, fmt.Errorf("use data key: %w", err)
	}
	var row dataKey
	if row.fields, row.master, err = v.masters.wrap(ctx, fields, fieldKeyOf(personID)); err != nil {
		return dataKey{}, nil, err
	}
	var out bytes.Buffer
	if err := files.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), key, []byte(fileKeyOf(personID))); err != nil {
		return dataKey{}, nil, fmt.Errorf("wrap file key: %w", err)
	}
	row.files = out.Bytes()
	return row, key, nil
}

// held is the person's key, made at first use. It is not replaced or destroyed
// before the caller's transaction ends.
func (v *Vault) held(ctx context.Context, db DB, personID string) (sqlcgen.PersonKey, error) {
	q := sqlcgen.New(db)
	row, err := q.HoldPersonKey(ctx, personID)
	if errors.Is(err, pgx.ErrNoRows) {
		if err := v.addPersonKey(ctx, q, personID); err != nil {
			return sqlcgen.PersonKey{}, err
		}
		row, err = q.HoldPersonKey(ctx, personID)
	}
	if err != nil {
		return sqlcgen.PersonKey{}, fmt.Errorf("hold the person's key: %w", err)
	}
	if row.Keyset == nil {
		return sqlcgen.PersonKey{}, ErrDestroyed
	}
	return row, nil
}

func (v *Vault) addPersonKey(ctx context.Context, q *sqlcgen.Queries, personID string) error {
	if err := q.ShareKeys(ctx); err != nil {
		return err
	}
	key, _, err := v.makeDataKey(ctx, personID)
	if err != nil {
		return err
	}
	_, err = q.AddPersonKey(ctx, sqlcgen.AddPersonKeyParams{
		PersonID: personID, Keyset: key.fields, Files: key.files, Master: key.master, MadeAt: v.now(),
	})
	return err
}

func (v *Vault) now() time.Time { return v.clock.Now().UTC() }

func (v *Vault) fieldKey(ctx context.Context, personID string, wrapped []byte, master string) (tink.AEAD, error) {
	return get(v.opened, wrapped, func() (tink.AEAD, error) {
		keys, err := v.masters.unwrap(ctx, wrapped, master, fieldKeyOf(personID))
		if err != nil {
			return nil, err
		}
		return aead.New(keys)
	})
}

func (v *Vault) fileKeys(ctx context.Context, row sqlcgen.PersonKey) (*keyset.Handle, error) {
	key, err := v.fieldKey(ctx, row.PersonID, row.Keyset, row.Master)
	if err != nil {
		return nil, err
	}
	keys, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(row.Files)), key, []byte(fileKeyOf(row.PersonID)))
	if err != nil {
		return nil, fmt.Errorf("unwrap file key: %w", err)
	}
	return keys, nil
}

// Destroy destroys a person's data key within the caller's transaction. What
// was sealed under it opens never again, nothing can be sealed for the person
// any more, and the person is found by nothing. Destroying twice is destroying once.
func (v *Vault) Destroy(ctx context.Context, tx pgx.Tx, personID string) error {
	q := sqlcgen.New(tx)
	if err := q.ShareKeys(ctx); err != nil {
		return fmt.Errorf("destroy the person's key: %w", err)
	}
	if err := q.DestroyPersonKey(ctx, sqlcgen.DestroyPersonKeyParams{PersonID: personID, At: v.now()}); err != nil {
		return fmt.Errorf("destroy the person's key: %w", err)
	}
	if err := q.LeaveIndex(ctx, personID); err != nil {
		return fmt.Errorf("take the person out of the index: %w", err)
	}
	if err := q.LeaveLikeness(ctx, personID); err != nil {
		return fmt.Errorf("take the person out of the index: %w", err)
	}
	return nil
}
