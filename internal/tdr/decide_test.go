package tdr_test

import (
	"slices"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// attempt is a command that a rule stands against.
type attempt struct {
	name  string
	life  func(t *testing.T) *life
	act   tdr.Act
	actor tdr.Actor // the usual one when empty
	facts func(*tdr.Facts)
	code  tdr.Code
	field string
}

func in(stage tdr.Stage) func(*testing.T) *life {
	return func(t *testing.T) *life { return begin(t).to(stage) }
}

func (a attempt) try(t *testing.T) {
	l := a.life(t)
	actor := a.actor
	if actor.ID == "" {
		actor = usual(a.act.Name())
	}
	events, err := l.decide(a.act, actor, func(f *tdr.Facts) {
		if a.facts != nil {
			a.facts(f)
		}
	})
	refused := refusal(err)
	if refused.Code != a.code || refused.Field != a.field || len(events) != 0 {
		t.Errorf("refused with %+v, want %s in %q", refused, a.code, a.field)
	}
	if refused.Rule == "" || refused.Stage != l.state.Stage || refused.Error() == "" {
		t.Errorf("refusal says too little: %+v", refused)
	}
}

func tryAll(t *testing.T, attempts []attempt) {
	t.Helper()
	for _, a := range attempts {
		t.Run(a.name, a.try)
	}
}

func without(change func(*tdr.Open)) *tdr.Open {
	act := openAct()
	change(act)
	return act
}

func unopened(t *testing.T) *life { return &life{t: t, now: boston("2026-03-02 10:00")} }

func TestOpeningNeedsEverythingFromTheBeginning(t *testing.T) {
	open := func(name, field string, change func(*tdr.Open)) attempt {
		return attempt{name: name, life: unopened, act: without(change), code: tdr.Missing, field: field}
	}
	tryAll(t, []attempt{
		open("no request", "request_id", func(o *tdr.Open) { o.RequestID = "" }),
		open("no person", "person_id", func(o *tdr.Open) { o.PersonID = "" }),
		open("no country", "country", func(o *tdr.Open) { o.Country = "" }),
		open("no post", "post", func(o *tdr.Open) { o.Post = "" }),
		open("no office", "field_office", func(o *tdr.Open) { o.FieldOffice = "" }),
		open("no officer", "officer", func(o *tdr.Open) { o.Officer = "" }),
		open("no order type", "order.type", func(o *tdr.Open) { o.Order.Type = "" }),
		open("no order date", "order.date", func(o *tdr.Open) { o.Order.Date = calendar.Date{} }),
		open("no order source", "order.source", func(o *tdr.Open) { o.Order.Source = "" }),
		{name: "order of tomorrow", life: unopened, act: without(func(o *tdr.Open) { o.Order.Date = day("2026-03-03") }), code: tdr.InFuture, field: "order.date"},
		{name: "unknown rules", life: unopened, act: openAct(), facts: func(f *tdr.Facts) { f.Opening.Rules = 2 }, code: tdr.RulesUnknown},
		{name: "no rules", life: unopened, act: openAct(), facts: func(f *tdr.Facts) { f.Opening.Rules = 0 }, code: tdr.RulesUnknown},
		{name: "no opening facts", life: unopened, act: openAct(), facts: func(f *tdr.Facts) { f.Opening = nil }, code: tdr.RulesUnknown},
		{name: "no act", life: in(tdr.Assembling), act: nothing{}, actor: by("officer1", tdr.OfficerRole), code: tdr.Invalid, field: "name"},
	})
}

// nothing is an act that no rule knows.
type nothing struct{}

func (nothing) Name() tdr.Name { return "nothing" }

func TestOpeningWritesDownWhatItsDatesAreCountedWith(t *testing.T) {
	act := openAct()
	act.HighHarm, act.Predecessor = true, "0196-example"
	l := unopened(t)
	l.must(l.decide(act, by("officer1", tdr.OfficerRole), func(f *tdr.Facts) {
		f.Opening.Custody = tdr.Custody{Detained: true, R0: day("2026-02-01")}
	}))
	s := l.state
	if s.Stage != tdr.Assembling || s.Rules != 1 || s.ID != act.RequestID || s.PublicCode != act.PublicCode || s.Person != act.PersonID ||
		s.Country != "QTS" || s.Post != "tst-capital" || s.FieldOffice != "TST" || s.Officer != "officer1" || !s.HighHarm ||
		s.Order != act.Order || !s.OpenedAt.Equal(l.now) || s.Terms.Version != 3 || s.OfficeTime.Hash != officeTime().Hash ||
		s.PostTime.Hash != postTime().Hash || s.Custody.R0 != day("2026-02-01") {
		t.Errorf("opened as %+v", s)
	}
	event := l.last()
	if event.Seq != 1 || event.CommandID != "command-1" || event.Actor.ID != "officer1" || !event.RecordedAt.Equal(l.now) {
		t.Errorf("recorded as %+v", event)
	}
}

func TestReviewRules(t *testing.T) {
	full := []string{"cover_letter", "photographs"}
	asked := func(t *testing.T) *life { return begin(t).to(tdr.InformationAsked) }
	handedOverTwice := func(t *testing.T) *life {
		l := asked(t).do(review())
		return l.must(l.decide(review(), by("officer2", tdr.OfficerRole)))
	}
	tryAll(t, []attempt{
		{name: "no content", life: in(tdr.Assembling), act: &tdr.RequestReview{Present: full}, code: tdr.Missing, field: "content"},
		{name: "item absent", life: in(tdr.Assembling), act: &tdr.RequestReview{Content: someHash, Present: full[:1]}, code: tdr.IncompletePackage, field: "present"},
		{name: "gap without reason", life: in(tdr.Assembling), act: &tdr.RequestReview{Content: someHash, Present: full, Gaps: []tdr.Gap{{Item: "photographs"}}}, code: tdr.Missing, field: "gaps"},
		{name: "gap without item", life: in(tdr.Assembling), act: &tdr.RequestReview{Content: someHash, Present: full, Gaps: []tdr.Gap{{Reason: "none"}}}, code: tdr.Missing, field: "gaps"},
		{name: "approve another content", life: in(tdr.Review), act: &tdr.Approve{Content: otherHash}, code: tdr.ContentChanged, field: "content"},
		{name: "approve one's own", life: in(tdr.Review), act: &tdr.Approve{Content: someHash}, actor: by("officer1", tdr.SupervisorRole), code: tdr.SamePerson},
		{name: "approve one's own after another handed it over too", life: handedOverTwice, act: &tdr.Approve{Content: someHash}, actor: by("officer1", tdr.SupervisorRole), code: tdr.SamePerson},
		{name: "return one's own", life: in(tdr.Review), act: &tdr.Return{Items: []tdr.ItemReason{{Item: "a", Reason: "b"}}}, actor: by("officer1", tdr.SupervisorRole), code: tdr.SamePerson},
		{name: "return without items", life: in(tdr.Review), act: &tdr.Return{}, code: tdr.Missing, field: "items"},
		{name: "return without reason", life: in(tdr.Review), act: &tdr.Return{Items: []tdr.ItemReason{{Item: "a"}}}, code: tdr.Missing, field: "items"},
		{name: "return without item", life: in(tdr.Review), act: &tdr.Return{Items: []tdr.ItemReason{{Reason: "b"}}}, code: tdr.Missing, field: "items"},
		{name: "approve an answer nobody handed over", life: asked, act: &tdr.Approve{Content: someHash}, code: tdr.Missing, field: "content"},
		{name: "return an answer nobody handed over", life: asked, act: &tdr.Return{Items: []tdr.ItemReason{{Item: "a", Reason: "b"}}}, code: tdr.Missing, field: "content"},
	})
	l := begin(t).do(&tdr.RequestReview{Content: someHash, Present: full[:1], Gaps: []tdr.Gap{{Item: "photographs", Reason: "refused_by_person"}}})
	if l.state.Stage != tdr.Review || l.state.Package != (tdr.Package{Preparer: "officer1", Content: someHash}) {
		t.Errorf("under review: %+v", l.state.Package)
	}
	if l.do(&tdr.Return{Items: []tdr.ItemReason{{Item: "a", Reason: "b"}}}); l.state.Stage != tdr.Assembling || l.state.Package.Content != "" {
		t.Errorf("returned: %+v", l.state.Package)
	}
	if l.do(review()).do(&tdr.Approve{Content: someHash}); l.state.Stage != tdr.Ready || l.state.Package.Approved != someHash {
		t.Errorf("approved: %+v", l.state.Package)
	}
}

// TestNothingLeavesWithoutTheGate holds send and the answer to a question to the same rule.
func TestNothingLeavesWithoutTheGate(t *testing.T) {
	answering := func(t *testing.T) *life {
		return begin(t).to(tdr.InformationAsked).do(review()).do(&tdr.Approve{Content: someHash})
	}
	unapproved := func(t *testing.T) *life { return begin(t).to(tdr.InformationAsked).do(review()) }
	withdrawn := func(t *testing.T) *life {
		return answering(t).do(&tdr.Return{Items: []tdr.ItemReason{{Item: "a", Reason: "b"}}})
	}
	held := func(t *testing.T, fence int64) *life {
		l := begin(t).to(tdr.Ready).told(&tdr.HoldChanged{Hold: "stay", Stops: true, Fence: fence})
		return l.told(&tdr.HoldChanged{Hold: "stay", Fence: fence})
	}
	send := &tdr.Send{Content: someHash, Channel: tdr.ByCourier}
	answer := &tdr.AnswerInformation{Content: someHash, Channel: tdr.ByCourier}
	gate := func(change func(*tdr.Gate)) func(*tdr.Facts) { return func(f *tdr.Facts) { change(f.Gate) } }
	var attempts []attempt
	for name, kind := range map[string]attempt{"send": {life: in(tdr.Ready), act: send}, "answer": {life: answering, act: answer}} {
		closed := func(why string, code tdr.Code, field string, facts func(*tdr.Facts)) {
			attempts = append(attempts, attempt{name: name + " " + why, life: kind.life, act: kind.act, facts: facts, code: code, field: field})
		}
		closed("no gate", tdr.GateClosed, "", func(f *tdr.Facts) { f.Gate = nil })
		closed("no dispatch", tdr.GateClosed, "", gate(func(g *tdr.Gate) { g.Dispatch = "" }))
		closed("hold", tdr.GateClosed, "", gate(func(g *tdr.Gate) { g.HoldStands = true }))
		closed("no order", tdr.GateClosed, "", gate(func(g *tdr.Gate) { g.OrderOnRecord = false }))
		closed("other country", tdr.GateClosed, "", gate(func(g *tdr.Gate) { g.Country = "QTX" }))
		closed("order of another country", tdr.ConsentMissing, "", gate(func(g *tdr.Gate) { g.Bar = tdr.ConsentMissing }))
		closed("country never asked", tdr.NeverAddressed, "", gate(func(g *tdr.Gate) { g.Bar, g.Dispatch = tdr.NeverAddressed, "" }))
		closed("gate of another content", tdr.ContentChanged, "content", gate(func(g *tdr.Gate) { g.Content = otherHash }))
	}
	tryAll(t, append(attempts, []attempt{
		{name: "send by pigeon", life: in(tdr.Ready), act: &tdr.Send{Content: someHash, Channel: "pigeon"}, code: tdr.Invalid, field: "channel"},
		{name: "send another content", life: in(tdr.Ready), act: &tdr.Send{Content: otherHash, Channel: tdr.ByCourier}, code: tdr.ContentChanged, field: "content"},
		{name: "send as authorised before a hold", life: func(t *testing.T) *life { return held(t, 5) }, act: send, code: tdr.GateClosed},
		{name: "answer by pigeon", life: answering, act: &tdr.AnswerInformation{Content: someHash, Channel: "pigeon"}, code: tdr.Invalid, field: "channel"},
		{name: "answer another content", life: answering, act: &tdr.AnswerInformation{Content: otherHash, Channel: tdr.ByCourier}, code: tdr.ContentChanged, field: "content"},
		{name: "answer unapproved", life: unapproved, act: answer, code: tdr.ContentChanged, field: "content"},
		{name: "answer returned", life: withdrawn, act: answer, code: tdr.ContentChanged, field: "content"},
		{name: "dispatch used before", life: answering, act: answer, facts: gate(func(g *tdr.Gate) { g.Dispatch = "dispatch-3" }), code: tdr.GateClosed},
	}...))
	if l := held(t, 4).do(send); l.state.Stage != tdr.Submitted {
		t.Errorf("sent as authorised after a hold that was lifted: %s", l.state.Stage)
	}
	l := answering(t)
	before := l.state.Seq
	l.do(answer)
	fact, ok := l.last().Fact.(*tdr.InformationAnswered)
	if !ok || l.state.Stage != tdr.Received || fact.Stage != tdr.Received || fact.Fence != 4 || l.state.Seq != before+1 || l.state.Package.Approved != "" {
		t.Errorf("answered: %+v, now %s", fact, l.state.Stage)
	}
	l = begin(t).to(tdr.Submitted)
	sent := l.last().Fact.(*tdr.Sent)
	if sent.Dispatch != "dispatch-3" || sent.Fence != 4 || sent.Content != someHash || sent.Channel != tdr.ByCourier || !l.state.Package.Out || l.state.Package.Approved != "" {
		t.Errorf("sent: %+v, package %+v", sent, l.state.Package)
	}
}

func TestPostRules(t *testing.T) {
	interview := func(change func(*tdr.ScheduleInterview)) tdr.Act {
		act := interviewAt(boston("2026-03-09 10:00"))
		change(act)
		return act
	}
	document := func(change func(*tdr.RecordIssue)) tdr.Act {
		act := issue()
		change(act)
		return act
	}
	tryAll(t, []attempt{
		{name: "receipt without source", life: in(tdr.Submitted), act: &tdr.RecordReceipt{}, code: tdr.Missing, field: "evidence"},
		{name: "verification without source", life: in(tdr.Received), act: &tdr.BeginVerification{}, code: tdr.Missing, field: "evidence"},
		{name: "question about nothing", life: in(tdr.Received), act: &tdr.RecordInformationAsked{}, code: tdr.Missing, field: "what"},
		{name: "answer wanted before", life: in(tdr.Received), act: &tdr.RecordInformationAsked{What: []string{"a"}, By: day("2026-03-01")}, code: tdr.Contradicts, field: "by"},
		{name: "interview without time", life: in(tdr.Received), act: interview(func(a *tdr.ScheduleInterview) { a.At = time.Time{} }), code: tdr.Missing, field: "at"},
		{name: "interview yesterday", life: in(tdr.Received), act: interview(func(a *tdr.ScheduleInterview) { a.At = boston("2026-03-01 10:00") }), code: tdr.Contradicts, field: "at"},
		{name: "interview without zone", life: in(tdr.Received), act: interview(func(a *tdr.ScheduleInterview) { a.Zone = "" }), code: tdr.Missing, field: "zone"},
		{name: "interview nowhere", life: in(tdr.Received), act: interview(func(a *tdr.ScheduleInterview) { a.Place = "" }), code: tdr.Missing, field: "place"},
		{name: "interview by pigeon", life: in(tdr.Received), act: interview(func(a *tdr.ScheduleInterview) { a.Mode = "pigeon" }), code: tdr.Invalid, field: "mode"},
		{name: "interview result", life: in(tdr.Interview), act: &tdr.RecordInterview{Result: "fun"}, code: tdr.Invalid, field: "result"},
		{name: "held before it began", life: in(tdr.Interview), act: &tdr.RecordInterview{Result: tdr.InterviewHeld}, code: tdr.Contradicts, field: "occurred_at"},
		{name: "missed before it began", life: in(tdr.Interview), act: &tdr.RecordInterview{Result: tdr.InterviewNoShow}, code: tdr.Contradicts, field: "occurred_at"},
		{name: "no issuer", life: in(tdr.Verifying), act: document(func(a *tdr.RecordIssue) { a.Issuer = "" }), code: tdr.Missing, field: "issuer"},
		{name: "no number", life: in(tdr.Verifying), act: document(func(a *tdr.RecordIssue) { a.Document = "" }), code: tdr.Missing, field: "document"},
		{name: "no beginning", life: in(tdr.Verifying), act: document(func(a *tdr.RecordIssue) { a.ValidFrom = calendar.Date{} }), code: tdr.Missing, field: "valid_from"},
		{name: "no end", life: in(tdr.Verifying), act: document(func(a *tdr.RecordIssue) { a.ValidTo = calendar.Date{} }), code: tdr.Missing, field: "valid_to"},
		{name: "ends before it begins", life: in(tdr.Verifying), act: document(func(a *tdr.RecordIssue) { a.ValidFrom = day("2026-06-11") }), code: tdr.Contradicts, field: "valid_to"},
		{name: "ended before", life: in(tdr.Verifying), act: document(func(a *tdr.RecordIssue) { a.ValidFrom, a.ValidTo = day("2026-01-01"), day("2026-03-01") }), code: tdr.Contradicts, field: "valid_to"},
	})
}

func TestWhatThePostDoesIsKept(t *testing.T) {
	l := begin(t).to(tdr.Received)
	l.do(&tdr.RecordInformationAsked{What: []string{"photo"}, By: day("2026-03-20"), Evidence: someProof})
	if l.state.CameFrom != tdr.Received || l.state.AnswerBy != day("2026-03-20") || len(l.state.Waiting.Pauses) != 1 {
		t.Errorf("asked: %+v", l.state.Waiting)
	}
	if pause := l.state.Waiting.Pauses[0]; pause.Review != day("2026-03-20") || pause.Reason != "information_asked" {
		t.Errorf("paused: %+v", pause)
	}
	l = begin(t).to(tdr.Received).do(&tdr.RecordInformationAsked{What: []string{"photo"}})
	if pause := l.state.Waiting.Pauses[0]; pause.Review != day("2026-03-09") {
		t.Errorf("no day named, to be looked at on %s", pause.Review)
	}
	l = begin(t).to(tdr.Interview)
	if l.state.InterviewAt.IsZero() {
		t.Error("no appointment kept")
	}
	// What can be known before the appointed time may be recorded before it.
	for _, result := range []tdr.InterviewResult{tdr.InterviewDeclined, tdr.InterviewCancelled} {
		early := begin(t).to(tdr.Interview).do(&tdr.RecordInterview{Result: result})
		if early.state.Stage != tdr.Interview || !early.state.InterviewAt.IsZero() {
			t.Errorf("%s leaves %s at %s", result, early.state.Stage, early.state.InterviewAt)
		}
	}
	l.now = l.state.InterviewAt
	if l.do(&tdr.RecordInterview{Result: tdr.InterviewHeld}); l.state.Stage != tdr.Verifying {
		t.Errorf("held leads to %s", l.state.Stage)
	}
	l.do(issue())
	want := tdr.Document{Issuer: "embassy", Reference: "ref-9", ValidFrom: day("2026-03-02"), ValidTo: day("2026-06-10"), RecordedBy: "officer1", Event: l.state.Seq}
	if got := l.state.Document; got.Issuer != want.Issuer || got.Reference != want.Reference || got.ValidFrom != want.ValidFrom ||
		got.ValidTo != want.ValidTo || got.RecordedBy != want.RecordedBy || got.Event != want.Event || !l.state.FirstIssuedAt.Equal(l.now) {
		t.Errorf("issued %+v at %s", got, l.state.FirstIssuedAt)
	}
}

func TestAnyTimeRules(t *testing.T) {
	contact := func(f *tdr.ContactFact, c *tdr.ContactForecast) tdr.Act {
		return &tdr.RecordContact{Fact: f, Forecast: c}
	}
	forecast := tdr.ContactForecast{Expects: "issue", By: day("2026-04-01"), Basis: "post_said"}
	vague := func(change func(*tdr.ContactForecast)) tdr.Act {
		f := forecast
		change(&f)
		return contact(nil, &f)
	}
	fact := tdr.ContactFact{Direction: tdr.ToPost, Medium: "mail"}
	notice := &tdr.RecordNonCompliance{Step: tdr.NonComplianceNotice, Evidence: someProof}
	once := &tdr.RecordNonCompliance{Step: tdr.NonComplianceAttempt, Evidence: someProof}
	tryAll(t, []attempt{
		{name: "contact about nothing", life: in(tdr.Ready), act: contact(nil, nil), code: tdr.Missing, field: "fact"},
		{name: "fact and forecast", life: in(tdr.Ready), act: contact(&fact, &forecast), code: tdr.Missing, field: "fact"},
		{name: "forecast of nothing", life: in(tdr.Ready), act: vague(func(f *tdr.ContactForecast) { f.Expects = "" }), code: tdr.Missing, field: "forecast.expects"},
		{name: "forecast without date", life: in(tdr.Ready), act: vague(func(f *tdr.ContactForecast) { f.By = calendar.Date{} }), code: tdr.Missing, field: "forecast.by"},
		{name: "forecast on nothing", life: in(tdr.Ready), act: vague(func(f *tdr.ContactForecast) { f.Basis = "" }), code: tdr.Missing, field: "forecast.basis"},
		{name: "sideways", life: in(tdr.Ready), act: contact(&tdr.ContactFact{Direction: "up", Medium: "mail"}, nil), code: tdr.Invalid, field: "fact.direction"},
		{name: "by pigeon", life: in(tdr.Ready), act: contact(&tdr.ContactFact{Direction: tdr.ToPost, Medium: "pigeon"}, nil), code: tdr.Invalid, field: "fact.medium"},
		{name: "to nobody", life: in(tdr.Ready), act: &tdr.Reassign{}, code: tdr.Invalid, field: "officer"},
		{name: "to the same", life: in(tdr.Ready), act: &tdr.Reassign{Officer: "officer1"}, code: tdr.Invalid, field: "officer"},
		{name: "no such step", life: in(tdr.Ready), act: &tdr.RecordNonCompliance{Step: "a", Evidence: someProof}, code: tdr.Invalid, field: "step"},
		{name: "step without source", life: in(tdr.Ready), act: &tdr.RecordNonCompliance{Step: tdr.NonComplianceAttempt}, code: tdr.Missing, field: "evidence"},
		{name: "notice at once", life: in(tdr.Ready), act: notice, code: tdr.AttemptsMissing, field: "step"},
		{name: "notice after one attempt", life: func(t *testing.T) *life { return begin(t).do(once) }, act: notice, code: tdr.AttemptsMissing, field: "step"},
		{name: "notice after compliance", life: func(t *testing.T) *life {
			return begin(t).do(once).do(once).do(&tdr.RecordNonCompliance{Step: tdr.NonComplianceCured, Evidence: someProof})
		}, act: notice, code: tdr.AttemptsMissing, field: "step"},
	})
	l := begin(t).do(once).do(once).do(notice)
	if got := l.last().Fact.(*tdr.NonComplianceRecorded); *got != (tdr.NonComplianceRecorded{Step: tdr.NonComplianceNotice, Evidence: someProof}) {
		t.Errorf("recorded %+v", got)
	}
	l.do(&tdr.Reassign{Officer: "officer3"})
	if got := l.last().Fact.(*tdr.Reassigned); got.From != "officer1" || got.To != "officer3" || l.state.Officer != "officer3" {
		t.Errorf("reassigned %+v", got)
	}
	before := l.state
	l.do(contact(nil, &forecast))
	if _, ok := l.last().Fact.(*tdr.ForecastRecorded); !ok || l.state.MaterialSeq != before.MaterialSeq || l.state.Contacts.Last != before.Contacts.Last {
		t.Error("a forecast moved something")
	}
}

func TestWhenFactsMayHaveHappened(t *testing.T) {
	opened := boston("2026-03-02 10:00")
	for _, c := range []struct {
		name string
		at   time.Time
		act  tdr.Act
		code tdr.Code
	}{
		{"in the future", boston("2026-03-02 13:01"), &tdr.RecordReceipt{Evidence: someProof}, tdr.InFuture},
		{"before the stage began", boston("2026-03-02 11:59"), &tdr.RecordReceipt{Evidence: someProof}, tdr.Contradicts},
		{"as the stage began", boston("2026-03-02 12:00"), &tdr.RecordReceipt{Evidence: someProof}, ""},
		{"now", boston("2026-03-02 13:00"), &tdr.RecordReceipt{Evidence: someProof}, ""},
		{"contact before the stage", opened, &tdr.RecordContact{Fact: &tdr.ContactFact{Direction: tdr.ToPost, Medium: "mail"}}, ""},
		{"contact before the request", opened.Add(-time.Minute), &tdr.RecordContact{Fact: &tdr.ContactFact{Direction: tdr.ToPost, Medium: "mail"}}, tdr.Contradicts},
		{"refusal to comply before the stage", opened, &tdr.RecordNonCompliance{Step: tdr.NonComplianceAttempt, Evidence: someProof}, ""},
		{"refusal to comply before the request", opened.Add(-time.Minute), &tdr.RecordNonCompliance{Step: tdr.NonComplianceAttempt, Evidence: someProof}, tdr.Contradicts},
	} {
		l := begin(t).to(tdr.Submitted)
		command := tdr.Command{ID: "c", Actor: usual(c.act.Name()), OccurredAt: c.at.In(time.FixedZone("X", 3600)), Act: c.act}
		events, err := tdr.Decide(l.state, command, l.facts(c.act))
		if refusal(err).Code != c.code {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.code != "" && refusal(err).Field != "occurred_at" {
			t.Errorf("%s: names %q", c.name, refusal(err).Field)
		}
		if c.code == "" && (!events[0].OccurredAt.Equal(c.at) || events[0].OccurredAt.Location() != time.UTC || !events[0].RecordedAt.Equal(l.now)) {
			t.Errorf("%s: recorded %+v", c.name, events[0])
		}
	}
}

func TestDecideCarriesUnknownRulesNowhere(t *testing.T) {
	l := begin(t, func(_ *tdr.Open, f *tdr.OpeningFacts) {})
	opened := *l.state.Log[0].Fact.(*tdr.Opened)
	opened.Rules = 2
	event := l.state.Log[0]
	event.Fact = &opened
	s := tdr.Apply(tdr.State{}, event)
	if s.Rules != 2 || s.Seq != 1 || len(tdr.Due(s)) != 0 || len(tdr.Elapse(s, l.now.AddDate(1, 0, 0))) != 0 {
		t.Errorf("acted under rules it does not hold: %+v", tdr.Due(s))
	}
	if !tdr.RulesHeld(1) || tdr.RulesHeld(2) || tdr.RulesHeld(0) || tdr.CurrentRules != 1 {
		t.Error("rules held are not those of this release")
	}
	s.Stage = tdr.Assembling // as if an older release had read it
	_, err := tdr.Decide(s, tdr.Command{Act: review(), Actor: usual(tdr.RequestReviewName)}, tdr.Facts{Now: l.now})
	if refusal(err).Code != tdr.RulesUnknown {
		t.Errorf("decided under rules it does not hold: %v", err)
	}
}

func TestEmptyCommand(t *testing.T) {
	l := begin(t)
	if _, err := l.decide(nil, by("officer1", tdr.OfficerRole)); refusal(err).Code != tdr.Invalid {
		t.Errorf("a command that does nothing: %v", err)
	}
	if !slices.Contains(tdr.Channels(), tdr.ByNotice) || len(tdr.Owners()) != 8 || len(tdr.Outcomes()) != 8 {
		t.Error("lists are short")
	}
}
