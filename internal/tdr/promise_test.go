package tdr_test

import (
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

func TestAPromiseHoldsTheChain(t *testing.T) {
	l := begin(t).to(tdr.Submitted).until(boston("2026-04-02 09:00"))
	l.takeOn(1, 12) // Tuesday, 14 April, until its end in Boston; 125 % would be 9 April
	held := boston("2026-04-15 00:00")
	checkDue(t, l, []expected{{"ladder_level/2", held, tdr.ByNextDate}, {"ladder_level/3", delhi("2026-04-17 00:00"), tdr.ByPercent}})
	e, _ := l.state.Ladder.Open(1)
	if e.Status != tdr.EscalationTaken || e.By != "liaison1" || !e.Until.Equal(held) || e.NextDate != day("2026-04-14") {
		t.Errorf("taken on: %+v", e)
	}
	if d, _ := l.due("ladder_level/2"); d.Why.Date == nil || d.Why.Date.From != day("2026-04-14") {
		t.Errorf("explained by %+v", d.Why)
	}
	l.until(held.Add(-time.Minute))
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("before the promised day ended: %v", got)
	}
	l.until(held)
	if got := l.askedOf(2, tdr.ByNextDate); len(got) != 1 || !got[0].Due.Equal(held) {
		t.Errorf("broken promise: %+v", l.asked())
	}
}

func TestPromiseShowsInWhy(t *testing.T) {
	l := begin(t).to(tdr.Submitted).until(boston("2026-03-27 09:00")).takeOn(0, 14)
	until := boston("2026-04-11 00:00")
	held := func(trigger tdr.Trigger) {
		t.Helper()
		d, _ := l.due("ladder_level/2")
		if !d.At.Equal(until) || d.Trigger != trigger || d.Why.After == nil || !d.Why.After.Equal(until) {
			t.Errorf("held: %+v", d)
		}
	}
	held(tdr.ByPercent) // 125 % would be 9 April
	// Two unanswered follow-ups would open L2 at once, were nothing promised.
	l.do(contactAt(tdr.ToPost, false)).do(contactAt(tdr.ToPost, false))
	held(tdr.ByFollowUps)
	// A kept promise: the post moves before the day, and nothing is held any more.
	l.until(boston("2026-04-09 09:00")).do(&tdr.RecordReceipt{Evidence: someProof})
	if got := l.openLevels(); len(got) != 0 {
		t.Errorf("kept promise leaves %v", got)
	}
	checkDue(t, l, []expected{{"ladder_level/2", delhi("2026-04-10 00:00"), tdr.ByPercent}})
}

// TestAPromiseFromBelowIsNoAnswer: who was passed over cannot hold the chain
// above; who stands above can.
func TestAPromiseFromBelowIsNoAnswer(t *testing.T) {
	l := begin(t, detainedSince("2026-02-01")).to(tdr.Submitted).until(boston("2026-04-02 10:00")) // R0+60
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1, 2, 4}) {
		t.Fatalf("open %v", got)
	}
	l.takeOn(0, 8).takeOn(1, 8)
	checkDue(t, l, []expected{{"ladder_level/3", boston("2026-04-03 17:00"), tdr.ByNoAcknowledging}})
	l.takeOn(4, 5)
	checkDue(t, l, []expected{{"ladder_level/3", boston("2026-04-08 00:00"), tdr.ByNoAcknowledging}})
}

func TestAPromiseAtTheCeilingIsAskedForAgain(t *testing.T) {
	l := begin(t).to(tdr.Submitted).until(boston("2026-04-07 09:00")).takeOn(4, 3)
	broken := boston("2026-04-11 00:00")
	checkDue(t, l, []expected{{"ladder_level/4", broken, tdr.ByNextDate}, {"ladder_level/5/law", time.Time{}, ""}})
	l.until(boston("2026-12-31 12:00"))
	again := l.askedOf(4, tdr.ByNextDate)
	if len(again) != 1 || !again[0].Again || again[0].Escalation != l.askedOf(4, tdr.ByNoAcknowledging)[0].Escalation {
		t.Errorf("asked again: %+v", again)
	}
	if got := l.openLevels(); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("open %v", got)
	}
}

func TestAcknowledgementRules(t *testing.T) {
	reminded := func(t *testing.T) *life { return begin(t).to(tdr.Submitted).until(boston("2026-03-27 10:00")) }
	climbed := func(t *testing.T) *life { return begin(t).to(tdr.Submitted).until(boston("2026-04-07 10:00")) }
	act := func(level, date string) *tdr.AcknowledgeEscalation {
		return &tdr.AcknowledgeEscalation{Escalation: level, NextDate: day(date), Action: "call"}
	}
	id := func(l *life, level int) string { e, _ := l.state.Ladder.Open(level); return e.ID }
	l0, l2 := id(reminded(t), 0), id(climbed(t), 2)
	officer := by("officer1", tdr.OfficerRole)
	tryAll(t, []attempt{
		{name: "unknown", life: reminded, act: act("L9-1", "2026-03-30"), code: tdr.EscalationUnknown, field: "escalation"},
		{name: "closed", life: func(t *testing.T) *life { return reminded(t).do(contactAt(tdr.FromPost, false)) }, act: act(l0, "2026-03-30"), code: tdr.EscalationUnknown, field: "escalation"},
		{name: "no date", life: reminded, act: &tdr.AcknowledgeEscalation{Escalation: l0, Action: "call"}, code: tdr.Missing, field: "next_date"},
		{name: "no action", life: reminded, act: &tdr.AcknowledgeEscalation{Escalation: l0, NextDate: day("2026-03-30")}, code: tdr.Missing, field: "action"},
		{name: "today", life: reminded, act: act(l0, "2026-03-27"), code: tdr.Contradicts, field: "next_date"},
		{name: "too far", life: reminded, act: act(l0, "2026-04-11"), code: tdr.NextDateTooFar, field: "next_date"},
		{name: "too far for L2", life: climbed, act: act(l2, "2026-04-20"), code: tdr.NextDateTooFar, field: "next_date"},
		{name: "over the officer's head", life: climbed, act: act(l2, "2026-04-10"), actor: officer, code: tdr.NotPermitted, field: "escalation"},
		{name: "renewed", life: func(t *testing.T) *life { return reminded(t).takeOn(0, 14).until(boston("2026-04-01 10:00")) }, act: act(l0, "2026-04-11"), code: tdr.NextDateTooFar, field: "next_date"},
	})
	l := reminded(t)
	l.must(l.decide(act(l0, "2026-04-10"), officer)) // the last day of fourteen
	l.now = l.now.Add(time.Hour)
	l.do(act(l0, "2026-04-03")) // and moved to an earlier one
	if e, _ := l.state.Ladder.Open(0); e.NextDate != day("2026-04-03") || !e.Taken.Equal(boston("2026-03-27 10:00")) {
		t.Errorf("taken on: %+v", e)
	}
	l = climbed(t)
	l.must(l.decide(act(l2, "2026-04-19"), by("boss", tdr.OfficerRole, tdr.SupervisorRole)))
	if e, _ := l.state.Ladder.Open(2); e.By != "boss" {
		t.Errorf("taken on: %+v", e)
	}
	command := tdr.Command{ID: "c", Actor: usual(tdr.AcknowledgeEscalationName), Act: act(l2, "2026-04-10"), OccurredAt: boston("2026-03-30 10:00")}
	if _, err := tdr.Decide(l.state, command, tdr.Facts{Now: l.now}); refusal(err).Code != tdr.Contradicts || refusal(err).Field != "occurred_at" {
		t.Errorf("acknowledged before it was asked: %v", err)
	}
}
