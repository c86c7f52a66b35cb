package web

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

var (
	// tokenForm is what a token of a mail can look like.
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)
	idForm    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// linked is one thing that a mail asked for.
type linked struct{ Href, Text string }

// followLink leads from a mail to what it asked for. The token opens nothing:
// whoever follows it has signed in and sees what they may see. Nothing changes.
func (s *Site) followLink(v *visit) error {
	token := v.r.PathValue("token")
	link, err := api.MailLink{}, error(api.ErrNotFound)
	if tokenForm.MatchString(token) {
		link, err = s.config.Index.MailLink(v.ctx(), token)
	}
	if errors.Is(err, api.ErrNotFound) || err == nil && len(link.Items) == 0 {
		v.record(api.ErrNotFound)
		return v.show(http.StatusNotFound, "failure", view{Title: "Nothing here", Failed: true, Body: onward(http.StatusNotFound,
			"Nothing here", "This link leads nowhere, or no longer. Open the request by its code instead.")})
	}
	if err != nil {
		return fmt.Errorf("read mail link: %w", err)
	}
	var items []linked
	for _, item := range link.Items {
		items = append(items, linkOf(item))
	}
	if len(items) == 1 {
		return v.seeOther(items[0].Href)
	}
	return v.found("link", view{Title: "What you were asked", Body: items})
}

func linkOf(item api.MailItem) linked {
	text := item.Code
	if item.Level >= 0 {
		text = fmt.Sprintf("%s, level %d of %d", item.Code, item.Level, tdr.LegalEnd)
	}
	switch {
	case item.EscalationID != "":
		return linked{"/escalations/" + item.EscalationID, text}
	case item.Code != "":
		return linked{"/requests/" + item.Code, text}
	default:
		return linked{"/", "Your start page"}
	}
}

// escalationPage is one asking of a level, and the form that takes it on.
type escalationPage struct {
	ID, Request, Back string
	Done              string
	Level             int
	Ask, Why, By      string
	Waiting, Contact  string
	Told              []string
	Contacts          []contactRow

	Open     bool // nobody has answered
	Closed   string
	Answered string // who answered and when
	Next     string
	Bounced  bool
	Mine     bool // the caller may take it on

	Key     string
	Dates   []choice
	Limit   string
	Actions []choice
	Chosen  map[string]string // as entered
}

func (s *Site) showEscalation(v *visit) error {
	d, escalation, err := v.escalation(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.escalationForm(http.StatusOK, d, escalation, map[string]string{"key": newKey(), "action": actions()[0].Code}, nil)
}

func (v *visit) escalation(id string) (*dossier, contract.Escalation, error) {
	if !idForm.MatchString(id) {
		return nil, contract.Escalation{}, errAbsent
	}
	row, err := v.site.config.Index.Escalation(v.ctx(), id)
	if err != nil {
		return nil, contract.Escalation{}, fmt.Errorf("find escalation: %w", err)
	}
	d, err := v.dossier(row.RequestID)
	if err != nil {
		return nil, contract.Escalation{}, err
	}
	list, err := read[contract.EscalationList](v, "/v1/requests/"+row.RequestID+"/escalations")
	if err != nil {
		return nil, contract.Escalation{}, err
	}
	for _, each := range list.Escalations {
		if each.Id == id {
			return d, each, nil
		}
	}
	return nil, contract.Escalation{}, errAbsent
}

func (v *visit) escalationForm(status int, d *dossier, e contract.Escalation, chosen map[string]string, faults []fault) error {
	contacts, err := d.contacts()
	if err != nil {
		return err
	}
	page := escalationPage{
		ID: e.Id, Done: v.doneText(), Request: d.Request.Code, Back: d.path(), Level: e.Level, Ask: askOf(e.Level), Why: plain(triggerWord(e.Trigger)),
		By: d.answerBy(e), Waiting: ageOf(d.Request.WaitingSince, d.readTime, d.zone), Contact: d.day(d.Request.LastContactAt),
		Contacts: contacts[:min(len(contacts), 5)], Open: e.Status == string(tdr.EscalationWaiting), Bounced: !e.UnreachableAt.IsZero(),
		Mine: d.mayAcknowledge(e), Key: chosen["key"], Actions: actions(), Chosen: chosen,
	}
	for _, id := range e.Told {
		page.Told = append(page.Told, d.names.told(id, e.AskedAt))
	}
	if e.Status == string(tdr.EscalationClosed) {
		page.Closed = d.day(e.ClosedAt)
	}
	if e.Status == string(tdr.EscalationTaken) {
		page.Answered, page.Next = d.taken(e)
	}
	page.Dates, page.Limit = d.nextDates(e)
	title := "Acknowledge"
	return v.show(status, "escalation", view{Title: title, Code: d.Request.Code, Faults: faults, Body: page})
}

// mayAcknowledge asks the policy, and the core whether the level is for one of
// the caller's roles; whoever was told of it by name is asked for an answer too.
func (d *dossier) mayAcknowledge(e contract.Escalation) bool {
	caller := d.visit.caller()
	actor := api.ActorFor(caller, d.subject())
	act := &tdr.AcknowledgeEscalation{Escalation: e.LocalId}
	_, err := tdr.Decide(d.state, tdr.Command{Actor: actor, Act: act}, tdr.Facts{Now: d.readTime})
	var refused *tdr.Refusal
	put := !errors.As(err, &refused) || refused.Code != tdr.NotPermitted || slices.Contains(e.Told, caller.Subject)
	return put && d.may(identity.AcknowledgeEscalation)
}

// answerBy is empty for a reminder, which wants no answer.
func (d *dossier) answerBy(e contract.Escalation) string {
	if e.AcknowledgeBy.IsZero() {
		return ""
	}
	return d.moment(e.AcknowledgeBy)
}

// taken says who took an escalation on, when, and the date they set.
func (d *dossier) taken(e contract.Escalation) (who, next string) {
	who, next = d.names.person(e.AcknowledgedBy)+" acknowledged", notRecorded
	for _, event := range d.events {
		if fact, ok := event.Fact.(*tdr.EscalationAcknowledged); ok && fact.Escalation == e.LocalId {
			who, next = d.names.person(event.Actor.ID)+" acknowledged on "+d.day(event.OccurredAt), d.date(fact.NextDate)
		}
	}
	return who, next
}

// nextDates are three days of the field office's calendar on which somebody can
// act next, none further ahead than the level allows.
func (d *dossier) nextDates(e contract.Escalation) (dates []choice, limit string) {
	last := d.today()
	if limits := d.state.Terms.Ladder.NextDateLimits; e.Level < len(limits) {
		last = last.AddDays(limits[e.Level])
	}
	day := d.today()
	for _, businessDays := range []int{1, 2, 2} {
		for range businessDays {
			next, err := d.state.OfficeTime.NextBusinessDay(day)
			if err != nil {
				return dates, d.date(last)
			}
			day = next
		}
		if day.After(last) {
			break
		}
		word := d.date(day)
		if day == d.today().AddDays(1) {
			word = "Tomorrow (" + word + ")"
		}
		dates = append(dates, choice{day.String(), word})
	}
	return dates, d.date(last)
}

// acknowledge takes an escalation on, with the date of the next step.
func (s *Site) acknowledge(v *visit) error {
	d, escalation, err := v.escalation(v.r.PathValue("id"))
	if err != nil {
		return err
	}
	chosen := map[string]string{}
	for _, field := range []string{"key", "next", "year", "month", "day", "action", "note"} {
		chosen[field] = v.entry(field)
	}
	next, faults := chosenDate(chosen)
	if !isOneOf(actions(), chosen["action"]) {
		faults = append(faults, fault{"action", "Choose what you will do."})
	}
	if len(faults) > 0 {
		return v.escalationForm(http.StatusUnprocessableEntity, d, escalation, chosen, faults)
	}
	body := contract.Acknowledgement{NextDate: next, Action: chosen["action"], Note: chosen["note"]}
	pending, err := v.act("/v1/escalations/"+escalation.Id+"/acknowledgement", chosen["key"], "", body)
	if faults := faultsOf(err, map[string]string{"next_date": "next", "action": "action", "note": "note"}, "next"); len(faults) > 0 {
		chosen["key"] = newKey() // the refused command keeps its own
		return v.escalationForm(http.StatusUnprocessableEntity, d, escalation, chosen, faults)
	}
	if err != nil {
		return err
	}
	return v.done("/escalations/"+escalation.Id, "acknowledged", pending)
}

// chosenDate is the date of a radio or of the three fields beside "other".
func chosenDate(chosen map[string]string) (calendar.Date, []fault) {
	if chosen["next"] == "" {
		return calendar.Date{}, []fault{{"next", "Choose when you will act next."}}
	}
	if chosen["next"] != "other" {
		date, err := calendar.ParseDate(chosen["next"])
		if err != nil {
			return date, []fault{{"next", "Choose when you will act next."}}
		}
		return date, nil
	}
	date, ok := threeFields(chosen["year"], chosen["month"], chosen["day"])
	if !ok {
		return date, []fault{{"month", "Enter a date, such as 3 10 2026."}}
	}
	return date, nil
}
