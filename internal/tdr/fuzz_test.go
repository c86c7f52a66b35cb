package tdr_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// seeds are a long life as written down, and spoilt copies of it.
func seeds(f *testing.F, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	for _, text := range []string{
		"", "null", "{}", "[]", `{"log":null}`, `{"log":[{}]}`, `{"log":[{"seq":1,"type":"opened"}]}`,
		`{"log":[{"seq":1,"type":"opened","data":null}]}`, `{"log":[{"seq":2,"type":"opened","data":{"rules":1}}]}`,
		`{"log":[{"seq":1,"type":"opened","data":{"rules":1}},{"seq":2,"type":"escalation_opened","data":{"level":-3,"trigger":"custody_day"}}]}`,
		`{"log":[{"seq":1,"type":"opened","data":{"rules":1}},{"seq":2,"type":"corrected","data":{"event":-9}}]}`,
		`{"name":"send"}`, `{"name":"send","act":null}`, `{"name":"correct","act":{"event":9223372036854775807}}`,
	} {
		f.Add([]byte(text))
	}
}

// countable keeps the fuzzer away from calendars of thousands of years, whose
// counting is slow and not what is looked for.
func countable(s tdr.State) bool {
	short := func(slice calendar.Slice) bool { return slice.Last.Year-slice.First.Year < 50 }
	return short(s.OfficeTime) && short(s.PostTime) && len(s.Log) < 500
}

// acts are one command of each kind, empty and in order.
func acts(s tdr.State) []tdr.Act {
	all := inOrder(&life{now: boston("2026-06-02 10:00"), state: s})
	return append(all, &tdr.Open{}, &tdr.RequestReview{}, &tdr.Send{}, &tdr.RecordContact{}, &tdr.Correct{Event: s.Seq},
		&tdr.AcknowledgeEscalation{Escalation: "L3-1", NextDate: day("2026-06-04"), Action: "a"}, &tdr.RecordTravel{On: day("2026-06-02")})
}

func FuzzState(f *testing.F) {
	short := func(o *tdr.Open, facts *tdr.OpeningFacts) {
		facts.Custody = tdr.Custody{Detained: true, R0: day("2026-03-01")}
		facts.OfficeTime = build(calendar.Spec{Name: "o", Zone: "America/New_York", Week: workWeek()}, "2026-02-01", "2026-09-30")
		facts.PostTime = build(calendar.Spec{Name: "p", Zone: "UTC", Week: workWeek()}, "2026-02-01", "2026-09-30")
	}
	seeds(f, begin(f, short).to(tdr.Submitted).until(boston("2026-05-01 09:00")).state)
	now := boston("2027-06-02 10:00")
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s tdr.State
		if json.Unmarshal(raw, &s) != nil || !countable(s) {
			return
		}
		tdr.Due(s)
		tdr.Next(s)
		tdr.Project(s)
		tdr.Notices(s, 0)
		tdr.ApplyAll(s, tdr.Elapse(s, now))
		s.AsKnownAt(s.Seq / 2)
		everybody := tdr.Actor{ID: "officer2", Roles: roles()}
		for _, act := range acts(s) {
			facts := tdr.Facts{Now: now, Gate: &tdr.Gate{Dispatch: "d"}}
			events, err := tdr.Decide(s, tdr.Command{ID: "c", Actor: everybody, Act: act}, facts)
			if err == nil {
				tdr.Project(tdr.ApplyAll(s, events))
			}
		}
		if written, err := json.Marshal(s); err == nil {
			var read tdr.State
			if err := json.Unmarshal(written, &read); err != nil {
				t.Fatalf("what was written cannot be read: %v", err)
			}
		}
	})
}

func FuzzCommand(f *testing.F) {
	l := begin(f, detainedSince("2026-03-01"))
	for _, act := range inOrder(l) {
		seeds(f, tdr.Command{ID: "c", Actor: usual(act.Name()), Act: act, OccurredAt: l.now})
	}
	var states []tdr.State
	for _, stage := range tdr.Stages() {
		states = append(states, begin(f, detainedSince("2025-11-01")).to(stage).until(boston("2026-05-01 09:00")).state)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c tdr.Command
		if json.Unmarshal(raw, &c) != nil {
			return
		}
		c.Actor.Roles = slices.Concat(c.Actor.Roles, roles())
		for _, s := range states {
			facts := (&life{t: t, state: s, now: boston("2026-05-02 10:00")}).facts(c.Act)
			events, err := tdr.Decide(s, c, facts)
			if err != nil {
				if refusal(err).Code == "" {
					t.Fatalf("refused without a code: %v", err)
				}
				continue
			}
			after := tdr.ApplyAll(s, events)
			if after.Seq != s.Seq+1 {
				t.Fatalf("accepted, and applied to %d behind %d", after.Seq, s.Seq)
			}
			tdr.Project(after)
			tdr.Elapse(after, facts.Now.Add(400*24*time.Hour))
		}
	})
}

func TestUnreadable(t *testing.T) {
	for _, text := range []string{
		`{"log":[{"seq":2,"type":"opened","data":{}}]}`, `{"log":[{"seq":1,"type":"opened","data":{}},{"seq":1,"type":"closed","data":{}}]}`,
		`{"log":[{"seq":1,"type":"flown","data":{}}]}`, `{"log":[{"seq":1,"type":"opened","data":[]}]}`, `{"log":[{"seq":1,"type":"opened"}]}`, `{"log":{}}`,
	} {
		var s tdr.State
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("read %s", text)
		}
	}
	for _, text := range []string{`{"name":"fly","act":{}}`, `{"name":"send","act":[]}`, `{"name":"send"}`, `{"id":7}`} {
		var c tdr.Command
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("read %s", text)
		}
	}
	if _, err := json.Marshal(tdr.Event{Seq: 1}); err == nil {
		t.Error("wrote an event that states nothing")
	}
	if _, err := json.Marshal(tdr.Command{ID: "c"}); err == nil {
		t.Error("wrote a command that does nothing")
	}
	if _, err := tdr.NewFact("flown"); err == nil {
		t.Error("made a fact of an unknown type")
	}
}
