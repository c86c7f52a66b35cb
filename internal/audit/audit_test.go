package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	vaultsql "github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// world is a log with its key and folder.
type world struct {
	pool, owner *pgxpool.Pool
	sequencer   *audit.Sequencer
	verifier    note.Verifier
	folder      audit.Folder
	key         audit.KeyFile
}

func noon() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{pool: storetest.New(t), folder: audit.Folder(t.TempDir()), key: audit.KeyFile(filepath.Join(t.TempDir(), "audit.key"))}
	public, err := audit.CreateKey(string(w.key))
	if err != nil {
		t.Fatal(err)
	}
	w.owner = storetest.Owner(t, w.pool)
	if w.verifier, err = note.NewVerifier(public); err != nil {
		t.Fatal(err)
	}
	if w.sequencer, err = audit.NewSequencer(w.owner, w.key, w.folder, noon, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return w
}

func entry(i int) audit.Entry {
	return audit.Entry{
		At: noon(), Actor: fmt.Sprintf("officer%d", i), Action: "hold.place", Object: "hold/invented", Outcome: "done", Source: "test",
		Commitments: []audit.Commitment{{Field: "text", Salt: []byte("invented salt"), Value: "invented words"}},
	}
}

// fill enters rows and lets the sequencer come by after each few.
func (w *world) fill(t testing.TB, rows, each int) {
	t.Helper()
	for i := range rows {
		w.enter(t, i)
		if (i+1)%each == 0 {
			w.round(t)
		}
	}
}

func (w *world) enter(t testing.TB, i int) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error { return audit.Append(t.Context(), tx, entry(i)) })
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) round(t testing.TB) {
	t.Helper()
	if err := w.sequencer.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) verify(t testing.TB) audit.Report {
	t.Helper()
	report, err := audit.Verify(t.Context(), w.pool, w.verifier, w.folder, noon().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// forge changes rows as somebody who owns the server could.
func (w *world) forge(t testing.TB, statements ...string) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), w.owner, func(tx pgx.Tx) error {
		for _, sql := range append([]string{"SET LOCAL session_replication_role = replica"}, statements...) {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnUntouchedLogIsWhole(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 23, 5)
	w.round(t)
	if report := w.verify(t); report.Verified != 23 || len(report.Faults) > 0 {
		t.Fatalf("got %+v", report)
	}
}

func TestEveryForgeryIsLocated(t *testing.T) {
	for name, c := range map[string]struct {
		number     int64
		statements []string
	}{
		"entry_id": {7, []string{
			"ALTER TABLE audit_entries ALTER COLUMN entry_id DROP IDENTITY", "UPDATE audit_entries SET entry_id = 900 WHERE number = 7",
		}},
		"number":      {7, []string{"UPDATE audit_entries SET number = 900 WHERE number = 7"}},
		"no number":   {7, []string{"UPDATE audit_entries SET number = NULL WHERE number = 7"}},
		"at":          {7, []string{"UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE number = 7"}},
		"deletion":    {7, []string{"DELETE FROM audit_entries WHERE number = 7"}},
		"last one":    {23, []string{"DELETE FROM audit_entries WHERE number = 23"}},
		"stored tree": {7, []string{"UPDATE audit_hashes SET hash = set_byte(hash, 3, 255 - get_byte(hash, 3)) WHERE position = 10"}},
		"swap": {7, []string{
			"UPDATE audit_entries SET number = 900 WHERE number = 7", "UPDATE audit_entries SET number = 7 WHERE number = 8",
			"UPDATE audit_entries SET number = 8 WHERE number = 900",
		}},
		"deletion and renumbering": {7, []string{
			"DELETE FROM audit_entries WHERE number = 7", "UPDATE audit_entries SET number = -number WHERE number > 7",
			"UPDATE audit_entries SET number = -number - 1 WHERE number < 0",
		}},
		"insertion at the end": {24, []string{
			"INSERT INTO audit_entries (number, at, actor, action, object, outcome, source) VALUES (24, now(), 'x', 'x', 'x', 'x', 'x')",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fill(t, 23, 5)
			w.round(t)
			if name == "deletion and renumbering" {
				c.statements = append([]string{"ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_number_check"}, c.statements...)
			}
			w.forge(t, c.statements...)
			located(t, w.verify(t), c.number)
		})
	}
}

// Every byte of every text of a row.
func TestEveryFlippedByteIsLocated(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 23, 5)
	w.round(t)
	for _, column := range []string{"actor", "action", "object", "outcome", "source", "commitments"} {
		var was string
		if err := w.owner.QueryRow(t.Context(), "SELECT "+column+" FROM audit_entries WHERE number = 9").Scan(&was); err != nil {
			t.Fatal(err)
		}
		for i := range len(was) {
			flipped := []byte(was)
			flipped[i] ^= 1
			w.forge(t, fmt.Sprintf("UPDATE audit_entries SET %s = '%s' WHERE number = 9", column, strings.ReplaceAll(string(flipped), "'", "''")))
			located(t, w.verify(t), 9)
		}
		w.forge(t, fmt.Sprintf("UPDATE audit_entries SET %s = '%s' WHERE number = 9", column, was))
	}
	if report := w.verify(t); len(report.Faults) > 0 {
		t.Errorf("restored: %+v", report)
	}
}

func located(t *testing.T, report audit.Report, number int64) {
	t.Helper()
	for _, fault := range report.Faults {
		if fault.Number == number {
			return
		}
	}
	t.Errorf("entry %d is not named: %+v", number, report)
}

func TestEveryByteOfTheExportCounts(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 6, 3)
	w.everyByte(t, "checkpoints")
	w.everyByte(t, "leaves")
}

// everyByte of an exported file is edited, and each edit has to be found.
func (w *world) everyByte(t *testing.T, name string) {
	t.Helper()
	path := filepath.Join(string(w.folder), name)
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range was[:len(was)-1] {
		edited := append([]byte(nil), was...)
		edited[i] ^= 1
		if err := os.WriteFile(path, edited, 0o600); err != nil {
			t.Fatal(err)
		}
		if report := w.verify(t); len(report.Faults) == 0 {
			t.Errorf("byte %d of %s may be edited", i, name)
		}
	}
	if err := os.WriteFile(path, was, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestARowThatCommitsLateIsNumberedLater(t *testing.T) {
	w := newWorld(t)
	late, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.Append(t.Context(), late, entry(0)); err != nil {
		t.Fatal(err)
	}
	w.fill(t, 4, 2)
	if err := late.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.round(t)
	if report := w.verify(t); report.Verified != 5 || len(report.Faults) > 0 {
		t.Fatalf("got %+v", report)
	}
}

func TestTheApplicationOnlyAdds(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 2, 1)
	for _, sql := range []string{
		"UPDATE audit_entries SET actor = 'x'", "UPDATE audit_entries SET number = 9", "DELETE FROM audit_entries", "TRUNCATE audit_entries CASCADE",
		"UPDATE audit_hashes SET hash = ''",
		"INSERT INTO audit_entries (number, at, actor, action, object, outcome, source) VALUES (3, '2026-01-01', 'x', 'x', 'x', 'x', '')", "DELETE FROM audit_checkpoints", "INSERT INTO audit_checkpoints VALUES (9, '')",
	} {
		if _, err := w.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// Replacing the keys of the vault can take long; what happens meanwhile gets its number.
func TestNumberingWaitsForNoKeys(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 2, 1)
	tx, err := w.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing was written
	if err := vaultsql.New(tx).ChangeKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.round(t)
	var waiting int
	if err := w.owner.QueryRow(t.Context(), "SELECT count(*) FROM audit_entries WHERE number IS NULL").Scan(&waiting); err != nil || waiting != 0 {
		t.Errorf("%d entries have no number, %v", waiting, err)
	}
}

func TestAProofHoldsForItsEntryAlone(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 11, 4)
	w.round(t)
	for number := int64(1); number <= 11; number++ {
		proof, err := audit.Prove(t.Context(), w.pool, number)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.Check(proof, w.verifier); err != nil {
			t.Errorf("entry %d: %v", number, err)
		}
		proof.Entry.Actor += "x"
		if audit.Check(proof, w.verifier) == nil {
			t.Errorf("entry %d: an altered entry is proven", number)
		}
	}
}
