package identity

import "slices"

// Operation is something a caller may want to do. Commands upon a request
// have the names that they have everywhere else.
type Operation string

// Commands upon a request.
const (
	Open                   Operation = "open"
	RequestReview          Operation = "request_review"
	Approve                Operation = "approve"
	Return                 Operation = "return"
	Send                   Operation = "send"
	RecordReceipt          Operation = "record_receipt"
	RecordInformationAsked Operation = "record_information_asked"
	AnswerInformation      Operation = "answer_information"
	ScheduleInterview      Operation = "schedule_interview"
	RecordInterview        Operation = "record_interview"
	BeginVerification      Operation = "begin_verification"
	RecordIssue            Operation = "record_issue"
	Authenticate           Operation = "authenticate"
	RejectDocument         Operation = "reject_document"
	RecordRefusal          Operation = "record_refusal"
	Retry                  Operation = "retry"
	Reissue                Operation = "reissue"
	RecordTravel           Operation = "record_travel"
	Close                  Operation = "close"
	Withdraw               Operation = "withdraw"
	RecordContact          Operation = "record_contact"
	Reassign               Operation = "reassign"
	AcknowledgeEscalation  Operation = "acknowledge_escalation"
	RecordNonCompliance    Operation = "record_noncompliance"
	Correct                Operation = "correct"
)

// Other changes.
const (
	PlaceHold        Operation = "place_hold"
	LiftHold         Operation = "lift_hold"
	AmendHold        Operation = "amend_hold"         // its days; the last one only as its authority set it
	FindCitizenship  Operation = "find_citizenship"   // whether a claim to it is right
	ConsentToCountry Operation = "consent_to_country" // another than the one that the order names
	RecordLegalEvent Operation = "record_legal_event"
	UploadDocument   Operation = "upload_document"
	WithdrawDocument Operation = "withdraw_document"
	PreparePackage   Operation = "prepare_package"
	ReviewDisclosure Operation = "review_disclosure"
	SetDataSheet     Operation = "set_data_sheet"
	TakeOutBundle    Operation = "take_out_bundle" // what may be given to the post
	HandOver         Operation = "hand_over"
	RecordDelivery   Operation = "record_delivery"
	RecordSubmission Operation = "record_submission"
	ConfirmRecall    Operation = "confirm_recall"
	BreakGlass       Operation = "break_glass"      // sight of one request beyond one's reach
	PlaceLegalHold   Operation = "place_legal_hold" // keeps data; PlaceHold stops a removal
	LiftLegalHold    Operation = "lift_legal_hold"
	ChangeDirectory  Operation = "change_directory"
	PublishPack      Operation = "publish_pack"

	MergePersons               Operation = "merge_persons" // two records turn out to be one human
	SplitPersons               Operation = "split_persons"
	RaiseFlag                  Operation = "raise_flag"
	EndFlag                    Operation = "end_flag"
	ClaimNationality           Operation = "claim_nationality"
	RecordConsularNotification Operation = "record_consular_notification"
	VerifyIssuer               Operation = "verify_issuer"
	EndIssuer                  Operation = "end_issuer"
)

// Reads.
const (
	ReadRequests   Operation = "read_requests"    // requests, their events, clocks, escalations, contacts, ladder preview
	ReadPerson     Operation = "read_person"      // name, birth date, numbers
	ReadDocuments  Operation = "read_documents"   // documents about a person, their names and text; what a checklist lacks
	ReadPackages   Operation = "read_packages"    // what is prepared to leave, byte for byte
	ReadCustody    Operation = "read_custody"     // legal events and custody dates of a person
	ReadHolds      Operation = "read_holds"       // kind, authority and reason; that a hold exists is part of ReadRequests
	ReadFlags      Operation = "read_flags"       // which flag routes a person specially; that one does is part of ReadRequests
	ReadDeadlines  Operation = "read_deadlines"   // coming and missed dates
	ReadReports    Operation = "read_reports"     // figures over many requests
	ReadAudit      Operation = "read_audit"       // the log of who did what
	ExportHistory  Operation = "export_history"   // the contact history of a request, for a court
	ReadCommands   Operation = "read_commands"    // the fate of one's own commands
	ReadDirectory  Operation = "read_directory"   // people, posts, desks
	ReadPacks      Operation = "read_packs"       // countries and their packs
	PreviewClocks  Operation = "preview_clocks"   // computes from what the call gives; stores nothing
	ReadLegalHolds Operation = "read_legal_holds" // what keeps a person's data
)

// Rule is a row of the policy: one operation and who may do it.
type Rule struct {
	Operation Operation
	Roles     []Role
}

// Rules is the whole policy. It says who may try; what the stage, the gate and
// "another person than the one who prepared it" say comes on top.
func Rules() []Rule {
	officer := []Role{Officer}
	posted := []Role{Officer, Liaison}
	supervisor := []Role{Supervisor}
	caseworkers := []Role{Officer, Supervisor, Counsel, Liaison, State}
	everyone := Roles()
	return []Rule{
		{Open, officer},
		{RequestReview, officer},
		{Approve, supervisor},
		{Return, supervisor},
		{Send, officer},
		{RecordReceipt, posted},
		{RecordInformationAsked, posted},
		{AnswerInformation, officer},
		{ScheduleInterview, posted},
		{RecordInterview, posted},
		{BeginVerification, posted},
		{RecordIssue, posted},
		{Authenticate, officer},
		{RejectDocument, officer},
		{RecordRefusal, posted},
		{Retry, officer},
		{Reissue, officer},
		{RecordTravel, officer},
		{Close, officer},
		{Withdraw, []Role{Officer, Counsel}},
		{RecordContact, []Role{Officer, Supervisor, Liaison, State}},
		{Reassign, supervisor},
		{AcknowledgeEscalation, caseworkers},
		{RecordNonCompliance, officer},
		{Correct, []Role{Officer, Supervisor, Counsel}},

		// Whoever sees a case may stop it; lifting takes the lawyer.
		{PlaceHold, []Role{Officer, Supervisor, Counsel, Liaison, State, Manager}},
		{LiftHold, []Role{Counsel}},
		{AmendHold, []Role{Counsel}},
		{FindCitizenship, []Role{Counsel}},
		{ConsentToCountry, []Role{Counsel}},
		{RecordLegalEvent, []Role{Officer, Supervisor, Counsel}},
		{UploadDocument, []Role{Officer, Supervisor, Counsel}},
		{WithdrawDocument, []Role{Officer, Supervisor, Counsel}},
		{PreparePackage, officer},
		{ReviewDisclosure, []Role{Supervisor, Counsel}},
		{SetDataSheet, officer},
		{TakeOutBundle, officer},
		{HandOver, officer},
		{RecordDelivery, posted},
		{RecordSubmission, officer},
		{ConfirmRecall, posted},
		{BreakGlass, []Role{Officer, Supervisor, Counsel, Liaison}},
		{PlaceLegalHold, []Role{Counsel}},
		{LiftLegalHold, []Role{Counsel}},
		{ChangeDirectory, []Role{Admin}},
		{PublishPack, []Role{Manager, Admin}},

		// Whoever works with a person may have them routed specially; whether that ends is the lawyer's word.
		// That two records are one human is a finding with consequences for everything about both.
		{MergePersons, []Role{Counsel}},
		{SplitPersons, []Role{Counsel}},
		{RaiseFlag, []Role{Officer, Supervisor, Counsel}},
		{EndFlag, []Role{Counsel}},
		{ClaimNationality, []Role{Officer, Supervisor, Counsel}},
		{RecordConsularNotification, []Role{Officer, Supervisor}},
		{VerifyIssuer, []Role{Admin}},
		{EndIssuer, []Role{Admin}},

		{ReadRequests, []Role{Officer, Supervisor, Counsel, Liaison, State, Manager, Auditor, Service}},
		{ReadPerson, []Role{Officer, Supervisor, Counsel, Auditor}},
		{ReadDocuments, []Role{Officer, Supervisor, Counsel, Auditor}},
		{ReadPackages, []Role{Officer, Supervisor, Counsel, Auditor}},
		{ReadLegalHolds, []Role{Counsel, Auditor}},
		{ReadCustody, []Role{Officer, Supervisor, Counsel, Auditor}},
		{ReadHolds, []Role{Counsel, Auditor}}, // a hold's kind can tell of an asylum claim (8 CFR 208.6)
		{ReadFlags, []Role{Counsel}},          // 8 USC 1367; the custody unit besides, by its desk
		{ReadDeadlines, []Role{Officer, Supervisor, Counsel, Liaison, State, Manager, Auditor, Service}},
		{ReadReports, []Role{Supervisor, Counsel, Liaison, State, Manager, Auditor, Service}},
		{ReadAudit, []Role{Auditor}},
		{ExportHistory, []Role{Counsel, Auditor}},
		{ReadCommands, everyone},
		{ReadDirectory, everyone},
		{ReadPacks, everyone},
		{PreviewClocks, everyone},
	}
}

// Policy answers from the rules. Its zero value allows nothing.
type Policy struct {
	roles map[Operation][]Role
}

// NewPolicy prepares Rules for look-up.
func NewPolicy() Policy {
	roles := make(map[Operation][]Role)
	for _, rule := range Rules() {
		roles[rule.Operation] = rule.Roles
	}
	return Policy{roles}
}

// May tells whether any role of the caller allows the operation somewhere.
func (p Policy) May(caller Principal, operation Operation) bool {
	return slices.ContainsFunc(caller.Roles, func(role Role) bool { return slices.Contains(p.roles[operation], role) })
}

// Allows tells whether one role of the caller both allows the operation and
// sees the subject: an officer of Boston who is a liaison for Ghana does not
// become Ghana's officer everywhere.
func (p Policy) Allows(caller Principal, operation Operation, subject Subject) bool {
	return slices.ContainsFunc(caller.Roles, func(role Role) bool {
		return slices.Contains(p.roles[operation], role) && sees(role, caller, subject)
	})
}
