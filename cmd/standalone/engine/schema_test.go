package engine

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

const mainSchema = "postgresql/v12/temporal"

func open(t *testing.T, databaseURL string) *sqltool.Connection {
	t.Helper()
	settings, err := connection(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	database, err := sqltool.NewConnection(settings, newLogger(trial.Log()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(database.Close)
	return database
}

// part sets the schema up as far as an older version.
func part(t *testing.T, databaseURL, version string) {
	t.Helper()
	database := open(t, databaseURL)
	log := newLogger(trial.Log())
	if err := schema.NewSetupSchemaTask(database, &schema.SetupConfig{InitialVersion: "0.0"}, log).Run(); err != nil {
		t.Fatal(err)
	}
	update := &schema.UpdateConfig{SchemaName: mainSchema, TargetVersion: version}
	if err := schema.NewUpdateSchemaTask(database, update, log).Run(); err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, databaseURL, statement string) {
	t.Helper()
	database, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close(t.Context())
	if _, err := database.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestSchemaIsBroughtToThisServersVersion(t *testing.T) {
	server := trial.Cluster(t, trial.Folder(t)).Server()
	for name, before := range map[string]func(databaseURL string){
		"an empty database": func(string) {},
		"an older schema": func(databaseURL string) {
			part(t, databaseURL, "1.17")
		},
		"a setup that was cut off": func(databaseURL string) {
			execute(t, databaseURL, "COMMENT ON SCHEMA public IS '"+unfinished+"'")
			part(t, databaseURL, "1.5")
			// The next version's first statement had run, its version was not written.
			execute(t, databaseURL, "ALTER TABLE schema_version DROP COLUMN curr_version")
		},
	} {
		t.Run(name, func(t *testing.T) {
			execute(t, server.URL(postgres.Traveldoc), "DROP DATABASE IF EXISTS attempt WITH (FORCE)")
			execute(t, server.URL(postgres.Traveldoc), "CREATE DATABASE attempt")
			databaseURL := server.URL("attempt")
			before(databaseURL)
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				if err := migrate(ctx, databaseURL, mainSchema, v12.Version, newLogger(trial.Log())); err != nil {
					t.Fatal(err)
				}
				if got, err := open(t, databaseURL).ReadSchemaVersion(); err != nil || got != v12.Version {
					t.Errorf("version %q (%v)", got, err)
				}
			}
		})
	}
}

func TestUnmarkedTablesAreNeverCleared(t *testing.T) {
	server := trial.Cluster(t, trial.Folder(t)).Server()
	databaseURL := server.URL(postgres.Temporal)
	execute(t, databaseURL, "CREATE TABLE of_somebody_else (); COMMENT ON SCHEMA public IS 'standard public schema'")
	if err := migrate(t.Context(), databaseURL, mainSchema, v12.Version, newLogger(trial.Log())); err != nil {
		t.Fatal(err)
	}
	execute(t, databaseURL, "SELECT FROM of_somebody_else")
}
