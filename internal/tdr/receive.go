package tdr

import "time"

// Receive turns a fact from outside (a signal) into events. It can't refuse:
// what is known already, or concerns a closed request, brings nothing.
func Receive(s State, fact Fact, now time.Time) []Event {
	if !s.Stage.Open() || !s.news(fact) {
		return nil
	}
	now = now.UTC()
	return []Event{{Seq: s.Seq + 1, OccurredAt: s.took(fact, now), RecordedAt: now, Actor: System(), Fact: fact}}
}

// took is when a fact took effect: a hold stops sending from the moment it is
// recorded, even if the request hears of it after an outage.
func (s *State) took(fact Fact, now time.Time) time.Time {
	hold, ok := fact.(*HoldChanged)
	if !ok || hold.At.IsZero() || hold.At.After(now) {
		return now
	}
	if hold.At.Before(s.OpenedAt) {
		return s.OpenedAt
	}
	return hold.At.UTC()
}

// news tells whether a fact says something the state does not hold: signals
// are delivered at least once.
func (s *State) news(fact Fact) bool {
	switch fact := fact.(type) {
	case *HoldChanged:
		return s.holdNews(fact)
	case *SendStopped:
		if s.question(fact.Dispatch) != 0 {
			return !s.logged(func(f Fact) bool { stop, ok := f.(*SendStopped); return ok && *stop == *fact })
		}
		sent, _ := s.lastSent()
		return sent.dispatch == fact.Dispatch && s.out(fact.Dispatch)
	case *RecallConfirmed:
		return s.out(fact.Dispatch)
	case *CustodyChanged:
		return fact.Custody != s.Custody
	case *LevelUnreachable:
		escalation, known := s.Ladder.Find(fact.Escalation)
		return known && escalation.open() && escalation.Unreachable.IsZero()
	case *MailBounced:
		return !s.logged(func(f Fact) bool { b, ok := f.(*MailBounced); return ok && *b == *fact })
	case *ReplyReceived:
		return !s.logged(func(f Fact) bool { r, ok := f.(*ReplyReceived); return ok && *r == *fact })
	case *CalendarsRenewed:
		// A calendar of another office or post, on its way while the request moved on, is not ours.
		ours := fact.OfficeTime.Name == s.OfficeTime.Name && fact.PostTime.Name == s.PostTime.Name
		return ours && (fact.OfficeTime.Hash != s.OfficeTime.Hash || fact.PostTime.Hash != s.PostTime.Hash)
	default:
		return false
	}
}

// holdNews: a lifted hold never stands again, so a late repetition of its
// placing is no news, nor is the lifting of one that does not stand.
func (s *State) holdNews(fact *HoldChanged) bool {
	for _, hold := range s.Holds {
		if hold.ID == fact.Hold {
			return hold.To.IsZero() && !fact.Stops
		}
	}
	return fact.Stops
}

func (s *State) logged(is func(Fact) bool) bool {
	for _, event := range s.Log {
		if is(event.Fact) {
			return true
		}
	}
	return false
}
