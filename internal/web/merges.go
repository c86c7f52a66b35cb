package web

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func mergeReasons() []choice {
	return []choice{
		{"same_fingerprints", "The fingerprints are the same"}, {"same_document", "One document names both"}, {"same_number", "Both have the same A-number"},
		{"family_or_person", "The person or their family says so"}, {"entered_twice", "One record was entered twice"},
	}
}

func splitReasons() []choice {
	return []choice{
		{"other_fingerprints", "The fingerprints differ"}, {"other_document", "A document tells them apart"}, {"merged_in_error", "They were joined in error"},
	}
}

// otherField is the entry for the code of a request of the other record: persons have no code.
const otherField = "other"

// mergeForm joins the person of a request with the one of the request that is named.
func (d *dossier) mergeForm(own, other contract.Person, wrong string) form {
	facts := []term{{"This record", nameOf(own)}}
	if other.Id != "" {
		facts = append(facts, term{"The other record", nameOf(other)})
	}
	return form{
		Title: "Join two records", Code: d.Request.Code, Heading: "Name another record of the same human",
		Lead:    "Each record keeps its number, its dates and its readers. Every hold that stands on one of them stops the other too, and parting the two later ends none.",
		Back:    linked{d.path() + "#person", "Request " + d.Request.Code},
		Facts:   facts,
		Address: d.path() + "/merges/new", Button: "Join the records",
		Sure: "Are these two records of one human?", SureText: "Every hold that stands on one of them stops the other from now on. What may be on its way under such a hold is recalled.",
		Fields: []field{
			{Kind: textOf, Name: otherField, Label: "Code of a request of the other record", Hint: "Such as TD-7Q4M2K", Pattern: codeForm, Missing: "Enter a code such as TD-7Q4M2K."},
			{Kind: choiceOf, Name: "reason", Label: "Why they are one", Choices: mergeReasons(), Missing: "Choose why they are one."},
			source(), note(),
		},
		Check: func(entries) []fault {
			if wrong == "" {
				return nil
			}
			return []fault{{otherField, wrong}}
		},
	}
}

func (s *Site) showMerge(v *visit) error {
	d, err := v.about(identity.MergePersons)
	if err != nil {
		return err
	}
	own, err := read[contract.Person](v, "/v1/persons/"+d.Request.PersonId)
	if err != nil {
		return err
	}
	return v.ask(http.StatusOK, d.mergeForm(own, contract.Person{}, ""), blank(), nil)
}

// mergePersons finds that two records are of one human.
func (s *Site) mergePersons(v *visit) error {
	d, err := v.about(identity.MergePersons)
	if err != nil {
		return err
	}
	own, err := read[contract.Person](v, "/v1/persons/"+d.Request.PersonId)
	if err != nil {
		return err
	}
	other, wrong, err := v.personOf(v.entry(otherField))
	if err != nil {
		return err
	}
	if other.Id == own.Id {
		wrong = "This request is of the same record. Enter one of the other."
	}
	return v.decide(d.mergeForm(own, other, wrong), func(e entries) ([]fault, error) {
		body := contract.NewMerge{PersonId: other.Id, Reason: e["reason"], Source: tdr.Evidence(e["source"]), Note: e["note"]}
		pending, err := v.act("/v1/persons/"+own.Id+"/merges", e["key"], "", body)
		if text := mergeConflict(err); text != "" {
			return []fault{{otherField, text}}, nil
		}
		if faults := faultsOf(err, map[string]string{"reason": "reason", "source": "source", "note": "note"}, otherField); len(faults) > 0 || err != nil {
			return faults, err
		}
		return nil, v.done(d.path(), "merged", pending)
	})
}

// mergeConflict says what stands against joining two records; empty when it is nothing of that.
func mergeConflict(err error) string {
	return map[string]string{
		"already_merged": "One of the two is joined with another record already. Open its request to see with which.",
		"both_live":      "Both have an open request for the same country. Close or withdraw one of them first.",
	}[problemIn(err)]
}

// personOf is whom a request is about; wrong says why there is none to see.
func (v *visit) personOf(code string) (person contract.Person, wrong string, err error) {
	if !codeForm.MatchString(code) {
		return person, "", nil // the form says so
	}
	wrong = "There is no such request, or none that you may see."
	row, err := v.site.config.Index.RequestByCode(v.ctx(), code)
	if errors.Is(err, api.ErrNotFound) {
		return person, wrong, nil
	}
	if err != nil {
		return person, "", fmt.Errorf("find request: %w", err)
	}
	detail, ok, err := readable[contract.RequestDetail](v, "/v1/requests/"+row.RequestID)
	if err != nil || !ok {
		return person, wrong, err
	}
	person, ok, err = readable[contract.Person](v, "/v1/persons/"+detail.Request.PersonId)
	if err != nil || !ok {
		return contract.Person{}, wrong, err
	}
	return person, "", nil
}
