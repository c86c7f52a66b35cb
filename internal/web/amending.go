package web

import (
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What an amendment says of the last day of a hold.
const (
	lastDayStays = "stays"
	lastDaySet   = "set"
	noLastDay    = "none"
)

func lastDays() []choice {
	return []choice{
		{lastDayStays, "As it is now"}, {lastDaySet, "It ends after the day below"}, {noLastDay, "It has no last day any more"},
	}
}

// authorityZones are where the authorities of holds sit.
func authorityZones() []choice {
	return []choice{
		{"America/New_York", "Eastern time"}, {"America/Chicago", "Central time"}, {"America/Denver", "Mountain time"},
		{"America/Phoenix", "Arizona"}, {"America/Los_Angeles", "Pacific time"}, {"America/Anchorage", "Alaska"},
		{"Pacific/Honolulu", "Hawaii"}, {"America/Puerto_Rico", "Puerto Rico"},
	}
}

// standing is a hold of which the caller knows and that an operation is for.
func (v *visit) standing(operation identity.Operation) (contract.Hold, error) {
	id := v.r.PathValue("id")
	if !idForm.MatchString(id) {
		return contract.Hold{}, errAbsent
	}
	hold, err := read[contract.Hold](v, "/v1/holds/"+id)
	switch {
	case err != nil:
		return hold, err
	case !v.site.policy.May(v.caller(), operation):
		return hold, &refusal{status: http.StatusForbidden}
	case !hold.Standing:
		return hold, &refusal{status: http.StatusConflict, problem: contract.Problem{Type: "/problems/already_lifted"}}
	}
	return hold, nil
}

// holdFacts are what whoever decides upon a hold looks at.
func (v *visit) holdFacts(hold contract.Hold) ([]term, error) {
	stopped, err := v.stoppedBy(hold)
	if err != nil {
		return nil, err
	}
	codes := "None that you may see"
	for i, each := range stopped {
		if i == 0 {
			codes = each.Text
		} else {
			codes += ", " + each.Text
		}
	}
	row := v.holdRow(hold, v.zone())
	return []term{
		{"Requests", codes}, {"Type", row.Type}, {"Stops", row.Scope}, {"Since", row.Since}, {"Authority", row.Authority}, {"Review by now", row.Review}, {"Ends now", row.Ends},
	}, nil
}

func (v *visit) amendForm(hold contract.Hold) (form, error) {
	facts, err := v.holdFacts(hold)
	if err != nil {
		return form{}, err
	}
	proof := source()
	proof.Label, proof.Optional = "The authority's document", true
	proof.Hint = "Needed when the last day changes. Its fingerprint is recorded; keep the document in the file."
	return form{
		Title: "Change the days of a hold", Heading: "Change the days of a hold", Back: linked{"/holds", "Holds"}, Facts: facts,
		Lead:    "A review date ends nothing. A last day ends the hold by itself, at the end of that day where its authority sits; the authority alone sets it.",
		Address: "/holds/" + hold.Id + "/amend", Button: "Change the days",
		Sure: "Change the days of this hold?", SureText: "What is left empty stays as it is.",
		Fields: []field{
			{Kind: dateOf, Name: "review", Label: "Review by (optional)", Missing: "Enter a review date, such as 6 1 2026, or leave it empty.", Optional: true},
			{Kind: choiceOf, Name: "last", Label: "Last day", Choices: lastDays(), Missing: "Choose what becomes of the last day."},
			{Kind: dateOf, Name: "ends", Label: "It ends after", Hint: "Only when a last day is set.", Missing: "Enter the last day, such as 6 1 2026.", Optional: true},
			{Kind: choiceOf, Name: "zone", Label: "Where the authority sits", Hint: "Only when a last day is set.", Choices: authorityZones(), Missing: "Choose where the authority sits.", Optional: true},
			proof, note(),
		},
		Check: checkAmendment,
	}, nil
}

// checkAmendment: a last day stands on the authority's document.
func checkAmendment(e entries) []fault {
	var faults []fault
	require := func(ok bool, field, text string) {
		if !ok {
			faults = append(faults, fault{field, text})
		}
	}
	switch e["last"] {
	case lastDayStays:
		require(!e.date("review").IsZero(), "review-month", "Enter a review date, or change the last day.")
		require(e.date("ends").IsZero(), "last", "Choose that it ends after the day below, or leave that day empty.")
		return faults
	case lastDaySet:
		require(!e.date("ends").IsZero(), "ends-month", "Enter the last day, such as 6 1 2026.")
		require(e["zone"] != "", "zone", "Choose where the authority sits.")
	}
	require(e["source"] != "", "source", "Choose the authority's document.")
	return faults
}

func (s *Site) showAmend(v *visit) error {
	hold, err := v.standing(identity.AmendHold)
	if err != nil {
		return err
	}
	asked, err := v.amendForm(hold)
	if err != nil {
		return err
	}
	e := blank()
	e["last"] = lastDayStays
	return v.ask(http.StatusOK, asked, e, nil)
}

// amendHold changes the day of a hold's review, and its last day on the word of its authority.
func (s *Site) amendHold(v *visit) error {
	hold, err := v.standing(identity.AmendHold)
	if err != nil {
		return err
	}
	asked, err := v.amendForm(hold)
	if err != nil {
		return err
	}
	return v.decide(asked, func(e entries) ([]fault, error) {
		body := contract.HoldAmendment{ReviewBy: e.date("review"), Note: e["note"]}
		if e["last"] != lastDayStays {
			body.Expiry = contract.HoldExpiry{Authority: contract.HoldExpiryAuthority(hold.Authority), Source: tdr.Evidence(e["source"])}
		}
		if e["last"] == lastDaySet {
			body.Expiry.ExpiresOn, body.Expiry.ExpiresZone = e.date("ends"), e["zone"]
		}
		pending, err := v.act("/v1/holds/"+hold.Id+"/amendments", e["key"], "", body)
		fields := map[string]string{
			"review_by": "review-month", "expiry.expires_on": "ends-month", "expiry.expires_zone": "zone", "expiry.source": "source", "note": "note",
		}
		if faults := faultsOf(err, fields, "last"); len(faults) > 0 || err != nil {
			return faults, err
		}
		return nil, v.done("/holds", "amended", pending)
	})
}

// endsText is when a hold ends without being lifted.
func (v *visit) endsText(h contract.Hold) string {
	if h.ExpiresOn.IsZero() {
		return "Only when it is lifted"
	}
	return "End of " + dateText(h.ExpiresOn, calendar.DateOf(v.now())) + ", " + wordFor(authorityZones(), h.ExpiresZone)
}
