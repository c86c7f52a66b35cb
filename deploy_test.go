package traveldoc_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"

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

// The login that the compose file gives to traveldoc is no superuser and may
// make no roles, unlike the ones of the other tests.
func TestTheDeployedLoginMigratesAndWorks(t *testing.T) {
	if os.Getenv("DATABASE_URL") != "" {
		t.Skip("makes roles with fixed names, which a given server may have")
	}
	address, err := url.Parse(storetest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	setup := exec.CommandContext(t.Context(), "sh", "deploy/postgres-init.sh")
	setup.Env = append(os.Environ(), "POSTGRES_USER="+address.User.Username(), "PGHOST="+address.Query().Get("host"),
		"TRAVELDOC_DB_PASSWORD=invented1", "TEMPORAL_DB_PASSWORD=it's invented2")
	if output, err := setup.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	address.User, address.Path = url.UserPassword("traveldoc", "invented1"), "/traveldoc"
	if err := store.Migrate(t.Context(), address.String()); err != nil {
		t.Fatal(err)
	}
	pool, err := store.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "SELECT FROM events"); err != nil {
		t.Errorf("under the application's role: %v", err)
	}
	login, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer login.Close(t.Context())
	for _, role := range rolesOfMigrations(t) {
		if _, err := login.Exec(t.Context(), "SET ROLE "+role); err != nil {
			t.Errorf("work under %s: %v", role, err)
		}
	}
}
