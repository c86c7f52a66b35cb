package vault

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// The columns by which two persons look alike.
const (
	familyName = "person_details.family_name"
	givenNames = "person_details.given_names"
	birthDate  = "person_details.birth_date"
)

// likeness is what persons share who look alike: every word of their names,
// whichever is entered as the family name, without case, marks and what can't be
// seen, such as joiners and fillers, and the date of birth. Another transliteration
// is another likeness.
func likeness(values map[string]string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) {
			return -1
		}
		return r
	}, norm.NFKD.String(cases.Fold().String(values[familyName]+" "+values[givenNames])))
	words := strings.FieldsFunc(bare, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slices.Sort(words)
	return strings.Join(words, " ") + "\n" + values[birthDate]
}

// SameNames tells whether two are alike by their names and dates of birth.
func SameNames(one, other map[string]string) bool { return likeness(one) == likeness(other) }

// Alike makes the person findable by the names and the date of birth that Put
// keeps in the same transaction, and answers who was before. Of two who enter at
// once the second waits and finds the first.
func (v *Vault) Alike(ctx context.Context, tx DB, personID string, values map[string]string) ([]string, error) {
	q := sqlcgen.New(tx)
	if err := q.ShareKeys(ctx); err != nil {
		return nil, fmt.Errorf("look for whoever is alike: %w", err)
	}
	tokens, err := v.tokens(ctx, q, birthDate, likeness(values))
	if err != nil {
		return nil, fmt.Errorf("look for whoever is alike: %w", err)
	}
	asked := sqlcgen.FindAlikeParams{PersonID: personID}
	for _, t := range slices.Backward(tokens) {
		if err := q.LockLikeness(ctx, t.hash); err != nil {
			return nil, fmt.Errorf("look for whoever is alike: %w", err)
		}
		if err := q.EnterLikeness(ctx, sqlcgen.EnterLikenessParams{KeyID: t.keyID, Token: t.hash, PersonID: personID}); err != nil {
			return nil, fmt.Errorf("look for whoever is alike: %w", err)
		}
		asked.KeyIds, asked.Tokens = append(asked.KeyIds, t.keyID), append(asked.Tokens, t.hash)
	}
	found, err := q.FindAlike(ctx, asked)
	if err != nil {
		return nil, fmt.Errorf("look for whoever is alike: %w", err)
	}
	return found, nil
}

// EnterLikenesses enters whoever was kept before persons were found by how they
// look, under every key in force. Interrupted, it is carried on by the next call.
func (v *Vault) EnterLikenesses(ctx context.Context) error {
	keys, err := v.queries().SharedKeys(ctx, string(indexing))
	if err != nil {
		return fmt.Errorf("enter likenesses: %w", err)
	}
	for _, key := range keys {
		if err := v.fillAll(ctx, key, v.fillLikenesses, func(int) {}); err != nil {
			return err
		}
	}
	return nil
}

// fillLikenesses enters a batch of persons who are not under the key yet.
func (v *Vault) fillLikenesses(ctx context.Context, target sqlcgen.SharedKeysRow) (int, error) {
	missing, err := v.queries().PersonsMissingALikeness(ctx, sqlcgen.PersonsMissingALikenessParams{
		Field: birthDate, KeyID: target.KeyID, MaxRows: batch,
	})
	if err != nil {
		return 0, fmt.Errorf("enter likenesses: %w", err)
	}
	for _, person := range missing {
		err := v.transact(ctx, "enter likenesses", func(tx pgx.Tx, q *sqlcgen.Queries) error {
			values, err := v.heldRow(ctx, tx, q, person.PersonID, person.RowID)
			if err != nil || values == nil {
				return err
			}
			hash, err := v.hash(ctx, target, birthDate, likeness(values))
			if err != nil {
				return err
			}
			return q.EnterLikeness(ctx, sqlcgen.EnterLikenessParams{KeyID: target.KeyID, Token: hash, PersonID: person.PersonID})
		})
		if err != nil {
			return 0, err
		}
	}
	return len(missing), nil
}

// heldRow reads a row of a person who is not shredded before the transaction
// ends; nil of one who was.
func (v *Vault) heldRow(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID, rowID string) (map[string]string, error) {
	key, err := q.HoldPersonKey(ctx, personID)
	if err != nil || key.Keyset == nil {
		return nil, err
	}
	return v.Row(ctx, tx, rowID)
}
