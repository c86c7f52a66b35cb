package api_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
)

// changing is a directory that is replaced under those who read it.
type changing struct {
	sync.Mutex
	now directory.Snapshot
}

func (c *changing) Snapshot(context.Context) (directory.Snapshot, error) {
	c.Lock()
	defer c.Unlock()
	return c.now, nil
}

// close lets a post end on a day.
func (c *changing) close(t testing.TB, post string, last calendar.Date) {
	t.Helper()
	c.Lock()
	defer c.Unlock()
	data := c.now.Data()
	data.Posts = slices.Clone(data.Posts)
	at := slices.IndexFunc(data.Posts, func(p directory.Post) bool { return p.ID == post })
	data.Posts[at].Valid.To = last
	var err error
	c.now, err = directory.NewSnapshot(data)
	must(t, err)
}

// For a post that is no more nothing opens and nothing leaves, not even what
// was accepted while it was.
func TestAPostThatIsNoMore(t *testing.T) {
	snapshot, err := directory.ParseSeed(directory.ExampleSeed())
	must(t, err)
	people := &changing{now: snapshot}
	w := newWorld(t, func(c *api.Config) { c.Directory = people })
	r, accepted := w.reviewed(), w.reviewed()
	w.engine.set(func(e *engine) { e.away = true })
	key := newKey()
	send := func(of request) fields { return fields{"content": w.content(of), "channel": "courier"} }
	path := "/v1/requests/" + accepted.ID + "/send"
	if got := w.ask("officer1", "POST", path, send(accepted), "Idempotency-Key", key, "If-Match", `"`+accepted.Version+`"`); got.status != 202 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	w.engine.set(func(e *engine) { e.away = false })
	people.close(t, "gha-washington", calendar.Date{Year: 2026, Month: 3, Day: 1})

	if got := w.change("officer1", "/v1/requests", newRequest()); got.status != 422 || got.faults()["post"] == "" {
		t.Errorf("opened: %d %s", got.status, got.body)
	}
	if got := w.act("officer1", &r, "record-receipt", fields{"evidence": someHash}); got.problem() != "stage_forbids" {
		t.Errorf("wrong stage: %d %s", got.status, got.body)
	}
	if got := w.act("officer1", &r, "send", send(r)); got.status != 422 || got.faults()["post"] == "" {
		t.Errorf("sent: %d %s", got.status, got.body)
	}
	must(t, w.server.CarryOn(t.Context(), key))
	if got := w.ask("officer1", "POST", path, send(accepted), "Idempotency-Key", key, "If-Match", `"`+accepted.Version+`"`); got.problem() != "gate_closed" {
		t.Errorf("carried on: %d %s", got.status, got.body)
	}
	if n := w.count("dispatches WHERE status = 'sent'"); n != 0 {
		t.Errorf("%d dispatches were sent", n)
	}
}
