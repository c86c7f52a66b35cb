package chaos

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/system"
)

// The parts that run as processes of their own; migrating ends by itself.
const (
	Postgres = "postgres"
	Engine   = "engine"
	Maildrop = "maildrop"
	Identity = "idp"
	Worker   = "worker"
	API      = "api"
	migrate  = "migrate"
)

// patience bounds every wait for a part.
const patience = 90 * time.Second

// Town is a whole traveldoc of processes that share a state folder.
type Town struct {
	House *system.House
	// Log also gets all that the parts log; nil keeps only its end. Writes may
	// come from several parts at once.
	Log io.Writer

	program string
	cast    string

	mutex   sync.Mutex
	parts   map[string]*process
	ended   []string // parts that ended without being asked or killed
	leaving bool
}

// process is a running part.
type process struct {
	part    string
	command *exec.Cmd
	leash   io.Closer
	log     *tail
	ready   chan struct{} // closed when it said so
	done    chan struct{} // closed when it has ended
	killed  bool          // guarded by the town's mutex
}

// Found makes a town on a folder; nothing runs yet. The program plays a part
// when its environment says so.
func Found(folder, program string) (*Town, error) {
	return found(folder, program, "")
}

// FoundExample makes a town with the example directory and the packs that ship.
func FoundExample(folder, program string) (*Town, error) {
	return found(folder, program, exampleCast)
}

func found(folder, program, players string) (*Town, error) {
	house, err := open(folder, players, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		return nil, err
	}
	return &Town{House: house, program: program, cast: players, parts: map[string]*process{}}, nil
}

// Rise starts everything, as far as possible at the same time.
func (t *Town) Rise(ctx context.Context) error {
	if err := t.Start(ctx, Postgres); err != nil {
		return err
	}
	if err := t.together(ctx, Engine, Maildrop, Identity, migrate); err != nil {
		return err
	}
	return t.together(ctx, Worker, API)
}

func (t *Town) together(ctx context.Context, parts ...string) error {
	faults := make([]error, len(parts))
	var starting sync.WaitGroup
	for i, part := range parts {
		starting.Go(func() { faults[i] = t.Start(ctx, part) })
	}
	starting.Wait()
	return errors.Join(faults...)
}

// Start starts a part and returns when it is ready. One that ends before is
// started again, as every supervisor of services does: what it needs may be
// down at this moment.
func (t *Town) Start(ctx context.Context, part string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		p, err := t.launch(part)
		if err != nil {
			return err
		}
		select {
		case <-p.ready:
			if part == migrate {
				t.stop(p)
			}
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", part, ctx.Err(), p.log)
		case <-p.done:
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not start: %w\n%s", part, ctx.Err(), p.log)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (t *Town) launch(part string) (*process, error) {
	command := exec.Command(t.program)
	command.Env = append(os.Environ(), partVariable+"="+part, stateVariable+"="+t.House.State.Path(), castVariable+"="+t.cast, "DATABASE_URL=")
	p := &process{part: part, command: command, log: &tail{}, ready: make(chan struct{}), done: make(chan struct{})}
	command.Stderr = p.log
	if t.Log != nil {
		command.Stderr = io.MultiWriter(p.log, t.Log)
	}
	leash, inErr := command.StdinPipe()
	output, outErr := command.StdoutPipe()
	if err := errors.Join(inErr, outErr, command.Start()); err != nil {
		return nil, fmt.Errorf("start %s: %w", part, err)
	}
	p.leash = leash
	t.mutex.Lock()
	t.parts[part] = p
	t.mutex.Unlock()
	go t.attend(p, output)
	return p, nil
}

// attend waits for the ready line and for the end of a process.
func (t *Town) attend(p *process, output io.Reader) {
	lines := bufio.NewScanner(output)
	ready := false
	for lines.Scan() {
		if lines.Text() == readyLine(p.part) {
			ready = true
			close(p.ready)
		}
	}
	err := p.command.Wait()
	t.mutex.Lock()
	alone := ready && !p.killed && !t.leaving
	if alone {
		t.ended = append(t.ended, fmt.Sprintf("%s (%v): %s", p.part, err, p.log.last()))
	}
	t.mutex.Unlock()
	close(p.done)
	if alone {
		// A supervisor of services starts it again. That it does not start is seen by all that wait for it.
		_ = t.Start(context.Background(), p.part)
	}
}

// Kill ends a part with SIGKILL and waits until it is gone.
func (t *Town) Kill(part string) error {
	t.mutex.Lock()
	p := t.parts[part]
	if p != nil {
		p.killed = true
	}
	t.mutex.Unlock()
	if p == nil {
		return fmt.Errorf("kill %s: it was never started", part)
	}
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", part, err)
	}
	<-p.done
	return nil
}

// Running tells whether a part's process lives.
func (t *Town) Running(part string) bool {
	t.mutex.Lock()
	p := t.parts[part]
	t.mutex.Unlock()
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Said tells whether the running process of a part has logged a text.
func (t *Town) Said(part, text string) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.parts[part] != nil && strings.Contains(t.parts[part].log.String(), text)
}

// EndedAlone lists parts that ended without having been asked or killed.
func (t *Town) EndedAlone() []string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return append([]string(nil), t.ended...)
}

// Logs is what the running processes have logged last, for whoever has to find a defect.
func (t *Town) Logs() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var all strings.Builder
	for part, p := range t.parts {
		fmt.Fprintf(&all, "--- %s\n%s\n", part, p.log)
	}
	return all.String()
}

func (t *Town) stop(p *process) {
	t.mutex.Lock()
	p.killed = true
	t.mutex.Unlock()
	p.leash.Close()
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.command.Process.Kill() // it may have ended just now
		<-p.done
	}
}

// Fall ends everything. The application parts and the engine are killed, since
// nothing of theirs is looked at any more; the database is stopped in order, so
// that no server stays behind.
func (t *Town) Fall(ctx context.Context) error {
	t.mutex.Lock()
	t.leaving = true
	t.mutex.Unlock()
	for _, part := range []string{API, Worker, Identity, Maildrop, Engine} {
		if t.Running(part) {
			if err := t.Kill(part); err != nil {
				return err
			}
		}
	}
	if !t.Running(Postgres) {
		// A server that lost its keeper is adopted, and then stopped with it.
		if err := t.Start(ctx, Postgres); err != nil {
			return err
		}
	}
	t.mutex.Lock()
	keeper := t.parts[Postgres]
	t.mutex.Unlock()
	t.stop(keeper)
	return nil
}

// tail keeps the end of what a process logs.
type tail struct {
	mutex sync.Mutex
	kept  []byte
}

const tailSize = 64 << 10

func (l *tail) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.kept = append(l.kept, text...)
	if excess := len(l.kept) - tailSize; excess > 0 {
		l.kept = append([]byte(nil), l.kept[excess:]...)
	}
	return len(text), nil
}

func (l *tail) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return string(l.kept)
}

func (l *tail) last() string {
	lines := bytes.Split(bytes.TrimSpace([]byte(l.String())), []byte("\n"))
	return string(lines[len(lines)-1])
}

// signalProcess sends SIGKILL to a process that is no child of this one.
func signalProcess(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill process %d: %w", pid, err)
	}
	return nil
}
