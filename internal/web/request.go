package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// requestPage is a request in its reading form: where it is and what is next.
type requestPage struct {
	Code, Country, Post, Office, Officer string
	Person                               *personPart // nil for who has no need to know, and once it is destroyed
	Destroyed                            bool        // told to who may read the person
	Status                               string
	Stage, StageAge, Waiting, Opened     string
	Outcome                              string
	Done                                 string
	Special                              bool // a flag of the person changes who is asked; which one is need to know

	OnHold    bool
	HoldSince string
	Holds     []holdRow
	LegalDate string // the next one, which no hold moves

	Consent     *consentPart // nil where the order names the country that is asked
	Recalls     []string
	Primary     *linked
	Actions     []linked
	Clocks      []clockRow
	Custody     *custodyPart
	Consular    *consularPart
	Dispatches  []dispatchRow
	Escalations []escalationRow
	Timeline    []entry
	Contacts    []contactRow
}

type escalationRow struct {
	Level, Opened, To, Answer, Next, Status, Href string
}

type contactRow struct {
	When, What, By string
	Forecast       bool
}

func (s *Site) showRequest(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	r := d.Request
	page := requestPage{
		Code: r.Code, Country: s.config.Country(r.Country), Post: d.names.post(r.Post), Office: d.names.office(r.FieldOffice),
		Officer: d.names.person(r.Officer), Status: requestStatus(r, d.readTime, d.zone), Stage: stageWord(string(r.Stage)),
		StageAge: ageOf(r.StageSince, d.readTime, d.zone), Waiting: ownerWord(string(r.Owner)), Opened: d.day(r.OpenedAt),
		Done: v.doneText(), OnHold: r.OnHold, Special: r.SpecialRouting, Timeline: d.timeline(),
	}
	if r.Outcome != "" {
		page.Outcome = plain(r.Outcome)
	}
	for _, each := range d.Recalls {
		if each.ClosedAt.IsZero() {
			page.Recalls = append(page.Recalls, d.day(each.OpenedAt))
		}
	}
	page.Primary, page.Actions = d.actions()
	for _, fill := range []func(*requestPage) error{d.fillPerson, d.fillClocks, d.fillConsular, d.fillHolds, d.fillConsents, d.fillDispatches, d.fillEscalations, d.fillContacts} {
		if err := fill(&page); err != nil {
			return err
		}
	}
	return v.found("request", view{Title: "Request", Code: r.Code, Body: page})
}

// requestStatus is what lists and the page say of a request in a word or two.
func requestStatus(r contract.Request, now time.Time, in *time.Location) string {
	switch late := overdueSince(r, now); {
	case r.Stage == tdr.Closed:
		return "Closed"
	case r.OnHold:
		return "On hold"
	case r.Stage == tdr.Refused:
		return "Refused"
	case !late.IsZero():
		return overdueWord + " since " + dayOf(late, now, in)
	case r.Stage == tdr.Issued, r.Stage == tdr.TravelReady:
		return "Issued"
	case !r.NextDueAt.IsZero() && r.NextDueAt.Sub(now) < soon:
		return "Due soon"
	case r.Owner == tdr.ConsulateOwner:
		return "Waiting"
	default:
		return "On time"
	}
}

// overdueSince is the first passed date of those by which the list's filter
// "overdue" counts a request; zero when none has passed.
func overdueSince(r contract.Request, now time.Time) time.Time {
	counts := r.NextDueKind == string(tdr.StageTerm) || r.NextDueKind == string(tdr.LadderLevel)
	if counts && now.After(r.NextDueAt) && (r.OverdueSince.IsZero() || r.NextDueAt.Before(r.OverdueSince)) {
		return r.NextDueAt
	}
	return r.OverdueSince
}

// actions are what the caller may do from here, the first by stage.
func (d *dossier) actions() (*linked, []linked) {
	var primary *linked
	if d.Request.Stage == tdr.Review && (d.may(identity.Approve) || d.may(identity.Return) || d.may(identity.RequestReview)) {
		primary = &linked{"/reviews/" + d.Request.Code, "Open the review"}
	}
	var rest []linked
	if d.may(identity.PlaceHold) && d.Request.Stage != tdr.Closed {
		rest = append(rest,
			linked{d.path() + "/holds/new", "Place a hold"},
			linked{d.path() + "/citizenship-claim", "Report a US-citizenship claim"})
	}
	return primary, rest
}

func (d *dossier) fillEscalations(page *requestPage) error {
	list, err := read[contract.EscalationList](d.visit, "/v1/requests/"+d.Request.Id+"/escalations")
	if err != nil {
		return err
	}
	for _, e := range list.Escalations {
		row := escalationRow{
			Level: fmt.Sprintf("Level %d of %d", e.Level, tdr.LegalEnd), Opened: d.day(e.AskedAt), To: "Nobody was found",
			Answer: "No", Next: notRecorded, Status: "Needs answer", Href: "/escalations/" + e.Id,
		}
		var told []string
		for _, id := range e.Told {
			told = append(told, d.names.told(id, e.AskedAt))
		}
		if len(told) > 0 {
			row.To = strings.Join(told, ", ")
		}
		switch e.Status {
		case string(tdr.EscalationTaken):
			row.Answer, row.Next = d.taken(e)
			row.Status = "Acknowledged"
		case string(tdr.EscalationClosed):
			row.Status = "Closed"
		}
		if row.Status == "Needs answer" && e.AcknowledgeBy.IsZero() {
			row.Status, row.Answer, row.Next = "Waiting", "Not asked for", "Not asked for"
		}
		if !e.UnreachableAt.IsZero() && e.Status == string(tdr.EscalationWaiting) {
			row.Status = "Bounced"
		}
		page.Escalations = append(page.Escalations, row)
	}
	return nil
}

func (d *dossier) fillContacts(page *requestPage) error {
	contacts, err := d.contacts()
	page.Contacts = contacts
	return err
}

// contacts are newest first; what happened and what is expected stay apart by word.
func (d *dossier) contacts() ([]contactRow, error) {
	list, err := read[contract.ContactList](d.visit, "/v1/requests/"+d.Request.Id+"/contacts")
	if err != nil {
		return nil, err
	}
	var rows []contactRow
	for i := len(list.Contacts) - 1; i >= 0; i-- {
		c := list.Contacts[i]
		row := contactRow{When: d.day(c.OccurredAt), By: d.names.person(c.By), Forecast: c.Kind == contract.Forecast}
		if row.Forecast {
			row.What = fmt.Sprintf("Expected: %s by %s (%s)", strings.ToLower(plain(c.Expects)), d.date(c.ExpectedBy), strings.ToLower(plain(c.Basis)))
		} else {
			row.What = contactText(c)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func contactText(c contract.Contact) string {
	direction := map[string]string{"to_post": "To the post", "from_post": "From the post"}[c.Direction]
	text := direction + " by " + strings.ToLower(plain(c.Medium))
	if c.Answered != nil && *c.Answered {
		return text + "; the post answered"
	}
	return text + "; no answer"
}
