package system

import (
	"context"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/internal/store"
)

// migrationPart brings traveldoc's own tables up to date and is then done.
type migrationPart struct{}

func (migrationPart) Name() string { return "migrate" }

func (migrationPart) Start(ctx context.Context, house *House) (Running, error) {
	if err := store.Migrate(ctx, house.Server.URL(postgres.Traveldoc)); err != nil {
		return nil, err
	}
	return newRunning(func(context.Context) error { return nil }), nil
}
