package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// The decisions upon an item.
const (
	acceptItem = "accept"
	returnItem = "return"
)

// reviewPage is what would leave, item by item, and the decisions upon it.
type reviewPage struct {
	Code, Back, Post  string
	Content, Prepared string
	Package           *packageView // nil for who may not read it
	Gaps              []term
	Items             []reviewItem
	Decides           bool   // the caller may release or return it
	Why               string // why not
	Over              bool   // nothing waits for review
	Done              string

	Key, Version string
	Reasons      []choice
	Confirm      bool // everything is decided: release or return, after a last look
	Returns      int
	Conflict     string // who changed the request meanwhile, and when
}

type reviewItem struct {
	ID, Title, From    string
	Sensitive          bool
	Decision, Reason   string
	DecisionW, ReasonW string
}

func (s *Site) showReview(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	page, err := d.review()
	if err != nil {
		return err
	}
	return v.found("review", view{Title: "Review", Code: d.Request.Code, Body: page})
}

// review gathers what was handed over: the items of the country's checklist
// that were said to be present, and the gaps with their reasons.
func (d *dossier) review() (*reviewPage, error) {
	page := &reviewPage{
		Code: d.Request.Code, Back: d.path(), Post: d.names.post(d.Request.Post), Key: newKey(), Version: d.Request.Version,
		Reasons: returnReasons(), Over: d.Request.Stage != tdr.Review, Done: d.visit.doneText(),
	}
	asked := d.lastReview()
	if asked == nil {
		page.Over = true
		return page, nil
	}
	fact := asked.Fact.(*tdr.ReviewRequested)
	page.Content, page.Prepared = string(fact.Content), d.names.person(asked.Actor.ID)+" on "+d.moment(asked.OccurredAt)
	missing := map[string]bool{}
	pack, err := read[playbook.Pack](d.visit, "/v1/packs/"+d.Request.Country)
	if err != nil {
		return nil, err
	}
	if page.Package, err = d.packageOf(fact.Content, pack); err != nil {
		return nil, err
	}
	for _, gap := range fact.Gaps {
		missing[gap.Item] = true
		page.Gaps = append(page.Gaps, term{itemTitle(pack, gap.Item), plain(gap.Reason)})
	}
	for _, item := range pack.Required() {
		if !missing[item.ID] {
			page.Items = append(page.Items, reviewItem{ID: item.ID, Title: item.Title, From: item.Source, Sensitive: item.Sensitive})
		}
	}
	switch caller := d.visit.caller().Subject; {
	case page.Over:
	case asked.Actor.ID == caller:
		page.Why = "You prepared this package. A second person decides, so there are no buttons here."
	case !d.may(identity.Approve):
		page.Why = "A supervisor of the field office decides. Your roles let you read this."
	default:
		page.Decides = true
	}
	return page, nil
}

func (d *dossier) lastReview() *tdr.Event {
	for i := len(d.events) - 1; i >= 0; i-- {
		if _, ok := d.events[i].Fact.(*tdr.ReviewRequested); ok {
			return &d.events[i]
		}
	}
	return nil
}

func itemTitle(pack playbook.Pack, id string) string {
	for _, item := range pack.Checklist {
		if item.ID == id {
			return item.Title
		}
	}
	return plain(id)
}

// decideReview takes the decisions, shows them once more, and then hands them over.
func (s *Site) decideReview(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	page, err := d.review()
	if err != nil {
		return err
	}
	page.Key, page.Version = v.entry("key"), v.entry("version")
	faults := page.decided(v)
	if page.Returns == 0 && page.Package != nil && page.Package.Waits {
		faults = append(faults, fault{"package", undisclosedText})
	}
	if len(faults) > 0 {
		return v.show(http.StatusUnprocessableEntity, "review", view{Title: "Review", Code: d.Request.Code, Faults: faults, Body: page})
	}
	if v.entry("confirmed") != "yes" {
		page.Confirm = true
		return v.found("review", view{Title: "Confirm review", Code: d.Request.Code, Body: page})
	}
	pending, what, err := page.hand(v, d)
	if stale(err) {
		page.Conflict = d.changedSince(page.Version)
		page.Key, page.Version = newKey(), d.Request.Version
		return v.show(http.StatusPreconditionFailed, "review", view{Title: "Review", Code: d.Request.Code, Failed: true, Body: page})
	}
	if faults := faultsOf(err, nil, "review"); len(faults) > 0 {
		page.Key = newKey() // the refused command keeps its own
		return v.show(http.StatusUnprocessableEntity, "review", view{Title: "Review", Code: d.Request.Code, Faults: faults, Body: page})
	}
	if err != nil {
		return err
	}
	return v.done(d.path(), what, pending)
}

// decided reads the decisions; every item needs one.
func (p *reviewPage) decided(v *visit) []fault {
	var faults []fault
	for i := range p.Items {
		item := &p.Items[i]
		item.Decision, item.Reason = v.entry("decision-"+item.ID), v.entry("reason-"+item.ID)
		switch {
		case item.Decision == acceptItem:
			item.DecisionW = "Accept"
		case item.Decision == returnItem && isOneOf(returnReasons(), item.Reason):
			item.DecisionW, item.ReasonW = "Return", wordFor(returnReasons(), item.Reason)
			p.Returns++
		case item.Decision == returnItem:
			faults = append(faults, fault{"reason-" + item.ID, "Give a reason for returning “" + item.Title + "”."})
		default:
			faults = append(faults, fault{"decision-" + item.ID, "Decide upon “" + item.Title + "”."})
		}
	}
	return faults
}

func (p *reviewPage) hand(v *visit, d *dossier) (pending bool, what string, err error) {
	address := "/v1/requests/" + d.Request.Id
	if p.Returns == 0 {
		pending, err = v.act(address+"/approve", p.Key, p.Version, contract.Approve{Content: tdr.ContentHash(v.entry("content"))})
		return pending, "approved", err
	}
	var items []contract.ItemReason
	for _, item := range p.Items {
		if item.Decision == returnItem {
			items = append(items, contract.ItemReason{Item: item.ID, Reason: item.Reason})
		}
	}
	pending, err = v.act(address+"/return", p.Key, p.Version, contract.Return{Items: items})
	return pending, "returned", err
}

// changedSince is who changed the request, and when: what a form of that version
// did not see. A hold changes no event, only what may leave.
func (d *dossier) changedSince(version string) string {
	seen, _, _ := strings.Cut(version, ".")
	seq, err := strconv.ParseInt(seen, 10, 64)
	if err != nil || len(d.events) == 0 || d.events[len(d.events)-1].Seq <= seq {
		return "A hold was placed or lifted since you opened this."
	}
	last := d.events[len(d.events)-1]
	title, _, _ := d.told(last.Fact)
	return fmt.Sprintf("%s changed this at %s: %s.", d.who(last), clockTime(last.RecordedAt, d.zone), title)
}

var errNoDocument = errors.New("no document was given")
