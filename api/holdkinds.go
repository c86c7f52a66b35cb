package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// Kinds of holds that come with legal events: of a court, and of an order that is
// in force no longer, which counsel looks at.
const (
	StayHold    = "stay"
	CounselHold = "counsel"
)

// reviewDays after its placing counsel looks at a hold again, unless a day is
// named: as often as the custody reviews of 8 CFR 241.4 begin. The hold stands
// until it ends.
const reviewDays = 90

// holdRule is what holds of one kind have in common.
type holdRule struct {
	kind string
	// scopes it may be placed with, the usual one first.
	scopes []string
	// authorities are on whose word it ends, the usual one first.
	authorities []string
	// reviewNamed: whoever places it names the day of review, because the matter has
	// a day of its own.
	reviewNamed bool
	// expires: its authority can give it a last day.
	expires bool
}

// holdRules: a stay is lifted by who granted it, orders name last days, and one
// order of removal is stayed or all of them. A class injunction covers its members
// whole, or their removal to one country. Withholding and CAT protection bar that
// country (INA 241(b)(3), 8 CFR 208.16(f)) and end by order of an immigration judge
// or the Board (8 CFR 208.17(d), 208.24(f)), never by a day. TPS bars removal to
// wherever (INA 244(a)(1)(A)) and ends with the designation (INA 244(b)(3)), whose
// days headquarters tells, and relief that is pending has its hearing or decision:
// both are reviewed then. Nobody but counsel ends a claim to citizenship, and no
// day does; it stops everything about the person. Every kind may be placed on the
// person, which stops the most: only less than that has to be the law's own measure.
func holdRules() []holdRule {
	return []holdRule{
		{StayHold, []string{personScope, requestScope}, []string{"court", "bia", "ice"}, false, true},
		{"class_injunction", []string{personScope, countryScope}, []string{"court"}, false, true},
		{"withholding", []string{countryScope, personScope}, []string{"court", "bia"}, false, false},
		{"cat", []string{countryScope, personScope}, []string{"court", "bia"}, false, false},
		{"tps", []string{personScope}, []string{"headquarters"}, true, true},
		{CitizenshipClaim, []string{personScope}, []string{"counsel"}, false, false},
		{"pending_relief", []string{personScope, countryScope}, []string{"counsel", "court", "bia"}, true, true},
		{CounselHold, []string{personScope, countryScope, requestScope}, []string{"counsel"}, false, true},
	}
}

// The scopes of holds: everything about a person, everything of theirs to one
// country, one request.
const (
	personScope  = "person"
	countryScope = "country"
	requestScope = "request"
)

// HoldScopes lists the scopes that a hold of a kind may be placed with, the usual
// one first; none for a kind that does not exist.
func HoldScopes(kind string) []string {
	for _, rule := range holdRules() {
		if rule.kind == kind {
			return rule.scopes
		}
	}
	return nil
}

// CheckHoldScope: a hold is placed with a scope of its kind (ErrHoldScope), by
// whichever way it comes.
func CheckHoldScope(hold Hold) error {
	if !slices.Contains(HoldScopes(hold.Kind), hold.Scope) {
		return ErrHoldScope
	}
	return nil
}

// holdRuleOf a kind, which the contract has checked.
func holdRuleOf(kind string) holdRule {
	rules := holdRules()
	return rules[slices.IndexFunc(rules, func(r holdRule) bool { return r.kind == kind })]
}

// checkAuthority fills in the usual authority of the kind.
func checkAuthority(hold *Hold, faults *fieldErrors) {
	of := holdRuleOf(hold.Kind).authorities
	if hold.Authority == "" {
		hold.Authority = of[0]
	}
	if !slices.Contains(of, hold.Authority) {
		faults.add("authority", "ends no hold of this kind; %s does", strings.Join(of, " or "))
	}
}

// officeDate is today at the field office of the request that a hold is on, or of the
// first request of its person, or of its country, that the caller sees. UTC's date
// stands in where they see none, and are told so by what asks next.
func (s *Server) officeDate(ctx context.Context, hold Hold) (calendar.Date, error) {
	read := s.reads.RequestsOf
	whose := hold.PersonID
	if hold.Scope == "request" {
		whose = hold.RequestID
		read = func(ctx context.Context, id string) ([]RequestView, error) {
			view, err := s.reads.Request(ctx, id)
			return []RequestView{view}, err
		}
	}
	seen, err := read(ctx, whose)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return calendar.Date{}, fmt.Errorf("read requests of hold: %w", err)
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return calendar.Date{}, fmt.Errorf("read directory: %w", err)
	}
	for _, view := range seen {
		ours := view.PersonID == hold.PersonID && (hold.Country == "" || view.Country == hold.Country)
		if (ours || hold.Scope == "request") && s.policy.Allows(principalOf(ctx), identity.ReadRequests, view.Subject()) {
			office, _ := snapshot.Office(view.FieldOffice)
			return LocalDate(office.Zone, s.clock.Now()), nil
		}
	}
	return LocalDate("UTC", s.clock.Now()), nil
}

// setReview fills in the day of review, where the kind has one by default.
func setReview(hold *Hold, today calendar.Date, faults *fieldErrors) {
	switch {
	case hold.ReviewBy.IsZero() && holdRuleOf(hold.Kind).reviewNamed:
		faults.add("review_by", "is missing: a hold of this kind is reviewed when its matter comes up, which whoever places it names")
	case hold.ReviewBy.IsZero():
		hold.ReviewBy = today.AddDays(reviewDays)
	case !hold.ReviewBy.After(today):
		faults.add("review_by", "does not lie ahead")
	}
}

// expiryFrom checks a last day that an authority set. Fields carry the prefix.
func expiryFrom(kind string, expiry HoldExpiry, now time.Time, prefix string, faults *fieldErrors) HoldExpiry {
	if !holdRuleOf(kind).expires {
		faults.add(prefix+"expires_on", "is not for a hold of this kind, which no day ends")
		return expiry
	}
	if expiry.On.IsZero() {
		faults.add(prefix+"expires_on", "is missing: the last day in this zone")
		return expiry
	}
	zone, err := time.LoadLocation(expiry.Zone)
	if err != nil || expiry.Zone == "" || expiry.Zone == "Local" {
		faults.add(prefix+"expires_zone", "is no IANA name of the zone where the authority sits, such as America/New_York")
		return expiry
	}
	expiry.At = calendar.EndOf(expiry.On, zone)
	if !expiry.At.After(now) {
		faults.add(prefix+"expires_on", "is over; a hold whose day has passed is lifted")
	}
	return expiry
}
