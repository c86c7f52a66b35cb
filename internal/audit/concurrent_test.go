package audit_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Rounds of two sequencers at once number each row once.
func TestTwoSequencersAtOnce(t *testing.T) {
	w := newWorld(t)
	var rounds sync.WaitGroup
	for range 2 {
		rounds.Go(func() {
			for range 30 {
				if err := w.sequencer.Round(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	w.fill(t, 40, 50)
	rounds.Wait()
	w.round(t)
	if report := w.verify(t); report.Verified != 40 || len(report.Faults) > 0 {
		t.Fatalf("got %+v", report)
	}
}

// An export that was interrupted anywhere goes on from there.
func TestATornExportIsMended(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 6, 3)
	for _, name := range []string{"checkpoints", "leaves"} {
		path := filepath.Join(string(w.folder), name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if name == "leaves" { // a hash is written before the checkpoint over it
			if err := os.Truncate(filepath.Join(string(w.folder), "checkpoints"), 0); err != nil {
				t.Fatal(err)
			}
		}
		for size := int64(len(whole)); size >= 0; size -= 7 {
			if err := os.Truncate(path, size); err != nil {
				t.Fatal(err)
			}
			w.round(t)
			if report := w.verify(t); report.Verified != 6 || len(report.Faults) > 0 {
				t.Fatalf("%s cut to %d: %+v", name, size, report)
			}
			if name == "leaves" {
				if err := os.Truncate(filepath.Join(string(w.folder), "checkpoints"), 0); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
