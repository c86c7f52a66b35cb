// Package serve puts the parts of traveldoc together: the API's handler and
// the workers, each from one validated configuration. The production binary
// and the standalone run the same.
package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/telemetry"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/workflows"
)

// SystemClock is the machine's time, in UTC.
type SystemClock struct{}

// Now is the present.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// World is what a process finds around it.
type World struct {
	Config config.Config
	Clock  activities.Clock
	Log    *slog.Logger
	// Packs are the country packs in force; nil means the embedded ones.
	Packs *playbook.Library
	// Directory replaces what DirectoryFile names; nil means that.
	Directory *directory.Data
	// Engine wraps the engine that the API asks, so that it can be observed; nil leaves it as it is.
	Engine func(api.Engine) api.Engine
}

// backend is what the API and the workers share.
type backend struct {
	pool    *pgxpool.Pool
	people  *store.People
	store   *store.Store
	vault   *vault.Vault
	engine  client.Client
	packs   playbook.Library
	metrics *telemetry.Metrics
}

// open connects to the database and prepares the engine's client; the engine
// itself need not answer yet.
func open(ctx context.Context, world World) (*backend, error) {
	masters, err := vault.OpenMasters(ctx, world.Config.MasterKeys)
	if err != nil {
		return nil, err
	}
	pool, err := store.Connect(ctx, world.Config.DatabaseURL)
	if err != nil {
		return nil, err
	}
	b := &backend{pool: pool, people: store.NewPeople(pool, world.Clock), metrics: telemetry.NewMetrics()}
	b.vault = vault.New(pool, masters, world.Clock)
	if err := b.loadPacks(world); err != nil {
		b.close()
		return nil, err
	}
	b.store = store.New(pool, store.Options{
		Clock: world.Clock, Directory: b.people, Random: rand.Reader, Rules: custody.Newest(), Vault: b.vault, Packs: b.packs,
		AttemptsApart: world.Config.AttemptsApart,
	})
	if err := b.prepare(ctx, world); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *backend) prepare(ctx context.Context, world World) error {
	if err := b.loadDirectory(ctx, world); err != nil {
		return err
	}
	engine, err := client.NewLazyClient(engineOptions(world, b.vault))
	if err != nil {
		return fmt.Errorf("prepare the engine's client: %w", err)
	}
	b.engine = engine
	return nil
}

func (b *backend) loadPacks(world World) error {
	if world.Packs != nil {
		b.packs = *world.Packs
		return nil
	}
	packs, err := playbook.Load()
	if err != nil {
		return fmt.Errorf("load country packs: %w", err)
	}
	b.packs = packs
	return nil
}

// loadDirectory brings the directory up to date when this process was given one.
func (b *backend) loadDirectory(ctx context.Context, world World) error {
	data := world.Directory
	if data == nil {
		if world.Config.DirectoryFile == "" {
			return nil
		}
		raw, err := os.ReadFile(world.Config.DirectoryFile)
		if err != nil {
			return fmt.Errorf("load directory: %w", err)
		}
		seed, err := directory.ParseSeed(raw)
		if err != nil {
			return fmt.Errorf("load directory %s: %w", world.Config.DirectoryFile, err)
		}
		parsed := seed.Data()
		data = &parsed
	}
	return b.people.Load(ctx, *data)
}

// LoadDirectory puts a directory file in force.
func LoadDirectory(ctx context.Context, databaseURL, file string, clock activities.Clock) error {
	pool, err := store.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	b := backend{people: store.NewPeople(pool, clock)}
	return b.loadDirectory(ctx, World{Config: config.Config{DirectoryFile: file}})
}

func (b *backend) client() *workflows.Client { return workflows.NewClient(b.engine) }

func (b *backend) close() {
	if b.engine != nil {
		b.engine.Close()
	}
	b.pool.Close()
}

// engineHealth asks whether the engine answers.
type engineHealth struct{ engine client.Client }

func (h engineHealth) Ready(ctx context.Context) error {
	_, err := h.engine.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// Limits of one HTTP connection.
const (
	headerTime = 5 * time.Second
	readTime   = 30 * time.Second
	writeTime  = 60 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 32 << 10
)

// HTTP serves a handler until the context ends, then lets calls under way
// finish for at most stop.
func HTTP(ctx context.Context, listener net.Listener, handler http.Handler, stop time.Duration) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), stop)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}
