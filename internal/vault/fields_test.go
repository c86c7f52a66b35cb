package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/vault"
)

func TestFieldsAreSealedInTheDatabase(t *testing.T) {
	w := newWorld(t)
	p := w.person("Example", "A012345678")
	w.check(w.vault, p)
	w.check(w.process(w.reference), p)
	for _, column := range []string{"sealed_fields.sealed", "person_index.token", "person_keys.keyset"} {
		table, column, _ := bytes.Cut([]byte(column), []byte("."))
		if n := w.count(string(table) + " WHERE position('Example' IN encode(" + string(column) + ", 'escape')) > 0 OR position('A012345678' IN encode(" + string(column) + ", 'escape')) > 0"); n != 0 {
			t.Errorf("%s can be read", table)
		}
	}
}

func TestNothingIsWhereNothingWasPut(t *testing.T) {
	w := newWorld(t)
	if _, err := w.vault.Row(t.Context(), w.pool, uuid.NewString()); !errors.Is(err, vault.ErrNone) {
		t.Errorf("an empty row: %v", err)
	}
	if _, err := w.vault.Find(t.Context(), w.pool, "A000000001"); !errors.Is(err, vault.ErrNone) {
		t.Errorf("an unknown number: %v", err)
	}
}

// A sealed value opens for its person, row and column alone, wherever it is copied.
func TestACopiedValueDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	for what, statement := range map[string]string{
		"for another person":       "UPDATE sealed_fields SET sealed = (SELECT sealed FROM sealed_fields WHERE row_id = $1 AND field LIKE '%name') WHERE row_id = $2 AND field LIKE '%name'",
		"in another column":        "UPDATE sealed_fields SET sealed = (SELECT sealed FROM sealed_fields WHERE row_id = $2 AND field LIKE '%a_number') WHERE row_id = $2 AND field LIKE '%name' AND $1 <> ''",
		"moved to another person":  "UPDATE sealed_fields SET person_id = $1 WHERE row_id = $2 AND field LIKE '%name'",
		"under a copied key":       "UPDATE person_keys SET keyset = o.keyset, files = o.files FROM person_keys o WHERE o.person_id = $1 AND person_keys.person_id = $2",
		"with its key and a value": "WITH k AS (UPDATE person_keys SET keyset = o.keyset FROM person_keys o WHERE o.person_id = $1 AND person_keys.person_id = $2) UPDATE sealed_fields f SET sealed = o.sealed FROM sealed_fields o WHERE o.row_id = $1 AND f.row_id = $2 AND f.field = o.field",
		"changed by a bit":         "UPDATE sealed_fields SET sealed = set_bit(sealed, 80, 1 - get_bit(sealed, 80)) WHERE row_id = $2 AND $1 <> ''",
	} {
		a, b := w.person("Example", "A1"+uuid.NewString()), w.person("Sample", "A2"+uuid.NewString())
		w.check(w.vault, b)
		w.exec(statement, a.id, b.id)
		if values, err := w.vault.Row(t.Context(), w.pool, b.id); err == nil {
			t.Errorf("%s: opened %v", what, values)
		}
	}
}

func TestAnotherMasterKeyOpensNothing(t *testing.T) {
	w := newWorld(t)
	p := w.person("Example", "A012345678")
	reference := "file://" + t.TempDir() + "/other.json"
	if created, err := vault.CreateMasterFile(reference); !created || err != nil {
		t.Fatal(created, err)
	}
	if values, err := w.process(reference).Row(t.Context(), w.pool, p.id); err == nil {
		t.Errorf("opened %v", values)
	}
	// Not either when the database says that it is the right one.
	w.exec("UPDATE person_keys SET master = $1", firstName(t, w, reference))
	if values, err := w.process(reference).Row(t.Context(), w.pool, p.id); err == nil {
		t.Errorf("opened %v", values)
	}
}

// firstName is the name under which a master key of that reference goes on record.
func firstName(t *testing.T, w *world, reference string) string {
	t.Helper()
	var name string
	other := w.process(reference)
	id := uuid.NewString()
	if err := w.add(t.Context(), other, person{id: id, name: "Probe"}); err != nil {
		t.Fatal(err)
	}
	if err := w.pool.QueryRow(t.Context(), "SELECT master FROM person_keys WHERE person_id = $1", id).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestANumberBelongsToOnePerson(t *testing.T) {
	w := newWorld(t)
	w.person("Example", "A012345678")
	if err := w.add(t.Context(), w.vault, person{uuid.NewString(), "Sample", "A012345678"}); !errors.Is(err, vault.ErrTaken) {
		t.Errorf("a second person is entered: %v", err)
	}
}

func TestDestroyedDataDoesNotOpen(t *testing.T) {
	w := newWorld(t)
	p, other := w.person("Example", "A012345678"), w.person("Sample", "A012345679")
	w.check(w.vault, p)
	destroy := func() error {
		return w.transact(func(tx pgx.Tx) error { return w.vault.Destroy(t.Context(), tx, p.id) })
	}
	if err := destroy(); err != nil {
		t.Fatal(err)
	}
	if err := destroy(); err != nil {
		t.Errorf("destroying again: %v", err)
	}
	for _, v := range []*vault.Vault{w.vault, w.process(w.reference)} {
		if values, err := v.Row(t.Context(), w.pool, p.id); !errors.Is(err, vault.ErrDestroyed) {
			t.Errorf("opened %v, %v", values, err)
		}
		if _, err := v.Find(t.Context(), w.pool, p.number); !errors.Is(err, vault.ErrNone) {
			t.Errorf("found: %v", err)
		}
	}
	err := w.transact(func(tx pgx.Tx) error {
		return w.vault.Put(t.Context(), tx, vault.Field{PersonID: p.id, Row: uuid.NewString(), Column: "command_texts.text"}, "late")
	})
	if !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("sealed for a shredded person: %v", err)
	}
	w.check(w.vault, other)
	again := w.person("Example again", p.number) // the number is free
	w.check(w.vault, again)
}
