package api

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// ListCountries lists ISO 3166 with its withdrawn codes.
func (s *Server) ListCountries(ctx context.Context, _ contract.ListCountriesRequestObject) (contract.ListCountriesResponseObject, error) {
	if _, err := s.mayRead(ctx, identity.ReadPacks); err != nil {
		return nil, err
	}
	countries := mapped(s.packs.Countries(), func(c playbook.Country) contract.CountryEntry { return c })
	return contract.ListCountries200JSONResponse{Countries: countries}, nil
}

// GetPack reads the pack that new requests to a country use, or an earlier version.
func (s *Server) GetPack(ctx context.Context, r contract.GetPackRequestObject) (contract.GetPackResponseObject, error) {
	if _, err := s.mayRead(ctx, identity.ReadPacks); err != nil {
		return nil, err
	}
	if r.Params.Version != 0 {
		pack, ok := s.packs.Version(r.Country, r.Params.Version)
		if !ok {
			return nil, ErrNotFound
		}
		return contract.GetPack200JSONResponse(pack), nil
	}
	pack, err := s.packs.Pack(r.Country, calendar.DateOf(s.clock.Now().UTC()))
	if err != nil {
		return nil, newProblem(notFound, "no pack applies to the country")
	}
	return contract.GetPack200JSONResponse(pack), nil
}

func (s *Server) directoryData(ctx context.Context) (directory.Data, error) {
	if _, err := s.mayRead(ctx, identity.ReadDirectory); err != nil {
		return directory.Data{}, err
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return directory.Data{}, fmt.Errorf("read directory: %w", err)
	}
	return snapshot.Data(), nil
}

// ListPeople lists the people of the directory.
func (s *Server) ListPeople(ctx context.Context, _ contract.ListPeopleRequestObject) (contract.ListPeopleResponseObject, error) {
	data, err := s.directoryData(ctx)
	if err != nil {
		return nil, err
	}
	return contract.ListPeople200JSONResponse{People: mapped(data.People, func(p directory.Person) contract.DirectoryPerson { return p })}, nil
}

// ListOffices lists the field offices.
func (s *Server) ListOffices(ctx context.Context, _ contract.ListOfficesRequestObject) (contract.ListOfficesResponseObject, error) {
	data, err := s.directoryData(ctx)
	if err != nil {
		return nil, err
	}
	return contract.ListOffices200JSONResponse{Offices: mapped(data.Offices, func(o directory.Office) contract.DirectoryOffice { return o })}, nil
}

// ListPosts lists the consular posts.
func (s *Server) ListPosts(ctx context.Context, _ contract.ListPostsRequestObject) (contract.ListPostsResponseObject, error) {
	data, err := s.directoryData(ctx)
	if err != nil {
		return nil, err
	}
	return contract.ListPosts200JSONResponse{Posts: mapped(data.Posts, func(p directory.Post) contract.DirectoryPost { return p })}, nil
}

// ListDesks lists the desks.
func (s *Server) ListDesks(ctx context.Context, _ contract.ListDesksRequestObject) (contract.ListDesksResponseObject, error) {
	data, err := s.directoryData(ctx)
	if err != nil {
		return nil, err
	}
	return contract.ListDesks200JSONResponse{Desks: mapped(data.Desks, func(d directory.Desk) contract.DirectoryDesk { return d })}, nil
}
