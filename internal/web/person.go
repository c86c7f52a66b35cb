package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// personPart is the person of a request as who needs to know reads of them.
type personPart struct {
	Name          string // with the day of birth
	ANumber       string
	Citizenship   string // empty for who does not need to know why somebody is held
	Also          []alsoRecorded
	Nationalities []string
	Documents     []documentRow
	Travel        []term // the travel document, when one was issued
	Claim         string // where a nationality is recorded; empty for who may not
	Merge         string // where another record of the same human is named; empty for who may not
}

// alsoRecorded is another record of the same human, within the reader's sight.
type alsoRecorded struct {
	Name, When string
	Split      string // where the two are parted; empty for who may not
}

// documentRow is a document on record.
type documentRow struct{ Title, Proves, Pages, Added, Status string }

// readable reads what not everyone may who sees the page; ok is false for whom
// the API tells nothing.
func readable[T any](v *visit, path string) (value T, ok bool, err error) {
	value, err = read[T](v, path)
	var refused *refusal
	if errors.As(err, &refused) && (refused.status == http.StatusForbidden || refused.status == http.StatusNotFound) {
		return value, false, nil
	}
	return value, err == nil, err
}

// fillPerson shows the person to who needs to know: the API reads it for them or refuses.
func (d *dossier) fillPerson(page *requestPage) error {
	if !d.may(identity.ReadPerson) {
		return nil
	}
	person, ok, err := readable[contract.Person](d.visit, "/v1/persons/"+d.Request.PersonId)
	if err != nil || !ok {
		// The policy lets them read it: what is not there any more was destroyed.
		page.Destroyed = err == nil
		return err
	}
	part := personPart{Name: nameOf(person), ANumber: person.ANumber, Citizenship: citizenshipWord(person.Citizenship)}
	if part.ANumber == "" {
		part.ANumber = notRecorded
	}
	if d.may(identity.MergePersons) {
		part.Merge = d.path() + "/merges/new"
	}
	if d.may(identity.ClaimNationality) {
		part.Claim = d.path() + "/nationalities/new"
	}
	for _, fill := range []func(*personPart) error{d.fillMerges, d.fillNationalities, d.fillDocuments} {
		if err := fill(&part); err != nil {
			return err
		}
	}
	part.Travel = d.travelDocument()
	page.Person = &part
	return nil
}

func nameOf(person contract.Person) string {
	return strings.TrimSpace(person.GivenNames+" "+person.FamilyName) + ", born " + person.BirthDate.Midnight().Format("2 Jan 2006")
}

func citizenshipWord(citizenship string) string {
	if citizenship == "" {
		return ""
	}
	return worded(map[string]string{
		"unclaimed": "Not claimed", "claimed": "Claimed; counsel decides", "citizen": "Found to be a US citizen",
		"not_upheld": "A claim was made and is no longer upheld",
	}, citizenship)
}

// fillMerges names the other records, each as its own reading names it.
func (d *dossier) fillMerges(part *personPart) error {
	list, ok, err := readable[contract.MergeList](d.visit, "/v1/persons/"+d.Request.PersonId+"/merges")
	if err != nil || !ok {
		return err
	}
	for _, merge := range list.Merges {
		other, ok, err := readable[contract.Person](d.visit, "/v1/persons/"+otherRecord(merge, d.Request.PersonId))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		also := alsoRecorded{Name: nameOf(other), When: "found to be one human on " + d.day(merge.MergedAt)}
		if other.ANumber != "" {
			also.Name += ", A-number " + other.ANumber
		}
		if !merge.Standing {
			also.When += ", parted on " + d.day(merge.SplitAt)
		} else if d.may(identity.SplitPersons) {
			also.Split = d.path() + "/merges/" + merge.Id
		}
		part.Also = append(part.Also, also)
	}
	return nil
}

func otherRecord(merge contract.Merge, one string) string {
	if merge.PersonId == one {
		return merge.MergedId
	}
	return merge.PersonId
}

func (d *dossier) fillNationalities(part *personPart) error {
	list, ok, err := readable[contract.NationalityList](d.visit, "/v1/persons/"+d.Request.PersonId+"/nationalities")
	if err != nil || !ok {
		return err
	}
	for _, claim := range list.Nationalities {
		part.Nationalities = append(part.Nationalities, d.visit.site.config.Country(claim.Country)+", "+claimantWord(claim.ClaimedBy)+" ("+d.date(claim.Dated)+")")
	}
	return nil
}

func claimantWord(by string) string {
	return worded(map[string]string{
		"person": "said by the person", "document": "by a document", "country": "said by the country", "family": "said by the family",
		"record": "by a record",
	}, by)
}

// fillDocuments lists what is on record, and what each shows by the country's checklist.
func (d *dossier) fillDocuments(part *personPart) error {
	if !d.may(identity.ReadDocuments) {
		return nil
	}
	list, ok, err := readable[contract.DocumentList](d.visit, "/v1/persons/"+d.Request.PersonId+"/documents")
	if err != nil || !ok || len(list.Documents) == 0 {
		return err
	}
	pack, err := read[playbook.Pack](d.visit, "/v1/packs/"+d.Request.Country)
	if err != nil {
		return err
	}
	checklist, err := read[contract.Checklist](d.visit, "/v1/requests/"+d.Request.Id+"/checklist")
	if err != nil {
		return err
	}
	for _, each := range list.Documents {
		row := documentRow{
			Title: itemTitle(pack, each.Type), Proves: provesText(checklist, each.Type), Pages: thousands(each.Pages),
			Added: d.day(each.UploadedAt) + ", by " + d.names.person(each.UploadedBy), Status: "On record",
		}
		if !each.WithdrawnAt.IsZero() {
			row.Status = "Withdrawn on " + d.day(each.WithdrawnAt)
		}
		part.Documents = append(part.Documents, row)
	}
	return nil
}

func provesText(checklist contract.Checklist, documentType string) string {
	for _, item := range checklist.Items {
		if item.Id == documentType {
			return map[contract.ChecklistItemProves]string{
				contract.ChecklistItemProvesNationality: "Proves nationality", contract.ChecklistItemProvesIdentity: "Proves identity",
				contract.ChecklistItemProvesStartsVerification: "Starts a verification", contract.ChecklistItemProvesNone: "Neither nationality nor identity",
			}[item.Proves]
		}
	}
	return "Not on the country's checklist"
}

// travelDocument is what the post issued last, and whether a second person verified it.
func (d *dossier) travelDocument() []term {
	var terms []term
	for _, event := range d.events {
		switch fact := event.Fact.(type) {
		case *tdr.DocumentIssued:
			terms = []term{{"Issued by", plain(fact.Issuer)}, {"Valid", d.date(fact.ValidFrom) + " to " + d.date(fact.ValidTo)}, {"Verified", "Not yet"}}
		case *tdr.DocumentAuthenticated:
			if len(terms) > 0 {
				terms[2].Text = "Photo, names and serial number, by " + d.names.person(event.Actor.ID) + " on " + d.day(event.OccurredAt)
			}
		case *tdr.DocumentRejected:
			if len(terms) > 0 {
				terms[2].Text = "Rejected on " + d.day(event.OccurredAt)
			}
		}
	}
	return terms
}
