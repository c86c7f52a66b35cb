package tdr

import (
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// The ladder: L0 reminds the officer; L1 adds the supervisor; L2 is the area's
// coordinator, L3 the headquarters desk, L4 the attaché and the State desk;
// L5 and L6 belong to the legal decision and open by law alone.
const (
	Levels       = 7
	SilenceLimit = 4 // how far silence, ours or the post's, can climb
	LegalEnd     = 6 // the ladder stops pushing and reports
)

// Trigger is why a level opened.
type Trigger string

// The triggers of a level.
const (
	ByPercent         Trigger = "percent_of_timescale" // of the consulate-owned interval
	ByFollowUps       Trigger = "unanswered_follow_ups"
	ByTimescale       Trigger = "over_timescale" // detained or high-harm
	ByCustodyDay      Trigger = "custody_day"    // a day after R0
	ByHabeas          Trigger = "habeas_filed"
	ByNoAcknowledging Trigger = "not_acknowledged"
	ByNextDate        Trigger = "next_date_passed"
	ByUnreachable     Trigger = "unreachable"
)

func (t Trigger) legal() bool { return t == ByCustodyDay || t == ByHabeas }

// EscalationStatus tells how an escalation stands.
type EscalationStatus string

// The statuses of an escalation.
const (
	EscalationWaiting EscalationStatus = "open"         // nobody has answered
	EscalationTaken   EscalationStatus = "acknowledged" // taken on until a date
	EscalationClosed  EscalationStatus = "closed"       // answered by events, or moot
)

// Escalation is one asking of one level. At most one per level is open at a time.
type Escalation struct {
	ID            string
	Level         int
	Trigger       Trigger
	Asked         time.Time // last asked
	AcknowledgeBy time.Time
	Status        EscalationStatus
	By            string    // who acknowledged
	Until         time.Time // end of the promised day
	Unreachable   time.Time // nobody of the level could be told
	Closed        time.Time
}

func (e Escalation) open() bool { return e.Status != EscalationClosed }

// Ladder is what was asked of whom.
type Ladder struct {
	Escalations []Escalation // in the order of first asking
	// LegalFor is the R0 for which each level was opened by law.
	LegalFor [Levels]calendar.Date
	// HabeasFor is the filing for which L6 was opened.
	HabeasFor calendar.Date
}

// Open finds the open escalation of a level.
func (l Ladder) Open(level int) (Escalation, bool) {
	for _, escalation := range l.Escalations {
		if escalation.Level == level && escalation.open() {
			return escalation, true
		}
	}
	return Escalation{}, false
}

// Find looks an escalation up by id.
func (l Ladder) Find(id string) (Escalation, bool) {
	for _, escalation := range l.Escalations {
		if escalation.ID == id {
			return escalation, true
		}
	}
	return Escalation{}, false
}

// Level is the highest level that is open, or -1.
func (l Ladder) Level() int {
	highest := -1
	for _, escalation := range l.Escalations {
		if escalation.open() {
			highest = max(highest, escalation.Level)
		}
	}
	return highest
}

// lastAsked is when a level was last asked, the zero time if never.
func (l Ladder) lastAsked(level int) time.Time {
	var last time.Time
	for _, escalation := range l.Escalations {
		if escalation.Level == level && escalation.Asked.After(last) {
			last = escalation.Asked
		}
	}
	return last
}

// askedSince tells whether a level was asked at or after an instant.
func (l Ladder) askedSince(level int, since time.Time) bool {
	last := l.lastAsked(level)
	return !last.IsZero() && !last.Before(since)
}

// promised is the latest date that somebody who acknowledged has promised; until
// then silence climbs no further.
func (l Ladder) promised() time.Time {
	var until time.Time
	for _, escalation := range l.Escalations {
		if escalation.Status == EscalationTaken && escalation.Until.After(until) {
			until = escalation.Until
		}
	}
	return until
}

func (l *Ladder) move(e Event) {
	switch fact := e.Fact.(type) {
	case *EscalationOpened:
		l.ask(e, fact)
	case *EscalationAcknowledged:
		l.change(fact.Escalation, func(escalation *Escalation) {
			escalation.Status, escalation.By, escalation.Until = EscalationTaken, e.Actor.ID, fact.Until
		})
	case *LevelUnreachable:
		l.change(fact.Escalation, func(escalation *Escalation) { escalation.Unreachable = e.OccurredAt })
	}
}

func (l *Ladder) ask(e Event, fact *EscalationOpened) {
	if fact.Trigger == ByCustodyDay {
		l.LegalFor[fact.Level] = fact.R0
	}
	if fact.Trigger == ByHabeas {
		l.HabeasFor = fact.HabeasFiled
	}
	asked := Escalation{
		ID: fact.Escalation, Level: fact.Level, Trigger: fact.Trigger, Asked: e.OccurredAt,
		AcknowledgeBy: fact.AcknowledgeBy, Status: EscalationWaiting,
	}
	if _, known := l.Find(fact.Escalation); known {
		l.change(fact.Escalation, func(escalation *Escalation) { *escalation = asked })
		return
	}
	l.Escalations = append(l.Escalations, asked)
}

func (l *Ladder) change(id string, change func(*Escalation)) {
	for i := range l.Escalations {
		if l.Escalations[i].ID == id {
			change(&l.Escalations[i])
		}
	}
}

func (l *Ladder) closeWhere(at time.Time, moot func(Escalation) bool) {
	for i := range l.Escalations {
		if escalation := &l.Escalations[i]; escalation.open() && moot(*escalation) {
			escalation.Status, escalation.Closed = EscalationClosed, at
		}
	}
}

func (l *Ladder) closeAll(at time.Time) {
	l.closeWhere(at, func(Escalation) bool { return true })
}

func (l *Ladder) closeSilence(at time.Time) {
	l.closeWhere(at, func(e Escalation) bool { return !e.Trigger.legal() })
}

func (l *Ladder) closeLegal(at time.Time) {
	l.closeWhere(at, func(e Escalation) bool { return e.Trigger.legal() })
}
