package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/traveldoc/traveldoc/internal/audit"
)

// rotate replaces the key and gives what trusts the new one.
func (w *world) rotate(t testing.TB) note.Verifier {
	t.Helper()
	public, err := w.sequencer.RotateKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func (w *world) keys(t testing.TB) []string {
	t.Helper()
	content, err := os.ReadFile(string(w.key))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(content))
}

func (w *world) whole(t testing.TB, entries int64) {
	t.Helper()
	if report := w.verify(t); report.Verified != entries || len(report.Faults) > 0 {
		t.Fatalf("got %+v, want %d entries and no fault", report, entries)
	}
}

// A log whose key was replaced twice verifies under each key it ever had, and so
// does each proof.
func TestALogIsFollowedFromAnyOfItsKeys(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 5, 2)
	trusted := []note.Verifier{w.verifier}
	for range 2 {
		trusted = append(trusted, w.rotate(t))
		w.fill(t, 5, 2)
	}
	w.round(t)
	stranger := newWorld(t).verifier
	for number := int64(1); number <= 17; number++ {
		proof, err := audit.Prove(t.Context(), w.pool, number)
		if err != nil {
			t.Fatal(err)
		}
		for i, verifier := range trusted {
			if err := audit.Check(proof, verifier); err != nil {
				t.Errorf("entry %d is not proven under key %d: %v", number, i+1, err)
			}
		}
		if audit.Check(proof, stranger) == nil {
			t.Error("a proof holds under a key that the log never had")
		}
		proof.Handovers = proof.Handovers[1:]
		if audit.Check(proof, trusted[0]) == nil {
			t.Error("a proof holds under a chain with a gap")
		}
	}
	for _, verifier := range trusted {
		w.verifier = verifier
		w.whole(t, 17)
	}
	if w.verifier = stranger; len(w.verify(t).Faults) == 0 {
		t.Error("the log verifies under a key that it never had")
	}
}

// One key is left, the replacement is on record, and other sequencers take it up.
func TestARotationLeavesOneKeyAndARecord(t *testing.T) {
	w := newWorld(t)
	other, err := audit.NewSequencer(w.owner, w.key, w.folder, noon, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	before := w.keys(t)
	next := w.rotate(t) // of an empty log
	if left := w.keys(t); len(left) != 1 || left[0] == before[0] {
		t.Errorf("the file holds %d keys, or the former one", len(left))
	}
	entries, err := audit.After(t.Context(), w.pool, 0, 10)
	if err != nil || len(entries) != 1 || entries[0].Action != "audit_key.replace" ||
		entries[0].Object != fmt.Sprintf("audit_key/%08x", next.KeyHash()) || !strings.HasPrefix(entries[0].Actor, "database/") {
		t.Errorf("on record is %+v, %v", entries, err)
	}
	w.sequencer = other
	w.fill(t, 2, 1)
	w.whole(t, 3)
}

// stopped is a rotation that fails before it has handed over, or after.
func (w *world) stopped(t *testing.T, handedOver bool) {
	t.Helper()
	ctx, crash := context.WithCancel(t.Context())
	defer crash()
	folder := w.folder
	if handedOver {
		folder = audit.Folder(t.TempDir())
	}
	dying, err := audit.NewSequencer(w.owner, w.key, folder, func() time.Time { // is asked when it hands over
		if handedOver {
			_ = os.RemoveAll(string(folder))
		} else {
			crash()
		}
		return noon()
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dying.RotateKey(ctx); err == nil {
		t.Fatal("the rotation did not fail")
	}
	if left := w.keys(t); len(left) != 2 {
		t.Fatalf("the file holds %d keys", len(left))
	}
}

func TestAnInterruptedRotationIsCarriedOn(t *testing.T) {
	for name, handedOver := range map[string]bool{"before the handover": false, "before the export": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fill(t, 3, 1)
			w.stopped(t, handedOver)
			next := w.keys(t)[1]
			w.fill(t, 3, 1) // sequencers go on meanwhile, and export what was not
			entries := int64(6)
			if handedOver {
				entries++
			}
			w.whole(t, entries)
			w.rotate(t)
			if left := w.keys(t); len(left) != 1 || left[0] != next {
				t.Error("another key was made, or the former one stayed")
			}
			w.fill(t, 1, 1)
			w.whole(t, 8)
		})
	}
}

func TestAKeyFromOutsideTheChainIsNamed(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 4, 2)
	former := w.keys(t)
	w.rotate(t)
	w.fill(t, 2, 2)
	foreign := newWorld(t)
	for name, keys := range map[string][]string{
		"a stranger's": foreign.keys(t), "the former one": former, "a stranger's beside the former one": append(former, foreign.keys(t)...),
	} {
		if err := os.WriteFile(string(w.key), []byte(strings.Join(keys, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		w.enter(t, 9)
		if err := w.sequencer.Round(t.Context()); err == nil || !strings.Contains(err.Error(), audit.ErrKeyUnknown.Error()) {
			t.Errorf("%s signs: %v", name, err)
		}
		if _, err := w.sequencer.RotateKey(t.Context()); err == nil {
			t.Errorf("%s is replaced", name)
		}
	}
	// Somebody who can write the table puts in what another log's key signed.
	foreign.fill(t, 7, 7)
	foreign.rotate(t)
	foreign.fill(t, 2, 2)
	for size, hands := range map[int]bool{8: true, 10: false} {
		var note string
		if err := foreign.owner.QueryRow(t.Context(), "SELECT note FROM audit_checkpoints WHERE size = $1", size).Scan(&note); err != nil {
			t.Fatal(err)
		}
		w.forge(t, fmt.Sprintf("INSERT INTO audit_checkpoints VALUES (%d, '%s', %t)", size, note, hands))
	}
	located(t, w.verify(t), 8)
}

// A former key that was stolen introduces nobody any more: not behind the
// handover, and not in its place, since that was exported.
func TestAStolenFormerKeyHandsOverToNobody(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 3, 3)
	stolen := w.keys(t)[0]
	w.rotate(t)
	w.forge(t, "DELETE FROM audit_checkpoints WHERE size > 3", "DELETE FROM audit_entries WHERE number > 3", "DELETE FROM audit_hashes WHERE position > 3")
	if err := os.WriteFile(string(w.key), []byte(stolen), 0o600); err != nil {
		t.Fatal(err)
	}
	thief, err := audit.NewSequencer(w.owner, w.key, audit.Folder(t.TempDir()), noon, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := thief.RotateKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	located(t, w.verify(t), 4)
}

func TestEveryByteOfAHandoverCounts(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 2, 2)
	w.rotate(t)
	w.fill(t, 1, 1)
	w.everyByte(t, "checkpoints")
	var was string
	if err := w.owner.QueryRow(t.Context(), "SELECT note FROM audit_checkpoints WHERE hands_over").Scan(&was); err != nil {
		t.Fatal(err)
	}
	for i := range len(was) {
		if was[i] >= 0x80 {
			continue // no column keeps what is not UTF-8
		}
		edited := []byte(was)
		edited[i] ^= 1
		w.forge(t, fmt.Sprintf("UPDATE audit_checkpoints SET note = convert_from('\\x%x', 'UTF8') WHERE size = 3", edited))
		located(t, w.verify(t), 3)
	}
	w.forge(t, "UPDATE audit_checkpoints SET note = '"+was+"' WHERE size = 3")
	w.whole(t, 4)
	w.forge(t, "UPDATE audit_checkpoints SET hands_over = NOT hands_over WHERE size = 3")
	located(t, w.verify(t), 3)
}

func TestATornHandoverIsExportedAnew(t *testing.T) {
	w := newWorld(t)
	w.fill(t, 2, 2)
	w.rotate(t)
	path := filepath.Join(string(w.folder), "checkpoints")
	exported, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := int64(len(exported)); size >= 0; size-- {
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		w.round(t)
		if mended, err := os.ReadFile(path); err != nil || string(mended) != string(exported) {
			t.Fatalf("cut to %d it becomes %q: %v", size, mended, err)
		}
	}
}

// Rotations by two at once while two sequencers number what comes in.
func TestRotationsWhileTheLogGrows(t *testing.T) {
	const rotations = 6
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var working, rotating sync.WaitGroup
	for range 2 {
		working.Go(func() {
			for ctx.Err() == nil {
				if err := w.sequencer.Round(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
		rotating.Go(func() {
			for range rotations / 2 {
				if _, err := w.sequencer.RotateKey(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	w.fill(t, 60, 4)
	rotating.Wait()
	stop()
	working.Wait()
	w.round(t)
	w.whole(t, 60+rotations)
	if left := w.keys(t); len(left) != 1 {
		t.Errorf("%d keys are left", len(left))
	}
}

func TestAKeyThatOthersCanReadSignsNothing(t *testing.T) {
	w := newWorld(t)
	w.enter(t, 1)
	if err := os.Chmod(string(w.key), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := w.sequencer.Round(t.Context()); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("got %v", err)
	}
}
