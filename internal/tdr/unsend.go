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
		if stop, ok := s.Log[i].Fact.(*SendStopped); ok && s.question(stop.Dispatch) != 0 {
			continue
		}
		if changesStage(s.Log[i].Fact) {
			return sendingOf(s.Log[i].Fact)
		}
	}
	return sending{}, false
}

// unsend takes the request back to where it was before something was accepted to
// leave that never did: approved as it was, with us again and not with the post.
func (s *State) unsend(e Event, fact *SendStopped) {
	if question := s.question(fact.Dispatch); question != 0 {
		s.Contacts.drop(question)
		return
	}
	var stopped sending
	for _, earlier := range s.Log {
		if sent, ok := sendingOf(earlier.Fact); ok && sent.dispatch == fact.Dispatch {
			stopped = sent
		}
	}
	s.Package.Approved = stopped.content
	if stopped.answers {
		s.goOnPausing()
		s.enter(InformationAsked, e)
		s.takeBack(e) // the package that it answers for may have come back meanwhile
		return
	}
	s.Package.Out = s.anythingOut()
	s.Waiting = Waiting{}
	s.Ladder.closeSilence(e)
	s.enter(Ready, e)
}

// question is the seq of the contact that was to leave under a dispatch; 0 when there is none.
func (s *State) question(dispatch string) int64 {
	for _, event := range s.Log {
		if asked, ok := event.Fact.(*ContactRecorded); ok && asked.Dispatch != "" && asked.Dispatch == dispatch {
			return event.Seq
		}
	}
	return 0
}

// takeBack: a post that holds nothing of ours any more owes no answer. The
// request is with us again, and what is to leave once more is reviewed once more:
// an approval is for one leaving, and that one was.
func (s *State) takeBack(e Event) {
	s.Package.Out = s.anythingOut()
	if s.Package.Out || !s.Stage.in(withPost()) {
		return
	}
	s.Package, s.Waiting = Package{}, Waiting{}
	s.Ladder.closeSilence(e)
	s.enter(Assembling, e)
}

// anythingOut tells whether something that left is not known to be back.
func (s *State) anythingOut() bool {
	for _, earlier := range s.Log {
		if sent, ok := sendingOf(earlier.Fact); ok && s.out(sent.dispatch) {
			return true
		}
	}
	return false
}

// out tells whether what was accepted to leave under a dispatch was neither
// stopped nor came back.
func (s *State) out(dispatch string) bool {
	return s.left(dispatch) && !s.logged(func(f Fact) bool {
		switch fact := f.(type) {
		case *SendStopped:
			return fact.Dispatch == dispatch
		case *RecallConfirmed:
			return fact.Dispatch == dispatch
		default:
			return false
		}
	})
}

// goOnPausing takes back the end of the last pause: no answer has ended it.
func (s *State) goOnPausing() {
	if n := len(s.Waiting.Pauses); n > 0 {
		s.Waiting.Pauses[n-1].To = time.Time{}
	}
}
