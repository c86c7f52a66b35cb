package tdr

import (
	"strconv"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// elapseLimit bounds how much one moment can bring; more is a defect of the rules.
const elapseLimit = 64

// Elapse turns every deadline that has passed into an event, soonest first.
// One may bring the next: all that is due by now is in the answer.
func Elapse(s State, now time.Time) []Event {
	now = now.UTC()
	var events []Event
	for len(events) < elapseLimit {
		next, ok := Next(s)
		if !ok || next.At.After(now) {
			break
		}
		fact := s.passed(next, now)
		if fact == nil {
			break
		}
		event := Event{Seq: s.Seq + 1, OccurredAt: now, RecordedAt: now, Actor: System(), Fact: fact}
		s = Apply(s, event)
		events = append(events, event)
	}
	return events
}

// passed is what a deadline brings when it passes; nil for what somebody else must bring.
func (s State) passed(d Deadline, now time.Time) Fact {
	switch d.Kind {
	case StageTerm:
		return &StageOverdue{Stage: s.Stage, Since: s.StageSince, Due: d.At}
	case LadderLevel:
		return s.escalate(d, now)
	case ValidityAlert:
		return &ValidityAlerted{Alert: d.Alert, ValidTo: s.Document.ValidTo}
	case DocumentEnds:
		return &ReissueBegun{Reason: "document_ended"}
	default:
		return nil
	}
}

func (s State) escalate(d Deadline, now time.Time) Fact {
	fact := &EscalationOpened{
		Escalation: escalationID(d.Level, s.Seq+1), Level: d.Level, Trigger: d.Trigger, Due: d.At,
		AcknowledgeBy: s.acknowledgeBy(d.Level, now),
	}
	if open, ok := s.Ladder.Open(d.Level); ok {
		fact.Escalation, fact.Again = open.ID, true
	}
	switch d.Trigger {
	case ByCustodyDay:
		fact.R0 = s.Custody.R0
	case ByHabeas:
		fact.HabeasFiled = s.Custody.HabeasFiled
	}
	return fact
}

// acknowledgeBy is told to the recipient; L0 is a reminder and wants no answer.
func (s State) acknowledgeBy(level int, asked time.Time) time.Time {
	if level == 0 {
		return time.Time{}
	}
	count := calendar.Count{Start: asked, Amount: s.Terms.Ladder.AcknowledgeWithin, Percent: 100}
	due, err := s.OfficeTime.Due(count)
	if err != nil {
		return s.OfficeTime.At(s.OfficeTime.Last, 0)
	}
	return due.At
}

// escalationID is unique in its request.
func escalationID(level int, seq int64) string {
	return "L" + strconv.Itoa(level) + "-" + strconv.FormatInt(seq, 10)
}
