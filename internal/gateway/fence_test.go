package gateway_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/traveldoc/traveldoc/api"
)

// Races of one run: lives side by side, rounds of each one after the other,
// sendings of each round against one hold.
const (
	lives    = 12
	rounds   = 50
	sendings = 5 // the last begins once the hold is answered
)

// Once a hold was answered with 201 no send starts; every send under way is
// named in that answer and asked back. Processes end between every two steps,
// and the engine is stopped in half of the rounds. Judged by the fence's
// versions and by what the far side itself kept of arrivals.
func TestNoSendStartsOnceAHoldIsAnswered(t *testing.T) {
	w := newWorld(t)
	var work sync.WaitGroup
	for range lives {
		l := w.ready()
		work.Go(func() {
			for n := range rounds {
				l.race(n%2 == 0)
			}
		})
	}
	work.Wait()
	w.steps.crashing.Store(false)
	w.checkReleases()
	left, never := len(w.receiver.arrived), lives*rounds*sendings-len(w.receiver.arrived)
	if left < lives*rounds/8 || never < lives*rounds || w.steps.crashes.Load() == 0 || w.named == 0 {
		t.Errorf("the races went one way: %d left, %d never, %d named in answers, %d crashes", left, never, w.named, w.steps.crashes.Load())
	}
	t.Logf("%d races: %d left, %d never, %d crashes", lives*rounds*sendings, left, never, w.steps.crashes.Load())
}

// race is one round: sendings against one hold, then everything that was left
// behind is carried on while the hold stands, and judged.
func (l *life) race(stopEngine bool) {
	l.engine.set(l.state.ID, stopEngine && rand.IntN(2) == 0)
	var sends []string
	for range sendings {
		sends = append(sends, l.storeSend())
	}
	hold := l.storeHold()
	var racing sync.WaitGroup
	for _, id := range sends[:sendings-1] {
		racing.Go(func() {
			pause(2000)
			_ = l.carrier.CarryOn(context.Background(), id) // whatever became of it, upkeep goes on
		})
	}
	if stopEngine {
		racing.Go(func() { pause(6000); l.engine.set(l.state.ID, true) })
	}
	pause(16000)
	l.carryOn(hold)
	answered := l.receiver.number()
	_ = l.carrier.CarryOn(context.Background(), sends[sendings-1])
	racing.Wait()
	l.engine.set(l.state.ID, false)
	for _, id := range sends {
		l.carryOn(id)
	}
	l.judge(hold, answered, sends)
	l.lift(hold)
}

// judge holds what arrived against the answer to the hold.
func (l *life) judge(hold string, answered int64, sends []string) {
	ctx := context.Background()
	stored, err := l.store.Command(ctx, hold)
	if err != nil || stored.Answer == nil || stored.Answer.Status != http.StatusCreated {
		l.t.Errorf("hold: %+v, %v", stored.Answer, err)
		return
	}
	var body struct {
		MayHaveLeft []struct{ Dispatch string } `json:"may_have_left"`
	}
	if err := json.Unmarshal(stored.Answer.Body, &body); err != nil {
		l.t.Error(err)
	}
	told := map[string]bool{}
	for _, recall := range body.MayHaveLeft {
		told[recall.Dispatch] = true
	}
	placed, err := l.store.Holds().Hold(ctx, hold)
	if err != nil {
		l.t.Error(err)
	}
	for _, id := range sends {
		l.judgeSend(id, answered, placed, told[id])
	}
}

func (l *life) judgeSend(id string, answered int64, hold api.Hold, told bool) {
	l.receiver.Lock()
	_, arrived := l.receiver.arrived[id]
	l.receiver.Unlock()
	row := l.dispatch(id)
	if told {
		l.mu.Lock()
		l.named++
		l.mu.Unlock()
	}
	if began, ok := l.fence.begun.Load(id); ok && began.(int64) > answered {
		l.t.Errorf("dispatch %s was let go at %d although a hold was answered at %d", id, began, answered)
	}
	if !arrived {
		return
	}
	switch {
	case !told:
		l.t.Errorf("dispatch %s arrived and the answer to the hold does not name it", id)
	case row.fence >= hold.Fence:
		l.t.Errorf("dispatch %s left under fence %d, and the hold made %d", id, row.fence, hold.Fence)
	case row.status != "sent":
		l.t.Errorf("dispatch %s arrived and is %s", id, row.status)
	case !row.recalled || !row.posted:
		l.t.Errorf("dispatch %s arrived: asked back %v, post told %v", id, row.recalled, row.posted)
	}
}
