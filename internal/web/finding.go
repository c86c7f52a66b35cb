package web

import (
	"net/http"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

func findings() []choice {
	return []choice{
		{string(contract.Citizen), "The person is a US citizen"},
		{string(contract.NotUpheld), "The claim is not upheld"},
	}
}

// claimed is the claim to US citizenship of this page, and what is asked about it.
func (v *visit) claimed() (contract.Hold, form, error) {
	claim, err := v.standing(identity.FindCitizenship)
	if err == nil && claim.Kind != api.CitizenshipClaim {
		err = errAbsent
	}
	if err != nil {
		return claim, form{}, err
	}
	record, err := read[contract.CitizenshipRecord](v, "/v1/persons/"+claim.PersonId+"/citizenship")
	if err != nil {
		return claim, form{}, err
	}
	facts, err := v.holdFacts(claim)
	if err != nil {
		return claim, form{}, err
	}
	for _, entry := range record.History {
		facts = append(facts, term{"US citizenship since " + momentOf(entry.EnteredAt, v.now(), v.zone()), citizenshipWord(entry.Citizenship)})
	}
	return claim, form{
		Title: "Enter a finding on a claim", Heading: "Enter what was found of a claim to US citizenship", Back: linked{"/holds", "Holds"}, Facts: facts,
		Lead:    "A finding lifts nothing: the claim goes on stopping everything about the person until it is lifted.",
		Address: "/holds/" + claim.Id + "/finding", Button: "Enter the finding",
		Sure:     "Enter this finding?",
		SureText: "While the person is found to be a US citizen nobody can lift the claim. A later finding is entered beside this one; none is taken back.",
		Fields: []field{
			{Kind: choiceOf, Name: "finding", Label: "What was found", Choices: findings(), Missing: "Choose what was found."}, source(), note(),
		},
	}, nil
}

func (s *Site) showFinding(v *visit) error {
	_, asked, err := v.claimed()
	if err != nil {
		return err
	}
	return v.ask(http.StatusOK, asked, blank(), nil)
}

// findCitizenship enters what counsel found of a claim.
func (s *Site) findCitizenship(v *visit) error {
	claim, asked, err := v.claimed()
	if err != nil {
		return err
	}
	return v.decide(asked, func(e entries) ([]fault, error) {
		body := contract.CitizenshipFinding{
			Finding: contract.CitizenshipFindingFinding(e["finding"]), Source: tdr.Evidence(e["source"]), Note: e["note"],
		}
		pending, err := v.act("/v1/holds/"+claim.Id+"/citizenship-findings", e["key"], "", body)
		if faults := faultsOf(err, map[string]string{"finding": "finding", "source": "source", "note": "note"}, "finding"); len(faults) > 0 || err != nil {
			return faults, err
		}
		return nil, v.done("/holds", "found", pending)
	})
}
