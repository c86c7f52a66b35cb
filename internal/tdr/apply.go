package tdr

import (
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Fold reads a log from the beginning, each event as later corrections say.
func Fold(log []Event) State {
	readings := corrections(log)
	var s State
	for _, event := range log {
		s = step(s, event, corrected(event, readings[event.Seq]))
	}
	return s
}

// Apply appends an event. It is total and never fails; an event that was
// applied already (its seq is not the next) changes nothing.
func Apply(s State, event Event) State {
	if event.Seq != s.Seq+1 {
		return s
	}
	if _, correction := event.Fact.(*Corrected); correction {
		return Fold(append(slices.Clone(s.Log), event))
	}
	return step(s, event, event)
}

// ApplyAll appends events in order.
func ApplyAll(s State, events []Event) State {
	for _, event := range events {
		s = Apply(s, event)
	}
	return s
}

// step appends the event as recorded and lets the reading of it move the state.
func step(s State, recorded, reading Event) State {
	s = s.detached()
	s.Log = append(s.Log, recorded)
	s.Seq = recorded.Seq
	if material(reading.Fact) {
		s.MaterialSeq = recorded.Seq
	}
	s.move(reading)
	return s
}

// detached copies the slices that move() may write, so that states stay values.
func (s State) detached() State {
	s.Log = slices.Clip(s.Log)
	s.Holds = slices.Clone(s.Holds)
	s.Waiting.Pauses = slices.Clone(s.Waiting.Pauses)
	s.Ladder.Escalations = slices.Clone(s.Ladder.Escalations)
	s.Document.Alerted = slices.Clone(s.Document.Alerted)
	return s
}

// material tells whether an event changes what an officer's form relied on:
// stage, facts or fence. Reminders, escalations and mail do not.
func material(fact Fact) bool {
	switch fact.(type) {
	case *StageOverdue, *EscalationOpened, *EscalationAcknowledged, *LevelUnreachable,
		*ValidityAlerted, *MailBounced, *ReplyReceived, *ForecastRecorded:
		return false
	default:
		return true
	}
}

func (s *State) move(e Event) {
	switch fact := e.Fact.(type) {
	case *Opened:
		s.open(e, fact)
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
		s.Document.Alerted = append(s.Document.Alerted, fact.Alert)
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
		s.wait(e.OccurredAt)
		s.enter(Submitted, e)
	case *DocumentIssued:
		s.issue(e, fact)
	case *DocumentAuthenticated:
		s.enter(TravelReady, e)
	case *DocumentRejected:
		s.Document = Document{}
		s.wait(e.OccurredAt)
		s.enter(Verifying, e)
	case *Retried:
		s.retry(e, fact)
	case *ReissueBegun:
		s.VerificationKept, s.Package = true, Package{Out: s.Package.Out}
		s.Document = Document{}
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
		s.Waiting.Pauses = append(s.Waiting.Pauses, calendar.Pause{From: e.OccurredAt, Reason: "information_asked", Review: fact.By})
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
		s.endWaiting(e.OccurredAt)
		s.enter(Refused, e)
	default:
		return
	}
	s.answered(e.OccurredAt)
}

func (s *State) open(e Event, fact *Opened) {
	s.Rules, s.ID, s.PublicCode, s.Person = fact.Rules, fact.RequestID, fact.PublicCode, fact.PersonID
	s.Country, s.Post, s.FieldOffice, s.Officer = fact.Country, fact.Post, fact.FieldOffice, fact.Officer
	s.HighHarm, s.Order, s.OpenedAt = fact.HighHarm, fact.Order, e.OccurredAt
	s.Terms, s.OfficeTime, s.PostTime = fact.Terms, fact.OfficeTime, fact.PostTime
	s.Custody = fact.Custody
	s.enter(Assembling, e)
}

func (s *State) enter(stage Stage, e Event) { s.Stage, s.StageSince = stage, e.OccurredAt }

// enterUnlessAsked: an answer to a question is reviewed without leaving information_asked.
func (s *State) enterUnlessAsked(stage Stage, e Event) {
	if s.Stage != InformationAsked {
		s.enter(stage, e)
	}
}

func (s *State) wait(since time.Time) { s.Waiting = Waiting{Since: since} }

func (s *State) endPause(at time.Time) {
	if n := len(s.Waiting.Pauses); n > 0 && s.Waiting.Pauses[n-1].To.IsZero() {
		s.Waiting.Pauses[n-1].To = at
	}
}

// endWaiting closes the consulate's interval and what was asked of people because of it.
func (s *State) endWaiting(at time.Time) {
	s.Waiting = Waiting{}
	s.Ladder.closeAll(at)
}

// answered: the post moved, so follow-ups count anew and silence is no longer to be escalated.
func (s *State) answered(at time.Time) {
	s.Contacts.Unanswered = 0
	s.Ladder.closeSilence(at)
}

func (s *State) issue(e Event, fact *DocumentIssued) {
	s.Document = Document{
		Issuer: fact.Issuer, Reference: fact.Document,
		ValidFrom: fact.ValidFrom, ValidTo: fact.ValidTo, RecordedBy: e.Actor.ID,
	}
	if s.FirstIssuedAt.IsZero() {
		s.FirstIssuedAt = e.OccurredAt
	}
	s.Contacts.Unanswered = 0
	s.endWaiting(e.OccurredAt)
	s.enter(Issued, e)
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
	s.Contacts.Last = e.OccurredAt
	if fact.Answered || fact.Direction == "from_post" {
		s.answered(e.OccurredAt)
		return
	}
	s.Contacts.Unanswered++
	s.Contacts.LastUnanswered = e.OccurredAt
}

func (s *State) hold(e Event, fact *HoldChanged) {
	standing := slices.IndexFunc(s.Holds, func(h Hold) bool { return h.ID == fact.Hold && h.To.IsZero() })
	switch {
	case fact.Stops && standing < 0:
		s.Holds = append(s.Holds, Hold{ID: fact.Hold, From: e.OccurredAt})
	case !fact.Stops && standing >= 0:
		s.Holds[standing].To = e.OccurredAt
	}
}

// custody takes the person's clock over; what was asked under another R0 is moot.
func (s *State) custody(e Event, custody Custody) {
	if !custody.Detained || custody.Suspended || custody.R0 != s.Custody.R0 {
		s.Ladder.closeLegal(e.OccurredAt)
	}
	s.Custody = custody
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
	s.endWaiting(e.OccurredAt)
	s.enter(Closed, e)
}
