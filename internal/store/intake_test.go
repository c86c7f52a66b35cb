package store_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func TestTakenIn(t *testing.T) {
	w := newWorld(t)
	l := w.draft(newID(), &api.PersonDetails{FamilyName: "Example", GivenNames: "Ana", BirthDate: calendar.Date{Year: 1990, Month: 5, Day: 5}, ANumber: "A000000001"})
	l.intake.Command.Text = "what the officer wrote"
	l.takeIn()
	view, err := w.store.RequestByCode(t.Context(), l.intake.Open.PublicCode)
	if err != nil || view.RequestID != l.id || view.Stage != "opening" || view.Seq != 0 || !view.Live || view.HoldVersion != 1 {
		t.Errorf("view %+v, %v", view, err)
	}
	details, err := w.store.Person(t.Context(), l.person)
	if err != nil || details != *l.intake.NewPerson {
		t.Errorf("details %+v, %v", details, err)
	}
	if text, err := w.store.CommandText(t.Context(), l.intake.Command.ID); err != nil || text != l.intake.Command.Text {
		t.Errorf("text %q, %v", text, err)
	}
	if number, err := w.store.OrderNumber(t.Context(), l.id); err != nil || number != l.intake.Open.Order.Number {
		t.Errorf("order number %q, %v", number, err)
	}
	stored, fresh, err := w.store.TakeIn(t.Context(), l.intake)
	if err != nil || fresh || stored.ID != l.intake.Command.ID || stored.Status != api.CommandStored {
		t.Errorf("again: %+v, fresh %v, %v", stored, fresh, err)
	}
	l.intake.Command.Fingerprint = []byte("other")
	if _, _, err := w.store.TakeIn(t.Context(), l.intake); !errors.Is(err, api.ErrKeyReused) {
		t.Errorf("the key for another body: %v", err)
	}
}

func TestAPersonIsFoundByANumber(t *testing.T) {
	w := newWorld(t)
	details := api.PersonDetails{FamilyName: "Example", GivenNames: "Ana", BirthDate: calendar.Date{Year: 1990, Month: 5, Day: 5}, ANumber: "A000000001"}
	if id, err := w.store.PersonID(t.Context(), details); id != "" || err != nil {
		t.Errorf("before: %q, %v", id, err)
	}
	l := w.draft(newID(), &details)
	l.takeIn()
	if id, err := w.store.PersonID(t.Context(), details); id != l.person || err != nil {
		t.Errorf("after: %q, %v", id, err)
	}
	other := details
	other.BirthDate.Year++
	if _, err := w.store.PersonID(t.Context(), other); !errors.Is(err, api.ErrPersonDiffers) {
		t.Errorf("another birth date: %v", err)
	}
	late := w.draft(newID(), &details)
	if _, _, err := w.store.TakeIn(t.Context(), late.intake); !errors.Is(err, api.ErrPersonDiffers) {
		t.Errorf("taken meanwhile: %v", err)
	}
	details.ANumber = ""
	if id, err := w.store.PersonID(t.Context(), details); id != "" || err != nil {
		t.Errorf("without a number: %q, %v", id, err)
	}
}

func TestIntakeRefuses(t *testing.T) {
	w := newWorld(t)
	l := w.begin()
	unknown := w.draft(newID(), nil)
	if _, _, err := w.store.TakeIn(t.Context(), unknown.intake); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("unknown person: %v", err)
	}
	same := w.draft(newID(), &api.PersonDetails{BirthDate: calendar.Date{Year: 1990, Month: 1, Day: 1}})
	same.intake.Open.PublicCode = l.intake.Open.PublicCode
	if _, _, err := w.store.TakeIn(t.Context(), same.intake); !errors.Is(err, api.ErrCodeTaken) {
		t.Errorf("code in use: %v", err)
	}
	second := w.draft(l.person, nil)
	_, _, err := w.store.TakeIn(t.Context(), second.intake)
	var exists *api.LiveRequestExists
	if !errors.As(err, &exists) || exists.RequestID != l.id {
		t.Errorf("second live request: %v", err)
	}
	if n := w.count("commands"); n != 1 {
		t.Errorf("refused intakes left %d commands", n-1)
	}
	if n := w.count("persons"); n != 1 {
		t.Errorf("refused intakes left %d persons", n-1)
	}
}

// Two officers open a request for one person and country at the same moment.
func TestOneLiveRequest(t *testing.T) {
	w := newWorld(t)
	first := w.begin()
	if _, err := w.store.Abandon(t.Context(), first.id, api.CommandDone{CommandID: first.intake.Command.ID, Refused: true, Answer: api.Answer{Status: 422}}); err != nil {
		t.Fatal(err)
	}
	var drafts []*life
	for range 12 {
		drafts = append(drafts, w.draft(first.person, nil))
	}
	var work sync.WaitGroup
	results := make(chan error, len(drafts))
	for _, draft := range drafts {
		work.Add(1)
		go func() {
			defer work.Done()
			_, _, err := w.store.TakeIn(t.Context(), draft.intake)
			results <- err
		}()
	}
	work.Wait()
	close(results)
	taken := 0
	for err := range results {
		var exists *api.LiveRequestExists
		switch {
		case err == nil:
			taken++
		case !errors.As(err, &exists):
			t.Error(err)
		}
	}
	if live := w.count("requests WHERE live"); taken != 1 || live != 1 {
		t.Errorf("%d were taken in, %d live", taken, live)
	}
}

// The same command arrives many times at once.
func TestOneCommand(t *testing.T) {
	w := newWorld(t)
	l := w.draft(newID(), &api.PersonDetails{BirthDate: calendar.Date{Year: 1990, Month: 1, Day: 1}})
	var work sync.WaitGroup
	fresh := make(chan bool, 8)
	for range 8 {
		work.Add(1)
		go func() {
			defer work.Done()
			_, is, err := w.store.TakeIn(t.Context(), l.intake)
			if err != nil {
				t.Error(err)
			}
			fresh <- is
		}()
	}
	work.Wait()
	close(fresh)
	times := 0
	for is := range fresh {
		if is {
			times++
		}
	}
	if times != 1 {
		t.Errorf("fresh %d times", times)
	}
}

func TestANewRequestHearsWhatStoodBeforeIt(t *testing.T) {
	w := newWorld(t)
	l := w.begin()
	held := l.place(l.hold())
	l.record(0)
	l.act(tdr.WithdrawName)
	l.record(1)
	next := w.draft(l.person, nil)
	next.takeIn()
	signals := func() []activities.Signal {
		all, err := w.store.Outbox(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		var found []activities.Signal
		for _, signal := range all {
			if signal.WorkflowID == "request/"+next.id {
				found = append(found, signal)
			}
		}
		return found
	}
	if found := signals(); len(found) != 0 {
		t.Errorf("a request that has not begun was told %+v", found)
	}
	next.record(0)
	found := signals()
	if len(found) != 1 || found[0].Name != "HoldChanged" || !bytes.Contains(found[0].Payload, []byte(held.ID)) {
		t.Errorf("told %+v", found)
	}
}

func TestTheFirstAnswerStays(t *testing.T) {
	w := newWorld(t)
	l := w.begin()
	done := api.CommandDone{CommandID: l.intake.Command.ID, Answer: api.Answer{
		Status: 201, Headers: map[string]string{"ETag": `"1.1"`}, Body: []byte("{\"b\": 1,  \"a\":2}\n"),
	}}
	answer, recorded, err := w.store.RecordCommand(t.Context(), l.after(0), done)
	if err != nil || string(answer.Body) != string(done.Answer.Body) || len(recorded.Poke) != 0 {
		t.Fatalf("answer %+v, %v", answer, err)
	}
	later := done
	later.Answer = api.Answer{Status: 500, Body: []byte("late")}
	if answer, _, err = w.store.RecordCommand(t.Context(), l.after(0), later); err != nil || answer.Status != 201 {
		t.Errorf("second answer %+v, %v", answer, err)
	}
	later.Refused = true
	if answer, err = w.store.Done(t.Context(), later); err != nil || answer.Status != 201 {
		t.Errorf("third answer %+v, %v", answer, err)
	}
	stored, err := w.store.Command(t.Context(), done.CommandID)
	if err != nil || stored.Status != api.CommandFinal || stored.Answer == nil || !bytes.Equal(stored.Answer.Body, done.Answer.Body) ||
		stored.Answer.Headers["ETag"] != `"1.1"` || !stored.DoneAt.Equal(monday) {
		t.Errorf("stored %+v, %v", stored, err)
	}
	if _, err := w.store.Command(t.Context(), newID()); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("no such command: %v", err)
	}
}

func TestUnfinishedCommandsTakeTurns(t *testing.T) {
	w := newWorld(t)
	first, second := w.begin(), w.begin()
	if commands, err := w.store.UnfinishedCommands(t.Context(), 10*time.Second, 10); err != nil || len(commands) != 0 {
		t.Errorf("too young: %+v, %v", commands, err)
	}
	w.clock.set(monday.Add(11 * time.Second))
	seen := map[string]int{}
	for range 4 {
		commands, err := w.store.UnfinishedCommands(t.Context(), 10*time.Second, 1)
		if err != nil || len(commands) != 1 {
			t.Fatalf("commands %+v, %v", commands, err)
		}
		seen[commands[0].RequestID]++
		w.clock.set(w.clock.Now().Add(11 * time.Second))
	}
	if seen[first.id] != 2 || seen[second.id] != 2 {
		t.Errorf("handed out %v", seen)
	}
}
