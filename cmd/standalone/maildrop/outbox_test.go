package maildrop

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/traveldoc/traveldoc/internal/mail"
)

// hook is a webhook that verifies as the real one does.
type hook struct {
	*httptest.Server
	mu      sync.Mutex
	keys    []string
	events  []mail.Event
	refused int // calls to answer with 500 first; all are before a key is trusted
	calls   int
}

func newHook(t *testing.T, refused int) *hook {
	t.Helper()
	h := &hook{refused: refused}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls++
		if h.calls <= h.refused || h.keys == nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		events, err := mail.VerifyEvents(h.keys, r.Header, raw, testNow, 5*time.Minute)
		if err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.events = append(h.events, events...)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) trust(drop *running) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = []string{drop.PublicKey()}
}

// told lists kinds in order for one message.
func (h *hook) told(id uuid.UUID) []mail.EventKind {
	h.mu.Lock()
	defer h.mu.Unlock()
	var kinds []mail.EventKind
	for _, event := range h.events {
		if event.MessageID == id {
			kinds = append(kinds, event.Kind)
		}
	}
	return kinds
}

func (h *hook) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.events)
}

func TestFatesBecomeSignedEvents(t *testing.T) {
	h := newHook(t, 0)
	drop := start(t, t.TempDir(), h.URL)
	h.trust(drop)
	control(t, drop.url, `{"action":"bounce","address":"bounce@example.org"}`)
	control(t, drop.url, `{"action":"drop","address":"drop@example.org"}`)
	control(t, drop.url, `{"action":"defer","address":"defer@example.org","count":1}`)
	control(t, drop.url, `{"action":"lose_events","address":"lost@example.org"}`)
	control(t, drop.url, `{"action":"accept_then_hang","address":"hang@example.org"}`)
	want := map[string][]mail.EventKind{
		"fine@example.org":   {mail.Processed, mail.Delivered},
		"bounce@example.org": {mail.Processed, mail.Bounced},
		"drop@example.org":   {mail.Dropped},
		"defer@example.org":  {mail.Processed, mail.Deferred},
		"hang@example.org":   {mail.Processed, mail.Delivered},
		"lost@example.org":   nil,
	}
	ids := map[string]uuid.UUID{}
	s := sender(t, drop.url, testKey, 300*time.Millisecond)
	for _, to := range []string{"lost@example.org", "fine@example.org", "bounce@example.org", "drop@example.org", "defer@example.org", "hang@example.org"} {
		sent := message(to)
		ids[to] = sent.ID
		receipt, err := s.Send(t.Context(), sent)
		if (err != nil) != (to == "hang@example.org") {
			t.Errorf("%s: %v", to, err)
		}
		if to == "fine@example.org" {
			eventually(t, "events of the receipt", func() bool { return h.count() > 0 })
			h.mu.Lock()
			if got := h.events[0].SentID(); got != receipt.SGMessageID {
				t.Errorf("event names %q, receipt %q", got, receipt.SGMessageID)
			}
			h.mu.Unlock()
		}
	}
	eventually(t, "all events came", func() bool { return h.count() == 9 })
	for to, kinds := range want {
		if got := h.told(ids[to]); !slices.Equal(got, kinds) {
			t.Errorf("%s: %v", to, got)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, event := range h.events {
		if reason := map[mail.EventKind]mail.ReasonClass{mail.Bounced: mail.ClassAddress, mail.Dropped: mail.ClassSuppressed, mail.Deferred: mail.ClassOther}[event.Kind]; event.Reason != reason {
			t.Errorf("%s: reason %q", event.Kind, event.Reason)
		}
		if !event.At.Equal(testNow) {
			t.Errorf("event at %s", event.At)
		}
	}
}

func TestEventsAreSentUntilTaken(t *testing.T) {
	h := newHook(t, 3)
	drop := start(t, t.TempDir(), h.URL)
	h.trust(drop)
	sent := message("a@example.org")
	if _, err := sender(t, drop.url, testKey, 0).Send(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	eventually(t, "taken at last", func() bool { return len(h.told(sent.ID)) == 2 })
	eventually(t, "nothing waits", func() bool { return drop.outbox.size() == 0 })
}

func TestEventsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, "http://127.0.0.1:1/")
	sent := message("a@example.org")
	if _, err := sender(t, first.url, testKey, 0).Send(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	first.stop()

	h := newHook(t, 0)
	second := start(t, dir, h.URL)
	h.trust(second)
	eventually(t, "told after the restart", func() bool { return len(h.told(sent.ID)) == 2 })
	eventually(t, "confirmed", func() bool { return second.outbox.size() == 0 })
	if second.PublicKey() != first.PublicKey() {
		t.Error("the key changed")
	}
	second.stop()

	third := start(t, dir, "")
	if waiting := third.outbox.size(); waiting != 0 {
		t.Errorf("%d events wait again", waiting)
	}
}

func TestEventsCanBeHeldBack(t *testing.T) {
	h := newHook(t, 0)
	drop := start(t, t.TempDir(), h.URL)
	h.trust(drop)
	control(t, drop.url, `{"action":"hold_events"}`)
	for i := range 150 { // more than one batch
		mustSend(t, drop, fmt.Sprintf("a%d@example.org", i))
	}
	if _, _, shown := get(t, drop.url+"/control"); !strings.Contains(shown, `"events_waiting":300`) || h.count() != 0 {
		t.Errorf("held: %s, %d sent", shown, h.count())
	}
	control(t, drop.url, `{"action":"reset"}`)
	eventually(t, "all let go", func() bool { return h.count() == 300 && drop.outbox.size() == 0 })
}
