// Package process runs the parts of the benchmark as processes of their own,
// as production does, so that the memory of a worker is the worker's. Each part
// is this same program under another role; it ends when whoever started it does.
package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// RoleArgument introduces the role on the command line.
	RoleArgument = "role"
	readyWord    = "ready"
	startLimit   = 2 * time.Minute
	stopLimit    = 45 * time.Second
)

// Process is a running part.
type Process struct {
	role    string
	command *exec.Cmd
	leash   io.Closer // its standard input: closed, it stops
	control string    // address of its controls
	ended   chan struct{}
	err     error // of ended
}

// Start runs a role of this program with a configuration and returns when it
// is ready. What it logs goes to log.
func Start(ctx context.Context, role string, config any, log io.Writer) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	command := exec.Command(program, RoleArgument, role)
	command.Stderr = log
	// Ctrl-C reaches the benchmark alone, which then stops its parts in order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, inputErr := command.StdinPipe()
	output, outputErr := command.StdoutPipe()
	if err := errors.Join(inputErr, outputErr); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	p := &Process{role: role, command: command, leash: input, ended: make(chan struct{})}
	said := make(chan string, 1)
	go p.collect(output, said)
	if err := json.NewEncoder(input).Encode(config); err != nil {
		return nil, errors.Join(fmt.Errorf("configure %s: %w", role, err), p.Stop())
	}
	if err := p.ready(ctx, said); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// collect reads the process's one line and waits for its end.
func (p *Process) collect(output io.Reader, said chan<- string) {
	lines := bufio.NewScanner(output)
	if lines.Scan() {
		said <- lines.Text()
	}
	_, _ = io.Copy(io.Discard, output) // a part says nothing further
	p.err = p.command.Wait()
	close(p.ended)
}

func (p *Process) ready(ctx context.Context, said <-chan string) error {
	timer := time.NewTimer(startLimit)
	defer timer.Stop()
	select {
	case line := <-said:
		word, address, _ := strings.Cut(line, " ")
		if word != readyWord {
			return fmt.Errorf("%s said %q", p.role, line)
		}
		p.control = address
		return nil
	case <-p.ended:
		return fmt.Errorf("%s ended before it was ready: %w", p.role, p.err)
	case <-timer.C:
		return fmt.Errorf("%s was not ready within %v", p.role, startLimit)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop asks the process to end and waits; one that does not is killed.
func (p *Process) Stop() error {
	p.leash.Close()
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		_ = p.command.Process.Kill() // it may have ended just now
		<-p.ended
		return fmt.Errorf("%s did not stop within %v and was killed", p.role, stopLimit)
	}
	if p.err != nil {
		return fmt.Errorf("%s ended with: %w", p.role, p.err)
	}
	return nil
}

// Ask calls a control of the process and reads its JSON answer, if answer is not nil.
func (p *Process) Ask(ctx context.Context, path string, answer any) error {
	content, err := p.call(ctx, path)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return fmt.Errorf("read what %s says to %s: %w", p.role, path, err)
	}
	return nil
}

// Profile is a CPU profile of the process over a time, for go tool pprof.
func (p *Process) Profile(ctx context.Context, over time.Duration) ([]byte, error) {
	return p.call(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%.0f", over.Seconds()))
}

func (p *Process) call(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.control+path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", p.role, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", p.role, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("ask %s for %s: %w", p.role, path, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s for %s: status %d", p.role, path, response.StatusCode)
	}
	return content, nil
}

// ID is the process's number.
func (p *Process) ID() int { return p.command.Process.Pid }

// Memory is what a process holds, in bytes.
type Memory struct {
	Resident int64 // now, as the kernel counts it
	Peak     int64 // the most it ever was
}

// Memory reads the kernel's count (proc(5), status).
func (p *Process) Memory() (Memory, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return Memory{}, fmt.Errorf("read the memory of %s: %w", p.role, err)
	}
	return memoryOf(string(content))
}

func memoryOf(status string) (Memory, error) {
	read := func(name string) (int64, error) {
		_, rest, found := strings.Cut(status, "\n"+name+":")
		line, _, _ := strings.Cut(rest, "\n")
		number, unit, _ := strings.Cut(strings.TrimSpace(line), " ")
		kilobytes, err := strconv.ParseInt(number, 10, 64)
		if !found || unit != "kB" || err != nil {
			return 0, fmt.Errorf("no %s in the process status", name)
		}
		return kilobytes << 10, nil
	}
	resident, err := read("VmRSS")
	peak, peakErr := read("VmHWM")
	return Memory{Resident: resident, Peak: peak}, errors.Join(err, peakErr)
}
