package vault

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/streamingaead"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// File is a file about a person.
type File struct {
	PersonID string
	ID       string
}

func (f File) binding() []byte { return []byte("traveldoc/file\n" + f.PersonID + "\n" + f.ID) }

// Writer seals what is written to it and writes that on to w. The file is whole
// once Close has returned without an error. The person's key is made, if there
// is none, in the caller's transaction.
func (v *Vault) Writer(ctx context.Context, tx DB, f File, w io.Writer) (io.WriteCloser, error) {
	row, err := v.held(ctx, tx, f.PersonID)
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	keys, err := v.fileKeys(ctx, row)
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	primitive, err := streamingaead.New(keys)
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	return primitive.NewEncryptingWriter(w, f.binding())
}

// Reader opens a sealed file. What it has given is authentic; that the file is
// whole is certain once it has given io.EOF. Any other person, id or key, and
// any change or cut, is an error before the part that it touches is given.
func (v *Vault) Reader(ctx context.Context, db DB, f File, r io.Reader) (io.Reader, error) {
	row, err := sqlcgen.New(db).PersonKey(ctx, f.PersonID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fmt.Errorf("open file: %w", ErrNone)
	case err != nil:
		return nil, fmt.Errorf("open file: %w", err)
	case row.Keyset == nil:
		return nil, fmt.Errorf("open file: %w", ErrDestroyed)
	}
	keys, err := v.fileKeys(ctx, row)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	primitive, err := streamingaead.New(keys)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return primitive.NewDecryptingReader(r, f.binding())
}
