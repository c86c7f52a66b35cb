package traveldoc_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rule is one of the eighteen that this software must not break.
type rule struct {
	number int
	says   string
	guards []guard
	open   string // what of it is not built yet; a rule without guards has nothing else
}

// guard is a test that names a rule, in the package that keeps it.
type guard struct {
	pkg, test string
	// off are the ways to switch the rule off, each of which turns the test red.
	off [][]edit
	// noRoute tells that the rule is kept by there being no way to break it: the
	// test looks for one, and there is nothing to switch off.
	noRoute bool
}

// edit is a source text that keeps a rule, and what stands there once it does not.
type edit struct{ file, keeps, off string }

func off(file, keeps, off string) []edit { return []edit{{file, keeps, off}} }

// rules is the whole list, written by hand.
func rules() []rule {
	const (
		fence = "internal/store/fence.go"
		end   = "internal/tdr/decide_end.go"
		moves = "internal/tdr/moves.go"
	)
	return []rule{
		{1, "no outgoing contact without an order on record", []guard{
			{pkg: "internal/store", test: "TestRule01_NothingLeavesWithoutAnOrder", off: [][]edit{
				off(fence, "!gate.HoldStands && gate.OrderOnRecord &&", "!gate.HoldStands &&"),
				off(fence, `found.OrderSource != "" && found.OrderCountry != ""`, `found.OrderCountry != ""`),
				off(fence, "tdr.PermitsContact(found.OrderType) && ", ""),
			}},
			{pkg: "internal/store", test: "TestRule01_NothingLeavesOnAVacatedOrder", off: [][]edit{
				off(fence, "order && !found.OrderGone", "order"),
			}},
			{pkg: "internal/store", test: "TestRule01_AVacatedOrderClosesTheGateOfEveryRecord", off: [][]edit{
				off("internal/store/sqlcgen/fence.sql.go", "unnest(same_human(r.person_id)) AS human(person_id)", "unnest(ARRAY[r.person_id]) AS human(person_id)"),
			}},
			{pkg: "internal/store", test: "TestRule01_AnOrderRetractedUnderItsStayIsNone", off: [][]edit{
				off("internal/store/sqlcgen/fence.sql.go", ") OR (\n            EXISTS (SELECT FROM legal_events l", ") OR (\n            false AND EXISTS (SELECT FROM legal_events l"),
				off("internal/custody/standing.go", "Order: h.order != nil", "Order: h.ordered()"),
			}},
			{pkg: "internal/store", test: "TestRule01_AnOrderThatIsNotDatedIsVacatedAllTheSame", off: [][]edit{
				off("internal/custody/history.go", "if !stops || h.ordered()", "if stops || h.ordered()"),
				off("internal/store/legalstops.go", " || !was.Gone && is.Gone", ""),
				off("internal/store/sqlcgen/fence.sql.go", "OR l.kind = 'order_vacated'", "OR false"),
			}},
		}, ""},
		{2, "nothing leaves under a hold, and the legal role alone lifts it", []guard{
			{pkg: "internal/store", test: "TestRule02_NoSendStartsUnderAHold", off: [][]edit{
				off(fence, "open := !gate.HoldStands &&", "open :="),
			}},
			{pkg: "internal/store", test: "TestRule02_AStayWhoseEndIsRetractedStops", off: [][]edit{
				off("internal/store/legalstops.go", "stops = append(stops, hold)", "_ = hold"),
			}},
			{pkg: "internal/store", test: "TestRule02_TheHoldOfAStayEndsWithItAlone", off: [][]edit{
				off("internal/store/holdstays.go", "if err == nil && stands {", "if err == nil && stands && hold.HoldID == \"\" {"),
				off("internal/store/holdstays.go", "\t\tif stands {", "\t\tif stands && personID == \"\" {"),
			}},
			{pkg: "internal/store", test: "TestRule02_AStayOfAnOrderThatIsNotDatedStops", off: [][]edit{
				off("internal/custody/history.go", "stops := event.Kind == StayGranted || event.Kind == OrderVacated", "stops := event.Kind == OrderVacated"),
			}},
			{pkg: "internal/store", test: "TestRule02_WhoIsEnteredTwiceIsHeldUntilCounselDecides", off: [][]edit{
				off("internal/store/alike.go", "if len(alike) == 0 {", "if true {"),
			}},
			{pkg: "internal/store", test: "TestRule02_AHoldStopsNoLessThanItsLaw", off: [][]edit{
				off("internal/store/holds.go", "if err := api.CheckHoldScope(hold); err != nil {", "if err := api.CheckHoldScope(hold); err != nil && hold.Kind == \"\" {"),
				off("api/holdkinds.go", "{\"tps\", []string{personScope}", "{\"tps\", []string{personScope, countryScope}"),
			}},
			{pkg: "api", test: "TestRule02_OnlyTheLegalRoleLiftsAndGivesAReason", off: [][]edit{
				off("internal/identity/policy.go", "{LiftHold, []Role{Counsel}}", "{LiftHold, []Role{Counsel, Officer}}"),
				off("api/openapi.yaml", "required: [authority, source, reason]", "required: [authority, source]"),
			}},
			{pkg: "internal/store", test: "TestRule02_TheFenceIsReadAgainBeforeTheEffect", off: [][]edit{
				off("internal/store/sqlcgen/fence.sql.go", "d.status = 'sending' AND d.fence = p.fence\n", "d.status = 'sending'\n"),
				off("internal/store/sqlcgen/fence.sql.go", "AND d.authorised_at > $3::timestamptz\n", "AND d.authorised_at > $3::timestamptz - interval '1 hour'\n"),
			}},
			{pkg: "api", test: "TestRule02_AHoldPlacedWhileSendingStopsIt", off: [][]edit{
				off("api/depart.go", "if begun {", "if begun || dispatch.ID != \"\" {"),
			}},
			{pkg: "internal/store", test: "TestRule02_AHoldStandsToTheEndOfItsLastDay", off: [][]edit{
				off("internal/store/holdexpiry.go", "EndExpiredHoldsParams{PersonID: personID, Now: now, Kept", "EndExpiredHoldsParams{PersonID: personID, Now: now.Add(time.Hour), Kept"),
				off("internal/calendar/date.go", "next.Day, 0, 0, 0, 0, zone)", "next.Day, 0, 0, 0, 0, time.UTC)"),
			}},
			{pkg: "internal/store", test: "TestRule02_AHoldReachesEveryRecordOfTheHuman", off: [][]edit{
				off("internal/store/sqlcgen/fence.sql.go", "SELECT FROM bound_holds h WHERE h.binds = r.person_id", "SELECT FROM holds h WHERE h.person_id = r.person_id"),
				off("internal/store/merges.go", "bound, err := q.BindStandingHolds(ctx, merge.Survivor)", "bound, err := []sqlcgen.BindStandingHoldsRow(nil), error(nil)"),
			}},
			{pkg: "api", test: "TestRule02_OnlyItsAuthoritySetsALastDay", off: [][]edit{
				off("api/holds.go", "if operation == identity.LiftHold && hold.Expiry.On.IsZero() {", "if operation == identity.LiftHold {"),
				off("api/holdamendments.go", "if string(said.Authority) != hold.Authority {", "if said.Authority == \"\" {"),
				off("api/holdkinds.go", "if !holdRuleOf(kind).expires {", "if kind == CitizenshipClaim {"),
				off("internal/identity/policy.go", "{AmendHold, []Role{Counsel}}", "{AmendHold, []Role{Counsel, Officer}}"),
			}},
		}, ""},
		{3, "asylum data never leaves", []guard{
			{pkg: "internal/tdr", test: "TestRule03_ASecondPersonReviewsWhatLeaves", off: [][]edit{
				off("internal/tdr/decide_package.go", "if s.prepared(judge) {", "if s.prepared(judge) && len(judge.Roles) == 0 {"),
				off("internal/tdr/decide_package.go", "case content != s.Package.Approved:", "case content == \"\":"),
			}},
			{pkg: "api", test: "TestRule03_WhatIsNotOnTheListMayNotLeave", off: [][]edit{
				off("api/facts.go", "for i, item := range act.Present {\n\t\tif !listed[item] {", "for i, item := range act.Present {\n\t\tif item == \"\" {"),
			}},
			{pkg: "internal/store", test: "TestRule03_OnlyAStandingPackageLeaves", off: [][]edit{
				off(fence, " && found.PackageStands", ""),
				off("internal/store/migrations/00052_packages.sql", "AND n.ordinal > p.ordinal) THEN 'replaced'", "AND n.ordinal > p.ordinal) THEN ''"),
				off("internal/store/migrations/00052_packages.sql", "AND d.decision = 'disclose'))", "AND d.decision <> ''))"),
			}},
			{pkg: "api", test: "TestRule03_ASecondPersonDisclosesWhatIsNotListed", off: [][]edit{
				off("api/packages.go", "if of.PreparedBy == review.By {", "if of.PreparedBy == \"\" {"),
				off("api/packages.go", "i.EnteredBy == review.By }", "i.EnteredBy == \"\" }"),
				off("api/packages.go", "found.Undisclosed > 0", "found.Undisclosed < 0"),
				off("api/packages.go", "i.EnteredBy == principalOf(ctx).Subject", "i.EnteredBy == \"\""),
				off("api/packages.go", "found.PreparedBy == principalOf(ctx).Subject", "found.PreparedBy == \"\""),
			}},
			{pkg: "api", test: "TestRule03_WhoWroteTheDataSheetDoesNotApproveIt", off: [][]edit{
				off("internal/outgoing/sqlcgen/packages.sql.go", "COALESCE(e.uploaded_by, s.set_by, '')", "COALESCE(e.uploaded_by, '')"),
			}},
			{pkg: "api", test: "TestRule03_AnOrderIsDisclosedEachTime", off: [][]edit{
				off("internal/playbook/datasheet.go", "return slices.Contains(evidenceTypes(), documentType) &&", "return documentType != \"\" ||"),
			}},
			{pkg: "api", test: "TestRule03_ALabelCountsOnceASecondPersonConfirmedIt", off: [][]edit{
				off("internal/outgoing/sqlcgen/packages.sql.go", "OR $3 = 'document' AND NOT EXISTS", "OR $3 = '' AND NOT EXISTS"),
				off("internal/outgoing/sqlcgen/packages.sql.go", "AND d.decision = 'disclose'\n        AND d.decided_by", "AND d.decision <> ''\n        AND d.decided_by"),
				off("internal/outgoing/sqlcgen/packages.sql.go", "<> (SELECT p.prepared_by", "<> (SELECT p.post"),
			}},
			{pkg: "api", test: "TestRule03_ADataSheetHoldsWhatIsListed", off: [][]edit{
				off("api/datasheet.go", "case !known[place].Form.Takes(value):", "case value == \"\" && !known[place].Form.Takes(value):"),
			}},
			{pkg: "internal/outgoing", test: "TestRule03_ADataSheetThatCouldHoldFreeTextIsReviewed", off: [][]edit{
				off("internal/outgoing/compose.go", "item.NeedsReview = item.NeedsReview || !entry.Form.Takes(entry.Value)", "item.NeedsReview = item.NeedsReview && entry.Form.Takes(entry.Value)"),
			}},
			{pkg: "api", test: "TestRule03_ADeniedClaimShowsInNoPackage", off: [][]edit{
				// What stood against the person gets into the cover letter, and into the manifest.
				off("api/packages.go", "order.Post, _ = snapshot.PostOn(view.Post, c.clock.Now())", `order.Post, _ = snapshot.PostOn(view.Post, c.clock.Now())
	stood, _ := c.holds.List(ctx, HoldFilter{Sight: Sight{Everything: true}, PersonID: view.PersonID, Page: Page{Limit: 9}})
	for _, hold := range stood {
		order.Post.Address += hold.Kind
	}`),
				off("api/packages.go", "order.Office, _ = snapshot.OfficeOn(view.FieldOffice, c.clock.Now())", `order.Office, _ = snapshot.OfficeOn(view.FieldOffice, c.clock.Now())
	stood, _ := c.holds.List(ctx, HoldFilter{Sight: Sight{Everything: true}, PersonID: view.PersonID, Page: Page{Limit: 9}})
	for _, hold := range stood {
		order.Country += hold.Kind
	}`),
			}},
			{pkg: "api", test: "TestRule03_WhatIsWithheldStaysWholeAndUnseen", off: [][]edit{
				off("api/packages.go", "found.Undisclosed > 0", "found.Undisclosed < 0"),
			}},
		}, ""},
		{4, "asylum facts stay out of workflows, mail and statistics", []guard{
			{pkg: "internal/store", test: "TestRule04_AWorkflowLearnsNothingOfAHoldsKind", off: [][]edit{
				off("internal/store/sqlcgen/holds.sql.go", "'stops', h.lifted_at IS NULL, 'at'", "'stops', h.lifted_at IS NULL, 'kind', (SELECT k.kind FROM holds k WHERE k.hold_id = h.hold_id), 'at'"),
			}},
			{pkg: "internal/store", test: "TestRule04_TheStateDepartmentLearnsOfNoAsylumFact", off: [][]edit{
				off("internal/identity/policy.go", "{ReadHolds, []Role{Counsel, Auditor}}", "{ReadHolds, []Role{Counsel, Auditor, State}}"),
			}},
			{pkg: "api", test: "TestRule04_MailFiguresAndLogsTellNoAsylumFact", off: [][]edit{
				off("internal/directory/addressees.go", "r.counsel()\n\treturn r.found", "r.counsel()\n\tr.officer()\n\treturn r.found"),
				off("internal/report/sqlcgen/bottlenecks.sql.go", "sum(days) AS waiting,", "sum(days) + (SELECT count(*) FROM holds WHERE kind <> 'stay') AS waiting,"),
				off("api/holds.go", "c.poke(ctx, placed.Poke)", "c.log.InfoContext(ctx, \"placed\", \"kind\", hold.Kind)\n\tc.poke(ctx, placed.Poke)"),
			}},
			{pkg: "workflows", test: "TestRule04_NoSearchAttributeTellsOfAHold", off: [][]edit{
				off("workflows/client.go", "temporal.NewSearchAttributes(stage)", "temporal.NewSearchAttributes(stage, temporal.NewSearchAttributeKeyBool(\"Held\").ValueSet(input.State.Held()))"),
				off("workflows/request.go", "stage.ValueSet(string(r.state.Stage)))", "stage.ValueSet(string(r.state.Stage)), temporal.NewSearchAttributeKeyBool(\"Held\").ValueSet(r.state.Held()))"),
			}},
		}, ""},
		{5, "a citizenship claim stops everything and is not the case officer's to close", []guard{
			{pkg: "api", test: "TestRule05_TheCaseOfficerClosesNoCitizenshipClaim", off: [][]edit{
				off("api/lifting.go", "if hold.Kind != CitizenshipClaim {", "if hold.Kind != \"\" {"),
			}},
			{pkg: "api", test: "TestRule05_ACitizenshipClaimStopsEverything", off: [][]edit{
				off("api/holdkinds.go", "{CitizenshipClaim, []string{personScope}", "{CitizenshipClaim, []string{personScope, countryScope, requestScope}"),
			}},
			{pkg: "internal/store", test: "TestRule05_CounselIsToldAtOnceOfACitizenshipClaim", off: [][]edit{
				off("internal/store/holdnotices.go", "if hold.Kind != api.CitizenshipClaim {", "if hold.Kind != \"\" {"),
			}},
			{pkg: "api", test: "TestRule05_AClaimIsInTheCitizenshipField", off: [][]edit{
				off("internal/store/citizenship.go", "if err != nil || citizen {", "if err != nil || !citizen && hold.ID != \"\" {"),
				off("internal/store/citizenship.go", "if citizen {", "if citizen && hold.ID == \"\" {"),
				off("internal/store/citizenship.go", "err != nil || stands || api.Citizenship(known) == api.NotUpheld {", "err != nil || stands || known != \"\" {"),
				off("internal/store/citizenship.go", "err != nil || stands || ", "err != nil || stands && known == \"\" || "),
			}},
			{pkg: "internal/store", test: "TestRule05_ASecondClaimLeavesACitizenFound", off: [][]edit{
				off("internal/store/citizenship.go", "if err != nil || citizen {", "if err != nil || citizen && hold.ID == \"\" {"),
			}},
			{pkg: "api", test: "TestRule05_TheCaseOfficerFindsNoCitizenship", off: [][]edit{
				off("api/citizenship.go", "s.secondPerson(ctx, claim); err != nil {", "s.secondPerson(ctx, claim); err != nil && claim.ID == \"\" {"),
				off("internal/identity/policy.go", "{FindCitizenship, []Role{Counsel}}", "{FindCitizenship, []Role{Counsel, Officer}}"),
			}},
			{pkg: "internal/store", test: "TestRule05_AClaimReachesSomebodyByName", off: [][]edit{
				off("internal/directory/addressees.go", "\tif r.found.Nobody() {\n\t\tr.agencyCounsel()\n\t}\n", ""),
				off("internal/directory/addressees.go", "\tif r.found.Nobody() {\n\t\tr.supervisor()\n\t}\n", ""),
				off("internal/store/holdnotices.go", "poke, err := s.repeatClaims(ctx, now)", "poke, err := []string(nil), error(nil)"),
			}},
			{pkg: "internal/store", test: "TestRule05_EverybodyWhoWorkedOnThePersonIsKnown", off: [][]edit{
				off("internal/store/sqlcgen/citizenship.sql.go", "'review_requested', 'approved',", "'review_requested',"),
				off("internal/store/sqlcgen/citizenship.sql.go", "SELECT d.authorised_by FROM", "SELECT d.content FROM"),
				off("internal/store/sqlcgen/citizenship.sql.go", "SELECT d.uploaded_by FROM", "SELECT d.type FROM"),
			}},
			{pkg: "api", test: "TestRule05_WhoWorkedOnThePersonEndsNoClaim", off: [][]edit{
				off("internal/store/sqlcgen/citizenship.sql.go", "WHERE e.type = 'reassigned'", "WHERE e.type = 'none'"),
				off("internal/store/sqlcgen/citizenship.sql.go", "SELECT p.prepared_by FROM outgoing_packages p", "SELECT p.content FROM outgoing_packages p"),
				off("api/lifting.go", "append(worked, hold.PlacedBy)", "worked"),
				off("api/holdamendments.go", "s.secondPerson(ctx, hold); err != nil {", "s.secondPerson(ctx, hold); err != nil && hold.ID == \"\" {"),
			}},
			{pkg: "api", test: "TestRule05_TheFieldIsNeedToKnow", off: [][]edit{
				off("api/citizenship.go", "if !needs {", "if !needs && personID == \"\" {"),
			}},
		}, ""},
		{6, "the recipient is of the country on the order", []guard{
			{pkg: "internal/store", test: "TestRule06_TheRecipientIsOfTheCountryOnTheOrder", off: [][]edit{
				off(fence, "gate.Country == found.Country && found.Live", "found.Live"),
			}},
			{pkg: "internal/store", test: "TestRule06_AnotherCountryNeedsCounselsConsent", off: [][]edit{
				off(fence, "gate.Bar == \"\" && ", ""),
				off("internal/store/consents.go", "found.OrderCountry != found.Country && !found.Consented", "found.OrderCountry == \"\""),
				off("internal/store/sqlcgen/consents.sql.go", "c.country = r.country AND c.order_country = o.country", "c.order_country = o.country"),
				off("internal/store/sqlcgen/consents.sql.go", "c.country = r.country AND c.order_country = o.country", "c.country = r.country"),
				off("internal/store/sqlcgen/consents.sql.go", "WHERE c.request_id = r.request_id AND", "WHERE"),
			}},
			{pkg: "internal/store", test: "TestRule06_OneOrderNamesOneCountry", off: [][]edit{
				off("internal/store/sqlcgen/consents.sql.go", "f.order_id = o.order_id OR f.dated = o.dated OR", "f.order_id = o.order_id OR"),
				off("internal/store/sqlcgen/consents.sql.go", "OR f.source_sha256 = o.source_sha256)", ")"),
			}},
			{pkg: "internal/store", test: "TestRule06_TaiwanNeverGoesToThePeoplesRepublic", off: [][]edit{
				off("internal/playbook/recipient.go", "[]string{\"CHN\", \"HKG\", \"MAC\"}", "[]string{\"CHN\"}"),
				off("internal/store/consents.go", "slices.ContainsFunc(found.Nationalities, never)", "len(found.Nationalities) == 1 && never(found.OrderCountry)"),
				off("internal/store/sqlcgen/consents.sql.go", "UNION SELECT a.country FROM orders a WHERE a.person_id = ANY (same_human(r.person_id))", ""),
				off("internal/store/nationalities.go", "err == nil && added > 0", "err == nil && added > 1"),
			}},
			{pkg: "internal/store", test: "TestRule06_WhatLiesWithThePeoplesRepublicIsAskedBack", off: [][]edit{
				off("internal/store/neveraddressed.go", "if !slices.ContainsFunc(nationalities, never) {", "if true || !slices.ContainsFunc(nationalities, never) {"),
				off("internal/store/merges.go", "m.stopNeverAddressed(ctx, tx, q, merge.Survivor, known, why, now)", "m.stopNeverAddressed(ctx, tx, q, merge.Survivor, known[:0], why, now)"),
				off("internal/store/intake.go", "[]string{open.Order.Country}, why, now)", "nil, why, now)"),
			}},
			{pkg: "internal/store", test: "TestRule06_NoRecordOfAHumanOfTaiwanIsNotifiedToThePeoplesRepublic", off: [][]edit{
				off("internal/store/consular.go", "each(claims, nationalityOf), known, each(told", "each(claims, nationalityOf), known[:0], each(told"),
				off("internal/store/merges.go", "m.eachConsularly(ctx, tx, q, []string{merge.Survivor, merge.Merged}, now)\n}\n\n// assign", "error(nil)\n}\n\n// assign"),
			}},
			{pkg: "api", test: "TestRule06_CounselConsentsToAnotherCountry", off: [][]edit{
				off("internal/identity/policy.go", "{ConsentToCountry, []Role{Counsel}}", "{ConsentToCountry, []Role{Counsel, Officer, Supervisor}}"),
				off("internal/tdr/decide_package.go", "case gate != nil && gate.Bar != \"\":", "case gate != nil && gate.Bar == Missing:"),
			}},
			{pkg: "api", test: "TestRule06_ThePeoplesRepublicIsToldOfNobodyOfTaiwan", off: [][]edit{
				off("api/notifications.go", "if neverTold(known, body.Country) {", "if neverTold(nil, body.Country) {"),
				off("api/notifications.go", "if neverTold(known, claim.Country) ||", "if"),
			}},
			{pkg: "api", test: "TestRule06_NobodyConsentsToTheCountryThatIsNeverAsked", off: [][]edit{
				off("api/consents.go", "case recipient.Bar == tdr.NeverAddressed:", "case recipient.Bar == tdr.Missing:"),
				off("api/consents.go", "nationalities := []string{made.open.Order.Country}", "nationalities := []string{made.open.Country}"),
				off("api/consents.go", "nationalities = append(nationalities, known...)", "nationalities = append(nationalities, known[:0]...)"),
			}},
		}, ""},
		{7, "relief after issue recalls the document and ends travel", []guard{
			{pkg: "internal/tdr", test: "TestRule07_ReliefRecallsAndEndsTravel", off: [][]edit{
				off(end, "Recall: s.Package.Out}", "Recall: false}"),
				off("internal/tdr/project.go", "slices.Contains(withdrawals(), s.Outcome)", "slices.Contains(withdrawals()[:1], s.Outcome)"),
			}},
			{pkg: "internal/tdr", test: "TestRule07_NobodyTravelsUnderAHold", off: [][]edit{
				off(end, "return facts.HoldStands && ", "return false && "),
				off(end, "hold.To.IsZero() || !on.After(", "!hold.To.IsZero() && !on.After("),
			}},
		}, ""},
		{8, "consular notification and a request imply nothing of each other", []guard{
			{pkg: "api", test: "TestRule08_ANotificationMovesNoRequest", off: [][]edit{
				off("internal/store/sqlcgen/persons.sql.go", "\nINSERT INTO consular_notifications (", "\nWITH contact AS (UPDATE requests SET last_contact_at = $10 WHERE person_id = $2)\nINSERT INTO consular_notifications ("),
			}},
			{pkg: "api", test: "TestRule08_ARequestNotifiesNobody", off: [][]edit{
				off("api/notifications.go", "ConsularDuty{claim, slices.ContainsFunc(told, func(n ConsularNotification) bool {", "ConsularDuty{claim, len(told) == 0 || slices.ContainsFunc(told, func(n ConsularNotification) bool {"),
			}},
			{pkg: "api", test: "TestRule08_ANotificationHasNoPlaceForAnAsylumFact", noRoute: true},
			{pkg: "internal/store", test: "TestRule08_ADetentionIsNotified", off: [][]edit{
				off("internal/store/legal.go", "addConsular(&deadlines, f.consular)", "addConsular(&deadlines, nil)"),
			}},
		}, ""},
		{9, "a document serves only after its authenticity check", []guard{
			{pkg: "internal/tdr", test: "TestRule09_NoTravelOnADocumentNobodyAuthenticated", off: [][]edit{
				off(end, "{facts.IssuerVerified, \"issuer\"", "{true, \"issuer\""),
				off(end, "{act.Photo, \"photo\"", "{true, \"photo\""),
				off(end, "{act.Names, \"names\"", "{true, \"names\""),
				off(end, "{act.Serial, \"serial\"", "{true, \"serial\""),
				off(end, "AddDays(s.Terms.TravelMarginDays)", "AddDays(0)"),
				off(moves, "{RecordTravelName, []Stage{TravelReady}", "{RecordTravelName, []Stage{Issued, TravelReady}"),
			}},
		}, ""},
		{10, "silence is no consent, no refusal and no failure to comply: a person signs", []guard{
			{pkg: "internal/tdr", test: "TestRule10_SilenceDecidesNothing", off: [][]edit{
				off("internal/tdr/elapse.go", "return &StageOverdue{Stage: s.Stage, Since: s.StageSince, Due: d.At}", "return &DocumentIssued{Issuer: \"silence\"}"),
				off("internal/tdr/elapse.go", "return &StageOverdue{Stage: s.Stage, Since: s.StageSince, Due: d.At}", "return &RefusalRecorded{}"),
			}},
			{pkg: "internal/tdr", test: "TestRule10_APersonSigns", off: [][]edit{
				off(moves, "{RecordNonComplianceName, open, open, officer}", "{RecordNonComplianceName, open, open, []Role{OfficerRole, SystemRole}}"),
			}},
			{pkg: "api", test: "TestRule10_ANoticeSaysWhoSignedIt", off: [][]edit{
				off("api/signatures.go", "case n.signed.By == \"\" || n.signed.On.IsZero():", "case n.signed.On.Year < 0:"),
			}},
			{pkg: "internal/store", test: "TestRule10_NoNoticeOfFailureToComplyWithoutTwoAttempts", off: [][]edit{
				off("internal/store/legal.go", "const attemptsBeforeNotice = 2", "const attemptsBeforeNotice = 0"),
				off("internal/store/legal.go", "!= custody.NoncomplianceNotice {", "!= custody.NoncomplianceNotice || event.Corrects != \"\" {"),
			}},
		}, ""},
		{11, "legal deadlines follow from dated events and nothing silences them", []guard{
			{pkg: "internal/tdr", test: "TestRule11_NothingSilencesALegalDay", off: [][]edit{
				off("internal/tdr/triggers.go", "d = s.onDate(d, r0, day)", "d = s.unlessPaused(s.onDate(d, r0, day))"),
			}},
			{pkg: "internal/custody", test: "TestRule11_LegalDatesFollowFromDatedEvents", off: [][]edit{
				off("internal/custody/milestones.go", "place(rule, anchor, lead, turn)\n", "place(rule, Basis{Event: anchor.Event, Date: view.AsOf}, lead, turn)\n"),
				off("internal/custody/milestones.go", "AnchorEvent: anchor.Event, ", ""),
			}},
		}, ""},
		{12, "what happened is only added to; fact and forecast are two types", []guard{
			{pkg: "internal/tdr", test: "TestRule12_FactAndForecastAreApart", off: [][]edit{
				off("internal/tdr/decide_anytime.go", "case (act.Fact == nil) == (act.Forecast == nil):", "case act.Fact == nil && act.Forecast == nil:"),
			}},
			{pkg: "internal/store", test: "TestRule12_WhatHappenedIsOnlyAddedTo", off: [][]edit{
				off("internal/store/migrations/00003_rights.sql", "GRANT SELECT, INSERT ON events,", "GRANT UPDATE, DELETE ON events TO traveldoc_app;\nGRANT SELECT, INSERT ON events,"),
				off("internal/store/migrations/00003_rights.sql", "GRANT SELECT, INSERT ON events,", "GRANT UPDATE, DELETE ON legal_events TO traveldoc_app;\nGRANT SELECT, INSERT ON events,"),
				off("internal/store/migrations/00003_rights.sql", "GRANT SELECT, INSERT ON events,", "GRANT UPDATE, DELETE ON mail_events TO traveldoc_app;\nGRANT SELECT, INSERT ON events,"),
			}},
			{pkg: "api", test: "TestRule12_TheExportKeepsForecastsAndCorrectionsApart", off: [][]edit{
				off("api/history.go", "history.Forecasts = append(history.Forecasts, entry)\n\t\t\tcontinue", "history.Forecasts = append(history.Forecasts, entry)"),
				off("api/history.go", "Corrections: corrections[event.Seq]}", "Corrections: nil}"),
			}},
		}, ""},
		{13, "no likelihood from averages decides a person's case", []guard{
			{pkg: "api", test: "TestRule13_NoRouteTellsALikelihood", noRoute: true},
			{pkg: "internal/web", test: "TestRule13_NoPageTellsALikelihood", noRoute: true},
			{pkg: "cmd/traveldoc", test: "TestRule13_NoCommandTellsALikelihood", noRoute: true},
		}, ""},
		{14, "what reaches a consulate reaches it once", []guard{
			{pkg: "internal/store", test: "TestRule14_OneLiveRequestPerPersonAndCountry", off: [][]edit{{
				// The look under the person's lock, and the index behind it.
				{"internal/store/intake.go", "return nil, &api.LiveRequestExists{RequestID: other}", "_ = other\n\t\treturn nil, nil"},
				{"internal/store/migrations/00001_foundation.sql", "CREATE UNIQUE INDEX one_live_request", "CREATE INDEX one_live_request"},
			}}},
			{pkg: "internal/store", test: "TestRule14_OneCommandSendsOnce", off: [][]edit{
				off(fence, `earlier.Status != "sending" || `, ""),
			}},
		}, ""},
		{15, "a mail names no person and no nationality", []guard{
			{pkg: "internal/mail", test: "TestRule15_MailHoldsACodeOrACountryAndNoPerson", off: [][]edit{
				off("internal/mail/data.go", "type Frame struct {\n", "type Frame struct {\n\tAbout Code\n"),
				off("internal/mail/data.go", "type Notice struct {\n", "type Notice struct {\n\tNationality string\n"),
				off("internal/mail/data.go", "!unicode.IsLetter(r) && !strings", "!unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings"),
			}},
			{pkg: "internal/identity", test: "TestRule15_EachRoleMayDoWhatItNeedsAlone", off: [][]edit{
				off("internal/identity/policy.go", "{ReadPerson, []Role{Officer, Supervisor, Counsel, Auditor}}", "{ReadPerson, []Role{Officer, Supervisor, Counsel, Auditor, Admin}}"),
				off("internal/identity/policy.go", "{Approve, supervisor}", "{Approve, caseworkers}"),
				off("internal/identity/policy.go", "return slices.ContainsFunc(caller.Roles, func(role Role) bool { return slices.Contains(p.roles[operation], role) })", "return len(caller.Roles) > 0 && len(p.roles[operation]) > 0"),
			}},
			{pkg: "api", test: "TestRule15_BreakGlassIsOnRecord", off: [][]edit{
				off("internal/store/sqlcgen/breakglass.sql.go", "AND ends_at > ", "AND opened_at <= "),
				off("api/breakglass.go", "Outcome: \"done\",", "Outcome: \"seen\","),
			}},
		}, ""},
		{16, "minors, medical, trafficking and family flags route specially", []guard{
			{pkg: "internal/store", test: "TestRule16_AFlagChangesWhoIsAsked", off: [][]edit{
				off("internal/directory/addressees.go", "if c.Special && level > 0 {", "if c.Special && level > TopLevel {"),
				off("internal/store/notices.go", "Post: recording.Row.Post, Special: special,", "Post: recording.Row.Post, Special: special && false,"),
				off("internal/store/custody.go", "Special: special,", "Special: special && false,"),
			}},
			{pkg: "api", test: "TestRule16_WhichFlagItIsIsNeedToKnow", off: [][]edit{
				off("api/flags.go", "if !known {", "if !known && f.Kind == \"trafficking_victim\" {"),
				off("internal/identity/policy.go", "{ReadFlags, []Role{Counsel}},", "{ReadFlags, []Role{Counsel, Officer}},"),
			}},
		}, ""},
		{17, "foreign users see only what was sent to them", []guard{
			{pkg: "internal/identity", test: "TestRule17_NoForeignRole", noRoute: true},
			{pkg: "api", test: "TestRule17_AccessEndsWithTheRequestOrItsRecall", off: [][]edit{
				off("api/bundle.go", "if !found.Open {", "if found.ID == \"\" {"),
				off("internal/gateway/ledger.go", "return end != nil && !at.Before(*end)", "return end != nil && at.IsZero()"),
			}},
		}, ""},
		{18, "criminal records stay unless a country needs them, and then the minimum", []guard{
			{pkg: "internal/playbook", test: "TestRule18_CriminalRecordsStayByDefault", off: [][]edit{
				off("internal/playbook/validate_parts.go", "!p.CriminalRecords.Allowed || sourced,", "!p.CriminalRecords.Allowed || sourced || p.Key != \"\","),
				{
					// A pack that says so and the check that refuses it.
					{"internal/playbook/validate_parts.go", "!p.CriminalRecords.Allowed || sourced,", "!p.CriminalRecords.Allowed || sourced || p.Key != \"\","},
					{"internal/playbook/packs/default-v1.yaml", "criminal_records:\n  allowed: false", "criminal_records:\n  allowed: true\n  minimum: conviction_list"},
				},
				off("internal/playbook/validate_parts.go", "p.CriminalRecords.Allowed == (p.CriminalRecords.Minimum != \"\")", "p.Key != \"\""),
				off("internal/playbook/datasheet.go", "documentType == p.CriminalRecords.Minimum", "documentType != p.Key"),
			}},
			{pkg: "api", test: "TestRule18_ACriminalRecordStays", off: [][]edit{
				off("internal/outgoing/packages.go", "&& !order.Pack.MayDisclose(known.Type):", "&& order.Pack.MayDisclose(known.Type):"),
				off("internal/playbook/datasheet.go", "return []string{ConvictionList, ConvictionRecord}", "return []string{ConvictionList}"),
			}},
		}, ""},
	}
}

// TestEveryRuleIsAccountedFor: each of the eighteen stands here once, with a
// test that names it or the word that it is not built; and no test names a rule
// behind this list's back.
func TestEveryRuleIsAccountedFor(t *testing.T) {
	written := ruleTests(t)
	listed := map[string]bool{}
	for i, rule := range rules() {
		if rule.number != i+1 {
			t.Errorf("rule %d stands in place %d", rule.number, i+1)
		}
		if len(rule.guards) == 0 && rule.open == "" || rule.open != "" && !strings.HasPrefix(rule.open, "not built yet: ") {
			t.Errorf("rule %d has neither a test nor the word that it is not built yet", rule.number)
		}
		if rule.open != "" {
			t.Logf("rule %d, %s: %s", rule.number, rule.says, rule.open)
		}
		for _, guard := range rule.guards {
			name := guard.pkg + "." + guard.test
			listed[name] = true
			says, exists := written[name]
			if !exists || !strings.HasPrefix(guard.test, fmt.Sprintf("TestRule%02d_", rule.number)) {
				t.Errorf("rule %d is named by no test %s", rule.number, name)
			}
			if guard.noRoute != (len(guard.off) == 0) || guard.noRoute != strings.Contains(says, "kept by there being no route") {
				t.Errorf("%s: a rule is switched off, or kept by there being no route, and its test says so", name)
			}
		}
	}
	if len(rules()) != 18 {
		t.Errorf("%d rules", len(rules()))
	}
	for name := range written {
		if !listed[name] {
			t.Errorf("%s names a rule and is not listed", name)
		}
	}
}

// ruleTests finds the tests that name a rule, as package.name, with what they say.
func ruleTests(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declared := range file.Decls {
			if test, ok := declared.(*ast.FuncDecl); ok && regexp.MustCompile(`^TestRule\d`).MatchString(test.Name.Name) {
				says := strings.Join(strings.Fields(test.Doc.Text()), " ")
				found[filepath.ToSlash(filepath.Dir(path))+"."+test.Name.Name] = says
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
