package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func (l *life) flag(kind string) api.Flag {
	l.t.Helper()
	flag, err := l.store.Persons().RaiseFlag(l.t.Context(), api.Flag{
		ID: newID(), PersonID: l.person, Kind: kind, Source: "form", Dated: date("2026-03-01"), RaisedBy: "officer1",
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return flag
}

// told are the recipients of notices of a kind and level about a request or its person.
func (l *life) told(where string) []string {
	l.t.Helper()
	rows, err := l.pool.Query(l.t.Context(), "SELECT DISTINCT recipient FROM notices WHERE person_id = $1 AND "+where, l.person)
	if err != nil {
		l.t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		var recipient string
		if err := rows.Scan(&recipient); err != nil {
			l.t.Fatal(err)
		}
		all = append(all, recipient)
	}
	slices.Sort(all)
	return all
}

// escalated is a request whose post stays silent until a level opens.
func (l *life) escalated(level int) {
	l.t.Helper()
	before := l.state.Seq
	for !slices.ContainsFunc(tdr.Notices(l.state, before), func(n tdr.Notice) bool { return n.Kind == tdr.LevelNotice && n.Level == level }) {
		next, ok := tdr.Next(l.state)
		if !ok {
			l.t.Fatalf("level %d never opens", level)
		}
		l.until(next.At)
	}
	l.record(before)
}

// Rule 16: whatever flag a person has, the desk for specially routed people is
// asked at every level from the first and of every custody duty, and which flag
// it is changes nothing of that.
func TestRule16_AFlagChangesWhoIsAsked(t *testing.T) {
	const special = "desk/special-routing"
	for _, kind := range []string{"minor", "medical", "trafficking_victim", "family_unit"} {
		w := newWorld(t)
		l := w.sent()
		flag := l.flag(kind)
		l.escalated(1)
		if told := l.told("kind = 'level' AND level = 1"); !slices.Contains(told, special) || !slices.Contains(told, "person/officer1") {
			t.Errorf("rule 16: %s: level 1 asks %v", kind, told)
		}
		w.detained(l)
		key := w.milestone(l)
		if _, err := w.store.FileMilestones(t.Context(), l.person, []string{key}); err != nil {
			t.Fatal(err)
		}
		if told := l.told("kind = 'custody'"); !slices.Contains(told, special) || !slices.Contains(told, "desk/custody-unit") {
			t.Errorf("rule 16: %s: a custody duty is told to %v", kind, told)
		}
		ending := api.FlagEnding{CommandID: newID(), FlagID: flag.ID, By: "counsel1", Source: "form", Reason: "resolved"}
		for range 2 {
			if _, err := w.store.Persons().EndFlag(t.Context(), ending); err != nil {
				t.Fatal(err)
			}
		}
		l.escalated(2)
		if told := l.told("kind = 'level' AND level = 2"); slices.Contains(told, special) || len(told) == 0 {
			t.Errorf("rule 16: %s: after the flag ended level 2 asks %v", kind, told)
		}
	}
	w := newWorld(t)
	plain := w.sent()
	plain.escalated(1)
	if told := plain.told("true"); slices.Contains(told, special) {
		t.Errorf("rule 16: without a flag %v are told", told)
	}
}

func TestAFlagIsEndedOnce(t *testing.T) {
	l := newWorld(t).sent()
	flag := l.flag("medical")
	end := func(command string) error {
		_, err := l.store.Persons().EndFlag(t.Context(), api.FlagEnding{CommandID: command, FlagID: flag.ID, By: "counsel1", Source: "form", Reason: "recovered"})
		return err
	}
	if err := end(newID()); err != nil {
		t.Fatal(err)
	}
	if err := end(newID()); !errors.Is(err, api.ErrEnded) {
		t.Errorf("ended twice: %v", err)
	}
	if _, err := l.store.Persons().Flag(t.Context(), newID()); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("no such flag: %v", err)
	}
	if flags, err := l.store.Persons().Flags(t.Context(), l.person); err != nil || len(flags) != 1 || flags[0].EndedBy != "counsel1" {
		t.Errorf("%+v, %v", flags, err)
	}
}

// milestone is the key of a duty of a detained person's clock.
func (w *world) milestone(l *life) string {
	w.t.Helper()
	return one[string](w, "SELECT clock -> 'milestones' -> 0 ->> 'key' FROM custody_clocks WHERE person_id = $1", l.person)
}
