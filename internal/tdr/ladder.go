package tdr

import (
	"cmp"
	"slices"
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

// chain tells whether a level answers for the one below it.
func (t Trigger) chain() bool {
	return t == ByNoAcknowledging || t == ByNextDate || t == ByUnreachable
}

// EscalationStatus tells how an escalation stands.
type EscalationStatus string

// The statuses of an escalation.
const (
	EscalationWaiting EscalationStatus = "open"         // nobody has answered
	EscalationTaken   EscalationStatus = "acknowledged" // taken on until a date
	EscalationClosed  EscalationStatus = "closed"       // answered by events, or moot
)

// Escalation is one asking of one level. At most one per level is open at a
// time; asked again, it carries the latest trigger and every reason that still
// stands. It is closed when none does.
type Escalation struct {
	ID            string
	Level         int
	Trigger       Trigger // of the last asking
	Asked         time.Time
	Event         int64 // seq of the last asking
	AcknowledgeBy time.Time
	Status        EscalationStatus
	By            string        // who acknowledged
	Taken         time.Time     // when first acknowledged since last asked
	NextDate      calendar.Date // promised
	Until         time.Time     // end of the promised day
	Unreachable   time.Time     // nobody of the level could be told
	Gone          int64         // seq of the event that said so
	Closed        time.Time

	Silence     bool          // asked because the post is silent
	Answered    time.Time     // when the post last moved while it stood open
	Chain       bool          // asked in the place of the level below
	R0          calendar.Date // the removal period for which the law asks
	HabeasFiled calendar.Date // the petition for which the law asks
}

func (e *Escalation) open() bool { return e.Status != EscalationClosed }

func (e *Escalation) legal() bool { return !e.R0.IsZero() || !e.HabeasFiled.IsZero() }

// Ladder is what was asked of whom, in the order of first asking.
type Ladder struct {
	Escalations []Escalation
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

// askedSince tells whether a level was asked at or after an instant.
func (l *Ladder) askedSince(level int, since time.Time) bool {
	return slices.ContainsFunc(l.Escalations, func(e Escalation) bool {
		return e.Level == level && !e.Asked.Before(since)
	})
}

// byLawFor tells whether a level stands open by law for a removal period.
func (l *Ladder) byLawFor(level int, r0 calendar.Date) bool {
	escalation, open := l.Open(level)
	return open && escalation.R0 == r0
}

// promised is the latest date that somebody who acknowledged at a level, or
// above it, has promised. Zero when nothing is promised there.
func (l *Ladder) promised(level int) (until time.Time) {
	for i := range l.Escalations {
		if e := &l.Escalations[i]; e.Status == EscalationTaken && e.Level >= level {
			until = later(until, e.Until)
		}
	}
	return until
}

func (l *Ladder) move(e Event) {
	switch fact := e.Fact.(type) {
	case *EscalationOpened:
		l.ask(e, fact)
	case *EscalationAcknowledged:
		l.change(fact.Escalation, func(asked *Escalation) {
			asked.Status, asked.By, asked.NextDate, asked.Until = EscalationTaken, e.Actor.ID, fact.NextDate, fact.Until
			if asked.Taken.IsZero() {
				asked.Taken = e.RecordedAt
			}
		})
	case *LevelUnreachable:
		l.change(fact.Escalation, func(asked *Escalation) { asked.Unreachable, asked.Gone = e.OccurredAt, e.Seq })
	}
}

func (l *Ladder) ask(e Event, fact *EscalationOpened) {
	asked := Escalation{
		ID: fact.Escalation, Level: fact.Level, Trigger: fact.Trigger, Asked: e.OccurredAt, Event: e.Seq,
		AcknowledgeBy: fact.AcknowledgeBy, Status: EscalationWaiting,
		Silence: !fact.Trigger.legal() && !fact.Trigger.chain(), Chain: fact.Trigger.chain(),
		R0: fact.R0, HabeasFiled: fact.HabeasFiled,
	}
	i := slices.IndexFunc(l.Escalations, func(known Escalation) bool { return known.ID == fact.Escalation })
	if i < 0 {
		l.Escalations = append(l.Escalations, asked)
		return
	}
	before := &l.Escalations[i]
	asked.Silence, asked.Answered = asked.Silence || before.Silence, before.Answered
	asked.Chain = asked.Chain || before.Chain
	asked.R0, asked.HabeasFiled = cmp.Or(asked.R0, before.R0), cmp.Or(asked.HabeasFiled, before.HabeasFiled)
	*before = asked
}

// change touches an escalation that is open; a closed one stays as it ended.
func (l *Ladder) change(id string, change func(*Escalation)) {
	for i := range l.Escalations {
		if e := &l.Escalations[i]; e.ID == id && e.open() {
			change(e)
		}
	}
}

// review lets each open escalation lose reasons, and closes those that have
// none left; a level that answers for the one below goes with it.
func (l *Ladder) review(at time.Time, lose func(*Escalation)) {
	for level := range Levels {
		_, below := l.Open(level - 1)
		for i := range l.Escalations {
			e := &l.Escalations[i]
			if e.Level != level || !e.open() {
				continue
			}
			lose(e)
			e.Chain = e.Chain && below
			if !e.Silence && !e.Chain && !e.legal() {
				e.Status, e.Closed = EscalationClosed, at
			}
		}
	}
}

// closeAll: a document is there, or the request ended.
func (l *Ladder) closeAll(e Event) {
	l.review(e.RecordedAt, func(asked *Escalation) {
		asked.Silence, asked.Chain = false, false
		asked.R0, asked.HabeasFiled = calendar.Date{}, calendar.Date{}
	})
}

// closeSilence: the post moved, and what was asked of people so that it would is
// answered. A level that the law opened stays, and climbs again if it is not acknowledged.
func (l *Ladder) closeSilence(e Event) {
	l.review(e.RecordedAt, func(asked *Escalation) {
		asked.Silence, asked.Chain, asked.Answered = false, false, later(asked.Answered, e.OccurredAt)
	})
}

// closeMoot: the law asks for another period or petition, or for none.
func (l *Ladder) closeMoot(e Event, custody Custody) {
	runs := custody.Detained && !custody.Suspended
	l.review(e.RecordedAt, func(asked *Escalation) {
		if !runs || asked.R0 != custody.R0 {
			asked.R0 = calendar.Date{}
		}
		if asked.HabeasFiled != custody.HabeasFiled {
			asked.HabeasFiled = calendar.Date{}
		}
	})
}
