package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Folder is where checkpoints and the hashes of entries are kept outside the
// database, on storage that its owner can't rewrite. Both files only grow.
type Folder string

const (
	leavesFile      = "leaves"      // 32 bytes for each entry, in order
	checkpointsFile = "checkpoints" // signed notes, one after the other
)

// errBehind says that more was exported than the database has.
var errBehind = errors.New("the database has fewer audit entries than were exported")

// addLeaves appends hashes of entries; a torn end of an earlier try is cut off first.
func (f Folder) addLeaves(from int64, leaves []byte) error {
	return f.append(leavesFile, from*tlog.HashSize, leaves)
}

// tail is enough of the checkpoints' file to hold the last two notes.
const tail = 4096

// lastCheckpoint is what the last whole note says, empty without one, and where in
// the file that note ends. The verifier judges signatures.
func (f Folder) lastCheckpoint() (last Checkpoint, end int64, err error) {
	file, err := os.Open(filepath.Join(string(f), checkpointsFile))
	if errors.Is(err, os.ErrNotExist) {
		return Checkpoint{}, 0, nil
	}
	if err != nil {
		return Checkpoint{}, 0, fmt.Errorf("read exported checkpoints: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Checkpoint{}, 0, fmt.Errorf("read exported checkpoints: %w", err)
	}
	from := max(0, info.Size()-tail)
	content, err := io.ReadAll(io.NewSectionReader(file, from, tail))
	if err != nil {
		return Checkpoint{}, 0, fmt.Errorf("read exported checkpoints: %w", err)
	}
	text := string(content)
	begins, signed := strings.LastIndex(text, origin+"\n"), -1
	for begins >= 0 {
		if signed = noteEnd(text[begins:]); signed > 0 {
			break
		}
		begins = strings.LastIndex(text[:begins], origin+"\n")
	}
	if begins < 0 {
		return Checkpoint{}, 0, nil
	}
	last, err = parse(noteText(text[begins:]))
	return last, from + int64(begins+signed), err
}

// noteEnd is where the first note of a text ends, 0 when it is torn.
func noteEnd(text string) int {
	body, _, whole := strings.Cut(text, "\n\n")
	if !whole {
		return 0
	}
	end := len(body) + len("\n\n")
	for range signatures(body) {
		line := strings.Index(text[end:], "\n")
		if line < 0 || !strings.HasPrefix(text[end:], "— ") {
			return 0
		}
		end += line + 1
	}
	return end
}

// append writes at an offset, cuts off what stood behind it, and flushes.
func (f Folder) append(name string, offset int64, data []byte) error {
	file, err := os.OpenFile(filepath.Join(string(f), name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	defer file.Close()
	if err := file.Truncate(offset); err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	if _, err := file.WriteAt(data, offset); err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	return nil
}

// Checkpoints are the exported notes in order, with a torn one at the end, which
// the next round writes anew.
func (f Folder) Checkpoints() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		file, err := os.Open(filepath.Join(string(f), checkpointsFile))
		if errors.Is(err, os.ErrNotExist) {
			return
		}
		if err != nil {
			yield("", fmt.Errorf("read exported checkpoints: %w", err))
			return
		}
		defer file.Close()
		reader := bufio.NewReader(file)
		var current strings.Builder
		for {
			line, err := reader.ReadString('\n')
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield("", fmt.Errorf("read exported checkpoints: %w", err))
				} else if current.WriteString(line); current.Len() > 0 {
					yield(current.String(), nil)
				}
				return
			}
			if line == origin+"\n" && current.Len() > 0 { // what stands before it is no whole note
				if !yield(current.String(), nil) {
					return
				}
				current.Reset()
			}
			current.WriteString(line)
			if !strings.HasPrefix(line, "— ") || noteEnd(current.String()) == 0 {
				continue
			}
			if !yield(current.String(), nil) {
				return
			}
			current.Reset()
		}
	}
}

// leaves reads the exported hashes in order; nil when there are none.
func (f Folder) leaves() (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(string(f), leavesFile))
	if errors.Is(err, os.ErrNotExist) {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the exported hashes: %w", err)
	}
	return file, nil
}
