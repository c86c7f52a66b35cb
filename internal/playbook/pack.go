// Package playbook holds the country packs: what a country asks for before it
// issues a travel document, and the lengths of time by which its answer is
// awaited. A pack is data with a source, a date and an evidence tag on every
// figure. It is published once and never changed; what has to change becomes
// the next version.
//
// Packs say how long to wait and whom to tell. They cannot say that silence
// means consent: only a consulate's own answer does, so no pack has a field
// for it.
package playbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// Pack is one published version of a country's playbook.
type Pack struct {
	Country  string        `json:"country"` // ISO 3166-1 alpha-3 it is applied to
	Key      string        `json:"key"`     // as published: the country in lower case, or "default"
	Version  int           `json:"version"` // from 1, ascending within Key
	Summary  string        `json:"summary"`
	InForce  calendar.Date `json:"in_force"`  // requests opened from this day on use it
	ReviewBy calendar.Date `json:"review_by"` // after this day it is stale
	SignOff  SignOff       `json:"sign_off"`
	Basis    string        `json:"basis,omitempty"` // the version that supplied what the file leaves out, "default/1"

	Stages         map[string]Figure `json:"stages"`          // by stage name
	StagesDetained map[string]Figure `json:"stages_detained"` // instead of Stages while the person is detained
	Timescale      Figure            `json:"timescale"`
	Ladder         Ladder            `json:"ladder"`
	Validity       Validity          `json:"validity"`
	Further        map[string]Figure `json:"further,omitempty"` // reported figures that no clock uses, by name

	Checklist       []Item       `json:"checklist"`
	DataSheet       []string     `json:"data_sheet,omitempty"` // names of fields; see SheetFields
	Interview       Interview    `json:"interview"`
	Forms           []Form       `json:"forms"`
	CriminalRecords Disclosure   `json:"criminal_records"`
	Channels        []Channel    `json:"channels"`
	Issuers         Issuers      `json:"issuers"`
	Notification    Notification `json:"notification"`
	Facts           []Fact       `json:"facts,omitempty"`

	Hash string `json:"hash"` // SHA-256 of the canonical form, hex
}

// SignOff names the two people who answer for a version. They differ.
type SignOff struct {
	Author   Signatory     `json:"author"   yaml:"author"`
	Approver Signatory     `json:"approver" yaml:"approver"`
	Date     calendar.Date `json:"date"     yaml:"date"`
}

// Signatory is a person in the role in which they sign.
type Signatory struct {
	Name string `json:"name" yaml:"name"`
	Role string `json:"role" yaml:"role"`
}

// Ladder holds the figures of the per-request escalation ladder.
type Ladder struct {
	Percents            []Figure    `json:"percents"              yaml:"percents"` // of the timescale, for L0 to L3
	UnansweredFollowUps Figure      `json:"unanswered_follow_ups" yaml:"unanswered_follow_ups"`
	AcknowledgeWithin   Figure      `json:"acknowledge_within"    yaml:"acknowledge_within"`
	NextDateLimits      []Figure    `json:"next_date_limits"      yaml:"next_date_limits"` // for L0 to L6
	CustodyDays         CustodyRule `json:"custody_days"          yaml:"custody_days"`
}

// CustodyRule holds the days after the start of the removal period at which a
// level opens for a detained person.
type CustodyRule struct {
	L2 Figure `json:"l2" yaml:"l2"`
	L3 Figure `json:"l3" yaml:"l3"` // fixed at 90 by 8 CFR 241.4(g)(2)
	L4 Figure `json:"l4" yaml:"l4"`
	L5 Figure `json:"l5" yaml:"l5"`
	L6 Figure `json:"l6" yaml:"l6"` // fixed at 180 by 8 CFR 241.13(b)(2)(ii)
}

// Validity holds what is watched once a document is issued.
type Validity struct {
	AlertPercents []Figure `json:"alert_percents" yaml:"alert_percents"` // of validity left, descending
	AlertDays     []Figure `json:"alert_days"     yaml:"alert_days"`     // before the end, descending
	TravelMargin  Figure   `json:"travel_margin"  yaml:"travel_margin"`
}

// Proof says what a document does for the question of nationality.
type Proof string

// What a document proves.
const (
	ProvesNationality  Proof = "nationality"         // no further verification is needed
	StartsVerification Proof = "starts_verification" // the country looks the person up
	ProvesIdentity     Proof = "identity"            // who the person is, not of which country
	ProvesNothing      Proof = "none"                // the package needs it for another reason
)

// Item is a document that the package may hold. What is not on the list may
// not leave.
type Item struct {
	ID       string `json:"id"       yaml:"id"`
	Title    string `json:"title"    yaml:"title"`
	Required bool   `json:"required" yaml:"required"`
	Proves   Proof  `json:"proves"   yaml:"proves"`
	// Sensitive marks what could reveal an asylum claim (8 CFR 208.6): it leaves
	// only after a second person has read and, where needed, redacted it.
	Sensitive  bool `json:"sensitive" yaml:"sensitive"`
	Provenance `yaml:",inline"`
}

// Need says whether an interview takes place.
type Need string

// Whether the country interviews.
const (
	NeedAlways    Need = "always"
	NeedSometimes Need = "sometimes"
	NeedUnknown   Need = "unknown"
)

// Interview holds how a country interviews.
type Interview struct {
	Need       Need     `json:"need"  yaml:"need"`
	Modes      []string `json:"modes" yaml:"modes"` // video, telephone, in_person, delegation; preferred first
	Provenance `yaml:",inline"`
}

// Form is a form that the package needs.
type Form struct {
	ID         string `json:"id"    yaml:"id"`
	Title      string `json:"title" yaml:"title"`
	Provenance `yaml:",inline"`
}

// Disclosure says whether records of one kind may be sent to the country.
type Disclosure struct {
	Allowed    bool   `json:"allowed"           yaml:"allowed"`
	Minimum    string `json:"minimum,omitempty" yaml:"minimum"` // what suffices; see MayDisclose
	Provenance `yaml:",inline"`
}

// Channel is a way on which a package reaches the country.
type Channel struct {
	Kind       string `json:"kind" yaml:"kind"` // etd, portal, email, courier, hand
	Provenance `yaml:",inline"`
}

// Issuers lists the authorities whose documents may be used.
type Issuers struct {
	Verified []Issuer `json:"verified" yaml:"verified"`
	Caution  string   `json:"caution"  yaml:"caution"` // what an officer has to look out for
}

// Issuer is an authority whose signature was verified.
type Issuer struct {
	Code       string `json:"code" yaml:"code"`
	Name       string `json:"name" yaml:"name"`
	Provenance `yaml:",inline"`
}

// NotificationClass says whether a consular officer is told of a detention
// (8 CFR 236.1(e)). It is a duty of its own: neither a notification nor a
// request for a travel document implies the other.
type NotificationClass string

// The classes of consular notification.
const (
	NotifyMandatory NotificationClass = "mandatory"    // at once, whatever the person wishes
	NotifyOptional  NotificationClass = "on_request"   // told of the right; notified when they ask
	NotifySpecial   NotificationClass = "special"      // as Rule says
	NotifyLookUp    NotificationClass = "look_up_list" // the pack does not know: look the country up in the list
)

// Notification is the consular-notification rule of a country.
type Notification struct {
	Class      NotificationClass `json:"class" yaml:"class"`
	Rule       string            `json:"rule"  yaml:"rule"`
	Within     *Figure           `json:"within,omitempty" yaml:"within"`
	Provenance `yaml:",inline"`
}

// Fact is something reported about how the country deals with requests.
type Fact struct {
	Text       string `json:"text" yaml:"text"`
	Provenance `yaml:",inline"`
}

// ID names the published version: "gha/1", "default/1".
func (p Pack) ID() string { return fmt.Sprintf("%s/%d", p.Key, p.Version) }

// Stale tells whether the review of the pack is overdue on a day. A stale pack
// stays usable: an old figure with its date serves better than none.
func (p Pack) Stale(on calendar.Date) bool { return on.After(p.ReviewBy) }

// VerifiedIssuer tells whether documents of the issuer may be used.
func (p Pack) VerifiedIssuer(code string) bool {
	for _, issuer := range p.Issuers.Verified {
		if issuer.Code == code {
			return true
		}
	}
	return false
}

// Required lists the checklist items without which a package is incomplete.
func (p Pack) Required() []Item {
	var required []Item
	for _, item := range p.Checklist {
		if item.Required {
			required = append(required, item)
		}
	}
	return required
}

// Terms are the parts of the pack that decide dates.
func (p Pack) Terms() Terms {
	custody := p.Ladder.CustodyDays
	return Terms{
		Country: p.Country, Version: p.Version, Hash: p.Hash,
		Stages: terms(p.Stages), StagesDetained: terms(p.StagesDetained),
		Timescale: p.Timescale.Term(),
		Ladder: LadderTerms{
			Percents:            numbers(p.Ladder.Percents),
			UnansweredFollowUps: p.Ladder.UnansweredFollowUps.N,
			AcknowledgeWithin:   p.Ladder.AcknowledgeWithin.Amount(),
			NextDateLimits:      numbers(p.Ladder.NextDateLimits),
			CustodyDays: CustodyDays{
				L2: custody.L2.N, L3: custody.L3.N, L4: custody.L4.N, L5: custody.L5.N, L6: custody.L6.N,
			},
		},
		ValidityAlertPercents: numbers(p.Validity.AlertPercents),
		ValidityAlertDays:     numbers(p.Validity.AlertDays),
		TravelMarginDays:      p.Validity.TravelMargin.N,
	}
}

func terms(figures map[string]Figure) map[string]Term {
	out := make(map[string]Term, len(figures))
	for name, figure := range figures {
		out[name] = figure.Term()
	}
	return out
}

func numbers(figures []Figure) []int {
	out := make([]int, len(figures))
	for i, figure := range figures {
		out[i] = figure.N
	}
	return out
}

// hash is the SHA-256 of the pack as published, so that the default pack has
// one hash whichever country it is applied to. JSON with sorted keys is the
// canonical form; fields added later must vanish when empty, or published
// hashes would change.
func (p Pack) hash() (string, error) {
	p.Country, p.Hash = "", ""
	raw, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("hash pack %s: %w", p.ID(), err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
