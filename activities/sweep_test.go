package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

var now = time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)

type fixed time.Time

// Now never moves.
func (f fixed) Now() time.Time { return time.Time(f) }

// engine is a stand-in for the workflow engine.
type engine struct {
	presence  map[string]activities.Presence
	histories map[string][]tdr.Event
	fail      map[string]error // by what is called
	delivered []int64
	poked     []string
	watched   []string
	restarted []string
	forgotten []time.Time
}

func (e *engine) Poke(_ context.Context, recipient string) error {
	e.poked = append(e.poked, recipient)
	return e.fail["poke "+recipient]
}

func (e *engine) Deliver(_ context.Context, signal activities.Signal) error {
	if err := e.fail[fmt.Sprintf("deliver %d", signal.OutboxID)]; err != nil {
		return err
	}
	e.delivered = append(e.delivered, signal.OutboxID)
	return nil
}

func (e *engine) RequestPresence(_ context.Context, id string) (activities.Presence, error) {
	return e.presence[id], e.fail["presence"]
}

func (e *engine) CustodyPresence(_ context.Context, id string) (activities.Presence, error) {
	return e.presence[id], e.fail["presence"]
}

func (e *engine) MailboxPresence(_ context.Context, id string) (activities.Presence, error) {
	return e.presence[id], e.fail["presence"]
}

func (e *engine) Watch(_ context.Context, personID string) error {
	e.watched = append(e.watched, personID)
	return e.fail["watch"]
}

func (e *engine) History(_ context.Context, id string, after int64) (activities.Recording, error) {
	log, known := e.histories[id]
	if !known {
		return activities.Recording{}, activities.ErrNoWorkflow
	}
	state := tdr.Fold(log)
	return activities.Recording{RequestID: id, Events: state.EventsAfter(after), Row: tdr.Project(state)}, nil
}

func (e *engine) Forget(_ context.Context, before time.Time, _ int) error {
	e.forgotten = append(e.forgotten, before)
	return e.fail["forget"]
}

func (e *engine) Restart(_ context.Context, opening tdr.Event) error {
	e.restarted = append(e.restarted, opening.Fact.(*tdr.Opened).RequestID)
	return e.fail["restart"]
}

type sweep struct {
	*activities.Sweeper
	upkeep *rehearsal.Upkeep
	engine *engine
}

func newSweep() *sweep {
	upkeep := &rehearsal.Upkeep{World: rehearsal.NewWorld(), Openings: map[string]tdr.Event{}}
	engine := &engine{presence: map[string]activities.Presence{}, histories: map[string][]tdr.Event{}, fail: map[string]error{}}
	return &sweep{upkeep: upkeep, engine: engine, Sweeper: &activities.Sweeper{
		Store: upkeep, Recorder: upkeep, Engine: engine, Carrier: upkeep, Clock: fixed(now), Log: slog.New(slog.DiscardHandler),
	}}
}

func (s *sweep) run(t *testing.T, task activities.SweepTask) activities.SweepTask {
	t.Helper()
	next, err := s.Sweep(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	if next.Turn != task.Turn+1 {
		t.Errorf("turn %d follows %d", next.Turn, task.Turn)
	}
	return next
}

// kinds of the alarms raised, with the request or person they are about.
func (s *sweep) kinds() []string {
	kinds := []string{}
	for _, alarm := range s.upkeep.Alarms() {
		kinds = append(kinds, alarm.Kind+" "+alarm.RequestID+alarm.PersonID)
	}
	return kinds
}

// life is the history of a request that was withdrawn or only reviewed.
func life(id string, events int) []tdr.Event {
	log := []tdr.Event{rehearsal.Opening(id, now.Add(-48*time.Hour), calendar.CalendarDays, nil)}
	for i := 1; i < events; i++ {
		state := tdr.Fold(log)
		in := rehearsal.Command(fmt.Sprintf("command-%d", i), state, &tdr.Reassign{Officer: fmt.Sprintf("officer-%d", i)})
		in.Facts.Now = now.Add(time.Duration(i-60) * time.Minute)
		more, err := tdr.Decide(state, in.Command, in.Facts)
		if err != nil {
			panic(err)
		}
		log = append(log, more...)
	}
	return log
}

func TestStoredCommandsAreCarriedOn(t *testing.T) {
	s := newSweep()
	for i := range 5 {
		s.upkeep.Commands = append(s.upkeep.Commands, activities.PendingCommand{CommandID: fmt.Sprint(i)})
	}
	s.upkeep.CarryFail = func(id string) error {
		if id < "4" { // more than would be tried of what depends on something that is away
			return errors.New("refused")
		}
		return nil
	}
	s.run(t, activities.SweepTask{Turn: 1})
	if want := []string{"0", "1", "2", "3", "4"}; !reflect.DeepEqual(s.upkeep.Carried, want) {
		t.Errorf("carried on %v", s.upkeep.Carried)
	}
	s.upkeep.Carried, s.upkeep.CarryFail = nil, func(string) error { return activities.ErrEngine }
	s.run(t, activities.SweepTask{Turn: 1})
	if len(s.upkeep.Carried) != 3 {
		t.Errorf("went on for %d commands with the engine away", len(s.upkeep.Carried))
	}
}

// The order of a workflow's signals is kept; a workflow that has ended is done
// with, one that has not begun is waited for, for a day.
func TestOutbox(t *testing.T) {
	s := newSweep()
	young, old := now.Add(-time.Hour), now.Add(-25*time.Hour)
	for i, row := range []activities.Signal{
		{WorkflowID: "request/a", Since: young}, {WorkflowID: "request/b", Since: young}, {WorkflowID: "request/a", Since: young},
		{WorkflowID: "request/ended", Since: young}, {WorkflowID: "request/coming", Since: young},
		{WorkflowID: "request/coming", Since: young}, {WorkflowID: "request/never", Since: old}, {WorkflowID: "request/c", Since: young},
	} {
		row.OutboxID = int64(i + 1)
		s.upkeep.Signals = append(s.upkeep.Signals, row)
	}
	s.engine.fail["deliver 1"] = activities.ErrEngine
	s.engine.fail["deliver 4"] = activities.ErrWorkflowClosed
	s.engine.fail["deliver 5"] = activities.ErrNoWorkflow
	s.engine.fail["deliver 7"] = activities.ErrNoWorkflow
	s.run(t, activities.SweepTask{Turn: 1})
	if want := []int64{2, 8}; !reflect.DeepEqual(s.engine.delivered, want) {
		t.Errorf("delivered %v, want %v", s.engine.delivered, want)
	}
	if want := []int64{2, 4, 7, 8}; !reflect.DeepEqual(s.upkeep.Settled, want) {
		t.Errorf("settled %v, want %v", s.upkeep.Settled, want)
	}
	if want := []string{activities.AlarmUndeliverable + " "}; !reflect.DeepEqual(s.kinds(), want) {
		t.Errorf("alarms %v", s.kinds())
	}
}

func TestOutstandingPokesAreRepeated(t *testing.T) {
	s := newSweep()
	s.upkeep.Pokes = []string{"busy", "idle", "gone"}
	s.engine.presence["busy"] = activities.Presence{Known: true, Running: true, Busy: true}
	s.engine.presence["idle"] = activities.Presence{Known: true, Running: true}
	s.run(t, activities.SweepTask{Turn: 1})
	if want := []string{"idle", "gone"}; !reflect.DeepEqual(s.engine.poked, want) {
		t.Errorf("poked %v", s.engine.poked)
	}
}

func TestCounselIsToldOfHoldsToReview(t *testing.T) {
	s := newSweep()
	s.upkeep.Reviews = []string{"desk/counsel"}
	s.run(t, activities.SweepTask{Turn: 1})
	if want := []string{"desk/counsel"}; !reflect.DeepEqual(s.engine.poked, want) {
		t.Errorf("poked %v", s.engine.poked)
	}
}

func TestGapsAreFilledFromTheWorkflow(t *testing.T) {
	s := newSweep()
	s.engine.histories["a"] = life("a", 6)
	s.upkeep.Holes = []activities.Gap{{RequestID: "a", Seq: 3}, {RequestID: "a", Seq: 5}, {RequestID: "a", Seq: 9}, {RequestID: "lost", Seq: 2}}
	s.run(t, activities.SweepTask{Turn: 1})
	var seqs []int64
	for _, event := range s.upkeep.Events("a") {
		seqs = append(seqs, event.Seq)
	}
	if want := []int64{3, 4, 5, 6}; !reflect.DeepEqual(seqs, want) {
		t.Errorf("on record: %v", seqs)
	}
	if want := []string{activities.AlarmGap + " a", activities.AlarmGap + " lost"}; !reflect.DeepEqual(s.kinds(), want) {
		t.Errorf("alarms %v", s.kinds())
	}
}

// Every way in which record and engine can differ is mended or told.
func TestComparingRequests(t *testing.T) {
	running := activities.Presence{Known: true, Running: true}
	for name, test := range map[string]struct {
		live     activities.LiveRequest
		presence activities.Presence
		workflow int // events that the workflow knows
		planted  func(*sweep)
		alarms   []string
		record   int // events on record afterwards
		restart  bool
	}{
		"in step":             {live: activities.LiveRequest{Seq: 4}, presence: running, workflow: 4, record: 4},
		"record behind":       {live: activities.LiveRequest{Seq: 2}, presence: running, workflow: 4, record: 4},
		"engine behind":       {live: activities.LiveRequest{Seq: 9}, presence: running, workflow: 4, record: 4, alarms: []string{activities.AlarmEngineBehind + " r"}},
		"other content":       {live: activities.LiveRequest{Seq: 4}, presence: running, workflow: 4, record: 1, alarms: []string{activities.AlarmRecordDiffers + " r"}, planted: plantOther},
		"ended in the engine": {live: activities.LiveRequest{Seq: 4}, presence: activities.Presence{Known: true}, workflow: 4, record: 4, alarms: []string{activities.AlarmWorkflowEnded + " r"}},
		"gone":                {live: activities.LiveRequest{Seq: 4}, alarms: []string{activities.AlarmWorkflowMissing + " r"}},
		"gone early":          {live: activities.LiveRequest{Seq: 2}, alarms: []string{activities.AlarmWorkflowMissing + " r"}},
		"never begun":         {live: activities.LiveRequest{Seq: 1}, restart: true},
		"begun and gone":      {live: activities.LiveRequest{Seq: 1}, restart: true, planted: plantRan, alarms: []string{activities.AlarmWorkflowEnded + " r"}},
		"still opening":       {live: activities.LiveRequest{Seq: 0, Since: now.Add(-10 * time.Minute)}},
		"opening for long":    {live: activities.LiveRequest{Seq: 0}, alarms: []string{activities.AlarmNeverStarted + " r"}},
		"just begun":          {live: activities.LiveRequest{Seq: 4, Since: now.Add(-30 * time.Second)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSweep()
			test.live.RequestID = "r"
			if test.live.Since.IsZero() {
				test.live.Since = now.Add(-48 * time.Hour)
			}
			s.upkeep.Live = []activities.LiveRequest{test.live}
			s.upkeep.Openings["r"] = life("r", 1)[0]
			s.engine.presence["r"] = test.presence
			if test.workflow > 0 {
				s.engine.histories["r"] = life("r", test.workflow)
			}
			if test.planted != nil {
				test.planted(s)
			}
			s.run(t, activities.SweepTask{})
			if len(s.upkeep.Events("r")) != test.record {
				t.Errorf("%d events on record, want %d", len(s.upkeep.Events("r")), test.record)
			}
			if got := s.kinds(); !reflect.DeepEqual(got, append([]string{}, test.alarms...)) {
				t.Errorf("alarms %v, want %v", got, test.alarms)
			}
			if restarted := len(s.engine.restarted) == 1; restarted != test.restart {
				t.Errorf("restarted %v", s.engine.restarted)
			}
		})
	}
}

// What stands at the right seq and is wrong all the same is written again.
func TestComparingMendsTheReadModel(t *testing.T) {
	s := newSweep()
	s.engine.histories["r"] = life("r", 4)
	s.engine.presence["r"] = activities.Presence{Known: true, Running: true}
	spoiled := tdr.Project(tdr.Fold(life("r", 4)))
	spoiled.Stage = tdr.Closed
	if _, err := s.upkeep.Record(context.Background(), activities.Recording{RequestID: "r", Row: spoiled}); err != nil {
		t.Fatal(err)
	}
	s.upkeep.Live = []activities.LiveRequest{{RequestID: "r", Seq: 4, Since: now.Add(-48 * time.Hour)}}
	s.run(t, activities.SweepTask{})
	if row := s.upkeep.Row("r"); row.Stage == tdr.Closed {
		t.Errorf("it stands as %s", row.Stage)
	}
}

func plantOther(s *sweep) {
	other := life("r", 3)[2]
	other.Actor.ID = "somebody else"
	if _, err := s.upkeep.Record(context.Background(), activities.Recording{RequestID: "r", Events: []tdr.Event{other}}); err != nil {
		panic(err)
	}
}

func plantRan(s *sweep) { s.engine.fail["restart"] = activities.ErrWorkflowClosed }

func TestDetainedPersonsAreWatched(t *testing.T) {
	s := newSweep()
	s.upkeep.Persons = []string{"watched", "unwatched"}
	s.engine.presence["watched"] = activities.Presence{Known: true, Running: true}
	s.engine.presence["unwatched"] = activities.Presence{Known: true}
	s.run(t, activities.SweepTask{})
	if want := []string{"unwatched"}; !reflect.DeepEqual(s.engine.watched, want) {
		t.Errorf("watched %v", s.engine.watched)
	}
}

// Comparing is rare and goes on, page by page, until it begins anew.
func TestComparingGoesOnWhereItStopped(t *testing.T) {
	s := newSweep()
	for i := range 60 {
		id := fmt.Sprintf("r%02d", i)
		s.upkeep.Live = append(s.upkeep.Live, activities.LiveRequest{RequestID: id, Seq: 4, Since: now.Add(-48 * time.Hour)})
		s.engine.presence[id] = activities.Presence{Known: true, Running: true}
		s.engine.histories[id] = life(id, 4)
	}
	task, seen := activities.SweepTask{}, []int{}
	for range 19 {
		task = s.run(t, task)
		compared := 0
		for i := range 60 {
			if len(s.upkeep.Events(fmt.Sprintf("r%02d", i))) > 0 {
				compared++
			}
		}
		if len(seen) == 0 || seen[len(seen)-1] != compared {
			seen = append(seen, compared)
		}
	}
	if want := []int{25, 50, 60}; !reflect.DeepEqual(seen, want) {
		t.Errorf("compared %v, want %v", seen, want)
	}
	if task.Request != "r24" {
		t.Errorf("the fourth page ended with %q", task.Request)
	}
}

func TestFinishedRoundsAreForgotten(t *testing.T) {
	s := newSweep()
	for task := (activities.SweepTask{}); task.Turn < 7; {
		task = s.run(t, task)
	}
	if want := []time.Time{now.Add(-time.Hour), now.Add(-time.Hour)}; !reflect.DeepEqual(s.engine.forgotten, want) {
		t.Errorf("forgotten before %v", s.engine.forgotten)
	}
}

// A step that fails does not keep the others.
func TestFailingStepKeepsNobody(t *testing.T) {
	for _, method := range []string{"UnfinishedCommands", "Outbox", "OutstandingPokes", "EndExpiredHolds", "FileHoldReviews", "Gaps", "LiveRequests", "DetainedPersons"} {
		s := newSweep()
		s.upkeep.Persons, s.upkeep.Pokes = []string{"p"}, []string{"m"}
		s.upkeep.SetFail(func(called string) error {
			if called == method {
				return activities.ErrUnavailable
			}
			return nil
		})
		s.run(t, activities.SweepTask{Request: "kept"})
		if done := len(s.engine.watched) + len(s.engine.poked); done != 2 && method != "OutstandingPokes" && method != "DetainedPersons" {
			t.Errorf("with %s failing: %d of 2 done", method, done)
		}
	}
}
