package web

// done leads on after something was done, and has the next page say so.
func (v *visit) done(address, what string, pending bool) error {
	if pending {
		what = "stored"
	}
	return v.seeOther(address + "?done=" + what)
}

// Done is what the page before has done, in words; empty when nothing.
func (v *visit) doneText() string {
	return map[string]string{
		"acknowledged": "You acknowledged this and set the next date.",
		"placed":       "The hold stands. Nothing starts to leave any more.",
		"claimed":      "All work has stopped and counsel has been told. Only counsel can clear it.",
		"approved":     "Released. It may be sent now; holds are checked again at sending.",
		"returned":     "Returned to the officer with your reasons.",
		"disclosed":    "Your decisions on the parts that waited for a second person are on record.",
		"amended":      "The days of the hold were changed.",
		"found":        "Your finding is on record. The claim goes on stopping everything about the person until it is lifted.",
		"merged":       "The two records are of one human from now on. Every hold on one of them stops the other too.",
		"split":        "The two records are parted. Holds go on as they were.",
		"consented":    "Your consent is on record.",
		"recorded":     "It is on record.",
		"stored":       "Saved. This list will catch up shortly.",
	}[v.r.URL.Query().Get("done")]
}
