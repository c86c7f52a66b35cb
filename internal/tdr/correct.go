package tdr

import (
	"reflect"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// corrections maps a corrected event's seq to how it is to be read: where two
// corrections of one event speak of the same field, the later one counts.
func corrections(log []Event) map[int64]Correct {
	var readings map[int64]Correct
	for _, event := range log {
		fact, ok := event.Fact.(*Corrected)
		if !ok {
			continue
		}
		if readings == nil {
			readings = map[int64]Correct{}
		}
		readings[fact.Event] = readings[fact.Event].then(fact.Correct)
	}
	return readings
}

// then is both corrections in one.
func (c Correct) then(later Correct) Correct {
	if !later.OccurredAt.IsZero() {
		c.OccurredAt = later.OccurredAt
	}
	if !later.By.IsZero() {
		c.By = later.By
	}
	if !later.ValidFrom.IsZero() {
		c.ValidFrom = later.ValidFrom
	}
	if !later.ValidTo.IsZero() {
		c.ValidTo = later.ValidTo
	}
	if !later.InterviewAt.IsZero() {
		c.InterviewAt = later.InterviewAt
	}
	return c
}

// corrected is the event as the correction says it is to be read.
func corrected(event Event, reading Correct) Event {
	event.OccurredAt = orTime(reading.OccurredAt, event.OccurredAt)
	switch fact := event.Fact.(type) {
	case *InformationWasAsked:
		asked := *fact
		asked.By = orDate(reading.By, fact.By)
		event.Fact = &asked
	case *InterviewScheduled:
		interview := *fact
		interview.At = orTime(reading.InterviewAt, fact.At)
		event.Fact = &interview
	case *DocumentIssued:
		document := *fact
		document.ValidFrom, document.ValidTo = orDate(reading.ValidFrom, fact.ValidFrom), orDate(reading.ValidTo, fact.ValidTo)
		event.Fact = &document
	}
	return event
}

func orTime(corrected, recorded time.Time) time.Time {
	if corrected.IsZero() {
		return recorded
	}
	return corrected
}

func orDate(corrected, recorded calendar.Date) calendar.Date {
	if corrected.IsZero() {
		return recorded
	}
	return corrected
}

// correctable tells whether a fact's date may be corrected: what people
// recorded may, what the system or the gate did may not.
func correctable(fact Fact) bool {
	switch fact := fact.(type) {
	case *ContactRecorded:
		return fact.Dispatch == "" // else the system made it
	case *ReceiptRecorded, *InformationWasAsked, *InterviewScheduled, *InterviewRecorded,
		*VerificationBegun, *DocumentIssued, *RefusalRecorded:
		return true
	default:
		return false
	}
}

// decideCorrection: the corrected event exists and may be corrected, something
// about it changes, and the history still makes sense as corrected.
func (s *State) decideCorrection(actor Actor, act *Correct, facts Facts) (Fact, error) {
	if act.Event < 1 || act.Event > s.Seq || !correctable(s.Log[act.Event-1].Fact) {
		return nil, refuse(EventUnknown, "event", "no event of that number that can be corrected")
	}
	if act.Reason == "" {
		return nil, refuse(Missing, "reason", "a correction has a reason")
	}
	event := s.Log[act.Event-1]
	if field := act.foreign(event.Fact); field != "" {
		return nil, refuse(Invalid, field, "the corrected event says nothing of the kind")
	}
	if s.Stage == TravelReady && act.validity() && act.Event == s.Document.Event && actor.ID == s.Document.RecordedBy {
		return nil, refuse(SamePerson, "", "the dates of an authenticated document are corrected by another than who recorded them")
	}
	readings := corrections(s.Log)
	now := corrected(event, readings[act.Event])
	then := corrected(event, readings[act.Event].then(*act))
	switch {
	case then.OccurredAt.Equal(now.OccurredAt) && reflect.DeepEqual(then.Fact, now.Fact):
		return nil, refuse(Missing, "occurred_at", "say what is corrected")
	case then.OccurredAt.After(facts.Now):
		return nil, refuse(InFuture, "occurred_at", "a fact cannot lie in the future")
	case then.OccurredAt.After(event.RecordedAt):
		return nil, refuse(Contradicts, "occurred_at", "after the event was recorded")
	}
	fact := &Corrected{*act}
	fact.OccurredAt, fact.InterviewAt = act.OccurredAt.UTC(), act.InterviewAt.UTC()
	return fact, s.consistent(then, readings)
}

// validity tells whether the dates of a document are corrected.
func (c *Correct) validity() bool { return !c.ValidFrom.IsZero() || !c.ValidTo.IsZero() }

// foreign names a field that the corrected fact does not have.
func (c *Correct) foreign(fact Fact) string {
	_, question := fact.(*InformationWasAsked)
	_, interview := fact.(*InterviewScheduled)
	_, document := fact.(*DocumentIssued)
	switch {
	case !c.By.IsZero() && !question:
		return "by"
	case !c.InterviewAt.IsZero() && !interview:
		return "interview_at"
	case !c.ValidFrom.IsZero() && !document:
		return "valid_from"
	case !c.ValidTo.IsZero() && !document:
		return "valid_to"
	default:
		return ""
	}
}

// consistent: the corrected event stays between the events around it, and the
// corrected dates contradict neither each other nor what came of them.
func (s *State) consistent(event Event, readings map[int64]Correct) error {
	before := fold(s.Log[:event.Seq-1], readings)
	if _, contact := event.Fact.(*ContactRecorded); contact {
		if event.OccurredAt.Before(before.OpenedAt) {
			return refuse(Contradicts, "occurred_at", "before the request was opened")
		}
		return nil
	}
	if event.OccurredAt.Before(before.StageSince) {
		return refuse(Contradicts, "occurred_at", "before the event it follows on")
	}
	if err := before.datesFit(event); err != nil {
		return err
	}
	return followed(event, s.Log[event.Seq:], readings)
}

// followed holds a corrected event against what came behind it.
func followed(event Event, behind []Event, readings map[int64]Correct) error {
	first := true
	for _, later := range behind {
		if later = corrected(later, readings[later.Seq]); !changesStage(later.Fact) {
			continue
		}
		if event.OccurredAt.After(later.OccurredAt) {
			return refuse(Contradicts, "occurred_at", "after an event that follows on it")
		}
		if first && !interviewFits(event, later) {
			return refuse(Contradicts, "interview_at", "after the interview was recorded")
		}
		first = false
	}
	return nil
}

// datesFit holds a corrected fact against the rules under which it was recorded.
func (s *State) datesFit(event Event) error {
	var err error
	switch fact := event.Fact.(type) {
	case *InformationWasAsked:
		_, err = s.decideQuestion(&RecordInformationAsked{What: fact.What, By: fact.By}, event.OccurredAt)
	case *InterviewScheduled:
		if fact.At.Before(event.OccurredAt) {
			err = refuse(Contradicts, "interview_at", "an interview is set for later than the day it was set")
		}
	case *InterviewRecorded:
		_, err = s.decideInterviewResult(&RecordInterview{Result: fact.Result}, event.OccurredAt)
	case *DocumentIssued:
		_, err = s.decideIssue(&RecordIssue{
			Issuer: fact.Issuer, Document: fact.Document, ValidFrom: fact.ValidFrom, ValidTo: fact.ValidTo,
		}, event.OccurredAt)
	}
	return err
}

// interviewFits: what was held or missed lies behind the corrected appointment.
func interviewFits(event, next Event) bool {
	scheduled, ok := event.Fact.(*InterviewScheduled)
	result, recorded := next.Fact.(*InterviewRecorded)
	return !ok || !recorded || !result.Result.past() || !scheduled.At.After(next.OccurredAt)
}

// changesStage tells whether an event may only follow what came before it.
func changesStage(fact Fact) bool {
	switch fact.(type) {
	case *ContactRecorded, *ForecastRecorded, *Reassigned, *NonComplianceRecorded, *Corrected, *HoldChanged,
		*CustodyChanged, *MailBounced, *ReplyReceived, *StageOverdue, *EscalationOpened,
		*EscalationAcknowledged, *LevelUnreachable, *ValidityAlerted, *CalendarsRenewed, *RecallConfirmed:
		return false
	default:
		return true
	}
}
