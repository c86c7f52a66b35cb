package tdr_test

import (
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

func asking(change ...func(*tdr.ContactFact)) *tdr.RecordContact {
	fact := tdr.ContactFact{Direction: tdr.ToPost, Medium: "mail", Channel: tdr.ByNotice}
	for _, c := range change {
		c(&fact)
	}
	return &tdr.RecordContact{Fact: &fact}
}

// A question that the system tells passes the gate as a package does, and
// counts as a contact that waits for an answer.
func TestAQuestionPassesTheGate(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	if _, err := l.decide(asking(), usual(tdr.RecordContactName)); refusal(err).Code != tdr.GateClosed {
		t.Errorf("asked without a gate: %v", err)
	}
	open := func(f *tdr.Facts) {
		f.Gate = &tdr.Gate{Dispatch: "question-1", Fence: 4, Country: l.state.Country, OrderOnRecord: true}
	}
	for what, shut := range map[string]func(*tdr.Facts){
		"hold":    func(f *tdr.Facts) { f.Gate.HoldStands = true },
		"order":   func(f *tdr.Facts) { f.Gate.OrderOnRecord = false },
		"country": func(f *tdr.Facts) { f.Gate.Country = "QTX" },
	} {
		if _, err := l.decide(asking(), usual(tdr.RecordContactName), open, shut); refusal(err).Code != tdr.GateClosed {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, wrong := range map[string]*tdr.RecordContact{
		"channel":   asking(func(f *tdr.ContactFact) { f.Channel = tdr.ByCourier }),
		"direction": asking(func(f *tdr.ContactFact) { f.Direction = tdr.FromPost }),
		"answered":  asking(func(f *tdr.ContactFact) { f.Answered = true }),
		"medium":    asking(func(f *tdr.ContactFact) { f.Medium = "telephone" }),
	} {
		if _, err := l.decide(wrong, usual(tdr.RecordContactName), open); refusal(err).Field != "fact.channel" {
			t.Errorf("%s: %v", what, err)
		}
	}
	l.must(l.decide(asking(), usual(tdr.RecordContactName), open))
	asked, ok := l.last().Fact.(*tdr.ContactRecorded)
	if !ok || asked.Dispatch != "question-1" || asked.Fence != 4 || l.state.Contacts.Unanswered != 1 || l.state.Stage != tdr.Submitted {
		t.Errorf("%+v, contacts %+v", l.last().Fact, l.state.Contacts)
	}
	if _, err := l.decide(&tdr.Correct{Event: l.state.Seq, OccurredAt: l.now.Add(-time.Minute), Reason: "x"}, usual(tdr.CorrectName)); refusal(err).Code != tdr.EventUnknown {
		t.Errorf("when the system asked can be corrected: %v", err)
	}
}

// What could not be asked was not: the contact is taken back once, and neither
// the stage nor a stop of what was sent before it is touched.
func TestAQuestionThatNeverLeftWasNotAsked(t *testing.T) {
	l := begin(t).to(tdr.Submitted)
	sent := l.sentLast()
	l.do(contactAt(tdr.ToPost, false))
	before := l.state.Contacts.Last
	l.now = l.now.Add(time.Hour)
	l.must(l.decide(asking(), usual(tdr.RecordContactName), func(f *tdr.Facts) {
		f.Gate = &tdr.Gate{Dispatch: "question-1", Fence: 4, Country: l.state.Country, OrderOnRecord: true}
	}))
	for range 2 {
		l.told(&tdr.SendStopped{Dispatch: "question-1"})
	}
	s := l.state
	if s.Contacts.Unanswered != 1 || !s.Contacts.Last.Equal(before) || s.Stage != tdr.Submitted || !s.Package.Out || s.Log[s.Seq-2].Fact.Type() == tdr.SendStoppedType {
		t.Errorf("stage %s, contacts %+v, package %+v", s.Stage, s.Contacts, s.Package)
	}
	if l.told(&tdr.SendStopped{Dispatch: sent}); l.state.Stage != tdr.Ready {
		t.Errorf("the stop of the package is lost: %s", l.state.Stage)
	}
}

// Nothing is asked of a post about what it does not have.
func TestNothingIsAskedAboutWhatIsNotThere(t *testing.T) {
	l := begin(t).to(tdr.Ready)
	_, err := l.decide(asking(), usual(tdr.RecordContactName), func(f *tdr.Facts) {
		f.Gate = &tdr.Gate{Dispatch: "question-1", Fence: 4, Country: l.state.Country, OrderOnRecord: true}
	})
	if refusal(err).Field != "fact.channel" {
		t.Error(err)
	}
}
