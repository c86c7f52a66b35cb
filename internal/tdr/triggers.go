package tdr

import (
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// ladder lists the levels that will open: what the law brings to a level, and
// beside it the first of the other triggers to come, so that neither hides the other.
func (s *State) ladder(deadlines []Deadline) []Deadline {
	over := s.over()
	for level := range Levels {
		if d, ok := s.byLaw(level); ok {
			deadlines = append(deadlines, d)
		}
		if over || level > SilenceLimit {
			continue
		}
		first := earliest{}
		s.byChain(level, &first)
		s.bySilence(level, &first)
		if first.found {
			deadlines = append(deadlines, first.deadline)
		}
	}
	return deadlines
}

// earliest keeps the soonest of several deadlines, of equals the first offered.
type earliest struct {
	deadline Deadline
	found    bool
}

func (e *earliest) offer(d Deadline) {
	if !e.found || soonest(&d, &e.deadline) < 0 {
		e.deadline, e.found = d, true
	}
}

// over tells whether the ladder stopped pushing: L6 stands open, and opens by law alone.
func (s *State) over() bool {
	_, open := s.Ladder.Open(LegalEnd)
	return open
}

// byLaw: days after R0 of a detained person without a document, and a habeas
// petition. No hold, pause or promise moves them. L3 at day 90 is 8 CFR 241.4(g)(2),
// L5 and L6 prepare and mark the six months of 8 CFR 241.13(b)(2)(ii); L2 and L4
// are house policy. A level that stands open for this period is not asked again;
// one that was closed with its reason is due again when the reason is back.
// While a court stay lasts the old dates stay visible as suspended.
func (s *State) byLaw(level int) (Deadline, bool) {
	if s.Stage.HasDocument() {
		return Deadline{}, false
	}
	c := &s.Custody
	d := Deadline{Kind: LadderLevel, Level: level, Legal: true}
	if level == LegalEnd && !c.HabeasFiled.IsZero() && !s.habeasAsked() {
		d.Trigger, d.Why = ByHabeas, Why{Rule: "habeas petition filed", Event: s.CustodyEvent}
		return s.onDate(d, c.HabeasFiled, 0), true
	}
	r0 := c.R0
	if c.Suspended {
		r0 = c.Before
	}
	day := s.custodyDay(level)
	if !c.Detained || r0.IsZero() || day == 0 || s.Ladder.byLawFor(level, r0) {
		return Deadline{}, false
	}
	d.Trigger, d.Why = ByCustodyDay, Why{Rule: custodyRule(level), Pack: s.pack(), Event: s.CustodyEvent}
	d = s.onDate(d, r0, day)
	if c.Suspended {
		d.At, d.Suspended = time.Time{}, true
	}
	return d, true
}

func (s *State) habeasAsked() bool {
	escalation, open := s.Ladder.Open(LegalEnd)
	return open && escalation.HabeasFiled == s.Custody.HabeasFiled
}

func (s *State) custodyDay(level int) int {
	days := &s.Terms.Ladder.CustodyDays
	return [Levels]int{0, 0, days.L2, days.L3, days.L4, days.L5, days.L6}[level]
}

func custodyRule(level int) string {
	switch level {
	case 3:
		return "R0+90 without a document: headquarters is asked for assistance, 8 CFR 241.4(g)(2)"
	case 5:
		return "finding needed before six months from R0, 8 CFR 241.13(b)(2)(ii)"
	case LegalEnd:
		return "six months from R0, 8 CFR 241.13(b)(2)(ii)"
	default:
		return "days after R0, house policy"
	}
}

// bySilence: how long the consulate has owed an answer.
func (s *State) bySilence(level int, first *earliest) {
	since, asks := s.silentSince(level)
	if !asks {
		return
	}
	if needed := s.Terms.Ladder.UnansweredFollowUps; level == 2 && needed > 0 && len(s.Contacts.pending) >= needed {
		last := s.Contacts.pending[needed-1]
		d := Deadline{Kind: LadderLevel, Level: level, Trigger: ByFollowUps, Why: Why{Rule: "unanswered follow-ups in the country pack", Pack: s.pack()}}
		first.offer(s.afterPromise(0, s.unlessPaused(d.onInstant(last.at, last.event))))
	}
	if rule, ok := s.silenceRule(level); ok {
		d := Deadline{Kind: LadderLevel, Level: level, Trigger: rule.trigger, Why: Why{Rule: rule.text, Pack: s.pack(), Event: s.Waiting.Event}}
		count := calendar.Count{Start: since, Amount: s.Terms.Timescale.Amount, Percent: rule.percent, Pauses: s.waitingPauses()}
		first.offer(s.afterPromise(0, s.counted(d, s.Terms.Timescale.Calendar, count)))
	}
}

// silentSince is where a level's percentage is counted from, and whether it is
// to be asked at all: once in a silence. That is the whole interval, so that a
// telephone call cannot put a level off; but a level that was asked in this
// interval, and closed, is owed again from the post's next silence.
func (s *State) silentSince(level int) (since time.Time, asks bool) {
	if !s.Waiting.Open() {
		return time.Time{}, false
	}
	since = s.Waiting.Since
	for i := range s.Ladder.Escalations {
		e := &s.Ladder.Escalations[i]
		if e.Level != level || e.Asked.Before(s.Waiting.Since) {
			continue
		}
		if e.open() {
			return time.Time{}, false
		}
		since = later(since, e.Answered)
	}
	return since, true
}

type silenceRule struct {
	trigger Trigger
	percent int
	text    string
}

func (s *State) silenceRule(level int) (silenceRule, bool) {
	percents := s.Terms.Ladder.Percents
	switch {
	case level < SilenceLimit && level < len(percents):
		return silenceRule{ByPercent, percents[level], "share of the country's timescale, net of pauses"}, true
	case level == SilenceLimit && (s.Custody.Detained || s.HighHarm):
		return silenceRule{ByTimescale, 100, "detained or high-harm, and over the country's timescale"}, true
	default:
		return silenceRule{}, false
	}
}

// byChain: a level below was asked and nobody answered, the promised day
// passed in silence, or nobody there could be told; this level takes its place
// unless it stands open already. Nothing above the ceiling takes over, so a
// promise broken at the ceiling is asked for again there.
func (s *State) byChain(level int, first *earliest) {
	if own, open := s.Ladder.Open(level); open {
		if level == SilenceLimit && own.Status == EscalationTaken && !own.kept() {
			first.offer(s.brokenPromise(level, &own))
		}
		return
	}
	below, open := s.Ladder.Open(level - 1)
	if !open || s.Ladder.askedSince(level, below.chainFrom()) {
		return
	}
	switch {
	case !below.Unreachable.IsZero():
		d := Deadline{Kind: LadderLevel, Level: level, Trigger: ByUnreachable, Why: Why{Rule: "nobody of the level below could be told"}}
		first.offer(d.onInstant(below.Unreachable, below.Gone))
	case below.Status == EscalationTaken:
		if !below.kept() {
			first.offer(s.brokenPromise(level, &below))
		}
	case !below.AcknowledgeBy.IsZero(): // a reminder wants no acknowledgement
		d := Deadline{Kind: LadderLevel, Level: level, Trigger: ByNoAcknowledging, Why: Why{Rule: "not acknowledged in time", Pack: s.pack(), Event: below.Event}}
		count := calendar.Count{Start: below.chainFrom(), Amount: s.Terms.Ladder.AcknowledgeWithin, Percent: 100, Pauses: s.waitingPauses()}
		first.offer(s.afterPromise(level, s.counted(d, playbook.Office, count)))
	}
}

// kept tells whether the post moved after somebody took the level on.
func (e *Escalation) kept() bool { return !e.Answered.IsZero() && !e.Answered.Before(e.Taken) }

// chainFrom is the instant from which the next level would answer for this
// one: the promised day, or the asking. What the law asked stays open when the post
// moves, and has its time to be acknowledged anew from then.
func (e *Escalation) chainFrom() time.Time {
	switch {
	case !e.Unreachable.IsZero():
		return e.Asked
	case e.Status == EscalationTaken:
		return e.Until
	default:
		return later(e.Asked, e.Answered)
	}
}

func (s *State) brokenPromise(level int, e *Escalation) Deadline {
	d := Deadline{Kind: LadderLevel, Level: level, Trigger: ByNextDate, Why: Why{Rule: "the promised day passed in silence", Event: e.Event}}
	return s.unlessPaused(s.onDate(d, e.NextDate, 1))
}

// afterPromise: silence climbs no further until the day has passed that a level,
// or one above it, promised. What is promised below a level that was asked and
// does not answer is no answer of that level.
func (s *State) afterPromise(from int, d Deadline) Deadline {
	if until := s.Ladder.promised(from); d.Kind == LadderLevel && !d.Suspended && until.After(d.At) {
		d.At, d.Why.After = until, &until
	}
	return d
}

// unlessPaused: while a hold or a question of the post stands, nobody is pushed to move the post.
func (s *State) unlessPaused(d Deadline) Deadline {
	if pause, stands := s.standing(); stands {
		d.At, d.Suspended, d.Why.Paused = time.Time{}, true, &pause
	}
	return d
}
