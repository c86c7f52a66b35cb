package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// fileMaster is a Tink keyset in a file that its owner alone can read. It is
// read again when it changes, so that a rotation reaches running processes.
type fileMaster struct {
	reference string
	path      string

	mu    sync.Mutex
	stamp stamp
	keys  *keyset.Handle
	aead  tink.AEAD
}

// stamp tells one content of a file from another: each is written to a new file.
type stamp struct {
	changed time.Time
	size    int64
	file    fs.FileInfo
}

func (s stamp) same(info fs.FileInfo) bool {
	return s.file != nil && os.SameFile(s.file, info) && s.changed.Equal(info.ModTime()) && s.size == info.Size()
}

func openFile(reference string) (*fileMaster, error) {
	path, err := filePath(reference)
	if err != nil {
		return nil, err
	}
	m := &fileMaster{reference: reference, path: path}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m, m.refresh()
}

func filePath(reference string) (string, error) {
	parsed, err := url.Parse(reference)
	if err != nil || parsed.Scheme != "file" || parsed.Host != "" || !filepath.IsAbs(parsed.Path) || strings.ContainsRune(reference, '#') {
		return "", errors.New("the reference must be file:// and an absolute path")
	}
	return parsed.Path, nil
}

// CreateMasterFile makes a keyset with one key at the path that the reference
// names. A file that is there already is left as it is; created tells.
func CreateMasterFile(reference string) (created bool, err error) {
	path, err := filePath(reference)
	if err != nil {
		return false, fmt.Errorf("create master key: %w", err)
	}
	keys, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return false, fmt.Errorf("create master key: %w", err)
	}
	// A link never replaces: of two processes that start together one wins.
	err = writeKeys(path, keys, os.Link)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("create master key: %w", err)
	}
	return true, nil
}

// writeKeys writes beside the path and then puts the file in place, so that a
// crash leaves the old keys or the new ones, whole.
func writeKeys(path string, keys *keyset.Handle, place func(from, to string) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".master-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	err = insecurecleartextkeyset.Write(keys, keyset.NewJSONWriter(file))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := place(file.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// refresh reads the file if it is not what was read last. The caller holds mu.
func (m *fileMaster) refresh() error {
	info, err := os.Stat(m.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: put the file there, or make one with traveldoc keys create", err)
	case err != nil:
		return err
	case m.stamp.same(info):
		return nil
	case info.IsDir():
		return fmt.Errorf("%s is a folder: the file that should be mounted there is missing", m.path)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s must be a file that its owner alone can read (mode 0600)", m.path)
	}
	file, err := os.Open(m.path)
	if err != nil {
		return err
	}
	defer file.Close()
	keys, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(file))
	if err != nil {
		return fmt.Errorf("%s holds no keyset: %w", m.path, err)
	}
	return m.take(keys, info)
}

func (m *fileMaster) take(keys *keyset.Handle, info fs.FileInfo) error {
	primitive, err := aead.New(keys)
	if err != nil {
		return fmt.Errorf("%s holds no keyset for this: %w", m.path, err)
	}
	m.keys, m.aead, m.stamp = keys, primitive, stamp{changed: info.ModTime(), size: info.Size(), file: info}
	return nil
}

func (m *fileMaster) name(id uint32) string {
	return m.reference + "#" + strconv.FormatUint(uint64(id), 10)
}

func (m *fileMaster) current() (string, tink.AEADWithContext, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.refresh(); err != nil {
		return "", nil, err
	}
	return m.name(m.keys.KeysetInfo().GetPrimaryKeyId()), local{m.aead}, nil
}

func (m *fileMaster) named(name string) (tink.AEADWithContext, bool, error) {
	reference, id, _ := strings.Cut(name, "#")
	if reference != m.reference {
		return nil, false, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.holds(id) {
		// Another process has added it meanwhile.
		if err := m.refresh(); err != nil {
			return nil, true, err
		}
	}
	if !m.holds(id) {
		return nil, true, fmt.Errorf("%s does not hold key %s", m.path, id)
	}
	return local{m.aead}, true, nil
}

func (m *fileMaster) holds(id string) bool {
	for _, key := range m.keys.KeysetInfo().GetKeyInfo() {
		if strconv.FormatUint(uint64(key.GetKeyId()), 10) == id {
			return true
		}
	}
	return false
}

// renew adds a key and makes it the current one.
func (m *fileMaster) renew() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.change(func(manager *keyset.Manager) error {
		id, err := manager.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return manager.SetPrimary(id)
	})
}

func (m *fileMaster) change(how func(*keyset.Manager) error) error {
	if err := m.refresh(); err != nil {
		return err
	}
	manager := keyset.NewManagerFromHandle(m.keys)
	if err := how(manager); err != nil {
		return err
	}
	keys, err := manager.Handle()
	if err != nil {
		return err
	}
	if err := writeKeys(m.path, keys, os.Rename); err != nil {
		return err
	}
	return m.refresh()
}

func (m *fileMaster) retire(inUse []string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var forgotten []string
	err := m.change(func(manager *keyset.Manager) error {
		info := m.keys.KeysetInfo()
		for _, key := range info.GetKeyInfo() {
			if key.GetKeyId() == info.GetPrimaryKeyId() || slices.Contains(inUse, m.name(key.GetKeyId())) {
				continue
			}
			forgotten = append(forgotten, m.name(key.GetKeyId()))
			if err := manager.Delete(key.GetKeyId()); err != nil {
				return err
			}
		}
		return nil
	})
	return forgotten, err
}

// local is a key in this process's memory: no call can be cancelled.
type local struct{ key tink.AEAD }

func (l local) EncryptWithContext(_ context.Context, plaintext, associatedData []byte) ([]byte, error) {
	return l.key.Encrypt(plaintext, associatedData)
}

func (l local) DecryptWithContext(_ context.Context, ciphertext, associatedData []byte) ([]byte, error) {
	return l.key.Decrypt(ciphertext, associatedData)
}
