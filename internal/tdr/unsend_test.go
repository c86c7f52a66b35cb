package tdr_test

import (
	"testing"
	"time"

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

// sentLast is the dispatch of what was accepted to leave last.
func (l *life) sentLast() (dispatch string) {
	for _, event := range l.state.Log {
		if of := dispatchOf(event.Fact); of != "" {
			dispatch = of
		}
	}
	return dispatch
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
