// Package postgres runs a PostgreSQL cluster of the standalone's own: made on
// first start, adopted when an earlier process died and left it running.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/ports"
	"github.com/traveldoc/traveldoc/cmd/standalone/state"
)

const (
	superuser      = "traveldoc"
	passwordSecret = "postgres-password"
	startTimeout   = 60 * time.Second
	// A Unix socket's path must fit into 107 bytes (unix(7)).
	longestSocketFolder = 107 - len("/.s.PGSQL.65535")
	// What a new cluster takes, with room for the first write-ahead log.
	neededBytes = 400 << 20
)

// Config says where and how the cluster runs.
type Config struct {
	// State is the folder below which the cluster lives.
	State *state.Folder
	// Port is the loopback TCP port.
	Port int
	// Binaries is the folder of pg_ctl; empty means the newest installed.
	Binaries string
	// Log receives what a reader of the standalone's output should know.
	Log *slog.Logger
}

// Cluster is a running cluster.
type Cluster struct {
	config   Config
	owner    owner
	password string
	adopted  bool
}

// Start makes the cluster when there is none, and starts it unless it already
// runs. Every error is one sentence that says what to do.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	cluster := &Cluster{config: config}
	var err error
	if cluster.config.Binaries == "" {
		if cluster.config.Binaries, err = FindBinaries(ctx); err != nil {
			return nil, err
		}
	}
	if cluster.owner, err = chooseOwner(); err != nil {
		return nil, err
	}
	if cluster.password, err = config.State.Secret(passwordSecret); err != nil {
		return nil, err
	}
	if err = cluster.owner.own(ctx, cluster.folder()); err != nil {
		return nil, err
	}
	if err = cluster.initialize(ctx); err != nil {
		return nil, err
	}
	if err = cluster.run(ctx); err != nil {
		return nil, err
	}
	return cluster, nil
}

func (c *Cluster) folder() string { return c.config.State.Path("postgres") }
func (c *Cluster) data() string   { return filepath.Join(c.folder(), "data") }
func (c *Cluster) log() string    { return filepath.Join(c.folder(), "postgres.log") }

// Adopted reports whether the server was already running at Start.
func (c *Cluster) Adopted() bool { return c.adopted }

// Server gives access to the cluster's databases.
func (c *Cluster) Server() *Server {
	return newServer(superuser, c.password, ports.Loopback, c.config.Port)
}

// Reach gives access to the databases of a cluster that another process runs
// on the same folder.
func Reach(folder *state.Folder, port int) (*Server, error) {
	password, err := folder.Secret(passwordSecret)
	if err != nil {
		return nil, err
	}
	return newServer(superuser, password, ports.Loopback, port), nil
}

// initialize makes the cluster in a folder aside and renames it when complete,
// so that an interrupted first start leaves nothing that looks like a cluster.
func (c *Cluster) initialize(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.data(), "PG_VERSION")); err == nil {
		return c.checkVersion(ctx)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for the database cluster: %w", err)
	}
	if err := checkSpace(c.folder(), neededBytes); err != nil {
		return err
	}
	aside := c.data() + ".new"
	if err := os.RemoveAll(aside); err != nil {
		return fmt.Errorf("remove an unfinished database cluster: %w", err)
	}
	passwords, err := c.passwordFile()
	if err != nil {
		return err
	}
	defer os.Remove(passwords)
	err = c.owner.run(ctx, c.binary("initdb"), "--pgdata="+aside, "--username="+superuser, "--pwfile="+passwords,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums")
	if err != nil {
		return fmt.Errorf("make the database cluster in %s: %w", c.folder(), err)
	}
	if err := os.Rename(aside, c.data()); err != nil {
		return fmt.Errorf("finish the database cluster: %w", err)
	}
	return nil
}

func (c *Cluster) passwordFile() (string, error) {
	path := filepath.Join(c.folder(), "initdb-password")
	if err := state.WriteFile(path, []byte(c.password+"\n")); err != nil {
		return "", err
	}
	if credential := c.owner.credential; credential != nil {
		if err := os.Chown(path, int(credential.Uid), int(credential.Gid)); err != nil {
			return "", fmt.Errorf("give the password file to %s: %w", c.owner.name, err)
		}
	}
	return path, nil
}

// checkVersion refuses data of another major version, which no server reads.
func (c *Cluster) checkVersion(ctx context.Context) error {
	content, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err != nil {
		return fmt.Errorf("read the cluster's version: %w", err)
	}
	made := strings.TrimSpace(string(content))
	if strconv.Itoa(versionIn(ctx, c.config.Binaries)) == made {
		return nil
	}
	matching := filepath.Join("/usr/lib/postgresql", made, "bin")
	if strconv.Itoa(versionIn(ctx, matching)) == made {
		c.config.Binaries = matching
		return nil
	}
	return fmt.Errorf("the data in %s were made by PostgreSQL %s, which is no longer installed; "+
		"install postgresql-%s, or move the folder away to begin anew", c.data(), made, made)
}

// run adopts the running server or starts it.
func (c *Cluster) run(ctx context.Context) error {
	left, err := c.postmaster()
	if err != nil {
		return err
	}
	if left != nil && left.port == c.config.Port {
		if err := c.Server().wait(ctx, startTimeout); err != nil {
			return fmt.Errorf("adopt the running database (process %d): %w", left.pid, err)
		}
		c.adopted = true
		return nil
	}
	if left != nil {
		if err := c.Stop(ctx); err != nil {
			return err
		}
	}
	if err := ports.Check(c.config.Port, "PostgreSQL", "--postgres-port"); err != nil {
		return err
	}
	return c.launch(ctx)
}

func (c *Cluster) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.clearRemains(ctx); err != nil {
		return err
	}
	c.rotateLog()
	err := c.owner.run(ctx, c.binary("pg_ctl"), "start", "--wait", "--silent", "--pgdata="+c.data(),
		"--log="+c.log(), "--timeout="+strconv.Itoa(int(startTimeout.Seconds())), "--options="+c.options())
	if err != nil {
		return fmt.Errorf("PostgreSQL did not start (%s); its log is %s", c.logTail(), c.log())
	}
	return nil
}

func (c *Cluster) rotateLog() {
	const largest = 10 << 20
	if info, err := os.Stat(c.log()); err == nil && info.Size() > largest {
		_ = os.Rename(c.log(), c.log()+".1")
	}
}

// logTail is the last line of the server's log that tells a reason.
func (c *Cluster) logTail() string {
	content, _ := os.ReadFile(c.log())
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	for at := len(lines) - 1; at >= 0 && at > len(lines)-20; at-- {
		if _, reason, found := strings.Cut(lines[at], "FATAL:"); found {
			return strings.TrimSpace(reason)
		}
	}
	return "no reason given"
}

func (c *Cluster) binary(name string) string { return filepath.Join(c.config.Binaries, name) }

// options are passed at each start rather than written into the cluster, so
// that a newer standalone runs an older cluster with today's settings.
// Statements and details of errors stay out of the log: they quote what people
// entered.
func (c *Cluster) options() string {
	settings := []string{
		"listen_addresses=" + ports.Loopback,
		"port=" + strconv.Itoa(c.config.Port),
		"unix_socket_directories=" + c.socketFolder(),
		"max_connections=200",
		"shared_buffers=256MB",
		"max_wal_size=2GB",
		"synchronous_commit=on",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_min_messages=warning",
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
		"log_checkpoints=off",
	}
	var options strings.Builder
	for _, setting := range settings {
		fmt.Fprintf(&options, "-c '%s' ", setting)
	}
	return options.String()
}

func (c *Cluster) socketFolder() string {
	if len(c.folder()) > longestSocketFolder {
		return ""
	}
	return c.folder()
}

// Stop ends the server in order: open transactions are rolled back, everything
// committed is on disk.
func (c *Cluster) Stop(ctx context.Context) error {
	left, err := c.postmaster()
	if err != nil || left == nil {
		return err
	}
	err = c.owner.run(ctx, c.binary("pg_ctl"), "stop", "--wait", "--silent", "--mode=fast", "--pgdata="+c.data(),
		"--timeout="+strconv.Itoa(int(startTimeout.Seconds())))
	if err != nil {
		return fmt.Errorf("stop the database: %w", err)
	}
	return nil
}

// Keep starts the server again whenever it ends without having been asked to,
// until the context ends. It returns only errors that a restart cannot mend.
func (c *Cluster) Keep(ctx context.Context) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		running, err := c.postmaster()
		if err != nil {
			return err
		}
		if running != nil {
			continue
		}
		c.config.Log.WarnContext(ctx, "the database ended without being asked to; it is started again")
		if err := c.launch(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}
