package tdr

import "slices"

// The types of order under which a foreign government may be asked for a
// document at all: administratively final (8 CFR 241.1), or a departure that the
// person was permitted (8 CFR 1240.26).
const (
	FinalRemoval       = "final_removal"
	FinalDeportation   = "final_deportation" // proceedings begun before 1 April 1997
	FinalExclusion     = "final_exclusion"   // likewise
	VoluntaryDeparture = "voluntary_departure"
)

// PermitsContact tells whether a type of order is one of those; any other, such
// as an order under appeal, is not.
func PermitsContact(orderType string) bool {
	return slices.Contains([]string{FinalRemoval, FinalDeportation, FinalExclusion, VoluntaryDeparture}, orderType)
}
