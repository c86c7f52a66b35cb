package custody

// Standing is what a legal history leaves in force at its end.
type Standing struct {
	Order bool    // a final order that is on record; one that a stay presumes is not
	Gone  bool    // the order was vacated, and none became final since
	Stays []Event // the grants of court stays, each with its key in Event.Stay
}

// InForce reads what the events leave in force, whatever the day. A history that
// cannot be true is a *HistoryError (ErrHistory), as of Derive.
func InForce(events []Event, rules Rules) (Standing, error) {
	var found problems
	h := walk(effective(events, rules, &found), rules, &found)
	if err := found.err(); err != nil {
		return Standing{}, err
	}
	return Standing{Order: h.order != nil, Gone: h.gone, Stays: h.stays}, nil
}
