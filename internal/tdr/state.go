package tdr

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// State is all that a request is. It is folded from its Log and nothing else,
// and is written down as its Log: two states with one log are equal.
type State struct {
	Log []Event // every event, as recorded; Log[i].Seq == i+1

	Rules       int
	Seq         int64 // of the last event
	MaterialSeq int64 // of the last event that changed stage, facts or fence

	ID          string
	PublicCode  string
	Person      string
	Country     string
	Post        string
	FieldOffice string
	Officer     string
	HighHarm    bool
	Order       Order
	OpenedAt    time.Time

	Terms      playbook.Terms
	OfficeTime calendar.Slice
	PostTime   calendar.Slice

	Stage        Stage
	StageSince   time.Time
	StageEvent   int64     // seq of the event that began the stay
	OverdueSince time.Time // the stay in a stage whose overdue notice was given
	CameFrom     Stage     // before information_asked
	AnswerBy     calendar.Date
	InterviewAt  time.Time
	Outcome      Outcome
	ClosedAt     time.Time

	Package Package
	Waiting Waiting
	Holds   []Hold
	Custody Custody
	// CustodyEvent is the seq of the event that brought Custody.
	CustodyEvent int64

	Contacts Contacts
	Ladder   Ladder
	Document Document

	FirstIssuedAt    time.Time
	NotANational     bool // of the last refusal
	VerificationKept bool // nationality was verified in an earlier round
	Attempts         int  // towards a notice of failure to comply
}

// Package is what would leave: who prepared it and what was approved.
type Package struct {
	Preparer string
	Content  ContentHash // under review
	Approved ContentHash // may leave, and only this
	Out      bool        // something lies with the post and would have to be recalled
}

// Waiting is the consulate's interval: it opens when the package leaves and
// ends with an answer. Percentages of the ladder refer to it, net of pauses.
type Waiting struct {
	Since  time.Time // zero when nothing waits
	Event  int64     // seq of the event that opened it
	Pauses []calendar.Pause
}

// Open tells whether the consulate owes something.
func (w Waiting) Open() bool { return !w.Since.IsZero() }

// Hold is one hold that stopped sending for a while.
type Hold struct {
	ID   string
	From time.Time
	To   time.Time // zero while it stands
}

// Custody is what a request knows of the person's legal clock; it only reads it.
type Custody struct {
	Detained    bool          `json:"detained"`
	Suspended   bool          `json:"suspended,omitempty"` // a court stay: no R0 while it lasts
	R0          calendar.Date `json:"r0,omitzero"`         // day 0 of the removal period, 8 CFR 241.4(g)(1)
	Before      calendar.Date `json:"before,omitzero"`     // while Suspended: R0 when the stay began
	HabeasFiled calendar.Date `json:"habeas_filed,omitzero"`
}

// Contacts are the follow-ups with the post.
type Contacts struct {
	Last           time.Time
	Answered       time.Time // when the post last moved in any way, or its interval began
	Unanswered     int       // since then
	LastUnanswered time.Time

	made    []followUp // all of them, in the order of recording
	pending []followUp // the unanswered ones, by time
}

// followUp is one contact that the post left without an answer.
type followUp struct {
	at    time.Time
	event int64
}

// Document is the travel document in hand.
type Document struct {
	Issuer     string
	Reference  string
	ValidFrom  calendar.Date
	ValidTo    calendar.Date
	RecordedBy string
	Event      int64    // seq of the event that recorded it
	Alerted    []string // validity alerts that were given for ValidTo
}

type stateForm struct {
	Log []Event `json:"log"`
}

// MarshalJSON writes the log, from which everything else follows.
func (s State) MarshalJSON() ([]byte, error) { return json.Marshal(stateForm{Log: s.Log}) }

// UnmarshalJSON reads a log and folds it. A log with a gap is an error: a part
// of the history would silently be missing.
func (s *State) UnmarshalJSON(raw []byte) error {
	var form stateForm
	if err := json.Unmarshal(raw, &form); err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	for i, event := range form.Log {
		if event.Seq != int64(i)+1 {
			return fmt.Errorf("read state: event %d has seq %d", i+1, event.Seq)
		}
	}
	*s = Fold(form.Log)
	return nil
}

// Held tells whether a hold is known to stop sending. It is advice: only the
// holds table decides whether something may leave.
func (s State) Held() bool {
	for _, hold := range s.Holds {
		if hold.To.IsZero() {
			return true
		}
	}
	return false
}

// holdPauses stop every clock of the request that is not the law's.
func (s *State) holdPauses() []calendar.Pause {
	if len(s.Holds) == 0 {
		return nil
	}
	pauses := make([]calendar.Pause, 0, len(s.Holds)+len(s.Waiting.Pauses))
	for _, hold := range s.Holds {
		pauses = append(pauses, calendar.Pause{From: hold.From, To: hold.To, Reason: "hold"})
	}
	return pauses
}

// waitingPauses are the pauses of the consulate's interval.
func (s *State) waitingPauses() []calendar.Pause {
	if len(s.Holds) == 0 {
		return s.Waiting.Pauses
	}
	return append(s.holdPauses(), s.Waiting.Pauses...)
}

// standing is the pause that holds the consulate's clock now, if one does.
func (s *State) standing() (calendar.Pause, bool) {
	for _, pause := range s.waitingPauses() {
		if pause.To.IsZero() {
			return pause, true
		}
	}
	return calendar.Pause{}, false
}

// EventsAfter lists the events behind a seq.
func (s State) EventsAfter(seq int64) []Event {
	if seq < 0 || seq >= int64(len(s.Log)) {
		return nil
	}
	return s.Log[seq:]
}

// AsKnownAt is the state as it was read when the given event was the last
// one: later corrections do not count. Compare it with the state itself,
// which is read as corrected.
func (s State) AsKnownAt(seq int64) State {
	return Fold(s.Log[:max(0, min(seq, int64(len(s.Log))))])
}
