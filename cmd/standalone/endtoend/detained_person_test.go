package endtoend

import (
	"fmt"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

// detainedPerson is a request about somebody in detention. The law asks for a
// notice at R0+60, for a review and for headquarters' assistance at R0+90; a
// court's stay takes R0 away and its end gives a new one; the duties then run to
// day 180, and the person is released (8 CFR 241.4, 241.13).
func detainedPerson(t *testing.T, w *whole.Whole) *life {
	l := &life{request: &request{t: t, w: w}}
	l.steps = append(l.firstPeriod(), append(l.stay(), l.secondPeriod()...)...)
	l.facts = []fact{
		{"2032-03-03 10:00", "opened", "officer1", ""},
		{"2032-03-03 10:00", "custody_changed", "system", "free, R0 2032-03-03"},
		{"2032-03-03 11:00", "custody_changed", "system", "detained, R0 2032-03-03"},
		{"2032-03-04 10:00", "review_requested", "officer1", ""},
		{"2032-03-04 10:00", "approved", "supervisor1", ""},
		{"2032-03-04 10:00", "sent", "officer1", "courier"},
		{"2032-03-09 11:00", "receipt_recorded", "liaison1", ""},
		{"2032-03-22 10:00", "information_asked", "liaison1", "birth_certificate"},
		{"2032-03-30 00:00", "stage_overdue", "system", "information_asked, due 2032-03-30 00:00"},
		// The post's question pauses its silence; the law does not wait for it.
		{"2032-05-02 00:00", "escalation_opened", "system", "L2-10 custody_day, due 2032-05-02 00:00, answer by 2032-05-03 17:00, R0 2032-03-03"},
		{"2032-06-01 00:00", "escalation_opened", "system", "L3-11 custody_day, due 2032-06-01 00:00, answer by 2032-06-02 17:00, R0 2032-03-03"},
		{"2032-06-10 10:00", "review_requested", "officer1", ""},
		{"2032-06-11 10:00", "approved", "supervisor1", ""},
		{"2032-06-14 10:00", "hold_changed", "system", "stops"},
		{"2032-06-14 10:00", "custody_changed", "system", "detained, suspended"},
		{"2032-07-12 11:00", "hold_changed", "system", "lifted"},
		{"2032-07-12 11:00", "custody_changed", "system", "detained, R0 2032-07-12"},
		{"2032-07-13 10:00", "information_answered", "officer1", "back to received"},
		{"2032-07-19 10:00", "refusal_recorded", "liaison1", "not_a_national"},
		{"2032-07-30 00:00", "stage_overdue", "system", "refused, due 2032-07-30 00:00"},
		{"2032-09-10 00:00", "escalation_opened", "system", "L2-21 custody_day, due 2032-09-10 00:00, answer by 2032-09-13 17:00, R0 2032-07-12"},
		{"2032-09-13 17:00", "escalation_opened", "system", "L3-22 not_acknowledged, due 2032-09-13 17:00, answer by 2032-09-14 17:00"},
		{"2032-09-14 17:00", "escalation_opened", "system", "L4-23 not_acknowledged, due 2032-09-14 17:00, answer by 2032-09-15 17:00"},
		// October 10 is a Sunday and the 11th a holiday.
		{"2032-10-10 00:00", "escalation_opened", "system", "L3-22 custody_day again, due 2032-10-10 00:00, answer by 2032-10-12 17:00, R0 2032-07-12"},
		{"2032-11-09 00:00", "escalation_opened", "system", "L4-23 custody_day again, due 2032-11-09 00:00, answer by 2032-11-10 17:00, R0 2032-07-12"},
		{"2032-12-09 00:00", "escalation_opened", "system", "L5-26 custody_day, due 2032-12-09 00:00, answer by 2032-12-10 17:00, R0 2032-07-12"},
		{"2033-01-08 00:00", "escalation_opened", "system", "L6-27 custody_day, due 2033-01-08 00:00, answer by 2033-01-10 17:00, R0 2032-07-12"},
		{"2033-01-11 10:00", "custody_changed", "system", "free, R0 2032-07-12"},
		{"2033-01-11 11:00", "closed", "officer1", "released recalled"},
	}
	l.letters = detainedLetters()
	return l
}

// custodyLetters are one duty on a day, to all who are told of custody duties.
// Several duties of one day come in one mail.
func custodyLetters(at, words string, several bool) []letter {
	var letters []letter
	for _, to := range []string{"custody-unit@hq.example", "officer1@bos.example", "supervisor1@bos.example"} {
		one := letter{at: at, to: to, subject: words, bundled: words}
		if several {
			one.subject = ""
		}
		letters = append(letters, one)
	}
	return letters
}

func detainedLetters() []letter {
	letters := []letter{
		{at: "2032-03-30 00:00", to: "officer1@bos.example", subject: "next step overdue since Mon 29 Mar 2032"},
		{at: "2032-05-02 00:00", to: "td-coordinator@bos.example", subject: "no answer, set a date by Mon 3 May 2032"},
		{at: "2032-06-01 00:00", to: "td-desk@hq.example", subject: "HQ help requested, answer by Wed 2 Jun 2032"},
		// The stay asks the package back, and the end of the request the answer.
		{at: "2032-06-14 10:00", to: "consular@nga-washington.example", subject: "please send our package back"},
		{at: "2033-01-11 11:00", to: "consular@nga-washington.example", subject: "please send our package back"},
		{at: "2032-07-30 00:00", to: "officer1@bos.example", subject: "next step overdue since Thu 29 Jul 2032"},
		{at: "2032-09-10 00:00", to: "td-coordinator@bos.example", subject: "no answer, set a date by Mon 13 Sep 2032"},
		{at: "2032-09-13 17:00", to: "td-desk@hq.example", subject: "HQ help requested, answer by Tue 14 Sep 2032"},
		{
			at: "2032-09-14 17:00", to: "attache@nga.example", subject: "raise with the post by Wed 15 Sep 2032",
			says: " needs an answer by Wed 15 Sep 2032, 10:00 pm WAT.", // Lagos
		},
		{at: "2032-09-14 17:00", to: "af@state.example", subject: "raise with the post by Wed 15 Sep 2032"},
		{at: "2032-10-10 00:00", to: "td-desk@hq.example", subject: "HQ help requested, answer by Tue 12 Oct 2032"},
		{at: "2032-11-09 00:00", to: "attache@nga.example", subject: "raise with the post by Wed 10 Nov 2032"},
		{at: "2032-11-09 00:00", to: "af@state.example", subject: "raise with the post by Wed 10 Nov 2032"},
		{
			at: "2032-12-09 00:00", to: "custody-unit@hq.example", subject: "legal decision due Fri 10 Dec 2032",
			bundled: "level 5 of 6, by Fri 10 Dec 2032, 5:00 pm EST",
		},
		{at: "2032-12-09 00:00", to: "counsel@bos.example", subject: "legal decision due Fri 10 Dec 2032"},
		{at: "2032-12-09 00:00", to: "af@state.example", subject: "legal decision due Fri 10 Dec 2032"},
		{at: "2033-01-08 00:00", to: "custody-unit@hq.example", subject: "ladder closed, decision needed", bundled: "level 6 of 6"},
		{at: "2033-01-08 00:00", to: "counsel@bos.example", subject: "ladder closed, decision needed"},
	}
	for _, duty := range []struct {
		at, words string
		several   bool
	}{
		{"2032-03-03 11:00", "legal date Wed 3 Mar 2032, today", false},  // of the detention, to be notified
		{"2032-05-02 00:00", "legal date Sun 2 May 2032, today", false},  // +60: notice of the review
		{"2032-06-01 00:00", "legal date Tue 1 Jun 2032, today", true},   // +90: records review
		{"2032-06-01 00:00", "legal date Tue 1 Jun 2032, today", true},   // +90: headquarters' assistance
		{"2032-09-10 00:00", "legal date Fri 10 Sep 2032, today", false}, // the second period
		{"2032-10-10 00:00", "legal date Sun 10 Oct 2032, today", true},
		{"2032-10-10 00:00", "legal date Sun 10 Oct 2032, today", true},
		{"2032-12-09 00:00", "legal date Thu 9 Dec 2032, today", true},   // +150: likelihood of removal
		{"2033-01-08 00:00", "legal date Sat 8 Jan 2033, today", true},   // +180
		{"2033-01-10 00:00", "legal date Mon 10 Jan 2033, today", false}, // three months after +90: headquarters' custody review
		// What nobody has done is told again every thirty days.
		{"2032-10-10 00:00", "legal date 10 Sep 2032, 30 days late", true},
		{"2032-11-09 00:00", "legal date 10 Sep 2032, 60 days late", true},
		{"2032-12-09 00:00", "legal date 10 Sep 2032, 90 days late", true},
		{"2033-01-08 00:00", "legal date 10 Sep 2032, 120 days late", true},
		{"2032-11-09 00:00", "legal date 10 Oct 2032, 30 days late", true},
		{"2032-11-09 00:00", "legal date 10 Oct 2032, 30 days late", true},
		{"2032-12-09 00:00", "legal date 10 Oct 2032, 60 days late", true},
		{"2032-12-09 00:00", "legal date 10 Oct 2032, 60 days late", true},
		{"2033-01-08 00:00", "legal date 10 Oct 2032, 90 days late", true},
		{"2033-01-08 00:00", "legal date 10 Oct 2032, 90 days late", true},
		{"2033-01-08 00:00", "legal date 9 Dec 2032, 30 days late", true},
	} {
		letters = append(letters, custodyLetters(duty.at, duty.words, duty.several)...)
	}
	return letters
}

func (l *life) firstPeriod() []step {
	return []step{
		{"2032-03-03 10:00", func() {
			l.open("officer1", "Celestine", "NGA", "nga-washington")
			l.legal("officer1", "order_final", "2032-03-03")
			l.w.As("officer1").Post("/v1/persons/"+l.Person+"/nationalities", fields{
				"country": "NGA", "claimed_by": "person", "dated": "2032-03-03", "source": evidence,
			}, "").Want(201)
		}},
		{"2032-03-03 11:00", func() {
			l.legal("officer1", "detained", "2032-03-03")
			l.checkCustody("detained, R0 2032-03-03",
				"review_notice 2032-05-02 coming", "records_review 2032-06-01 coming", "headquarters_assistance 2032-06-01 coming",
				"likelihood_finding 2032-07-31 coming", "six_months 2032-08-30 coming", "headquarters_custody 2032-09-01 coming",
				"annual_review 2033-06-01 coming")
		}},
		// Nigeria is on the list of 8 CFR 236.1(e). The next week nobody is told again.
		{"2032-03-03 12:00", func() {
			l.w.As("officer1").Post("/v1/persons/"+l.Person+"/consular-notifications", fields{
				"country": "NGA", "detained_since": "2032-03-03", "kind": "mandatory", "means": "fax",
				"notified_at": "2032-03-03T16:30:00Z", "source": evidence,
			}, "").Want(201)
		}},
		{"2032-03-04 10:00", func() { l.prepare("officer1", "c1") }},
		{"2032-03-09 11:00", func() { l.do("liaison1", "record-receipt", fields{"evidence": evidence}) }},
		{"2032-03-22 10:00", func() {
			l.do("liaison1", "record-information-asked", fields{"what": []string{"birth_certificate"}})
		}},
		{"2032-05-03 11:00", func() { l.legal("officer1", "review_notice_served", "2032-05-03") }},
		{"2032-06-01 11:00", func() {
			l.legal("supervisor1", "custody_decision", "2032-06-01")
			l.legal("officer1", "assistance_requested", "2032-06-01")
			l.checkCustody("detained, R0 2032-03-03",
				"review_notice 2032-05-02 done", "records_review 2032-06-01 done", "headquarters_assistance 2032-06-01 done",
				"likelihood_finding 2032-07-31 coming", "six_months 2032-08-30 coming", "headquarters_custody 2032-09-01 coming",
				"annual_review 2033-06-01 coming")
		}},
		{"2032-06-10 10:00", func() { l.do("officer1", "request-review", fields{"content": l.packed("c2")}) }},
		{"2032-06-11 10:00", func() { l.do("supervisor1", "approve", fields{"content": l.packed("c2")}) }},
	}
}

// stay: a court stays removal from June 14 to July 12. Nothing may leave, the
// old dates stand still, and what would have come on July 1 (R0+120) does not.
func (l *life) stay() []step {
	answer := func() fields { return fields{"content": l.packed("c2"), "channel": "courier"} }
	return []step{
		{"2032-06-14 10:00", func() {
			l.legal("counsel1", "stay_granted", "2032-06-14")
			// The hold stands from the answer on, whatever the engine has heard.
			l.refuse("officer1", "answer-information", answer(), 409, "gate_closed")
		}},
		{"2032-06-15 10:00", func() {
			l.refuse("officer1", "answer-information", answer(), 409, "gate_closed")
			l.checkCustody("detained, suspended",
				"review_notice 2032-05-02 done", "records_review 2032-06-01 done", "headquarters_assistance 2032-06-01 done",
				"likelihood_finding 2032-07-31 suspended", "six_months 2032-08-30 suspended", "headquarters_custody 2032-09-01 suspended",
				"annual_review 2033-06-01 suspended")
			if l.look(); !l.OnHold {
				l.t.Error("no hold is shown during the stay")
			}
		}},
		{"2032-07-12 09:00", func() { l.refuse("officer1", "answer-information", answer(), 409, "gate_closed") }},
		{"2032-07-12 11:00", func() {
			l.legal("counsel1", "stay_ended", "2032-07-12")
			l.checkCustody("detained, R0 2032-07-12",
				"review_notice 2032-09-10 coming", "records_review 2032-10-10 coming", "headquarters_assistance 2032-10-10 coming",
				"likelihood_finding 2032-12-09 coming", "six_months 2033-01-08 coming", "headquarters_custody 2033-01-10 coming",
				"annual_review 2033-10-10 coming")
		}},
		{"2032-07-13 10:00", func() {
			l.checkDeadlines(
				"2032-09-10 00:00 milestone/review_notice/2032-07-12", "2032-09-10 00:00 ladder_level/2/law",
				"2032-10-10 00:00 milestone/headquarters_assistance/2032-07-12", "2032-10-10 00:00 milestone/records_review/2032-07-12",
				"2032-10-10 00:00 ladder_level/3/law", "2032-11-09 00:00 ladder_level/4/law",
				"2032-12-09 00:00 milestone/likelihood_finding/2032-07-12", "2032-12-09 00:00 ladder_level/5/law",
				"2033-01-08 00:00 milestone/six_months/2032-07-12", "2033-01-08 00:00 ladder_level/6/law",
				"2033-01-10 00:00 milestone/headquarters_custody/2032-07-12", "2033-10-10 00:00 milestone/annual_review/2032-07-12")
			compare(l.t, "dispatches of "+l.Code, l.dispatches(), []string{"2032-03-04 10:00 sent"})
			l.do("officer1", "answer-information", answer())
			compare(l.t, "dispatches of "+l.Code, l.dispatches(), []string{"2032-03-04 10:00 sent", "2032-07-13 10:00 sent"})
		}},
	}
}

func (l *life) secondPeriod() []step {
	return []step{
		{"2032-07-19 10:00", func() { l.do("liaison1", "record-refusal", fields{"not_a_national": true}) }},
		{"2033-01-11 10:00", func() {
			l.checkCustody("detained, R0 2032-07-12",
				"review_notice 2032-09-10 missed", "records_review 2032-10-10 missed", "headquarters_assistance 2032-10-10 missed",
				"likelihood_finding 2032-12-09 missed", "six_months 2033-01-08 missed", "headquarters_custody 2033-01-10 missed",
				"annual_review 2033-10-10 coming")
			l.legal("officer1", "released", "2033-01-11")
		}},
		{"2033-01-11 11:00", func() {
			l.do("officer1", "withdraw", fields{"outcome": "released", "reason": "released_under_supervision"})
			var seen detail
			l.w.As("officer1").Get("/v1/requests/"+l.ID, &seen)
			if len(seen.Recalls) == 0 {
				l.t.Errorf("%s was withdrawn, and nothing is called back from the post", l.Code)
			}
		}},
	}
}

// legal records a dated legal event from its source.
func (l *life) legal(user, kind, date string) {
	l.t.Helper()
	l.w.As(user).Post("/v1/persons/"+l.Person+"/legal-events", fields{
		"kind": kind, "date": date, "office": "BOS", "source_type": "court_order", "source": evidence,
	}, "").Want(201)
}

// dispatches are what may have left for the post, and when.
func (l *life) dispatches() []string {
	l.t.Helper()
	var lines []string
	for _, d := range l.w.Dispatches(l.ID) {
		lines = append(lines, d.At.In(boston(l.t)).Format(layout)+" "+d.Status)
	}
	return lines
}

// checkCustody compares the person's clock with the state and the milestones given.
func (l *life) checkCustody(state string, milestones ...string) {
	l.t.Helper()
	var read struct {
		Detained  bool   `json:"detained"`
		Suspended bool   `json:"suspended"`
		R0        string `json:"r0"`
		Clock     struct {
			Milestones []struct{ Name, Date, Status string } `json:"milestones"`
		} `json:"clock"`
	}
	l.w.As("counsel1").Get("/v1/persons/"+l.Person+"/custody", &read)
	if got := custodyWords(read.Detained, read.Suspended, read.R0); got != state {
		l.t.Errorf("the custody of %s is %q, want %q", l.Code, got, state)
	}
	var got []string
	for _, m := range read.Clock.Milestones {
		got = append(got, fmt.Sprintf("%s %s %s", m.Name, m.Date, m.Status))
	}
	compare(l.t, "custody milestones of "+l.Code, got, milestones)
}

func custodyWords(detained, suspended bool, r0 string) string {
	words := "free"
	if detained {
		words = "detained"
	}
	if suspended {
		words += ", suspended"
	}
	if r0 != "" {
		words += ", R0 " + r0
	}
	return words
}

// checkDeadlines compares the coming legal dates of the person and of the
// request, by time and name.
func (l *life) checkDeadlines(want ...string) {
	l.t.Helper()
	var list struct {
		Deadlines []struct {
			Name string `json:"name"`
			Due  string `json:"due_at"`
		} `json:"deadlines"`
	}
	l.w.As("counsel1").Get("/v1/deadlines?legal=true&person="+l.Person, &list)
	var got []string
	for _, deadline := range list.Deadlines {
		got = append(got, l.local(deadline.Due)+" "+deadline.Name)
	}
	compare(l.t, "legal dates of "+l.Code, got, want)
}
