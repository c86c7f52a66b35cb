package identity

import (
	"slices"
	"strings"
	"testing"
)

// permissions is written by hand, so that a slip in Rules shows. Columns:
// officer, supervisor, counsel, liaison, state, manager, auditor, admin, service.
const permissions = `
open                      O . . . . . . . .
request_review            O . . . . . . . .
approve                   . S . . . . . . .
return                    . S . . . . . . .
send                      O . . . . . . . .
record_receipt            O . . L . . . . .
record_information_asked  O . . L . . . . .
answer_information        O . . . . . . . .
schedule_interview        O . . L . . . . .
record_interview          O . . L . . . . .
begin_verification        O . . L . . . . .
record_issue              O . . L . . . . .
authenticate              O . . . . . . . .
reject_document           O . . . . . . . .
record_refusal            O . . L . . . . .
retry                     O . . . . . . . .
reissue                   O . . . . . . . .
record_travel             O . . . . . . . .
close                     O . . . . . . . .
withdraw                  O . C . . . . . .
record_contact            O S . L T . . . .
reassign                  . S . . . . . . .
acknowledge_escalation    O S C L T . . . .
record_noncompliance      O . . . . . . . .
correct                   O S C . . . . . .
place_hold                O S C L T M . . .
lift_hold                 . . C . . . . . .
amend_hold                . . C . . . . . .
find_citizenship          . . C . . . . . .
consent_to_country        . . C . . . . . .
record_legal_event        O S C . . . . . .
upload_document           O S C . . . . . .
withdraw_document         O S C . . . . . .
merge_persons             . . C . . . . . .
split_persons             . . C . . . . . .
raise_flag                O S C . . . . . .
end_flag                  . . C . . . . . .
claim_nationality         O S C . . . . . .
record_consular_notification O S . . . . . . .
verify_issuer             . . . . . . . D .
end_issuer                . . . . . . . D .
read_flags                . . C . . . . . .
prepare_package           O . . . . . . . .
review_disclosure         . S C . . . . . .
set_data_sheet            O . . . . . . . .
take_out_bundle           O . . . . . . . .
hand_over                 O . . . . . . . .
record_delivery           O . . L . . . . .
record_submission         O . . . . . . . .
confirm_recall            O . . L . . . . .
break_glass               O S C L . . . . .
place_legal_hold          . . C . . . . . .
lift_legal_hold           . . C . . . . . .
change_directory          . . . . . . . D .
publish_pack              . . . . . M . D .
read_requests             O S C L T M U . V
read_person               O S C . . . U . .
read_documents            O S C . . . U . .
read_packages             O S C . . . U . .
read_legal_holds          . . C . . . U . .
read_custody              O S C . . . U . .
read_holds                . . C . . . U . .
read_deadlines            O S C L T M U . V
read_reports              . S C L T M U . V
read_audit                . . . . . . U . .
export_history            . . C . . . U . .
read_commands             O S C L T M U D V
read_directory            O S C L T M U D V
read_packs                O S C L T M U D V
preview_clocks            O S C L T M U D V
`

// Rule 15: each role may do what its task needs and nothing else.
func TestRule15_EachRoleMayDoWhatItNeedsAlone(t *testing.T) {
	columns := []Role{Officer, Supervisor, Counsel, Liaison, State, Manager, Auditor, Admin, Service}
	policy := NewPolicy()
	written := map[Operation]bool{}
	for line := range strings.Lines(strings.TrimSpace(permissions)) {
		cells := strings.Fields(line)
		operation := Operation(cells[0])
		written[operation] = true
		for i, role := range columns {
			want := cells[i+1] != "."
			if got := policy.May(Principal{Roles: []Role{role}}, operation); got != want {
				t.Errorf("rule 15: %s by %s: %t, want %t", operation, role, got, want)
			}
		}
	}
	seen := map[Operation]bool{}
	for _, rule := range Rules() {
		if !written[rule.Operation] || seen[rule.Operation] {
			t.Errorf("%s is not in the table above, or has two rules", rule.Operation)
		}
		seen[rule.Operation] = true
	}
	if len(seen) != len(written) {
		t.Errorf("%d rules, %d rows", len(seen), len(written))
	}
}

func TestNobodyMayDoTheUnknown(t *testing.T) {
	everything := Principal{Roles: Roles(), Offices: []string{All}, Countries: []string{All}}
	if NewPolicy().May(everything, "delete_all") || NewPolicy().May(everything, "") {
		t.Error("an operation without a rule is allowed")
	}
	if (Policy{}).May(everything, Open) {
		t.Error("the zero policy allows something")
	}
	if NewPolicy().May(Principal{Offices: []string{All}}, ReadPacks) {
		t.Error("a caller without roles may do something")
	}
}

func TestNoRoleReleasesWhatItPrepares(t *testing.T) {
	policy := NewPolicy()
	for _, role := range Roles() {
		caller := Principal{Roles: []Role{role}}
		if policy.May(caller, RequestReview) && policy.May(caller, Approve) {
			t.Errorf("%s prepares and releases", role)
		}
		if policy.May(caller, Send) && policy.May(caller, LiftHold) {
			t.Errorf("%s sends and lifts holds", role)
		}
	}
}

func TestWhoSeesWhat(t *testing.T) {
	ghana := Subject{FieldOffice: "BOS", Country: "GHA", Post: "gha-washington", Officer: "officer1"}
	in := func(role Role, offices, countries, posts string) Principal {
		split := func(text string) []string {
			return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
		}
		return Principal{Subject: "someone", Roles: []Role{role}, Offices: split(offices), Countries: split(countries), Posts: split(posts)}
	}
	rows := []struct {
		name    string
		caller  Principal
		subject Subject
		want    bool
	}{
		{"officer of the office", in(Officer, "BOS", "", ""), ghana, true},
		{"officer of another", in(Officer, "NYC", "", ""), ghana, false},
		{"officer by country", in(Officer, "NYC", "GHA", "gha-washington"), ghana, false},
		{"the case's own officer", Principal{Subject: "officer1", Roles: []Role{Officer}, Offices: []string{"NYC"}}, ghana, true},
		{"supervisor named as officer", Principal{Subject: "officer1", Roles: []Role{Supervisor}, Offices: []string{"NYC"}}, ghana, false},
		{"nameless officer, case without one", Principal{Roles: []Role{Officer}}, Subject{FieldOffice: "BOS"}, false},
		{"supervisor of the office", in(Supervisor, "NYC,BOS", "", ""), ghana, true},
		{"supervisor by country", in(Supervisor, "", "*", "*"), ghana, false},
		{"liaison by country", in(Liaison, "", "NGA,GHA", ""), ghana, true},
		{"liaison by post", in(Liaison, "", "", "gha-washington"), ghana, true},
		{"liaison of another country", in(Liaison, "", "NGA", "nga-atlanta"), ghana, false},
		{"liaison by office", in(Liaison, "*", "", ""), ghana, false},
		{"liaison of all", in(Liaison, "", "*", ""), ghana, true},
		{"state desk by country", in(State, "", "GHA", ""), ghana, true},
		{"state desk by office", in(State, "BOS", "", ""), ghana, false},
		{"counsel by office", in(Counsel, "BOS", "", ""), ghana, true},
		{"counsel by country", in(Counsel, "", "GHA", ""), ghana, true},
		{"counsel of another office", in(Counsel, "NYC", "", ""), ghana, false},
		{"manager of all", in(Manager, "*", "*", ""), ghana, true},
		{"manager of nothing", in(Manager, "", "", ""), ghana, false},
		{"auditor of all", in(Auditor, "*", "", ""), ghana, true},
		{"service by country", in(Service, "", "GHA", ""), ghana, true},
		{"admin of all", in(Admin, "*", "*", "*"), ghana, false},
		{"no role", Principal{Offices: []string{All}, Countries: []string{All}}, ghana, false},
		{"role nobody knows", in("king", "*", "*", "*"), ghana, false},
		{"country's case differs", in(Liaison, "", "gha", ""), ghana, false},
		{"empty subject", in(Liaison, "", "GHA", "x"), Subject{}, false},
		{"empty entry meets empty subject", Principal{Roles: []Role{Liaison}, Countries: []string{""}}, Subject{}, false},
	}
	for _, row := range rows {
		if got := Sees(row.caller, row.subject); got != row.want {
			t.Errorf("%s: %t", row.name, got)
		}
	}
}

// Two roles do not lend each other what they see.
func TestRolesDoNotAddUp(t *testing.T) {
	both := Principal{Subject: "x", Roles: []Role{Liaison, Officer}, Offices: []string{"BOS"}, Countries: []string{"GHA"}}
	elsewhere := Subject{FieldOffice: "NYC", Country: "GHA"}
	policy := NewPolicy()
	if !Sees(both, elsewhere) || !policy.Allows(both, RecordReceipt, elsewhere) {
		t.Error("a liaison records a receipt anywhere in the country")
	}
	if policy.Allows(both, Send, elsewhere) {
		t.Error("an officer sends for another office")
	}
	if !policy.Allows(both, Send, Subject{FieldOffice: "BOS", Country: "NGA"}) {
		t.Error("an officer sends for the own office")
	}
}
