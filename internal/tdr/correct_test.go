package tdr_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// seqOf is the seq of the last event of a type.
func (l *life) seqOf(kind tdr.Type) (seq int64) {
	for _, event := range l.state.Log {
		if event.Fact.Type() == kind {
			seq = event.Seq
		}
	}
	return seq
}

func correction(seq int64, change func(*tdr.Correct)) *tdr.Correct {
	act := &tdr.Correct{Event: seq, Reason: "typing_error"}
	change(act)
	return act
}

func TestACorrectionDerivesClocksAnew(t *testing.T) {
	l := begin(t).to(tdr.Received)
	l.now = boston("2026-03-20 10:00")
	l.do(&tdr.BeginVerification{Evidence: someProof})
	seq := l.state.Seq
	known := l.state
	checkDue(t, l, []expected{{"stage_term/verifying", delhi("2026-04-20 00:00"), ""}})
	l.now = boston("2026-03-24 10:00")
	l.do(correction(seq, func(c *tdr.Correct) { c.OccurredAt = boston("2026-03-12 10:00") }))
	checkDue(t, l, []expected{{"stage_term/verifying", delhi("2026-04-12 00:00"), ""}})
	// Both readings stay on record.
	if got := l.state.AsKnownAt(seq); !reflect.DeepEqual(got, known) || !got.StageSince.Equal(boston("2026-03-20 10:00")) {
		t.Errorf("as known then: %s", got.StageSince)
	}
	if !l.state.Log[seq-1].OccurredAt.Equal(boston("2026-03-20 10:00")) || l.state.Seq != seq+1 || l.state.MaterialSeq != seq+1 {
		t.Error("a correction changed what was recorded")
	}
	if got := l.state.AsKnownAt(99); !reflect.DeepEqual(got, l.state) {
		t.Error("as known in the end is not the state")
	}
	if got := l.state.AsKnownAt(-1); got.Seq != 0 {
		t.Errorf("as known before the beginning: %+v", got)
	}
}

func TestCorrectionsOfOneEventAddUp(t *testing.T) {
	l := begin(t).to(tdr.Verifying)
	l.now = boston("2026-03-20 10:00")
	l.do(issue())
	seq := l.state.Seq
	l.do(correction(seq, func(c *tdr.Correct) { c.ValidTo = day("2026-07-01") }))
	l.do(correction(seq, func(c *tdr.Correct) { c.OccurredAt = boston("2026-03-18 10:00") }))
	if l.state.Document.ValidTo != day("2026-07-01") || !l.state.FirstIssuedAt.Equal(boston("2026-03-18 10:00")) {
		t.Errorf("read as %+v, issued %s", l.state.Document, l.state.FirstIssuedAt)
	}
	// What was written first can be restored.
	l.do(correction(seq, func(c *tdr.Correct) { c.ValidTo = day("2026-06-10") }))
	if l.state.Document.ValidTo != day("2026-06-10") || !l.state.FirstIssuedAt.Equal(boston("2026-03-18 10:00")) {
		t.Errorf("restored to %+v", l.state.Document)
	}
}

func TestCorrectedValidityAlertsAgain(t *testing.T) {
	l := begin(t).to(tdr.TravelReady).until(boston("2026-06-04 09:00"))
	if _, ok := l.due("validity_alert/7d"); ok {
		t.Fatal("the alert was not given")
	}
	longer := correction(l.seqOf(tdr.IssuedType), func(c *tdr.Correct) { c.ValidTo = day("2026-08-10") })
	if _, err := l.decide(longer, by("officer1", tdr.OfficerRole)); refusal(err).Code != tdr.SamePerson {
		t.Errorf("the recorder made an authenticated document last longer: %v", err)
	}
	l.must(l.decide(longer, by("officer2", tdr.OfficerRole)))
	checkDue(t, l, []expected{{"validity_alert/7d", boston("2026-08-03 00:00"), ""}, {"document_ends", boston("2026-08-11 00:00"), ""}})
}

func TestEveryFieldThatCanBeCorrected(t *testing.T) {
	l := begin(t).to(tdr.Received)
	l.now = boston("2026-03-10 10:00")
	l.do(&tdr.RecordInformationAsked{What: []string{"a"}, By: day("2026-03-20")})
	l.do(correction(l.state.Seq, func(c *tdr.Correct) { c.By = day("2026-03-25") }))
	if l.state.AnswerBy != day("2026-03-25") {
		t.Errorf("answer by %s", l.state.AnswerBy)
	}
	l = begin(t).to(tdr.Interview)
	zoned := time.FixedZone("X", 7200)
	l.do(correction(l.state.Seq, func(c *tdr.Correct) { c.InterviewAt = boston("2026-03-12 10:00").In(zoned) }))
	if !l.state.InterviewAt.Equal(boston("2026-03-12 10:00")) || l.last().Fact.(*tdr.Corrected).InterviewAt.Location() != time.UTC {
		t.Errorf("interview at %s", l.state.InterviewAt)
	}
	l = begin(t).to(tdr.Issued)
	l.do(correction(l.state.Seq, func(c *tdr.Correct) { c.ValidFrom = day("2026-03-05") }))
	if l.state.Document.ValidFrom != day("2026-03-05") || l.state.Document.ValidTo != day("2026-06-10") {
		t.Errorf("valid %+v", l.state.Document)
	}
}

func TestCorrectionRules(t *testing.T) {
	at := func(seq int64, text string) tdr.Act {
		return correction(seq, func(c *tdr.Correct) { c.OccurredAt = boston(text) })
	}
	// 1 opened, 2 review, 3 approved, 4 sent 12:00, 5 received 13:00, 6 verifying 14:00, then 15:00; 7 a letter.
	verifying := func(t *testing.T) *life {
		l := begin(t).to(tdr.Verifying).do(contactAt(tdr.FromPost, false))
		l.now = boston("2026-03-09 10:00")
		return l
	}
	questioned := func(t *testing.T) *life {
		return begin(t).to(tdr.Received).do(&tdr.RecordInformationAsked{What: []string{"a"}, By: day("2026-03-20")})
	}
	held := func(t *testing.T) *life {
		l := begin(t).to(tdr.Interview)
		l.now = boston("2026-03-10 10:00")
		return l.do(&tdr.RecordInterview{Result: tdr.InterviewHeld})
	}
	issued := func(t *testing.T) *life { return begin(t).to(tdr.Issued) }
	tryAll(t, []attempt{
		{name: "no event", life: verifying, act: at(0, "2026-03-02 12:30"), code: tdr.EventUnknown, field: "event"},
		{name: "later event", life: verifying, act: at(8, "2026-03-02 12:30"), code: tdr.EventUnknown, field: "event"},
		{name: "the sending", life: verifying, act: at(4, "2026-03-02 12:30"), code: tdr.EventUnknown, field: "event"},
		{name: "the opening", life: verifying, act: at(1, "2026-03-02 09:30"), code: tdr.EventUnknown, field: "event"},
		{name: "no reason", life: verifying, act: &tdr.Correct{Event: 5, OccurredAt: boston("2026-03-02 12:30")}, code: tdr.Missing, field: "reason"},
		{name: "nothing", life: verifying, act: &tdr.Correct{Event: 5, Reason: "a"}, code: tdr.Missing, field: "occurred_at"},
		{name: "the same", life: verifying, act: at(5, "2026-03-02 13:00"), code: tdr.Missing, field: "occurred_at"},
		{name: "in the future", life: verifying, act: at(6, "2026-03-09 10:01"), code: tdr.InFuture, field: "occurred_at"},
		{name: "after it was recorded", life: verifying, act: at(6, "2026-03-02 14:01"), code: tdr.Contradicts, field: "occurred_at"},
		{name: "before what it follows on", life: verifying, act: at(5, "2026-03-02 11:59"), code: tdr.Contradicts, field: "occurred_at"},
		{name: "letter before the request", life: verifying, act: at(7, "2026-03-02 09:59"), code: tdr.Contradicts, field: "occurred_at"},
		{name: "after what follows on it", life: func(t *testing.T) *life {
			l := begin(t).to(tdr.Submitted)
			l.now = boston("2026-03-09 10:00")
			return l.backdated(boston("2026-03-04 10:00"), &tdr.RecordReceipt{Evidence: someProof}).
				backdated(boston("2026-03-05 10:00"), &tdr.BeginVerification{Evidence: someProof})
		}, act: at(5, "2026-03-06 10:00"), code: tdr.Contradicts, field: "occurred_at"},
		{name: "day of no question", life: verifying, act: correction(5, func(c *tdr.Correct) { c.By = day("2026-03-09") }), code: tdr.Invalid, field: "by"},
		{name: "time of no interview", life: verifying, act: correction(5, func(c *tdr.Correct) { c.InterviewAt = boston("2026-03-09 10:00") }), code: tdr.Invalid, field: "interview_at"},
		{name: "beginning of no document", life: verifying, act: correction(5, func(c *tdr.Correct) { c.ValidFrom = day("2026-03-09") }), code: tdr.Invalid, field: "valid_from"},
		{name: "end of no document", life: verifying, act: correction(5, func(c *tdr.Correct) { c.ValidTo = day("2026-03-09") }), code: tdr.Invalid, field: "valid_to"},
		{name: "answer before the question", life: questioned, act: correction(6, func(c *tdr.Correct) { c.By = day("2026-03-01") }), code: tdr.Contradicts, field: "by"},
		{name: "interview before it was set", life: in(tdr.Interview), act: correction(5, func(c *tdr.Correct) { c.InterviewAt = boston("2026-03-02 10:00") }), code: tdr.Contradicts, field: "interview_at"},
		{name: "interview after it was held", life: held, act: correction(5, func(c *tdr.Correct) { c.InterviewAt = boston("2026-03-11 10:00") }), code: tdr.Contradicts, field: "interview_at"},
		{name: "held before it began", life: held, act: at(6, "2026-03-02 15:00"), code: tdr.Contradicts, field: "occurred_at"},
		{name: "document ends before it begins", life: issued, act: correction(5, func(c *tdr.Correct) { c.ValidTo = day("2026-03-01") }), code: tdr.Contradicts, field: "valid_to"},
		{name: "document begins after its end", life: issued, act: correction(5, func(c *tdr.Correct) { c.ValidFrom = day("2026-06-11") }), code: tdr.Contradicts, field: "valid_to"},
		{name: "issued after its end", life: issued, act: correction(5, func(c *tdr.Correct) { c.ValidFrom, c.ValidTo = day("2026-01-01"), day("2026-03-01") }), code: tdr.Contradicts, field: "valid_to"},
	})
	// A letter may be older than the stage in which it was recorded; every recorded fact may be corrected.
	l := verifying(t).do(at(7, "2026-03-02 10:30"))
	if !l.state.Contacts.Last.Equal(boston("2026-03-02 10:30")) {
		t.Errorf("letter of %s", l.state.Contacts.Last)
	}
	l.do(at(5, "2026-03-02 12:10")).do(at(6, "2026-03-02 12:20"))
	if !l.state.StageSince.Equal(boston("2026-03-02 12:20")) {
		t.Errorf("verifying since %s", l.state.StageSince)
	}
	l.do(&tdr.RecordRefusal{})
	seq := l.state.Seq
	l.now = l.now.Add(time.Hour)
	l.do(at(seq, "2026-03-08 10:00"))
	if !l.state.StageSince.Equal(boston("2026-03-08 10:00")) {
		t.Errorf("refused since %s", l.state.StageSince)
	}
	// The earlier of two may follow the corrected date of the later, not its first.
	l = verifying(t).do(at(6, "2026-03-02 13:30"))
	if _, err := l.decide(at(5, "2026-03-02 13:40"), usual(tdr.CorrectName)); refusal(err).Code != tdr.Contradicts {
		t.Errorf("receipt after verification: %v", err)
	}
}
