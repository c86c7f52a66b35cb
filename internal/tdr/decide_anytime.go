package tdr

import (
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// attemptsBeforeNotice: two recorded attempts come before a notice of failure
// to comply (8 CFR 241.4(g)(5); the practice of about 14 days between them is policy).
const attemptsBeforeNotice = 2

// decideAnyTime holds the rules for what may be recorded in any open stage.
func (s State) decideAnyTime(c Command, facts Facts, occurred time.Time) (Fact, error) {
	switch act := c.Act.(type) {
	case *RecordContact:
		return s.decideContact(act, facts, occurred)
	case *Reassign:
		if act.Officer == "" || act.Officer == s.Officer {
			return nil, refuse(Invalid, "officer", "another officer than today's")
		}
		return &Reassigned{From: s.Officer, To: act.Officer}, nil
	case *AcknowledgeEscalation:
		return s.decideAcknowledgement(c.Actor, act, facts, occurred)
	case *RecordNonCompliance:
		return s.decideNonCompliance(act)
	case *Correct:
		return s.decideCorrection(c.Actor, act, facts)
	}
	return nil, refuse(Invalid, "name", "no such command")
}

func contactMedia() []string {
	return []string{"telephone", "mail", "letter", "visit", "meeting", "system"}
}

// decideContact keeps fact and forecast apart: exactly one of them.
func (s State) decideContact(act *RecordContact, facts Facts, occurred time.Time) (Fact, error) {
	switch {
	case (act.Fact == nil) == (act.Forecast == nil):
		return nil, refuse(Missing, "fact", "either a fact or a forecast")
	case act.Forecast != nil:
		return decideForecast(act.Forecast, s.OfficeTime.LocalDate(occurred))
	case act.Fact.Direction != ToPost && act.Fact.Direction != FromPost:
		return nil, refuse(Invalid, "fact.direction", "to_post or from_post")
	case !slices.Contains(contactMedia(), act.Fact.Medium):
		return nil, refuse(Invalid, "fact.medium", "telephone, mail, letter, visit, meeting or system")
	}
	if act.Fact.Channel != "" {
		return s.decideAsking(act.Fact, facts, occurred)
	}
	return &ContactRecorded{ContactFact: *act.Fact}, nil
}

// decideAsking: a question that the system tells the post of is about something
// that lies there, is asked now, and passes the gate like a package.
func (s State) decideAsking(asked *ContactFact, facts Facts, occurred time.Time) (Fact, error) {
	switch {
	case asked.Channel != ByNotice:
		return nil, refuse(Invalid, "fact.channel", "a question goes by notice")
	case asked.Direction != ToPost || asked.Medium != "mail" || asked.Answered:
		return nil, refuse(Invalid, "fact.channel", "a notice is mail to the post, which has not answered yet")
	case !occurred.Equal(facts.Now):
		return nil, refuse(Contradicts, "occurred_at", "a question is asked when it leaves")
	case !s.Package.Out:
		return nil, refuse(Invalid, "fact.channel", "nothing lies with the post that it could be asked about")
	}
	if err := s.passes(facts.Gate); err != nil {
		return nil, err
	}
	return &ContactRecorded{ContactFact: *asked, Dispatch: facts.Gate.Dispatch, Fence: facts.Gate.Fence}, nil
}

func decideForecast(forecast *ContactForecast, made calendar.Date) (Fact, error) {
	const rule = "what is expected, by when, and on what basis"
	switch {
	case forecast.Expects == "":
		return nil, refuse(Missing, "forecast.expects", rule)
	case forecast.By.IsZero():
		return nil, refuse(Missing, "forecast.by", rule)
	case forecast.By.Before(made):
		return nil, refuse(Contradicts, "forecast.by", "expected before the day of the forecast")
	case forecast.Basis == "":
		return nil, refuse(Missing, "forecast.basis", rule)
	}
	return &ForecastRecorded{*forecast}, nil
}

// officerLevel is the highest level that an officer can acknowledge: what went
// over the officer's head is taken on by those it went to.
const officerLevel = 1

// decideAcknowledgement: an acknowledgement carries a next date, no further
// ahead than the level allows. Who acknowledges again may move the date, but
// the level's limit counts from the first time: a promise cannot be renewed forever.
func (s State) decideAcknowledgement(actor Actor, act *AcknowledgeEscalation, facts Facts, occurred time.Time) (Fact, error) {
	escalation, known := s.Ladder.Find(act.Escalation)
	if !known || !escalation.open() {
		return nil, refuse(EscalationUnknown, "escalation", "no open escalation of that id")
	}
	above := slices.ContainsFunc(actor.Roles, func(r Role) bool { return r != OfficerRole })
	if escalation.Level > officerLevel && !above {
		return nil, refuse(NotPermitted, "escalation", "those whom the level was put to acknowledge it")
	}
	today := s.OfficeTime.LocalDate(facts.Now)
	taken := today
	if !escalation.Taken.IsZero() {
		taken = s.OfficeTime.LocalDate(escalation.Taken)
	}
	switch {
	case act.NextDate.IsZero():
		return nil, refuse(Missing, "next_date", "an acknowledgement carries a next date")
	case act.Action == "":
		return nil, refuse(Missing, "action", "an acknowledgement says what will be done")
	case occurred.Before(escalation.Asked):
		return nil, refuse(Contradicts, "occurred_at", "before it was asked for")
	case !act.NextDate.After(today):
		return nil, refuse(Contradicts, "next_date", "the next date lies ahead")
	case act.NextDate.After(taken.AddDays(s.nextDateLimit(escalation.Level))):
		return nil, refuse(NextDateTooFar, "next_date", "further ahead than the level allows")
	}
	return &EscalationAcknowledged{AcknowledgeEscalation: *act, Until: s.OfficeTime.At(act.NextDate.AddDays(1), 0)}, nil
}

func (s State) nextDateLimit(level int) int {
	limits := s.Terms.Ladder.NextDateLimits
	if level < 0 || level >= len(limits) {
		return 0
	}
	return limits[level]
}

func (s State) decideNonCompliance(act *RecordNonCompliance) (Fact, error) {
	switch {
	case !slices.Contains(NonComplianceSteps(), act.Step):
		return nil, refuse(Invalid, "step", "attempt, notice_signed or complied")
	case act.Evidence == "":
		return nil, refuse(Missing, "evidence", "each step has a source document")
	case act.Step == NonComplianceNotice && s.Attempts < attemptsBeforeNotice:
		return nil, refuse(AttemptsMissing, "step", "two attempts are recorded before a notice is signed")
	}
	return &NonComplianceRecorded{Step: act.Step, Evidence: act.Evidence, Signature: act.Signature}, nil
}
