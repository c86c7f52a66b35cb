// Package keyfile keeps an ECDSA key in a file that its owner alone can read.
package keyfile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const blockType = "PRIVATE KEY"

// LoadOrCreate reads a P-256 key (PKCS #8, PEM) or makes one where there is
// none. A file that others may read is refused: its key is no secret any more.
func LoadOrCreate(path string) (*ecdsa.PrivateKey, error) {
	key, err := load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	err = create(path, key)
	if errors.Is(err, fs.ErrExist) { // another process was first; its key counts
		return load(path)
	}
	if err != nil {
		return nil, fmt.Errorf("keep key: %w", err)
	}
	return key, nil
}

func load(path string) (*ecdsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read key: %s must be a file that its owner alone can read (mode 0600)", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != blockType {
		return nil, fmt.Errorf("read key: %s holds no PEM private key", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("read key: %s holds no P-256 key", path)
	}
	return key, nil
}

// create writes beside the path and links, so that a crash leaves a whole key
// or none, and two processes that start together agree on one.
func create(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	err = pem.Encode(file, &pem.Block{Type: blockType, Bytes: der})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
