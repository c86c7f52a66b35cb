package audit

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// origin is the first line of every checkpoint (c2sp.org/tlog-checkpoint).
const origin = "traveldoc audit log"

// Checkpoint says that the log had this many entries with this root.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
	At   time.Time // the sequencer's clock, UTC, whole seconds
	Next string    // public half of the key that signs from here on; empty: the same one
}

// nextKey begins the line of a checkpoint that names the next key.
const nextKey = "next key "

// ErrCheckpoint says that a note is no checkpoint, or not signed by the key.
var ErrCheckpoint = errors.New("no checkpoint of this key")

// NewKey makes the key that signs checkpoints, and what verifies it, both in
// the text form of golang.org/x/mod/sumdb/note.
func NewKey() (signer, verifier string, err error) {
	signer, verifier, err = note.GenerateKey(rand.Reader, "traveldoc-audit")
	if err != nil {
		return "", "", fmt.Errorf("make the audit key: %w", err)
	}
	return signer, verifier, nil
}

// sign takes two signers where the key is handed over.
func sign(checkpoint Checkpoint, signers ...note.Signer) (string, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n%s\n", origin, checkpoint.Size, checkpoint.Root, checkpoint.At.UTC().Format(time.RFC3339))
	if checkpoint.Next != "" {
		text += nextKey + checkpoint.Next + "\n"
	}
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return "", fmt.Errorf("sign a checkpoint: %w", err)
	}
	return string(signed), nil
}

// OpenCheckpoint checks the signature and reads what was signed; ErrCheckpoint.
func OpenCheckpoint(signed string, verifier note.Verifier) (Checkpoint, error) {
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	// Lax base64 lets the last character of a signature be another without
	// being noticed; an edited byte has to be.
	_, signed, _ = strings.Cut(strings.TrimSuffix(signed, "\n"), "\n\n")
	lines := strings.Split(signed, "\n")
	if len(lines) != signatures(opened.Text) {
		return Checkpoint{}, fmt.Errorf("%w: %d signatures", ErrCheckpoint, len(lines))
	}
	for _, line := range lines {
		if _, err := base64.StdEncoding.Strict().DecodeString(line[strings.LastIndex(line, " ")+1:]); err != nil {
			return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
		}
	}
	return parse(opened.Text)
}

// signatures is how many a text needs: that of the key in force, and the next
// one's where it hands over, which shows that somebody holds it.
func signatures(text string) int {
	if strings.Contains(text, "\n"+nextKey) {
		return 2
	}
	return 1
}

// noteText is what a note says, without its signature.
func noteText(signed string) string {
	text, _, _ := strings.Cut(signed, "\n\n")
	return text + "\n"
}

func parse(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	next := ""
	if len(lines) == 6 && strings.HasPrefix(lines[4], nextKey) {
		next = strings.TrimPrefix(lines[4], nextKey)
		lines = slices.Delete(lines, 4, 5)
	}
	if len(lines) != 5 || lines[0] != origin || lines[4] != "" {
		return Checkpoint{}, fmt.Errorf("%w: unknown form", ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size <= 0 {
		return Checkpoint{}, fmt.Errorf("%w: bad size", ErrCheckpoint)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: bad root", ErrCheckpoint)
	}
	at, err := time.Parse(time.RFC3339, lines[3])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: bad time", ErrCheckpoint)
	}
	return Checkpoint{Size: size, Root: root, At: at, Next: next}, nil
}
