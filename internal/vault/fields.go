package vault

import (
	"context"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// Field is one value about a person: of a column, 'table.column', in a row.
type Field struct {
	PersonID string
	Row      string // the row's id, a UUID that no other table uses
	Column   string
}

// binding is authenticated with the sealed value: it opens for that person, row
// and column alone. Ids and columns hold no line breaks.
func (f Field) binding() []byte {
	return []byte("traveldoc/field\n" + f.PersonID + "\n" + f.Row + "\n" + f.Column)
}

// Put seals a value and keeps it, in the caller's transaction. There must be
// none yet. ErrDestroyed when the person's data has been shredded.
func (v *Vault) Put(ctx context.Context, tx DB, f Field, value string) error {
	row, err := v.held(ctx, tx, f.PersonID)
	if err != nil {
		return fmt.Errorf("seal %s: %w", f.Column, err)
	}
	key, err := v.fieldKey(ctx, f.PersonID, row.Keyset, row.Master)
	if err != nil {
		return fmt.Errorf("seal %s: %w", f.Column, err)
	}
	sealed, err := key.Encrypt([]byte(value), f.binding())
	if err != nil {
		return fmt.Errorf("seal %s: %w", f.Column, err)
	}
	err = sqlcgen.New(tx).AddSealedField(ctx, sqlcgen.AddSealedFieldParams{
		RowID: f.Row, Field: f.Column, PersonID: f.PersonID, Sealed: sealed,
	})
	if err != nil {
		return fmt.Errorf("keep %s: %w", f.Column, err)
	}
	return nil
}

// Row opens every value of a row, by column. ErrNone when there is none,
// ErrDestroyed when they can't be opened any more.
func (v *Vault) Row(ctx context.Context, db DB, row string) (map[string]string, error) {
	fields, err := sqlcgen.New(db).SealedRow(ctx, row)
	if err != nil {
		return nil, fmt.Errorf("read sealed fields: %w", err)
	}
	if len(fields) == 0 {
		return nil, ErrNone
	}
	values := make(map[string]string, len(fields))
	for _, field := range fields {
		if field.Keyset == nil {
			return nil, ErrDestroyed
		}
		key, err := v.fieldKey(ctx, field.PersonID, field.Keyset, field.Master)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", field.Field, err)
		}
		f := Field{PersonID: field.PersonID, Row: row, Column: field.Field}
		if values[field.Field], err = open(key, f, field.Sealed); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func open(key tink.AEAD, f Field, sealed []byte) (string, error) {
	value, err := key.Decrypt(sealed, f.binding())
	if err != nil {
		return "", fmt.Errorf("open %s: %w", f.Column, err)
	}
	return string(value), nil
}
