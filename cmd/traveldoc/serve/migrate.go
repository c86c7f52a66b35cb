package serve

import (
	"context"

	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Migrate brings the database up to date and seals what was kept in the clear.
func Migrate(ctx context.Context, databaseURL string, masterKeys []string, clock vault.Clock) error {
	masters, err := vault.OpenMasters(ctx, masterKeys)
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx, databaseURL); err != nil {
		return err
	}
	return store.Seal(ctx, databaseURL, masters, clock)
}
