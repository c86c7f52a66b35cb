package vault_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/vault"
)

// met enters somebody by name and date of birth, and answers who was alike.
func (w *world) met(ctx context.Context, name, born string) (id string, alike []string, err error) {
	id = uuid.NewString()
	values := map[string]string{"person_details.family_name": name, "person_details.given_names": "Ana", "person_details.birth_date": born}
	err = pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO persons VALUES ($1, 1, $2)", id, w.clock.Now()); err != nil {
			return err
		}
		for column, value := range values {
			if err := w.vault.Put(ctx, tx, vault.Field{PersonID: id, Row: id, Column: column}, value); err != nil {
				return err
			}
		}
		alike, err = w.vault.Alike(ctx, tx, id, values)
		return err
	})
	return id, alike, err
}

func TestWhoIsAlikeIsFoundWhileKeysChange(t *testing.T) {
	w := newWorld(t)
	known := w.mustMeet("Example", nil)
	w.mustMeet("Another", nil)
	if err := w.vault.RotateIndex(t.Context(), silent); err != nil {
		t.Fatal(err)
	}
	second := w.mustMeet("EXAMPLE", []string{known})
	for range 150 {
		w.person("Example", "A"+uuid.NewString())
	}
	ctx, progress := stopping(t)
	if err := w.vault.RotateIndex(ctx, progress); err == nil {
		t.Fatal("the rotation was not interrupted")
	}
	third := w.mustMeet("example", []string{known, second})
	if err := w.vault.RotateIndex(t.Context(), silent); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error { return w.vault.Destroy(t.Context(), tx, known) })
	if err != nil {
		t.Fatal(err)
	}
	w.mustMeet("Éxample", []string{second, third})
	if n := w.count("person_likeness WHERE key_id < (SELECT max(key_id) FROM shared_keys WHERE purpose = 'index')"); n != 0 {
		t.Errorf("%d likenesses are left under former keys", n)
	}
}

func (w *world) mustMeet(name string, want []string) string {
	w.t.Helper()
	id, alike, err := w.met(w.t.Context(), name, "1990-05-05")
	slices.Sort(want)
	if err != nil || !slices.Equal(alike, want) {
		w.t.Fatalf("%s is alike %v, want %v; %v", name, alike, want, err)
	}
	return id
}

func TestOfTwoWhoEnterAtOnceOneFindsTheOther(t *testing.T) {
	w := newWorld(t)
	found := make(chan int)
	for range 8 {
		go func() {
			_, alike, err := w.met(w.t.Context(), "Example", "1990-05-05")
			if err != nil {
				t.Error(err)
			}
			found <- len(alike)
		}()
	}
	var counts []int
	for range 8 {
		counts = append(counts, <-found)
	}
	if slices.Sort(counts); !slices.Equal(counts, []int{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("of eight who entered at once each found %v", counts)
	}
}
