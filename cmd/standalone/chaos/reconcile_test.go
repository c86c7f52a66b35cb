package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	commonpb "go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	benchscript "github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/engine"
	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// ruin is a town whose tables somebody spoils by hand.
type ruin struct {
	*testing.T
	town   *Town
	crowd  *Crowd
	owner  *pgxpool.Pool // of the database, who may change what the application may not
	engine client.Client
}

func newRuin(t *testing.T) *ruin {
	t.Helper()
	town := rise(t)
	config, err := pgxpool.ParseConfig(town.House.Server.URL(postgres.Traveldoc))
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.RuntimeParams["search_path"] = store.Schema
	owner, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	connection, err := client.NewLazyClient(client.Options{HostPort: town.House.Address(system.TemporalPort), Namespace: engine.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	return &ruin{t, town, gather(t, town, filepath.Join(t.TempDir(), "diary.jsonl")), owner, connection}
}

// victim is a request whose record is spoiled.
type victim struct {
	*life
	commands []command // as they were sent
	answers  []Entry
	events   []string // as they were served before
	seq      int64
}

// raise lives the first steps of a life; an empty name leaves it in the stage
// before, with withdrawn as its end where one is asked for.
func (r *ruin) raise(slot int, names ...tdr.Name) *victim {
	r.Helper()
	v := &victim{life: &life{Crowd: r.crowd, number: slot + 1, slot: slot}}
	by := map[tdr.Name]benchscript.Part{tdr.ApproveName: benchscript.Supervisor}
	for _, name := range names {
		path := "/v1/requests"
		if name != tdr.OpenName {
			path += "/" + v.request + "/" + strings.ReplaceAll(string(name), "_", "-")
		}
		r.packs(v, name)
		asked, err := newCommand(v.number, string(name), cast.Who(by[name], slot), path, v.etag, v.request, v.body(name))
		if err != nil {
			r.Fatal(err)
		}
		answer := r.do(v, asked)
		if answer.Status != http.StatusOK && answer.Status != http.StatusCreated {
			r.Fatalf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
	v.events = r.served(v)
	v.seq = int64(len(v.events))
	if names[len(names)-1] == tdr.WithdrawName {
		// Before it ends, a workflow writes its history down once more.
		r.until(v.request+" has ended", func() string { return r.ended(v) })
	}
	return v
}

// packs makes the package that a review is of.
func (r *ruin) packs(v *victim, next tdr.Name) {
	r.Helper()
	if next != tdr.RequestReviewName {
		return
	}
	if err := v.prepare(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// ended: a request's workflow is over.
func (r *ruin) ended(v *victim) string {
	found, err := r.engine.DescribeWorkflow(r.Context(), workflows.RequestID(v.request), "")
	if err != nil {
		r.Fatal(err)
	}
	if found.Status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return "it is " + found.Status.String()
	}
	return ""
}

func (r *ruin) do(v *victim, asked command) Entry {
	r.Helper()
	answer, err := r.crowd.Caller.Do(r.Context(), asked)
	if err != nil {
		r.Fatal(err)
	}
	var change struct {
		Request struct{ ID, Code string } `json:"request"`
	}
	if err := json.Unmarshal(answer.Body, &change); err != nil {
		r.Fatal(err)
	}
	v.request, v.code, v.etag = change.Request.ID, change.Request.Code, answer.ETag
	v.commands, v.answers = append(v.commands, asked), append(v.answers, answer)
	return answer
}

func (r *ruin) served(v *victim) []string {
	r.Helper()
	events, err := r.crowd.Caller.Events(r.Context(), cast.Officer(0), v.request)
	if err != nil {
		r.Fatal(err)
	}
	var all []string
	for _, raw := range events {
		all = append(all, canonical(raw))
	}
	return all
}

// whole tells that a request's history is what it was.
func (r *ruin) whole(v *victim) string {
	if now := r.served(v); !slices.Equal(now, v.events) {
		return fmt.Sprintf("%d events are served, and there were %d", len(now), len(v.events))
	}
	return ""
}

// detail is what the API says of a request.
func (r *ruin) detail(v *victim) (stage tdr.Stage, seq int64) {
	r.Helper()
	var detail struct {
		Request struct {
			Stage tdr.Stage `json:"stage"`
			Seq   int64     `json:"seq"`
		} `json:"request"`
	}
	if err := r.crowd.Caller.Fetch(r.Context(), cast.Officer(0), "/v1/requests/"+v.request, &detail); err != nil {
		r.Fatal(err)
	}
	return detail.Request.Stage, detail.Request.Seq
}

// spoil changes exactly so many rows.
func (r *ruin) spoil(rows int64, statement string, arguments ...any) {
	r.Helper()
	done, err := r.owner.Exec(r.Context(), statement, arguments...)
	if err != nil {
		r.Fatal(err)
	}
	if done.RowsAffected() != rows {
		r.Fatalf("spoiled %d rows, want %d: %s", done.RowsAffected(), rows, statement)
	}
}

// forget makes the engine lose a request's workflow.
func (r *ruin) forget(v *victim) {
	r.Helper()
	r.lose(workflows.RequestID(v.request))
}

// lose makes the engine lose a workflow.
func (r *ruin) lose(workflowID string) {
	r.Helper()
	_, err := r.engine.WorkflowService().DeleteWorkflowExecution(r.Context(), &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: engine.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
	})
	if err != nil {
		r.Fatal(err)
	}
	r.until("the engine has lost "+workflowID, func() string {
		if r.carried(workflowID) == "" {
			return "it is still known"
		}
		return ""
	})
}

// carried: a workflow is there.
func (r *ruin) carried(workflowID string) string {
	if _, err := r.engine.DescribeWorkflow(r.Context(), workflowID, ""); err != nil {
		return "there is no " + workflowID
	}
	return ""
}

// round has one round of upkeep begun, of a schedule that is paused and at rest.
// The schedule begins it some time after it was asked to; until then, nothing
// would be seen to run.
func (r *ruin) round() {
	r.Helper()
	before := r.described().Info.NumActions
	if err := r.schedule().Trigger(r.Context(), client.ScheduleTriggerOptions{}); err != nil {
		r.Fatal(err)
	}
	r.until("the round has begun", func() string {
		if now := r.described().Info.NumActions; now == before {
			return fmt.Sprintf("still %d rounds were begun", now)
		}
		return ""
	})
}

// until waits for a condition, which says what is still missing.
func (r *ruin) until(what string, missing func() string) {
	r.Helper()
	deadline := time.Now().Add(patience)
	for {
		found := missing()
		if found == "" {
			return
		}
		if time.Now().After(deadline) {
			r.Errorf("%s: %s", what, found)
			return
		}
		if err := pause(r.Context(), glance); err != nil {
			r.Fatal(err)
		}
	}
}

// upkeep begins rounds of upkeep without waiting for their time, until the
// context ends. The schedule runs one at a time.
func (r *ruin) upkeep(ctx context.Context) {
	for ctx.Err() == nil {
		_ = r.schedule().Trigger(ctx, client.ScheduleTriggerOptions{}) // if it does not begin now, the next one may
		_ = pause(ctx, time.Second)
	}
}

// alarmed waits for the doctor to name an alarm about a request.
func (r *ruin) alarmed(kinds []string, about string) string {
	r.Helper()
	faults, err := r.town.Examine(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	for _, kind := range kinds {
		if strings.Contains(faults["no alarm stands"], kind+about) {
			return ""
		}
	}
	return fmt.Sprintf("no alarm of %v%s in: %s", kinds, about, faults["no alarm stands"])
}

// damage is one kind of corruption: how it is done, and what is seen when it
// was mended or reported.
type damage struct {
	name string
	do   func() (missing func() string)
}

// schedule is upkeep's.
func (r *ruin) schedule() client.ScheduleHandle {
	return r.engine.ScheduleClient().GetHandle(r.Context(), "reconcile")
}

// described is what the schedule says of itself.
func (r *ruin) described() *client.ScheduleDescription {
	r.Helper()
	found, err := r.schedule().Describe(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return found
}

// holdUpkeep keeps upkeep from beginning by itself, so that damage lasts until
// it was seen.
func (r *ruin) holdUpkeep() {
	r.Helper()
	if err := r.schedule().Pause(r.Context(), client.SchedulePauseOptions{}); err != nil {
		r.Fatal(err)
	}
	r.atRest()
}

// atRest waits until the schedule knows that it is paused, and for a round of
// upkeep that is under way.
func (r *ruin) atRest() {
	r.Helper()
	r.until("no round is under way", func() string {
		found := r.described()
		if !found.Schedule.State.Paused {
			return "it is not paused yet"
		}
		if running := found.Info.RunningWorkflows; len(running) > 0 {
			return fmt.Sprint(running)
		}
		return ""
	})
}

func TestUpkeepMendsOrReportsEveryKindOfDamage(t *testing.T) {
	r := newRuin(t)
	r.holdUpkeep()
	kinds := slices.Concat(r.signals(), r.spoiledRecords(), r.lostWorkflows(), r.mails())
	var missing []func() string
	for _, kind := range kinds {
		missing = append(missing, kind.do())
	}
	for i, kind := range kinds {
		if missing[i]() == "" {
			t.Fatalf("%s: the damage does not show", kind.name)
		}
	}
	// What is young may be under way: upkeep leaves it alone.
	r.forward(2 * time.Minute)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.upkeep(ctx) }()
	for i, kind := range kinds {
		began := time.Now()
		r.until(kind.name, missing[i])
		t.Logf("%s: %v", kind.name, time.Since(began).Round(time.Millisecond))
	}
	stop()
	<-done
}

func (r *ruin) forward(by time.Duration) {
	r.Helper()
	mover, done, err := r.town.House.Mover(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	defer done()
	if err := mover.FastForward(r.Context(), by); err != nil {
		r.Fatal(err)
	}
}

func newID() string { return uuid.NewString() }

var (
	toReady  = []tdr.Name{tdr.OpenName, tdr.RequestReviewName, tdr.ApproveName}
	toClosed = append(slices.Clone(toReady), tdr.WithdrawName)
)

// spoiledRecords are rows that no longer say what happened.
func (r *ruin) spoiledRecords() []damage {
	return []damage{
		{"an event is gone", func() func() string {
			v := r.raise(0, toReady...)
			r.spoil(1, "DELETE FROM events WHERE request_id = $1 AND seq = 2", v.request)
			return func() string { return r.whole(v) }
		}},
		{"an event of a closed request is gone", func() func() string {
			v := r.raise(1, toClosed...)
			r.spoil(1, "DELETE FROM events WHERE request_id = $1 AND seq = 3", v.request)
			return func() string { return r.whole(v) }
		}},
		{"the read model has fallen behind", func() func() string {
			v := r.raise(2, toReady...)
			r.spoil(1, "UPDATE requests SET seq = 1, material_seq = 1, stage = 'assembling', owner = 'officer' WHERE request_id = $1", v.request)
			return func() string {
				if stage, seq := r.detail(v); stage != tdr.Ready || seq != v.seq {
					return fmt.Sprintf("it says %s at %d", stage, seq)
				}
				return r.whole(v)
			}
		}},
		{"the read model has fallen behind and its newest events are gone", func() func() string {
			v := r.raise(3, toReady...)
			r.spoil(1, "UPDATE requests SET seq = 1, material_seq = 1, stage = 'assembling', owner = 'officer' WHERE request_id = $1", v.request)
			r.spoil(2, "DELETE FROM events WHERE request_id = $1 AND seq > 1", v.request)
			return func() string {
				if stage, seq := r.detail(v); stage != tdr.Ready || seq != v.seq {
					return fmt.Sprintf("it says %s at %d", stage, seq)
				}
				return r.whole(v)
			}
		}},
		{"another event stands at a seq", func() func() string {
			v := r.raise(4, toReady...)
			r.spoil(1, `UPDATE events SET data = '{"content":"badc0de"}', content_sha256 = sha256('badc0de') WHERE request_id = $1 AND seq = 2`, v.request)
			stands := r.served(v)
			return func() string {
				if !slices.Equal(r.served(v), stands) {
					return "it was overwritten"
				}
				return r.alarmed([]string{"record_differs", "seq_conflict"}, " request "+v.request)
			}
		}},
		{"a command is left unanswered", func() func() string {
			v := r.raise(5, toReady...)
			r.unanswer(v, len(v.answers)-1)
			return func() string { return r.answeredAsBefore(v, len(v.answers)-1) }
		}},
		{"a command of a closed request is left unanswered", func() func() string {
			v := r.raise(6, toClosed...)
			r.unanswer(v, len(v.answers)-1)
			return func() string { return r.answeredAsBefore(v, len(v.answers)-1) }
		}},
	}
}

func (r *ruin) unanswer(v *victim, which int) {
	r.Helper()
	r.spoil(1, `UPDATE commands SET status = 'stored', answer_status = NULL, answer = NULL, answer_headers = NULL, done_at = NULL
		WHERE command_id = $1`, v.answers[which].Command)
}

// answeredAsBefore: the command is answered again, with the same events, and nothing happened twice.
func (r *ruin) answeredAsBefore(v *victim, which int) string {
	r.Helper()
	first := v.answers[which]
	var stored struct {
		Status string `json:"status"`
		Answer struct {
			Status int `json:"status"`
			Body   struct {
				Events []json.RawMessage `json:"events"`
			} `json:"body"`
		} `json:"answer"`
	}
	if err := r.crowd.Caller.Fetch(r.Context(), first.Principal, "/v1/commands/"+first.Command, &stored); err != nil {
		r.Fatal(err)
	}
	if stored.Status != "done" || stored.Answer.Status != first.Status || len(stored.Answer.Body.Events) != 1 {
		return fmt.Sprintf("it is %s with %d", stored.Status, stored.Answer.Status)
	}
	if told := canonical(stored.Answer.Body.Events[0]); told != v.events[which] {
		return "it is answered with another event: " + told
	}
	return r.whole(v)
}

// lostWorkflows are requests on record without a workflow that carries them.
func (r *ruin) lostWorkflows() []damage {
	return []damage{
		{"a request was taken in and never started", func() func() string {
			v := r.raise(7, tdr.OpenName)
			r.forget(v)
			r.spoil(1, "DELETE FROM events WHERE request_id = $1", v.request)
			r.spoil(1, "UPDATE requests SET seq = 0, material_seq = 0, stage = 'opening', owner = '' WHERE request_id = $1", v.request)
			r.unanswer(v, 0)
			return func() string {
				if missing := r.answeredAsBefore(v, 0); missing != "" {
					return missing
				}
				return r.lives(v)
			}
		}},
		{"a request was recorded as opened and has no workflow", func() func() string {
			v := r.raise(8, tdr.OpenName)
			r.forget(v)
			return func() string { return r.lives(v) }
		}},
		{"a request has a history and no workflow", func() func() string {
			v := r.raise(9, toReady...)
			r.forget(v)
			return func() string { return r.alarmed([]string{"workflow_missing"}, " request "+v.request) }
		}},
		{"a request's workflow was ended by force", func() func() string {
			v := r.raise(10, toReady...)
			if err := r.engine.TerminateWorkflow(r.Context(), workflows.RequestID(v.request), "", "by hand"); err != nil {
				r.Fatal(err)
			}
			return func() string { return r.alarmed([]string{"workflow_ended"}, " request "+v.request) }
		}},
		{"an event is gone, and the workflow too", func() func() string {
			v := r.raise(11, toReady...)
			r.forget(v)
			r.spoil(1, "DELETE FROM events WHERE request_id = $1 AND seq = 2", v.request)
			return func() string { return r.alarmed([]string{"event_missing"}, " request "+v.request) }
		}},
		{"a request was taken in long ago, and nobody asks for it", func() func() string {
			v := r.raise(12, tdr.OpenName)
			r.forget(v)
			r.spoil(1, "DELETE FROM events WHERE request_id = $1", v.request)
			r.spoil(1, `UPDATE requests SET seq = 0, material_seq = 0, stage = 'opening', owner = '', opened_at = opened_at - interval '2 hours'
				WHERE request_id = $1`, v.request)
			return func() string { return r.alarmed([]string{"request_never_started"}, " request "+v.request) }
		}},
		{"the record knows more than the workflow", func() func() string {
			v := r.raise(13, toReady...)
			r.spoil(1, `INSERT INTO events SELECT request_id, 4, type, occurred_at, recorded_at, actor, actor_roles, NULL, data, content_sha256
				FROM events WHERE request_id = $1 AND seq = 3`, v.request)
			r.spoil(1, "UPDATE requests SET seq = 4 WHERE request_id = $1", v.request)
			return func() string { return r.alarmed([]string{"engine_behind"}, " request "+v.request) }
		}},
	}
}

// lives shows that a request's workflow is there: it takes its next command.
func (r *ruin) lives(v *victim) string {
	if missing := r.carried(workflows.RequestID(v.request)); missing != "" || len(v.commands) > 1 {
		return missing
	}
	r.packs(v, tdr.RequestReviewName)
	asked, err := newCommand(v.number, string(tdr.RequestReviewName), cast.Officer(v.slot), "/v1/requests/"+v.request+"/request-review",
		v.etag, v.request, v.body(tdr.RequestReviewName))
	if err != nil {
		r.Fatal(err)
	}
	if answer := r.do(v, asked); answer.Status != http.StatusOK {
		return fmt.Sprintf("its next command is answered %d: %s", answer.Status, answer.Body)
	}
	return ""
}
