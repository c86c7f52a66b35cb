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

// KeyFile is the path of the file that holds the key that signs checkpoints. Its
// owner alone may read it. While the key is being replaced it holds two, the
// former one first. It is read for each signature, so that a replacement reaches
// running processes.
type KeyFile string

// errKey says that a text is no audit key. It quotes nothing of it.
var errKey = errors.New("the audit key can't be read: make one with traveldoc audit key FILE")

// signingKey is one key with both its halves.
type signingKey struct {
	text     string // private half, as NewKey makes it
	public   string
	signer   note.Signer
	verifier note.Verifier
}

// CreateKey makes the key that signs checkpoints, in a file that its owner alone
// can read; one that is there is left as it is. Verifier is its public half.
func CreateKey(path string) (verifier string, err error) {
	signer, _, err := NewKey()
	if err != nil {
		return "", err
	}
	// A link never replaces: of two processes that start together one wins.
	if err := place(path, signer+"\n", os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep the audit key: %w", err)
	}
	keys, err := KeyFile(path).read()
	if err != nil {
		return "", err
	}
	return keys[0].public, nil
}

// place writes beside the path and then puts the file there, so that a crash
// leaves the old content or the new one, whole.
func place(path, content string, put func(from, to string) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".audit-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := put(file.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// read gives the one or two keys of the file.
func (f KeyFile) read() ([]signingKey, error) {
	info, err := os.Stat(string(f))
	if err != nil {
		return nil, fmt.Errorf("read the audit key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s must be a file that its owner alone can read (mode 0600)", f)
	}
	content, err := os.ReadFile(string(f))
	if err != nil {
		return nil, fmt.Errorf("read the audit key: %w", err)
	}
	var keys []signingKey
	for _, text := range strings.Fields(string(content)) {
		key, err := openKey(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) != 1 && len(keys) != 2 {
		return nil, errKey
	}
	return keys, nil
}

// keep replaces what the file holds.
func (f KeyFile) keep(keys []signingKey) error {
	var content strings.Builder
	for _, key := range keys {
		content.WriteString(key.text + "\n")
	}
	if err := place(string(f), content.String(), os.Rename); err != nil {
		return fmt.Errorf("keep the audit key: %w", err)
	}
	return nil
}

func openKey(text string) (signingKey, error) {
	signer, err := note.NewSigner(text)
	if err != nil {
		return signingKey{}, errKey
	}
	public, err := publicHalf(signer.Name(), text)
	if err != nil {
		return signingKey{}, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return signingKey{}, errKey
	}
	return signingKey{text: text, public: public, signer: signer, verifier: verifier}, nil
}

// publicHalf of a key in the form that NewKey makes.
func publicHalf(name, signer string) (string, error) {
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
	return note.NewEd25519VerifierKey(name, public)
}
