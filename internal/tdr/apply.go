package tdr

import (
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Fold reads a log from the beginning, each event as later corrections say.
// An event out of order is passed over, as Apply does.
func Fold(log []Event) State { return fold(log, corrections(log)) }

func fold(log []Event, readings map[int64]Correct) State {
	s := State{Log: make([]Event, 0, len(log))}
	for _, event := range log {
		if event.Seq == s.Seq+1 {
			s.Log = append(s.Log, event)
			s.read(corrected(event, readings[event.Seq]))
		}
	}
	return s
}

// Apply appends an event. It is total and never fails; an event that was
// applied already (its seq is not the next) changes nothing. The state given
// stays as it was.
func Apply(s State, event Event) State {
	if event.Seq != s.Seq+1 {
		return s
	}
	// Both ways copy the log, without spare room: a cached state holds no more than it needs.
	log := make([]Event, len(s.Log)+1)
	copy(log, s.Log)
	log[len(s.Log)] = event
	if _, correction := event.Fact.(*Corrected); correction {
		return Fold(log)
	}
	s.detach()
	s.Log = log
	s.read(event)
	return s
}

// ApplyAll appends events in order.
func ApplyAll(s State, events []Event) State {
	for _, event := range events {
		s = Apply(s, event)
	}
	return s
}

// detach copies the slices that move() may write, so that states stay values.
func (s *State) detach() {
	s.Holds = slices.Clone(s.Holds)
	s.Waiting.Pauses = slices.Clone(s.Waiting.Pauses)
	s.Ladder.Escalations = slices.Clone(s.Ladder.Escalations)
	s.Document.Alerted = slices.Clone(s.Document.Alerted)
	s.Contacts.made, s.Contacts.pending = slices.Clone(s.Contacts.made), slices.Clone(s.Contacts.pending)
}

// read lets the reading of an event, which is on the log, move the state.
func (s *State) read(e Event) {
	s.Seq = e.Seq
	if material(e.Fact) {
		s.MaterialSeq = e.Seq
	}
	if opened, ok := e.Fact.(*Opened); ok && s.Stage == "" {
		s.Rules = opened.Rules
	}
	if rules, held := rulesOf(s.Rules); held && s.Stage != Closed {
		rules.move(s, e)
	}
}

// material tells whether an event changes what an officer's form relied on:
// stage or facts. Reminders, escalations and mail do not. Nor does hearing of a
// hold: placing it raised the person's fence, which callers name beside the
// seq, and must not make the same form stale a second time.
func material(fact Fact) bool {
	switch fact.(type) {
	case *StageOverdue, *EscalationOpened, *EscalationAcknowledged, *LevelUnreachable,
		*ValidityAlerted, *MailBounced, *ReplyReceived, *ForecastRecorded, *CalendarsRenewed, *HoldChanged:
		return false
	default:
		return true
	}
}

func (s *State) move(e Event) {
	if opened, first := e.Fact.(*Opened); first || s.Stage == "" {
		s.open(e, opened)
		return
	}
	switch fact := e.Fact.(type) {
	case *Reassigned:
		s.Officer = fact.To
	case *ContactRecorded:
		s.contact(e, fact)
	case *HoldChanged:
		s.hold(e, fact)
	case *CustodyChanged:
		s.custody(e, fact.Custody)
	case *NonComplianceRecorded:
		s.nonCompliance(fact)
	case *StageOverdue:
		s.OverdueSince = fact.Since
	case *ValidityAlerted:
		s.alerted(fact)
	case *EscalationOpened, *EscalationAcknowledged, *LevelUnreachable:
		s.Ladder.move(e)
	case *CalendarsRenewed:
		s.OfficeTime, s.PostTime = fact.OfficeTime, fact.PostTime
	case *RequestClosed:
		s.close(e, fact)
	default:
		s.moveStage(e)
	}
}

// moveStage handles the facts of preparation, of the post and of the document.
func (s *State) moveStage(e Event) {
	switch fact := e.Fact.(type) {
	case *ReviewRequested:
		s.Package.Preparer, s.Package.Content, s.Package.Approved = e.Actor.ID, fact.Content, ""
		s.enterUnlessAsked(Review, e)
	case *Approved:
		s.Package.Approved = fact.Content
		s.enterUnlessAsked(Ready, e)
	case *Returned:
		s.Package.Content, s.Package.Approved = "", ""
		s.enterUnlessAsked(Assembling, e)
	case *Sent:
		s.Package.Out, s.Package.Approved = true, ""
		s.wait(e)
		s.enter(Submitted, e)
	case *SendStopped:
		s.unsend(e, fact)
	case *RecallConfirmed:
		s.takeBack(e)
	case *DocumentIssued:
		s.issue(e, fact)
	case *DocumentAuthenticated:
		s.enter(TravelReady, e)
	case *DocumentRejected:
		s.Document = Document{}
		s.wait(e)
		s.enter(Verifying, e)
		s.takeBack(e)
	case *Retried:
		s.retry(e, fact)
	case *ReissueBegun:
		s.VerificationKept, s.Package, s.Document = true, Package{Out: s.Package.Out}, Document{}
		s.enter(Assembling, e)
	default:
		s.movePost(e)
	}
}

// movePost handles what the post does: every one of these breaks its silence.
func (s *State) movePost(e Event) {
	switch fact := e.Fact.(type) {
	case *ReceiptRecorded:
		s.enter(Received, e)
	case *VerificationBegun:
		s.enter(Verifying, e)
	case *InformationWasAsked:
		s.CameFrom, s.AnswerBy = s.Stage, fact.By
		s.Package.Content, s.Package.Approved = "", ""
		s.Waiting.Pauses = append(s.Waiting.Pauses, calendar.Pause{From: e.OccurredAt, Reason: "information_asked", Review: s.answerDay(e.OccurredAt, fact.By)})
		s.enter(InformationAsked, e)
	case *InformationAnswered:
		s.Package.Approved = ""
		s.endPause(e.OccurredAt)
		s.enter(fact.Stage, e)
		return
	case *InterviewScheduled:
		s.InterviewAt = fact.At
		s.enter(Interview, e)
	case *InterviewRecorded:
		s.interview(e, fact)
	case *RefusalRecorded:
		s.NotANational = fact.NotANational
		s.Waiting = Waiting{}
		s.enter(Refused, e)
	default:
		return
	}
	s.answered(e)
}

// open begins the life; whatever comes before, or opens again, is passed over.
func (s *State) open(e Event, fact *Opened) {
	if fact == nil || s.Stage != "" {
		return
	}
	s.ID, s.PublicCode, s.Person = fact.RequestID, fact.PublicCode, fact.PersonID
	s.Country, s.Post, s.FieldOffice, s.Officer = fact.Country, fact.Post, fact.FieldOffice, fact.Officer
	s.HighHarm, s.Order, s.OpenedAt = fact.HighHarm, fact.Order, e.OccurredAt
	s.Terms, s.OfficeTime, s.PostTime = fact.Terms, fact.OfficeTime, fact.PostTime
	s.Custody, s.CustodyEvent = fact.Custody, e.Seq
	s.enter(Assembling, e)
}

func (s *State) enter(stage Stage, e Event) {
	s.Stage, s.StageSince, s.StageEvent, s.OverdueSince = stage, e.OccurredAt, e.Seq, time.Time{}
}

// enterUnlessAsked: an answer to a question is reviewed without leaving information_asked.
func (s *State) enterUnlessAsked(stage Stage, e Event) {
	if s.Stage != InformationAsked {
		s.enter(stage, e)
	}
}

// wait opens a new interval of the consulate, in which follow-ups count anew.
func (s *State) wait(e Event) {
	s.Waiting = Waiting{Since: e.OccurredAt, Event: e.Seq}
	s.Contacts.forget(e.OccurredAt)
}

// answerDay is when a pause for an answer of ours is looked at again: on the
// post's day or, when it named none, on the last of the pack's term.
func (s *State) answerDay(asked time.Time, by calendar.Date) calendar.Date {
	term, ok := s.Terms.Stage(string(InformationAsked), s.Custody.Detained)
	if !by.IsZero() || !ok {
		return by
	}
	due, err := s.time(term.Calendar).Due(calendar.Count{Start: asked, Amount: term.Amount, Percent: 100})
	if err != nil {
		return calendar.Date{}
	}
	return due.Day
}

func (s *State) endPause(at time.Time) {
	if n := len(s.Waiting.Pauses); n > 0 && s.Waiting.Pauses[n-1].To.IsZero() {
		s.Waiting.Pauses[n-1].To = later(s.Waiting.Pauses[n-1].From, at)
	}
}

// answered: the post moved, so earlier follow-ups are answered and its silence
// is no longer to be escalated. What the law asked for stays open: a move of
// the post is no document. A move from before the package left breaks no silence.
func (s *State) answered(e Event) {
	s.Contacts.forget(e.OccurredAt)
	if !s.Waiting.Open() || !e.OccurredAt.Before(s.Waiting.Since) {
		s.Ladder.closeSilence(e)
	}
}

func (s *State) issue(e Event, fact *DocumentIssued) {
	s.Document = Document{
		Issuer: fact.Issuer, Reference: fact.Document,
		ValidFrom: fact.ValidFrom, ValidTo: fact.ValidTo, RecordedBy: e.Actor.ID, Event: e.Seq,
	}
	if s.FirstIssuedAt.IsZero() {
		s.FirstIssuedAt = e.OccurredAt
	}
	s.Waiting = Waiting{}
	s.Contacts.forget(e.OccurredAt)
	s.Ladder.closeAll(e)
	s.enter(Issued, e)
}

// alerted: an alert given for another end of validity, corrected since, was not this one.
func (s *State) alerted(fact *ValidityAlerted) {
	if fact.ValidTo == s.Document.ValidTo {
		s.Document.Alerted = append(s.Document.Alerted, fact.Alert)
	}
}

func (s *State) interview(e Event, fact *InterviewRecorded) {
	s.InterviewAt = time.Time{}
	if fact.Result == InterviewHeld {
		s.enter(Verifying, e)
		return
	}
	s.enter(Interview, e)
}

func (s *State) retry(e Event, fact *Retried) {
	s.Package = Package{Out: s.Package.Out}
	if fact.Post != "" && fact.PostTime != nil {
		s.Post, s.PostTime = fact.Post, *fact.PostTime
	}
	s.enter(Assembling, e)
}

func (s *State) contact(e Event, fact *ContactRecorded) {
	s.Contacts.made = append(s.Contacts.made, followUp{e.OccurredAt, e.Seq})
	s.Contacts.Last = later(s.Contacts.Last, e.OccurredAt)
	if fact.Answered || fact.Direction == FromPost {
		s.answered(e)
		return
	}
	if e.OccurredAt.After(s.Contacts.Answered) && !e.OccurredAt.Before(s.Waiting.Since) {
		s.Contacts.add(followUp{e.OccurredAt, e.Seq})
	}
}

// add keeps the unanswered follow-ups by time, whenever they were recorded.
func (c *Contacts) add(unanswered followUp) {
	c.pending = append(c.pending, unanswered)
	slices.SortStableFunc(c.pending, func(a, b followUp) int { return a.at.Compare(b.at) })
	c.count()
}

// forget drops the follow-ups up to an instant: the post answered then, or a new interval began.
func (c *Contacts) forget(at time.Time) {
	c.Answered = later(c.Answered, at)
	c.pending = slices.DeleteFunc(c.pending, func(f followUp) bool { return !f.at.After(at) })
	c.count()
}

// drop takes a contact back that never was.
func (c *Contacts) drop(event int64) {
	never := func(f followUp) bool { return f.event == event }
	c.made, c.pending = slices.DeleteFunc(c.made, never), slices.DeleteFunc(c.pending, never)
	c.Last = time.Time{}
	for _, made := range c.made {
		c.Last = later(c.Last, made.at)
	}
	c.count()
}

func (c *Contacts) count() {
	c.Unanswered, c.LastUnanswered = len(c.pending), time.Time{}
	if c.Unanswered > 0 {
		c.LastUnanswered = c.pending[c.Unanswered-1].at
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// hold: one that was lifted never stands again under its id, and none ends
// before it began, whatever the clocks of those who said so.
func (s *State) hold(e Event, fact *HoldChanged) {
	known := slices.IndexFunc(s.Holds, func(h Hold) bool { return h.ID == fact.Hold })
	switch {
	case fact.Stops && known < 0:
		s.Holds = append(s.Holds, Hold{ID: fact.Hold, From: e.OccurredAt})
	case !fact.Stops && known >= 0 && s.Holds[known].To.IsZero():
		s.Holds[known].To = later(s.Holds[known].From, e.OccurredAt)
	}
}

// custody takes the person's clock over; what the law no longer asks for is moot.
func (s *State) custody(e Event, custody Custody) {
	s.Custody, s.CustodyEvent = custody, e.Seq
	s.Ladder.closeMoot(e, custody)
}

func (s *State) nonCompliance(fact *NonComplianceRecorded) {
	switch fact.Step {
	case NonComplianceAttempt:
		s.Attempts++
	case NonComplianceCured:
		s.Attempts = 0
	}
}

func (s *State) close(e Event, fact *RequestClosed) {
	s.Outcome, s.ClosedAt = fact.Outcome, e.OccurredAt
	s.Waiting = Waiting{}
	s.Ladder.closeAll(e)
	s.enter(Closed, e)
}
