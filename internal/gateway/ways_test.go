package gateway_test

import (
	"context"
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/gateway"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Every channel of the core has a way, and each lets a dispatch leave once.
func TestEveryChannelLetsADispatchLeaveOnce(t *testing.T) {
	w := newWorld(t)
	ways := gateway.NewWays(w.ledger, w.store)
	for _, channel := range tdr.Channels() {
		t.Run(string(channel), func(t *testing.T) {
			dispatch := w.ready().sending(channel)
			var poked []string
			for range 3 {
				poke, err := ways.Depart(t.Context(), dispatch)
				must(t, err)
				poked = append(poked, poke...)
			}
			told := w.count("notices WHERE filed_under = 'package/' || $1::text AND recipient = 'post/' || $2::text AND status = 'waiting'", dispatch.ID, dispatch.Post)
			if n := w.count("releases WHERE dispatch_id = $1 AND channel = $2", dispatch.ID, string(channel)); n != 1 {
				t.Errorf("released %d times", n)
			}
			if want := map[bool]int{true: 1}[channel == tdr.ByNotice]; told != want {
				t.Errorf("the post is told %d times, want %d", told, want)
			}
			if want := map[bool][]string{true: {"post/" + dispatch.Post}}[channel == tdr.ByNotice]; !slices.Equal(poked, want) {
				t.Errorf("the mailboxes %v are to be poked, want %v", poked, want)
			}
			if _, err := ways.Depart(cancelled(), dispatch); err == nil {
				t.Error("an effect that could not be done is no error")
			}
		})
	}
	if len(ways) != len(tdr.Channels()) {
		t.Errorf("%d ways for %d channels", len(ways), len(tdr.Channels()))
	}
	if _, err := ways.Depart(t.Context(), api.Dispatch{Channel: "pigeon"}); err == nil || slices.Contains(tdr.Channels(), "pigeon") {
		t.Error("there is a way for a channel that nobody knows")
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// sending is a dispatch that the gate authorised.
func (l *life) sending(channel tdr.Channel) api.Dispatch {
	l.t.Helper()
	l.steps.crashing.Store(false)
	id := l.storeSend()
	_, err := l.store.Authorise(l.t.Context(), api.Authorisation{
		CommandID: id, RequestID: l.state.ID, Kind: tdr.SendName, Channel: channel, Content: l.state.Package.Approved, By: "officer1",
	}, l.state.Country)
	must(l.t, err)
	dispatch, err := l.ledger.Dispatch(l.t.Context(), id)
	must(l.t, err)
	return dispatch
}

func (w *world) count(from string, arguments ...any) int {
	w.t.Helper()
	var n int
	must(w.t, w.pool.QueryRow(w.t.Context(), "SELECT count(*) FROM "+from, arguments...).Scan(&n))
	return n
}

// What never began to leave is stopped and its recall settled; what had begun
// counts as sent, stays asked back, and its post is told.
func TestAStoppedDispatchIsNoLongerAskedBack(t *testing.T) {
	w := newWorld(t)
	for _, begun := range []bool{false, true} {
		l := w.ready()
		dispatch := l.sending(tdr.ByCourier)
		if begun {
			if still, err := w.store.StillAuthorised(t.Context(), dispatch.ID); err != nil || !still {
				t.Fatalf("still authorised %v, %v", still, err)
			}
		}
		l.carryOn(l.storeHold())
		for range 2 {
			_, err := w.store.Stop(t.Context(), dispatch.ID)
			must(t, err)
		}
		got := w.dispatch(dispatch.ID)
		want := map[bool]kept{false: {"stopped", 1, false, false}, true: {"sent", 1, true, true}}[begun]
		if got != want {
			t.Errorf("begun %v: %+v, want %+v", begun, got, want)
		}
		if still, err := w.store.StillAuthorised(t.Context(), dispatch.ID); err != nil || still {
			t.Errorf("begun %v: still authorised %v, %v", begun, still, err)
		}
	}
}
