package postgres

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// The databases of a standalone.
const (
	Traveldoc          = "traveldoc"
	Temporal           = "temporal"
	TemporalVisibility = "temporal_visibility"
)

// Server is a PostgreSQL server, ours or one that DATABASE_URL names.
type Server struct {
	base     url.URL
	database string
}

func newServer(user, password, host string, port int) *Server {
	return &Server{
		base: url.URL{
			Scheme:   "postgres",
			User:     url.UserPassword(user, password),
			Host:     net.JoinHostPort(host, strconv.Itoa(port)),
			RawQuery: "sslmode=disable",
		},
		database: Traveldoc,
	}
}

// External uses the server that a DATABASE_URL names. The URL's database takes
// traveldoc's tables; the engine's databases are made beside it.
func External(databaseURL string) (*Server, error) {
	base, err := url.Parse(databaseURL)
	if err != nil || (base.Scheme != "postgres" && base.Scheme != "postgresql") || base.Hostname() == "" {
		return nil, fmt.Errorf("DATABASE_URL is not of the form postgres://user:password@host:port/database; correct or unset it")
	}
	server := &Server{base: *base, database: strings.TrimPrefix(base.Path, "/")}
	if server.database == "" {
		server.database = Traveldoc
	}
	return server, nil
}

// URL is the connection string of one of the databases. It contains the
// password: never log it.
func (s *Server) URL(database string) string {
	if database == Traveldoc {
		database = s.database
	}
	target := s.base
	target.Path = "/" + database
	return target.String()
}

// As reaches the same databases with another login.
func (s *Server) As(user, password string) *Server {
	other := *s
	other.base.User = url.UserPassword(user, password)
	return &other
}

// Prepare makes the databases that are missing.
func (s *Server) Prepare(ctx context.Context) error {
	for _, database := range []string{Traveldoc, Temporal, TemporalVisibility} {
		if err := s.create(ctx, database); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) create(ctx context.Context, database string) error {
	connection, err := pgx.Connect(ctx, s.URL(database))
	if err == nil {
		return connection.Close(ctx)
	}
	connection, err = pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return s.unreachable(err)
	}
	defer connection.Close(ctx)
	name := database
	if database == Traveldoc {
		name = s.database
	}
	var exists bool
	if err := connection.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return fmt.Errorf("the database %s exists on %s but cannot be opened; check the rights of the user in DATABASE_URL", name, s.base.Host)
	}
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("make database %s: %w; the user needs the right CREATEDB", name, err)
	}
	return nil
}

func (s *Server) wait(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return s.unreachable(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// unreachable leaves the connection string out, which pgx never quotes but a
// wrapped error might.
func (s *Server) unreachable(err error) error {
	return fmt.Errorf("the database server at %s does not answer (%w); start it or correct DATABASE_URL", s.base.Host, err)
}
