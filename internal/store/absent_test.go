package store_test

import (
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/internal/directory"
)

// nobody is a directory with offices and posts, and without a soul.
func nobody(t *testing.T) directory.Snapshot {
	t.Helper()
	snapshot, err := directory.NewSnapshot(directory.Data{})
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// changed is the directory without some people and whatever names them.
func changed(t *testing.T, w *world, gone func(person string) bool) directory.Snapshot {
	t.Helper()
	data := w.people.snapshot.Data()
	data.People = slices.DeleteFunc(data.People, func(p directory.Person) bool { return gone(p.ID) })
	for i := range data.People {
		data.People[i].Deputies = slices.DeleteFunc(slices.Clone(data.People[i].Deputies), func(d directory.Deputy) bool { return gone(d.Person) })
		if gone(data.People[i].Supervisor) {
			data.People[i].Supervisor = ""
		}
	}
	for i := range data.Desks {
		data.Desks[i].Members = slices.DeleteFunc(slices.Clone(data.Desks[i].Members), gone)
	}
	snapshot, err := directory.NewSnapshot(data)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}
