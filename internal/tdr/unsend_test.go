package tdr_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What never left takes the request back to where it was: approved, with us
// and not with the post, and it can be sent again.
func TestWhatNeverLeftIsSentAgain(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	stopped := &tdr.SendStopped{Dispatch: l.sentLast()}
	for range 2 {
		l.told(stopped)
	}
	s := l.state
	if s.Stage != tdr.Ready || s.Package.Approved != someHash || s.Package.Out || s.Waiting.Open() || l.last().Fact != tdr.Fact(stopped) {
		t.Fatalf("stage %s, package %+v, waiting %+v, last %s", s.Stage, s.Package, s.Waiting, l.last().Fact.Type())
	}
	if _, owed := tdr.Next(s); owed && len(l.openLevels()) > 0 {
		t.Error("the post is asked about what it never got")
	}
	l.do(&tdr.Send{Content: someHash, Channel: tdr.ByCourier})
	l.told(stopped)
	if l.state.Stage != tdr.Submitted || !l.state.Package.Out {
		t.Errorf("an old stop took back a new sending: %s", l.state.Stage)
	}
}

// The post's question still waits when the answer never left, and its clock
// stands still as before; the package, which did leave, is out.
func TestAnAnswerThatNeverLeftIsOwed(t *testing.T) {
	l := begin(t).to(tdr.InformationAsked)
	pause := l.state.Waiting.Pauses
	l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.AnswerInformation{Content: someHash, Channel: tdr.ByCourier})
	if l.state.Stage != tdr.Received || l.state.Waiting.Pauses[0].To.IsZero() {
		t.Fatalf("%s %+v", l.state.Stage, l.state.Waiting)
	}
	l.now = l.now.Add(time.Minute)
	l.told(&tdr.SendStopped{Dispatch: l.sentLast()})
	s := l.state
	if s.Stage != tdr.InformationAsked || s.CameFrom != tdr.Received || s.Package.Approved != someHash || !s.Package.Out {
		t.Errorf("stage %s from %s, package %+v", s.Stage, s.CameFrom, s.Package)
	}
	if len(s.Waiting.Pauses) != 1 || s.Waiting.Pauses[0] != pause[0] {
		t.Errorf("pauses %+v, before %+v", s.Waiting.Pauses, pause)
	}
}

// What the post has answered was there; nothing takes that back.
func TestWhatThePostAnsweredWasThere(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	dispatch := l.sentLast()
	l.do(&tdr.RecordReceipt{Evidence: someProof}).told(&tdr.SendStopped{Dispatch: dispatch})
	if l.state.Stage != tdr.Received {
		t.Errorf("stage %s", l.state.Stage)
	}
}

// A post that sent the package back is reminded of nothing, whatever it had
// begun, and what is sent once more is reviewed and approved once more.
func TestWhatCameBackGoesThroughTheGateAgain(t *testing.T) {
	for _, stage := range []tdr.Stage{tdr.Submitted, tdr.Received, tdr.Interview, tdr.Verifying} {
		l := begin(t).to(stage)
		l.until(l.now.AddDate(0, 0, 60))
		if len(l.openLevels()) == 0 {
			t.Fatalf("%s: nothing stands open to be closed", stage)
		}
		back := &tdr.RecallConfirmed{Dispatch: l.sentLast(), As: "returned"}
		for range 2 {
			l.told(back)
		}
		s := l.state
		if s.Stage != tdr.Assembling || s.Package != (tdr.Package{}) || s.Waiting.Open() || len(l.openLevels()) > 0 || l.last().Fact != tdr.Fact(back) {
			t.Fatalf("%s: now %s, package %+v, waiting %+v, open %v", stage, s.Stage, s.Package, s.Waiting, l.openLevels())
		}
		l.until(l.now.AddDate(0, 0, 90))
		if open := l.openLevels(); len(open) > 0 {
			t.Errorf("%s: levels %v are asked about what the post no longer has", stage, open)
		}
		if _, err := l.decide(&tdr.Send{Content: someHash, Channel: tdr.ByCourier}, usual(tdr.SendName)); err == nil {
			t.Errorf("%s: it leaves once more by an approval that was used", stage)
		}
		l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.Send{Content: someHash, Channel: tdr.ByCourier}).told(back)
		if l.state.Stage != tdr.Submitted || !l.state.Package.Out || !l.state.Waiting.Open() {
			t.Errorf("%s: sent again it is %s, %+v", stage, l.state.Stage, l.state.Package)
		}
	}
}

// While something still lies with the post, the request stays with it.
func TestOnlyWhatIsAllBackIsWithUs(t *testing.T) {
	l := begin(t).to(tdr.InformationAsked)
	l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.AnswerInformation{Content: someHash, Channel: tdr.ByCourier})
	sent := l.sent()
	for i, want := range []tdr.Stage{tdr.Received, tdr.Assembling} {
		l.told(&tdr.RecallConfirmed{Dispatch: sent[i], As: "destroyed"})
		if l.state.Stage != want || l.state.Package.Out != (want == tdr.Received) {
			t.Errorf("%d back: %s, %+v", i+1, l.state.Stage, l.state.Package)
		}
	}
}

// An answer that never left is owed to nobody once the package is back.
func TestAnAnswerToWhatIsBackIsNotOwed(t *testing.T) {
	l := begin(t).to(tdr.InformationAsked)
	l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.AnswerInformation{Content: someHash, Channel: tdr.ByCourier})
	l.told(&tdr.RecallConfirmed{Dispatch: l.sent()[0], As: "returned"}).told(&tdr.SendStopped{Dispatch: l.sentLast()})
	if l.state.Stage != tdr.Assembling || l.state.Package != (tdr.Package{}) {
		t.Errorf("%s, %+v", l.state.Stage, l.state.Package)
	}
}

// A document stays in hand whatever came back; once it is rejected, nothing is
// with the post from which another could come.
func TestADocumentOutlastsTheRecall(t *testing.T) {
	l := begin(t).to(tdr.Issued)
	l.told(&tdr.RecallConfirmed{Dispatch: l.sentLast(), As: "returned"})
	if l.state.Stage != tdr.Issued || l.state.Package.Out {
		t.Fatalf("%s, %+v", l.state.Stage, l.state.Package)
	}
	l.do(&tdr.RejectDocument{Reason: "wrong_person"})
	if l.state.Stage != tdr.Assembling || l.state.Waiting.Open() {
		t.Errorf("%s, %+v", l.state.Stage, l.state.Waiting)
	}
}

// Whatever happens, a request is with the post only while something lies there,
// and only then the post owes an answer.
func TestNothingIsAwaitedFromAPostThatHasNothing(t *testing.T) {
	everyLife(t, func(t *rapid.T, r *run) {
		for i, s := range r.seen {
			away := map[string]bool{}
			for _, event := range r.state.Log[:i+1] {
				switch fact := event.Fact.(type) {
				case *tdr.SendStopped:
					delete(away, fact.Dispatch)
				case *tdr.RecallConfirmed:
					delete(away, fact.Dispatch)
				default:
					if dispatch := dispatchOf(fact); dispatch != "" {
						away[dispatch] = true
					}
				}
			}
			with := slices.Contains([]tdr.Stage{tdr.Submitted, tdr.Received, tdr.InformationAsked, tdr.Interview, tdr.Verifying}, s.Stage)
			if s.Package.Out != (len(away) > 0) || with && len(away) == 0 || s.Waiting.Open() && len(away) == 0 {
				t.Fatalf("at seq %d %s, waiting since %s, out %v of %v%s", s.Seq, s.Stage, s.Waiting.Since, s.Package.Out, away, r)
			}
		}
	})
}

// sent are the dispatches of what was accepted to leave.
func (l *life) sent() (dispatches []string) {
	for _, event := range l.state.Log {
		if of := dispatchOf(event.Fact); of != "" {
			dispatches = append(dispatches, of)
		}
	}
	return dispatches
}

// sentLast is the dispatch of what was accepted to leave last.
func (l *life) sentLast() string {
	sent := l.sent()
	if len(sent) == 0 {
		return ""
	}
	return sent[len(sent)-1]
}

// dispatchOf is under which a fact says that something left; else empty.
func dispatchOf(fact tdr.Fact) string {
	switch fact := fact.(type) {
	case *tdr.Sent:
		return fact.Dispatch
	case *tdr.InformationAnswered:
		return fact.Dispatch
	default:
		return ""
	}
}
