package tdr

import (
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// Opened begins a request and writes down everything its dates will be counted with.
type Opened struct {
	Open
	Rules      int            `json:"rules"`
	Terms      playbook.Terms `json:"terms"`
	OfficeTime calendar.Slice `json:"office_time"`
	PostTime   calendar.Slice `json:"post_time"`
	Custody    Custody        `json:"custody"`
}

// ReviewRequested hands content to a second person.
type ReviewRequested struct {
	Content ContentHash `json:"content"`
	Gaps    []Gap       `json:"gaps,omitempty"`
}

// Approved releases exactly one content.
type Approved struct {
	Content ContentHash `json:"content"`
}

// Returned sends the package back.
type Returned struct {
	Items []ItemReason `json:"items"`
}

// Sent says that a package left under a dispatch that the gate authorised.
type Sent struct {
	Dispatch string      `json:"dispatch"`
	Channel  Channel     `json:"channel"`
	Content  ContentHash `json:"content"`
	Fence    int64       `json:"fence"` // fence version under which it was authorised
}

// SendStopped says that what a dispatch was to carry certainly never left: the
// gate closed between its acceptance and its leaving.
type SendStopped struct {
	Dispatch string `json:"dispatch"`
}

// RecallConfirmed says that what left under a dispatch was asked back, and that
// the post acts on it no more.
type RecallConfirmed struct {
	Dispatch string `json:"dispatch"`
	As       string `json:"as"` // what became of it: returned, destroyed, never_arrived
}

// ReceiptRecorded says that the post has the package.
type ReceiptRecorded struct {
	Evidence Evidence `json:"evidence"`
}

// InformationWasAsked says that the post wants more; its clock pauses.
type InformationWasAsked struct {
	What     []string      `json:"what"`
	By       calendar.Date `json:"by,omitzero"`
	Evidence Evidence      `json:"evidence,omitempty"`
}

// InformationAnswered says that the answer left; the post's clock runs on.
type InformationAnswered struct {
	Dispatch string      `json:"dispatch"`
	Channel  Channel     `json:"channel"`
	Content  ContentHash `json:"content"`
	Fence    int64       `json:"fence"`
	Stage    Stage       `json:"stage"` // the stage it came from
}

// InterviewScheduled says when the post wants to see the person.
type InterviewScheduled struct {
	At    time.Time `json:"at"`
	Zone  string    `json:"zone"`
	Mode  string    `json:"mode"`
	Place string    `json:"place"`
}

// InterviewRecorded says how the interview ended.
type InterviewRecorded struct {
	Result InterviewResult `json:"result"`
}

// VerificationBegun says that the capital verifies.
type VerificationBegun struct {
	Evidence Evidence `json:"evidence"`
}

// DocumentIssued says that the post issued a document. Time to issue ends at the first of these.
type DocumentIssued struct {
	Issuer    string        `json:"issuer"`
	Document  string        `json:"document"`
	ValidFrom calendar.Date `json:"valid_from"`
	ValidTo   calendar.Date `json:"valid_to"`
}

// DocumentAuthenticated says that a second officer found the document good.
type DocumentAuthenticated struct{}

// DocumentRejected says that it was not.
type DocumentRejected struct {
	Reason string `json:"reason"`
}

// RefusalRecorded says that the post said no.
type RefusalRecorded struct {
	NotANational bool     `json:"not_a_national"`
	Reasons      []string `json:"reasons,omitempty"`
}

// Retried goes back to assembling after a refusal.
type Retried struct {
	Evidence Evidence        `json:"evidence,omitempty"`
	Post     string          `json:"post,omitempty"`
	PostTime *calendar.Slice `json:"post_time,omitempty"` // with a new post
}

// ReissueBegun asks again for a document that ended.
type ReissueBegun struct {
	Reason string `json:"reason"`
}

// RequestClosed ends a request. On is set when the document was used for travel.
type RequestClosed struct {
	Outcome Outcome       `json:"outcome"`
	Reason  string        `json:"reason,omitempty"`
	On      calendar.Date `json:"on,omitzero"`
	Recall  bool          `json:"recall,omitempty"` // something is out with the post and is recalled
}

// ContactRecorded is a fact about a contact with the post. One that the system
// makes leaves under a dispatch that the gate authorised, as packages do.
type ContactRecorded struct {
	ContactFact
	Dispatch string `json:"dispatch,omitempty"`
	Fence    int64  `json:"fence,omitempty"`
}

// ForecastRecorded is an expectation; it is not a fact and moves nothing.
type ForecastRecorded struct {
	ContactForecast
}

// Reassigned gives the request to another officer.
type Reassigned struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// NonComplianceRecorded is a step of 8 CFR 241.4(g)(5).
type NonComplianceRecorded struct {
	Step     NonComplianceStep `json:"step"`
	Evidence Evidence          `json:"evidence"`
	Signature
}

// Corrected says that an earlier event was wrong, and how it is to be read.
type Corrected struct {
	Correct
}

// HoldChanged says only that sending is, or is no longer, stopped by one hold.
// Kind, authority and reason stay behind need to know.
type HoldChanged struct {
	Hold  string    `json:"hold"`
	Stops bool      `json:"stops"`
	At    time.Time `json:"at,omitzero"` // when it took effect, which may be before the request heard of it
	// Fence is the version of the person's fence that the placing made: what was
	// authorised under an earlier one was authorised without knowing of the hold.
	Fence int64 `json:"fence,omitempty"`
}

// CustodyChanged brings the person's legal clock up to date.
type CustodyChanged struct {
	Custody Custody `json:"custody"`
}

// MailBounced says that a notice did not reach its recipient.
type MailBounced struct {
	Notice    string `json:"notice"`
	Recipient string `json:"recipient"`
}

// ReplyReceived says that a reply to a mail came in; it never moves anything by itself.
type ReplyReceived struct {
	Message string `json:"message"`
}

// StageOverdue says that a stage outlasted its term.
type StageOverdue struct {
	Stage Stage     `json:"stage"`
	Since time.Time `json:"since"` // the stage's beginning, which tells one stay from another
	Due   time.Time `json:"due"`
}

// EscalationOpened asks a level of the ladder to act.
type EscalationOpened struct {
	Escalation    string    `json:"escalation"` // its id, unique in the request
	Level         int       `json:"level"`
	Trigger       Trigger   `json:"trigger"`
	Due           time.Time `json:"due"`                     // when the trigger was met
	AcknowledgeBy time.Time `json:"acknowledge_by,omitzero"` // zero for a reminder
	Again         bool      `json:"again,omitempty"`         // the level was open and is asked once more

	R0          calendar.Date `json:"r0,omitzero"`           // of ByCustodyDay
	HabeasFiled calendar.Date `json:"habeas_filed,omitzero"` // of ByHabeas
}

// EscalationAcknowledged says who took it on and until when.
type EscalationAcknowledged struct {
	AcknowledgeEscalation
	Until time.Time `json:"until"` // end of the promised day in the field office
}

// LevelUnreachable says that nobody of a level could be told.
type LevelUnreachable struct {
	Escalation string `json:"escalation"`
	Level      int    `json:"level"`
	Cause      string `json:"cause"` // no_addressee, bounced
}

// ValidityAlerted says that a document nears its end.
type ValidityAlerted struct {
	Alert   string        `json:"alert"` // "50%", "25%", "7d"
	ValidTo calendar.Date `json:"valid_to"`
}

// CalendarsRenewed replaces the recorded calendars: they were corrected, or no
// longer reached far enough.
type CalendarsRenewed struct {
	OfficeTime calendar.Slice `json:"office_time"`
	PostTime   calendar.Slice `json:"post_time"`
}

// The event types.
const (
	OpenedType                 Type = "opened"
	ReviewRequestedType        Type = "review_requested"
	ApprovedType               Type = "approved"
	ReturnedType               Type = "returned"
	SentType                   Type = "sent"
	ReceiptRecordedType        Type = "receipt_recorded"
	InformationAskedType       Type = "information_asked"
	InformationAnsweredType    Type = "information_answered"
	SendStoppedType            Type = "send_stopped"
	RecallConfirmedType        Type = "recall_confirmed"
	InterviewScheduledType     Type = "interview_scheduled"
	InterviewRecordedType      Type = "interview_recorded"
	VerificationBegunType      Type = "verification_begun"
	IssuedType                 Type = "issued"
	AuthenticatedType          Type = "authenticated"
	DocumentRejectedType       Type = "document_rejected"
	RefusalRecordedType        Type = "refusal_recorded"
	RetriedType                Type = "retried"
	ReissueBegunType           Type = "reissue_begun"
	ClosedType                 Type = "closed"
	ContactRecordedType        Type = "contact_recorded"
	ForecastRecordedType       Type = "forecast_recorded"
	ReassignedType             Type = "reassigned"
	NonComplianceType          Type = "noncompliance_recorded"
	CorrectedType              Type = "corrected"
	HoldChangedType            Type = "hold_changed"
	CustodyChangedType         Type = "custody_changed"
	MailBouncedType            Type = "mail_bounced"
	ReplyReceivedType          Type = "reply_received"
	StageOverdueType           Type = "stage_overdue"
	EscalationOpenedType       Type = "escalation_opened"
	EscalationAcknowledgedType Type = "escalation_acknowledged"
	LevelUnreachableType       Type = "level_unreachable"
	ValidityAlertedType        Type = "validity_alerted"
	CalendarsRenewedType       Type = "calendars_renewed"
)

// Type of the fact.
func (*Opened) Type() Type                 { return OpenedType }
func (*ReviewRequested) Type() Type        { return ReviewRequestedType }
func (*Approved) Type() Type               { return ApprovedType }
func (*Returned) Type() Type               { return ReturnedType }
func (*Sent) Type() Type                   { return SentType }
func (*ReceiptRecorded) Type() Type        { return ReceiptRecordedType }
func (*InformationWasAsked) Type() Type    { return InformationAskedType }
func (*InformationAnswered) Type() Type    { return InformationAnsweredType }
func (*SendStopped) Type() Type            { return SendStoppedType }
func (*RecallConfirmed) Type() Type        { return RecallConfirmedType }
func (*InterviewScheduled) Type() Type     { return InterviewScheduledType }
func (*InterviewRecorded) Type() Type      { return InterviewRecordedType }
func (*VerificationBegun) Type() Type      { return VerificationBegunType }
func (*DocumentIssued) Type() Type         { return IssuedType }
func (*DocumentAuthenticated) Type() Type  { return AuthenticatedType }
func (*DocumentRejected) Type() Type       { return DocumentRejectedType }
func (*RefusalRecorded) Type() Type        { return RefusalRecordedType }
func (*Retried) Type() Type                { return RetriedType }
func (*ReissueBegun) Type() Type           { return ReissueBegunType }
func (*RequestClosed) Type() Type          { return ClosedType }
func (*ContactRecorded) Type() Type        { return ContactRecordedType }
func (*ForecastRecorded) Type() Type       { return ForecastRecordedType }
func (*Reassigned) Type() Type             { return ReassignedType }
func (*NonComplianceRecorded) Type() Type  { return NonComplianceType }
func (*Corrected) Type() Type              { return CorrectedType }
func (*HoldChanged) Type() Type            { return HoldChangedType }
func (*CustodyChanged) Type() Type         { return CustodyChangedType }
func (*MailBounced) Type() Type            { return MailBouncedType }
func (*ReplyReceived) Type() Type          { return ReplyReceivedType }
func (*StageOverdue) Type() Type           { return StageOverdueType }
func (*EscalationOpened) Type() Type       { return EscalationOpenedType }
func (*EscalationAcknowledged) Type() Type { return EscalationAcknowledgedType }
func (*LevelUnreachable) Type() Type       { return LevelUnreachableType }
func (*ValidityAlerted) Type() Type        { return ValidityAlertedType }
func (*CalendarsRenewed) Type() Type       { return CalendarsRenewedType }

// Facts lists an empty fact of every type.
func facts() []Fact {
	return []Fact{
		&Opened{}, &ReviewRequested{}, &Approved{}, &Returned{}, &Sent{}, &ReceiptRecorded{},
		&InformationWasAsked{}, &InformationAnswered{}, &SendStopped{}, &RecallConfirmed{}, &InterviewScheduled{}, &InterviewRecorded{},
		&VerificationBegun{}, &DocumentIssued{}, &DocumentAuthenticated{}, &DocumentRejected{},
		&RefusalRecorded{}, &Retried{}, &ReissueBegun{}, &RequestClosed{}, &ContactRecorded{},
		&ForecastRecorded{}, &Reassigned{}, &NonComplianceRecorded{}, &Corrected{}, &HoldChanged{},
		&CustodyChanged{}, &MailBounced{}, &ReplyReceived{}, &StageOverdue{}, &EscalationOpened{},
		&EscalationAcknowledged{}, &LevelUnreachable{}, &ValidityAlerted{},
		&CalendarsRenewed{},
	}
}

// NewFact is an empty fact of a type, to decode into.
func NewFact(t Type) (Fact, error) {
	for _, fact := range facts() {
		if fact.Type() == t {
			return fact, nil
		}
	}
	return nil, fmt.Errorf("event type %q is not known", t)
}
