package chaos

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// The kinds of entries of a client's diary.
const (
	Begun     = "begun"     // a life begins
	Asked     = "asked"     // a command is about to be sent
	Lost      = "lost"      // no answer came, or one that says: later
	Answered  = "answered"  // the final answer of a command
	Refused   = "refused"   // a command that raced with a hold was refused
	Contested = "contested" // how the race went
	Read      = "read"      // events of the request, as served at this moment
	Impatient = "impatient" // the client goes on without having got the mails
	Ended     = "ended"     // the script is through
)

// Entry is a line of a client's diary: what it was about to do, or was told.
type Entry struct {
	At        time.Time       `json:"at"`
	Kind      string          `json:"kind"`
	Life      int             `json:"life"`
	Script    string          `json:"script,omitempty"` // of begun
	Slot      int             `json:"slot,omitempty"`   // of begun
	Command   string          `json:"command,omitempty"`
	Operation string          `json:"operation,omitempty"`
	Principal string          `json:"principal,omitempty"`
	Request   string          `json:"request,omitempty"`
	Status    int             `json:"status,omitempty"`
	ETag      string          `json:"etag,omitempty"`
	Body      json.RawMessage `json:"body,omitempty"`
	Said      string          `json:"said,omitempty"` // of lost: why
}

// Diary is an append-only file of entries.
type Diary struct {
	mutex sync.Mutex
	file  *os.File
	fault error
}

// NewDiary begins a file.
func NewDiary(path string) (*Diary, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin the diary: %w", err)
	}
	return &Diary{file: file}, nil
}

// Note appends an entry. A fault is kept and told at the end: no life can do
// anything about it. A nil diary forgets.
func (d *Diary) Note(entry Entry) {
	if d == nil {
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	entry.At = time.Now().UTC()
	line, err := json.Marshal(entry)
	if err == nil {
		_, err = d.file.Write(append(line, '\n'))
	}
	if err != nil && d.fault == nil {
		d.fault = fmt.Errorf("write the diary: %w", err)
	}
}

// Close tells whether everything was written.
func (d *Diary) Close() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if err := d.file.Close(); err != nil && d.fault == nil {
		d.fault = err
	}
	return d.fault
}

// readLines reads a file of JSON lines.
func readLines[T any](path string) ([]T, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	var all []T
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		all = append(all, one)
	}
	return all, lines.Err()
}
