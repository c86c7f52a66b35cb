package tdr

import (
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// NoticeKind is what a notice asks for; mail words follow it.
type NoticeKind string

// The kinds of notices that a request files.
const (
	LevelNotice    NoticeKind = "level"         // a level of the ladder, L0 to L6
	StageNotice    NoticeKind = "stage_overdue" // to the officer, and the supervisor behind the stage
	ValidityNotice NoticeKind = "validity"      // to the officer
	BounceNotice   NoticeKind = "bounce"        // to the officer: a mail was not delivered
)

// Notice is something that somebody has to be told. The directory decides who
// that is; the key makes it unique, so that filing twice is filing once.
type Notice struct {
	Key         string        `json:"key"`
	Kind        NoticeKind    `json:"kind"`
	Level       int           `json:"level"`
	Escalation  string        `json:"escalation,omitempty"`
	Trigger     Trigger       `json:"trigger,omitempty"`
	Stage       Stage         `json:"stage,omitempty"`
	ActBy       time.Time     `json:"act_by,omitzero"`
	ValidTo     calendar.Date `json:"valid_to,omitzero"`
	WaitingFrom time.Time     `json:"waiting_from,omitzero"` // since when the consulate owes an answer
}

// ToldAs is the level of the ladder whose addressees are told of a notice: all
// but the ladder's own go to the officer, and what is overdue in review to the
// supervisor too.
func (n Notice) ToldAs() int {
	switch {
	case n.Kind == LevelNotice:
		return n.Level
	case n.Kind == StageNotice && n.Stage == Review:
		return 1
	default:
		return 0
	}
}

// Notices lists what the events of a state's log behind a seq have to tell people.
func Notices(s State, after int64) []Notice {
	var notices []Notice
	for _, event := range s.EventsAfter(after) {
		notice, ok := s.notice(event)
		if !ok {
			continue
		}
		notice.Key = fmt.Sprintf("%s/%d", s.ID, event.Seq)
		notice.WaitingFrom = s.Waiting.Since
		notices = append(notices, notice)
	}
	return notices
}

func (s State) notice(e Event) (Notice, bool) {
	switch fact := e.Fact.(type) {
	case *EscalationOpened:
		return Notice{
			Kind: LevelNotice, Level: fact.Level, Escalation: fact.Escalation,
			Trigger: fact.Trigger, Stage: s.Stage, ActBy: fact.AcknowledgeBy,
		}, true
	case *StageOverdue:
		return Notice{Kind: StageNotice, Stage: fact.Stage, ActBy: fact.Due}, true
	case *ValidityAlerted:
		return Notice{Kind: ValidityNotice, Stage: s.Stage, ValidTo: fact.ValidTo}, true
	case *MailBounced:
		return Notice{Kind: BounceNotice, Stage: s.Stage}, true
	default:
		return Notice{}, false
	}
}
