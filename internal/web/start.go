package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// startRows is how many requests the start page lists.
const startRows = 25

type startPage struct {
	Code    string // as entered
	Rows    []startRow
	More    bool
	Lists   bool // the caller may list requests
	Reviews bool // and is shown those in review
}

type startRow struct{ Code, Href, Country, Stage, Waiting, Due, Status string }

func (s *Site) showStart(v *visit) error { return s.start(v, http.StatusOK, "", nil) }

func (s *Site) start(v *visit, status int, code string, faults []fault) error {
	page := startPage{Code: code, Reviews: v.caller().Has(identity.Supervisor), Lists: s.policy.May(v.caller(), identity.ReadRequests)}
	if page.Lists {
		if err := page.list(v); err != nil {
			return err
		}
	}
	return v.show(status, "start", view{Title: "Start", Faults: faults, Body: page})
}

func (p *startPage) list(v *visit) error {
	address, link := "/v1/requests?limit=25", "/requests/"
	if p.Reviews {
		address, link = address+"&stage=review", "/reviews/"
	}
	list, err := read[contract.RequestList](v, address)
	if err != nil {
		return err
	}
	names, err := v.names()
	if err != nil {
		return err
	}
	p.More = list.Next != ""
	for _, request := range list.Requests {
		due, zone := request.NextDueAt, names.zone(request.FieldOffice, v.zone())
		if due.IsZero() {
			due = request.OverdueSince
		}
		p.Rows = append(p.Rows, startRow{
			Code: request.Code, Href: link + request.Code, Country: v.site.config.Country(request.Country),
			Stage: stageWord(string(request.Stage)), Waiting: ownerWord(string(request.Owner)),
			Due: dayOf(due, v.now(), zone), Status: requestStatus(request, v.now(), zone),
		})
	}
	return nil
}

// search leads to the request of a code. It is a POST so that nothing that
// somebody mistypes, a name perhaps, ends up in an address.
func (s *Site) search(v *visit) error {
	code := strings.ToUpper(v.entry("code"))
	if !codeForm.MatchString(code) {
		return s.start(v, http.StatusUnprocessableEntity, v.entry("code"), []fault{{"code", "Enter a code such as TD-7Q4M2K."}})
	}
	_, err := v.open(code)
	var refused *refusal
	if errors.Is(err, api.ErrNotFound) || errors.As(err, &refused) && refused.status == http.StatusNotFound {
		v.record(err)
		return s.start(v, http.StatusUnprocessableEntity, code, []fault{{"code", "No match you may see."}})
	}
	if err != nil {
		return err
	}
	return v.seeOther("/requests/" + code)
}

func (s *Site) showHelp(v *visit) error { return v.found("help", view{Title: "Help"}) }
