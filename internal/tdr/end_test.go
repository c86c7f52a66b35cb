package tdr_test

import (
	"testing"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

func TestDocumentRules(t *testing.T) {
	all := &tdr.Authenticate{Photo: true, Names: true, Serial: true}
	late := func(text string) func(*testing.T) *life {
		return func(t *testing.T) *life {
			l := begin(t).to(tdr.Issued)
			l.now = boston(text)
			return l
		}
	}
	corrected := func(t *testing.T) *life {
		l := begin(t).to(tdr.Issued)
		longer := correction(l.state.Seq, func(c *tdr.Correct) { c.ValidTo = day("2026-09-10") })
		return l.must(l.decide(longer, by("officer3", tdr.OfficerRole)))
	}
	tryAll(t, []attempt{
		{name: "recorder authenticates", life: in(tdr.Issued), act: all, actor: by("officer1", tdr.OfficerRole), code: tdr.SamePerson},
		{name: "recorder rejects", life: in(tdr.Issued), act: &tdr.RejectDocument{Reason: "wrong_person"}, actor: by("officer1", tdr.OfficerRole), code: tdr.SamePerson},
		{name: "who corrected it authenticates", life: corrected, act: all, actor: by("officer3", tdr.OfficerRole), code: tdr.SamePerson},
		{name: "who corrected it rejects", life: corrected, act: &tdr.RejectDocument{Reason: "wrong_person"}, actor: by("officer3", tdr.OfficerRole), code: tdr.SamePerson},
		{name: "issuer unknown", life: in(tdr.Issued), act: all, facts: func(f *tdr.Facts) { f.IssuerVerified = false }, code: tdr.DocumentUnfit, field: "issuer"},
		{name: "photo", life: in(tdr.Issued), act: &tdr.Authenticate{Names: true, Serial: true}, code: tdr.DocumentUnfit, field: "photo"},
		{name: "names", life: in(tdr.Issued), act: &tdr.Authenticate{Photo: true, Serial: true}, code: tdr.DocumentUnfit, field: "names"},
		{name: "serial", life: in(tdr.Issued), act: &tdr.Authenticate{Photo: true, Names: true}, code: tdr.DocumentUnfit, field: "serial"},
		{name: "inside the margin", life: late("2026-06-08 10:00"), act: all, code: tdr.DocumentUnfit, field: "valid_to"},
		{name: "rejected for nothing", life: in(tdr.Issued), act: &tdr.RejectDocument{}, code: tdr.Missing, field: "reason"},
		{name: "reissue for nothing", life: in(tdr.Issued), act: &tdr.Reissue{}, code: tdr.Missing, field: "reason"},
		{name: "travel without day", life: in(tdr.TravelReady), act: &tdr.RecordTravel{}, code: tdr.Missing, field: "on"},
		{name: "travel tomorrow", life: in(tdr.TravelReady), act: &tdr.RecordTravel{On: day("2026-03-03")}, code: tdr.InFuture, field: "on"},
		{name: "travel before authentication", life: in(tdr.TravelReady), act: &tdr.RecordTravel{On: day("2026-03-01")}, code: tdr.Contradicts, field: "on"},
		{name: "travel after validity", life: func(t *testing.T) *life {
			l := begin(t).to(tdr.TravelReady)
			l.now = boston("2026-06-11 10:00")
			return l
		}, act: &tdr.RecordTravel{On: day("2026-06-11")}, code: tdr.OutsideValidity, field: "on"},
		{name: "travel before validity", life: func(t *testing.T) *life {
			l := begin(t).to(tdr.Verifying)
			early := issue()
			early.ValidFrom = day("2026-03-05")
			return l.do(early).do(all)
		}, act: &tdr.RecordTravel{On: day("2026-03-02")}, code: tdr.OutsideValidity, field: "on"},
		{name: "close for nothing", life: in(tdr.Refused), act: &tdr.Close{}, code: tdr.Missing, field: "reason"},
		{name: "withdraw as travelled", life: in(tdr.Issued), act: &tdr.Withdraw{Outcome: tdr.OutcomeTravelled, Reason: "a"}, code: tdr.Invalid, field: "outcome"},
		{name: "withdraw for nothing", life: in(tdr.Issued), act: &tdr.Withdraw{Outcome: tdr.OutcomeReleased}, code: tdr.Missing, field: "reason"},
		{name: "retry with nothing", life: in(tdr.Refused), act: &tdr.Retry{}, code: tdr.Missing, field: "evidence"},
		{name: "retry with what did not help before", life: func(t *testing.T) *life {
			return begin(t).to(tdr.Refused).do(&tdr.Retry{Evidence: someProof}).to(tdr.Refused)
		}, act: &tdr.Retry{Evidence: someProof}, code: tdr.Invalid, field: "evidence"},
		{name: "retry at the same post", life: in(tdr.Refused), act: &tdr.Retry{Post: "tst-capital"}, code: tdr.Invalid, field: "post"},
		{name: "retry at a post unknown", life: in(tdr.Refused), act: &tdr.Retry{Post: "tst-harbor"}, facts: func(f *tdr.Facts) { f.PostTime = nil }, code: tdr.Missing, field: "post"},
	})
	// The last day on which the margin is kept.
	l := late("2026-06-07 23:59")(t).do(all)
	if l.state.Stage != tdr.TravelReady {
		t.Errorf("authenticated into %s", l.state.Stage)
	}
}

func TestHowRequestsEnd(t *testing.T) {
	refusedAs := func(notANational bool) func(*testing.T) *life {
		return func(t *testing.T) *life {
			return begin(t).to(tdr.Verifying).do(&tdr.RecordRefusal{NotANational: notANational})
		}
	}
	closing := &tdr.Close{Reason: "no_evidence"}
	for _, c := range []struct {
		life    func(*testing.T) *life
		act     tdr.Act
		outcome tdr.Outcome
		recall  bool
	}{
		{refusedAs(false), closing, tdr.OutcomeRefused, false},
		{refusedAs(true), closing, tdr.OutcomeNotANational, false},
		{in(tdr.Issued), closing, tdr.OutcomeIssuedUnused, false},
		{in(tdr.TravelReady), closing, tdr.OutcomeIssuedUnused, false},
		{in(tdr.TravelReady), &tdr.RecordTravel{On: day("2026-03-02")}, tdr.OutcomeTravelled, false},
		{in(tdr.Assembling), &tdr.Withdraw{Outcome: tdr.OutcomeWithdrawn, Reason: "a"}, tdr.OutcomeWithdrawn, false},
		{in(tdr.Ready), &tdr.Withdraw{Outcome: tdr.OutcomeOther, Reason: "a"}, tdr.OutcomeOther, false},
		{in(tdr.Submitted), &tdr.Withdraw{Outcome: tdr.OutcomeReliefGranted, Reason: "a"}, tdr.OutcomeReliefGranted, true},
		{in(tdr.TravelReady), &tdr.Withdraw{Outcome: tdr.OutcomeReleased, Reason: "a"}, tdr.OutcomeReleased, true},
	} {
		l := c.life(t)
		l.do(c.act)
		fact, row := l.last().Fact.(*tdr.RequestClosed), tdr.Project(l.state)
		if l.state.Outcome != c.outcome || fact.Recall != c.recall || row.Recall != c.recall || !l.state.ClosedAt.Equal(l.now) || len(tdr.Due(l.state)) != 0 {
			t.Errorf("%s: closed as %s, recall %v and %v", c.outcome, l.state.Outcome, fact.Recall, row.Recall)
		}
		if row.Level != -1 || row.Owner != "" || !row.WaitingSince.IsZero() {
			t.Errorf("%s: still waits in the read model: %+v", c.outcome, row)
		}
		// Nothing reaches a closed request.
		if l.told(&tdr.HoldChanged{Hold: "h", Stops: true}).told(&tdr.CustodyChanged{Custody: tdr.Custody{Detained: true}}); l.last().Fact != tdr.Fact(fact) {
			t.Errorf("%s: a closed request took %T", c.outcome, l.last().Fact)
		}
	}
}

func TestRoundsOfARequest(t *testing.T) {
	l := begin(t).to(tdr.Refused)
	l.do(&tdr.Retry{Post: "tst-harbor"})
	if l.state.Stage != tdr.Assembling || l.state.Post != "tst-harbor" || l.state.PostTime.Name != "post/tst-harbor" || !l.state.Package.Out || l.state.Package.Content != "" {
		t.Errorf("retried elsewhere: %+v", l.state.Package)
	}
	l = begin(t).to(tdr.Refused).do(&tdr.Retry{Evidence: someProof})
	if l.state.Stage != tdr.Assembling || l.state.Post != "tst-capital" {
		t.Errorf("retried: %s", l.state.Post)
	}
	l = begin(t).to(tdr.TravelReady)
	first := l.state.FirstIssuedAt
	l.do(&tdr.Reissue{Reason: "lost"})
	if !l.state.VerificationKept || l.state.Document.Reference != "" || l.state.Stage != tdr.Assembling {
		t.Errorf("reissue: %+v", l.state.Document)
	}
	l.to(tdr.Issued)
	if !l.state.FirstIssuedAt.Equal(first) {
		t.Error("time to issue ends at the first document")
	}
	l.do(&tdr.RejectDocument{Reason: "wrong_person"})
	if l.state.Stage != tdr.Verifying || !l.state.Waiting.Since.Equal(l.now) || l.state.Document.Reference != "" {
		t.Errorf("rejected: %+v", l.state.Waiting)
	}
}
