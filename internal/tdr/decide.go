package tdr

import (
	"errors"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// Facts are what Decide cannot know by itself: the time, and what the
// adapters found out before they asked.
type Facts struct {
	Now time.Time `json:"now"`

	Opening  *OpeningFacts `json:"opening,omitempty"`  // for open
	Required []string      `json:"required,omitempty"` // checklist items of the pack, for request_review
	Gate     *Gate         `json:"gate,omitempty"`     // for send and answer_information
	// IssuerVerified tells whether the issuing authority stood on the verified list, for authenticate.
	IssuerVerified bool `json:"issuer_verified,omitempty"`
	// HoldStands tells whether a hold in scope is on record, for record_travel: the
	// request may not have heard of it yet.
	HoldStands bool `json:"hold_stands,omitempty"`
	// PostTime is the calendar of the new post, for retry with another post of the same country.
	PostTime *calendar.Slice `json:"post_time,omitempty"`
}

// OpeningFacts are what a request writes down when it opens.
type OpeningFacts struct {
	Rules      int            `json:"rules"`
	Terms      playbook.Terms `json:"terms"`
	OfficeTime calendar.Slice `json:"office_time"`
	PostTime   calendar.Slice `json:"post_time"`
	Custody    Custody        `json:"custody"`
}

// Gate is what the fence transaction found and authorised: one dispatch under
// one fence version. Without it nothing leaves.
type Gate struct {
	Dispatch      string      `json:"dispatch"`
	Fence         int64       `json:"fence"`
	Content       ContentHash `json:"content"`
	Country       string      `json:"country"` // of the receiving post
	OrderOnRecord bool        `json:"order_on_record"`
	HoldStands    bool        `json:"hold_stands"`
	Bar           Code        `json:"bar,omitempty"` // ConsentMissing or NeverAddressed; empty: the country may be addressed
}

// Decide answers a command with the events that follow from it, or with a
// *Refusal. It looks only at its arguments and changes nothing.
func Decide(s State, c Command, facts Facts) ([]Event, error) {
	occurred := c.OccurredAt
	if occurred.IsZero() {
		occurred = facts.Now
	}
	fact, err := s.answer(c, facts, occurred)
	if err != nil {
		return nil, withStage(err, s.Stage)
	}
	return []Event{{
		Seq: s.Seq + 1, OccurredAt: occurred.UTC(), RecordedAt: facts.Now.UTC(),
		Actor: c.Actor, CommandID: c.ID, Fact: fact,
	}}, nil
}

// answer asks, in this order: may this release decide, may this person do this
// here, can it have happened then, and what do the rules of the act say.
func (s *State) answer(c Command, facts Facts, occurred time.Time) (Fact, error) {
	if c.Act == nil {
		return nil, refuse(Invalid, "name", "a command does something")
	}
	rules, err := s.rulesFor(facts)
	if err != nil {
		return nil, err
	}
	if err := s.permitted(c); err != nil {
		return nil, err
	}
	fact, err := rules.decide(*s, c, facts, occurred)
	if err := joined(s.plausible(c.Act, occurred, facts.Now), err); err != nil {
		return nil, err
	}
	return fact, nil
}

// rulesFor are the rules the request stands under, or is to be opened under.
func (s *State) rulesFor(facts Facts) (rules, error) {
	version := s.Rules
	if s.Stage == "" {
		version = CurrentRules
		if facts.Opening != nil {
			version = facts.Opening.Rules
		}
	}
	held, ok := rulesOf(version)
	if !ok {
		return rules{}, refuse(RulesUnknown, "", "these rules are not held by this release")
	}
	return held, nil
}

// permitted enforces the command table: stage first, then role.
func (s *State) permitted(c Command) error {
	move, ok := MoveOf(c.Act.Name())
	if !ok {
		return refuse(Invalid, "name", "no such command")
	}
	opening := move.Name == OpenName
	if opening != (s.Stage == "") || (!opening && !s.Stage.in(move.From)) {
		return &Refusal{
			Code: StageForbids, Rule: "the stage does not allow " + string(move.Name),
			Stage: s.Stage, Allowed: AllowedFrom(s.Stage),
		}
	}
	if !slices.ContainsFunc(move.Who, func(r Role) bool { return slices.Contains(c.Actor.Roles, r) }) {
		return &Refusal{Code: NotPermitted, Rule: "none of the actor's roles may " + string(move.Name), Stage: s.Stage}
	}
	return nil
}

func withStage(err error, stage Stage) error {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Stage == "" {
		refusal.Stage = stage
	}
	return err
}

// plausible: a fact cannot lie ahead, nor before what it follows on.
func (s *State) plausible(act Act, occurred, now time.Time) error {
	if occurred.After(now) {
		return refuse(InFuture, "occurred_at", "a fact cannot lie in the future")
	}
	earliest, rule := s.StageSince, "before the stage it follows on began"
	switch act.(type) {
	case *Correct, *Open, *AcknowledgeEscalation:
		return nil // the correction's and the escalation's own rules say more
	case *RecordContact, *RecordNonCompliance, *Reassign:
		earliest, rule = s.OpenedAt, "before the request was opened"
	}
	if occurred.Before(earliest) {
		return refuse(Contradicts, "occurred_at", rule)
	}
	return nil
}

// decide hands the act to the rules of its part of the life.
func (s State) decide(c Command, facts Facts, occurred time.Time) (Fact, error) {
	switch act := c.Act.(type) {
	case *Open, *RequestReview, *Approve, *Return, *Send, *AnswerInformation:
		return s.decidePackage(c, facts)
	case *RecordReceipt, *RecordInformationAsked, *ScheduleInterview, *RecordInterview, *BeginVerification,
		*RecordIssue, *RecordRefusal:
		return s.decidePost(act, facts, occurred)
	case *Authenticate, *RejectDocument, *Reissue, *RecordTravel, *Close, *Withdraw, *Retry:
		return s.decideEnd(c, facts)
	default:
		return s.decideAnyTime(c, facts, occurred)
	}
}
