package tdr

import (
	"slices"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// decideEnd holds the rules for the document and for how requests end or begin anew.
func (s State) decideEnd(c Command, facts Facts) (Fact, error) {
	switch act := c.Act.(type) {
	case *Authenticate:
		return s.decideAuthenticity(c.Actor, act, facts)
	case *RejectDocument:
		return s.decideRejection(c.Actor, act)
	case *Reissue:
		if act.Reason == "" {
			return nil, refuse(Missing, "reason", "a reissue has a reason")
		}
		return &ReissueBegun{Reason: act.Reason}, nil
	case *RecordTravel:
		return s.decideTravel(act, facts)
	case *Close:
		return s.decideClose(act)
	case *Withdraw:
		return s.decideWithdraw(act)
	case *Retry:
		return s.decideRetry(act, facts)
	}
	return nil, refuse(Invalid, "name", "no such command")
}

// decideAuthenticity: a second officer, the issuer on the verified list, the
// three looks, and validity that outlasts today by the pack's margin.
func (s State) decideAuthenticity(judge Actor, act *Authenticate, facts Facts) (Fact, error) {
	if s.recordedBy(judge) {
		return nil, refuse(SamePerson, "", "who recorded a document does not authenticate it")
	}
	lasting := s.OfficeTime.LocalDate(facts.Now).AddDays(s.Terms.TravelMarginDays)
	var unfit error
	for _, look := range []struct {
		good        bool
		field, rule string
	}{
		{facts.IssuerVerified, "issuer", "the issuer is not on the verified list"},
		{act.Photo, "photo", "the photo must be found in order"},
		{act.Names, "names", "the names must be found in order"},
		{act.Serial, "serial", "the serial number must be found in order"},
		{!s.Document.ValidTo.Before(lasting), "valid_to", "validity does not outlast today by the margin"},
	} {
		if !look.good {
			unfit = joined(unfit, refuse(DocumentUnfit, look.field, look.rule))
		}
	}
	if unfit != nil {
		return nil, unfit
	}
	return &DocumentAuthenticated{}, nil
}

func (s State) decideRejection(judge Actor, act *RejectDocument) (Fact, error) {
	switch {
	case s.recordedBy(judge):
		return nil, refuse(SamePerson, "", "who recorded a document does not reject it")
	case act.Reason == "":
		return nil, refuse(Missing, "reason", "a rejected document has a reason")
	}
	return &DocumentRejected{Reason: act.Reason}, nil
}

// recordedBy tells whether a person recorded the document in hand, or corrected
// what was recorded: neither would be a second look.
func (s *State) recordedBy(judge Actor) bool {
	return judge.ID == s.Document.RecordedBy || slices.ContainsFunc(s.Log, func(e Event) bool {
		correction, ok := e.Fact.(*Corrected)
		return ok && correction.Event == s.Document.Event && e.Actor.ID == judge.ID
	})
}

func (s State) decideTravel(act *RecordTravel, facts Facts) (Fact, error) {
	switch {
	case act.On.IsZero():
		return nil, refuse(Missing, "on", "travel has a day")
	case act.On.After(s.OfficeTime.LocalDate(facts.Now)):
		return nil, refuse(InFuture, "on", "travel is recorded after it happened")
	case act.On.Before(s.OfficeTime.LocalDate(s.StageSince)):
		return nil, refuse(Contradicts, "on", "nobody travels on a document before it is authenticated")
	case act.On.Before(s.Document.ValidFrom) || act.On.After(s.Document.ValidTo):
		return nil, refuse(OutsideValidity, "on", "outside the document's validity")
	case s.barred(act.On, facts):
		return nil, refuse(DocumentUnfit, "on", "a hold stood on that day, and nobody travels under one; counsel decides")
	}
	return &RequestClosed{Outcome: OutcomeTravelled, On: act.On}, nil
}

// barred tells whether a hold stood on a day in the field office, or stands that
// the request has not heard of. A hold that came after the day bars nothing.
func (s State) barred(on calendar.Date, facts Facts) bool {
	for _, hold := range s.Holds {
		if !on.Before(s.OfficeTime.LocalDate(hold.From)) && (hold.To.IsZero() || !on.After(s.OfficeTime.LocalDate(hold.To))) {
			return true
		}
	}
	return facts.HoldStands && !s.Held() && !on.Before(s.OfficeTime.LocalDate(facts.Now))
}

func (s State) decideClose(act *Close) (Fact, error) {
	if act.Reason == "" {
		return nil, refuse(Missing, "reason", "closing has a reason")
	}
	outcome := OutcomeIssuedUnused
	if s.Stage == Refused {
		outcome = OutcomeRefused
		if s.NotANational {
			outcome = OutcomeNotANational
		}
	}
	return &RequestClosed{Outcome: outcome, Reason: act.Reason}, nil
}

func withdrawals() []Outcome {
	return []Outcome{OutcomeWithdrawn, OutcomeReliefGranted, OutcomeReleased, OutcomeOther}
}

// decideWithdraw: what lies with the post, or came from it, is recalled.
func (s State) decideWithdraw(act *Withdraw) (Fact, error) {
	if !slices.Contains(withdrawals(), act.Outcome) {
		return nil, refuse(Invalid, "outcome", "withdrawn, relief_granted, released or other")
	}
	if act.Reason == "" {
		return nil, refuse(Missing, "reason", "a withdrawal has a reason")
	}
	return &RequestClosed{Outcome: act.Outcome, Reason: act.Reason, Recall: s.Package.Out}, nil
}

func (s State) decideRetry(act *Retry, facts Facts) (Fact, error) {
	if act.Evidence == "" && act.Post == "" {
		return nil, refuse(Missing, "evidence", "a retry brings new evidence or goes to another post")
	}
	if act.Post == "" && s.retriedWith(act.Evidence) {
		return nil, refuse(Invalid, "evidence", "the evidence of an earlier retry is not new")
	}
	if act.Post == "" {
		return &Retried{Evidence: act.Evidence}, nil
	}
	if act.Post == s.Post {
		return nil, refuse(Invalid, "post", "the post that refused")
	}
	if facts.PostTime == nil {
		return nil, refuse(Missing, "post", "the post's calendar is not known")
	}
	return &Retried{Evidence: act.Evidence, Post: act.Post, PostTime: facts.PostTime}, nil
}

func (s *State) retriedWith(evidence Evidence) bool {
	return s.logged(func(fact Fact) bool {
		retried, ok := fact.(*Retried)
		return ok && retried.Evidence == evidence
	})
}
