package traveldoc_test

import (
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
)

// rolesOfMigrations are the roles that a migration makes unless they exist.
func rolesOfMigrations(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("internal/store/migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var roles []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`CREATE ROLE (\w+)`).FindAllStringSubmatch(string(content), -1) {
			roles = append(roles, match[1])
		}
	}
	if len(roles) == 0 {
		t.Fatal("no migration makes a role; is this the right folder?")
	}
	return roles
}

// deployed makes the roles and databases of the compose file and migrates; it
// gives the address that a login connects to.
func deployed(t *testing.T) func(login string) string {
	t.Helper()
	if os.Getenv("DATABASE_URL") != "" {
		t.Skip("makes roles with fixed names, which a given server may have")
	}
	address, err := url.Parse(storetest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	setup := exec.CommandContext(t.Context(), "sh", "deploy/postgres-init.sh")
	setup.Env = append(os.Environ(), "POSTGRES_USER="+address.User.Username(), "PGHOST="+address.Query().Get("host"),
		"TRAVELDOC_DB_PASSWORD=invented1", "TRAVELDOC_API_DB_PASSWORD=invented1", "TRAVELDOC_WORKER_DB_PASSWORD=invented1",
		"TEMPORAL_DB_PASSWORD=it's invented2")
	if output, err := setup.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	as := func(login string) string {
		address.User, address.Path = url.UserPassword(login, "invented1"), "/traveldoc"
		return address.String()
	}
	if err := store.Migrate(t.Context(), as("traveldoc")); err != nil {
		t.Fatal(err)
	}
	return as
}

// The logins that the compose file gives to traveldoc are no superusers and may
// make no roles, unlike the ones of the other tests. Those of the processes own
// nothing: working under no role gives them no more than working under theirs.
func TestTheDeployedLoginsMigrateAndWork(t *testing.T) {
	as := deployed(t)
	for login, sequences := range map[string]bool{"traveldoc_api": false, "traveldoc_worker": true} {
		pool, err := store.Connect(t.Context(), as(login))
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		if _, err := pool.Exec(t.Context(), "SELECT FROM events"); err != nil {
			t.Errorf("%s under the application's role: %v", login, err)
		}
		connection, err := pgx.Connect(t.Context(), as(login))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close(t.Context())
		for _, role := range rolesOfMigrations(t) {
			_, err := connection.Exec(t.Context(), "SET ROLE "+role)
			if allowed := role == store.AppRole || sequences; (err == nil) != allowed {
				t.Errorf("%s works under %s: %v", login, role, err)
			}
		}
		for _, statement := range []string{
			"SET ROLE traveldoc", "ALTER TABLE traveldoc.audit_entries DISABLE TRIGGER audit_guard",
			"DROP TRIGGER audit_guard ON traveldoc.audit_entries", "DELETE FROM traveldoc.audit_entries", "TRUNCATE traveldoc.audit_entries",
			"UPDATE traveldoc.audit_entries SET actor = 'x'", "DROP TABLE traveldoc.audit_entries CASCADE",
		} {
			if _, err := connection.Exec(t.Context(), "RESET ROLE"); err != nil {
				t.Fatal(err)
			}
			var refused *pgconn.PgError
			if _, err := connection.Exec(t.Context(), statement); !errors.As(err, &refused) || refused.Code != "42501" {
				t.Errorf("%s, under no role: %s: %v", login, statement, err)
			}
		}
	}
}
