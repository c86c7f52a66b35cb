package tdr

import "slices"

// decidePackage holds the rules before the package leaves, and of its leaving.
func (s State) decidePackage(c Command, facts Facts) (Fact, error) {
	switch act := c.Act.(type) {
	case *Open:
		return decideOpen(act, facts)
	case *RequestReview:
		return s.decideReview(act, facts)
	case *Approve:
		return s.decideApprove(c.Actor, act)
	case *Return:
		return s.decideReturn(c.Actor, act)
	case *Send:
		if err := s.mayLeave(act.Content, act.Channel, facts.Gate); err != nil {
			return nil, err
		}
		return &Sent{Dispatch: facts.Gate.Dispatch, Channel: act.Channel, Content: act.Content, Fence: facts.Gate.Fence}, nil
	case *AnswerInformation:
		if err := s.mayLeave(act.Content, act.Channel, facts.Gate); err != nil {
			return nil, err
		}
		return &InformationAnswered{
			Dispatch: facts.Gate.Dispatch, Channel: act.Channel, Content: act.Content,
			Fence: facts.Gate.Fence, Stage: s.CameFrom,
		}, nil
	}
	return nil, refuse(Invalid, "name", "no such command")
}

func decideOpen(act *Open, facts Facts) (Fact, error) {
	opening := facts.Opening
	if opening == nil {
		return nil, refuse(RulesUnknown, "", "a request opens under a rules version of this release")
	}
	for _, field := range act.needed() {
		if field.absent {
			return nil, refuse(Missing, field.name, field.rule)
		}
	}
	if act.Order.Date.After(opening.OfficeTime.LocalDate(facts.Now)) {
		return nil, refuse(InFuture, "order.date", "an order cannot be dated in the future")
	}
	return &Opened{
		Open: *act, Rules: opening.Rules, Terms: opening.Terms,
		OfficeTime: opening.OfficeTime, PostTime: opening.PostTime, Custody: opening.Custody,
	}, nil
}

// field is a field of a command that the rule cannot do without.
type field struct {
	name   string
	absent bool
	rule   string
}

func (o *Open) needed() []field {
	const person, post = "a request is about a person", "a request goes to a post of a country"
	const office, order = "a request belongs to a field office and an officer", "type, date and source of the order are on record from the beginning"
	return []field{
		{"request_id", o.RequestID == "", person}, {"person_id", o.PersonID == "", person},
		{"country", o.Country == "", post}, {"post", o.Post == "", post},
		{"field_office", o.FieldOffice == "", office}, {"officer", o.Officer == "", office},
		{"order.type", o.Order.Type == "", order}, {"order.date", o.Order.Date.IsZero(), order},
		{"order.source", o.Order.Source == "", order},
	}
}

// decideReview: every required item is there, or its absence has a reason.
func (s State) decideReview(act *RequestReview, facts Facts) (Fact, error) {
	if act.Content == "" {
		return nil, refuse(Missing, "content", "a review is of one content, named by its hash")
	}
	for _, gap := range act.Gaps {
		if gap.Item == "" || gap.Reason == "" {
			return nil, refuse(Missing, "gaps", "a gap names its item and its reason")
		}
	}
	if s.Stage == InformationAsked {
		return &ReviewRequested{Content: act.Content, Gaps: act.Gaps}, nil
	}
	var missing error
	for _, item := range facts.Required {
		explained := slices.ContainsFunc(act.Gaps, func(g Gap) bool { return g.Item == item })
		if !explained && !slices.Contains(act.Present, item) {
			missing = joined(missing, refuse(IncompletePackage, "present", "required and without a reason: "+item))
		}
	}
	if missing != nil {
		return nil, missing
	}
	return &ReviewRequested{Content: act.Content, Gaps: act.Gaps}, nil
}

// underReview: what may be judged, and that the judge is a second person.
func (s State) underReview(judge Actor) error {
	if s.Package.Content == "" {
		return refuse(Missing, "content", "nothing is under review")
	}
	if s.prepared(judge) {
		return refuse(SamePerson, "", "who prepared a package does not review it")
	}
	return nil
}

// prepared tells whether a person handed the content under review over, now or
// earlier: that another did so too makes nobody a second person.
func (s *State) prepared(judge Actor) bool {
	return judge.ID == s.Package.Preparer || slices.ContainsFunc(s.Log, func(e Event) bool {
		review, ok := e.Fact.(*ReviewRequested)
		return ok && review.Content == s.Package.Content && e.Actor.ID == judge.ID
	})
}

func (s State) decideApprove(judge Actor, act *Approve) (Fact, error) {
	if err := s.underReview(judge); err != nil {
		return nil, err
	}
	if act.Content != s.Package.Content {
		return nil, refuse(ContentChanged, "content", "not the content under review")
	}
	return &Approved{Content: act.Content}, nil
}

func (s State) decideReturn(judge Actor, act *Return) (Fact, error) {
	if err := s.underReview(judge); err != nil {
		return nil, err
	}
	if len(act.Items) == 0 {
		return nil, refuse(Missing, "items", "a return gives a reason for each item")
	}
	for _, item := range act.Items {
		if item.Item == "" || item.Reason == "" {
			return nil, refuse(Missing, "items", "a return gives a reason for each item")
		}
	}
	return &Returned{Items: act.Items}, nil
}

// mayLeave: only the approved content, and only through the gate.
func (s State) mayLeave(content ContentHash, channel Channel, gate *Gate) error {
	switch {
	case !slices.Contains(Channels(), channel):
		return refuse(Invalid, "channel", "no such channel")
	case s.Package.Approved == "":
		return refuse(ContentChanged, "content", "nothing is approved to leave")
	case content != s.Package.Approved:
		return refuse(ContentChanged, "content", "not the content that was approved")
	case gate != nil && gate.Dispatch != "" && gate.Content != content:
		return refuse(ContentChanged, "content", "the gate authorised another content")
	}
	return s.passes(gate)
}

// passes: whatever leaves does so under the gate's authorisation, to a post of a
// country that may be asked, with an order on record and no hold standing.
func (s State) passes(gate *Gate) error {
	switch {
	case gate != nil && gate.Bar == NeverAddressed:
		return refuse(NeverAddressed, "", "the country is never addressed about a person of this nationality")
	case gate != nil && gate.Bar != "":
		return refuse(ConsentMissing, "", "the order names another country, and counsel has not consented")
	case gate == nil || gate.Dispatch == "":
		return refuse(GateClosed, "", "no dispatch was authorised")
	case gate.HoldStands:
		return refuse(GateClosed, "", "nothing may leave")
	case s.outdated(gate.Fence):
		return refuse(GateClosed, "", "a hold was placed after the gate was asked")
	case !gate.OrderOnRecord || s.Order.Source == "":
		return refuse(GateClosed, "", "no final order is on record")
	case gate.Country != s.Country:
		return refuse(GateClosed, "", "the receiving post is not of the country on the order")
	case s.left(gate.Dispatch):
		return refuse(GateClosed, "", "a dispatch is one leaving, and this one has left")
	}
	return nil
}

// outdated tells whether a hold was heard of that was placed under a later
// version of the fence. The holds table alone decides whether one stands now; but
// whoever asked it before, and acts only after, has to ask again.
func (s *State) outdated(fence int64) bool {
	return s.logged(func(fact Fact) bool {
		hold, ok := fact.(*HoldChanged)
		return ok && hold.Fence > fence
	})
}

// left tells whether something left under a dispatch already.
func (s *State) left(dispatch string) bool {
	return s.logged(func(fact Fact) bool { sent, ok := sendingOf(fact); return ok && sent.dispatch == dispatch })
}
