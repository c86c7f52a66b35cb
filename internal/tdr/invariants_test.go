package tdr_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Rule 3: whoever prepared a content, in whatever role, is no second person for it.
func TestRule03_ASecondPersonReviewsWhatLeaves(t *testing.T) {
	l := begin(t).to(tdr.Review)
	_, err := l.decide(&tdr.Approve{Content: someHash}, by("officer1", tdr.OfficerRole, tdr.SupervisorRole))
	if refusal(err).Code != tdr.SamePerson {
		t.Errorf("rule 3: who prepared the package releases it: %v", err)
	}
	_, err = l.decide(&tdr.Approve{Content: otherHash}, by("supervisor1", tdr.SupervisorRole))
	if refusal(err).Code != tdr.ContentChanged {
		t.Errorf("rule 3: another content is released than was reviewed: %v", err)
	}
	l.do(&tdr.Approve{Content: someHash})
	if _, err = l.decide(&tdr.Send{Content: otherHash, Channel: tdr.ByCourier}, usual(tdr.SendName)); refusal(err).Code != tdr.ContentChanged {
		t.Errorf("rule 3: another content leaves than was released: %v", err)
	}
}

// Rule 7: relief after issue asks for the document back, and nobody travels on it.
func TestRule07_ReliefRecallsAndEndsTravel(t *testing.T) {
	for _, stage := range []tdr.Stage{tdr.Submitted, tdr.Issued, tdr.TravelReady} {
		l := begin(t).to(stage).do(&tdr.Withdraw{Outcome: tdr.OutcomeReliefGranted, Reason: "asked_for"})
		closed, ok := l.last().Fact.(*tdr.RequestClosed)
		if !ok || !closed.Recall || !tdr.Project(l.state).Recall {
			t.Errorf("rule 7: from %s nothing is recalled: %+v", stage, l.last().Fact)
		}
		_, err := l.decide(&tdr.RecordTravel{On: day("2026-03-02")}, usual(tdr.RecordTravelName))
		if refusal(err).Code != tdr.StageForbids {
			t.Errorf("rule 7: travel after relief: %v", err)
		}
	}
}

// Rule 7: relief that comes as a hold bars travel from its day on, also before
// the request has heard of it, and says nothing of a day before it.
func TestRule07_NobodyTravelsUnderAHold(t *testing.T) {
	travel := func(l *life, on string, stands bool) error {
		_, err := l.decide(&tdr.RecordTravel{On: day(on)}, usual(tdr.RecordTravelName), func(f *tdr.Facts) { f.HoldStands = stands })
		return err
	}
	ready := func() *life { return begin(t).to(tdr.TravelReady) }
	today := ready().state.OfficeTime.LocalDate(ready().now).String()
	if err := travel(ready(), today, false); err != nil {
		t.Fatalf("travel without a hold: %v", err)
	}
	if err := travel(ready(), today, true); refusal(err).Code != tdr.DocumentUnfit {
		t.Errorf("rule 7: travel under a hold that the request has not heard of: %v", err)
	}
	held := ready().told(&tdr.HoldChanged{Hold: "hold-1", Stops: true})
	if err := travel(held, today, true); refusal(err).Code != tdr.DocumentUnfit {
		t.Errorf("rule 7: travel under a hold: %v", err)
	}
	held.told(&tdr.HoldChanged{Hold: "hold-1"})
	if err := travel(held, today, false); refusal(err).Code != tdr.DocumentUnfit {
		t.Errorf("rule 7: travel on a day on which a hold stood: %v", err)
	}
	late := ready()
	late.now = late.now.AddDate(0, 0, 3)
	late.told(&tdr.HoldChanged{Hold: "hold-1", Stops: true, At: late.now})
	if err := travel(late, today, true); err != nil {
		t.Errorf("travel before the hold came: %v", err)
	}
}

// Rule 9: each look must be good, the issuer verified and validity outlast the
// margin; before that there is no travel.
func TestRule09_NoTravelOnADocumentNobodyAuthenticated(t *testing.T) {
	good := tdr.Authenticate{Photo: true, Names: true, Serial: true}
	for name, change := range map[string]func(*tdr.Authenticate, *life, *tdr.Facts){
		"issuer":   func(_ *tdr.Authenticate, _ *life, f *tdr.Facts) { f.IssuerVerified = false },
		"photo":    func(a *tdr.Authenticate, _ *life, _ *tdr.Facts) { a.Photo = false },
		"names":    func(a *tdr.Authenticate, _ *life, _ *tdr.Facts) { a.Names = false },
		"serial":   func(a *tdr.Authenticate, _ *life, _ *tdr.Facts) { a.Serial = false },
		"valid_to": func(_ *tdr.Authenticate, _ *life, f *tdr.Facts) { f.Now = boston("2026-06-08 10:00") },
	} {
		l := begin(t).to(tdr.Issued)
		act := good
		_, err := l.decide(&act, usual(tdr.AuthenticateName), func(f *tdr.Facts) { change(&act, l, f) })
		if got := refusal(err); got.Code != tdr.DocumentUnfit || got.Field != name {
			t.Errorf("rule 9: unfit by its %s, and taken: %v", name, err)
		}
	}
	l := begin(t).to(tdr.Issued)
	if _, err := l.decide(&tdr.RecordTravel{On: day("2026-03-02")}, usual(tdr.RecordTravelName)); refusal(err).Code != tdr.StageForbids {
		t.Errorf("rule 9: travel on a document that nobody authenticated: %v", err)
	}
}

// Rule 10: years of silence decide nothing, wherever the request waits.
func TestRule10_SilenceDecidesNothing(t *testing.T) {
	for _, stage := range []tdr.Stage{tdr.Submitted, tdr.Received, tdr.Interview, tdr.Verifying, tdr.Refused} {
		l := begin(t, detainedSince("2026-03-01")).to(stage).until(boston("2027-12-31 09:00"))
		if l.state.Stage != stage {
			t.Errorf("rule 10: silence led from %s to %s", stage, l.state.Stage)
		}
		for _, event := range l.state.Log {
			if _, steps := event.Fact.(*tdr.NonComplianceRecorded); steps {
				t.Errorf("rule 10: a step of non-compliance was recorded by %s", event.Actor.ID)
			}
		}
	}
}

// Rule 10: a notice of failure to comply is signed by a person, as is all that
// decides; the system only begins a reissue, when a document has ended.
func TestRule10_APersonSigns(t *testing.T) {
	l := begin(t)
	for range 2 {
		l.do(&tdr.RecordNonCompliance{Step: tdr.NonComplianceAttempt, Evidence: someProof})
	}
	_, err := l.decide(&tdr.RecordNonCompliance{Step: tdr.NonComplianceNotice, Evidence: someProof}, tdr.System())
	if refusal(err).Code != tdr.NotPermitted {
		t.Errorf("rule 10: the system signs a notice: %v", err)
	}
	for _, move := range tdr.Moves() {
		if slices.Contains(move.Who, tdr.SystemRole) && move.Name != tdr.ReissueName {
			t.Errorf("rule 10: the system may %s", move.Name)
		}
	}
}

// Rule 11: a hold, a question of the post and neglect move no legal day.
func TestRule11_NothingSilencesALegalDay(t *testing.T) {
	l := begin(t, detainedSince("2026-03-01")).to(tdr.Received).told(&tdr.HoldChanged{Hold: "h", Stops: true})
	l.do(&tdr.RecordInformationAsked{What: []string{"photo"}}).until(boston("2027-12-31 09:00"))
	for _, want := range custodyDays {
		level := int(want.name[len("ladder_level/")] - '0')
		if got := l.askedOf(level, tdr.ByCustodyDay); len(got) != 1 || !got[0].Due.Equal(want.at) {
			t.Errorf("rule 11: under a hold and a question %s came as %+v", want.name, got)
		}
	}
}

// Rule 12: a contact is a fact or a forecast, never both; the types cannot stand
// for each other, and a forecast moves nothing.
func TestRule12_FactAndForecastAreApart(t *testing.T) {
	fact := tdr.ContactFact{Direction: tdr.FromPost, Medium: "mail"}
	forecast := tdr.ContactForecast{Expects: "issue", By: day("2026-04-01"), Basis: "post_said"}
	l := begin(t).to(tdr.Submitted)
	if _, err := l.decide(&tdr.RecordContact{Fact: &fact, Forecast: &forecast}, usual(tdr.RecordContactName)); refusal(err).Code != tdr.Missing {
		t.Errorf("rule 12: one contact is both fact and forecast: %v", err)
	}
	for _, pair := range [][2]reflect.Type{
		{reflect.TypeFor[tdr.ContactFact](), reflect.TypeFor[tdr.ContactForecast]()},
		{reflect.TypeFor[tdr.ContactRecorded](), reflect.TypeFor[tdr.ForecastRecorded]()},
	} {
		if pair[0].ConvertibleTo(pair[1]) || pair[1].ConvertibleTo(pair[0]) {
			t.Errorf("rule 12: %s and %s can stand for each other", pair[0], pair[1])
		}
	}
	before, due := l.state, tdr.Due(l.state)
	l.do(&tdr.RecordContact{Forecast: &forecast})
	if l.state.Stage != before.Stage || l.state.Contacts.Last != before.Contacts.Last || !reflect.DeepEqual(tdr.Due(l.state), due) {
		t.Error("rule 12: a forecast moved a stage or a date")
	}
}
