package serve

import (
	"context"

	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/internal/vault/codec"
)

// engineOptions make a client that seals what it gives the engine.
func engineOptions(world World, v *vault.Vault) client.Options {
	options := client.Options{
		HostPort: world.Config.Temporal.Address, Namespace: world.Config.Temporal.Namespace,
		Logger: temporallog.NewStructuredLogger(world.Log),
	}
	codec.Apply(&options, v.Payloads())
	return options
}

// EngineOptions make a client, or a replay of histories, that opens what
// traveldoc sealed in the engine. Closer gives the connections back.
func EngineOptions(ctx context.Context, world World) (options client.Options, closer func(), err error) {
	masters, err := vault.OpenMasters(ctx, world.Config.MasterKeys)
	if err != nil {
		return client.Options{}, nil, err
	}
	pool, err := store.Connect(ctx, world.Config.DatabaseURL)
	if err != nil {
		return client.Options{}, nil, err
	}
	return engineOptions(world, vault.New(pool, masters, world.Clock)), pool.Close, nil
}
