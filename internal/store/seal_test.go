package store_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// What was kept in the clear is read from the vault after migrating, and is gone from where it was.
func TestRowsFromBeforeTheVaultAreSealed(t *testing.T) {
	w := newWorld(t)
	l := w.begin()
	document := newID()
	owner := storetest.Owner(t, w.pool)
	persons := map[string]string{}
	for i := range 150 {
		id, number := newID(), time.Duration(i).String()
		persons[id] = number
		for _, statement := range []string{
			"INSERT INTO persons VALUES ($1, 1, '2026-03-02T15:00:00Z')",
			"INSERT INTO person_details VALUES ($1, 'Sample', '', '1991-06-07', '" + number + "')",
		} {
			if _, err := owner.Exec(t.Context(), statement, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The request that the store took in, as it would have been kept before.
	for _, statement := range []string{
		"DELETE FROM sealed_fields",
		"INSERT INTO order_details SELECT order_id, 'invented order 1' FROM orders WHERE request_id = '" + l.id + "'",
		"INSERT INTO command_texts VALUES ('" + l.intake.Command.ID + "', '" + l.id + "', 'an invented note')",
		"INSERT INTO document_numbers VALUES ('" + document + "', '" + l.id + "', 'invented passport 1')",
	} {
		if _, err := owner.Exec(t.Context(), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	masters := storetest.Masters(t)
	if _, err := owner.Exec(t.Context(), "DELETE FROM person_index; DELETE FROM person_likeness; DELETE FROM person_keys; DELETE FROM shared_keys"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := store.Seal(t.Context(), w.pool.Config().ConnString(), masters, w.clock); err != nil {
			t.Fatal(err)
		}
	}
	s := store.New(w.pool, store.Options{Clock: w.clock, Directory: w.people, Vault: vault.New(w.pool, masters, w.clock)})
	born := calendar.Date{Year: 1991, Month: time.June, Day: 7}
	for id, number := range persons {
		want := api.PersonDetails{FamilyName: "Sample", BirthDate: born, ANumber: number}
		if details, err := s.Person(t.Context(), id); err != nil || details != want {
			t.Fatalf("details %+v, %v", details, err)
		}
		if found, err := s.PersonID(t.Context(), want); err != nil || found != id {
			t.Fatalf("found %q, %v", found, err)
		}
	}
	order, orderErr := s.OrderNumber(t.Context(), l.id)
	text, textErr := s.CommandText(t.Context(), l.intake.Command.ID)
	number, numberErr := s.DocumentNumber(t.Context(), document)
	if order != "invented order 1" || text != "an invented note" || number != "invented passport 1" {
		t.Errorf("%q %v, %q %v, %q %v", order, orderErr, text, textErr, number, numberErr)
	}
	if n := w.count("person_likeness"); n != len(persons) {
		t.Errorf("%d of %d persons are found by their likeness", n, len(persons))
	}
	for _, table := range []string{"person_details", "order_details", "command_texts", "document_numbers"} {
		if n := w.count(table); n != 0 {
			t.Errorf("%s still has %d rows", table, n)
		}
		if _, err := w.pool.Exec(t.Context(), "INSERT INTO "+table+" SELECT * FROM "+table); err == nil {
			t.Errorf("the application may still write to %s", table)
		}
	}
}
