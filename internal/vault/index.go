package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/tink-crypto/tink-go/v2/prf"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// Indexed is the column by whose value persons are found.
const Indexed = "person_details.a_number"

// tokenSize, in bytes: persons are millions, and two must never share a token.
const tokenSize = 32

// token is the keyed hash of a value under one index key.
type token struct {
	keyID int64
	hash  []byte
}

// tokens of a column's value under every index key in force, newest first.
func (v *Vault) tokens(ctx context.Context, q *sqlcgen.Queries, column, value string) ([]token, error) {
	keys, err := q.SharedKeys(ctx, string(indexing))
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, ErrUnprepared
	}
	found := make([]token, len(keys))
	for i, key := range keys {
		hash, err := v.hash(ctx, key, column, value)
		if err != nil {
			return nil, err
		}
		found[i] = token{key.KeyID, hash}
	}
	return found, nil
}

func (v *Vault) hash(ctx context.Context, key sqlcgen.SharedKeysRow, column, value string) ([]byte, error) {
	hasher, err := get(v.opened, key.Keyset, func() (*prf.Set, error) {
		keys, err := v.masters.unwrap(ctx, key.Keyset, key.Master, indexing.binding())
		if err != nil {
			return nil, err
		}
		return prf.NewPRFSet(keys)
	})
	if err != nil {
		return nil, err
	}
	return hasher.ComputePrimaryPRF([]byte(column+"\n"+value), tokenSize)
}

// Enter makes the person findable by the value of Indexed that Put keeps in the
// same transaction. ErrTaken when somebody else is; the transaction is then over.
func (v *Vault) Enter(ctx context.Context, tx DB, personID, value string) error {
	q := sqlcgen.New(tx)
	// From here on the keys in force stay in force, so that the person is under all of them.
	if err := q.ShareKeys(ctx); err != nil {
		return fmt.Errorf("enter the index: %w", err)
	}
	tokens, err := v.tokens(ctx, q, Indexed, value)
	if err != nil {
		return fmt.Errorf("enter the index: %w", err)
	}
	// Oldest first: whoever takes the same value meets at the same row.
	for _, t := range slices.Backward(tokens) {
		err := q.EnterIndex(ctx, sqlcgen.EnterIndexParams{KeyID: t.keyID, Token: t.hash, PersonID: personID})
		if taken(err) {
			return fmt.Errorf("enter the index: %w", ErrTaken)
		}
		if err != nil {
			return fmt.Errorf("enter the index: %w", err)
		}
	}
	return nil
}

func taken(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "23505" && refused.ConstraintName == "person_by_index"
}

// Find is the person who is found by the value; ErrNone.
func (v *Vault) Find(ctx context.Context, db DB, value string) (personID string, err error) {
	q := sqlcgen.New(db)
	var asked []token
	for {
		tokens, err := v.tokens(ctx, q, Indexed, value)
		if err != nil {
			return "", fmt.Errorf("look in the index: %w", err)
		}
		// A key may have been replaced between reading the keys and asking; then it is asked again.
		if sameKeys(tokens, asked) {
			return "", ErrNone
		}
		asked = tokens
		found, err := find(ctx, q, tokens)
		if err != nil || found != "" {
			return found, err
		}
	}
}

func sameKeys(a, b []token) bool {
	return slices.EqualFunc(a, b, func(a, b token) bool { return a.keyID == b.keyID })
}

func find(ctx context.Context, q *sqlcgen.Queries, tokens []token) (string, error) {
	var asked sqlcgen.FindInIndexParams
	for _, t := range tokens {
		asked.KeyIds = append(asked.KeyIds, t.keyID)
		asked.Tokens = append(asked.Tokens, t.hash)
	}
	found, err := q.FindInIndex(ctx, asked)
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return "", fmt.Errorf("look in the index: %w", err)
	case len(found) > 1:
		return "", errors.New("look in the index: two persons are found by one value")
	case len(found) == 1:
		return found[0], nil
	}
	return "", nil
}
