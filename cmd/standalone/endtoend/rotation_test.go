package endtoend

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/config"
)

// TestRotationOfAllKeysUnderLoad replaces every key twice by command, as a
// process of its own, while requests are opened and carried on, documents come
// in and persons are looked up by number. Everyone is found at every moment,
// everything reads as it was entered, every workflow goes on, and all of that
// still holds once the former keys are gone. The audit log verifies to the end
// for whoever trusts the key that it began with.
func TestRotationOfAllKeysUnderLoad(t *testing.T) {
	const rounds, newcomers = 2, 3
	w := whole.Start(t)
	traveldoc := commands(t, w)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c := &crowd{t: t, w: w}
	c.bring(0, 0)
	working := c.work(ctx)
	for range rounds {
		for _, command := range [][]string{
			{"keys", "rotate", "master"}, {"keys", "rotate", "index"}, {"keys", "rotate", "data"}, {"keys", "rotate", "payload"},
			{"audit", "rotate-key"},
		} {
			c.awaitMore(newcomers)
			traveldoc(command...)
		}
		c.awaitMore(newcomers)
	}
	stop()
	working.Wait()
	masters := masterKeys(t, w)
	forgotten := traveldoc("keys", "retire", "master")
	if left := masterKeys(t, w); masters != 1+rounds || left != 1 {
		t.Errorf("of %d master keys %d are left: %s", masters, left, forgotten)
	}
	w.Restart("worker")
	w.Restart("api")
	w.Rest()
	for _, one := range c.all {
		c.checkFound(one)
		c.checkReads(one)
		one.finish()
	}
	everySealedFieldOpens(t, w)
	(&flock{t: t, w: w}).histories(func(string, []byte) {})
	w.Await("every audit entry has its number", func() error {
		return audit.Late(t.Context(), w.Records, time.Now().AddDate(100, 0, 0))
	})
	if verified := traveldoc("audit", "verify"); strings.Contains(verified, "FAULT") {
		t.Error(verified)
	}
	t.Logf("%d rotations by command, %d persons, %d look-ups by number", 5*rounds, len(c.all), c.lookups.Load())
}

// commands are traveldoc's with the settings of the standalone, trusting the
// audit key that is in force now.
func commands(t *testing.T, w *whole.Whole) func(args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "traveldoc")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/traveldoc/traveldoc/cmd/traveldoc")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build traveldoc: %v\n%s", err, said)
	}
	settings, err := w.House.Settings()
	if err != nil {
		t.Fatal(err)
	}
	if settings["TRAVELDOC_AUDIT_VERIFIER"], err = audit.CreateKey(settings["TRAVELDOC_AUDIT_KEY_FILE"]); err != nil {
		t.Fatal(err)
	}
	worker, err := w.House.World(config.Worker) // whose login may number the log
	if err != nil {
		t.Fatal(err)
	}
	settings["DATABASE_URL"] = worker.Config.DatabaseURL
	environment := os.Environ()
	for name, value := range settings {
		environment = append(environment, name+"="+value)
	}
	return func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), program, args...)
		command.Env = environment
		said, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("traveldoc %s: %v\n%s", strings.Join(args, " "), err, said)
		}
		return string(said)
	}
}

// masterKeys counts the keys in the master key file.
func masterKeys(t *testing.T, w *whole.Whole) int {
	t.Helper()
	reference, err := w.House.MasterKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(strings.TrimPrefix(reference, "file://"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), `"keyId"`)
}

// everySealedFieldOpens for a process that starts now.
func everySealedFieldOpens(t *testing.T, w *whole.Whole) {
	t.Helper()
	fresh := (&flock{t: t, w: w}).vault()
	rows, err := w.Records.Query(t.Context(), "SELECT row_id::text, count(*) FROM traveldoc.sealed_fields GROUP BY row_id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	opened := 0
	for rows.Next() {
		var id string
		var sealed int
		if err := rows.Scan(&id, &sealed); err != nil {
			t.Fatal(err)
		}
		values, err := fresh.Row(t.Context(), w.Records, id)
		if err != nil || len(values) != sealed {
			t.Errorf("row %s opens %d of %d fields: %v", id, len(values), sealed, err)
		}
		opened += len(values)
	}
	if rows.Err() != nil || opened == 0 {
		t.Errorf("%d fields were opened: %v", opened, rows.Err())
	}
}
