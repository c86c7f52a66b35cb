package documents

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

// Sandbox has files read by a process of their own, which whatever is in them
// may break without breaking anything else.
type Sandbox struct {
	// Program and arguments that run sanitise.Main; those of the limits follow.
	Program []string
	Limits  sanitise.Limits
	// Wall is how long one file may take.
	Wall time.Duration
	// Cache is a folder for the compiled renderer, which only the owner may write to; may be empty.
	Cache string
}

const (
	reportBytes = 4 << 20         // of the longest report
	drain       = 2 * time.Second // for what an ended process had said
)

// exitCrashed is how Go ends a process that panics or has no memory left.
const exitCrashed = 2

// run sanitises what comes from in. A process that crashes, takes more than it
// may or never ends is a *sanitise.Refusal; other errors say nothing about the file.
func (s Sandbox) run(ctx context.Context, in io.Reader, out io.Writer) (sanitise.Report, error) {
	limited, cancel := context.WithTimeout(ctx, s.Wall)
	defer cancel()
	arguments := append(s.Program[1:len(s.Program):len(s.Program)], s.Limits.Arguments(s.Cache)...)
	process := exec.CommandContext(limited, s.Program[0], arguments...)
	process.Env, process.Dir, process.WaitDelay = []string{}, "/", drain
	input, output, said := &failing{reader: in}, &failing{writer: out}, &capped{}
	process.Stdin, process.Stdout, process.Stderr = input, output, said
	err := process.Run()
	switch {
	case ctx.Err() != nil:
		return sanitise.Report{}, fmt.Errorf("sanitise: %w", ctx.Err())
	case input.err != nil || output.err != nil:
		return sanitise.Report{}, fmt.Errorf("sanitise: %w", errors.Join(input.err, output.err))
	case limited.Err() != nil:
		return sanitise.Report{}, &sanitise.Refusal{Reason: sanitise.TooHeavy}
	case err != nil:
		return sanitise.Report{}, verdict(err, said.Bytes())
	}
	var report sanitise.Report
	if json.Unmarshal(said.Bytes(), &report) != nil || (report.Refused == "" && !s.plausible(report)) {
		return sanitise.Report{}, &sanitise.Refusal{Reason: sanitise.Unreadable}
	}
	if report.Refused != "" {
		return sanitise.Report{}, &sanitise.Refusal{Reason: report.Refused}
	}
	return report, nil
}

// plausible: what reads files that anybody may have made is believed no more than these.
func (s Sandbox) plausible(report sanitise.Report) bool {
	return report.Pages > 0 && report.Pages <= s.Limits.Pages && report.Dropped >= 0 &&
		slices.Contains([]string{sanitise.PDF, sanitise.JPEG, sanitise.PNG}, report.MediaType)
}

// verdict tells a file that broke its process from a process that never worked.
func verdict(err error, said []byte) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fmt.Errorf("sanitise: %w", err)
	}
	status, _ := exit.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled() && (status.Signal() == syscall.SIGXCPU || status.Signal() == syscall.SIGKILL),
		bytes.Contains(said, []byte("out of memory")), bytes.Contains(said, []byte("cannot allocate memory")),
		bytes.Contains(said, []byte("failed to allocate")): // the race detector's words

		return &sanitise.Refusal{Reason: sanitise.TooHeavy}
	case status.Signaled(), exit.ExitCode() == exitCrashed:
		return &sanitise.Refusal{Reason: sanitise.Unreadable}
	default:
		return fmt.Errorf("sanitise: %w", err)
	}
}

// failing remembers what went wrong on our side of a pipe.
type failing struct {
	reader io.Reader
	writer io.Writer
	err    error
}

// Read passes on.
func (f *failing) Read(p []byte) (int, error) {
	n, err := f.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// Write passes on.
func (f *failing) Write(p []byte) (int, error) {
	n, err := f.writer.Write(p)
	if err != nil {
		f.err = err
	}
	return n, err
}

// capped keeps the first bytes of what a process says.
type capped struct{ bytes.Buffer }

// Write takes everything and keeps what there is room for.
func (c *capped) Write(p []byte) (int, error) {
	if room := reportBytes - c.Len(); room > 0 {
		c.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}
