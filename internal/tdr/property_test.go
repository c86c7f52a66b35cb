package tdr_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// everyLife checks a property of generated lives.
func everyLife(t *testing.T, check func(*rapid.T, *run)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) { check(t, live(t)) })
}

// TestNoLegalDeadlineIsLost: whatever else happened, once everything due was
// brought about, each legal day that has passed stands open at its level.
func TestNoLegalDeadlineIsLost(t *testing.T) {
	days := map[int]int{2: 60, 3: 90, 4: 120, 5: 150, 6: 180}
	everyLife(t, func(t *rapid.T, r *run) {
		for i, seq := range r.quiet {
			s, c := r.seen[seq-1], r.seen[seq-1].Custody
			if !s.Stage.Open() || s.Stage.HasDocument() || !c.Detained || c.Suspended || c.R0.IsZero() {
				continue
			}
			for level, n := range days {
				at := time.Date(c.R0.Year, c.R0.Month, c.R0.Day+n, 0, 0, 0, 0, location("America/New_York"))
				if e, open := s.Ladder.Open(level); !at.After(r.when[i]) && (!open || e.R0 != c.R0) {
					t.Fatalf("R0 %s+%d passed by %s, level %d not asked%s", c.R0, n, r.when[i], level, r)
				}
			}
		}
	})
}

func location(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func legal(s tdr.State) (list []tdr.Deadline) {
	for _, d := range tdr.Due(s) {
		if d.Legal {
			list = append(list, d)
		}
	}
	return list
}

func holdFor(s tdr.State, from, to time.Time) tdr.State {
	placed := tdr.Event{Seq: s.Seq + 1, OccurredAt: from, RecordedAt: from, Fact: &tdr.HoldChanged{Hold: "added", Stops: true}}
	s = tdr.Apply(s, placed)
	if to.IsZero() {
		return s
	}
	return tdr.Apply(s, tdr.Event{Seq: s.Seq + 1, OccurredAt: to, RecordedAt: to, Fact: &tdr.HoldChanged{Hold: "added"}})
}

func TestNoHoldOrQuestionSilencesTheLaw(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		for _, s := range r.seen {
			held := holdFor(s, r.now, time.Time{})
			if !reflect.DeepEqual(legal(s), legal(held)) {
				t.Fatalf("at seq %d a hold moves %+v to %+v", s.Seq, legal(s), legal(held))
			}
			if !slices.Contains(tdr.AllowedFrom(s.Stage), tdr.RecordInformationName) {
				continue
			}
			asked := tdr.Apply(s, tdr.Event{Seq: s.Seq + 1, OccurredAt: r.now, RecordedAt: r.now, Fact: &tdr.InformationWasAsked{What: []string{"a"}}})
			if !reflect.DeepEqual(legal(s), legal(asked)) {
				t.Fatalf("at seq %d a question moves %+v to %+v", s.Seq, legal(s), legal(asked))
			}
		}
	})
}

func TestOnlyCustodyMovesR0(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		for i := 1; i < len(r.seen); i++ {
			_, moves := r.state.Log[i].Fact.(*tdr.CustodyChanged)
			if !moves && r.seen[i].Custody != r.seen[i-1].Custody {
				t.Fatalf("%s moves custody%s", r.state.Log[i].Fact.Type(), r)
			}
		}
	})
}

// earlier finds a deadline that a longer pause brought forward. A question of
// the post is a move too: it ends promises and closes levels, which is no
// matter of clocks, so only deadlines by the same trigger are compared, without promises.
func earlier(t fataler, before, after tdr.State) {
	t.Helper()
	for _, d := range tdr.Due(before) {
		if d.Suspended || d.Kind == tdr.CalendarEnds {
			continue
		}
		was := d.At
		if d.Why.After != nil && d.Why.Count != nil {
			was = d.Why.Count.Result
		}
		now, ok := dueOf(after, d.Name())
		if !ok || now.Suspended || now.Stage != d.Stage || now.Trigger != d.Trigger {
			continue
		}
		if now.At.Before(was) {
			t.Fatalf("%s was due %s by %s, with the pause %s by %s", d.Name(), was, d.Trigger, now.At, now.Trigger)
		}
	}
}

func TestAPauseBringsNothingForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := live(t)
		back, length := rapid.IntRange(0, 24*60).Draw(t, "back"), rapid.IntRange(0, 24*60).Draw(t, "length")
		for _, s := range r.seen {
			if !s.Stage.Open() {
				continue
			}
			from := s.Log[s.Seq-1].RecordedAt.Add(-time.Hour * time.Duration(back))
			to := from.Add(time.Hour * time.Duration(length))
			lifted, standing := holdFor(s, from, to), holdFor(s, from, time.Time{})
			earlier(t, s, lifted)
			earlier(t, lifted, standing)
			if slices.Contains(tdr.AllowedFrom(s.Stage), tdr.RecordInformationName) {
				earlier(t, s, askedAndAnswered(s, length))
			}
		}
	})
}

func askedAndAnswered(s tdr.State, hours int) tdr.State {
	at := s.Log[s.Seq-1].RecordedAt
	then := at.Add(time.Hour * time.Duration(hours))
	s = tdr.Apply(s, tdr.Event{Seq: s.Seq + 1, OccurredAt: at, RecordedAt: at, Fact: &tdr.InformationWasAsked{What: []string{"a"}}})
	return tdr.Apply(s, tdr.Event{Seq: s.Seq + 1, OccurredAt: then, RecordedAt: then, Fact: &tdr.InformationAnswered{Stage: s.CameFrom}})
}

func TestApplyingTwiceIsApplyingOnce(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		if twice := tdr.ApplyAll(r.state, r.state.Log); !reflect.DeepEqual(twice, r.state) {
			t.Fatalf("the log applied again changes the state%s", r)
		}
		var s tdr.State
		for _, event := range r.state.Log {
			s = tdr.Apply(tdr.Apply(s, event), event)
		}
		if !reflect.DeepEqual(s, r.state) {
			t.Fatalf("each event applied twice changes the state%s", r)
		}
	})
}

func TestWrittenDownAndReadBack(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		var read tdr.State
		again(t, r.state, &read)
		if !reflect.DeepEqual(read, r.state) || !reflect.DeepEqual(tdr.Fold(r.state.Log), r.state) {
			t.Fatalf("a state read back is another%s", r)
		}
		if !reflect.DeepEqual(tdr.Due(read), tdr.Due(r.state)) || !reflect.DeepEqual(tdr.Project(read), tdr.Project(r.state)) {
			t.Fatalf("a state read back is due otherwise%s", r)
		}
		for _, event := range r.state.Log {
			var read tdr.Event
			if again(t, event, &read); !reflect.DeepEqual(read, event) {
				t.Fatalf("event %+v read back as %+v", event, read)
			}
		}
		for _, s := range r.steps {
			var read tdr.Command
			again(t, s.command, &read)
			// A moment keeps its zone in words only; the instant is what counts.
			events, err := tdr.Decide(s.before, read, s.facts)
			if !reflect.DeepEqual(events, s.events) || !reflect.DeepEqual(err, s.err) {
				t.Fatalf("command %+v read back decides otherwise", s.command)
			}
		}
	})
}

func again(t fataler, value, into any) {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("read: %v", err)
	}
	second, err := json.Marshal(into)
	if err != nil || string(second) != string(raw) {
		t.Fatalf("written again otherwise (%v):\n%s\n%s", err, raw, second)
	}
}

func TestNothingIsSubmittedWithoutOrderAndGate(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		for _, s := range r.steps {
			for _, event := range s.events {
				var content tdr.ContentHash
				switch fact := event.Fact.(type) {
				case *tdr.Sent:
					content = fact.Content
				case *tdr.InformationAnswered:
					content = fact.Content
				default:
					continue
				}
				g := s.facts.Gate
				if g == nil || g.Dispatch == "" || !g.OrderOnRecord || g.HoldStands || g.Country != s.before.Country || g.Content != content ||
					content != s.before.Package.Approved || s.before.Order.Source == "" || !approvedBySecond(s.before, content) {
					t.Fatalf("left through a closed gate %+v%s", g, r)
				}
			}
		}
	})
}

// approvedBySecond reads the log: the last review before now was requested by
// one person and approved by another. What never left took no approval along.
func approvedBySecond(s tdr.State, content tdr.ContentHash) bool {
	preparer, approved := "", false
	for i, event := range s.Log {
		if stoppedLater(event.Fact, s.Log[i:]) {
			continue
		}
		switch fact := event.Fact.(type) {
		case *tdr.ReviewRequested:
			preparer, approved = event.Actor.ID, false
		case *tdr.Approved:
			approved = fact.Content == content && event.Actor.ID != preparer
		case *tdr.Returned, *tdr.Sent, *tdr.InformationAnswered, *tdr.Retried, *tdr.ReissueBegun, *tdr.InformationWasAsked:
			approved = false
		}
	}
	return approved
}

// TestNothingIsMutated: neither Decide nor Apply touches a state it was given,
// so every state of a life still is what its log says.
func TestNothingIsMutated(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		for _, s := range append(slices.Clone(r.seen), r.state) {
			tdr.Elapse(s, r.now.AddDate(1, 0, 0))
			if !reflect.DeepEqual(s, tdr.Fold(s.Log)) {
				t.Fatalf("the state at seq %d was changed later%s", s.Seq, r)
			}
		}
		for _, s := range r.steps {
			raw, _ := json.Marshal(s.command)
			if _, err := tdr.Decide(s.before, s.command, s.facts); (err == nil) != (s.err == nil) {
				t.Fatalf("decided twice, answered otherwise: %v, %v", s.err, err)
			}
			if after, _ := json.Marshal(s.command); string(after) != string(raw) {
				t.Fatalf("the command was changed: %s", after)
			}
		}
	})
}

func TestElapseEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := live(t)
		now := r.now.Add(time.Hour * time.Duration(rapid.IntRange(0, 24*400).Draw(t, "hours")))
		for _, s := range r.seen {
			events := tdr.Elapse(s, now)
			for i, event := range events {
				if event.OccurredAt.After(now) || event.Seq != s.Seq+int64(i)+1 || event.CommandID != "" {
					t.Fatalf("brought %+v at %s", event, now)
				}
			}
			after := tdr.ApplyAll(s, events)
			if next, ok := tdr.Next(after); ok && !next.At.After(now) {
				t.Fatalf("after everything due by %s, %s is due at %s", now, next.Name(), next.At)
			}
			checkOneOpen(t, after)
		}
	})
}

// TestEveryDeadlineExplainsItself: each date follows from its explanation alone.
func TestEveryDeadlineExplainsItself(t *testing.T) {
	hand := newByHand()
	checked, kinds := 0, map[string]int{}
	everyLife(t, func(t *rapid.T, r *run) {
		hand.learn(r.state.Log)
		for _, s := range r.seen {
			names := map[string]bool{}
			for _, d := range tdr.Due(s) {
				hand.check(t, d)
				if names[d.Name()] {
					t.Fatalf("%s twice at seq %d", d.Name(), s.Seq)
				}
				names[d.Name()], kinds[string(d.Kind)+" "+string(d.Trigger)], checked = true, kinds[string(d.Kind)+" "+string(d.Trigger)]+1, checked+1
			}
		}
	})
	t.Logf("%d deadlines by hand, %v", checked, kinds)
}

// TestACorrectionReadsAsIfItHadBeenRecordedSo: the state as corrected is that
// of a history that said so from the start.
func TestACorrectionReadsAsIfItHadBeenRecordedSo(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		var log []tdr.Event
		for _, event := range r.state.Log {
			fact, corrects := event.Fact.(*tdr.Corrected)
			if !corrects {
				log = append(log, event)
				continue
			}
			known := r.state.AsKnownAt(event.Seq - 1)
			if !reflect.DeepEqual(known, r.seen[event.Seq-2]) {
				t.Fatalf("as known before seq %d is not what it was%s", event.Seq, r)
			}
			rewrite(&log[fact.Event-1], fact.Correct)
			event.Fact = &tdr.ForecastRecorded{} // takes its place, and moves nothing
			log = append(log, event)
		}
		if got, want := facets(r.state), facets(tdr.Fold(log)); !reflect.DeepEqual(got, want) {
			t.Fatalf("corrected reads as\n%+v\nrecorded so reads as\n%+v%s", got, want, r)
		}
	})
}

func rewrite(event *tdr.Event, c tdr.Correct) {
	if !c.OccurredAt.IsZero() {
		event.OccurredAt = c.OccurredAt
	}
	if document, ok := event.Fact.(*tdr.DocumentIssued); ok && c.ValidTo != (calendar.Date{}) {
		changed := *document
		changed.ValidTo = c.ValidTo
		event.Fact = &changed
	}
}

// facets is a state without its record.
func facets(s tdr.State) tdr.State {
	s.Log, s.MaterialSeq = nil, 0
	return s
}

// TestAnyOrderOfEventsIsTaken: Apply is total, whatever it is given.
func TestAnyOrderOfEventsIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := live(t)
		shuffled := rapid.Permutation(r.state.Log).Draw(t, "order")
		var s tdr.State
		for i, event := range shuffled {
			event.Seq = int64(i) + 1
			if s = tdr.Apply(s, event); s.Seq != event.Seq {
				t.Fatalf("event %d was not appended", event.Seq)
			}
		}
		tdr.Project(s)
		tdr.Notices(s, 0)
		tdr.Elapse(s, r.now.AddDate(1, 0, 0))
		for _, step := range r.steps {
			tdr.Decide(s, step.command, step.facts)
		}
		if seq := s.Seq; tdr.Apply(s, tdr.Event{Seq: seq + 2}).Seq != seq || tdr.Apply(s, tdr.Event{Seq: seq}).Seq != seq || tdr.Apply(s, tdr.Event{Seq: seq + 1}).Seq != seq+1 {
			t.Fatalf("took an event out of order")
		}
	})
}

// TestNoClosedRequestReopens, even by events that nobody could have brought about.
func TestNoClosedRequestReopens(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		s := tdr.Apply(r.state, tdr.Event{Seq: r.state.Seq + 1, OccurredAt: r.now, RecordedAt: r.now, Fact: &tdr.RequestClosed{Outcome: tdr.OutcomeOther}})
		for _, event := range r.state.Log {
			if _, corrects := event.Fact.(*tdr.Corrected); corrects {
				continue
			}
			event.Seq = s.Seq + 1
			if s = tdr.Apply(s, event); s.Stage != tdr.Closed || len(tdr.Due(s)) != 0 {
				t.Fatalf("%s reopens a closed request", event.Fact.Type())
			}
		}
	})
}

// stoppedLater tells whether what was accepted to leave is said to have never left.
func stoppedLater(fact tdr.Fact, log []tdr.Event) bool {
	dispatch := dispatchOf(fact)
	return dispatch != "" && slices.ContainsFunc(log, func(e tdr.Event) bool {
		stop, ok := e.Fact.(*tdr.SendStopped)
		return ok && stop.Dispatch == dispatch
	})
}
