package courtpdf

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// What an event says stands in words, each value once and in its order, and
// nothing but calendars and terms is left to the JSON form.
func TestWhatAnEventSaysStandsInWords(t *testing.T) {
	got, more, err := fieldsOf(&tdr.Returned{Items: []tdr.ItemReason{{Item: "photograph", Reason: "not_legible"}, {Item: "form", Reason: "missing"}}})
	want := []field{{"Items 1, item", "photograph"}, {"Items 1, reason", "not_legible"}, {"Items 2, item", "form"}, {"Items 2, reason", "missing"}}
	if err != nil || more || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, %v", got, more, err)
	}

	opened := rehearsal.Opening("2f7c1f0e-7d4b-4b54-9d57-0b5d5f6f0001", time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC), calendar.CalendarDays, nil)
	fields, more, err := fieldsOf(opened.Fact)
	if err != nil || !more || len(fields) < 8 || len(fields) > 40 {
		t.Fatalf("%d fields, more %v, %v", len(fields), more, err)
	}
	for _, each := range fields {
		if strings.ContainsAny(each.label+each.value, "{}[]\"_") && !strings.Contains(each.value, "_") {
			t.Errorf("%q: %q is no text", each.label, each.value)
		}
	}
}
