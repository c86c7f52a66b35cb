package tdr_test

import (
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func TestStageTerms(t *testing.T) {
	detained := detainedSince("2026-03-01")
	for _, c := range []struct {
		life *life
		want time.Time
	}{
		{begin(t), boston("2026-04-02 00:00")},                          // 30 days after 2 March, daylight saving begins between
		{begin(t, detained), boston("2026-03-10 00:00")},                // 7 days when detained
		{begin(t).to(tdr.Review), boston("2026-03-04 17:00")},           // 2 business days
		{begin(t).to(tdr.Ready), boston("2026-03-03 11:00")},            // 9 hours from 11:00
		{begin(t, detained).to(tdr.Ready), boston("2026-03-03 11:00")},  // no shorter term for this stage
		{begin(t).to(tdr.Submitted), delhi("2026-03-09 17:00")},         // 5 business days of the post
		{begin(t).to(tdr.Received), time.Time{}},                        // no clock of its own
		{begin(t).to(tdr.InformationAsked), boston("2026-03-10 00:00")}, // 7 days of the office
		{begin(t).to(tdr.Verifying), delhi("2026-04-03 00:00")},         // 30 days of the post; at 14:00 in Boston its 3 March has begun
		{begin(t).to(tdr.Issued), boston("2026-03-03 17:00")},           // 1 business day
		{begin(t).to(tdr.TravelReady), time.Time{}},                     // the document's own end
		{begin(t).to(tdr.Refused), delhi("2026-03-13 00:00")},           // 10 days of the post
		{begin(t).to(tdr.Interview), time.Time{}},
	} {
		stage := c.life.state.Stage
		d, ok := c.life.due("stage_term/" + string(stage))
		if ok != !c.want.IsZero() || (ok && !d.At.Equal(c.want)) {
			t.Errorf("%s ends at %s, want %s", stage, d.At, c.want)
		}
		if ok && (d.Stage != stage || d.Why.Event != c.life.state.StageEvent || d.Why.Pack != "QTS/3/5e1f") {
			t.Errorf("%s explained by %+v", stage, d.Why)
		}
	}
}

func TestAStageIsOverdueOncePerStay(t *testing.T) {
	l := begin(t).until(boston("2026-06-01 09:00"))
	overdue := func() (n int) {
		for _, event := range l.state.Log {
			if _, ok := event.Fact.(*tdr.StageOverdue); ok {
				n++
			}
		}
		return n
	}
	first := l.last().Fact.(*tdr.StageOverdue)
	if overdue() != 1 || first.Stage != tdr.Assembling || !first.Due.Equal(boston("2026-04-02 00:00")) || !first.Since.Equal(l.state.StageSince) {
		t.Fatalf("told %d times: %+v", overdue(), first)
	}
	// The same stage again is another stay, even one that began at the same instant.
	l.backdated(l.state.StageSince, review())
	if _, ok := l.due("stage_term/review"); !ok {
		t.Error("a stay that began with the one before has no term")
	}
	l.do(&tdr.Return{Items: []tdr.ItemReason{{Item: "a", Reason: "b"}}}).until(boston("2026-12-01 09:00"))
	if overdue() != 2 {
		t.Errorf("told %d times", overdue())
	}
}

func TestTheDayThePostNames(t *testing.T) {
	l := begin(t).to(tdr.Received).do(&tdr.RecordInformationAsked{What: []string{"a"}, By: day("2026-03-20")})
	d, _ := l.due("stage_term/information_asked")
	if !d.At.Equal(boston("2026-03-21 00:00")) || d.Why.Date == nil || d.Why.Date.From != day("2026-03-20") {
		t.Errorf("answer wanted by 20 March, due %+v", d)
	}
}

func TestAHoldStretchesOurOwnTermsToo(t *testing.T) {
	l := begin(t).until(boston("2026-03-05 09:00")).told(&tdr.HoldChanged{Hold: "h", Stops: true})
	if d, _ := l.due("stage_term/assembling"); !d.Suspended {
		t.Errorf("under a hold: %+v", d)
	}
	l.until(boston("2026-03-12 09:00")).told(&tdr.HoldChanged{Hold: "h"})
	if d, _ := l.due("stage_term/assembling"); !d.At.Equal(boston("2026-04-09 00:00")) {
		t.Errorf("after seven days of hold: %s", d.At)
	}
	// Detention shortens the term of a stay that runs.
	l = begin(t).told(&tdr.CustodyChanged{Custody: tdr.Custody{Detained: true}})
	if d, _ := l.due("stage_term/assembling"); !d.At.Equal(boston("2026-03-10 00:00")) {
		t.Errorf("detained: %s", d.At)
	}
}

func TestValidityAlertsAndReissueByItself(t *testing.T) {
	l := begin(t).to(tdr.TravelReady) // valid from 2 March to 10 June 2026: 100 days
	checkDue(t, l, []expected{
		{"validity_alert/50%", boston("2026-04-21 00:00"), ""},
		{"validity_alert/25%", boston("2026-05-16 00:00"), ""}, // 100 days less 25 after the beginning
		{"validity_alert/7d", boston("2026-06-03 00:00"), ""},
		{"document_ends", boston("2026-06-11 00:00"), ""},
	})
	l.told(&tdr.HoldChanged{Hold: "h", Stops: true}).until(boston("2026-06-10 23:59"))
	var alerts []string
	for _, event := range l.state.Log {
		if fact, ok := event.Fact.(*tdr.ValidityAlerted); ok && fact.ValidTo == day("2026-06-10") {
			alerts = append(alerts, fact.Alert)
		}
	}
	if !slices.Equal(alerts, []string{"50%", "25%", "7d"}) || l.state.Stage != tdr.TravelReady {
		t.Errorf("told %v, in %s", alerts, l.state.Stage)
	}
	l.until(boston("2026-06-11 00:00"))
	fact, ok := l.last().Fact.(*tdr.ReissueBegun)
	if !ok || fact.Reason != "document_ended" || l.last().Actor.ID != "system" || l.state.Stage != tdr.Assembling || !l.state.VerificationKept {
		t.Errorf("at the end: %+v in %s", l.last().Fact, l.state.Stage)
	}
	// A second document has alerts of its own.
	l.told(&tdr.HoldChanged{Hold: "h"})
	second := issue()
	second.ValidTo = day("2026-09-01")
	l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.Send{Content: someHash, Channel: tdr.ByCourier}).do(second)
	if _, ok := l.due("validity_alert/7d"); !ok {
		t.Error("the second document has no alert")
	}
}

// TestACalendarThatEndsHidesNoLegalDate: a count that leaves the recorded
// calendar is shown as that calendar's end, and blocks nothing behind it.
func TestACalendarThatEndsHidesNoLegalDate(t *testing.T) {
	short := func(_ *tdr.Open, f *tdr.OpeningFacts) {
		f.Custody = tdr.Custody{Detained: true, R0: day("2026-03-01")}
		f.PostTime = build(calendar.Spec{Name: "post/tst-capital", Zone: "Asia/Kolkata", Week: workWeek()}, "2026-01-01", "2026-03-15")
	}
	l := begin(t, short).to(tdr.Submitted)
	d, ok := l.due("calendar_ends/post/tst-capital")
	if !ok || !d.At.Equal(delhi("2026-03-15 00:00")) || d.Why.Date.Slice != "post/tst-capital" {
		t.Fatalf("calendar ends: %+v", d)
	}
	checkDue(t, l, custodyDays)
	names := map[string]bool{}
	for _, d := range tdr.Due(l.state) {
		if names[d.Name()] {
			t.Errorf("%s twice", d.Name())
		}
		names[d.Name()] = true
	}
	if next, _ := tdr.Next(l.state); next.Kind == tdr.CalendarEnds {
		t.Error("waits for what somebody else must bring")
	}
	l.until(boston("2026-06-01 09:00"))
	if got := l.openLevels(); !slices.Contains(got, 2) || !slices.Contains(got, 3) {
		t.Errorf("behind the calendar's end: %v", got)
	}
	// A renewed calendar brings the counts back; another post's is not ours.
	seq, material := l.state.Seq, l.state.MaterialSeq
	if l.told(&tdr.CalendarsRenewed{OfficeTime: officeTime(), PostTime: otherPostTime()}); l.state.Seq != seq {
		t.Error("took another post's calendar")
	}
	l.told(&tdr.CalendarsRenewed{OfficeTime: officeTime(), PostTime: postTime()})
	if _, ok := l.due("calendar_ends/post/tst-capital"); ok || l.state.MaterialSeq != material {
		t.Error("the calendar is renewed, but still ends, or fails a form")
	}
	checkDue(t, l, []expected{{"ladder_level/0", delhi("2026-03-27 00:00"), tdr.ByPercent}})
	if l.told(&tdr.CalendarsRenewed{OfficeTime: officeTime(), PostTime: postTime()}); l.state.Seq != seq+1 {
		t.Error("the same calendars twice")
	}
	// A figure that no calendar can count has no date, and blocks nothing.
	odd := begin(t, func(_ *tdr.Open, f *tdr.OpeningFacts) { f.Terms.Ladder.Percents = []int{80, 100, 125, 99_000} }).to(tdr.Submitted)
	checkDue(t, odd, []expected{{"ladder_level/2", delhi("2026-04-10 00:00"), tdr.ByPercent}, {"ladder_level/3", time.Time{}, ""}})
}

func TestPacksWithoutFigures(t *testing.T) {
	l := begin(t, func(_ *tdr.Open, f *tdr.OpeningFacts) {
		f.Terms = playbook.Terms{Timescale: term(30, calendar.CalendarDays, playbook.Office)}
		f.Custody = tdr.Custody{Detained: true, R0: day("2026-03-01")}
	}).to(tdr.Submitted).do(contactAt(tdr.ToPost, false))
	for _, d := range tdr.Due(l.state) {
		if d.Name() != "ladder_level/4" {
			t.Errorf("without a figure: %+v", d)
		}
	}
	if e := l.until(boston("2026-05-01 09:00")).state.Ladder; len(e.Escalations) != 1 {
		t.Errorf("asked %+v", e)
	}
}

func TestSuspendedDeadlinesComeLast(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted).told(&tdr.HoldChanged{Hold: "h", Stops: true})
	due := tdr.Due(l.state)
	if !slices.IsSortedFunc(due, func(a, b tdr.Deadline) int {
		if a.Suspended != b.Suspended {
			if a.Suspended {
				return 1
			}
			return -1
		}
		return a.At.Compare(b.At)
	}) || !due[len(due)-1].Suspended || due[0].Suspended {
		t.Errorf("out of order: %+v", due)
	}
}

func TestNoticesForWhatPeopleMustBeTold(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	before := l.state.Seq
	l.until(boston("2026-04-02 09:00")).told(&tdr.MailBounced{Notice: "n", Recipient: "r"})
	var kinds []tdr.NoticeKind
	keys := map[string]bool{}
	for _, notice := range tdr.Notices(l.state, before) {
		kinds = append(kinds, notice.Kind)
		if keys[notice.Key] || notice.Key == "" || !notice.WaitingFrom.Equal(l.state.Waiting.Since) {
			t.Errorf("notice %+v", notice)
		}
		keys[notice.Key] = true
	}
	if !slices.Equal(kinds, []tdr.NoticeKind{tdr.StageNotice, tdr.LevelNotice, tdr.LevelNotice, tdr.BounceNotice}) {
		t.Errorf("notices %v", kinds)
	}
	level := tdr.Notices(l.state, before)[2]
	if level.Level != 1 || level.Trigger != tdr.ByPercent || level.Escalation == "" || !level.ActBy.Equal(boston("2026-04-02 17:00")) || level.Stage != tdr.Submitted {
		t.Errorf("level notice %+v", level)
	}
	if got := tdr.Notices(l.state, l.state.Seq); len(got) != 0 {
		t.Errorf("nothing new: %+v", got)
	}
	ready := begin(t).to(tdr.TravelReady)
	before = ready.state.Seq
	ready.until(boston("2026-04-22 09:00"))
	if got := tdr.Notices(ready.state, before); len(got) != 1 || got[0].Kind != tdr.ValidityNotice || got[0].ValidTo != day("2026-06-10") {
		t.Errorf("validity notices %+v", got)
	}
}

func TestReceiveTakesNewsOnce(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	for _, fact := range []tdr.Fact{&tdr.MailBounced{Notice: "n", Recipient: "r"}, &tdr.ReplyReceived{Message: "m"}} {
		seq, material := l.state.Seq, l.state.MaterialSeq
		l.told(fact).told(fact)
		if l.state.Seq != seq+1 || l.state.MaterialSeq != material {
			t.Errorf("%s: %d events, material %d", fact.Type(), l.state.Seq-seq, l.state.MaterialSeq)
		}
	}
	if got := tdr.Receive(l.state, &tdr.Sent{}, l.now); len(got) != 0 {
		t.Errorf("a signal cannot send: %+v", got)
	}
}

func TestTheReadModel(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Submitted).until(boston("2026-04-02 09:00")).do(contactAt(tdr.ToPost, false)).takeOn(1, 3)
	row := tdr.Project(l.state)
	s := l.state
	if row.RequestID != s.ID || row.Seq != s.Seq || row.MaterialSeq != s.MaterialSeq || row.Stage != tdr.Submitted || !row.StageSince.Equal(s.StageSince) ||
		row.Owner != tdr.ConsulateOwner || row.Officer != "officer1" || row.Post != "tst-capital" || !row.WaitingSince.Equal(s.Waiting.Since) ||
		!row.LastContactAt.Equal(l.now) || !row.Detained || row.Level != 4 || row.Recall || len(row.Deadlines) != len(tdr.Due(s)) {
		t.Errorf("row %+v", row)
	}
	if len(row.Escalations) != 3 || row.Escalations[1].Status != tdr.EscalationTaken && row.Escalations[2].Status != tdr.EscalationTaken {
		t.Errorf("escalations %+v", row.Escalations)
	}
	ready := tdr.Project(begin(t).to(tdr.TravelReady).state)
	if ready.ValidTo != "2026-06-10" || ready.FirstIssuedAt.IsZero() || ready.Level != -1 {
		t.Errorf("row %+v", ready)
	}
}
