// Package audit is the log of who did what: rows that enter in the transaction
// of the act, a Merkle tree over them (RFC 6962, as golang.org/x/mod/sumdb/tlog
// builds it), checkpoints signed over the tree and kept elsewhere too, and the
// verifier that finds what was altered, removed or moved.
//
// Most rows are entered by the database itself, by triggers on what they tell
// of (migration 00050), so that no path of the code can forget them. The log
// proves that nothing changed after a checkpoint left the house; it can't prove
// what was entered to be true, nor bring back what was removed.
package audit

//go:generate go tool -modfile=../../tools/go.mod sqlc generate -f ../../sqlc.yaml

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/traveldoc/traveldoc/internal/audit/sqlcgen"
)

// Entry is one act. Nothing in it is personal but what Commitments commit to.
type Entry struct {
	At          time.Time // business time
	Actor       string    // subject of a token
	Action      string    // a code: 'hold.place'
	Object      string    // kind and id: 'request/<uuid>'
	Outcome     string    // a code: 'done', 'refused'
	Source      string    // what led to it: 'command/<uuid>'; may be empty
	Commitments []Commitment
}

// Commitment is something personal that an entry commits to without holding
// it. Whoever has the salt can check the value; without it the hash says
// nothing. The salt is the caller's to keep where it ends with the person's key.
type Commitment struct {
	Field string
	Salt  []byte
	Value string
}

// Append adds an entry in the transaction of the act.
func Append(ctx context.Context, tx sqlcgen.DBTX, entry Entry) error {
	_, err := add(ctx, tx, entry)
	return err
}

func add(ctx context.Context, tx sqlcgen.DBTX, entry Entry) (id int64, err error) {
	hashes := map[string]string{}
	for _, commitment := range entry.Commitments {
		hashes[commitment.Field] = Commit(commitment.Salt, commitment.Value)
	}
	text, err := commitments(hashes)
	if err != nil {
		return 0, err
	}
	id, err = sqlcgen.New(tx).AddEntry(ctx, sqlcgen.AddEntryParams{
		At: entry.At.UTC(), Actor: entry.Actor, Action: entry.Action, Object: entry.Object, Outcome: entry.Outcome,
		Source: entry.Source, Commitments: text,
	})
	if err != nil {
		return 0, fmt.Errorf("append to the audit log: %w", err)
	}
	return id, nil
}

func commitments(hashes map[string]string) (string, error) {
	if len(hashes) == 0 {
		return "", nil
	}
	text, err := json.Marshal(hashes)
	if err != nil {
		return "", fmt.Errorf("write commitments: %w", err)
	}
	return string(text), nil
}

// Commit is the salted hash of a value, in hex: HMAC-SHA-256 under the salt.
func Commit(salt []byte, value string) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil))
}

// leafVersion begins every leaf, so that another form can follow one day.
const leafVersion = "traveldoc audit entry 1"

// leaf is the hash of a row in the tree. It covers every column but the
// number, which is the leaf's place.
func leaf(row sqlcgen.AuditEntry) tlog.Hash {
	data := []byte(leafVersion)
	for _, number := range []int64{row.EntryID, row.At.UnixMicro()} {
		data = binary.BigEndian.AppendUint64(data, uint64(number)) //nolint:gosec // the bits matter, not the value
	}
	for _, text := range []string{row.Actor, row.Action, row.Object, row.Outcome, row.Source, row.Commitments} {
		data = binary.BigEndian.AppendUint64(data, uint64(len(text)))
		data = append(data, text...)
	}
	return tlog.RecordHash(data)
}
