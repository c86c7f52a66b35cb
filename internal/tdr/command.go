package tdr

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Actor is who acts: an id of the identity provider and the roles held at that moment.
type Actor struct {
	ID    string `json:"id"`
	Roles []Role `json:"roles"`
}

// System is the actor of what happens by itself.
func System() Actor { return Actor{ID: "system", Roles: []Role{SystemRole}} }

// Command is one act of a person upon a request. Its ID is the caller's
// Idempotency-Key: the same id is applied once, however often it arrives.
type Command struct {
	ID         string    `json:"id"`
	Actor      Actor     `json:"actor"`
	OccurredAt time.Time `json:"occurred_at,omitzero"` // when the fact happened; zero means now
	Act        Act       `json:"-"`
}

// Act is what a command does. The set is closed: the types of this file.
type Act interface{ Name() Name }

// ContentHash is the SHA-256, in lower-case hex, of the manifest of what would leave.
type ContentHash string

// Evidence is the SHA-256 of the source document behind a fact.
type Evidence string

// Open opens a request.
type Open struct {
	RequestID   string `json:"request_id"`
	PublicCode  string `json:"public_code"`
	PersonID    string `json:"person_id"`
	Country     string `json:"country"` // ISO 3166-1 alpha-3
	Post        string `json:"post"`
	FieldOffice string `json:"field_office"`
	Officer     string `json:"officer"`
	Order       Order  `json:"order"`
	Predecessor string `json:"predecessor,omitempty"` // request id of a closed one it follows
	HighHarm    bool   `json:"high_harm,omitempty"`
}

// Order is the administratively final order (or voluntary departure) on
// record, without which nothing leaves (8 CFR 241.1).
type Order struct {
	Type   string        `json:"type"`
	Number string        `json:"-"` // personal; kept by the adapters
	Date   calendar.Date `json:"date"`
	Source Evidence      `json:"source"`
	// Country is the one that the order names; empty: the one that is asked.
	Country string `json:"country,omitempty"`
}

// Gap is a required item that the package lacks, and why that is in order.
type Gap struct {
	Item   string `json:"item"`
	Reason string `json:"reason"` // a code
}

// RequestReview hands the package, or the answer to a question, to a supervisor.
type RequestReview struct {
	Content ContentHash `json:"content"`
	Present []string    `json:"present"` // checklist items in the package
	Gaps    []Gap       `json:"gaps,omitempty"`
}

// Approve releases exactly the content that was reviewed.
type Approve struct {
	Content ContentHash `json:"content"`
}

// ItemReason says why one item was returned.
type ItemReason struct {
	Item   string `json:"item"`
	Reason string `json:"reason"` // a code
}

// Return sends the package back with a reason for each item.
type Return struct {
	Items []ItemReason `json:"items"`
}

// Channel is how a package reaches the post.
type Channel string

// The channels.
const (
	ByCourier  Channel = "courier"  // handed over, with a tracking number
	ByExternal Channel = "external" // entered in the post's own system
	ByNotice   Channel = "notice"   // told by mail that a package comes, without personal data
)

// Channels lists every channel.
func Channels() []Channel { return []Channel{ByCourier, ByExternal, ByNotice} }

// Send lets the approved package leave; the gate's authorisation comes as a fact.
type Send struct {
	Content ContentHash `json:"content"`
	Channel Channel     `json:"channel"`
}

// RecordReceipt records that the post confirmed receipt.
type RecordReceipt struct {
	Evidence Evidence `json:"evidence"`
}

// RecordInformationAsked records that the post wants more.
type RecordInformationAsked struct {
	What     []string      `json:"what"` // codes of what is wanted
	By       calendar.Date `json:"by,omitzero"`
	Evidence Evidence      `json:"evidence,omitempty"`
}

// AnswerInformation lets the reviewed answer leave.
type AnswerInformation struct {
	Content ContentHash `json:"content"`
	Channel Channel     `json:"channel"`
}

// ScheduleInterview records an interview that the post set.
type ScheduleInterview struct {
	At    time.Time `json:"at"`
	Zone  string    `json:"zone"`  // IANA, for people
	Mode  string    `json:"mode"`  // in_person, video, telephone
	Place string    `json:"place"` // a place code of the directory
}

// InterviewResult is how an interview ended.
type InterviewResult string

// The results of an interview.
const (
	InterviewHeld      InterviewResult = "held"
	InterviewNoShow    InterviewResult = "no_show"
	InterviewDeclined  InterviewResult = "declined"
	InterviewCancelled InterviewResult = "cancelled_by_post"
)

// InterviewResults lists every result.
func InterviewResults() []InterviewResult {
	return []InterviewResult{InterviewHeld, InterviewNoShow, InterviewDeclined, InterviewCancelled}
}

// RecordInterview records how the interview ended.
type RecordInterview struct {
	Result InterviewResult `json:"result"`
}

// BeginVerification records that the foreign capital verifies nationality.
type BeginVerification struct {
	Evidence Evidence `json:"evidence"`
}

// RecordIssue records the document the post issued.
type RecordIssue struct {
	Issuer    string        `json:"issuer"`   // id of the issuing authority
	Document  string        `json:"document"` // reference under which the number is kept
	ValidFrom calendar.Date `json:"valid_from"`
	ValidTo   calendar.Date `json:"valid_to"`
}

// Authenticate confirms the document after the four looks and the issuer's standing.
type Authenticate struct {
	Photo  bool `json:"photo"`
	Names  bool `json:"names"`
	Serial bool `json:"serial"`
}

// RejectDocument records that the document is not what it should be.
type RejectDocument struct {
	Reason string `json:"reason"` // a code
}

// RecordRefusal records the post's no.
type RecordRefusal struct {
	NotANational bool     `json:"not_a_national"`
	Reasons      []string `json:"reasons,omitempty"` // codes; empty when the post gave none
}

// Retry goes back to the post with new evidence, or to another post of the country.
type Retry struct {
	Evidence Evidence `json:"evidence,omitempty"`
	Post     string   `json:"post,omitempty"`
}

// Reissue asks again for a document that ended or was lost; verification is kept.
type Reissue struct {
	Reason string `json:"reason"` // a code
}

// RecordTravel records that the document was used.
type RecordTravel struct {
	On calendar.Date `json:"on"`
}

// Close ends a refused request, or one whose document is no longer needed.
type Close struct {
	Reason string `json:"reason"` // a code
}

// Withdraw ends an open request; what is out is recalled.
type Withdraw struct {
	Outcome Outcome `json:"outcome"` // withdrawn, relief_granted, released or other
	Reason  string  `json:"reason"`  // a code
}

// RecordContact records a contact with the post: exactly one of Fact and Forecast.
type RecordContact struct {
	Fact     *ContactFact     `json:"fact,omitempty"`
	Forecast *ContactForecast `json:"forecast,omitempty"`
}

// The directions of a contact.
const (
	ToPost   = "to_post"
	FromPost = "from_post"
)

// ContactFact is something that happened between us and the post.
type ContactFact struct {
	Direction string `json:"direction"` // ToPost or FromPost
	Medium    string `json:"medium"`    // telephone, mail, letter, visit, meeting, system
	Answered  bool   `json:"answered"`  // the post answered on the occasion
	// Channel is on which the post is told that a question waits; empty for a contact
	// that people made themselves. Only ByNotice: a question carries no package.
	Channel Channel `json:"channel,omitempty"`
}

// ContactForecast is what somebody expects; it never moves a stage or a clock.
type ContactForecast struct {
	Expects string        `json:"expects"` // a code: receipt, interview, issue, refusal
	By      calendar.Date `json:"by"`
	Basis   string        `json:"basis"` // a code: post_said, experience
}

// Reassign gives the request to another officer.
type Reassign struct {
	Officer string `json:"officer"`
}

// AcknowledgeEscalation takes an escalation on and promises a next date.
type AcknowledgeEscalation struct {
	Escalation string        `json:"escalation"`
	NextDate   calendar.Date `json:"next_date"`
	Action     string        `json:"action"` // a code of what will be done
}

// NonComplianceStep is a step of 8 CFR 241.4(g)(5).
type NonComplianceStep string

// The steps; a person signs the notice, the system never does.
const (
	NonComplianceAttempt NonComplianceStep = "attempt"
	NonComplianceNotice  NonComplianceStep = "notice_signed"
	NonComplianceCured   NonComplianceStep = "complied"
)

// NonComplianceSteps lists every step.
func NonComplianceSteps() []NonComplianceStep {
	return []NonComplianceStep{NonComplianceAttempt, NonComplianceNotice, NonComplianceCured}
}

// RecordNonCompliance records a step towards, or away from, a failure to comply.
type RecordNonCompliance struct {
	Step     NonComplianceStep `json:"step"`
	Evidence Evidence          `json:"evidence"`
	Signature
}

// Signature of a notice of failure to comply. Who signs need not be who records it;
// notices recorded before signatures were have none.
type Signature struct {
	By       string        `json:"signed_by,omitempty"` // a person of the directory
	On       calendar.Date `json:"signed_on,omitzero"`  // local date of the office
	Document string        `json:"signed_document,omitempty"`
}

// Correct says that an earlier event was wrong. It removes nothing: both
// readings stay on record, and clocks are derived anew from the corrected one.
type Correct struct {
	Event       int64         `json:"event"`                 // seq of the corrected event
	OccurredAt  time.Time     `json:"occurred_at,omitzero"`  // when it really happened
	By          calendar.Date `json:"by,omitzero"`           // of information_asked
	ValidFrom   calendar.Date `json:"valid_from,omitzero"`   // of issued
	ValidTo     calendar.Date `json:"valid_to,omitzero"`     // of issued
	InterviewAt time.Time     `json:"interview_at,omitzero"` // of interview_scheduled
	Reason      string        `json:"reason"`                // a code
}

// Name of the command.
func (*Open) Name() Name                   { return OpenName }
func (*RequestReview) Name() Name          { return RequestReviewName }
func (*Approve) Name() Name                { return ApproveName }
func (*Return) Name() Name                 { return ReturnName }
func (*Send) Name() Name                   { return SendName }
func (*RecordReceipt) Name() Name          { return RecordReceiptName }
func (*RecordInformationAsked) Name() Name { return RecordInformationName }
func (*AnswerInformation) Name() Name      { return AnswerInformationName }
func (*ScheduleInterview) Name() Name      { return ScheduleInterviewName }
func (*RecordInterview) Name() Name        { return RecordInterviewName }
func (*BeginVerification) Name() Name      { return BeginVerificationName }
func (*RecordIssue) Name() Name            { return RecordIssueName }
func (*Authenticate) Name() Name           { return AuthenticateName }
func (*RejectDocument) Name() Name         { return RejectDocumentName }
func (*RecordRefusal) Name() Name          { return RecordRefusalName }
func (*Retry) Name() Name                  { return RetryName }
func (*Reissue) Name() Name                { return ReissueName }
func (*RecordTravel) Name() Name           { return RecordTravelName }
func (*Close) Name() Name                  { return CloseName }
func (*Withdraw) Name() Name               { return WithdrawName }
func (*RecordContact) Name() Name          { return RecordContactName }
func (*Reassign) Name() Name               { return ReassignName }
func (*AcknowledgeEscalation) Name() Name  { return AcknowledgeEscalationName }
func (*RecordNonCompliance) Name() Name    { return RecordNonComplianceName }
func (*Correct) Name() Name                { return CorrectName }

// newAct is an empty act to decode into.
func newAct(name Name) (Act, error) {
	acts := []Act{
		&Open{}, &RequestReview{}, &Approve{}, &Return{}, &Send{}, &RecordReceipt{},
		&RecordInformationAsked{}, &AnswerInformation{}, &ScheduleInterview{}, &RecordInterview{},
		&BeginVerification{}, &RecordIssue{}, &Authenticate{}, &RejectDocument{}, &RecordRefusal{},
		&Retry{}, &Reissue{}, &RecordTravel{}, &Close{}, &Withdraw{}, &RecordContact{}, &Reassign{},
		&AcknowledgeEscalation{}, &RecordNonCompliance{}, &Correct{},
	}
	for _, act := range acts {
		if act.Name() == name {
			return act, nil
		}
	}
	return nil, fmt.Errorf("command %q is not known", name)
}

type commandForm Command

// MarshalJSON writes the act under its name.
func (c Command) MarshalJSON() ([]byte, error) {
	if c.Act == nil {
		return nil, errors.New("write command: it does nothing")
	}
	return json.Marshal(struct {
		commandForm
		Name Name `json:"name"`
		Act  Act  `json:"act"`
	}{commandForm(c), c.Act.Name(), c.Act})
}

// UnmarshalJSON reads the act that the name announces.
func (c *Command) UnmarshalJSON(raw []byte) error {
	var form struct {
		commandForm
		Name Name            `json:"name"`
		Act  json.RawMessage `json:"act"`
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return fmt.Errorf("read command: %w", err)
	}
	act, err := newAct(form.Name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(form.Act, act); err != nil {
		return fmt.Errorf("read %s: %w", form.Name, err)
	}
	*c = Command(form.commandForm)
	c.Act = act
	return nil
}
