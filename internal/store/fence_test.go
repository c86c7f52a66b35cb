package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// ready is a request whose package was approved, on record.
func (w *world) ready() *life {
	w.t.Helper()
	l := w.begin()
	l.prepare(rehearsal.Content)
	l.act(tdr.RequestReviewName)
	l.act(tdr.ApproveName)
	l.record(0)
	return l
}

// prepare puts a package of the request on record, of which nothing but the
// cover letter is known here.
func (l *life) prepare(content tdr.ContentHash) (packageID string) {
	l.t.Helper()
	id := newID()
	l.exec(`INSERT INTO outgoing_packages (package_id, request_id, person_id, content, country, post, sheet_version, pages, bytes, prepared_at, prepared_by)
		SELECT $1, request_id, person_id, $2, country, post, 0, 1, 1, $4, 'officer1' FROM requests WHERE request_id = $3`, id, content, l.id, monday)
	return id
}

// authorisation stores a command to send and asks for it.
func (l *life) authorisation() api.Authorisation {
	l.t.Helper()
	id := newID()
	_, _, err := l.store.Store(l.t.Context(), api.NewCommand{
		ID: id, Principal: "officer1", Operation: "send", Fingerprint: []byte(id), RequestID: l.id, Input: []byte("{}"),
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return api.Authorisation{
		CommandID: id, RequestID: l.id, Kind: tdr.SendName, Channel: tdr.ByCourier, Content: l.state.Package.Approved, By: "officer1",
	}
}

func (l *life) authorise(asked api.Authorisation) tdr.Gate {
	l.t.Helper()
	gate, err := l.store.Authorise(l.t.Context(), asked, l.state.Country)
	if err != nil {
		l.t.Fatal(err)
	}
	return gate
}

// hold is one in the scope of a person.
func (l *life) hold() api.Hold {
	return api.Hold{
		ID: newID(), PersonID: l.person, Scope: "person", Kind: "stay", Authority: "court", Source: "hash",
		Dated: calendar.Date{Year: 2026, Month: time.March, Day: 2}, PlacedBy: "counsel1",
	}
}

func (l *life) place(hold api.Hold) api.PlacedHold {
	l.t.Helper()
	placed, err := l.store.Holds().Place(l.t.Context(), hold)
	if err != nil {
		l.t.Fatal(err)
	}
	return placed
}

func TestTheGateOpensWhenAllIsInOrder(t *testing.T) {
	l := newWorld(t).ready()
	asked := l.authorisation()
	gate := l.authorise(asked)
	want := tdr.Gate{Dispatch: asked.CommandID, Fence: 1, Content: asked.Content, Country: "GHA", OrderOnRecord: true}
	if gate != want {
		t.Errorf("gate %+v, want %+v", gate, want)
	}
	if status := one[string](l.world, "SELECT status FROM dispatches WHERE dispatch_id = $1", asked.CommandID); status != "sending" {
		t.Errorf("dispatch is %s", status)
	}
}

func TestTheGateStaysClosed(t *testing.T) {
	for name, change := range map[string]func(*life, *api.Authorisation) string{
		"other content":           func(_ *life, a *api.Authorisation) string { a.Content = "another"; return "GHA" },
		"post of another country": func(*life, *api.Authorisation) string { return "TGO" },
		"hold on the person":      func(l *life, _ *api.Authorisation) string { l.place(l.hold()); return "GHA" },
		"hold for the country": func(l *life, _ *api.Authorisation) string {
			hold := l.hold()
			hold.Kind, hold.Scope, hold.Country = "withholding", "country", "GHA"
			l.place(hold)
			return "GHA"
		},
		"hold on the request": func(l *life, _ *api.Authorisation) string {
			hold := l.hold()
			hold.Scope, hold.RequestID = "request", l.id
			l.place(hold)
			return "GHA"
		},
		"sent back after approval": func(l *life, _ *api.Authorisation) string {
			l.state = tdr.Apply(l.state, tdr.Event{Seq: l.state.Seq + 1, OccurredAt: monday, RecordedAt: monday, Actor: tdr.System(), Fact: &tdr.Returned{}})
			l.record(3)
			return "GHA"
		},
		"no longer live": func(l *life, _ *api.Authorisation) string {
			if _, err := l.pool.Exec(l.t.Context(), "UPDATE requests SET live = false"); err != nil {
				l.t.Fatal(err)
			}
			return "GHA"
		},
		"closed": func(l *life, _ *api.Authorisation) string { l.act(tdr.WithdrawName); l.record(3); return "GHA" },
	} {
		t.Run(name, func(t *testing.T) {
			l := newWorld(t).ready()
			asked := l.authorisation()
			country := change(l, &asked)
			gate, err := l.store.Authorise(t.Context(), asked, country)
			if err != nil || gate.Dispatch != "" {
				t.Errorf("gate %+v, %v", gate, err)
			}
			if n := l.count("dispatches"); n != 0 {
				t.Errorf("%d dispatches", n)
			}
		})
	}
}

func TestHoldsElsewhereDoNotMatter(t *testing.T) {
	w := newWorld(t)
	l, other := w.ready(), w.ready()
	elsewhere := l.hold()
	elsewhere.Kind, elsewhere.Scope, elsewhere.Country = "withholding", "country", "TGO"
	l.place(elsewhere)
	other.place(other.hold())
	if gate := l.authorise(l.authorisation()); gate.Dispatch == "" || gate.HoldStands {
		t.Errorf("gate %+v", gate)
	}
}

func TestWithoutOrderNothingLeaves(t *testing.T) {
	w := newWorld(t)
	l := w.draft(newID(), somebody())
	l.intake.Open.Order.Source = ""
	l.takeIn()
	l.act(tdr.RequestReviewName)
	l.act(tdr.ApproveName)
	l.record(0)
	if gate := l.authorise(l.authorisation()); gate.Dispatch != "" || gate.OrderOnRecord {
		t.Errorf("gate %+v", gate)
	}
}

func TestAskedAgainTheGateLooksAgain(t *testing.T) {
	l := newWorld(t).ready()
	asked := l.authorisation()
	first := l.authorise(asked)
	elsewhere := l.hold()
	elsewhere.Kind, elsewhere.Scope, elsewhere.Country = "withholding", "country", "TGO"
	l.place(elsewhere)
	if still, err := l.store.StillAuthorised(t.Context(), asked.CommandID); err != nil || still {
		t.Errorf("still authorised %v after the fence moved, %v", still, err)
	}
	second := l.authorise(asked)
	if second.Dispatch != first.Dispatch || second.Fence != first.Fence+1 {
		t.Errorf("first %+v, then %+v", first, second)
	}
	if still, _ := l.store.StillAuthorised(t.Context(), asked.CommandID); !still {
		t.Error("not authorised under the new fence")
	}
	l.clock.set(monday.Add(10 * time.Second))
	if still, _ := l.store.StillAuthorised(t.Context(), asked.CommandID); still {
		t.Error("authorised for longer than ten seconds")
	}
	l.place(l.hold())
	third := l.authorise(asked)
	if third.Dispatch != "" || !third.HoldStands {
		t.Errorf("under a hold: %+v", third)
	}
	if status := one[string](l.world, "SELECT status FROM dispatches"); status != "sending" {
		t.Errorf("what may have left is %s", status)
	}
}

// A hold that came and went while a sending waited to be carried on had it
// asked back: it is stopped, and nothing stays to be asked for.
func TestWhatWasAskedBackLeavesNoMore(t *testing.T) {
	l := newWorld(t).ready()
	asked := l.authorisation()
	l.authorise(asked)
	hold := l.hold()
	l.place(hold)
	lifting := api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Source: "hash", Reason: "stay_ended"}
	if _, err := l.store.Holds().Lift(t.Context(), lifting); err != nil {
		t.Fatal(err)
	}
	if gate := l.authorise(asked); gate.Dispatch != "" || gate.HoldStands {
		t.Errorf("gate %+v", gate)
	}
	if still, err := l.store.StillAuthorised(t.Context(), asked.CommandID); err != nil || still {
		t.Errorf("still authorised %v, %v", still, err)
	}
	if _, err := l.store.Stop(t.Context(), asked.CommandID); err != nil {
		t.Fatal(err)
	}
	if n := l.count("dispatches d JOIN recalls c USING (dispatch_id) WHERE d.status = 'stopped' AND c.closed_at IS NOT NULL"); n != 1 {
		t.Errorf("%d dispatches are stopped and settled", n)
	}
	if gate := l.authorise(l.authorisation()); gate.Dispatch == "" {
		t.Errorf("what was approved can't leave: %+v", gate)
	}
}

func TestARefusedCommandStopsItsDispatch(t *testing.T) {
	l := newWorld(t).ready()
	asked := l.authorisation()
	l.authorise(asked)
	refused := api.CommandDone{CommandID: asked.CommandID, Refused: true, Answer: api.Answer{Status: 409, Body: []byte("no")}}
	if _, err := l.store.Done(t.Context(), refused); err != nil {
		t.Fatal(err)
	}
	if gate := l.authorise(asked); gate.Dispatch != "" {
		t.Errorf("gate %+v", gate)
	}
	if placed := l.place(l.hold()); len(placed.MayHaveLeft) != 0 {
		t.Errorf("may have left: %+v", placed.MayHaveLeft)
	}
}

func TestAHoldTellsWhatMayHaveLeft(t *testing.T) {
	l := newWorld(t).ready()
	asked := l.authorisation()
	l.authorise(asked)
	hold := l.hold()
	for range 2 {
		placed := l.place(hold)
		if placed.Fence != 2 || len(placed.MayHaveLeft) != 1 || placed.MayHaveLeft[0].DispatchID != asked.CommandID {
			t.Fatalf("placed %+v", placed)
		}
	}
	if n := l.count("outbox WHERE workflow_id = $1 AND signal = 'HoldChanged' AND payload - 'at' = jsonb_build_object('hold', $2::text, 'stops', true, 'fence', 2)", "request/"+l.id, hold.ID); n != 1 {
		t.Errorf("%d signals", n)
	}
	if fence := one[int](l.world, "SELECT fence FROM persons"); fence != 2 {
		t.Errorf("fence is %d", fence)
	}
}

func TestLiftingOnce(t *testing.T) {
	l := newWorld(t).ready()
	hold := l.place(l.hold())
	lifting := api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Source: "order", Reason: "vacated"}
	for range 2 {
		lifted, err := l.store.Holds().Lift(t.Context(), lifting)
		if err != nil || lifted.LiftedBy != "counsel1" || lifted.LiftReason != "vacated" {
			t.Fatalf("lifted %+v, %v", lifted, err)
		}
	}
	lifting.CommandID = newID()
	if _, err := l.store.Holds().Lift(t.Context(), lifting); !errors.Is(err, api.ErrAlreadyLifted) {
		t.Errorf("lifting twice: %v", err)
	}
	if n := l.count("outbox WHERE payload ->> 'stops' = 'false'"); n != 1 {
		t.Errorf("%d signals of lifting", n)
	}
	if gate := l.authorise(l.authorisation()); gate.Dispatch == "" {
		t.Errorf("gate %+v after lifting", gate)
	}
	lifting.HoldID = newID()
	if _, err := l.store.Holds().Lift(t.Context(), lifting); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("lifting nothing: %v", err)
	}
}

// Once placing a hold has answered, nothing turns 'sending': whatever became
// 'sending' before was told to the one who placed the hold.
func TestNoSendStartsOnceAHoldStands(t *testing.T) {
	rounds := 700
	w := newWorld(t)
	l := w.ready()
	var opened, closed atomic.Int64
	for round := range rounds {
		asked := []api.Authorisation{l.authorisation(), l.authorisation(), l.authorisation()}
		hold := l.hold()
		var placedAt atomic.Bool
		var work sync.WaitGroup
		started := make(chan string, 2*len(asked))
		for i, a := range asked {
			work.Add(1)
			go func() {
				defer work.Done()
				if i == 2 {
					time.Sleep(time.Duration(round%7) * 100 * time.Microsecond)
				}
				after := placedAt.Load()
				gate, err := w.store.Authorise(t.Context(), a, "GHA")
				if err != nil {
					t.Error(err)
				}
				if gate.Dispatch == "" {
					closed.Add(1)
					return
				}
				if after {
					t.Errorf("round %d: a send started although a hold stood", round)
				}
				opened.Add(1)
				started <- gate.Dispatch
			}()
		}
		time.Sleep(time.Duration(round%5) * 100 * time.Microsecond)
		placed := l.place(hold)
		placedAt.Store(true)
		late := l.authorise(l.authorisation())
		if late.Dispatch != "" {
			t.Fatalf("round %d: gate opened under a hold", round)
		}
		work.Wait()
		close(started)
		told := map[string]bool{}
		for _, recall := range placed.MayHaveLeft {
			told[recall.DispatchID] = true
		}
		for dispatch := range started {
			if !told[dispatch] {
				t.Fatalf("round %d: dispatch %s started and nobody was told", round, dispatch)
			}
		}
		if _, err := w.store.Holds().Lift(t.Context(), api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Reason: "over"}); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Load() == 0 || closed.Load() == 0 {
		t.Errorf("the race went one way only: %d opened, %d closed", opened.Load(), closed.Load())
	}
	t.Logf("%d sends started before their hold, %d found the gate closed", opened.Load(), closed.Load())
}
