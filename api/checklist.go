package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// GetChecklist holds the documents of a request against its country pack.
func (s *Server) GetChecklist(ctx context.Context, r contract.GetChecklistRequestObject) (contract.GetChecklistResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if !s.policy.Allows(principalOf(ctx), identity.ReadDocuments, view.Subject()) {
		return nil, newProblem(forbidden, "")
	}
	pack, err := s.packOf(view)
	if err != nil {
		return nil, err
	}
	seen, err := s.human(ctx, view.PersonID, identity.ReadDocuments)
	if err != nil {
		return nil, err
	}
	present, err := s.presentDocuments(ctx, view, seen)
	if err != nil {
		return nil, err
	}
	answer := contract.GetChecklist200JSONResponse{Items: []contract.ChecklistItem{}, Missing: []string{}, Other: present[OtherDocument]}
	for _, item := range pack.Checklist {
		documents := append([]string{}, present[item.ID]...)
		if item.Required && len(documents) == 0 && !playbook.Made(item.ID) {
			answer.Missing = append(answer.Missing, item.ID)
		}
		answer.Items = append(answer.Items, contract.ChecklistItem{
			Id: item.ID, Title: item.Title, Required: item.Required, Proves: contract.ChecklistItemProves(item.Proves), Sensitive: item.Sensitive, Documents: documents,
		})
	}
	return answer, nil
}

// presentDocuments are the ids of the documents that may serve a request and
// are not withdrawn, by type: its own, those of the person, and those of the records
// merged with the person's that requests in sight are under.
func (s *Server) presentDocuments(ctx context.Context, view RequestView, seen []RequestView) (map[string][]string, error) {
	all, err := gather(ctx, view.PersonID, seen, s.documents.List)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	present := map[string][]string{}
	for _, document := range all {
		if document.WithdrawnAt.IsZero() && document.within([]RequestView{view}) {
			present[document.Type] = append(present[document.Type], document.ID)
		}
	}
	return present, nil
}

// holds tells whether a document of a type is in a package.
func (p Package) holds(documentType string) bool {
	return slices.ContainsFunc(p.Items, func(i PackageItem) bool { return i.Type == documentType })
}

// agree holds what a review is asked for against the documents on record, and
// against the package: what is on record nowhere is a gap, and has its reason.
func (s *Server) agree(ctx context.Context, view RequestView, act *tdr.RequestReview, faults *fieldErrors) error {
	// What lies under another record of the human is in no package of this one, and
	// not everyone who reviews it sees that record.
	present, err := s.presentDocuments(ctx, view, nil)
	if err != nil {
		return err
	}
	packed, err := s.packages.PackageOf(ctx, view.RequestID, act.Content)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("read package: %w", err)
	}
	for i, item := range act.Present {
		switch {
		case playbook.Made(item):
		case len(present[item]) == 0:
			faults.add(fmt.Sprintf("present.%d", i), "no document of it is on record")
		case packed.ID != "" && !packed.holds(item):
			faults.add(fmt.Sprintf("present.%d", i), "the package holds no document of it")
		}
	}
	for i, gap := range act.Gaps {
		if len(present[gap.Item]) > 0 {
			faults.add(fmt.Sprintf("gaps.%d.item", i), "a document of it is on record")
		}
	}
	return nil
}
