package serve

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/courtpdf"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/gateway"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// ExportedHistory is a request's contact history in both forms.
type ExportedHistory struct {
	Code string // of the request
	JSON []byte
	PDF  []byte
}

// ExportHistory reads the contact history of a request in the name of somebody
// of the directory, as the API would answer them. api.ErrNotFound,
// api.ErrMayNotExport.
func ExportHistory(ctx context.Context, world World, requestID, by string) (ExportedHistory, error) {
	if uuid.Validate(requestID) != nil {
		return ExportedHistory{}, errors.New("the request is named by its id, a UUID")
	}
	masters, err := vault.OpenMasters(ctx, world.Config.MasterKeys)
	if err != nil {
		return ExportedHistory{}, err
	}
	pool, err := store.Connect(ctx, world.Config.DatabaseURL)
	if err != nil {
		return ExportedHistory{}, err
	}
	defer pool.Close()
	people := store.NewPeople(pool, world.Clock)
	reads := store.New(pool, store.Options{
		Clock: world.Clock, Directory: people, Random: rand.Reader, Rules: custody.Newest(), Vault: vault.New(pool, masters, world.Clock),
	})
	order := api.HistoryOrder{RequestID: requestID, Now: world.Clock.Now()}
	if order.By, err = principal(ctx, people, by, world); err != nil {
		return ExportedHistory{}, err
	}
	history, err := api.ExportContactHistory(ctx, api.HistoryReads{Reads: reads, Dispatches: gateway.NewLedger(pool, world.Clock)}, audit.NewLog(pool), order)
	if err != nil {
		return ExportedHistory{}, err
	}
	exported := ExportedHistory{Code: history.Request.Code}
	if exported.JSON, err = json.Marshal(history.Contract()); err != nil {
		return ExportedHistory{}, fmt.Errorf("write contact history: %w", err)
	}
	if exported.PDF, err = (courtpdf.Printer{}).PDF(history); err != nil {
		return ExportedHistory{}, fmt.Errorf("print contact history: %w", err)
	}
	return exported, nil
}

// principal is somebody with the roles and reach that the directory gives them
// now. Nobody it does not know has any.
func principal(ctx context.Context, people *store.People, id string, world World) (identity.Principal, error) {
	snapshot, err := people.Snapshot(ctx)
	if err != nil {
		return identity.Principal{}, err
	}
	found := identity.Principal{Subject: id}
	person, known := snapshot.PersonOn(id, world.Clock.Now())
	if !known {
		return found, nil
	}
	found.Offices, found.Countries, found.Posts = person.Offices, person.Countries, person.Posts
	for _, role := range person.Roles {
		found.Roles = append(found.Roles, identity.Role(role))
	}
	return found, nil
}
