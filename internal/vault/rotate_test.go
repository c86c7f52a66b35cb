package vault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/vault"
)

// rotations by the name of the key.
func rotations(v *vault.Vault) map[string]func(context.Context, vault.Progress) error {
	return map[string]func(context.Context, vault.Progress) error{
		"master": v.RotateMaster, "data": v.RotateData, "index": v.RotateIndex,
		"payload": func(ctx context.Context, _ vault.Progress) error { return v.RotatePayloads(ctx) },
	}
}

func TestEachRotationReplacesItsKeys(t *testing.T) {
	w := newWorld(t)
	var persons []person
	for i := range 5 {
		persons = append(persons, w.person("Example", fmt.Sprintf("A10000000%d", i)))
	}
	payloads := w.vault.Payloads()
	keyID, early, err := payloads.Seal([]byte("early"))
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]string{
		"master":  "SELECT string_agg(DISTINCT master, ' ') FROM person_keys",
		"data":    "SELECT string_agg(encode(sealed, 'hex'), ' ' ORDER BY row_id, field) FROM sealed_fields",
		"index":   "SELECT string_agg(encode(token, 'hex'), ' ' ORDER BY person_id) FROM person_index",
		"payload": "SELECT max(key_id)::text FROM shared_keys WHERE purpose = 'payload'",
	}
	for name, rotate := range rotations(w.process(w.reference)) {
		before := w.text(columns[name])
		if err := rotate(t.Context(), silent); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if after := w.text(columns[name]); after == before {
			t.Errorf("%s: nothing was replaced", name)
		}
		for _, p := range persons {
			w.check(w.vault, p)
			w.check(w.process(w.reference), p)
		}
		if opened, err := payloads.Open(keyID, early); err != nil || string(opened) != "early" {
			t.Errorf("%s: payload %q, %v", name, opened, err)
		}
	}
	if n := w.count("person_index"); n != len(persons) {
		t.Errorf("%d entries after the rotation", n)
	}
}

func (w *world) text(query string) string {
	w.t.Helper()
	var text string
	if err := w.pool.QueryRow(w.t.Context(), query).Scan(&text); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return text
}

func TestARotatedPayloadKeyReachesOthers(t *testing.T) {
	w := newWorld(t)
	old := w.vault.Payloads()
	first, _, err := old.Seal([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.process(w.reference).RotatePayloads(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, sealed, err := w.process(w.reference).Payloads().Seal([]byte("from another process"))
	if err != nil || second == first {
		t.Fatalf("sealed under %s, %v", second, err)
	}
	if opened, err := old.Open(second, sealed); err != nil || string(opened) != "from another process" {
		t.Errorf("opened %q, %v", opened, err)
	}
	if _, err := old.Open("999", sealed); err == nil {
		t.Error("an unknown key opens")
	}
	if now, _, err := old.Seal([]byte("x")); err != nil || now != second {
		t.Errorf("sealed under %s, %v", now, err)
	}
}

func TestFormerMasterKeysGoWhenNothingNeedsThem(t *testing.T) {
	w := newWorld(t)
	p := w.person("Example", "A012345678")
	if forgotten, err := w.vault.RetireMaster(t.Context()); err != nil || len(forgotten) != 0 {
		t.Errorf("forgot %v, %v", forgotten, err)
	}
	path := strings.TrimPrefix(w.reference, "file://")
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.vault.RotateMaster(t.Context(), silent); err != nil {
		t.Fatal(err)
	}
	if forgotten, err := w.vault.RetireMaster(t.Context()); err != nil || len(forgotten) != 1 {
		t.Errorf("forgot %v, %v", forgotten, err)
	}
	w.check(w.process(w.reference), p)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, original, 0o600); err != nil {
		t.Fatal(err)
	}
	if values, err := w.process(w.reference).Row(t.Context(), w.pool, p.id); err == nil {
		t.Errorf("the former key opens %v", values)
	}
}

var errStopped = errors.New("stopped")

// stopping makes a context that ends when a rotation has done some of its work.
func stopping(t *testing.T) (context.Context, vault.Progress) {
	ctx, cancel := context.WithCancelCause(t.Context())
	return ctx, func(int) { cancel(errStopped) }
}

func TestAnInterruptedRotationIsCarriedOn(t *testing.T) {
	w := newWorld(t)
	persons := make([]person, 0, 250)
	for i := range cap(persons) {
		persons = append(persons, w.person("Example", fmt.Sprintf("A%09d", i)))
	}
	for name, left := range map[string]string{
		"master": "person_keys WHERE master <> (SELECT master FROM person_keys ORDER BY person_id LIMIT 1)",
		"data":   "person_keys WHERE made_at < (SELECT made_before FROM data_rotations)",
		"index":  "person_keys WHERE person_id NOT IN (SELECT person_id FROM person_index WHERE key_id = (SELECT max(key_id) FROM person_index))",
	} {
		ctx, progress := stopping(t)
		if err := rotations(w.vault)[name](ctx, progress); err == nil {
			t.Fatalf("%s: was not interrupted", name)
		}
		if n := w.count(left); n == 0 || n == len(persons) {
			t.Fatalf("%s: %d of %d are left", name, n, len(persons))
		}
		w.check(w.vault, persons[0])
		w.check(w.vault, persons[len(persons)-1])
		late := w.person("Late", "B"+name)
		if err := rotations(w.process(w.reference))[name](t.Context(), silent); err != nil {
			t.Fatal(err)
		}
		if n := w.count(left); n != 0 {
			t.Errorf("%s: %d are left after carrying on", name, n)
		}
		for _, p := range append(persons, late) {
			w.check(w.vault, p)
		}
	}
	if n := w.count("shared_keys WHERE purpose = 'index' AND retired_at IS NULL"); n != 1 {
		t.Errorf("%d index keys are in force", n)
	}
}

// Several processes add, read, find and shred while others rotate every key.
func TestRotationUnderLoadLosesNothing(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var added sync.Map // of persons who must be there
	var counted, allowed atomic.Int64
	var working sync.WaitGroup
	for worker := range 4 {
		v := w.process(w.reference)
		working.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				p := person{uuid.NewString(), "Example", fmt.Sprintf("A%d-%d", worker, i)}
				if err := w.add(t.Context(), v, p); err != nil {
					t.Errorf("add: %v", err)
					return
				}
				w.check(v, p)
				if i%5 == 0 {
					if err := w.transact(func(tx pgx.Tx) error { return v.Destroy(t.Context(), tx, p.id) }); err != nil {
						t.Errorf("destroy: %v", err)
					}
					continue
				}
				// A second person can't take the number, whatever is being rotated.
				if err := w.add(t.Context(), v, person{uuid.NewString(), "Sample", p.number}); !errors.Is(err, vault.ErrTaken) {
					t.Errorf("a number was given twice: %v", err)
				}
				added.Store(p.id, p)
				counted.Add(1)
				// As many again as a rotation meets, and no more: it has all of them to do.
				for goal := allowed.Load(); counted.Load() >= goal && ctx.Err() == nil; goal = allowed.Load() {
					w.check(v, p)
				}
			}
		})
	}
	for round := range 2 {
		for name, rotate := range rotations(w.process(w.reference)) {
			goal := allowed.Add(50)
			for counted.Load() < goal-25 && !t.Failed() {
				w.check(w.vault, w.person("Between", uuid.NewString()))
			}
			if err := rotate(t.Context(), silent); err != nil {
				t.Errorf("round %d, %s: %v", round, name, err)
			}
		}
	}
	stop()
	working.Wait()
	fresh := w.process(w.reference)
	if _, err := fresh.RetireMaster(t.Context()); err != nil {
		t.Errorf("retire: %v", err)
	}
	added.Range(func(_, value any) bool {
		w.check(fresh, value.(person))
		return !t.Failed()
	})
	t.Logf("%d persons came through", counted.Load())
}
