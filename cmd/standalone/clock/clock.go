// Package clock is the standalone's movable clock, and moves the engine's open
// workflows together with it. Nothing in production can move a clock.
package clock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/state"
)

const offsetFile = "clock"

// Clock tells the machine's time plus an offset that only grows. The offset
// lives in a file of the state folder, so that all processes of one standalone
// share it and a restart keeps it.
type Clock struct {
	folder *state.Folder
	last   atomic.Int64
}

// Open reads the offset kept in the folder, zero when there is none.
func Open(folder *state.Folder) (*Clock, error) {
	clock := &Clock{folder: folder}
	offset, err := clock.read()
	if err != nil {
		return nil, err
	}
	clock.last.Store(int64(offset))
	return clock, nil
}

// Now is the standalone's business time, in UTC.
func (c *Clock) Now() time.Time { return time.Now().UTC().Add(c.Offset()) }

// Offset is how far the clock is ahead of the machine's time. It is read anew
// each time, because another process may have moved it; should the file be
// unreadable for a moment, the last known offset stands.
func (c *Clock) Offset() time.Duration {
	offset, err := c.read()
	if err != nil {
		return time.Duration(c.last.Load())
	}
	c.last.Store(int64(offset))
	return offset
}

func (c *Clock) read() (time.Duration, error) {
	path := c.folder.Path(offsetFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the clock: %w", err)
	}
	offset, err := time.ParseDuration(strings.TrimSpace(string(content)))
	if err != nil || offset < 0 {
		return 0, fmt.Errorf("the file %s holds no duration; delete it to return to the machine's time", path)
	}
	return offset, nil
}

// set moves the clock to an offset. It never moves back: timers that fired
// would be in the future again.
func (c *Clock) set(offset time.Duration) error {
	if current := c.Offset(); offset < current {
		return fmt.Errorf("the clock is %v ahead and cannot go back to %v", current, offset)
	}
	return state.WriteFile(c.folder.Path(offsetFile), []byte(offset.String()+"\n"))
}
