package store_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func TestRecordedIsRead(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	view, err := w.store.Request(t.Context(), l.id)
	if err != nil {
		t.Fatal(err)
	}
	if view.Seq != 4 || view.MaterialSeq != 4 || view.Stage != tdr.Submitted || view.Owner != tdr.ConsulateOwner || !view.WaitingSince.Equal(monday) || !view.Live {
		t.Errorf("view is %+v", view)
	}
	next, _ := tdr.Next(l.state)
	if !view.NextDueAt.Equal(next.At) || view.NextDueKind != string(next.Kind) {
		t.Errorf("next due %v %s, want %v %s", view.NextDueAt, view.NextDueKind, next.At, next.Kind)
	}
	events, err := w.store.Events(t.Context(), l.id, api.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(asJSON(t, events), asJSON(t, l.state.Log)) {
		t.Errorf("events read back differ:\n%s\n%s", asJSON(t, events), asJSON(t, l.state.Log))
	}
	deadlines, err := w.store.Deadlines(t.Context(), api.DeadlineFilter{Sight: everyone(), RequestID: l.id, Page: api.Page{Limit: 50}})
	if err != nil || len(deadlines) != len(tdr.Due(l.state)) {
		t.Errorf("%d deadlines, want %d; %v", len(deadlines), len(tdr.Due(l.state)), err)
	}
	opening, err := w.store.Opening(t.Context(), l.id)
	if err != nil || !reflect.DeepEqual(asJSON(t, opening), asJSON(t, l.state.Log[0])) {
		t.Errorf("opening is %v, %v", opening, err)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestRecordingTwiceIsOnce(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	first := dump(w)
	for range 3 {
		l.record(0)
		l.record(2)
	}
	if again := dump(w); again != first {
		t.Errorf("recording again changed\n%s\ninto\n%s", first, again)
	}
}

// dump is every row of the tables that recording writes.
func dump(w *world) string {
	return one[string](w, `SELECT jsonb_build_object(
		'events', (SELECT jsonb_agg(to_jsonb(e) ORDER BY request_id, seq) FROM events e),
		'requests', (SELECT jsonb_agg(to_jsonb(r) ORDER BY request_id) FROM requests r),
		'deadlines', (SELECT jsonb_agg(to_jsonb(d) ORDER BY subject, name) FROM deadlines d),
		'escalations', (SELECT jsonb_agg(to_jsonb(e) ORDER BY escalation_id) FROM escalations e),
		'notices', (SELECT jsonb_agg(to_jsonb(n) ORDER BY key) FROM notices n),
		'alarms', (SELECT jsonb_agg(to_jsonb(a)) FROM alarms a))::text`)
}

func TestAnotherContentAtASeqIsAnAlarm(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	before := dump(w)
	forged := l.after(0)
	forged.Events = slices.Clone(forged.Events)
	forged.Events[2].Fact = &tdr.Approved{Content: "another"}
	forged.Row.Seq, forged.Row.Stage = 9, tdr.Closed
	for range 2 {
		_, err := w.store.Record(t.Context(), forged)
		var conflict *api.SeqConflict
		if !errors.Is(err, activities.ErrSeqConflict) || !errors.As(err, &conflict) || conflict.Seq != 3 || conflict.RequestID != l.id {
			t.Fatalf("error is %v", err)
		}
	}
	if alarms := w.count("alarms WHERE kind = 'seq_conflict' AND request_id = $1 AND detail ->> 'seq' = '3'", l.id); alarms != 1 {
		t.Errorf("%d alarms", alarms)
	}
	if _, err := storetest.Owner(t, w.pool).Exec(t.Context(), "DELETE FROM alarms"); err != nil {
		t.Fatal(err)
	}
	if after := dump(w); after != before {
		t.Errorf("a conflict changed\n%s\ninto\n%s", before, after)
	}
}

// What only the clockwork of Go can tell apart is one content: a zone, a
// fraction of a microsecond, a field that a later release knows and leaves empty.
func TestContentIsWhatTheRowHolds(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	again := l.after(0)
	again.Events = slices.Clone(again.Events)
	for i := range again.Events {
		event := &again.Events[i]
		event.OccurredAt = event.OccurredAt.In(time.FixedZone("EST", -5*3600)).Add(300 * time.Nanosecond)
	}
	if _, err := w.store.Record(t.Context(), again); err != nil {
		t.Error(err)
	}
	again.Events[1].OccurredAt = again.Events[1].OccurredAt.Add(time.Microsecond)
	if _, err := w.store.Record(t.Context(), again); !errors.Is(err, activities.ErrSeqConflict) {
		t.Errorf("a microsecond later: %v", err)
	}
}

func TestOlderRecordingsChangeNothingNewer(t *testing.T) {
	w := newWorld(t)
	l := w.begin()
	var recordings []activities.Recording
	for _, name := range []tdr.Name{"", tdr.RequestReviewName, tdr.ApproveName, tdr.SendName, tdr.RecordReceiptName, tdr.RecordRefusalName, tdr.CloseName} {
		if name != "" {
			l.act(name)
		}
		recordings = append(recordings, l.after(l.state.Seq-1))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(recordings), func(i, j int) { recordings[i], recordings[j] = recordings[j], recordings[i] })
	for _, recording := range recordings {
		if _, err := w.store.Record(t.Context(), recording); err != nil {
			t.Fatal(err)
		}
	}
	view, _ := w.store.Request(t.Context(), l.id)
	if view.Seq != l.state.Seq || view.Stage != tdr.Closed || view.Live || view.Outcome != tdr.OutcomeNotANational {
		t.Errorf("view is %+v", view)
	}
	if n := w.count("events WHERE request_id = $1", l.id); int64(n) != l.state.Seq {
		t.Errorf("%d events", n)
	}
	if n := w.count("deadlines WHERE request_id = $1", l.id); n != 0 {
		t.Errorf("a closed request has %d deadlines", n)
	}
}

// The API and the worker record one request at the same moment, each what it knows.
func TestRecordingAtOnce(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	l.until(monday.Add(40 * 24 * time.Hour))
	var work sync.WaitGroup
	for seq := range l.state.Seq {
		for range 3 {
			work.Add(1)
			go func() {
				defer work.Done()
				if _, err := w.store.Record(t.Context(), l.after(seq)); err != nil {
					t.Error(err)
				}
			}()
		}
	}
	work.Wait()
	view, _ := w.store.Request(t.Context(), l.id)
	if view.Seq != l.state.Seq || view.Level != l.state.Ladder.Level() {
		t.Errorf("view is %+v, want seq %d and level %d", view, l.state.Seq, l.state.Ladder.Level())
	}
	if open := w.count("escalations WHERE request_id = $1 AND status <> 'closed'", l.id); open == 0 {
		t.Error("no escalation is open")
	}
	if alarms := w.count("alarms"); alarms != 0 {
		t.Errorf("%d alarms", alarms)
	}
}

// Requests that share recipients are recorded at once without waiting for each other for ever.
func TestManyRequestsPokeTheSamePeople(t *testing.T) {
	w := newWorld(t)
	var lives []*life
	for range 8 {
		lives = append(lives, w.sent())
	}
	for _, l := range lives {
		l.until(monday.Add(60 * 24 * time.Hour))
	}
	var work sync.WaitGroup
	var lock sync.Mutex
	poked := map[string]int{}
	for _, l := range lives {
		work.Add(1)
		go func() {
			defer work.Done()
			for seq := int64(4); seq < l.state.Seq; seq++ {
				recording := l.after(seq)
				recorded, err := w.store.Record(t.Context(), recording)
				if err != nil {
					t.Error(err)
				}
				lock.Lock()
				for _, recipient := range recorded.Poke {
					poked[recipient]++
				}
				lock.Unlock()
			}
		}()
	}
	work.Wait()
	if len(poked) < 3 {
		t.Fatalf("poked only %v", poked)
	}
	for recipient, times := range poked {
		if times != 1 {
			t.Errorf("%s was poked %d times", recipient, times)
		}
	}
}

func TestANoticeIsFiledOnceWhoeverTheDirectoryNamesLater(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	l.until(monday.Add(7 * 24 * time.Hour))
	l.record(4)
	filed := w.count("notices")
	if filed == 0 {
		t.Fatal("no notice was filed")
	}
	data := w.people.snapshot.Data()
	for i := range data.People {
		data.People[i].Supervisor = ""
		data.People[i].Absences = nil
	}
	w.people.snapshot = changed(t, w, func(person string) bool { return person == "officer1" })
	l.record(4)
	if again := w.count("notices"); again != filed {
		t.Errorf("%d notices, then %d", filed, again)
	}
}

func TestNobodyIsAVisibleDefect(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	w.people.snapshot = nobody(t)
	l.until(monday.Add(5 * 24 * time.Hour))
	for range 2 {
		// An answer that was lost is given again.
		recorded := l.record(4)
		if len(recorded.Unaddressed) != len(tdr.Notices(l.state, 4)) || len(recorded.Unaddressed) == 0 || len(recorded.Poke) != 0 {
			t.Fatalf("recorded %+v of %+v", recorded, tdr.Notices(l.state, 4))
		}
	}
	if n := w.count("notices WHERE status = 'no_addressee'"); n != len(tdr.Notices(l.state, 4)) {
		t.Errorf("%d notices show that nobody was told", n)
	}
}

func TestClosingRecallsWhatIsOut(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	asked := l.authorisation()
	if gate := l.authorise(asked); gate.Dispatch == "" {
		t.Fatalf("gate is closed: %+v", gate)
	}
	l.act(tdr.SendName)
	done := api.CommandDone{CommandID: asked.CommandID, Answer: api.Answer{Status: 200}}
	if _, _, err := w.store.RecordCommand(t.Context(), l.after(3), done); err != nil {
		t.Fatal(err)
	}
	l.act(tdr.WithdrawName)
	l.record(4)
	recalls, err := w.store.Recalls(t.Context(), l.id)
	if err != nil || len(recalls) != 1 || recalls[0].DispatchID != asked.CommandID || recalls[0].Code != l.intake.Open.PublicCode {
		t.Errorf("recalls %+v, %v", recalls, err)
	}
}

// No officer hears of a bounce of a request that is closed: a recall that its post
// was not told of is an alarm until somebody settles it, and so is the end of a hold
// that counsel was not told of.
func TestABouncedMailOfAClosedRequestRaisesAnAlarm(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	asked := l.authorisation()
	if gate := l.authorise(asked); gate.Dispatch == "" {
		t.Fatalf("gate is closed: %+v", gate)
	}
	if begun, err := w.store.StillAuthorised(t.Context(), asked.CommandID); err != nil || !begun {
		t.Fatalf("the package does not leave: %v", err)
	}
	l.act(tdr.SendName)
	done := api.CommandDone{CommandID: asked.CommandID, Answer: api.Answer{Status: 200}}
	if _, _, err := w.store.RecordCommand(t.Context(), l.after(3), done); err != nil {
		t.Fatal(err)
	}
	hold := l.hold()
	hold.Expiry = api.HoldExpiry{On: calendar.DateOf(monday), Zone: "UTC", At: monday.Add(time.Hour), Source: "hash"}
	l.place(hold)
	l.act(tdr.WithdrawName)
	l.record(4)
	w.clock.set(monday.Add(2 * time.Hour))
	if err := w.store.EndExpiredHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, recipient := range []string{"post/gha-washington", "desk/counsel-bos"} {
		for _, envelope := range w.collect(recipient) {
			w.settle(envelope.MessageID, activities.Accepted, "")
			w.report(report("bounce", envelope.MessageID))
		}
		if n := w.count("alarms WHERE kind = 'mail_undeliverable' AND request_id = $1 AND settled_at IS NULL", l.id); n != i+1 {
			t.Errorf("%d alarms after the mails to %s bounced", n, recipient)
		}
	}
}

func TestGapsAreFound(t *testing.T) {
	w := newWorld(t)
	l, other := w.sent(), w.sent()
	gaps, err := w.store.Gaps(t.Context(), 10)
	if err != nil || len(gaps) != 0 {
		t.Fatalf("gaps %v, %v", gaps, err)
	}
	if _, err := storetest.Owner(t, w.pool).Exec(t.Context(), "DELETE FROM events WHERE request_id = $1 AND seq IN (2, 4)", l.id); err != nil {
		t.Fatal(err)
	}
	gaps, err = w.store.Gaps(t.Context(), 10)
	want := []activities.Gap{{RequestID: l.id, Seq: 2}, {RequestID: l.id, Seq: 4}}
	if err != nil || !slices.Equal(gaps, want) {
		t.Errorf("gaps %v, want %v; %v (the other is %s)", gaps, want, err, other.id)
	}
	l.record(0)
	if gaps, _ := w.store.Gaps(t.Context(), 10); len(gaps) != 0 {
		t.Errorf("gaps %v after mending", gaps)
	}
}
