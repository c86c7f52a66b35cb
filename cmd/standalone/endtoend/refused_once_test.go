package endtoend

import (
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

// refusedOnce is a request that one post refuses and another, with new
// evidence, grants. The first document ends unused, reissue begins by itself,
// and the second is used.
func refusedOnce(t *testing.T, w *whole.Whole) *life {
	l := &life{request: &request{t: t, w: w}}
	l.steps = append(l.firstPost(), append(l.secondPost(), l.secondDocument()...)...)
	l.facts = []fact{
		{"2032-03-02 11:00", "opened", "officer2", ""},
		{"2032-03-02 11:00", "review_requested", "officer2", ""},
		{"2032-03-02 11:00", "returned", "supervisor1", "photographs outdated"},
		{"2032-03-02 11:00", "review_requested", "officer2", ""},
		{"2032-03-02 11:00", "approved", "supervisor1", ""},
		{"2032-03-03 11:00", "sent", "officer2", "courier"},
		{"2032-03-05 10:00", "receipt_recorded", "liaison1", ""},
		{"2032-03-08 10:00", "information_asked", "liaison1", "fingerprints by 2032-03-12"},
		{"2032-03-10 10:00", "review_requested", "officer2", ""},
		{"2032-03-10 10:00", "approved", "supervisor1", ""},
		{"2032-03-11 10:00", "information_answered", "officer2", "back to received"},
		{"2032-03-19 10:00", "interview_scheduled", "liaison1", "video 2032-04-06 11:00"},
		// From March 3, without the ends of the 8th, 9th and 10th, which the
		// question paused: the 24th day is March 30, the 30th April 5.
		{"2032-03-31 00:00", "escalation_opened", "system", "L0-13 percent_of_timescale, due 2032-03-31 00:00"},
		{"2032-04-06 00:00", "escalation_opened", "system", "L1-14 percent_of_timescale, due 2032-04-06 00:00, answer by 2032-04-07 17:00"},
		{"2032-04-06 14:00", "interview_recorded", "liaison1", "held"},
		{"2032-04-12 10:00", "refusal_recorded", "liaison1", "identity_not_established"},
		{"2032-04-23 00:00", "stage_overdue", "system", "refused, due 2032-04-23 00:00"},
		{"2032-04-26 10:00", "retried", "officer2", "hnd-houston with evidence"},
		{"2032-05-27 00:00", "stage_overdue", "system", "assembling, due 2032-05-27 00:00"},
		{"2032-06-01 10:00", "review_requested", "officer2", ""},
		{"2032-06-01 10:00", "approved", "supervisor1", ""},
		{"2032-06-01 10:00", "sent", "officer2", "courier"},
		// Houston closes at 16:00 Central, and its days end an hour after Boston's.
		{"2032-06-08 17:00", "stage_overdue", "system", "submitted, due 2032-06-08 17:00"},
		{"2032-06-10 10:00", "receipt_recorded", "liaison1", ""},
		{"2032-06-10 10:00", "verification_begun", "liaison1", ""},
		{"2032-06-26 01:00", "escalation_opened", "system", "L0-26 percent_of_timescale, due 2032-06-26 01:00"},
		// Monday, July 5, is a holiday: the 4th is a Sunday.
		{"2032-07-02 01:00", "escalation_opened", "system", "L1-27 percent_of_timescale, due 2032-07-02 01:00, answer by 2032-07-06 17:00"},
		{"2032-07-02 10:00", "escalation_acknowledged", "officer2", "L1-27, next 2032-07-12"},
		{"2032-07-11 01:00", "stage_overdue", "system", "verifying, due 2032-07-11 01:00"},
		{"2032-07-12 10:00", "issued", "liaison1", "consulate 2032-07-12 to 2032-08-11"},
		{"2032-07-13 10:00", "authenticated", "officer1", ""},
		{"2032-07-27 00:00", "validity_alerted", "system", "50% of 2032-08-11"},
		{"2032-08-04 00:00", "validity_alerted", "system", "25% of 2032-08-11"},
		{"2032-08-04 00:00", "validity_alerted", "system", "7d of 2032-08-11"},
		{"2032-08-12 00:00", "reissue_begun", "system", "document_ended"},
		{"2032-08-16 10:00", "review_requested", "officer2", ""},
		{"2032-08-16 10:00", "approved", "supervisor1", ""},
		{"2032-08-16 10:00", "sent", "officer2", "courier"},
		{"2032-08-20 10:00", "receipt_recorded", "liaison1", ""},
		{"2032-09-08 10:00", "issued", "liaison1", "consulate 2032-09-08 to 2032-12-07"},
		{"2032-09-09 10:00", "authenticated", "officer1", ""},
		{"2032-09-27 10:00", "closed", "officer2", "travelled on 2032-09-27"},
	}
	l.letters = []letter{
		{at: "2032-03-31 00:00", to: "officer2@bos.example", subject: "follow up by Mon 5 Apr 2032"},
		{at: "2032-04-06 00:00", to: "officer2@bos.example", subject: "answer overdue, follow up by Wed 7 Apr 2032"},
		{
			at: "2032-04-06 00:00", to: "supervisor1@bos.example", subject: "answer overdue, follow up by Wed 7 Apr 2032",
			says: " needs a follow-up by Wed 7 Apr 2032, 5:00 pm EDT.",
		},
		{at: "2032-04-23 00:00", to: "officer2@bos.example", subject: "next step overdue since Thu 22 Apr 2032"},
		{at: "2032-05-27 00:00", to: "officer2@bos.example", subject: "next step overdue since Wed 26 May 2032"},
		{at: "2032-06-08 17:00", to: "officer2@bos.example", subject: "next step overdue since Tue 8 Jun 2032"},
		{at: "2032-06-26 01:00", to: "officer2@bos.example", subject: "follow up by Fri 2 Jul 2032"},
		{at: "2032-07-02 01:00", to: "officer2@bos.example", subject: "answer overdue, follow up by Tue 6 Jul 2032"},
		{
			at: "2032-07-02 01:00", to: "supervisor1@bos.example", subject: "answer overdue, follow up by Tue 6 Jul 2032",
			says: "Waiting 31 days (since 1 Jun 2032). Level 1 of 6.",
		},
		{at: "2032-07-11 01:00", to: "officer2@bos.example", subject: "next step overdue since Sun 11 Jul 2032"},
		{at: "2032-07-27 00:00", to: "officer2@bos.example", subject: "document ends 11 Aug 2032, 15 days"},
		// A quarter of thirty days and a week are both left on this day.
		{at: "2032-08-04 00:00", to: "officer2@bos.example", bundled: "document ends Wed 11 Aug 2032, 7 days"},
		{at: "2032-08-04 00:00", to: "officer2@bos.example", bundled: "document ends Wed 11 Aug 2032, 7 days"},
	}
	return l
}

func (l *life) firstPost() []step {
	return []step{
		{"2032-03-02 11:00", func() {
			l.open("officer2", "Benedikta", "HND", "hnd-washington")
			l.do("officer2", "request-review", checklist(l.packed("b0")))
			l.do("supervisor1", "return", fields{"items": []fields{{"item": "photographs", "reason": "outdated"}}})
			l.do("officer2", "request-review", checklist(l.packed("b1")))
			l.refuse("supervisor1", "approve", fields{"content": l.packed("b0")}, 422, "invalid_fields")
			l.do("supervisor1", "approve", fields{"content": l.packed("b1")})
		}},
		{"2032-03-03 11:00", func() { l.do("officer2", "send", fields{"content": l.packed("b1"), "channel": "courier"}) }},
		{"2032-03-05 10:00", func() { l.do("liaison1", "record-receipt", fields{"evidence": evidence}) }},
		{"2032-03-08 10:00", func() {
			l.do("liaison1", "record-information-asked", fields{"what": []string{"fingerprints"}, "by": "2032-03-12"})
		}},
		{"2032-03-10 10:00", func() {
			l.do("officer2", "request-review", fields{"content": l.packed("b2")})
			l.do("supervisor1", "approve", fields{"content": l.packed("b2")})
		}},
		{"2032-03-11 10:00", func() {
			l.do("officer2", "answer-information", fields{"content": l.packed("b2"), "channel": "courier"})
		}},
		{"2032-03-19 10:00", func() {
			l.do("liaison1", "schedule-interview", fields{"at": "2032-04-06T15:00:00Z", "zone": "America/New_York", "mode": "video", "place": "hnd-washington"})
		}},
		{"2032-04-06 14:00", func() { l.do("liaison1", "record-interview", fields{"result": "held"}) }},
		{"2032-04-12 10:00", func() {
			l.do("liaison1", "record-refusal", fields{"not_a_national": false, "reasons": []string{"identity_not_established"}})
			l.refuse("officer2", "send", fields{"content": l.packed("b2"), "channel": "courier"}, 409, "stage_forbids")
		}},
	}
}

func (l *life) secondPost() []step {
	return []step{
		{"2032-04-26 10:00", func() { l.do("officer2", "retry", fields{"evidence": evidence, "post": "hnd-houston"}) }},
		{"2032-06-01 10:00", func() { l.prepare("officer2", "b3") }},
		{"2032-06-10 10:00", func() {
			l.do("liaison1", "record-receipt", fields{"evidence": evidence})
			l.do("liaison1", "begin-verification", fields{"evidence": evidence})
		}},
		{"2032-07-02 10:00", func() {
			l.do("officer2", "acknowledge-escalation", fields{"escalation": "L1-27", "next_date": "2032-07-12", "action": "call_post"})
		}},
		{"2032-07-12 10:00", func() { l.issueBy("consulate", "2032-07-12", "2032-08-11") }},
		{"2032-07-13 10:00", func() { l.authenticate("officer1") }},
	}
}

func (l *life) secondDocument() []step {
	return []step{
		{"2032-08-16 10:00", func() { l.prepare("officer2", "b4") }},
		{"2032-08-20 10:00", func() { l.do("liaison1", "record-receipt", fields{"evidence": evidence}) }},
		{"2032-09-08 10:00", func() { l.issueBy("consulate", "2032-09-08", "2032-12-07") }},
		{"2032-09-09 10:00", func() { l.authenticate("officer1") }},
		{"2032-09-27 10:00", func() {
			// Nobody travels before the document was found good.
			l.refuse("officer2", "record-travel", fields{"on": "2032-09-08"}, 422, "invalid_fields")
			l.do("officer2", "record-travel", fields{"on": "2032-09-27"})
		}},
	}
}
