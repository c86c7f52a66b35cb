package api_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What a command's answer tells is what is read of it for ever after, though
// clocks and callers know more of an instant than the record can hold.
func TestAnswersTellWhatWillBeRead(t *testing.T) {
	w := newWorld(t)
	w.clock.advance(1234567 * time.Nanosecond)
	opened := read[changed](t, w.change("officer1", "/v1/requests", newRequest()))
	w.clock.advance(time.Millisecond - 567*time.Nanosecond) // workflows tell the time to the microsecond
	r := opened.Request
	contact := read[changed](t, w.act("officer1", &r, "record-contact", fields{
		"fact":        fields{"direction": "to_post", "medium": "telephone", "answered": false},
		"occurred_at": monday.Add(1500789 * time.Nanosecond).Format(time.RFC3339Nano),
	}))
	told := append(opened.Events, contact.Events...)
	served := read[struct{ Events []tdr.Event }](t, w.get("officer1", "/v1/requests/"+r.ID+"/events")).Events
	if len(told) != 2 || len(served) != 2 {
		t.Fatalf("told of %d events, served %d", len(told), len(served))
	}
	for i := range told {
		if !told[i].OccurredAt.Equal(served[i].OccurredAt) || !told[i].RecordedAt.Equal(served[i].RecordedAt) {
			t.Errorf("event %d: told %v and %v, served %v and %v", i+1,
				told[i].OccurredAt, told[i].RecordedAt, served[i].OccurredAt, served[i].RecordedAt)
		}
	}
}
