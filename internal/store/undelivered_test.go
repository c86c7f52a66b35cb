package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/store"
)

// Both who are told of level 1 bounce at the same moment, reported by two calls:
// neither may be taken for told because the other report is not through yet.
func TestBouncesAtOnceMoveTheChainOn(t *testing.T) {
	const lives = 12
	w := newWorld(t)
	for range lives {
		w.clock.set(monday)
		l := w.sent()
		for l.state.Ladder.Level() < 1 {
			l.until(w.clock.Now().Add(24 * time.Hour))
		}
		l.record(4)
		var work sync.WaitGroup
		start := make(chan struct{})
		for _, recipient := range []string{officer, "person/supervisor1"} {
			id := w.collect(recipient)[0].MessageID
			w.settle(id, activities.Accepted, "")
			work.Go(func() {
				<-start
				w.report(report("bounce", id))
			})
		}
		close(start)
		work.Wait()
	}
	if n := w.count("outbox WHERE signal = 'LevelUnreachable' AND payload ->> 'level' = '1'"); n != lives {
		t.Errorf("level 1 of %d requests is unreachable, want %d", n, lives)
	}
}

// A report that comes after all, before the repeat was begun, spares the repeat.
func TestALateReportSparesTheRepeat(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	id := w.collect(officer)[0].MessageID
	w.settle(id, activities.Unknown, "timeout")
	w.clock.set(w.clock.Now().Add(time.Hour))
	repeats, _, err := w.ledger().Unsettled(t.Context(), officer, 30*time.Minute)
	if err != nil || len(repeats) != 1 {
		t.Fatalf("repeats %+v, %v", repeats, err)
	}
	w.settle(repeats[0].MessageID, activities.NotSent, "busy")
	w.report(report("delivered", id))
	if taken, err := w.ledger().Sending(t.Context(), repeats[0].MessageID); err != nil || taken {
		t.Errorf("the repeat was begun although the mail was delivered: %v", err)
	}
	if left := w.collect(officer); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
	if n := w.count("notices WHERE recipient = $1 AND status = 'sent'", officer); n == 0 {
		t.Error("no notice is sent")
	}
	w.report(report("bounce", id))
	if n := w.count("notices WHERE recipient = $1 AND status = 'failed'", officer); n == 0 {
		t.Error("a bounce after the delivery failed no notice")
	}
}

// What can't be put into words reaches nobody, and the chain goes on.
func TestWhatHasNoWordsMovesTheChainOn(t *testing.T) {
	speechless := store.Letterhead{Renderer: store.RenderFunc(func(mail.Data) (mail.Rendered, error) {
		return mail.Rendered{}, errors.New("no words")
	})}
	for name, before := range map[string]func(*world){
		"waiting": func(*world) {},
		"claimed": func(w *world) { w.collect(officer) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			l := w.reminded()
			before(w)
			if envelopes, err := w.store.Ledger(speechless).Collect(t.Context(), officer); err != nil || len(envelopes) != 0 {
				t.Fatalf("envelopes %+v, %v", envelopes, err)
			}
			if n := w.count("alarms WHERE kind = 'mail_unrenderable'"); n != 1 {
				t.Errorf("%d alarms", n)
			}
			if n := w.count("outbox WHERE workflow_id = $1 AND signal = 'LevelUnreachable'", "request/"+l.id); n != 1 {
				t.Errorf("%d levels unreachable", n)
			}
		})
	}
}
