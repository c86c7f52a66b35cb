package custody

// Standing is what a legal history leaves in force at its end.
type Standing struct {
	Order bool    // a final order
	Stays []Event // the grants of court stays, each with its key in Event.Stay
}

// InForce reads what the events leave in force, whatever the day. A history that
// cannot be true is a *HistoryError (ErrHistory), as of Derive.
func InForce(events []Event, rules Rules) (Standing, error) {
	var found problems
	h := walk(effective(events, rules, &found), &found)
	if err := found.err(); err != nil {
		return Standing{}, err
	}
	return Standing{Order: h.order != nil, Stays: h.stays}, nil
}
