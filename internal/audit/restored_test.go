package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// restored puts the database back to where it had half of ten entries.
func (w *world) restored(t *testing.T) {
	t.Helper()
	w.fill(t, 10, 5)
	w.forge(t, "DELETE FROM audit_entries WHERE number > 5", "DELETE FROM audit_checkpoints WHERE size > 5",
		"DELETE FROM audit_hashes WHERE position > 7") // eight hashes are stored of five entries
}

// A database that was restored from a copy has lost entries that were signed
// and exported; signing on would make a second log of the same numbers.
func TestARestoredDatabaseIsNotSignedOn(t *testing.T) {
	w := newWorld(t)
	w.restored(t)
	for i := range 6 {
		w.enter(t, i)
		if err := w.sequencer.Round(t.Context()); err == nil {
			t.Errorf("round %d signs on", i)
		}
	}
	var signed int
	if err := w.owner.QueryRow(t.Context(), "SELECT max(size) FROM audit_checkpoints").Scan(&signed); err != nil || signed != 5 {
		t.Errorf("signed up to %d, %v", signed, err)
	}
	if report := w.verify(t); report.Verified != 5 || len(report.Faults) == 0 {
		t.Errorf("got %+v", report)
	}
}

// Without what was exported nothing shows that entries are gone.
func TestVerifyingAsksForWhatWasExported(t *testing.T) {
	w := newWorld(t)
	w.restored(t)
	for _, name := range []string{"leaves", "checkpoints"} {
		if err := os.Remove(filepath.Join(string(w.folder), name)); err != nil {
			t.Fatal(err)
		}
	}
	report := w.verify(t)
	if len(report.Faults) != 1 || !strings.Contains(report.Faults[0].What, "no checkpoint is exported") {
		t.Errorf("got %+v", report)
	}
}
