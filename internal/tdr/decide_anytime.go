package tdr

import (
	"reflect"
	"slices"
)

// attemptsBeforeNotice: two recorded attempts come before a notice of failure
// to comply (8 CFR 241.4(g)(5); the practice of about 14 days between them is policy).
const attemptsBeforeNotice = 2

// decideAnyTime holds the rules for what may be recorded in any open stage.
func (s State) decideAnyTime(c Command, facts Facts) (Fact, error) {
	switch act := c.Act.(type) {
	case *RecordContact:
		return decideContact(act)
	case *Reassign:
		if act.Officer == "" || act.Officer == s.Officer {
			return nil, refuse(Invalid, "officer", "another officer than today's")
		}
		return &Reassigned{From: s.Officer, To: act.Officer}, nil
	case *AcknowledgeEscalation:
		return s.decideAcknowledgement(act, facts)
	case *RecordNonCompliance:
		return s.decideNonCompliance(act)
	case *Correct:
		return s.decideCorrection(act, facts)
	}
	return nil, refuse(Invalid, "name", "no such command")
}

func contactMedia() []string {
	return []string{"telephone", "mail", "letter", "visit", "meeting", "system"}
}

// decideContact keeps fact and forecast apart: exactly one of them.
func decideContact(act *RecordContact) (Fact, error) {
	switch {
	case (act.Fact == nil) == (act.Forecast == nil):
		return nil, refuse(Missing, "fact", "either a fact or a forecast")
	case act.Forecast != nil && (act.Forecast.Expects == "" || act.Forecast.Basis == "" || act.Forecast.By.IsZero()):
		return nil, refuse(Missing, "forecast", "what is expected, by when, and on what basis")
	case act.Forecast != nil:
		return &ForecastRecorded{*act.Forecast}, nil
	case act.Fact.Direction != "to_post" && act.Fact.Direction != "from_post":
		return nil, refuse(Invalid, "fact.direction", "to_post or from_post")
	case !slices.Contains(contactMedia(), act.Fact.Medium):
		return nil, refuse(Invalid, "fact.medium", "telephone, mail, letter, visit, meeting or system")
	}
	return &ContactRecorded{*act.Fact}, nil
}

// decideAcknowledgement: an acknowledgement carries a next date, no further
// ahead than the level allows.
func (s State) decideAcknowledgement(act *AcknowledgeEscalation, facts Facts) (Fact, error) {
	escalation, known := s.Ladder.Find(act.Escalation)
	if !known || !escalation.open() {
		return nil, refuse(EscalationUnknown, "escalation", "no open escalation of that id")
	}
	today := s.OfficeTime.LocalDate(facts.Now)
	limit := s.nextDateLimit(escalation.Level)
	switch {
	case act.NextDate.IsZero():
		return nil, refuse(Missing, "next_date", "an acknowledgement carries a next date")
	case act.Action == "":
		return nil, refuse(Missing, "action", "an acknowledgement says what will be done")
	case !act.NextDate.After(today):
		return nil, refuse(Contradicts, "next_date", "the next date lies ahead")
	case act.NextDate.After(today.AddDays(limit)):
		return nil, refuse(NextDateTooFar, "next_date", "further ahead than the level allows")
	}
	return &EscalationAcknowledged{AcknowledgeEscalation: *act, Until: s.OfficeTime.At(act.NextDate.AddDays(1), 0)}, nil
}

func (s State) nextDateLimit(level int) int {
	limits := s.Terms.Ladder.NextDateLimits
	if level < len(limits) {
		return limits[level]
	}
	return 0
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
	return &NonComplianceRecorded{Step: act.Step, Evidence: act.Evidence}, nil
}

// decideCorrection: the corrected event exists and may be corrected, and the
// corrected reading of the whole history still makes sense.
func (s State) decideCorrection(act *Correct, facts Facts) (Fact, error) {
	if act.Event < 1 || act.Event > s.Seq || !correctable(s.Log[act.Event-1].Fact) {
		return nil, refuse(EventUnknown, "event", "no event of that number that can be corrected")
	}
	if act.Reason == "" {
		return nil, refuse(Missing, "reason", "a correction has a reason")
	}
	event := s.Log[act.Event-1]
	reading := corrected(event, &Corrected{*act})
	if reading.OccurredAt.Equal(event.OccurredAt) && reflect.DeepEqual(reading.Fact, event.Fact) {
		return nil, refuse(Missing, "occurred_at", "say what is corrected")
	}
	if reading.OccurredAt.After(facts.Now) {
		return nil, refuse(InFuture, "occurred_at", "a fact cannot lie in the future")
	}
	return &Corrected{*act}, s.consistent(act, reading)
}

// consistent: the corrected event stays between the stage changes around it,
// and the corrected dates do not contradict each other.
func (s State) consistent(act *Correct, reading Event) error {
	before := s.AsKnownAt(act.Event - 1)
	if reading.OccurredAt.Before(before.StageSince) {
		return refuse(Contradicts, "occurred_at", "before the event it follows on")
	}
	readings := corrections(s.Log)
	for _, later := range s.Log[act.Event:] {
		changed := corrected(later, readings[later.Seq])
		if changesStage(changed.Fact) && reading.OccurredAt.After(changed.OccurredAt) {
			return refuse(Contradicts, "occurred_at", "after an event that follows on it")
		}
	}
	if fact, ok := reading.Fact.(*DocumentIssued); ok && fact.ValidTo.Before(fact.ValidFrom) {
		return refuse(Contradicts, "valid_to", "a document ends before it begins")
	}
	return nil
}

// changesStage tells whether an event may only follow what came before it.
func changesStage(fact Fact) bool {
	switch fact.(type) {
	case *ContactRecorded, *ForecastRecorded, *Reassigned, *NonComplianceRecorded, *Corrected, *HoldChanged,
		*CustodyChanged, *MailBounced, *ReplyReceived, *StageOverdue, *EscalationOpened,
		*EscalationAcknowledged, *LevelUnreachable, *ValidityAlerted, *CalendarsRenewed:
		return false
	default:
		return true
	}
}
