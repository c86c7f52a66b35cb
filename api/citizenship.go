package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// ErrCitizen: counsel found that the person is a citizen, so the claim is not lifted.
var ErrCitizen = errors.New("was found to be a citizen")

// Citizenship is what is on record of a claim to US citizenship. It is need to
// know, as the kind of a hold is.
type Citizenship string

// What a person's citizenship field says.
const (
	Unclaimed Citizenship = "unclaimed"
	Claimed   Citizenship = "claimed"
	Citizen   Citizenship = "citizen"
	// NotUpheld says that no claim stands any more, not that the person is no citizen.
	NotUpheld Citizenship = "not_upheld"
)

// CitizenshipFinding is what counsel found of a claim.
type CitizenshipFinding struct {
	CommandID string
	HoldID    string // the claim
	Found     Citizenship
	Source    tdr.Evidence
	By        string
}

// CitizenshipEntry is one change of a person's citizenship field.
type CitizenshipEntry struct {
	ID          string // the command that made it
	PersonID    string
	Citizenship Citizenship
	HoldID      string // the claim
	Source      tdr.Evidence
	By          string
	At          time.Time
}

// FindCitizenship enters whether counsel found a claim right.
func (s *Server) FindCitizenship(ctx context.Context, r contract.FindCitizenshipRequestObject) (contract.FindCitizenshipResponseObject, error) {
	claim, _, err := s.hold(ctx, r.Id, identity.FindCitizenship)
	if err != nil {
		return nil, err
	}
	if claim.Kind != CitizenshipClaim {
		return nil, fault("finding", "is of a claim to citizenship, which this hold is not")
	}
	if err := s.secondPerson(ctx, claim); err != nil {
		return nil, err
	}
	finding := CitizenshipFinding{
		CommandID: r.Params.IdempotencyKey, HoldID: claim.ID, Found: Citizenship(r.Body.Finding), Source: r.Body.Source, By: principalOf(ctx).Subject,
	}
	return s.perform(ctx, NewCommand{
		ID: finding.CommandID, Operation: string(identity.FindCitizenship), PersonID: claim.PersonID, Text: r.Body.Note,
	}, finding)
}

func (c *Carrier) finishFinding(ctx context.Context, stored StoredCommand) (Answer, error) {
	return finishBy(ctx, c, stored, http.StatusCreated, c.holds.FindCitizenship, func(e CitizenshipEntry) any { return citizenshipOf(e) })
}

// GetCitizenship reads a person's citizenship field with its history.
func (s *Server) GetCitizenship(ctx context.Context, r contract.GetCitizenshipRequestObject) (contract.GetCitizenshipResponseObject, error) {
	seen, err := s.human(ctx, r.Id, identity.ReadHolds)
	if err != nil {
		return nil, err
	}
	entries, err := gather(ctx, r.Id, seen, s.holds.Citizenship)
	if err != nil {
		return nil, fmt.Errorf("read citizenship: %w", err)
	}
	slices.SortStableFunc(entries, func(a, b CitizenshipEntry) int { return a.At.Compare(b.At) })
	return contract.GetCitizenship200JSONResponse{
		PersonId: r.Id, Citizenship: string(citizenshipNow(entries)), History: mapped(entries, citizenshipOf),
	}, nil
}

// knownCitizenship is empty for who does not need to know, whatever it is.
func (s *Server) knownCitizenship(ctx context.Context, personID string, of []RequestView) (Citizenship, error) {
	needs := slices.ContainsFunc(of, func(v RequestView) bool { return s.policy.Allows(principalOf(ctx), identity.ReadHolds, v.Subject()) })
	if !needs {
		return "", nil
	}
	entries, err := s.holds.Citizenship(ctx, personID)
	if err != nil {
		return "", fmt.Errorf("read citizenship: %w", err)
	}
	return citizenshipNow(entries), nil
}

// citizenshipNow is what was entered last, the newest of entries being their last; of
// whom counsel last found to be a citizen under any record, that they are one.
func citizenshipNow(entries []CitizenshipEntry) Citizenship {
	if len(entries) == 0 {
		return Unclaimed
	}
	found := map[string]Citizenship{}
	for _, entry := range entries {
		if entry.Citizenship != Claimed {
			found[entry.PersonID] = entry.Citizenship
		}
	}
	if slices.Contains(slices.Collect(maps.Values(found)), Citizen) {
		return Citizen
	}
	return entries[len(entries)-1].Citizenship
}

func citizenshipOf(e CitizenshipEntry) contract.CitizenshipEntry {
	return contract.CitizenshipEntry{Citizenship: string(e.Citizenship), Hold: e.HoldID, Source: e.Source, EnteredBy: e.By, EnteredAt: utc(e.At)}
}
