// Package machine is what both sides run on: one database cluster that commits
// synchronously and one engine on it.
package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/process"
	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/state"
)

// EngineRole is the role of the engine's process.
const EngineRole = "engine"

// Machine is a running database and engine, in a folder that goes with it.
type Machine struct {
	State  *state.Folder
	Client client.Client // to the engine
	Engine *process.Process
	Log    io.Writer

	Version    string // of the database
	Statements *Statements

	cluster *postgres.Cluster
	port    int
}

// Start makes a fresh machine. A failed start leaves nothing running.
func Start(ctx context.Context, log io.Writer) (*Machine, error) {
	path, err := os.MkdirTemp("", "traveldoc-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	m := &Machine{Log: log}
	if err := m.start(ctx, path); err != nil {
		return nil, errors.Join(err, m.Stop(ctx), os.RemoveAll(path))
	}
	return m, nil
}

func (m *Machine) start(ctx context.Context, path string) error {
	// Others may pass: the database's user must, when root runs the benchmark.
	if err := os.Chmod(path, 0o711); err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	var err error
	if m.State, err = state.Open(path); err != nil {
		return err
	}
	if err := m.startDatabase(ctx); err != nil {
		return err
	}
	if m.port, err = ports.Free(); err != nil {
		return err
	}
	m.Engine, err = process.Start(ctx, EngineRole, engineConfig{
		Port: m.port, Main: m.Database(postgres.Temporal), Visibility: m.Database(postgres.TemporalVisibility),
	}, m.Log)
	if err != nil {
		return err
	}
	m.Client, err = client.Dial(client.Options{HostPort: m.EngineAddress(), Namespace: engine.Namespace, Logger: Quiet()})
	if err != nil {
		return fmt.Errorf("connect to the engine: %w", err)
	}
	return nil
}

// startDatabase starts the cluster twice: the library that counts statements
// is loaded at a start, and named by a setting inside the cluster.
func (m *Machine) startDatabase(ctx context.Context) error {
	port, err := ports.Free()
	if err != nil {
		return err
	}
	config := postgres.Config{State: m.State, Port: port, Log: slog.New(slog.NewTextHandler(m.Log, nil))}
	if m.cluster, err = postgres.Start(ctx, config); err != nil {
		return err
	}
	if err := m.execute(ctx, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"); err != nil {
		return err
	}
	if err := m.cluster.Stop(ctx); err != nil {
		return err
	}
	if m.cluster, err = postgres.Start(ctx, config); err != nil {
		return err
	}
	if err := m.cluster.Server().Prepare(ctx); err != nil {
		return err
	}
	if err := m.checkDurable(ctx); err != nil {
		return err
	}
	m.Statements, err = newStatements(ctx, m.Database("postgres"))
	return err
}

func (m *Machine) execute(ctx context.Context, statement string) error {
	connection, err := pgx.Connect(ctx, m.Database("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, statement); err != nil {
		return fmt.Errorf("set the database up: %w", err)
	}
	return nil
}

// checkDurable refuses a database that would not keep what it has answered: figures on it would flatter.
func (m *Machine) checkDurable(ctx context.Context) error {
	connection, err := pgx.Connect(ctx, m.Database("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer connection.Close(ctx)
	for _, setting := range []string{"synchronous_commit", "fsync", "full_page_writes"} {
		var value string
		if err := connection.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
			return fmt.Errorf("read setting %s: %w", setting, err)
		}
		if value != "on" {
			return fmt.Errorf("the database has %s=%s and must have it on", setting, value)
		}
	}
	if err := connection.QueryRow(ctx, "SHOW server_version").Scan(&m.Version); err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	return nil
}

// Database is the connection string of one of the cluster's databases.
func (m *Machine) Database(name string) string { return m.cluster.Server().URL(name) }

// EngineAddress is where the engine's frontend is.
func (m *Machine) EngineAddress() string {
	return net.JoinHostPort(ports.Loopback, strconv.Itoa(m.port))
}

// DatabaseID is the number of the database's process.
func (m *Machine) DatabaseID() int { return m.cluster.PID() }

// Stop ends engine and database and removes the folder.
func (m *Machine) Stop(ctx context.Context) error {
	var errs []error
	if m.Client != nil {
		m.Client.Close()
	}
	if m.Engine != nil {
		errs = append(errs, m.Engine.Stop())
	}
	if m.Statements != nil {
		m.Statements.close(ctx)
	}
	if m.cluster != nil {
		errs = append(errs, m.cluster.Stop(ctx))
	}
	if m.State != nil {
		errs = append(errs, os.RemoveAll(m.State.Path()))
	}
	return errors.Join(errs...)
}

type engineConfig struct {
	Port             int
	Main, Visibility string
}

// PlayEngine is the role of the engine.
func PlayEngine(ctx context.Context, raw json.RawMessage, _ *http.ServeMux) (func() error, error) {
	var config engineConfig
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	running, err := engine.Start(ctx, engine.Config{
		Port:   config.Port,
		Stores: engine.Stores{Main: config.Main, Visibility: config.Visibility},
		Log:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return nil, err
	}
	return running.Stop, nil
}
