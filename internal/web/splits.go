package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// merge is the one of this page, which joins the person of its request with another.
func (v *visit) merge() (*dossier, contract.MergeWithAdded, error) {
	var found contract.MergeWithAdded
	id := v.r.PathValue("id")
	if !idForm.MatchString(id) {
		return nil, found, errAbsent
	}
	d, err := v.about(identity.SplitPersons)
	if err != nil {
		return nil, found, err
	}
	if found, err = read[contract.MergeWithAdded](v, "/v1/merges/"+id); err != nil {
		return nil, found, err
	}
	if found.Merge.PersonId != d.Request.PersonId && found.Merge.MergedId != d.Request.PersonId {
		return nil, found, errAbsent
	}
	return d, found, nil
}

// splitForm parts two records. What was added while they were one goes to
// whom counsel finds, as far as it can leave the record under which it was entered.
func (d *dossier) splitForm(found contract.MergeWithAdded) (form, error) {
	records, facts := make([]choice, 0, 2), []term{}
	for i, id := range []string{found.Merge.PersonId, found.Merge.MergedId} {
		person, err := read[contract.Person](d.visit, "/v1/persons/"+id)
		if err != nil {
			return form{}, err
		}
		facts = append(facts, term{fmt.Sprintf("Record %d", i+1), nameOf(person)})
		records = append(records, choice{id, fmt.Sprintf("Record %d: %s %s", i+1, person.GivenNames, person.FamilyName)})
	}
	facts = append(facts, term{"Joined", d.day(found.Merge.MergedAt) + ", by " + d.names.person(found.Merge.MergedBy) + ": " + wordFor(mergeReasons(), found.Merge.Reason)})
	var fields []field
	for i, added := range found.Added {
		what := addedWord(added.Kind) + " of " + d.moment(added.At)
		if added.Stays {
			facts = append(facts, term{what, "Stays with " + strings.ToLower(wordFor(records, added.PersonId)[:1]) + wordFor(records, added.PersonId)[1:]})
			continue
		}
		fields = append(fields, field{Kind: choiceOf, Name: addedField(i), Label: "Whose is this: " + what, Choices: records, Missing: "Choose whose it is."})
	}
	fields = append(fields,
		field{Kind: choiceOf, Name: "reason", Label: "Why they are two", Choices: splitReasons(), Missing: "Choose why they are two."}, source(), note())
	return form{
		Title: "Part two records", Code: d.Request.Code, Heading: "Part two records",
		Lead: "Each record gets back what was its own. A hold that stopped both goes on stopping both until its authority lifts it.",
		Back: linked{d.path() + "#person", "Request " + d.Request.Code}, Facts: facts, Address: d.path() + "/merges/" + found.Merge.Id,
		Fields: fields, Button: "Part the records", Sure: "Are these records of two people?", SureText: "No hold ends by it.",
	}, nil
}

func addedField(i int) string { return fmt.Sprintf("added-%d", i) }

func addedWord(kind contract.AddedKind) string {
	return worded(map[string]string{
		"request": "Request", "document": "Document", "data_sheet": "Data sheet", "hold": "Hold", "flag": "Special routing", "legal_event": "Legal event",
		"nationality": "Claimed nationality", "notification": "Consular notification",
	}, string(kind))
}

func (s *Site) showSplit(v *visit) error {
	d, found, err := v.merge()
	if err == nil && !found.Merge.Standing {
		err = &refusal{status: http.StatusConflict, problem: contract.Problem{Type: "/problems/already_ended"}}
	}
	if err != nil {
		return err
	}
	asked, err := d.splitForm(found)
	if err != nil {
		return err
	}
	e := blank()
	for i, added := range found.Added {
		e[addedField(i)] = added.PersonId
	}
	return v.ask(http.StatusOK, asked, e, nil)
}

// splitPersons finds that two records are of two people after all.
func (s *Site) splitPersons(v *visit) error {
	d, found, err := v.merge()
	if err != nil {
		return err
	}
	asked, err := d.splitForm(found)
	if err != nil {
		return err
	}
	return v.decide(asked, func(e entries) ([]fault, error) {
		body := contract.Split{Reason: e["reason"], Source: tdr.Evidence(e["source"]), Note: e["note"]}
		fields := map[string]string{"reason": "reason", "source": "source", "note": "note"}
		for i, added := range found.Added {
			// What stays is named too, so that the form says the same when it is sent twice.
			if !added.Stays {
				fields[fmt.Sprintf("assigned[%d]", len(body.Assigned))] = addedField(i)
				body.Assigned = append(body.Assigned, contract.Assignment{Kind: added.Kind, Id: added.Id, PersonId: e[addedField(i)]})
			}
		}
		pending, err := v.act("/v1/merges/"+found.Merge.Id+"/split", e["key"], "", body)
		if faults := faultsOf(err, fields, "reason"); len(faults) > 0 || err != nil {
			return faults, err
		}
		return nil, v.done(d.path(), "split", pending)
	})
}
