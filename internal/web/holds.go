package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// holdRow is a hold as who needs to know sees it.
type holdRow struct {
	ID, Type, Since, Review, Ends, Authority, Scope string

	Requests          []linked // that it stops, of those that the reader may see; only where holds are listed
	Lift, Amend, Find string   // empty for who may not
}

func (v *visit) holdRow(h contract.Hold, zone *time.Location) holdRow {
	row := holdRow{
		ID: h.Id, Type: wordFor(holdKinds(), h.Kind), Since: dayOf(h.PlacedAt, v.now(), zone), Review: notRecorded,
		Authority: wordFor(authorities(), h.Authority), Scope: scopeText(h, v.site.config.Country),
		Ends: v.endsText(h),
	}
	if !h.ReviewBy.IsZero() {
		row.Review = dateText(h.ReviewBy, calendar.DateOf(v.now().In(zone)))
	}
	if h.Standing && v.site.policy.May(v.caller(), identity.LiftHold) {
		row.Lift = "/holds/" + h.Id + "/lift"
	}
	if h.Standing && v.site.policy.May(v.caller(), identity.AmendHold) {
		row.Amend = "/holds/" + h.Id + "/amend"
	}
	if h.Standing && h.Kind == api.CitizenshipClaim && v.site.policy.May(v.caller(), identity.FindCitizenship) {
		row.Find = "/holds/" + h.Id + "/finding"
	}
	return row
}

func scopeText(h contract.Hold, country func(string) string) string {
	return wordFor(holdScopes(country(h.Country)), h.Scope)
}

func (s *Site) showHolds(v *visit) error {
	list, err := read[contract.HoldList](v, "/v1/holds?standing=true&limit=200")
	if err != nil {
		return err
	}
	var rows []holdRow
	for _, hold := range list.Holds {
		if hold.Kind == "" {
			continue
		}
		row := v.holdRow(hold, v.zone())
		if row.Requests, err = v.stoppedBy(hold); err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return v.found("holds", view{Title: "Holds", Body: struct {
		Rows  []holdRow
		Knows bool
		Done  string
	}{rows, s.policy.May(v.caller(), readHolds), v.doneText()}})
}

// stoppedBy are the requests in scope of a hold, as far as the API lists them to the caller.
func (v *visit) stoppedBy(h contract.Hold) ([]linked, error) {
	list, err := read[contract.RequestList](v, "/v1/requests?limit=20&person="+h.PersonId)
	if err != nil {
		return nil, err
	}
	var found []linked
	for _, r := range list.Requests {
		if (h.RequestId == "" || h.RequestId == r.Id) && (h.Country == "" || h.Country == r.Country) {
			found = append(found, linked{"/requests/" + r.Code, r.Code})
		}
	}
	return found, nil
}

// holdPage is the form that places a hold, and its confirmation.
type holdPage struct {
	Code, Back, Country string
	Kinds, Authorities  []choice
	Scopes              []scopeChoice
	Entries             map[string]string
	Confirm             bool
	Summary             []term
	Claim               bool
}

// scopeChoice is what a hold may stop, and which kinds may.
type scopeChoice struct {
	choice
	Hint string
}

func scopeChoices(country string) []scopeChoice {
	var choices []scopeChoice
	for _, scope := range holdScopes(country) {
		var of []string
		for _, kind := range holdKinds() {
			if slices.Contains(api.HoldScopes(kind.Code), scope.Code) {
				of = append(of, kind.Word)
			}
		}
		choices = append(choices, scopeChoice{scope, "For " + strings.Join(of, "; ")})
	}
	return choices
}

func holdEntries() []string {
	return []string{"key", "kind", "authority", "year", "month", "day", "source", "scope", "review-year", "review-month", "review-day"}
}

func (s *Site) showNewHold(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	if !d.may(identity.PlaceHold) {
		return &refusal{status: http.StatusForbidden}
	}
	return v.holdForm(http.StatusOK, d, map[string]string{"key": newKey(), "scope": "person"}, nil)
}

func (v *visit) holdForm(status int, d *dossier, entries map[string]string, faults []fault) error {
	return v.show(status, "newhold", view{Title: "Place a hold", Code: d.Request.Code, Faults: faults, Body: holdPage{
		Code: d.Request.Code, Back: d.path(), Country: v.site.config.Country(d.Request.Country),
		Kinds: holdKinds(), Authorities: authorities(), Scopes: scopeChoices(v.site.config.Country(d.Request.Country)), Entries: entries,
	}})
}

// placeHold shows what was entered once more, and then places the hold.
func (s *Site) placeHold(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	entries := map[string]string{}
	for _, name := range holdEntries() {
		entries[name] = v.entry(name)
	}
	if hash, err := v.documentHash("document"); err == nil {
		entries["source"] = hash
	} else if !errors.Is(err, errNoDocument) {
		return err
	}
	hold, faults := newHold(d, entries)
	if len(faults) > 0 {
		return v.holdForm(http.StatusUnprocessableEntity, d, entries, faults)
	}
	if v.entry("confirmed") != "yes" {
		return v.confirmHold(d, entries, hold)
	}
	pending, err := v.act("/v1/holds", entries["key"], "", hold)
	fields := map[string]string{"dated": "month", "review_by": "review-month", "source": "document", "kind": "kind", "authority": "authority", "country": "scope", "person_id": "scope", "request_id": "scope", "scope": "scope"}
	if faults := faultsOf(err, fields, "kind"); len(faults) > 0 {
		entries["key"] = newKey() // the refused command keeps its own
		return v.holdForm(http.StatusUnprocessableEntity, d, entries, faults)
	}
	if err != nil {
		return err
	}
	return v.done(d.path(), "placed", pending)
}

// newHold reads a form. What may be placed where is the API's to say.
func newHold(d *dossier, entries map[string]string) (contract.NewHold, []fault) {
	var faults []fault
	require := func(ok bool, field, text string) {
		if !ok {
			faults = append(faults, fault{field, text})
		}
	}
	dated, isDate := threeFields(entries["year"], entries["month"], entries["day"])
	require(isOneOf(holdKinds(), entries["kind"]), "kind", "Choose the type of hold.")
	require(isOneOf(authorities(), entries["authority"]), "authority", "Choose who may lift it.")
	require(isDate, "month", "Enter the date of the document, such as 3 10 2026.")
	// Where the document was made it can be a day later.
	require(!isDate || !dated.After(d.today().AddDays(1)), "month", entryFault("dated", ""))
	require(entries["source"] != "", "document", "Choose the source document.")
	hold := contract.NewHold{
		Kind: contract.HoldKind(entries["kind"]), Authority: contract.NewHoldAuthority(entries["authority"]), Dated: dated,
		Source: tdr.Evidence(entries["source"]), Scope: contract.NewHoldScope(entries["scope"]),
	}
	switch entries["scope"] {
	case "country":
		hold.PersonId, hold.Country = d.Request.PersonId, d.Request.Country
	case "person":
		hold.PersonId = d.Request.PersonId
	case "request":
		hold.RequestId = d.Request.Id
	default:
		require(false, "scope", "Choose what it stops.")
	}
	if of := api.HoldScopes(entries["kind"]); len(of) > 0 {
		require(slices.Contains(of, entries["scope"]), "scope", "Choose what a hold of this type may stop.")
	}
	if entries["review-year"]+entries["review-month"]+entries["review-day"] != "" {
		var ok bool
		hold.ReviewBy, ok = threeFields(entries["review-year"], entries["review-month"], entries["review-day"])
		require(ok, "review-month", "Enter a review date, such as 6 1 2026, or leave it empty.")
		require(!ok || hold.ReviewBy.After(d.today()), "review-month", entryFault("review_by", ""))
	}
	return hold, faults
}

func (v *visit) confirmHold(d *dossier, entries map[string]string, hold contract.NewHold) error {
	scope := wordFor(holdScopes(v.site.config.Country(d.Request.Country)), string(hold.Scope))
	summary := []term{
		{"Type", wordFor(holdKinds(), entries["kind"])}, {"Who may lift it", wordFor(authorities(), entries["authority"])},
		{"Date of the document", d.date(hold.Dated)}, {"Source document", "Fingerprint " + short(entries["source"])}, {"Stops", scope},
		{"Review by", d.date(hold.ReviewBy)},
	}
	return v.found("newhold", view{Title: "Confirm hold", Code: d.Request.Code, Body: holdPage{
		Code: d.Request.Code, Back: d.path(), Entries: entries, Confirm: true, Summary: summary,
	}})
}

// showClaim is the one confirmation before a claim to US citizenship stops everything.
func (s *Site) showClaim(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	if !d.may(identity.PlaceHold) {
		return &refusal{status: http.StatusForbidden}
	}
	return v.found("claim", view{Title: "Report a US-citizenship claim", Code: d.Request.Code, Body: holdPage{
		Code: d.Request.Code, Back: d.path(), Entries: map[string]string{"key": newKey()},
	}})
}

// reportClaim stops all work about the person. Whoever hears such a claim holds
// no document of it: the source is this report itself, by its fingerprint.
func (s *Site) reportClaim(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	report := fmt.Sprintf("claim to US citizenship\nrequest %s\nreported by %s\ncommand %s\n%s", d.Request.Id, v.caller().Subject, v.entry("key"), v.entry("note"))
	pending, err := v.act("/v1/holds", v.entry("key"), "", contract.NewHold{
		Kind: contract.HoldKindCitizenshipClaim, Scope: contract.NewHoldScopePerson, PersonId: d.Request.PersonId, Dated: d.today(),
		Source: tdr.Evidence(fingerprint([]byte(report))), Note: v.entry("note"),
	})
	if err != nil {
		return err
	}
	return v.done(d.path(), "claimed", pending)
}

// documentHash is the SHA-256 of a document that was given with a form. The
// document itself goes no further.
func (v *visit) documentHash(field string) (string, error) {
	file, header, err := v.r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || err == nil && header.Size == 0 {
		return "", errNoDocument
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errUnreadable, err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("read document: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func fingerprint(content []byte) string {
	hash := sha256.Sum256(content)
	return hex.EncodeToString(hash[:])
}
