package tdr

import "slices"

// Name is a command's name, the same in the API, the database and the code.
type Name string

// The commands that people give.
const (
	OpenName                  Name = "open"
	RequestReviewName         Name = "request_review"
	ApproveName               Name = "approve"
	ReturnName                Name = "return"
	SendName                  Name = "send"
	RecordReceiptName         Name = "record_receipt"
	RecordInformationName     Name = "record_information_asked"
	AnswerInformationName     Name = "answer_information"
	ScheduleInterviewName     Name = "schedule_interview"
	RecordInterviewName       Name = "record_interview"
	BeginVerificationName     Name = "begin_verification"
	RecordIssueName           Name = "record_issue"
	AuthenticateName          Name = "authenticate"
	RejectDocumentName        Name = "reject_document"
	RecordRefusalName         Name = "record_refusal"
	RetryName                 Name = "retry"
	ReissueName               Name = "reissue"
	RecordTravelName          Name = "record_travel"
	CloseName                 Name = "close"
	WithdrawName              Name = "withdraw"
	RecordContactName         Name = "record_contact"
	ReassignName              Name = "reassign"
	AcknowledgeEscalationName Name = "acknowledge_escalation"
	RecordNonComplianceName   Name = "record_noncompliance"
	CorrectName               Name = "correct"
)

// Role is what a person may do; permissions are checked again here, where the life cycle is.
type Role string

// The roles that the life cycle knows.
const (
	OfficerRole    Role = "officer"
	SupervisorRole Role = "supervisor"
	CounselRole    Role = "counsel"
	LiaisonRole    Role = "liaison"
	StateRole      Role = "state"
	SystemRole     Role = "system" // timers and reconciliation, never a person
)

// A Move is one row of the command table: who may do what from which stage, and where it may lead.
type Move struct {
	Name Name
	From []Stage // nil for open alone, which has no stage before it
	To   []Stage // possible next stages; the stage it came from where it does not change
	Who  []Role
}

// commandTable is Moves, made once: every command is looked up in it. Nothing writes to it.
var commandTable = Moves()

// Moves is the command table. Decide enforces it, the API shows it, and the
// tests of allowed and forbidden moves are generated from it.
func Moves() []Move {
	officer := []Role{OfficerRole}
	posted := []Role{OfficerRole, LiaisonRole}
	supervisor := []Role{SupervisorRole}
	open := slices.DeleteFunc(Stages(), func(s Stage) bool { return !s.Open() })
	document := []Stage{Issued, TravelReady}
	return []Move{
		{OpenName, nil, []Stage{Assembling}, officer},
		{RequestReviewName, []Stage{Assembling, Ready, InformationAsked}, []Stage{Review, InformationAsked}, officer},
		{ApproveName, []Stage{Review, InformationAsked}, []Stage{Ready, InformationAsked}, supervisor},
		{ReturnName, []Stage{Review, InformationAsked}, []Stage{Assembling, InformationAsked}, supervisor},
		{SendName, []Stage{Ready}, []Stage{Submitted}, officer},
		{RecordReceiptName, []Stage{Submitted}, []Stage{Received}, posted},
		{RecordInformationName, []Stage{Submitted, Received, Interview, Verifying}, []Stage{InformationAsked}, posted},
		{AnswerInformationName, []Stage{InformationAsked}, []Stage{Submitted, Received, Interview, Verifying}, officer},
		{ScheduleInterviewName, []Stage{Submitted, Received, Verifying}, []Stage{Interview}, posted},
		{RecordInterviewName, []Stage{Interview}, []Stage{Interview, Verifying}, posted},
		{BeginVerificationName, []Stage{Received}, []Stage{Verifying}, posted},
		{RecordIssueName, withPost(), []Stage{Issued}, posted},
		{AuthenticateName, []Stage{Issued}, []Stage{TravelReady}, officer},
		{RejectDocumentName, []Stage{Issued}, []Stage{Verifying, Assembling}, officer},
		{RecordRefusalName, withPost(), []Stage{Refused}, posted},
		{RetryName, []Stage{Refused}, []Stage{Assembling}, officer},
		{ReissueName, document, []Stage{Assembling}, []Role{OfficerRole, SystemRole}},
		{RecordTravelName, []Stage{TravelReady}, []Stage{Closed}, officer},
		{CloseName, append([]Stage{Refused}, document...), []Stage{Closed}, officer},
		{WithdrawName, open, []Stage{Closed}, []Role{OfficerRole, CounselRole}},
		{RecordContactName, open, open, []Role{OfficerRole, SupervisorRole, LiaisonRole, StateRole}},
		{ReassignName, open, open, supervisor},
		{AcknowledgeEscalationName, open, open, []Role{OfficerRole, SupervisorRole, CounselRole, LiaisonRole, StateRole}},
		{RecordNonComplianceName, open, open, officer},
		{CorrectName, open, open, []Role{OfficerRole, SupervisorRole, CounselRole}},
	}
}

// MoveOf finds a command's row, for reading only.
func MoveOf(name Name) (Move, bool) {
	for i := range commandTable {
		if commandTable[i].Name == name {
			return commandTable[i], true
		}
	}
	return Move{}, false
}

// AllowedFrom lists the commands that a stage allows, for people who were refused.
func AllowedFrom(stage Stage) []Name {
	var names []Name
	for _, move := range commandTable {
		if stage.in(move.From) {
			names = append(names, move.Name)
		}
	}
	return names
}
