package tdr

import "time"

// sending is what is known of something that was accepted to leave.
type sending struct {
	dispatch string
	content  ContentHash
	answers  bool // a question of the post, and is no package
}

func sendingOf(fact Fact) (sending, bool) {
	switch fact := fact.(type) {
	case *Sent:
		return sending{fact.Dispatch, fact.Content, false}, true
	case *InformationAnswered:
		return sending{fact.Dispatch, fact.Content, true}, true
	default:
		return sending{}, false
	}
}

// lastSent is what was accepted to leave, if nothing has moved the request on since.
func (s *State) lastSent() (sending, bool) {
	for i := len(s.Log) - 1; i >= 0; i-- {
		if changesStage(s.Log[i].Fact) {
			return sendingOf(s.Log[i].Fact)
		}
	}
	return sending{}, false
}

// unsend takes the request back to where it was before something was accepted to
// leave that never did: approved as it was, with us again and not with the post.
func (s *State) unsend(e Event, fact *SendStopped) {
	var stopped sending
	s.Package.Out = false
	for _, earlier := range s.Log {
		sent, ok := sendingOf(earlier.Fact)
		switch {
		case ok && sent.dispatch == fact.Dispatch:
			stopped = sent
		case ok && !s.stopped(sent.dispatch):
			s.Package.Out = true
		}
	}
	s.Package.Approved = stopped.content
	if stopped.answers {
		s.goOnPausing()
		s.enter(InformationAsked, e)
		return
	}
	s.Waiting = Waiting{}
	s.Ladder.closeSilence(e)
	s.enter(Ready, e)
}

func (s *State) stopped(dispatch string) bool {
	return s.logged(func(f Fact) bool { stop, ok := f.(*SendStopped); return ok && stop.Dispatch == dispatch })
}

// goOnPausing takes back the end of the last pause: no answer has ended it.
func (s *State) goOnPausing() {
	if n := len(s.Waiting.Pauses); n > 0 {
		s.Waiting.Pauses[n-1].To = time.Time{}
	}
}
