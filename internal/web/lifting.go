package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// liftPage is the form that lifts a hold, and its confirmation.
type liftPage struct {
	authority string // on whose word it ends
	Hold      holdRow
	Others    int
	Reasons   []choice
	Entries   map[string]string
	Confirm   bool
	Summary   []term
	Back      []backRow
	Alike     []likeRow
}

// likeRow is another record whose names and date of birth are the person's.
type likeRow struct {
	Name     string   // empty beyond the reader's sight
	Requests []linked // that the reader may see
}

func (v *visit) alike(records []string) ([]likeRow, error) {
	var rows []likeRow
	for _, id := range records {
		person, _, err := readable[contract.Person](v, "/v1/persons/"+id)
		if err != nil {
			return nil, err
		}
		list, err := read[contract.RequestList](v, "/v1/requests?limit=20&person="+id)
		if err != nil {
			return nil, err
		}
		row := likeRow{}
		for _, r := range list.Requests {
			row.Name = nameOf(person)
			row.Requests = append(row.Requests, linked{"/requests/" + r.Code, r.Code})
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (s *Site) showLift(v *visit) error {
	page, err := v.lifting(v.r.PathValue("id"), map[string]string{"key": newKey()})
	if err != nil {
		return err
	}
	return v.found("lift", view{Title: "Lift a hold", Body: page})
}

func (v *visit) lifting(id string, entries map[string]string) (liftPage, error) {
	if !idForm.MatchString(id) {
		return liftPage{}, errAbsent
	}
	hold, err := read[contract.Hold](v, "/v1/holds/"+id)
	if err != nil {
		return liftPage{}, err
	}
	switch {
	case !v.site.policy.May(v.caller(), identity.LiftHold):
		return liftPage{}, &refusal{status: http.StatusForbidden}
	case !hold.Standing:
		return liftPage{}, &refusal{status: http.StatusConflict, problem: contract.Problem{Type: "/problems/already_lifted"}}
	}
	others, err := read[contract.HoldList](v, "/v1/holds?standing=true&limit=200&person="+hold.PersonId)
	if err != nil {
		return liftPage{}, err
	}
	preview, err := read[contract.LiftingPreview](v, "/v1/holds/"+id+"/lifting")
	if err != nil {
		return liftPage{}, err
	}
	alike, err := v.alike(hold.Alike)
	if err != nil {
		return liftPage{}, err
	}
	return liftPage{
		Alike:     alike,
		authority: hold.Authority, Hold: v.holdRow(hold, v.zone()), Others: len(others.Holds) - 1, Reasons: liftReasons(), Entries: entries,
		Back: v.goesBack(preview.GoesBack, "As soon as this hold is lifted and its officer sends it"),
	}, nil
}

// backRow is an open request that a hold stops, as who lifts it is told.
type backRow struct {
	Code, Href, Stage string // Code is empty for a request beyond the reader's sight
	When              string // from when its officer can send
	Out               []string
}

// goesBack words what the API answers; from when is said by at where it is not of the past.
func (v *visit) goesBack(back []contract.GoesBack, at string) []backRow {
	var rows []backRow
	for _, each := range back {
		row := backRow{Code: each.Code, Stage: stageWord(string(each.Stage)), When: "Not yet: another hold stands"}
		switch {
		case each.StillHeld:
		case at != "":
			row.When = at
		default:
			row.When = "From " + momentOf(each.From, v.now(), v.zone()) + ", when its officer sends it"
		}
		if each.Code != "" {
			row.Href, row.Out = "/requests/"+each.Code, outText(len(each.CameBack), len(each.Awaited))
		}
		rows = append(rows, row)
	}
	return rows
}

// outText tells of what was out when the hold was placed.
func outText(cameBack, awaited int) []string {
	var texts []string
	if cameBack > 0 {
		texts = append(texts, count(cameBack, "package")+" came back: reviewed and sent anew")
	}
	if awaited > 0 {
		texts = append(texts, count(awaited, "package")+" asked back and not confirmed yet: through review and gate again once confirmed")
	}
	if len(texts) == 0 {
		texts = append(texts, "Nothing was asked back")
	}
	return texts
}

// showLifted tells what a lifting of the reader's own set free, as it was answered.
func (s *Site) showLifted(v *visit) error {
	id := v.r.PathValue("id")
	if !idForm.MatchString(id) {
		return errAbsent
	}
	command, err := read[contract.Command](v, "/v1/commands/"+id)
	if err != nil {
		return err
	}
	if command.Operation != string(identity.LiftHold) {
		return errAbsent
	}
	page := liftedPage{Status: string(command.Status)}
	if command.Status == contract.CommandStatusDone {
		var lifted contract.LiftedHold
		if err := json.Unmarshal(command.Answer.Body, &lifted); err != nil {
			return fmt.Errorf("read lifting: %w", err)
		}
		page.At, page.Back = momentOf(lifted.Hold.LiftedAt, v.now(), v.zone()), v.goesBack(lifted.GoesBack, "")
	}
	return v.found("lifted", view{Title: "Hold lifted", Body: page})
}

// liftedPage is what became of a lifting.
type liftedPage struct {
	Status string // stored, done or refused
	At     string
	Back   []backRow
}

// liftHold shows what follows, and then lifts the hold.
func (s *Site) liftHold(v *visit) error {
	entries := map[string]string{"key": v.entry("key"), "reason": v.entry("reason"), "source": v.entry("source")}
	hash, err := v.documentHash("document")
	if err == nil {
		entries["source"] = hash
	} else if !errors.Is(err, errNoDocument) {
		return err
	}
	page, err := v.lifting(v.r.PathValue("id"), entries)
	if err != nil {
		return err
	}
	var faults []fault
	if !isOneOf(liftReasons(), entries["reason"]) {
		faults = append(faults, fault{"reason", "Choose why it is lifted."})
	}
	if entries["source"] == "" {
		faults = append(faults, fault{"document", "Choose the source document."})
	}
	if len(faults) > 0 {
		return v.show(http.StatusUnprocessableEntity, "lift", view{Title: "Lift a hold", Faults: faults, Body: page})
	}
	if v.entry("confirmed") != "yes" {
		page.Confirm = true
		page.Summary = []term{
			{"Type", page.Hold.Type}, {"Stops", page.Hold.Scope}, {"Since", page.Hold.Since},
			{"Reason", wordFor(liftReasons(), entries["reason"])}, {"Source document", "Fingerprint " + short(entries["source"])},
		}
		return v.found("lift", view{Title: "Confirm lifting", Body: page})
	}
	body := contract.NewLifting{Authority: contract.NewLiftingAuthority(page.authority), Source: tdr.Evidence(entries["source"]), Reason: entries["reason"]}
	_, err = v.act("/v1/holds/"+page.Hold.ID+"/lifting", entries["key"], "", body)
	if faults := faultsOf(err, map[string]string{"source": "document", "reason": "reason"}, "reason"); len(faults) > 0 {
		entries["key"] = newKey()
		return v.show(http.StatusUnprocessableEntity, "lift", view{Title: "Lift a hold", Faults: faults, Body: page})
	}
	if err != nil {
		return err
	}
	return v.seeOther("/liftings/" + entries["key"])
}
