package endtoend

import (
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

// silentPost is a request to a post that says nothing for months. Reminders
// become escalations; one promise is kept and two are broken; silence climbs to
// L4 and no further. At last the post issues a document, and it is used.
func silentPost(t *testing.T, w *whole.Whole) *life {
	l := &life{request: &request{t: t, w: w}}
	l.steps = append(l.silentSteps(), l.answeredSteps()...)
	// The timescale is 30 calendar days from March 1: 80 % are 24 days, to the
	// end of the 25th; 100 % to the end of the 31st. A working day to acknowledge
	// ends at 17:00 in Boston.
	l.facts = []fact{
		{"2032-03-01 09:00", "opened", "officer1", ""},
		{"2032-03-01 09:00", "review_requested", "officer1", ""},
		{"2032-03-01 09:00", "approved", "supervisor1", ""},
		{"2032-03-01 09:00", "sent", "officer1", "courier"},
		// Five working days of the embassy in Washington: 2, 3, 4, 5 and 8 March.
		{"2032-03-08 16:00", "stage_overdue", "system", "submitted, due 2032-03-08 16:00"},
		{"2032-03-09 10:00", "receipt_recorded", "liaison1", ""},
		{"2032-03-26 00:00", "escalation_opened", "system", "L0-7 percent_of_timescale, due 2032-03-26 00:00"},
		{"2032-04-01 00:00", "escalation_opened", "system", "L1-8 percent_of_timescale, due 2032-04-01 00:00, answer by 2032-04-02 17:00"},
		{"2032-04-01 10:00", "escalation_acknowledged", "officer1", "L1-8, next 2032-04-05"},
		{"2032-04-02 10:00", "contact_recorded", "officer1", "to_post telephone answered"},
		{"2032-04-05 10:00", "contact_recorded", "officer1", "to_post mail unanswered"},
		{"2032-04-06 10:00", "contact_recorded", "officer1", "to_post telephone unanswered"},
		{"2032-04-06 10:00", "escalation_opened", "system", "L2-13 unanswered_follow_ups, due 2032-04-06 10:00, answer by 2032-04-07 17:00"},
		{"2032-04-06 15:00", "escalation_acknowledged", "supervisor1", "L2-13, next 2032-04-14"},
		{"2032-04-15 00:00", "escalation_opened", "system", "L3-15 next_date_passed, due 2032-04-15 00:00, answer by 2032-04-16 17:00"},
		{"2032-04-16 17:00", "escalation_opened", "system", "L4-16 not_acknowledged, due 2032-04-16 17:00, answer by 2032-04-19 17:00"},
		{"2032-04-20 10:00", "forecast_recorded", "liaison1", "answer by 2032-05-07"},
		// The post spoke on April 2; L0 and L1 count its new silence from there.
		{"2032-04-27 00:00", "escalation_opened", "system", "L0-18 percent_of_timescale, due 2032-04-27 00:00"},
		{"2032-05-03 00:00", "escalation_opened", "system", "L1-19 percent_of_timescale, due 2032-05-03 00:00, answer by 2032-05-04 17:00"},
		{"2032-05-10 10:00", "escalation_acknowledged", "state1", "L4-16, next 2032-05-20"},
		{"2032-05-21 00:00", "escalation_opened", "system", "L4-16 next_date_passed again, due 2032-05-21 00:00, answer by 2032-05-24 17:00"},
		{"2032-05-24 10:00", "reassigned", "supervisor1", "officer1 to officer2"},
		{"2032-09-20 10:00", "issued", "liaison1", "embassy 2032-09-20 to 2032-11-19"},
		{"2032-09-21 10:00", "authenticated", "officer1", ""},
		{"2032-10-20 00:00", "validity_alerted", "system", "50% of 2032-11-19"},
		{"2032-11-04 00:00", "validity_alerted", "system", "25% of 2032-11-19"},
		{"2032-11-12 00:00", "validity_alerted", "system", "7d of 2032-11-19"},
		{"2032-11-15 10:00", "closed", "officer2", "travelled on 2032-11-15"},
	}
	l.letters = silentLetters()
	return l
}

func silentLetters() []letter {
	return []letter{
		{at: "2032-03-08 16:00", to: "officer1@bos.example", subject: "next step overdue since Mon 8 Mar 2032"},
		{at: "2032-03-26 00:00", to: "officer1@bos.example", subject: "follow up by Wed 31 Mar 2032"},
		{at: "2032-04-01 00:00", to: "officer1@bos.example", subject: "answer overdue, follow up by Fri 2 Apr 2032"},
		{
			at: "2032-04-01 00:00", to: "supervisor1@bos.example", subject: "answer overdue, follow up by Fri 2 Apr 2032",
			says: "Waiting 31 days (since 1 Mar 2032). Level 1 of 6.",
		},
		{at: "2032-04-06 10:00", to: "td-coordinator@bos.example", subject: "no answer, set a date by Wed 7 Apr 2032"},
		{at: "2032-04-15 00:00", to: "td-desk@hq.example", subject: "HQ help requested, answer by Fri 16 Apr 2032"},
		{
			at: "2032-04-16 17:00", to: "attache@gha.example", subject: "raise with the post by Mon 19 Apr 2032",
			says: " needs an answer by Mon 19 Apr 2032, 9:00 pm GMT.", // Accra
		},
		{
			at: "2032-04-16 17:00", to: "af@state.example", subject: "raise with the post by Mon 19 Apr 2032",
			says: " needs an answer by Mon 19 Apr 2032, 5:00 pm EDT.",
		},
		{at: "2032-04-27 00:00", to: "officer1@bos.example", subject: "follow up by Sun 2 May 2032"},
		{at: "2032-05-03 00:00", to: "officer1@bos.example", subject: "answer overdue, follow up by Tue 4 May 2032"},
		{at: "2032-05-03 00:00", to: "supervisor1@bos.example", subject: "answer overdue, follow up by Tue 4 May 2032"},
		{at: "2032-05-21 00:00", to: "attache@gha.example", subject: "raise with the post by Mon 24 May 2032"},
		{
			at: "2032-05-21 00:00", to: "af@state.example", subject: "raise with the post by Mon 24 May 2032",
			says: "Waiting 81 days (since 1 Mar 2032). Level 4 of 6.",
		},
		// The request is officer2's by now.
		{at: "2032-10-20 00:00", to: "officer2@bos.example", subject: "document ends 19 Nov 2032, 30 days"},
		{at: "2032-11-04 00:00", to: "officer2@bos.example", subject: "document ends 19 Nov 2032, 15 days"},
		{at: "2032-11-12 00:00", to: "officer2@bos.example", subject: "document ends Fri 19 Nov 2032, 7 days"},
	}
}

func (l *life) silentSteps() []step {
	return []step{
		{"2032-03-01 09:00", func() {
			l.open("officer1", "Anastasia", "GHA", "gha-washington")
			l.prepare("officer1", "a1")
			l.checkPreview()
		}},
		{"2032-03-09 10:00", func() { l.do("liaison1", "record-receipt", fields{"evidence": evidence}) }},
		{"2032-04-01 10:00", func() {
			l.acknowledge("officer1", "L1-8", "2032-04-05")
		}},
		{"2032-04-02 10:00", func() { l.contact("officer1", "telephone", true) }},
		{"2032-04-05 10:00", func() { l.contact("officer1", "mail", false) }},
		{"2032-04-06 10:00", func() { l.contact("officer1", "telephone", false) }},
		{"2032-04-06 15:00", func() {
			// An officer does not take on what went over the officer's head.
			l.refuse("officer1", "acknowledge-escalation", fields{"escalation": "L2-13", "next_date": "2032-04-14", "action": "call_post"}, 403, "not_permitted")
			// Nor may anyone promise a day beyond the level's ten.
			l.refuse("supervisor1", "acknowledge-escalation", fields{"escalation": "L2-13", "next_date": "2032-04-17", "action": "call_post"}, 422, "invalid_fields")
			l.do("supervisor1", "acknowledge-escalation", fields{"escalation": "L2-13", "next_date": "2032-04-14", "action": "call_post"})
		}},
		{"2032-04-20 10:00", func() {
			l.do("liaison1", "record-contact", fields{"forecast": fields{"expects": "answer", "by": "2032-05-07", "basis": "telephone_call"}})
		}},
	}
}

func (l *life) answeredSteps() []step {
	return []step{
		{"2032-05-10 10:00", func() { l.acknowledge("state1", "L4-16", "2032-05-20") }},
		{"2032-05-24 10:00", func() { l.do("supervisor1", "reassign", fields{"officer": "officer2"}) }},
		{"2032-09-20 10:00", func() {
			l.checkEscalations(
				"L0-7 closed to person/officer1", "L1-8 closed to person/officer1 person/supervisor1", "L2-13 acknowledged to desk/td-bos",
				"L3-15 open to desk/hq-td", "L0-18 open to person/officer1", "L1-19 open to person/officer1 person/supervisor1",
				"L4-16 open to desk/attache-gha desk/state-af", // asked again last
			)
			l.issue("2032-09-20", "2032-11-19")
			l.checkEscalations(
				"L0-7 closed to person/officer1", "L1-8 closed to person/officer1 person/supervisor1", "L2-13 closed to desk/td-bos",
				"L3-15 closed to desk/hq-td", "L0-18 closed to person/officer1", "L1-19 closed to person/officer1 person/supervisor1",
				"L4-16 closed to desk/attache-gha desk/state-af",
			)
		}},
		{"2032-09-21 10:00", func() { l.authenticate("officer1") }},
		{"2032-11-15 10:00", func() { l.do("officer2", "record-travel", fields{"on": "2032-11-15"}) }},
	}
}

// checkPreview: who is told what, when, if nobody acts from the first day on.
func (l *life) checkPreview() {
	l.t.Helper()
	var preview struct {
		Steps []struct {
			At    string `json:"at"`
			Type  string `json:"type"`
			Level int    `json:"level"`
			Told  []struct {
				ID string `json:"id"`
			} `json:"told"`
		} `json:"steps"`
	}
	l.w.As("officer1").Post("/v1/requests/"+l.ID+"/ladder-preview", fields{"until": "2032-06-30"}, "").Want(200).Into(&preview)
	var got []string
	for _, step := range preview.Steps {
		line := l.local(step.At) + " " + step.Type + " " + itoa(int64(step.Level))
		for _, told := range step.Told {
			line += " " + told.ID
		}
		got = append(got, line)
	}
	compare(l.t, "ladder preview of "+l.Code, got, []string{
		"2032-03-08 16:00 stage_overdue -1 person/officer1",
		"2032-03-26 00:00 escalation_opened 0 person/officer1",
		"2032-04-01 00:00 escalation_opened 1 person/officer1 person/supervisor1",
		"2032-04-02 17:00 escalation_opened 2 desk/td-bos",
		"2032-04-05 17:00 escalation_opened 3 desk/hq-td",
		"2032-04-06 17:00 escalation_opened 4 desk/attache-gha desk/state-af",
	})
}
