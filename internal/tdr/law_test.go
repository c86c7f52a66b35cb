package tdr_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// custodyDays are the legal levels for R0 on 1 March 2026: the beginning of each day in Boston.
var custodyDays = []expected{
	{"ladder_level/2/law", boston("2026-04-30 00:00"), tdr.ByCustodyDay},
	{"ladder_level/3/law", boston("2026-05-30 00:00"), tdr.ByCustodyDay},
	{"ladder_level/4/law", boston("2026-06-29 00:00"), tdr.ByCustodyDay},
	{"ladder_level/5/law", boston("2026-07-29 00:00"), tdr.ByCustodyDay},
	{"ladder_level/6/law", boston("2026-08-28 00:00"), tdr.ByCustodyDay},
}

func nothingByLaw(t *testing.T, l *life, why string) {
	t.Helper()
	for _, d := range tdr.Due(l.state) {
		if d.Legal && !d.Suspended {
			t.Errorf("%s: %s is due at %s", why, d.Name(), d.At)
		}
	}
}

func TestCustodyDaysInEveryStageWithoutADocument(t *testing.T) {
	for _, stage := range tdr.Stages() {
		l := begin(t, detainedSince("2026-03-01")).to(stage)
		if stage == tdr.Issued || stage == tdr.TravelReady || stage == tdr.Closed {
			nothingByLaw(t, l, string(stage))
			continue
		}
		checkDue(t, l, custodyDays)
		for _, d := range tdr.Due(l.state) {
			if d.Legal && d.Level == 3 && !strings.Contains(d.Why.Rule, "8 CFR 241.4(g)(2)") {
				t.Errorf("day 90 cites %q", d.Why.Rule)
			}
		}
	}
	nothingByLaw(t, begin(t), "not detained")
	nothingByLaw(t, begin(t, func(_ *tdr.Open, f *tdr.OpeningFacts) { f.Custody.R0 = day("2026-03-01") }), "free")
	nothingByLaw(t, begin(t, func(_ *tdr.Open, f *tdr.OpeningFacts) { f.Custody.Detained = true }), "no R0")
}

func TestTheLawStopsForNothing(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Received).told(&tdr.HoldChanged{Hold: "h", Stops: true})
	checkDue(t, l, custodyDays)
	l.do(&tdr.RecordInformationAsked{What: []string{"a"}})
	checkDue(t, l, custodyDays)
	l.until(boston("2026-04-30 09:00")).takeOn(2, 12)
	checkDue(t, l, custodyDays[1:])
	l.until(boston("2027-12-31 09:00"))
	for _, want := range custodyDays {
		level := int(want.name[len("ladder_level/")] - '0')
		if got := l.askedOf(level, tdr.ByCustodyDay); len(got) != 1 || !got[0].Due.Equal(want.at) || got[0].R0 != day("2026-03-01") {
			t.Errorf("by law: %+v, want %+v", got, want)
		}
	}
}

func TestThreeMonthsLateAllAtOnce(t *testing.T) {
	l := begin(t, detainedSince("2025-11-20")).until(boston("2026-03-02 10:00")) // R0+102 when opened
	if got := l.openLevels(); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("open %v", got)
	}
}

// TestLawAndSilenceAtOneLevel: each keeps its own reason.
func TestLawAndSilenceAtOneLevel(t *testing.T) {
	// Silence opened L2 before the law does: the same escalation is asked again.
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted).until(boston("2026-05-01 09:00"))
	first := l.askedOf(2, tdr.ByNoAcknowledging)
	again := l.askedOf(2, tdr.ByCustodyDay)
	if len(first) != 1 || len(again) != 1 || !again[0].Again || again[0].Escalation != first[0].Escalation {
		t.Fatalf("asked %+v", l.asked())
	}
	// Before that both dates are shown.
	both := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted)
	checkDue(t, both, append([]expected{{"ladder_level/2", delhi("2026-04-10 00:00"), tdr.ByPercent}}, custodyDays...))
	// The post moves: what silence asked is closed, what the law asked is not.
	l.do(&tdr.RecordReceipt{Evidence: someProof})
	if got := l.openLevels(); !slices.Equal(got, []int{2}) {
		t.Errorf("after a move of the post: %v", got)
	}
	if len(l.askedOf(2, tdr.ByCustodyDay)) != 1 {
		t.Error("asked twice for one period")
	}
	// Silence asks on top of a level that the law opened: the law's reason stays.
	l = begin(t, detainedSince("2025-12-10")).until(boston("2026-03-10 09:00")) // R0+90 is 10 March
	l.takeOn(3, 5).to(tdr.Submitted)
	l.until(boston("2026-07-01 09:00")).do(&tdr.RecordReceipt{Evidence: someProof})
	if e, ok := l.state.Ladder.Open(3); !ok || e.R0 != day("2025-12-10") || e.Silence {
		t.Errorf("L3 after a move of the post: %+v", e)
	}
	// A refusal is no document either.
	l.do(&tdr.RecordRefusal{})
	if _, ok := l.state.Ladder.Open(3); !ok {
		t.Error("a refusal closed what the law asked")
	}
}

// TestTheLawsLevelAfterAMoveOfThePost: it stays open, its promise is kept, and
// if nobody took it on there is a day anew to do so.
func TestTheLawsLevelAfterAMoveOfThePost(t *testing.T) {
	l := begin(t, detainedSince("2025-12-20")).to(tdr.Received).until(boston("2026-03-20 09:00")) // R0+90
	if got := l.openLevels(); !slices.Equal(got, []int{2, 3, 4}) {
		t.Fatalf("open %v", got)
	}
	l.do(contactAt(tdr.FromPost, false))
	if got := l.openLevels(); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("after a letter: %v", got)
	}
	checkDue(t, l, []expected{{"ladder_level/4", boston("2026-03-23 17:00"), tdr.ByNoAcknowledging}})
	l.now = boston("2026-03-20 12:00")
	l.takeOn(3, 5)
	checkDue(t, l, []expected{{"ladder_level/4", boston("2026-03-26 00:00"), tdr.ByNextDate}})
	l.now = boston("2026-03-21 12:00")
	l.do(contactAt(tdr.FromPost, false))
	checkDue(t, l, []expected{{"ladder_level/4", delhi("2026-04-20 00:00"), tdr.ByTimescale}, {"ladder_level/4/law", boston("2026-04-19 00:00"), tdr.ByCustodyDay}})
}

func TestANewPeriodAsksAnew(t *testing.T) {
	custody := func(detained bool, r0 string) *tdr.CustodyChanged {
		c := tdr.Custody{Detained: detained}
		if r0 != "" {
			c.R0 = day(r0)
		}
		return &tdr.CustodyChanged{Custody: c}
	}
	l := begin(t, detainedSince("2026-03-01")).until(boston("2026-06-01 09:00")).told(custody(true, "2026-05-20"))
	if got := l.openLevels(); len(got) != 0 {
		t.Errorf("another period leaves %v", got)
	}
	checkDue(t, l, []expected{{"ladder_level/2/law", boston("2026-07-19 00:00"), tdr.ByCustodyDay}, {"ladder_level/3/law", boston("2026-08-18 00:00"), tdr.ByCustodyDay}})
	// Released: moot. Detained again in the same period: owed at once.
	l = begin(t, detainedSince("2026-03-01")).until(boston("2026-06-01 09:00")).told(custody(false, "2026-03-01"))
	if got := l.openLevels(); len(got) != 0 {
		t.Errorf("release leaves %v", got)
	}
	nothingByLaw(t, l, "free")
	l.now = boston("2026-06-10 09:00")
	l.told(custody(true, "2026-03-01")).until(l.now)
	if got := l.openLevels(); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("detained again: %v", got)
	}
	// A level of the old period that silence had asked too stays open for silence.
	l = begin(t, detainedSince("2026-03-01")).to(tdr.Submitted).until(boston("2026-05-01 09:00")).told(custody(true, "2026-04-20"))
	if e, ok := l.state.Ladder.Open(2); !ok || !e.R0.IsZero() || !e.Chain {
		t.Errorf("L2 after another period began: %+v", e)
	}
	// The same news twice is none.
	seq := l.state.Seq
	if l.told(custody(true, "2026-04-20")); l.state.Seq != seq {
		t.Error("the same custody twice")
	}
}

func TestACourtStaySuspendsAndShowsTheOldDates(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).until(boston("2026-05-01 09:00"))
	l.told(&tdr.CustodyChanged{Custody: tdr.Custody{Detained: true, Suspended: true, Before: day("2026-03-01")}})
	if got := l.openLevels(); len(got) != 0 {
		t.Errorf("a stay leaves %v", got)
	}
	d, ok := l.due("ladder_level/3/law")
	if !ok || !d.Suspended || !d.At.IsZero() || d.Why.Date.Date != day("2026-05-30") {
		t.Errorf("during the stay: %+v", d)
	}
	if l.until(boston("2026-09-01 09:00")); len(l.asked()) != 1 {
		t.Errorf("asked during the stay: %+v", l.asked())
	}
	l.told(&tdr.CustodyChanged{Custody: tdr.Custody{Detained: true, R0: day("2026-09-01")}})
	checkDue(t, l, []expected{{"ladder_level/2/law", boston("2026-10-31 00:00"), tdr.ByCustodyDay}})
}

func TestADocumentEndsWhatTheLawAsksUntilItIsLost(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Verifying).until(boston("2026-06-01 09:00"))
	later := issue()
	later.ValidTo = day("2026-12-31")
	l.do(later)
	if got := l.openLevels(); len(got) != 0 {
		t.Errorf("a document leaves %v", got)
	}
	l.now = boston("2026-06-03 09:00")
	l.do(&tdr.RejectDocument{Reason: "wrong_person"}).until(l.now)
	if got := l.openLevels(); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("without the document again: %v", got)
	}
}

func TestHabeasEndsThePushing(t *testing.T) {
	filed := func(date string, detained bool) *tdr.CustodyChanged {
		return &tdr.CustodyChanged{Custody: tdr.Custody{Detained: detained, R0: day("2026-03-01"), HabeasFiled: day(date)}}
	}
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted).until(boston("2026-03-20 09:00")).told(filed("2026-03-19", true))
	checkDue(t, l, []expected{{"ladder_level/6/law", boston("2026-03-19 00:00"), tdr.ByHabeas}})
	l.until(l.now)
	got := l.askedOf(6, tdr.ByHabeas)
	if len(got) != 1 || got[0].HabeasFiled != day("2026-03-19") || !slices.Equal(l.openLevels(), []int{6}) {
		t.Fatalf("asked %+v", l.asked())
	}
	// No silence climbs any more; the law's days still come, day 180 too.
	for _, d := range tdr.Due(l.state) {
		if d.Kind == tdr.LadderLevel && !d.Legal {
			t.Errorf("%s still pushes", d.Name())
		}
	}
	l.until(boston("2027-01-31 09:00"))
	if got := l.openLevels(); !slices.Equal(got, []int{2, 3, 4, 5, 6}) {
		t.Errorf("open %v", got)
	}
	if got := l.askedOf(6, tdr.ByCustodyDay); len(got) != 1 || !got[0].Again {
		t.Errorf("day 180: %+v", got)
	}
	// The petition is decided: day 180 remains. Another petition asks again.
	l.told(&tdr.CustodyChanged{Custody: tdr.Custody{Detained: true, R0: day("2026-03-01")}})
	if e, ok := l.state.Ladder.Open(6); !ok || !e.HabeasFiled.IsZero() {
		t.Errorf("L6 after the petition: %+v", e)
	}
	l.told(filed("2027-01-20", true)).until(l.now)
	if len(l.askedOf(6, tdr.ByHabeas)) != 2 {
		t.Error("another petition asked nobody")
	}
}

func TestReleaseLetsSilencePushAgain(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted).until(boston("2026-09-01 09:00"))
	if l.state.Ladder.Level() != 6 {
		t.Fatalf("open %v", l.openLevels())
	}
	l.do(&tdr.RecordReceipt{Evidence: someProof}).told(&tdr.CustodyChanged{Custody: tdr.Custody{R0: day("2026-03-01")}})
	if l.until(boston("2026-12-31 09:00")); l.state.Ladder.Level() != 4 {
		t.Errorf("after release: %v", l.openLevels())
	}
}

// TestOneOpenEscalationPerLevel holds at every moment of a long, badly neglected life.
func TestOneOpenEscalationPerLevel(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted).until(boston("2027-06-01 09:00"))
	for _, s := range l.seen {
		checkOneOpen(t, s)
	}
}

func checkOneOpen(t fataler, s tdr.State) {
	t.Helper()
	open := map[int]int{}
	ids := map[string]bool{}
	for _, e := range s.Ladder.Escalations {
		if ids[e.ID] {
			t.Fatalf("escalation %s twice", e.ID)
		}
		ids[e.ID] = true
		if e.Status != tdr.EscalationClosed {
			if open[e.Level]++; open[e.Level] > 1 {
				t.Fatalf("level %d is open twice at seq %d", e.Level, s.Seq)
			}
		}
	}
}

func TestElapseIsSilentBeforeItsTime(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted)
	next, _ := tdr.Next(l.state)
	if got := tdr.Elapse(l.state, next.At.Add(-time.Nanosecond)); len(got) != 0 {
		t.Errorf("early: %+v", got)
	}
	if got := tdr.Elapse(l.state, next.At); len(got) != 1 || got[0].CommandID != "" || got[0].Actor.ID != "system" {
		t.Errorf("on time: %+v", got)
	}
}
