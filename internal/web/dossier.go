package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

const readHolds = identity.ReadHolds

// dossier is a request as pages about it need it.
type dossier struct {
	visit    *visit
	Request  contract.Request
	Recalls  []contract.Recall
	events   []tdr.Event
	state    tdr.State // folded from events: its terms and recorded calendars
	names    names
	zone     *time.Location // of the field office
	readTime time.Time
}

// codeForm is what a public code can look like.
var codeForm = regexp.MustCompile(`^TD-[A-Z0-9]{6,12}$`)

// open reads the request of a code, as far as the caller may see it.
func (v *visit) open(code string) (*dossier, error) {
	if !codeForm.MatchString(code) {
		return nil, errAbsent
	}
	row, err := v.site.config.Index.RequestByCode(v.ctx(), code)
	if err != nil {
		return nil, fmt.Errorf("find request: %w", err)
	}
	return v.dossier(row.RequestID)
}

// about opens the request of this page for an operation that the caller may do there.
func (v *visit) about(operation identity.Operation) (*dossier, error) {
	d, err := v.open(v.r.PathValue("code"))
	if err == nil && !d.may(operation) {
		err = &refusal{status: http.StatusForbidden}
	}
	return d, err
}

func (v *visit) dossier(id string) (*dossier, error) {
	detail, err := read[contract.RequestDetail](v, "/v1/requests/"+id)
	if err != nil {
		return nil, err
	}
	d := &dossier{visit: v, Request: detail.Request, Recalls: detail.Recalls, readTime: v.now()}
	if d.events, err = v.history(id); err != nil {
		return nil, err
	}
	d.state = tdr.ApplyAll(tdr.State{}, d.events)
	if d.names, err = v.names(); err != nil {
		return nil, err
	}
	d.zone = d.names.zone(d.Request.FieldOffice, v.zone())
	return d, nil
}

// history reads every event, page by page.
func (v *visit) history(id string) ([]tdr.Event, error) {
	var events []tdr.Event
	for after := int64(0); ; {
		query := url.Values{"limit": {"200"}, "after": {strconv.FormatInt(after, 10)}}
		list, err := read[contract.EventList](v, "/v1/requests/"+id+"/events?"+query.Encode())
		if err != nil {
			return nil, err
		}
		events = append(events, list.Events...)
		if list.NextAfter == 0 {
			return events, nil
		}
		after = list.NextAfter
	}
}

func (d *dossier) path() string { return "/requests/" + d.Request.Code }

func (d *dossier) day(at time.Time) string { return dayOf(at, d.readTime, d.zone) }

func (d *dossier) date(on calendar.Date) string {
	if on.IsZero() {
		return notRecorded
	}
	return dateText(on, calendar.DateOf(d.readTime.In(d.zone)))
}

func (d *dossier) moment(at time.Time) string { return momentOf(at, d.readTime, d.zone) }

func (d *dossier) today() calendar.Date { return calendar.DateOf(d.readTime.In(d.zone)) }

// may asks the one policy whether the caller may do something here, so that a
// page offers only what the API will take from them.
func (d *dossier) may(operation identity.Operation) bool {
	return d.visit.site.policy.Allows(d.visit.caller(), operation, d.subject())
}

// subject is what decides who sees the request.
func (d *dossier) subject() identity.Subject {
	return identity.Subject{
		FieldOffice: d.Request.FieldOffice, Country: d.Request.Country, Post: d.Request.Post, Officer: d.Request.Officer,
	}
}

// names turns ids of the directory into names.
type names struct{ snapshot directory.Snapshot }

func (v *visit) names() (names, error) {
	snapshot, err := v.site.config.Directory.Snapshot(v.ctx())
	if err != nil {
		return names{}, fmt.Errorf("read directory: %w", err)
	}
	return names{snapshot}, nil
}

func (n names) person(id string) string {
	if found, ok := n.snapshot.Person(id); ok {
		return found.Name
	}
	if id == "" {
		return "The system"
	}
	return id
}

// told names somebody who was told of something: a person or a desk.
func (n names) told(recipient string, at time.Time) string {
	if found, _ := n.snapshot.Recipient(recipient, at); found.Name != "" {
		return found.Name
	}
	return recipient
}

func (n names) post(id string) string {
	if found, ok := n.snapshot.Post(id); ok {
		return found.Name
	}
	return id
}

// zone of an office: its days end there. Another where it is not known.
func (n names) zone(office string, otherwise *time.Location) *time.Location {
	if found, ok := n.snapshot.Office(office); ok {
		return located(found.Zone)
	}
	return otherwise
}

func (n names) office(code string) string {
	if found, ok := n.snapshot.Office(code); ok {
		return found.Name
	}
	return code
}

// newKey is the id of the command that a form will give: sent twice, the form acts once.
func newKey() string { return uuid.NewString() }
