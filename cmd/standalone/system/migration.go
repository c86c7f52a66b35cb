package system

import (
	"context"

	"github.com/traveldoc/traveldoc/cmd/standalone/postgres"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
)

// migrationPart brings traveldoc's own tables up to date, seals what is in them,
// and makes the logins of the other parts.
type migrationPart struct{}

func (migrationPart) Name() string { return "migrate" }

func (migrationPart) Start(ctx context.Context, house *House) (Running, error) {
	reference, err := house.MasterKey()
	if err != nil {
		return nil, err
	}
	if err := serve.Migrate(ctx, house.Server.URL(postgres.Traveldoc), []string{reference}, house.Clock); err != nil {
		return nil, err
	}
	if err := house.makeLogins(ctx); err != nil {
		return nil, err
	}
	return newRunning(func(context.Context) error { return nil }), nil
}
