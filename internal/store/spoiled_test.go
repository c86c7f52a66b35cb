package store_test

import (
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
)

// What somebody spoiled at the row's own seq is written again when that is asked for.
func TestTheReadModelIsWrittenAnew(t *testing.T) {
	w := newWorld(t)
	l := w.reminded()
	spoil := func(statement string) {
		if _, err := storetest.Owner(t, w.pool).Exec(t.Context(), statement, l.id); err != nil {
			t.Fatal(err)
		}
	}
	spoil("UPDATE requests SET stage = 'ready', next_due_at = NULL, live = false WHERE request_id = $1")
	spoil("DELETE FROM deadlines WHERE request_id = $1")
	spoil("UPDATE escalations SET status = 'closed' WHERE request_id = $1")
	spoiled := func() bool {
		return w.count("requests WHERE stage = 'submitted' AND next_due_at IS NOT NULL AND live") == 0 ||
			w.count("deadlines") == 0 || w.count("escalations WHERE status <> 'closed'") == 0
	}
	recording := l.after(0)
	if _, err := w.store.Record(t.Context(), recording); err != nil || !spoiled() {
		t.Fatalf("recorded twice, it was written again: %v", err)
	}
	recording.Anew = true
	if _, err := w.store.Record(t.Context(), recording); err != nil || spoiled() {
		t.Errorf("it is still spoiled: %v", err)
	}
}

// A request that stands as ended, and of which no event says so, is looked into.
func TestAnEndWithoutAnEventIsFound(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	if _, err := storetest.Owner(t, w.pool).Exec(t.Context(), "UPDATE requests SET live = false WHERE request_id = $1", l.id); err != nil {
		t.Fatal(err)
	}
	gaps, err := w.store.Gaps(t.Context(), 10)
	if want := []activities.Gap{{RequestID: l.id, Seq: 4}}; err != nil || !slices.Equal(gaps, want) {
		t.Errorf("gaps %v, %v", gaps, err)
	}
}
