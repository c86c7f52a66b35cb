package tdr

import (
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// ladder lists the levels that will open, each by its first trigger to come.
func (s State) ladder() []Deadline {
	var deadlines []Deadline
	for level := range Levels {
		candidates := slices.Concat(s.byLaw(level), s.bySilence(level), s.byChain(level))
		if len(candidates) == 0 {
			continue
		}
		slices.SortStableFunc(candidates, soonest)
		deadlines = append(deadlines, candidates[0])
	}
	return deadlines
}

// over tells whether the ladder stopped pushing: L6 was opened for this R0 or filing.
func (s State) over() bool {
	byDay := !s.Custody.R0.IsZero() && s.Ladder.LegalFor[LegalEnd] == s.Custody.R0
	byHabeas := !s.Custody.HabeasFiled.IsZero() && s.Ladder.HabeasFor == s.Custody.HabeasFiled
	return byDay || byHabeas
}

// byLaw: days after R0 of a detained person without a document. No hold, pause
// or promise moves them. L3 at day 90 is 8 CFR 241.4(g)(2), L5 and L6 prepare
// and mark the six months of 8 CFR 241.13(b)(2)(ii); L2 and L4 are house policy.
func (s State) byLaw(level int) []Deadline {
	if s.Stage.HasDocument() {
		return nil
	}
	if level == LegalEnd && !s.Custody.HabeasFiled.IsZero() && s.Ladder.HabeasFor != s.Custody.HabeasFiled {
		d := Deadline{Kind: LadderLevel, Level: level, Trigger: ByHabeas, Legal: true, Why: Why{Rule: "habeas petition filed"}}
		return []Deadline{s.onDate(d, s.Custody.HabeasFiled, 0)}
	}
	c := s.Custody
	day := s.custodyDay(level)
	if !c.Detained || c.Suspended || c.R0.IsZero() || day == 0 || s.Ladder.LegalFor[level] == c.R0 {
		return nil
	}
	d := Deadline{Kind: LadderLevel, Level: level, Trigger: ByCustodyDay, Legal: true, Why: Why{Rule: custodyRule(level), Pack: s.pack()}}
	return []Deadline{s.onDate(d, c.R0, day)}
}

func (s State) custodyDay(level int) int {
	days := s.Terms.Ladder.CustodyDays
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

// bySilence: how long the consulate has owed an answer. Each rule fires once in an interval.
func (s State) bySilence(level int) []Deadline {
	if !s.Waiting.Open() || level > SilenceLimit || s.over() || s.Ladder.askedSince(level, s.Waiting.Since) {
		return nil
	}
	var candidates []Deadline
	for _, rule := range s.silenceRules(level) {
		d := Deadline{Kind: LadderLevel, Level: level, Trigger: rule.trigger, Why: Why{Rule: rule.text, Pack: s.pack()}}
		count := calendar.Count{Start: s.Waiting.Since, Amount: s.Terms.Timescale.Amount, Percent: rule.percent, Pauses: s.waitingPauses()}
		candidates = append(candidates, s.afterPromise(s.counted(d, s.Terms.Timescale.Calendar, count)))
	}
	if level == 2 && s.Contacts.Unanswered >= s.Terms.Ladder.UnansweredFollowUps && s.Terms.Ladder.UnansweredFollowUps > 0 {
		at := s.Contacts.LastUnanswered
		d := Deadline{Kind: LadderLevel, Level: level, Trigger: ByFollowUps, At: at, Why: Why{Rule: "unanswered follow-ups in the country pack", Pack: s.pack()}}
		candidates = append(candidates, s.afterPromise(s.unlessPaused(d)))
	}
	return candidates
}

type silenceRule struct {
	trigger Trigger
	percent int
	text    string
}

func (s State) silenceRules(level int) []silenceRule {
	percents := s.Terms.Ladder.Percents
	switch {
	case level < len(percents) && level < SilenceLimit:
		return []silenceRule{{ByPercent, percents[level], "share of the country's timescale, net of pauses"}}
	case level == SilenceLimit && (s.Custody.Detained || s.HighHarm):
		return []silenceRule{{ByTimescale, 100, "detained or high-harm, and over the country's timescale"}}
	default:
		return nil
	}
}

// byChain: a level below was asked and nobody answered, the promised day
// passed in silence, or nobody there could be told.
func (s State) byChain(level int) []Deadline {
	if level == 0 || level > SilenceLimit || s.over() {
		return nil
	}
	below, open := s.Ladder.Open(level - 1)
	if !open {
		return nil
	}
	d := Deadline{Kind: LadderLevel, Level: level}
	switch {
	case !below.Unreachable.IsZero():
		d.Trigger, d.At, d.Why.Rule = ByUnreachable, below.Unreachable, "nobody of the level below could be told"
		return s.unlessAsked(d, below.Asked)
	case below.Status == EscalationTaken:
		d.Trigger, d.At, d.Why.Rule = ByNextDate, below.Until, "the promised day passed in silence"
		return s.unlessAsked(s.unlessPaused(d), below.Until)
	case below.AcknowledgeBy.IsZero():
		return nil // a reminder wants no acknowledgement
	}
	d.Trigger, d.Why = ByNoAcknowledging, Why{Rule: "not acknowledged in time", Pack: s.pack()}
	count := calendar.Count{Start: below.Asked, Amount: s.Terms.Ladder.AcknowledgeWithin, Percent: 100, Pauses: s.waitingPauses()}
	return s.unlessAsked(s.afterPromise(s.counted(d, "office", count)), below.Asked)
}

// unlessAsked drops a deadline whose level was asked since.
func (s State) unlessAsked(d Deadline, since time.Time) []Deadline {
	if s.Ladder.askedSince(d.Level, since) {
		return nil
	}
	return []Deadline{d}
}

// afterPromise: silence climbs no further until the promised day has passed.
func (s State) afterPromise(d Deadline) Deadline {
	until := s.Ladder.promised()
	if !d.Suspended && until.After(d.At) {
		d.At, d.Why.After = until, &until
	}
	return d
}

// unlessPaused: while a hold or a question of the post stands, nobody is pushed to move the post.
func (s State) unlessPaused(d Deadline) Deadline {
	if s.Held() || s.Stage == InformationAsked {
		d.At, d.Suspended = time.Time{}, true
	}
	return d
}
