package tdr_test

import (
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// The life of most examples: sent on Monday, 2 March 2026, 12:00 in Boston,
// when it was 22:30 in Delhi, where the consulate's 30 days are counted.

type expected struct {
	name    string
	at      time.Time
	trigger tdr.Trigger
}

func checkDue(t *testing.T, l *life, want []expected) {
	t.Helper()
	for _, w := range want {
		d, ok := l.due(w.name)
		switch {
		case !ok && !w.at.IsZero():
			t.Errorf("%s is not due, want %s", w.name, w.at)
		case ok && w.at.IsZero() && !d.Suspended:
			t.Errorf("%s is due at %s", w.name, d.At)
		case ok && !d.Suspended && (!d.At.Equal(w.at) || d.Trigger != w.trigger):
			t.Errorf("%s is due at %s by %s, want %s by %s", w.name, d.At, d.Trigger, w.at, w.trigger)
		case ok && d.Suspended && !w.at.IsZero():
			t.Errorf("%s is suspended, want %s", w.name, w.at)
		}
	}
}

// asked lists the escalations of the log: level, trigger, whether again, when.
func (l *life) asked() (list []tdr.EscalationOpened) {
	for _, event := range l.state.Log {
		if fact, ok := event.Fact.(*tdr.EscalationOpened); ok {
			list = append(list, *fact)
		}
	}
	return list
}

func (l *life) askedOf(level int, trigger tdr.Trigger) (found []tdr.EscalationOpened) {
	for _, fact := range l.asked() {
		if fact.Level == level && fact.Trigger == trigger {
			found = append(found, fact)
		}
	}
	return found
}

func (l *life) openLevels() (levels []int) {
	for _, e := range l.state.Ladder.Escalations {
		if e.Status != tdr.EscalationClosed {
			levels = append(levels, e.Level)
		}
	}
	slices.Sort(levels)
	return levels
}

// takeOn acknowledges the open escalation of a level for some days ahead.
func (l *life) takeOn(level, days int) *life {
	l.t.Helper()
	e, ok := l.state.Ladder.Open(level)
	if !ok {
		l.t.Fatalf("level %d is not open", level)
	}
	return l.do(&tdr.AcknowledgeEscalation{
		Escalation: e.ID, NextDate: l.state.OfficeTime.LocalDate(l.now).AddDays(days), Action: "call",
	})
}

func contactAt(direction string, answered bool) *tdr.RecordContact {
	return &tdr.RecordContact{Fact: &tdr.ContactFact{Direction: direction, Medium: "telephone", Answered: answered}}
}

func TestPercentagesOfTheTimescale(t *testing.T) {
	percents := []expected{
		{"ladder_level/0", delhi("2026-03-27 00:00"), tdr.ByPercent},
		{"ladder_level/1", delhi("2026-04-02 00:00"), tdr.ByPercent},
		{"ladder_level/2", delhi("2026-04-10 00:00"), tdr.ByPercent},
		{"ladder_level/3", delhi("2026-04-17 00:00"), tdr.ByPercent},
		{"ladder_level/4", time.Time{}, ""},
		{"ladder_level/2/law", time.Time{}, ""},
	}
	l := begin(t).to(tdr.Submitted)
	checkDue(t, l, percents)
	// Later stages of the same interval count from the same day; nothing is due before anything left.
	l.do(&tdr.RecordReceipt{Evidence: someProof}).do(&tdr.BeginVerification{Evidence: someProof})
	checkDue(t, l, percents)
	for level := range 5 {
		checkDue(t, begin(t).to(tdr.Ready), []expected{{"ladder_level/" + string(rune('0'+level)), time.Time{}, ""}})
	}
	// Over the timescale, a detained or high-harm person's request goes to L4 at once.
	over := []expected{{"ladder_level/4", delhi("2026-04-02 00:00"), tdr.ByTimescale}}
	checkDue(t, begin(t, func(o *tdr.Open, _ *tdr.OpeningFacts) { o.HighHarm = true }).to(tdr.Submitted), over)
	checkDue(t, begin(t, func(_ *tdr.Open, f *tdr.OpeningFacts) { f.Custody.Detained = true }).to(tdr.Submitted), over)
}

func TestSilenceClimbsToItsCeiling(t *testing.T) {
	l := begin(t).to(tdr.Submitted).until(boston("2026-12-31 12:00"))
	want := []expected{
		{"0", delhi("2026-03-27 00:00"), tdr.ByPercent},
		{"1", delhi("2026-04-02 00:00"), tdr.ByPercent},
		{"2", boston("2026-04-02 17:00"), tdr.ByNoAcknowledging}, // a day after L1, in office time
		{"3", boston("2026-04-03 17:00"), tdr.ByNoAcknowledging},
		{"4", boston("2026-04-06 17:00"), tdr.ByNoAcknowledging}, // Friday evening to Monday evening
	}
	asked := l.asked()
	if len(asked) != len(want) {
		t.Fatalf("asked %+v", asked)
	}
	for i, w := range want {
		if asked[i].Level != i || asked[i].Trigger != w.trigger || !asked[i].Due.Equal(w.at) || asked[i].Again {
			t.Errorf("asked %+v, want %+v", asked[i], w)
		}
	}
	if !asked[0].AcknowledgeBy.IsZero() || !asked[1].AcknowledgeBy.Equal(boston("2026-04-02 17:00")) {
		t.Errorf("a reminder wants no answer, L1 wants one: %+v", asked[:2])
	}
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1, 2, 3, 4}) || l.state.Ladder.Level() != 4 {
		t.Errorf("open %v", got)
	}
}

func TestUnansweredFollowUpsOpenTheSecondLevel(t *testing.T) {
	l := begin(t).to(tdr.Submitted).do(contactAt(tdr.ToPost, false))
	checkDue(t, l, []expected{{"ladder_level/2", delhi("2026-04-10 00:00"), tdr.ByPercent}})
	l.now = boston("2026-03-05 09:00")
	l.do(contactAt(tdr.ToPost, false))
	checkDue(t, l, []expected{{"ladder_level/2", boston("2026-03-05 09:00"), tdr.ByFollowUps}})
	if l.state.Contacts.Unanswered != 2 || !l.state.Contacts.LastUnanswered.Equal(l.now) || !l.state.Contacts.Last.Equal(l.now) {
		t.Errorf("contacts %+v", l.state.Contacts)
	}
	l.until(l.now)
	if got := l.openLevels(); !slices.Equal(got, []int{2}) {
		t.Fatalf("open %v", got)
	}
	// A third changes nothing; the post's answer begins anew, and two more are owed L2 again.
	l.now = l.now.Add(time.Hour)
	l.do(contactAt(tdr.ToPost, false)).until(l.now)
	l.now = l.now.Add(time.Hour)
	l.do(contactAt(tdr.FromPost, false)).until(l.now)
	if l.state.Contacts.Unanswered != 0 || len(l.openLevels()) != 0 || len(l.asked()) != 1 {
		t.Errorf("after an answer: %+v, open %v", l.state.Contacts, l.openLevels())
	}
	for range 2 {
		l.now = l.now.Add(time.Hour)
		l.do(contactAt(tdr.ToPost, false)).until(l.now)
	}
	if got := l.askedOf(2, tdr.ByFollowUps); len(got) != 2 || got[1].Again {
		t.Errorf("asked %+v", got)
	}
}

func TestContactsCountByWhenTheyHappened(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	l.now = boston("2026-03-10 09:00")
	l.backdated(boston("2026-03-06 09:00"), contactAt(tdr.ToPost, false))
	l.backdated(boston("2026-03-04 09:00"), contactAt(tdr.ToPost, true)) // recorded late; the follow-up after it is still open
	if l.state.Contacts.Unanswered != 1 {
		t.Errorf("open follow-ups %d, want 1", l.state.Contacts.Unanswered)
	}
	l.backdated(boston("2026-03-03 09:00"), contactAt(tdr.ToPost, false)) // answered on the 4th
	if l.state.Contacts.Unanswered != 1 || !l.state.Contacts.Last.Equal(boston("2026-03-06 09:00")) {
		t.Errorf("contacts %+v", l.state.Contacts)
	}
	l.backdated(boston("2026-03-05 09:00"), contactAt(tdr.ToPost, false)) // the second, when all is known
	checkDue(t, l, []expected{{"ladder_level/2", boston("2026-03-06 09:00"), tdr.ByFollowUps}})
	// Before the package left there is nothing to follow up.
	early := begin(t)
	early.do(contactAt(tdr.ToPost, false)).do(contactAt(tdr.ToPost, false)).to(tdr.Submitted)
	if early.state.Contacts.Unanswered != 0 {
		t.Errorf("a new interval counts %d", early.state.Contacts.Unanswered)
	}
}

func TestEveryMoveOfThePostClosesSilence(t *testing.T) {
	moves := map[string]struct {
		from tdr.Stage
		act  tdr.Act
	}{
		"receipt":      {tdr.Submitted, &tdr.RecordReceipt{Evidence: someProof}},
		"question":     {tdr.Received, &tdr.RecordInformationAsked{What: []string{"a"}}},
		"interview":    {tdr.Received, interviewAt(boston("2026-04-20 10:00"))},
		"result":       {tdr.Interview, &tdr.RecordInterview{Result: tdr.InterviewCancelled}},
		"verification": {tdr.Received, &tdr.BeginVerification{Evidence: someProof}},
		"refusal":      {tdr.Verifying, &tdr.RecordRefusal{}},
		"issue":        {tdr.Verifying, issue()},
		"letter":       {tdr.Verifying, contactAt(tdr.FromPost, false)},
		"answer":       {tdr.Verifying, contactAt(tdr.ToPost, true)},
	}
	for name, move := range moves {
		l := begin(t).to(move.from).do(contactAt(tdr.ToPost, false)).until(boston("2026-04-02 12:00"))
		if got := l.openLevels(); !slices.Equal(got, []int{0, 1}) {
			t.Fatalf("%s: open %v", name, got)
		}
		l.do(move.act)
		if got := l.openLevels(); len(got) != 0 || l.state.Contacts.Unanswered != 0 {
			t.Errorf("%s leaves %v open, %d follow-ups", name, got, l.state.Contacts.Unanswered)
		}
		for _, e := range l.state.Ladder.Escalations {
			if !e.Closed.Equal(l.now) {
				t.Errorf("%s: closed at %s", name, e.Closed)
			}
		}
	}
	// The answer to a question of the post is our move, not the post's; neither is our own call.
	l := begin(t).to(tdr.Submitted).until(boston("2026-04-02 12:00")).do(contactAt(tdr.ToPost, false))
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("our own call leaves %v", got)
	}
	// What the post did before the package left breaks no silence.
	l.backdated(boston("2026-03-02 11:00"), contactAt(tdr.FromPost, false))
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("an old letter leaves %v", got)
	}
}

// TestSilenceAfterAMoveIsOwedAnew: a level that was asked in vain comes again
// when the post falls silent again, while one not yet asked keeps its day.
func TestSilenceAfterAMoveIsOwedAnew(t *testing.T) {
	l := begin(t).to(tdr.Verifying).until(boston("2026-04-02 12:00"))
	l.do(contactAt(tdr.FromPost, false)) // 21:30 on 2 April in Delhi
	checkDue(t, l, []expected{
		{"ladder_level/0", delhi("2026-04-27 00:00"), tdr.ByPercent}, // 24 days after the call
		{"ladder_level/1", delhi("2026-05-03 00:00"), tdr.ByPercent},
		{"ladder_level/2", delhi("2026-04-10 00:00"), tdr.ByPercent}, // 38 days after the package left
		{"ladder_level/3", delhi("2026-04-17 00:00"), tdr.ByPercent},
	})
	l.until(boston("2026-12-31 12:00"))
	for level, times := range map[int]int{0: 2, 1: 2, 2: 1, 3: 1, 4: 1} {
		count := 0
		for _, fact := range l.asked() {
			if fact.Level == level {
				count++
			}
		}
		if count != times {
			t.Errorf("level %d asked %d times, want %d", level, count, times)
		}
	}
}

func TestUnreachableLevelsArePassedAtOnce(t *testing.T) {
	l := begin(t).to(tdr.Submitted).until(boston("2026-03-27 10:00"))
	e, _ := l.state.Ladder.Open(0)
	l.told(&tdr.LevelUnreachable{Escalation: e.ID, Level: 0, Cause: "bounced"})
	checkDue(t, l, []expected{{"ladder_level/1", l.now, tdr.ByUnreachable}})
	l.until(l.now)
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("open %v", got)
	}
	// A hold does not make people reachable.
	e, _ = l.state.Ladder.Open(1)
	l.told(&tdr.HoldChanged{Hold: "h", Stops: true}).told(&tdr.LevelUnreachable{Escalation: e.ID, Level: 1, Cause: "no_addressee"}).until(l.now)
	if got := l.askedOf(2, tdr.ByUnreachable); len(got) != 1 {
		t.Errorf("asked %+v", l.asked())
	}
	// Told twice is told once, and nothing is above the ceiling.
	seq := l.state.Seq
	if l.told(&tdr.LevelUnreachable{Escalation: e.ID, Level: 1, Cause: "bounced"}); l.state.Seq != seq {
		t.Error("the same news twice")
	}
	for level := 2; level <= 4; level++ {
		e, _ = l.state.Ladder.Open(level)
		l.told(&tdr.LevelUnreachable{Escalation: e.ID, Level: level, Cause: "bounced"}).until(l.now)
	}
	if l.state.Ladder.Level() != 4 {
		t.Errorf("climbed to %d", l.state.Ladder.Level())
	}
	if l.told(&tdr.LevelUnreachable{Escalation: "L7-1", Level: 7}); l.last().Fact.Type() == tdr.LevelUnreachableType && l.last().Fact.(*tdr.LevelUnreachable).Level == 7 {
		t.Error("took news of an escalation it does not know")
	}
}

func TestPausesHoldSilence(t *testing.T) {
	// A hold of ten days in the middle moves every percentage by ten days.
	l := begin(t).to(tdr.Submitted).until(boston("2026-03-10 09:00")).told(&tdr.HoldChanged{Hold: "h", Stops: true})
	for level := range 4 {
		if d, ok := l.due("ladder_level/" + string(rune('0'+level))); !ok || !d.Suspended || !d.At.IsZero() {
			t.Errorf("level %d under a hold: %+v", level, d)
		}
	}
	if _, ok := tdr.Next(l.state); ok {
		t.Error("something happens by itself under a hold")
	}
	l.until(boston("2026-03-20 09:00")).told(&tdr.HoldChanged{Hold: "h"})
	checkDue(t, l, []expected{{"ladder_level/0", delhi("2026-04-06 00:00"), tdr.ByPercent}, {"ladder_level/1", delhi("2026-04-12 00:00"), tdr.ByPercent}})
	// A question of the post pauses the same way, until the answer leaves.
	l = begin(t).to(tdr.Received)
	l.now = boston("2026-03-10 09:00")
	l.do(&tdr.RecordInformationAsked{What: []string{"a"}})
	if d, _ := l.due("ladder_level/0"); !d.Suspended {
		t.Errorf("while the post waits for us: %+v", d)
	}
	l.now = boston("2026-03-20 09:00")
	l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.AnswerInformation{Content: someHash, Channel: tdr.ByCourier})
	checkDue(t, l, []expected{{"ladder_level/0", delhi("2026-04-06 00:00"), tdr.ByPercent}})
	// The chain, a broken promise and follow-ups are held too.
	l = begin(t).to(tdr.Submitted).until(boston("2026-04-02 09:00")).told(&tdr.HoldChanged{Hold: "h", Stops: true})
	if d, _ := l.due("ladder_level/2"); !d.Suspended {
		t.Errorf("chain under a hold: %+v", d)
	}
	l.takeOn(1, 2).until(boston("2026-04-20 09:00"))
	if d, _ := l.due("ladder_level/2"); !d.Suspended || d.Trigger != tdr.ByNextDate && d.Trigger != tdr.ByPercent {
		t.Errorf("promise under a hold: %+v", d)
	}
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("open under a hold: %v", got)
	}
	l.told(&tdr.HoldChanged{Hold: "h"}).until(l.now)
	if got := l.askedOf(2, tdr.ByNextDate); len(got) != 1 {
		t.Errorf("after the hold: %+v", l.asked())
	}
	l = begin(t).to(tdr.Submitted).do(contactAt(tdr.ToPost, false)).do(contactAt(tdr.ToPost, false)).told(&tdr.HoldChanged{Hold: "h", Stops: true})
	if d, _ := l.due("ladder_level/2"); !d.Suspended {
		t.Errorf("follow-ups under a hold: %+v", d)
	}
}

func TestHoldsAreKeptByTheirID(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	news := func(hold string, stops bool) bool {
		before := l.state.Seq
		l.now = l.now.Add(time.Minute)
		return l.told(&tdr.HoldChanged{Hold: hold, Stops: stops}).state.Seq > before
	}
	for i, c := range []struct {
		hold              string
		stops, told, held bool
	}{
		{"a", false, false, false}, {"a", true, true, true}, {"a", true, false, true}, {"b", true, true, true},
		{"a", false, true, true}, {"a", true, false, true}, {"b", false, true, false}, {"b", false, false, false},
	} {
		if told := news(c.hold, c.stops); told != c.told || l.state.Held() != c.held {
			t.Errorf("%d: told %v, held %v, want %+v", i, told, l.state.Held(), c)
		}
	}
}

func TestAHoldNeverEndsBeforeItBegan(t *testing.T) {
	l := begin(t).to(tdr.Submitted).until(boston("2026-03-03 09:00"))
	l.told(&tdr.HoldChanged{Hold: "a", Stops: true, At: boston("2026-03-03 08:00")})
	l.told(&tdr.HoldChanged{Hold: "a", At: boston("2026-03-03 07:00")})
	checkDue(t, l, []expected{{"ladder_level/0", delhi("2026-03-27 00:00"), tdr.ByPercent}})
	if l.state.Held() || !l.state.Holds[0].To.Equal(l.state.Holds[0].From) {
		t.Errorf("holds %+v", l.state.Holds)
	}
}
