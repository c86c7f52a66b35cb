package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// errKey says that a text is no audit key. It quotes nothing of it.
var errKey = errors.New("the audit key can't be read: make one with traveldoc audit key FILE")

// CreateKey makes the key that signs checkpoints, in a file that its owner alone
// can read; one that is there is left as it is. Verifier is its public half.
func CreateKey(path string) (verifier string, err error) {
	signer, _, err := NewKey()
	if err != nil {
		return "", err
	}
	// A link never replaces: of two processes that start together one wins.
	if err := place(path, signer+"\n"); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep the audit key: %w", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the audit key: %w", err)
	}
	return VerifierOf(strings.TrimSpace(string(content)))
}

func place(path, content string) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".audit-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Link(file.Name(), path)
}

// VerifierOf is the public half of a key in the form that NewKey makes.
func VerifierOf(signer string) (string, error) {
	known, err := note.NewSigner(signer)
	if err != nil {
		return "", errKey
	}
	// PRIVATE+KEY+<name>+<hash>+<algorithm and seed>
	parts := strings.SplitN(signer, "+", 5)
	raw, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errKey
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errKey
	}
	return note.NewEd25519VerifierKey(known.Name(), public)
}
