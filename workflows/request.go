package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

const (
	// longRun is a history that is worth starting anew, in events.
	longRun = 256
	// stuck is waited when a date has passed and brought nothing, which only a
	// defect of the rules could do.
	stuck = time.Minute
	// pause comes before an activity that was given up is begun anew. Policies
	// never give up; an operator at the engine can.
	pause = time.Minute

	// errNotOpened is the type of the error of a run that was given no opening.
	errNotOpened = "NotOpened"
)

// request is a running request: the state, and what it waits for. It decides
// nothing itself.
type request struct {
	state    tdr.State
	recorded int64 // every event up to here is known to be on record
	inbox    inbox

	timer   workflow.Future
	due     time.Time           // of the timer
	disarm  workflow.CancelFunc // of the timer
	writing workflow.Future     // an activity that records events
	written int64               // and the last of them
	renewal workflow.Future     // an activity that fetches calendars
	again   time.Time           // no activity is begun before: one was given up

	coming   coming    // of the state
	touched  bool      // something happened that the loop has not looked at
	answered time.Time // when an Update was last answered
	entered  bool      // a stage that the consulate owns was entered in this run
}

// TravelDocumentRequest carries a request from its opening to its outcome. It
// sleeps until a date, a command or a fact from outside, asks the core what follows,
// and has what happened by itself recorded.
func TravelDocumentRequest(ctx workflow.Context, in RequestInput) (RequestEnd, error) {
	if !in.State.Stage.Open() {
		return RequestEnd{}, temporal.NewNonRetryableApplicationError(errNotOpened, errNotOpened, nil)
	}
	if !tdr.RulesHeld(in.State.Rules) {
		panic(fmt.Sprintf("rules version %d is not held by this release", in.State.Rules)) // blocks the run until one holds it
	}
	r := &request{state: in.State, recorded: in.Recorded, inbox: openInbox(ctx)}
	if err := r.answer(ctx); err != nil {
		return RequestEnd{}, err
	}
	for {
		if err := r.settle(ctx); err != nil {
			return RequestEnd{}, err
		}
		if r.ended(ctx) {
			return RequestEnd{Seq: r.recorded, Outcome: r.state.Outcome}, nil
		}
		if r.mayRoll(ctx) {
			return RequestEnd{}, workflow.NewContinueAsNewError(ctx, RequestType,
				RequestInput{State: r.state, Recorded: r.recorded})
		}
		if err := workflow.Await(ctx, r.stirred); err != nil {
			return RequestEnd{}, err
		}
	}
}

// settle looks at everything that came in and leaves nothing undone that can
// be done now. Holds go first, because they count from when they were placed;
// then dates that passed, because what came later does not undo them.
func (r *request) settle(ctx workflow.Context) error {
	now := r.now(ctx)
	r.receive(r.inbox.holds(), now)
	r.apply(r.elapsed(now))
	r.finishWriting(ctx, now)
	r.finishRenewal(ctx, now)
	r.receive(r.inbox, now)
	r.apply(r.elapsed(now))
	r.record(ctx, now)
	r.renew(ctx, now)
	r.arm(ctx, now)
	r.touched = false
	return r.show(ctx)
}

// coming is what the state with a seq has ahead; it is counted once.
type coming struct {
	seq  int64
	next tdr.Deadline // brings something by itself
	some bool         // there is one
	ends time.Time    // a recorded calendar, before a count does; zero: none
}

func (r *request) ahead() coming {
	if r.coming.seq == r.state.Seq {
		return r.coming
	}
	r.coming = coming{seq: r.state.Seq}
	for _, due := range tdr.Due(r.state) {
		switch {
		case due.Suspended:
		case due.Kind == tdr.CalendarEnds && r.coming.ends.IsZero():
			r.coming.ends = due.At
		case due.Kind != tdr.CalendarEnds && !r.coming.some:
			r.coming.next, r.coming.some = due, true
		}
	}
	return r.coming
}

// elapsed is what the dates that have passed bring.
func (r *request) elapsed(now time.Time) []tdr.Event {
	if ahead := r.ahead(); !ahead.some || ahead.next.At.After(now) {
		return nil
	}
	return tdr.Elapse(r.state, now)
}

// now is the workflow's time, to the microsecond, as events are kept. It never
// goes back behind an event, which it could where one run follows another.
func (r *request) now(ctx workflow.Context) time.Time {
	now := workflow.Now(ctx).UTC().Truncate(time.Microsecond)
	if log := r.state.Log; len(log) > 0 && log[len(log)-1].RecordedAt.After(now) {
		return log[len(log)-1].RecordedAt
	}
	return now
}

func (r *request) apply(events []tdr.Event) {
	if len(events) > 0 {
		r.become(tdr.ApplyAll(r.state, events))
	}
}

func (r *request) become(state tdr.State) {
	if state.Stage != r.state.Stage && state.Stage.Owner() == tdr.ConsulateOwner {
		r.entered = true
	}
	r.state, r.touched = state, true
}

// arm keeps one timer open, for the next date; an unchanged date keeps its timer.
func (r *request) arm(ctx workflow.Context, now time.Time) {
	if ready(r.timer) {
		r.timer = nil
	}
	at := r.wakeAt(now)
	if r.timer != nil && at.Equal(r.due) {
		return
	}
	if r.timer != nil {
		r.disarm()
		r.timer = nil
	}
	if at.IsZero() {
		return
	}
	timed, cancel := workflow.WithCancel(ctx)
	r.due, r.disarm = at, cancel
	r.timer = workflow.NewTimerWithOptions(timed, at.Sub(now), workflow.TimerOptions{Summary: string(r.state.Stage)})
}

// wakeAt is when something is to be looked at next; zero: never by itself.
func (r *request) wakeAt(now time.Time) time.Time {
	var at time.Time
	ahead := r.ahead()
	switch {
	case ahead.some && !ahead.next.At.After(now):
		at = now.Add(stuck)
	case ahead.some:
		at = ahead.next.At
	}
	for _, other := range []time.Time{ahead.ends, r.again} {
		if other.After(now) && (at.IsZero() || other.Before(at)) {
			at = other
		}
	}
	return at
}

// show lets the engine's own pages tell where the request stands.
func (r *request) show(ctx workflow.Context) error {
	details := string(r.state.Stage) + " since " + r.state.StageSince.Format(time.RFC3339)
	if ahead := r.ahead(); ahead.some {
		details += ", next " + ahead.next.Name() + " at " + ahead.next.At.Format(time.RFC3339)
	}
	workflow.SetCurrentDetails(ctx, details)
	stage := temporal.NewSearchAttributeKeyKeyword(StageAttribute)
	shown, _ := workflow.GetTypedSearchAttributes(ctx).GetKeyword(stage)
	if shown == string(r.state.Stage) {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx, stage.ValueSet(string(r.state.Stage)))
}

// stirred tells that the loop has something to look at. It never asks for the
// time: nothing would ask it again when the time has come.
func (r *request) stirred() bool {
	return r.touched || ready(r.timer) || ready(r.writing) || ready(r.renewal) || r.inbox.waiting()
}

func ready(future workflow.Future) bool { return future != nil && future.IsReady() }

// ended: a closed request whose every event is on record, with nobody left to answer.
func (r *request) ended(ctx workflow.Context) bool {
	return r.state.Stage == tdr.Closed && r.recorded == r.state.Seq && r.writing == nil && r.still(ctx)
}

// still tells that nothing came in that was not looked at.
func (r *request) still(ctx workflow.Context) bool {
	return !r.touched && !r.inbox.waiting() && workflow.AllHandlersFinished(ctx)
}

// mayRoll tells when one run may follow another: at a quiet point once the
// consulate has the matter, which may then rest for months, or once the history is
// long; and in any case when the engine asks for it, because events that are not
// known to be on record are carried along. Never in the task that answered an
// Update: its caller might not be told.
func (r *request) mayRoll(ctx workflow.Context) bool {
	if !r.still(ctx) || r.state.Stage == tdr.Closed || workflow.Now(ctx).Equal(r.answered) {
		return false
	}
	info := workflow.GetInfo(ctx)
	if info.GetContinueAsNewSuggested() {
		return true
	}
	quiet := r.writing == nil && r.renewal == nil && !r.owes() && !r.again.After(r.now(ctx))
	return quiet && (r.entered || info.GetCurrentHistoryLength() >= longRun)
}

// renew fetches calendars when a recorded one ends before a count does.
func (r *request) renew(ctx workflow.Context, now time.Time) {
	if ends := r.ahead().ends; r.renewal != nil || ends.IsZero() || ends.After(now) || r.again.After(now) {
		return
	}
	r.renewal = activities.RenewCalendars(ctx, activities.Renewal{
		RequestID: r.state.ID, FieldOffice: r.state.FieldOffice, Post: r.state.Post, Since: r.state.OpenedAt,
		OfficeHash: r.state.OfficeTime.Hash, PostHash: r.state.PostTime.Hash,
	})
}

// finishRenewal takes fresh calendars over.
func (r *request) finishRenewal(ctx workflow.Context, now time.Time) {
	if !ready(r.renewal) {
		return
	}
	var renewed activities.Renewed
	err := r.renewal.Get(ctx, &renewed)
	r.renewal = nil
	if err != nil {
		r.again = now.Add(pause)
		return
	}
	r.apply(tdr.Receive(r.state, &tdr.CalendarsRenewed{OfficeTime: renewed.OfficeTime, PostTime: renewed.PostTime}, now))
}
