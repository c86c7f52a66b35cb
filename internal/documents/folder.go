package documents

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"
)

// Blobs keeps sealed files, each under an id that is a UUID in lower case. It
// is safe for concurrent use.
type Blobs interface {
	// Create begins a file, which is there once Commit has returned.
	Create(id string) (Blob, error)
	// Open reads a whole file; fs.ErrNotExist.
	Open(id string) (io.ReadCloser, error)
	// Remove forgets a file; one that is not there is no error.
	Remove(id string) error
	// IDs lists every file, those that were only begun too.
	IDs() ([]string, error)
	// Writable fails when nothing can be kept.
	Writable() error
}

// Blob is a file that is being written.
type Blob interface {
	io.Writer
	// Commit makes the file last, even if the machine stops now.
	Commit() error
	// Discard forgets it; after Commit it does nothing.
	Discard()
}

// Folder keeps blobs in a folder of this machine, or one that all machines of a
// deployment share.
type Folder struct{ whole, begun string }

// Modes of what only the owner may touch.
const (
	ownersFolder = 0o700
	ownersFile   = 0o600
)

// OpenFolder makes the folder where there is none.
func OpenFolder(path string) (*Folder, error) {
	f := &Folder{whole: filepath.Join(path, "files"), begun: filepath.Join(path, "begun")}
	for _, each := range []string{f.whole, f.begun} {
		if err := os.MkdirAll(each, ownersFolder); err != nil {
			return nil, fmt.Errorf("open folder of documents: %w", err)
		}
	}
	return f, nil
}

// errName: a name from anywhere but this system would be a path.
var errName = errors.New("the name of a file is no UUID in lower case")

func in(folder, id string) (string, error) {
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		return "", errName
	}
	return filepath.Join(folder, id), nil
}

// Create begins a file.
func (f *Folder) Create(id string) (Blob, error) {
	begun, err := in(f.begun, id)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(begun, os.O_WRONLY|os.O_CREATE|os.O_EXCL, ownersFile)
	if err != nil {
		return nil, fmt.Errorf("begin file: %w", err)
	}
	return &part{File: file, whole: filepath.Join(f.whole, id)}, nil
}

// part is a file of a Folder that is being written.
type part struct {
	*os.File
	whole string
	done  bool
}

// Commit writes through, renames, and writes the renaming through.
func (p *part) Commit() error {
	err := errors.Join(p.Sync(), p.Close())
	if err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	if err := os.Rename(p.Name(), p.whole); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	p.done = true
	folder, err := os.Open(filepath.Dir(p.whole))
	if err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	return nil
}

// Discard forgets the file unless it was committed.
func (p *part) Discard() {
	if p.done {
		return
	}
	_ = p.Close()
	_ = os.Remove(p.Name())
}

// Open reads a whole file.
func (f *Folder) Open(id string) (io.ReadCloser, error) {
	path, err := in(f.whole, id)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return file, nil
}

// Remove forgets a file, whole or begun.
func (f *Folder) Remove(id string) error {
	for _, folder := range []string{f.whole, f.begun} {
		path, err := in(folder, id)
		if err != nil {
			return err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove file: %w", err)
		}
	}
	return nil
}

// IDs lists what is there; names that are no ids are none of its business.
func (f *Folder) IDs() ([]string, error) {
	var ids []string
	for _, folder := range []string{f.whole, f.begun} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
		for _, entry := range entries {
			if _, err := in(folder, entry.Name()); err == nil {
				ids = append(ids, entry.Name())
			}
		}
	}
	return ids, nil
}

// Writable keeps a file and forgets it.
func (f *Folder) Writable() error {
	blob, err := f.Create(uuid.NewString())
	if err != nil {
		return err
	}
	defer blob.Discard()
	_, err = blob.Write([]byte("written to see whether it can be"))
	return err
}
