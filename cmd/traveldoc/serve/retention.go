package serve

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/retention"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// WithKeeper does something with who knows what is kept no longer. Where that is
// ordered in somebody's name, they are an administrator or counsel.
func WithKeeper(ctx context.Context, world World, by string, work func(*retention.Keeper) error) error {
	periods := retention.DefaultPeriods()
	if text := world.Config.RetentionYears; text != "" {
		var err error
		if periods, err = retention.ParsePeriods(text); err != nil {
			return fmt.Errorf("TRAVELDOC_RETENTION_YEARS: %w", err)
		}
	}
	folder, err := documents.OpenFolder(world.Config.Documents.Folder)
	if err != nil {
		return err
	}
	masters, err := vault.OpenMasters(ctx, world.Config.MasterKeys)
	if err != nil {
		return err
	}
	pool, err := store.Connect(ctx, world.Config.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	if by != "" {
		order := Order{By: by, Action: "person.destroy", Roles: []identity.Role{identity.Admin, identity.Counsel}}
		if err := MayOrder(ctx, pool, world, order); err != nil {
			return err
		}
	}
	return work(retention.NewKeeper(retention.Config{
		Pool: pool, Vault: vault.New(pool, masters, world.Clock), Clock: world.Clock, Periods: periods,
		Shelves: []retention.Shelf{documents.NewShelf(pool, folder)},
	}))
}
