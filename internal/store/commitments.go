package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Kept are personal values of one row, and who entered them.
type Kept struct {
	PersonID string
	Row      string            // UUID
	Values   map[string]string // by column, all of one table; an empty value is none
	By       string            // subject of a token
	At       time.Time
}

// Keep seals values in the caller's transaction, and has the audit log commit
// to them: as long as the person's key lives anyone with a value's salt can
// check what was entered, and nothing tells of it afterwards. The salts are
// sealed as the values are, since so few birth dates and numbers can be tried out.
func Keep(ctx context.Context, tx sqlcgen.DBTX, v *vault.Vault, k Kept) error {
	columns := slices.DeleteFunc(slices.Sorted(maps.Keys(k.Values)), func(column string) bool { return k.Values[column] == "" })
	if len(columns) == 0 {
		return nil
	}
	if k.PersonID == "" {
		return fmt.Errorf("what is personal belongs to a person: %w", notFound)
	}
	salt := make([]byte, sha256.Size)
	rand.Read(salt) // never fails, see its documentation
	entry := audit.Entry{At: k.At, Actor: k.By, Action: "sealed.keep", Object: "person/" + k.PersonID, Outcome: "done", Source: sealedRow + k.Row}
	put := func(column, value string) error {
		err := v.Put(ctx, tx, vault.Field{PersonID: k.PersonID, Row: k.Row, Column: column}, value)
		return inVault("keep "+column, err)
	}
	for _, column := range columns {
		if err := put(column, k.Values[column]); err != nil {
			return err
		}
		entry.Commitments = append(entry.Commitments, audit.Commitment{Field: column, Salt: saltFor(salt, column), Value: k.Values[column]})
	}
	if err := put(saltColumn(columns[0]), hex.EncodeToString(salt)); err != nil {
		return err
	}
	return failed("commit to what is sealed", audit.Append(ctx, tx, entry))
}

// sealedRow begins the source of an audit entry that commits to values of a row.
const sealedRow = "row/"

// saltColumn is where the salt of a row is sealed, beside a column of its table.
func saltColumn(column string) string {
	table, _, _ := strings.Cut(column, ".")
	return table + ".salt"
}

// saltFor is the salt of one value: whoever is given it learns of no other.
func saltFor(salt []byte, column string) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(column))
	return mac.Sum(nil)
}

// Salt is that of the value to which an audit entry commits under a column.
// api.ErrNotFound when it commits to none, or the person's key is destroyed.
func Salt(ctx context.Context, db sqlcgen.DBTX, v *vault.Vault, entry audit.Row, column string) ([]byte, error) {
	row, commits := strings.CutPrefix(entry.Source, sealedRow)
	if !commits || !strings.Contains(entry.Commitments, `"`+column+`"`) {
		return nil, fmt.Errorf("read salt: %w", notFound)
	}
	values, err := sealed{v}.read(ctx, db, "salt", row)
	if err != nil {
		return nil, err
	}
	salt, err := hex.DecodeString(values[saltColumn(column)])
	if err != nil || len(salt) == 0 {
		return nil, fmt.Errorf("read salt: %w", notFound)
	}
	return saltFor(salt, column), nil
}
