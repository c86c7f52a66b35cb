package api

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// GetPerson tells who a person is, to those who need to know.
func (s *Server) GetPerson(ctx context.Context, r contract.GetPersonRequestObject) (contract.GetPersonResponseObject, error) {
	seen, err := s.person(ctx, r.Id, identity.ReadPerson)
	if err != nil {
		return nil, err
	}
	details, err := s.reads.Person(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read person: %w", err)
	}
	citizenship, err := s.knownCitizenship(ctx, r.Id, seen)
	if err != nil {
		return nil, err
	}
	return contract.GetPerson200JSONResponse{
		Id: r.Id, FamilyName: details.FamilyName, GivenNames: details.GivenNames, BirthDate: details.BirthDate, ANumber: details.ANumber,
		Citizenship: string(citizenship),
	}, nil
}
