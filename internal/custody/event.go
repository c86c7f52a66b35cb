// Package custody derives the legal custody clock of a person from dated legal
// events: when the removal period began, when it ends, and which reviews the law asks for
// on which day. Dates are local dates of the responsible office. Nothing about a request for a
// travel document enters here, so opening, closing or repeating one can move nothing.
package custody

import (
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Kind says what happened.
type Kind string

// The kinds of legal events. Only order_final, stay_ended and
// criminal_custody_ended can begin a removal period (8 CFR 241.4(g)(1)(i)).
const (
	OrderFinal   Kind = "order_final"   // the order became administratively final, 8 CFR 241.1
	OrderVacated Kind = "order_vacated" // there is no order any more

	StayGranted Kind = "stay_granted" // a court ordered a stay of removal
	StayEnded   Kind = "stay_ended"   // consistent with that court's order, the order can be executed again

	CriminalCustodyEnded Kind = "criminal_custody_ended" // released from detention not under an immigration process

	Detained       Kind = "detained"        // taken into immigration custody
	Released       Kind = "released"        // set free from it
	ReleaseRevoked Kind = "release_revoked" // 8 CFR 241.4(l), 241.13(i); custody itself begins with its own event

	ReviewNoticeServed   Kind = "review_notice_served"  // the person was told of the coming records review, 8 CFR 241.4(h)(2)
	CustodyDecision      Kind = "custody_decision"      // the field office's records review was decided in writing, 8 CFR 241.4(h)(1)
	HeadquartersDecision Kind = "headquarters_decision" // headquarters decided on custody, 8 CFR 241.4(k)(2)
	CustodyTransferred   Kind = "custody_transferred"   // custody authority passed to headquarters, 8 CFR 241.4(k)(2)(ii)
	AssistanceRequested  Kind = "assistance_requested"  // the field office asked headquarters for help with documents, 8 CFR 241.4(g)(2)
	LikelihoodDetermined Kind = "likelihood_determined" // the finding of 8 CFR 241.13(g)

	NoncomplianceNotice Kind = "noncompliance_notice" // Notice of Failure to Comply was served, 8 CFR 241.4(g)(5)
	Complied            Kind = "complied"             // the person showed compliance, 8 CFR 241.4(g)(1)(ii)

	HabeasFiled Kind = "habeas_filed" // a petition for habeas corpus
	HabeasEnded Kind = "habeas_ended" // it was decided or withdrawn

	Retracted Kind = "retracted" // the corrected event never happened; only with Corrects
)

// Event is one dated legal fact with its source document. Events are only
// added: one that names another in Corrects stands in its place from when it was recorded.
type Event struct {
	ID         string        `json:"id"`
	Kind       Kind          `json:"kind"`
	Date       calendar.Date `json:"date"`
	RecordedAt time.Time     `json:"recorded_at,omitzero"` // zero: known from the first
	Source     Source        `json:"source"`
	Corrects   string        `json:"corrects,omitempty"` // id of the event that this one replaces
	// Stay ties the end of a stay to its grant when several courts have stayed
	// removal; any key does, and without one there must be only one stay in force.
	Stay string `json:"stay,omitempty"`
}

// Source is the document behind an event, by its kind and hash; never by name or number.
type Source struct {
	Type   string `json:"type"`   // "court_order", "i_862", "release_notice"
	SHA256 string `json:"sha256"` // 64 hexadecimal digits
}

// rank orders events of one day before their dates can tell: what ends a state
// comes before what begins one. Zero is an unknown kind.
func (k Kind) rank() int {
	for i, known := range []Kind{
		Complied, Released, StayEnded, CriminalCustodyEnded, HabeasEnded, OrderVacated,
		OrderFinal, StayGranted, ReleaseRevoked, Detained, NoncomplianceNotice, HabeasFiled,
		ReviewNoticeServed, CustodyDecision, CustodyTransferred, HeadquartersDecision,
		AssistanceRequested, LikelihoodDetermined, Retracted,
	} {
		if k == known {
			return i + 1
		}
	}
	return 0
}
