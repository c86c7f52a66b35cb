package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/state"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

// Started anew with this variable set, the test program is the standalone.
const mainVariable = "TRIAL_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a standalone, or a part of one, in a process of its own.
type process struct {
	*exec.Cmd
	t      *testing.T
	output bytes.Buffer
	errors bytes.Buffer
	lines  *bufio.Reader
}

func launch(t *testing.T, folder *state.Folder, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], append(args, "--ports", "auto", "--state", folder.Path())...), t: t}
	p.Env = append(os.Environ(), mainVariable+"=yes", "DATABASE_URL=")
	p.Cmd.Stderr = &p.errors
	pipe, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(io.TeeReader(pipe, &p.output))
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Process.Kill()
		p.Wait()
	})
	return p
}

// awaitReady reads on to the line that says that all is up.
func (p *process) awaitReady() string {
	p.t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		if strings.Contains(line, " ready") {
			return strings.TrimSpace(line)
		}
		if err != nil {
			p.Wait()
			p.t.Fatalf("it ended without being ready:\n%s%s", &p.output, &p.errors)
		}
	}
}

func (p *process) interrupt() {
	p.t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	io.Copy(io.Discard, p.lines)
	if err := p.Wait(); err != nil {
		p.t.Errorf("it ended with %v:\n%s", err, &p.errors)
	}
}

func (p *process) kill() {
	p.t.Helper()
	if err := p.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	p.Wait()
}

func house(t *testing.T, folder *state.Folder) *system.House {
	t.Helper()
	opened, err := system.Open(system.Config{State: folder.Path(), AutoPorts: true, Log: trial.Log()})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// endDatabase stops a database that a killed process left running.
func endDatabase(t *testing.T, folder *state.Folder) {
	t.Cleanup(func() {
		ctx := context.Background()
		at := house(t, folder).Port(system.PostgresPort)
		left, err := postgres.Start(ctx, postgres.Config{State: folder, Port: at, Log: trial.Log()})
		if err == nil {
			err = left.Stop(ctx)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func TestStandaloneSurvivesAKillAndStopsInOrder(t *testing.T) {
	folder := trial.Folder(t)
	endDatabase(t, folder)
	first := launch(t, folder)
	ready := first.awaitReady()
	at := house(t, folder)
	if want := "traveldoc ready " + at.URL(system.APIPort); ready != want {
		t.Errorf("it says %q, want %q", ready, want)
	}
	for name, address := range map[string]string{
		"Temporal UI":       at.URL(system.TemporalUIPort),
		"mail drop":         at.URL(system.MailPort),
		"identity provider": at.URL(system.IdentityPort) + "/token?user=officer1",
	} {
		answers(t, name, address)
	}
	begin(t, at, "kept")
	first.kill()

	second := launch(t, folder)
	began := time.Now()
	second.awaitReady()
	t.Logf("ready again after %v", time.Since(began))
	if !strings.Contains(second.errors.String(), "taken over") {
		t.Errorf("the running database was not taken over:\n%s", &second.errors)
	}
	if !open(t, at, "kept") {
		t.Error("the workflow is gone")
	}
	second.interrupt()
	if got := strings.Count(second.output.String(), "traveldoc ready"); got != 1 {
		t.Errorf("it called itself ready %d times", got)
	}
	if _, err := os.Stat(folder.Path("postgres", "data", "postmaster.pid")); err == nil {
		t.Error("the database runs after the stop")
	}
}

func TestPartsRunAndDieByThemselves(t *testing.T) {
	folder := trial.Folder(t)
	endDatabase(t, folder)
	launch(t, folder, "postgres").awaitReady()
	core := launch(t, folder, "engine")
	core.awaitReady()
	at := house(t, folder)
	begin(t, at, "kept")
	core.kill()

	core = launch(t, folder, "engine")
	core.awaitReady()
	if !open(t, at, "kept") {
		t.Error("the workflow is gone")
	}
	killDatabase(t, folder)
	eventually(t, "the engine works again on the database that was started again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		connection := dial(t, at)
		defer connection.Close()
		_, err := connection.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: "nobody"}, "anything")
		return err == nil
	})
	core.interrupt()
}

func killDatabase(t *testing.T, folder *state.Folder) {
	t.Helper()
	var pid int
	content, err := os.ReadFile(folder.Path("postgres", "data", "postmaster.pid"))
	if err == nil {
		_, err = fmt.Sscan(string(content), &pid)
	}
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestForwardMovesARunningStandalone(t *testing.T) {
	folder := trial.Folder(t)
	endDatabase(t, folder)
	launch(t, folder, "postgres").awaitReady()
	launch(t, folder, "engine").awaitReady()
	mover := launch(t, folder, "forward", "720h")
	io.Copy(io.Discard, mover.lines)
	if err := mover.Wait(); err != nil {
		t.Fatalf("%v: %s", err, &mover.errors)
	}
	if got := house(t, folder).Clock.Offset(); got != 720*time.Hour {
		t.Errorf("the clock is %v ahead", got)
	}
}

func answers(t *testing.T, name, address string) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s answers %s", name, answer.Status)
	}
}

func dial(t *testing.T, at *system.House) client.Client {
	t.Helper()
	connection, err := client.NewLazyClient(client.Options{HostPort: at.Address(system.TemporalPort), Namespace: engine.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

func begin(t *testing.T, at *system.House, id string) {
	t.Helper()
	connection := dial(t, at)
	defer connection.Close()
	if _, err := connection.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: "nobody"}, "anything"); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, at *system.House, id string) bool {
	t.Helper()
	connection := dial(t, at)
	defer connection.Close()
	described, err := connection.DescribeWorkflow(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	return described.WorkflowCloseTime == nil
}

func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(3 * time.Minute); !reached(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("never came true: %s", what)
		}
	}
}

func TestWrongArgumentsAreExplained(t *testing.T) {
	for wrong, says := range map[string]string{
		"kitchen":                   "the parts are postgres, engine",
		"--ports some":              "only choice is auto",
		"--api-port 0":              "1 to 65535",
		"--api-port http":           "1 to 65535",
		"postgres please":           "means nothing",
		"forward":                   "by how much",
		"forward soon":              "no duration",
		"--state /dev/null/nowhere": "TRAVELDOC_STATE",
	} {
		err := run(t.Context(), strings.Fields(wrong), func(string) string { return "" }, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// In a container of its own the mail drop is found under another name, from
// other containers, and is told who may send.
func TestATrialPartServesAnotherHouse(t *testing.T) {
	folder := trial.Folder(t)
	t.Setenv("TRAVELDOC_BIND", "127.0.0.2")
	t.Setenv("TRAVELDOC_SENDGRID_URL", "http://127.0.0.2:8025")
	t.Setenv("TRAVELDOC_SENDGRID_KEY", "invented-key")
	launch(t, folder, "maildrop").awaitReady()
	address := fmt.Sprintf("http://127.0.0.2:%d/v3/mail/send", house(t, folder).Port(system.MailPort))
	for key, want := range map[string]int{"invented-key": http.StatusBadRequest, "another": http.StatusUnauthorized} {
		request, err := http.NewRequest(http.MethodPost, address, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+key)
		request.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("key %s: %s, want %d", key, answer.Status, want)
		}
	}
}
