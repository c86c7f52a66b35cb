// Package system puts the standalone together: which parts there are, in which
// order they start, and how they find each other.
package system

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/cmd/standalone/clock"
	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/idp"
	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/state"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// Port is a loopback port that a part listens on.
type Port struct {
	Name    string // also of its flag: --<name>-port
	Purpose string
	Default int
}

// The ports of a standalone.
var (
	APIPort        = Port{Name: "api", Purpose: "the pages and the API", Default: 8080}
	TemporalPort   = Port{Name: "temporal", Purpose: "the Temporal frontend", Default: 7233}
	TemporalUIPort = Port{Name: "temporal-ui", Purpose: "the Temporal UI", Default: 8233}
	CodecPort      = Port{Name: "codec", Purpose: "the codec server of the Temporal UI", Default: 8234}
	MailPort       = Port{Name: "mail", Purpose: "the mail drop", Default: 8025}
	IdentityPort   = Port{Name: "identity", Purpose: "the identity provider", Default: 8090}
	PostgresPort   = Port{Name: "postgres", Purpose: "PostgreSQL", Default: 15432}
)

// Ports lists them all.
func Ports() []Port {
	return []Port{APIPort, TemporalPort, TemporalUIPort, CodecPort, MailPort, IdentityPort, PostgresPort}
}

// Config is what a standalone is told from outside.
type Config struct {
	// State is the folder that keeps everything.
	State string
	// Ports are the ports chosen, by name; a missing one has its default, or,
	// with AutoPorts, any free port, kept in the folder.
	Ports     map[string]int
	AutoPorts bool
	// DatabaseURL names another PostgreSQL server to use instead of an own one.
	DatabaseURL string
	Log         *slog.Logger
	// Bind is the address that the mail drop and the identity provider listen on
	// where each runs in a container of its own; empty means loopback.
	Bind string
	// Trial is what these two are told instead of what this house would tell them.
	Trial Trial
	// Packs, Directory and Users replace the embedded ones, for tests and measurements.
	Packs     *playbook.Library
	Directory *directory.Data
	Users     []idp.User
}

// Trial are settings of a mail drop or identity provider that serves another
// house, as in the compose file's profile of that name. Empty ones are this house's.
type Trial struct {
	MailURL    string // under which the worker finds the mail drop
	MailKey    string // the only API key that may send
	WebhookURL string // takes delivery events
	Issuer     string // under which the API finds the identity provider
	Public     string // under which browsers find it; empty means Issuer
	Audience   string
}

// House is what the parts of one standalone share. It can be opened by several
// processes at the same time.
type House struct {
	State *state.Folder
	Clock *clock.Clock
	// Server holds the databases.
	Server *postgres.Server
	Log    *slog.Logger

	Packs     *playbook.Library
	Directory *directory.Data
	Users     []idp.User

	bind  string
	trial Trial

	ports    map[string]int
	external bool
}

// Open opens the state folder and settles the ports.
func Open(cfg Config) (*House, error) {
	folder, err := state.Open(cfg.State)
	if err != nil {
		return nil, err
	}
	house := &House{
		State: folder, Log: cfg.Log, Packs: cfg.Packs, Directory: cfg.Directory, Users: cfg.Users,
		bind: cmp.Or(cfg.Bind, ports.Loopback), trial: cfg.Trial,
		ports: map[string]int{}, external: cfg.DatabaseURL != "",
	}
	if house.Clock, err = clock.Open(folder); err != nil {
		return nil, err
	}
	for _, port := range Ports() {
		if house.ports[port.Name], err = house.settle(cfg, port); err != nil {
			return nil, err
		}
	}
	if house.external {
		house.Server, err = postgres.External(cfg.DatabaseURL)
	} else {
		house.Server, err = postgres.Reach(folder, house.Port(PostgresPort))
	}
	return house, err
}

func (h *House) settle(cfg Config, port Port) (int, error) {
	if chosen := cfg.Ports[port.Name]; chosen != 0 {
		return chosen, nil
	}
	if cfg.AutoPorts {
		return h.State.Port(port.Name, func() (int, error) { return ports.Free(slices.Collect(maps.Values(h.ports))...) })
	}
	return port.Default, nil
}

// Port is where the named part listens.
func (h *House) Port(port Port) int { return h.ports[port.Name] }

// Address is host and port of where the named part listens.
func (h *House) Address(port Port) string {
	return fmt.Sprintf("%s:%d", ports.Loopback, h.Port(port))
}

// listen is where a part opens its port: on loopback, but for the two that may be bound elsewhere.
func (h *House) listen(port Port) string {
	if port == MailPort || port == IdentityPort {
		return fmt.Sprintf("%s:%d", h.bind, h.Port(port))
	}
	return h.Address(port)
}

// URL is the base URL of a part that speaks HTTP.
func (h *House) URL(port Port) string { return "http://" + h.Address(port) }

// Check reports an error when the port is taken.
func (h *House) Check(port Port) error {
	return ports.Check(h.Port(port), port.Purpose, "--"+port.Name+"-port")
}

// Mover moves the clock of this house and the workflows on its engine. Close
// gives its connections back.
func (h *House) Mover(ctx context.Context) (mover *clock.Mover, closer func(), err error) {
	connection, err := engine.Dial(h.Address(TemporalPort))
	if err != nil {
		return nil, nil, err
	}
	store, err := pgxpool.New(ctx, h.Server.URL(postgres.Temporal))
	if err != nil {
		connection.Close()
		return nil, nil, fmt.Errorf("open the engine's database: %w", err)
	}
	closer = func() {
		store.Close()
		connection.Close()
	}
	return &clock.Mover{Clock: h.Clock, Engine: connection, Store: store, Namespace: engine.Namespace}, closer, nil
}
