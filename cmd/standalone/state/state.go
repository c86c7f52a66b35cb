// Package state knows the folder in which the standalone keeps everything that
// must survive a restart: the database cluster, keys, ports and the clock.
package state

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Folder is an existing state folder.
type Folder struct{ path string }

// DefaultPath chooses the folder: TRAVELDOC_STATE when set; for root a folder
// under /var/lib, because PostgreSQL refuses to run as root and its user cannot
// enter root's home; otherwise the place the XDG base directory rules give.
func DefaultPath(getenv func(string) string, root bool) (string, error) {
	if chosen := getenv("TRAVELDOC_STATE"); chosen != "" {
		return filepath.Abs(chosen)
	}
	if root {
		return "/var/lib/traveldoc", nil
	}
	if base := getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "traveldoc"), nil
	}
	home := getenv("HOME")
	if home == "" {
		return "", errors.New("no home folder is known; say with TRAVELDOC_STATE where the state shall be kept")
	}
	return filepath.Join(home, ".local", "state", "traveldoc"), nil
}

// Open creates the folder when missing. Others may pass through it (the
// database's user must), but list nothing; every secret in it is 0600.
func Open(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o711); err != nil {
		return nil, fmt.Errorf("the state folder %s cannot be made (%w); choose another with TRAVELDOC_STATE", path, err)
	}
	return &Folder{path: path}, nil
}

// Path joins names below the folder.
func (f *Folder) Path(names ...string) string {
	return filepath.Join(append([]string{f.path}, names...)...)
}

// Secret returns the named random secret, 256 bits in hexadecimal, made on
// first use.
func (f *Folder) Secret(name string) (string, error) {
	return f.remember(name, func() (string, error) {
		raw := make([]byte, 32)
		if _, err := rand.Read(raw); err != nil {
			return "", fmt.Errorf("make secret %s: %w", name, err)
		}
		return hex.EncodeToString(raw), nil
	})
}

// Port returns the named port kept from an earlier start, or keeps the one that
// choose finds, so that clients find an automatic port again after a restart.
func (f *Folder) Port(name string, choose func() (int, error)) (int, error) {
	text, err := f.remember("port-"+name, func() (string, error) {
		port, err := choose()
		return strconv.Itoa(port), err
	})
	if err != nil {
		return 0, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("the file %s holds no port number; delete it", f.Path("port-"+name))
	}
	return port, nil
}

// remember keeps what the first caller, of all processes, decides.
func (f *Folder) remember(name string, first func() (string, error)) (string, error) {
	kept, err := f.read(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return kept, err
	}
	value, err := first()
	if err != nil {
		return "", err
	}
	// A link, unlike a rename, leaves a file alone that is there already.
	if err := place(f.Path(name), []byte(value+"\n"), os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return f.read(name)
}

func (f *Folder) read(name string) (string, error) {
	content, err := os.ReadFile(f.Path(name))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", f.Path(name), err)
	}
	return strings.TrimSpace(string(content)), nil
}

// WriteFile replaces a file in one step, readable by its owner alone. A reader
// sees the old or the new content, never a part, also after a crash.
func WriteFile(path string, content []byte) error { return place(path, content, os.Rename) }

// place writes a file aside and puts it in its place when it is complete.
func place(path string, content []byte, move func(from, to string) error) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = move(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Lock keeps a second process from running the same part on this folder. The
// kernel drops the lock with the process, so a kill leaves nothing to clean up.
func (f *Folder) Lock(part string) (release func(), err error) {
	path := f.Path(part + ".lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		file.Close()
		return nil, fmt.Errorf("%s already runs on %s (process %s); stop it or choose another folder with TRAVELDOC_STATE",
			part, f.path, strings.TrimSpace(string(holder)))
	}
	if err := file.Truncate(0); err == nil {
		_, err = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("write %s: %w", path, err)
		}
	}
	return func() { file.Close() }, nil
}
