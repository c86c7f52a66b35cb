package clock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"

	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
)

const (
	queue = "diaries"
	day   = 24 * time.Hour
)

// entry is one line of a diary.
type entry struct {
	What string
	// Inside is the workflow's time, Outside the clock's as an activity saw it.
	Inside, Outside time.Time
}

// plan is what a diary does: it writes an entry after each of the waits.
type plan struct {
	Waits []time.Duration
	// Again are the waits of the runs that follow, each continued as new.
	Again   [][]time.Duration
	Entries []entry
}

type desk struct {
	clock *Clock
	fail  func() error
}

func (d *desk) Look(context.Context) (time.Time, error) {
	if d.fail != nil {
		if err := d.fail(); err != nil {
			return time.Time{}, err
		}
	}
	return d.clock.Now(), nil
}

// diary writes an entry at its start, after each wait, and at each update, and
// ends with the signal "close".
func diary(ctx workflow.Context, todo plan) ([]entry, error) {
	entries := todo.Entries
	write := func(ctx workflow.Context, what string) (entry, error) {
		line := entry{What: what, Inside: workflow.Now(ctx)}
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Minute,
			RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Hour},
		})
		if err := workflow.ExecuteActivity(ctx, "Look").Get(ctx, &line.Outside); err != nil {
			return line, err
		}
		entries = append(entries, line)
		return line, nil
	}
	err := workflow.SetUpdateHandler(ctx, "note", func(ctx workflow.Context) (entry, error) { return write(ctx, "note") })
	if err != nil {
		return nil, err
	}
	if _, err := write(ctx, "start"); err != nil {
		return nil, err
	}
	for _, wait := range todo.Waits {
		if err := workflow.Sleep(ctx, wait); err != nil {
			return nil, err
		}
		if _, err := write(ctx, "timer"); err != nil {
			return nil, err
		}
	}
	if len(todo.Again) > 0 {
		return nil, workflow.NewContinueAsNewError(ctx, "diary", plan{Waits: todo.Again[0], Again: todo.Again[1:], Entries: entries})
	}
	workflow.GetSignalChannel(ctx, "close").Receive(ctx, nil)
	return entries, nil
}

// bench is a running engine with a clock and a worker.
type bench struct {
	*testing.T
	ctx    context.Context
	clock  *Clock
	mover  *Mover
	client client.Client
	desk   *desk
}

func set(t *testing.T) *bench {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	folder := trial.Folder(t)
	b := &bench{T: t, ctx: ctx}
	var err error
	b.clock, err = Open(folder)
	b.must(err)
	server := trial.Cluster(t, folder).Server()
	cfg := configured(t, server)
	cfg.Interceptors = []grpc.UnaryServerInterceptor{b.clock.Interceptor(engine.Namespace)}
	running, err := engine.Start(ctx, cfg)
	b.must(err)
	t.Cleanup(func() { running.Stop() })
	b.client, err = client.Dial(client.Options{HostPort: running.Address(), Namespace: engine.Namespace})
	b.must(err)
	t.Cleanup(b.client.Close)
	b.mover = b.newMover(running.Address(), server)
	b.work()
	return b
}

func (b *bench) newMover(address string, server *postgres.Server) *Mover {
	connection, err := engine.Dial(address)
	b.must(err)
	b.Cleanup(func() { connection.Close() })
	store, err := pgxpool.New(b.ctx, server.URL(postgres.Temporal))
	b.must(err)
	b.Cleanup(store.Close)
	return &Mover{Clock: b.clock, Engine: connection, Store: store, Namespace: engine.Namespace}
}

func (b *bench) work() {
	b.desk = &desk{clock: b.clock}
	hand := worker.New(b.client, queue, worker.Options{})
	hand.RegisterWorkflowWithOptions(diary, workflow.RegisterOptions{Name: "diary"})
	hand.RegisterActivity(b.desk)
	b.must(hand.Start())
	b.Cleanup(hand.Stop)
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) start(id string, todo plan) {
	b.Helper()
	_, err := b.client.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, "diary", todo)
	b.must(err)
}

func (b *bench) forward(by time.Duration) {
	b.Helper()
	began := time.Now()
	b.must(b.mover.FastForward(b.ctx, by))
	b.Logf("%v in %v", by, time.Since(began).Round(time.Millisecond))
}

func (b *bench) note(id string) entry {
	b.Helper()
	update, err := b.client.UpdateWorkflow(b.ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: "note", WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	b.must(err)
	var line entry
	b.must(update.Get(b.ctx, &line))
	return line
}

// finish ends a diary and returns what it wrote.
func (b *bench) finish(id string) []entry {
	b.Helper()
	b.must(b.client.SignalWorkflow(b.ctx, id, "", "close", nil))
	var entries []entry
	b.must(b.client.GetWorkflow(b.ctx, id, "").Get(b.ctx, &entries))
	return entries
}

// slow is how much later than planned something may come on a loaded machine;
// plans are made in hours and days. Nothing comes early by more than a step leaves.
const slow = time.Minute

// same fails when an instant is not the planned one.
func (b *bench) same(what string, got, want time.Time) {
	b.Helper()
	if off := got.Sub(want); off <= -time.Second || off >= slow {
		b.Errorf("%s is %v, %v off", what, got, off)
	}
}

func (b *bench) coherent(entries []entry) {
	b.Helper()
	for _, line := range entries {
		b.same(line.What+": the activity's clock", line.Outside, line.Inside)
	}
}

// The trials share one engine, and a clock that is further ahead in each.
func TestFastForward(t *testing.T) {
	b := set(t)
	for name, trial := range map[string]func(*bench){
		"workflows begun on different days live on one day": onOneDay,
		"timers of all workflows fire in their order":       inOrder,
		"continue-as-new keeps the shifted time":            acrossRuns,
		"a failing activity is retried on its day":          retried,
		"a move that comes late goes no further":            overtaken,
		"an error says what keeps it waiting":               keptWaiting,
		"scheduled workflows begin on the clock's day":      scheduled,
		"every step waits for what happens outside":         outside,
		"a workflow that ended meanwhile is left out":       ended,
	} {
		t.Run(name, func(t *testing.T) {
			own := *b
			own.T = t
			mover := *b.mover
			own.mover = &mover
			trial(&own)
		})
	}
}

func onOneDay(b *bench) {
	began := b.clock.Now()
	b.start("old", plan{Waits: []time.Duration{30 * day, 90 * day}})
	b.forward(100 * day)

	_, err := b.client.SignalWithStartWorkflow(b.ctx, "new", "poke", nil, client.StartWorkflowOptions{TaskQueue: queue}, "diary",
		plan{Waits: []time.Duration{day}})
	b.must(err)
	b.start("newest", plan{})
	for _, id := range []string{"old", "new", "newest"} {
		b.same(id, b.note(id).Inside, began.Add(100*day))
	}
	b.forward(30 * day)

	for _, id := range []string{"old", "new", "newest"} {
		line := b.note(id)
		b.same(id, line.Inside, b.clock.Now())
	}
	entries := b.finish("new")
	b.coherent(entries)
	b.same("the first task of the new one", entries[0].Inside, began.Add(100*day))
	b.same("its timer", timers(entries)[0], began.Add(101*day))

	entries = b.finish("old")
	b.coherent(entries)
	b.same("the first timer of the old one", timers(entries)[0], began.Add(30*day))
	b.same("its second timer", timers(entries)[1], began.Add(120*day))
	b.coherent(b.finish("newest"))
}

func timers(entries []entry) []time.Time {
	var instants []time.Time
	for _, line := range entries {
		if line.What == "timer" {
			instants = append(instants, line.Inside)
		}
	}
	return instants
}

func inOrder(b *bench) {
	began := b.clock.Now()
	b.start("a", plan{Waits: []time.Duration{2 * time.Hour, 4 * time.Hour, 10 * day}})
	b.start("b", plan{Waits: []time.Duration{3 * time.Hour, 2 * time.Hour, time.Second}})
	b.forward(30 * day)
	a, c := timers(b.finish("a")), timers(b.finish("b"))
	all := []struct {
		after time.Duration
		got   time.Time
	}{
		{2 * time.Hour, a[0]}, {3 * time.Hour, c[0]}, {5 * time.Hour, c[1]}, {5*time.Hour + time.Second, c[2]}, {6 * time.Hour, a[1]}, {10*day + 6*time.Hour, a[2]},
	}
	for _, timer := range all {
		b.same("the timer after "+timer.after.String(), timer.got, began.Add(timer.after))
	}
}

func acrossRuns(b *bench) {
	began := b.clock.Now()
	b.start("life", plan{Waits: []time.Duration{50 * day}, Again: [][]time.Duration{{20 * day}, {7 * day}, {2 * day}}})
	b.forward(60 * day)
	b.same("the second run", b.note("life").Inside, b.clock.Now())
	b.forward(60 * day)
	b.same("the last run", b.note("life").Inside, b.clock.Now())
	entries := b.finish("life")
	b.coherent(entries)
	for run, after := range []time.Duration{50 * day, 70 * day, 77 * day, 79 * day} {
		b.same(fmt.Sprintf("the timer of run %d", run+1), timers(entries)[run], began.Add(after))
	}
}

func retried(b *bench) {
	began := b.clock.Now()
	failures := 0
	defer func() { b.desk.fail = nil }()
	b.desk.fail = func() error {
		if failures++; failures <= 2 {
			return errors.New("not yet")
		}
		return nil
	}
	b.start("patient", plan{})
	b.forward(10 * day)
	// One hour, then two, by the retry policy.
	b.same("the third attempt", b.finish("patient")[0].Outside, began.Add(3*time.Hour))
}

// overtaken moves a run past its retry, as a request does that the engine
// handles late. Such a move must be over with the retry: one that stayed open
// would lead on to the retry after, should its end pass first.
func overtaken(b *bench) {
	attempts, answers := make(chan struct{}), make(chan error)
	defer func() { b.desk.fail = nil }()
	b.desk.fail = func() error {
		attempts <- struct{}{}
		return <-answers
	}
	b.start("late", plan{})
	<-attempts
	answers <- errors.New("not yet")
	before := b.retrying("late")
	b.must(b.mover.forward(b.ctx, "late", time.Hour+time.Minute))

	<-attempts
	after, err := b.mover.stand(b.ctx, "late")
	b.must(err)
	if moved := after.skipped - before.skipped; after.underWay || moved > time.Hour {
		b.Errorf("moved by %v (still under way: %v), wanted no more than to the retry after an hour", moved, after.underWay)
	}
	answers <- nil
	b.finish("late")
}

// retrying waits for the retry to be planned.
func (b *bench) retrying(id string) *standing {
	b.Helper()
	for b.ctx.Err() == nil {
		found, err := b.mover.stand(b.ctx, id)
		b.must(err)
		if found.busy == "" && !found.due.IsZero() {
			return found
		}
	}
	b.Fatal("nothing is retried")
	return nil
}

func keptWaiting(b *bench) {
	_, err := b.client.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: "orphan", TaskQueue: "nobody"}, "diary", plan{})
	b.must(err)
	defer func() { b.must(b.client.TerminateWorkflow(b.ctx, "orphan", "", "the trial is over")) }()
	b.mover.Patience = time.Second
	err = b.mover.FastForward(b.ctx, day)
	if err == nil || !strings.Contains(err.Error(), "orphan") || !strings.Contains(err.Error(), "worker") {
		b.Errorf("the error is %v", err)
	}
}

func scheduled(b *bench) {
	b.forward(200 * day)
	_, err := b.client.ScheduleClient().Create(b.ctx, client.ScheduleOptions{
		ID:                 "sweep",
		TriggerImmediately: true,
		Spec:               client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}},
		Action:             &client.ScheduleWorkflowAction{ID: "sweep", Workflow: "diary", TaskQueue: queue, Args: []any{plan{}}},
	})
	b.must(err)
	id := b.firstScheduled()
	b.same("the scheduled workflow", b.note(id).Inside, b.clock.Now())
	b.forward(10 * day)
	b.same("the scheduled workflow later", b.note(id).Inside, b.clock.Now())
	b.must(b.client.ScheduleClient().GetHandle(b.ctx, "sweep").Delete(b.ctx))
	b.finish(id)
}

// firstScheduled waits for the workflow that the schedule started.
func (b *bench) firstScheduled() string {
	b.Helper()
	for b.ctx.Err() == nil {
		described, err := b.client.ScheduleClient().GetHandle(b.ctx, "sweep").Describe(b.ctx)
		b.must(err)
		if recent := described.Info.RecentActions; len(recent) > 0 {
			return recent[0].StartWorkflowResult.WorkflowID
		}
	}
	b.Fatal("the schedule started nothing")
	return ""
}

func outside(b *bench) {
	b.start("quiet", plan{Waits: []time.Duration{day, day}})
	defer b.finish("quiet")
	var asked []time.Duration
	first := true
	b.mover.Settled = func(context.Context) (bool, error) {
		asked = append(asked, b.clock.Offset().Truncate(time.Hour))
		first = !first
		return first, nil
	}
	b.forward(3 * day)
	slices.Sort(asked)
	if steps := slices.Compact(asked); len(steps) != 4 {
		b.Errorf("asked at %v, wanted at the start, at both timers and at the end", steps)
	}
}

func ended(b *bench) {
	found, err := b.mover.stand(b.ctx, "nobody")
	b.must(err)
	if found != nil {
		b.Errorf("a workflow that never was stands %+v", found)
	}
	b.must(b.mover.forward(b.ctx, "nobody", day))

	b.start("brief", plan{})
	b.finish("brief")
	found, err = b.mover.stand(b.ctx, "brief")
	b.must(err)
	if found != nil {
		b.Errorf("a workflow that ended stands %+v", found)
	}
	b.must(b.mover.forward(b.ctx, "brief", day))
}

func configured(t *testing.T, server *postgres.Server) engine.Config {
	t.Helper()
	return engine.Config{
		Port:   trial.Port(t),
		Stores: engine.Stores{Main: server.URL(postgres.Temporal), Visibility: server.URL(postgres.TemporalVisibility)},
		Log:    trial.Log(),
	}
}
