package maildrop

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// journal is an append-only file of JSON lines. A line is on disk when append
// returns. Its user guards it: calls must not overlap, except read.
type journal struct {
	file   *os.File
	size   int64
	broken error // set when an append failed and could not be undone
}

// openJournal opens or makes the file, locks it against other processes, drops
// a last line that a crash left torn, and shows every whole line to see. A
// torn line was never answered, so nobody relies on it.
func openJournal(path string, see func(offset int64, line []byte) error) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &journal{file: file}
	if err := j.recover(path, see); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, err), file.Close())
	}
	return j, nil
}

func (j *journal) recover(path string, see func(int64, []byte) error) error {
	if err := syscall.Flock(int(j.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("another process uses it: %w", err)
	}
	reader := bufio.NewReader(j.file)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := see(j.size, bytes.TrimSuffix(line, []byte("\n"))); err != nil {
			return fmt.Errorf("line at byte %d: %w", j.size, err)
		}
		j.size += int64(len(line))
	}
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	return errors.Join(j.file.Sync(), syncFolder(filepath.Dir(path)))
}

// append writes one line, flushes it to disk and tells where it begins.
func (j *journal) append(line []byte) (int64, error) {
	if j.broken != nil {
		return 0, j.broken
	}
	offset := j.size
	line = append(bytes.Clone(line), '\n')
	_, err := j.file.WriteAt(line, offset)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return 0, j.undo(offset, err)
	}
	j.size += int64(len(line))
	return offset, nil
}

// undo takes a half-written line back, so that the next one does not join it.
func (j *journal) undo(offset int64, cause error) error {
	cause = fmt.Errorf("append to journal: %w", cause)
	if err := errors.Join(j.file.Truncate(offset), j.file.Sync()); err != nil {
		j.broken = errors.Join(cause, err)
		return j.broken
	}
	return cause
}

// read gives a line that append or openJournal located.
func (j *journal) read(offset int64, length int) ([]byte, error) {
	line := make([]byte, length)
	if _, err := j.file.ReadAt(line, offset); err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	return line, nil
}

func (j *journal) close() error { return j.file.Close() }

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
