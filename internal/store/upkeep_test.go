package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/internal/vault"
)

func TestSignalsKeepTheirOrder(t *testing.T) {
	w := newWorld(t)
	first, second := w.ready(), w.ready()
	var holds []string
	for range 3 {
		for _, l := range []*life{first, second} {
			hold := l.place(l.hold())
			_, err := w.store.Holds().Lift(t.Context(), api.Lifting{CommandID: newID(), HoldID: hold.ID, By: "counsel1", Reason: "over"})
			if err != nil {
				t.Fatal(err)
			}
			holds = append(holds, hold.ID)
		}
	}
	told := map[string][]string{}
	for _, signal := range w.outbox() {
		var changed tdr.HoldChanged
		if err := json.Unmarshal(signal.Payload, &changed); err != nil || !changed.At.Equal(monday) {
			t.Fatalf("signal %s: %v", signal.Payload, err)
		}
		if fence := one[int64](w, "SELECT fence FROM holds WHERE hold_id = $1", changed.Hold); changed.Fence != fence {
			t.Fatalf("signal %s: the hold was placed under %d", signal.Payload, fence)
		}
		told[signal.WorkflowID] = append(told[signal.WorkflowID], fmt.Sprintf("%s %v", changed.Hold, changed.Stops))
	}
	for i, l := range []*life{first, second} {
		var want []string
		for j := i; j < len(holds); j += 2 {
			want = append(want, holds[j]+" true", holds[j]+" false")
		}
		if !slices.Equal(told["request/"+l.id], want) {
			t.Errorf("told %v, want %v", told["request/"+l.id], want)
		}
	}
}

// A workflow that takes nothing does not keep the others from their signals.
func TestOneThatTakesNothingStarvesNobody(t *testing.T) {
	w := newWorld(t)
	deaf, other := w.ready(), w.ready()
	for range 5 {
		deaf.place(deaf.hold())
	}
	other.place(other.hold())
	seen := map[string]bool{}
	for range 2 {
		signals, err := w.store.Outbox(t.Context(), 5)
		if err != nil {
			t.Fatal(err)
		}
		for _, signal := range signals {
			seen[signal.WorkflowID] = true
		}
	}
	if !seen["request/"+other.id] {
		t.Errorf("handed out only to %v", seen)
	}
}

func TestDeliveredIsNotHandedOutAgain(t *testing.T) {
	w := newWorld(t)
	l := w.ready()
	l.place(l.hold())
	signals := w.outbox()
	if len(signals) != 1 || !signals[0].Since.Equal(monday) {
		t.Fatalf("signals %+v", signals)
	}
	for range 2 {
		if err := w.store.Delivered(t.Context(), signals[0].OutboxID); err != nil {
			t.Fatal(err)
		}
	}
	if left := w.outbox(); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
}

func TestPokesThatCameToNothing(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	if early, _ := w.store.OutstandingPokes(t.Context(), 10*time.Second, 10); len(early) != 0 {
		t.Errorf("too early: %v", early)
	}
	w.clock.set(w.clock.Now().Add(10 * time.Second))
	late, err := w.store.OutstandingPokes(t.Context(), 10*time.Second, 10)
	if err != nil || !slices.Contains(late, officer) {
		t.Errorf("outstanding: %v, %v", late, err)
	}
	w.collect(officer)
	if after, _ := w.store.OutstandingPokes(t.Context(), 10*time.Second, 10); slices.Contains(after, officer) {
		t.Errorf("after collecting: %v", after)
	}
}

// A mailbox that ended before its mail did is woken again: for a mail that was
// never begun at once, for one of unknown fate when it is to be repeated.
func TestMailsLeftBehindWakeTheirMailbox(t *testing.T) {
	woken := func(w *world) bool {
		late, err := w.store.OutstandingPokes(t.Context(), 10*time.Second, 10)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(late, officer)
	}
	for name, left := range map[string]struct {
		leave func(w *world, message string)
		after time.Duration // zero: never
	}{
		"claimed":   {func(*world, string) {}, 10 * time.Second},
		"sending":   {func(w *world, id string) { w.sending(id) }, 30*time.Minute + 10*time.Second},
		"unknown":   {func(w *world, id string) { w.settle(id, activities.Unknown, "timeout") }, 30*time.Minute + 10*time.Second},
		"accepted":  {func(w *world, id string) { w.settle(id, activities.Accepted, "x") }, 0},
		"refused":   {func(w *world, id string) { w.settle(id, activities.Rejected, "x") }, 0},
		"not taken": {func(w *world, id string) { w.settle(id, activities.NotSent, "x") }, 10 * time.Second},
	} {
		w := newWorld(t)
		w.reminded()
		left.leave(w, w.collect(officer)[0].MessageID)
		before, at := left.after-time.Second, w.clock.Now()
		if left.after == 0 {
			before = 48 * time.Hour
		}
		if w.clock.set(at.Add(before)); woken(w) {
			t.Errorf("%s: woken after %v", name, before)
		}
		if left.after == 0 {
			continue
		}
		if w.clock.set(at.Add(left.after)); !woken(w) {
			t.Errorf("%s: not woken after %v", name, left.after)
		}
	}
}

// What was repeated is not woken for, and neither is a repeat whose fate stays unknown.
func TestARepeatedMailWakesNobody(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	w.sending(w.collect(officer)[0].MessageID)
	w.clock.set(w.clock.Now().Add(activities.UnknownWait))
	repeats, _, err := w.ledger().Unsettled(t.Context(), officer, activities.UnknownWait)
	if err != nil || len(repeats) != 1 {
		t.Fatalf("repeats %+v, %v", repeats, err)
	}
	w.settle(repeats[0].MessageID, activities.Unknown, "timeout")
	w.clock.set(w.clock.Now().Add(48 * time.Hour))
	if late, err := w.store.OutstandingPokes(t.Context(), 10*time.Second, 10); err != nil || slices.Contains(late, officer) {
		t.Errorf("woken: %v, %v", late, err)
	}
}

func TestStandingAlarmsAreListed(t *testing.T) {
	w := newWorld(t)
	l := w.begin()
	for _, kind := range []string{"first", "second", "second", "third"} {
		if err := w.store.Alarm(t.Context(), kind, l.id, "", map[string]any{"seq": 3}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.pool.Exec(t.Context(), "UPDATE alarms SET settled_at = $1 WHERE kind = 'first'", monday); err != nil {
		t.Fatal(err)
	}
	standing, err := w.store.StandingAlarms(t.Context(), 10)
	if err != nil || len(standing) != 2 || standing[0].Kind != "third" || standing[1].Kind != "second" {
		t.Fatalf("standing %+v, %v", standing, err)
	}
	if got := standing[0]; got.RequestID != l.id || got.PersonID != "" || got.Detail["seq"] != 3.0 || !got.RaisedAt.Equal(w.clock.Now()) {
		t.Errorf("it says %+v", got)
	}
	if few, err := w.store.StandingAlarms(t.Context(), 1); err != nil || len(few) != 1 {
		t.Errorf("at most one: %+v, %v", few, err)
	}
}

func TestLiveRequestsByPage(t *testing.T) {
	w := newWorld(t)
	var want []string
	for range 5 {
		want = append(want, w.begin().id)
	}
	closed := w.ready()
	closed.act(tdr.WithdrawName)
	closed.record(3)
	slices.Sort(want)
	var got []string
	after := ""
	for {
		page, err := w.store.LiveRequests(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, request := range page {
			got = append(got, request.RequestID)
		}
		after = page[len(page)-1].RequestID
	}
	if !slices.Equal(got, want) {
		t.Errorf("live %v, want %v", got, want)
	}
}

func TestTheSameAlarmIsOne(t *testing.T) {
	w := newWorld(t)
	l := w.begin()
	for range 3 {
		if err := w.store.Alarm(t.Context(), "event_missing", l.id, "", map[string]any{"seq": 3}); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Alarm(t.Context(), "signal_undeliverable", "", "", nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count("alarms"); n != 2 {
		t.Errorf("%d alarms", n)
	}
}

func TestADatabaseThatIsAwayIsSaid(t *testing.T) {
	pool, err := store.Connect(t.Context(), "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s := store.New(pool, store.Options{Clock: &clock{now: monday}, Directory: &people{}, Rules: custody.Newest(), Vault: vault.New(pool, storetest.Masters(t), &clock{now: monday})})
	_, reading := s.Request(t.Context(), newID())
	_, recording := s.Record(t.Context(), activities.Recording{RequestID: newID()})
	_, _, storing := s.Store(t.Context(), api.NewCommand{ID: newID(), Input: []byte("{}")})
	for name, err := range map[string]error{"read": reading, "record": recording, "store": storing, "ready": s.Ready(t.Context())} {
		if !errors.Is(err, api.ErrUnavailable) || !errors.Is(err, activities.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoIDNamesNothing(t *testing.T) {
	w := newWorld(t)
	_, err := w.store.Request(t.Context(), "no id")
	if !errors.Is(err, api.ErrNotFound) || !errors.Is(err, activities.ErrUnknown) {
		t.Errorf("error is %v", err)
	}
	if _, err := w.store.Record(t.Context(), activities.Recording{RequestID: newID()}); !errors.Is(err, activities.ErrUnknown) {
		t.Errorf("recording nothing: %v", err)
	}
	if err := w.store.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
}

func TestTheDirectoryIsLoadedOnce(t *testing.T) {
	w := newWorld(t)
	reader, writer := store.NewPeople(w.pool, w.clock), store.NewPeople(w.pool, w.clock)
	empty, err := reader.Snapshot(t.Context())
	if _, known := empty.Person("officer1"); err != nil || known {
		t.Errorf("before loading: %v", err)
	}
	for range 2 {
		if err := writer.Load(t.Context(), w.people.snapshot.Data()); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count("directory"); n != 1 {
		t.Errorf("%d directories on record", n)
	}
	w.clock.set(monday.Add(6 * time.Second))
	snapshot, err := reader.Snapshot(t.Context())
	if err != nil || asJSON(t, snapshot.Data()) != asJSON(t, w.people.snapshot.Data()) {
		t.Errorf("the directory read back differs: %v", err)
	}
	bad := w.people.snapshot.Data()
	bad.People = append(bad.People, bad.People[0])
	var faults directory.Faults
	if err := writer.Load(t.Context(), bad); !errors.As(err, &faults) {
		t.Errorf("a faulty directory: %v", err)
	}
}

func TestCalendarsAreRenewed(t *testing.T) {
	w := newWorld(t)
	since := monday.AddDate(-2, 0, 0)
	office, post, err := w.store.Renewed(t.Context(), "BOS", "gha-washington", since)
	if err != nil || office.Name != "office/BOS" || post.Name != "post/gha-washington" {
		t.Fatalf("calendars %s, %s, %v", office.Name, post.Name, err)
	}
	for _, slice := range []calendar.Slice{office, post} {
		if slice.First.After(calendar.DateOf(since)) || slice.Last.Before(calendar.DateOf(monday).AddMonths(24)) {
			t.Errorf("%s answers from %v to %v", slice.Name, slice.First, slice.Last)
		}
	}
	if _, _, err := w.store.Renewed(t.Context(), "XXX", "gha-washington", since); !errors.Is(err, activities.ErrUnknown) {
		t.Errorf("no such office: %v", err)
	}
}

func TestListsArePagedWithoutGapOrRepetition(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 7 {
		w.clock.set(monday.Add(time.Duration(i/3) * time.Hour))
		want = append(want, w.sent().id)
	}
	var got []string
	page := api.Page{Limit: 2}
	for {
		views, err := w.store.Requests(t.Context(), api.RequestFilter{Sight: everyone(), Page: page})
		if err != nil {
			t.Fatal(err)
		}
		if len(views) == 0 {
			break
		}
		for _, view := range views {
			got = append(got, view.RequestID)
		}
		last := views[len(views)-1]
		page.AfterKey, page.AfterID = last.OpenedAt.Format("2006-01-02T15:04:05.000000Z07:00"), last.RequestID
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("paged through %v, want %v", got, want)
	}
	all, err := w.store.Deadlines(t.Context(), api.DeadlineFilter{Sight: everyone(), Page: api.Page{Limit: 201}})
	if err != nil {
		t.Fatal(err)
	}
	var names, paged []string
	for _, deadline := range all {
		names = append(names, deadline.Subject+" "+deadline.Name)
	}
	page = api.Page{Limit: 3}
	for {
		part, err := w.store.Deadlines(t.Context(), api.DeadlineFilter{Sight: everyone(), Page: page})
		if err != nil {
			t.Fatal(err)
		}
		if len(part) == 0 {
			break
		}
		for _, deadline := range part {
			paged = append(paged, deadline.Subject+" "+deadline.Name)
		}
		last := part[len(part)-1]
		page.AfterID, page.AfterKey = last.Subject+" "+last.Name, "infinity"
		if !last.DueAt.IsZero() {
			page.AfterKey = last.DueAt.Format(time.RFC3339Nano)
		}
	}
	if !slices.Equal(paged, names) || len(names) < 7 {
		t.Errorf("paged through\n%s\nwant\n%s", strings.Join(paged, "\n"), strings.Join(names, "\n"))
	}
}

func TestListsShowWhatIsAskedAndInSight(t *testing.T) {
	w := newWorld(t)
	plain, held, late := w.sent(), w.ready(), w.sent()
	held.place(held.hold())
	late.until(monday.Add(40 * 24 * time.Hour))
	late.record(4)
	yes, no := true, false
	for name, test := range map[string]struct {
		filter api.RequestFilter
		want   []string
	}{
		"all":              {api.RequestFilter{Sight: everyone()}, []string{plain.id, held.id, late.id}},
		"nobody's":         {api.RequestFilter{}, nil},
		"of an office":     {api.RequestFilter{Sight: api.Sight{Offices: []string{"BOS"}}}, []string{plain.id, held.id, late.id}},
		"of another":       {api.RequestFilter{Sight: api.Sight{Offices: []string{"NYC"}}}, nil},
		"of a country":     {api.RequestFilter{Sight: api.Sight{Countries: []string{"GHA"}}}, []string{plain.id, held.id, late.id}},
		"an officer's own": {api.RequestFilter{Sight: api.Sight{Officer: "officer1"}}, []string{plain.id, held.id, late.id}},
		"another's own":    {api.RequestFilter{Sight: api.Sight{Officer: "officer2"}}, nil},
		"by stage":         {api.RequestFilter{Sight: everyone(), Stage: "ready"}, []string{held.id}},
		"by owner":         {api.RequestFilter{Sight: everyone(), Owner: "consulate"}, []string{plain.id, late.id}},
		"on hold":          {api.RequestFilter{Sight: everyone(), OnHold: &yes}, []string{held.id}},
		"not on hold":      {api.RequestFilter{Sight: everyone(), OnHold: &no}, []string{plain.id, late.id}},
		"overdue":          {api.RequestFilter{Sight: everyone(), Overdue: &yes, Now: monday}, []string{late.id}},
		"not overdue":      {api.RequestFilter{Sight: everyone(), Overdue: &no, Now: monday}, []string{plain.id, held.id}},
		"due before":       {api.RequestFilter{Sight: everyone(), DueBefore: monday.Add(10 * 24 * time.Hour)}, []string{plain.id}},
	} {
		t.Run(name, func(t *testing.T) {
			test.filter.Page.Limit = 50
			views, err := w.store.Requests(t.Context(), test.filter)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, view := range views {
				got = append(got, view.RequestID)
			}
			slices.Sort(got)
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
