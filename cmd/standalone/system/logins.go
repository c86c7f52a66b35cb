package system

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
)

// login is as whom a process of traveldoc connects, as deploy/postgres-init.sh
// makes it: a member of roles that migrations make, and owner of nothing.
type login struct {
	name   string
	secret string // under which the state folder keeps its password
	roles  string
}

func apiLogin() login {
	return login{"traveldoc_api", "postgres-api-password", "traveldoc_app"}
}

func workerLogin() login {
	return login{"traveldoc_worker", "postgres-worker-password", "traveldoc_app, traveldoc_sequencer"}
}

// databaseURL is where a login finds traveldoc's tables. On another server than
// this house's own there is only the login that DATABASE_URL names.
func (h *House) databaseURL(l login) (string, error) {
	if h.external {
		return h.Server.URL(postgres.Traveldoc), nil
	}
	password, err := h.State.Secret(l.secret)
	if err != nil {
		return "", err
	}
	return h.Server.As(l.name, password).URL(postgres.Traveldoc), nil
}

// makeLogins comes after the migrations, which make the roles.
func (h *House) makeLogins(ctx context.Context) error {
	if h.external {
		return nil
	}
	connection, err := pgx.Connect(ctx, h.Server.URL(postgres.Traveldoc))
	if err != nil {
		return fmt.Errorf("make database logins: %w", err)
	}
	defer connection.Close(context.WithoutCancel(ctx))
	for _, l := range []login{apiLogin(), workerLogin()} {
		if err := h.makeLogin(ctx, connection, l); err != nil {
			return fmt.Errorf("make database login %s: %w", l.name, err)
		}
	}
	return nil
}

func (h *House) makeLogin(ctx context.Context, connection *pgx.Conn, l login) error {
	password, err := h.State.Secret(l.secret)
	if err != nil {
		return err
	}
	var exists bool
	if err := connection.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", l.name).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := connection.Exec(ctx, "CREATE ROLE "+l.name); err != nil {
			return err
		}
	}
	// The password is of hexadecimal digits.
	if _, err := connection.Exec(ctx, "ALTER ROLE "+l.name+" LOGIN PASSWORD '"+password+"'"); err != nil {
		return err
	}
	_, err = connection.Exec(ctx, "GRANT "+l.roles+" TO "+l.name)
	return err
}
