package engine

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"
)

// pluginName selects PostgreSQL through pgx in the server.
const pluginName = "postgres12_pgx"

// schemaLock serializes two engines that set up one database at the same time.
const schemaLock = 0x7464725f736368

// connection turns a connection string into the server's own form.
func connection(databaseURL string) (*config.SQL, error) {
	target, err := url.Parse(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("the engine's database has no valid connection string")
	}
	host := target.Host
	if target.Port() == "" {
		host += ":5432"
	}
	password, _ := target.User.Password()
	attributes := map[string]string{}
	for key, values := range target.Query() {
		attributes[key] = values[len(values)-1]
	}
	return &config.SQL{
		PluginName:        pluginName,
		User:              url.QueryEscape(target.User.Username()),
		Password:          password,
		ConnectAddr:       host,
		DatabaseName:      strings.TrimPrefix(target.Path, "/"),
		ConnectAttributes: attributes,
	}, nil
}

// migrate brings one of the server's databases to the schema this server needs,
// with the server's own tool and the schema files embedded in it.
func migrate(ctx context.Context, databaseURL, name, version string, log log.Logger) error {
	guard, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("open the engine's database: %w", err)
	}
	defer guard.Close(context.WithoutCancel(ctx))
	if _, err := guard.Exec(ctx, "SELECT pg_advisory_lock($1)", schemaLock); err != nil {
		return fmt.Errorf("lock the engine's schema: %w", err)
	}

	if err := clearUnfinished(ctx, guard); err != nil {
		return err
	}
	settings, err := connection(databaseURL)
	if err != nil {
		return err
	}
	database, err := sqltool.NewConnection(settings, log)
	if err != nil {
		return fmt.Errorf("open the engine's database: %w", err)
	}
	defer database.Close()
	return bring(ctx, guard, database, name, version, log)
}

// bring sets up or upgrades the schema.
func bring(ctx context.Context, guard *pgx.Conn, database *sqltool.Connection, name, version string, log log.Logger) error {
	current, err := database.ReadSchemaVersion()
	if err == nil && current == version {
		return nil
	}
	fresh := err != nil
	if fresh {
		if err := mark(ctx, guard, unfinished); err != nil {
			return err
		}
		setup := &schema.SetupConfig{InitialVersion: "0.0"}
		if err := schema.NewSetupSchemaTask(database, setup, log).Run(); err != nil {
			return fmt.Errorf("set up the engine's schema %s: %w", name, err)
		}
	}
	update := &schema.UpdateConfig{SchemaName: name}
	if err := schema.NewUpdateSchemaTask(database, update, log).Run(); err != nil {
		return fmt.Errorf("bring the engine's schema %s to version %s: %w", name, version, err)
	}
	if fresh {
		return mark(ctx, guard, finished)
	}
	return nil
}

// Marks that this package leaves as the comment of the schema "public" while it
// sets a new database up, and after.
const (
	unfinished = "traveldoc: being set up"
	finished   = "traveldoc: set up"
)

func mark(ctx context.Context, database *pgx.Conn, comment string) error {
	// COMMENT takes no parameters; the marks need no quoting.
	if _, err := database.Exec(ctx, "COMMENT ON SCHEMA public IS '"+comment+"'"); err != nil {
		return fmt.Errorf("mark the engine's database: %w", err)
	}
	return nil
}

// clearUnfinished empties a database whose first setup was cut off, for the
// server's tool cannot go on in the middle. Only what carries our mark goes.
func clearUnfinished(ctx context.Context, database *pgx.Conn) error {
	var comment string
	err := database.QueryRow(ctx, "SELECT coalesce(obj_description('public'::regnamespace, 'pg_namespace'), '')").Scan(&comment)
	if err != nil {
		return fmt.Errorf("look for an unfinished setup of the engine's database: %w", err)
	}
	if comment != unfinished {
		return nil
	}
	if _, err := database.Exec(ctx, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		return fmt.Errorf("clear an unfinished setup of the engine's database: %w", err)
	}
	return nil
}

func migrateAll(ctx context.Context, stores Stores, log log.Logger) error {
	if err := migrate(ctx, stores.Main, "postgresql/v12/temporal", v12.Version, log); err != nil {
		return err
	}
	return migrate(ctx, stores.Visibility, "postgresql/v12/visibility", v12.VisibilityVersion, log)
}
