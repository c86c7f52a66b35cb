package directory

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// tester is what fixtures need of *testing.T and *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// exampleData is the example seed as rows, for tests that change something.
func exampleData(t tester) Data {
	t.Helper()
	return example(t).Data()
}

func example(t tester) Snapshot {
	t.Helper()
	snapshot, err := ParseSeed(ExampleSeed())
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func snapshotOf(t tester, data Data) Snapshot {
	t.Helper()
	snapshot, err := NewSnapshot(data)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func date(t tester, text string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func span(t tester, text string) Span {
	t.Helper()
	s, err := ParseSpan(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func instant(t tester, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// changePerson changes one row.
func changePerson(t tester, data Data, id string, change func(*Person)) Data {
	t.Helper()
	for i := range data.People {
		if data.People[i].ID == id {
			change(&data.People[i])
			return data
		}
	}
	t.Fatalf("no person %s", id)
	return data
}

// bostonGhana is the case of most tests.
func bostonGhana() Case {
	return Case{Officer: "officer1", Supervisor: "supervisor1", FieldOffice: "BOS", Country: "GHA", Post: "gha-washington"}
}

func ids(a Addressees) string {
	var list []string
	for _, recipient := range a.Recipients {
		list = append(list, recipient.ID)
	}
	return strings.Join(list, " ")
}

func missing(a Addressees) string {
	var list []string
	for _, gap := range a.Missing {
		list = append(list, gap.Place+":"+string(gap.Reason))
	}
	return strings.Join(list, " ")
}

func wantFault(t *testing.T, err error, wanted string) {
	t.Helper()
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("error %v (%T), want Faults", err, err)
	}
	if !strings.Contains(err.Error(), wanted) {
		t.Errorf("faults %q, want one with %q", err, wanted)
	}
}
