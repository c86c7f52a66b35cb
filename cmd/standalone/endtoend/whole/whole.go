// Package whole runs the whole standalone inside a test: database, engine, mail
// drop, identity provider, worker and API on ports of their own and a state
// folder that ends with the test. It speaks to it as people do, over HTTP, and
// moves its clock.
package whole

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/clock"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

const (
	// startPatience is for a machine that does something else at the same time.
	startPatience = 3 * time.Minute
	// callPatience is longer than any call may take.
	callPatience = time.Minute
)

// Whole is a standalone that runs until its test ends.
type Whole struct {
	House *system.House
	// Engine is a client of the workflow engine.
	Engine client.Client
	// Records is the database of traveldoc.
	Records *pgxpool.Pool

	t     testing.TB
	http  *http.Client
	mover *clock.Mover
	parts map[string]*restartable
}

// Start starts everything and returns when it is ready.
func Start(t testing.TB) *Whole {
	t.Helper()
	house, err := system.Open(system.Config{State: trial.Folder(t).Path(), AutoPorts: true, Log: errorsOnly()})
	must(t, err)
	parts := restartables()
	run(t, house, parts)
	return join(t, house, parts)
}

// Join speaks to a standalone whose parts run elsewhere and are up.
func Join(t testing.TB, house *system.House) *Whole {
	t.Helper()
	return join(t, house, nil)
}

func join(t testing.TB, house *system.House, parts []*restartable) *Whole {
	t.Helper()
	w := &Whole{House: house, t: t, http: &http.Client{Timeout: callPatience}, parts: map[string]*restartable{}}
	for _, part := range parts {
		w.parts[part.Name()] = part
	}
	t.Cleanup(w.http.CloseIdleConnections)
	w.connect()
	return w
}

// errorsOnly shows what nobody expects.
func errorsOnly() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

// run starts the parts and leaves them to the end of the test.
func run(t testing.TB, house *system.House, restartables []*restartable) {
	t.Helper()
	const ready = "all is up"
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	parts := make([]system.Part, len(restartables))
	for i, part := range restartables {
		parts[i] = part
	}
	go func() {
		err := system.Run(ctx, house, parts, writer, ready)
		writer.Close()
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the standalone ended with: %v", err)
		}
	})
	up := make(chan struct{})
	go follow(reader, ready, up)
	select {
	case <-up:
	case err := <-ended:
		ended <- nil
		t.Fatalf("the standalone did not start: %v", err)
	case <-time.After(startPatience):
		t.Fatalf("the standalone was not ready within %v", startPatience)
	}
}

// follow reads on to the end, so that nobody who writes there is held up.
func follow(reader io.Reader, ready string, up chan<- struct{}) {
	var text strings.Builder
	buffer := make([]byte, 4096)
	for told := false; ; {
		n, err := reader.Read(buffer)
		if text.Write(buffer[:n]); !told && strings.Contains(text.String(), ready) {
			close(up)
			told = true
		}
		if err != nil {
			return
		}
	}
}

func (w *Whole) connect() {
	w.t.Helper()
	ctx := context.Background()
	mover, done, err := w.House.Mover(ctx)
	must(w.t, err)
	w.t.Cleanup(done)
	w.mover, mover.Patience = mover, patience
	w.mover.Settled = w.settled
	w.Records, err = pgxpool.New(ctx, w.House.Server.URL(postgres.Traveldoc))
	must(w.t, err)
	w.t.Cleanup(w.Records.Close)
	world, err := w.House.World(config.API)
	must(w.t, err)
	world.Log = trial.Log()
	options, done, err := serve.EngineOptions(ctx, world)
	must(w.t, err)
	w.t.Cleanup(done)
	w.Engine, err = client.Dial(options)
	must(w.t, err)
	w.t.Cleanup(w.Engine.Close)
}

// Now is the standalone's time.
func (w *Whole) Now() time.Time { return w.House.Clock.Now() }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
