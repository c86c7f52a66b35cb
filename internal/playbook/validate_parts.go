package playbook

import (
	"fmt"
	"slices"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// levels of the ladder that open by a percentage of the timescale (L0 to L3),
// and all of them (L0 to L6).
const (
	timedLevels = 4
	allLevels   = 7
)

func (v *validator) ladder(l Ladder) {
	v.series("ladder.percents", l.Percents, Percent, timedLevels, func(a, b int) bool { return a < b }, "must ascend")
	v.count("ladder.unanswered_follow_ups", l.UnansweredFollowUps, Times)
	v.length("ladder.acknowledge_within", l.AcknowledgeWithin)
	v.want(l.AcknowledgeWithin.Calendar != Post, "ladder.acknowledge_within.calendar", "must be office")
	v.series("ladder.next_date_limits", l.NextDateLimits, calendar.CalendarDays, allLevels, nil, "")
	v.custodyDays("ladder.custody_days", l.CustodyDays)
}

// custodyDays checks the days that the law fixes: at 90 the field office asks
// headquarters for assistance (8 CFR 241.4(g)(2)); at 180 the six months are
// over in which headquarters judges the likelihood of removal
// (8 CFR 241.13(b)(2)(ii)). The others are the agency's and lie between.
func (v *validator) custodyDays(field string, c CustodyRule) {
	figures := []Figure{c.L2, c.L3, c.L4, c.L5, c.L6}
	for i, figure := range figures {
		name := fmt.Sprintf("%s.l%d", field, i+2)
		v.count(name, figure, calendar.CalendarDays)
		v.want(i == 0 || figure.N > figures[i-1].N, name, "must lie after the level below")
	}
	v.want(c.L3.N == 90, field+".l3", "must be 90 (8 CFR 241.4(g)(2))")
	v.want(c.L3.Standing == Law, field+".l3.standing", "must be law")
	v.want(c.L6.N == 180, field+".l6", "must be 180 (8 CFR 241.13(b)(2)(ii))")
	v.want(c.L6.Standing == Law, field+".l6.standing", "must be law")
}

// series checks a list of counts of fixed length (0 for any) and order.
func (v *validator) series(field string, figures []Figure, unit calendar.Unit, length int, ordered func(a, b int) bool, rule string) {
	v.want(len(figures) > 0, field, "is missing")
	v.want(length == 0 || len(figures) == length, field, "must have %d figures", length)
	for i, figure := range figures {
		name := fmt.Sprintf("%s[%d]", field, i)
		v.count(name, figure, unit)
		v.want(i == 0 || ordered == nil || ordered(figures[i-1].N, figure.N), name, "%s", rule)
	}
}

func (v *validator) validity(validity Validity) {
	descending := func(a, b int) bool { return a > b }
	v.series("validity.alert_percents", validity.AlertPercents, Percent, 0, descending, "must descend")
	for i, figure := range validity.AlertPercents {
		v.want(figure.N < 100, fmt.Sprintf("validity.alert_percents[%d].n", i), "must be under 100")
	}
	v.series("validity.alert_days", validity.AlertDays, calendar.CalendarDays, 0, descending, "must descend")
	v.count("validity.travel_margin", validity.TravelMargin, calendar.CalendarDays)
}

func (v *validator) checklist(items []Item) {
	v.want(len(items) > 0, "checklist", "is missing")
	seen := map[string]bool{}
	for i, item := range items {
		field := fmt.Sprintf("checklist[%d]", i)
		v.want(item.ID != "" && item.Title != "", field, "needs an id and a title")
		v.want(!seen[item.ID], field+".id", "is repeated")
		seen[item.ID] = true
		v.want(slices.Contains([]Proof{ProvesNationality, StartsVerification, ProvesIdentity, ProvesNothing}, item.Proves),
			field+".proves", "must be nationality, starts_verification, identity or none")
		v.provenance(field, item.Provenance)
	}
}

func (v *validator) content(p Pack) {
	v.interview(p.Interview)
	for i, form := range p.Forms {
		field := fmt.Sprintf("forms[%d]", i)
		v.want(form.ID != "" && form.Title != "", field, "needs an id and a title")
		v.provenance(field, form.Provenance)
	}
	v.provenance("criminal_records", p.CriminalRecords.Provenance)
	sourced := p.CriminalRecords.Standing != Seed && p.CriminalRecords.Evidence != CommonKnowledge && p.CriminalRecords.Evidence != Derived
	v.want(!p.CriminalRecords.Allowed || sourced, "criminal_records.allowed", "disclosure needs a source that asks for it")
	v.want(p.CriminalRecords.Allowed == (p.CriminalRecords.Minimum != ""), "criminal_records.minimum", "is named exactly where disclosure is allowed")
	v.want(p.CriminalRecords.Minimum == "" || slices.Contains(CriminalRecords(), p.CriminalRecords.Minimum),
		"criminal_records.minimum", "must be conviction_list or conviction_record")
	v.dataSheet(p.DataSheet)
	v.want(len(p.Channels) > 0, "channels", "is missing")
	for i, channel := range p.Channels {
		field := fmt.Sprintf("channels[%d]", i)
		v.want(slices.Contains([]string{"etd", "portal", "email", "courier", "hand"}, channel.Kind), field+".kind", "must be etd, portal, email, courier or hand")
		v.provenance(field, channel.Provenance)
	}
	v.issuers(p.Issuers)
	for i, fact := range p.Facts {
		field := fmt.Sprintf("facts[%d]", i)
		v.want(fact.Text != "", field+".text", "is missing")
		v.provenance(field, fact.Provenance)
	}
}

// dataSheet: a pack names fields of the list, each once, and can add none.
func (v *validator) dataSheet(names []string) {
	known, err := DataSheetFields()
	v.want(err == nil, "data_sheet", "the list of fields can't be read")
	for i, name := range names {
		field := fmt.Sprintf("data_sheet[%d]", i)
		v.want(slices.ContainsFunc(known, func(f SheetField) bool { return f.Name == name }), field, "is not on the list of data-sheet fields")
		v.want(!slices.Contains(names[:i], name), field, "is repeated")
	}
}

func (v *validator) interview(interview Interview) {
	v.provenance("interview", interview.Provenance)
	v.want(slices.Contains([]Need{NeedAlways, NeedSometimes, NeedUnknown}, interview.Need), "interview.need", "must be always, sometimes or unknown")
	v.want(len(interview.Modes) > 0, "interview.modes", "is missing")
	for i, mode := range interview.Modes {
		v.want(slices.Contains([]string{"video", "telephone", "in_person", "delegation"}, mode),
			fmt.Sprintf("interview.modes[%d]", i), "must be video, telephone, in_person or delegation")
	}
}

func (v *validator) issuers(issuers Issuers) {
	v.want(len(issuers.Verified) > 0, "issuers.verified", "is missing")
	v.want(issuers.Caution != "", "issuers.caution", "is missing")
	seen := map[string]bool{}
	for i, issuer := range issuers.Verified {
		field := fmt.Sprintf("issuers.verified[%d]", i)
		v.want(issuer.Code != "" && issuer.Name != "", field, "needs a code and a name")
		v.want(!seen[issuer.Code], field+".code", "is repeated")
		seen[issuer.Code] = true
		v.provenance(field, issuer.Provenance)
	}
}

func (v *validator) notification(n Notification) {
	v.provenance("notification", n.Provenance)
	classes := []NotificationClass{NotifyMandatory, NotifyOptional, NotifySpecial, NotifyLookUp}
	v.want(slices.Contains(classes, n.Class), "notification.class", "must be mandatory, on_request, special or look_up_list")
	v.want(n.Rule != "", "notification.rule", "is missing")
	if n.Within != nil {
		v.further("notification.within", *n.Within)
	}
}
