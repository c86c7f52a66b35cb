package custody

import "slices"

// Version2 has the figures of Version1, but that no detention goes without a
// review for more than a year: the yearly review counts from the day on which the
// first decision was due where nobody has decided, and falls again each year that
// it is missed. What is missed or owed is told every thirty days, the step of the
// law's own dates. Corrections keep the kind of the event that they replace. Its
// results are pinned.
func Version2() Rules {
	rules := Version1()
	rules.Version, rules.KindStays, rules.TellAgain = 2, true, 30
	yearly := &rules.Milestones[slices.IndexFunc(rules.Milestones, func(m MilestoneRule) bool { return m.Name == AnnualReview })]
	yearly.Anchor, yearly.First, yearly.Recurs = FromReview, []Step{{90, Days}}, true
	yearly.Source = "8 CFR 241.4(k)(2)(iii): about one year after the last decision; where none was made, after the day on which (k)(1)(i) asks for the first"
	return rules
}
