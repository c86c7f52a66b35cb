package system

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/traveldoc/traveldoc/cmd/standalone/idp"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/web"
)

// applicationParts are the parts above database and engine, in the order in
// which they start. This is the one place that knows traveldoc's own packages:
// the mail drop and the identity provider come first, because the API verifies
// the provider's keys and the worker's first mail may be due at once; then the
// migrations, the worker, and last the API.
func applicationParts() []Part {
	return []Part{
		webPart{name: "maildrop", port: MailPort, open: openMaildrop},
		webPart{name: "idp", port: IdentityPort, open: openIdentity},
		migrationPart{},
		workerPart{},
		webPart{name: "codec", port: CodecPort, open: openCodec},
		webPart{name: "api", port: APIPort, open: openAPI},
	}
}

func openMaildrop(_ context.Context, house *House) (site, error) {
	folder := house.State.Path("maildrop")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return site{}, fmt.Errorf("make the mail drop's folder: %w", err)
	}
	key, err := house.State.Secret(mailKeySecret)
	if err != nil {
		return site{}, err
	}
	drop, err := maildrop.New(maildrop.Config{
		Dir: folder, PublicURL: cmp.Or(house.trial.MailURL, house.URL(MailPort)), APIKey: cmp.Or(house.trial.MailKey, key), WebhookURL: cmp.Or(house.trial.WebhookURL, house.webhookURL()),
		SigningKey: house.State.Path(webhookKeyFile), Clock: house.Clock.Now,
	})
	if err != nil {
		return site{}, err
	}
	return site{drop.Handler(), drop.Close}, nil
}

func openIdentity(_ context.Context, house *House) (site, error) {
	provider, err := idp.New(idp.Config{
		Issuer: cmp.Or(house.trial.Issuer, house.URL(IdentityPort)), Audience: cmp.Or(house.trial.Audience, Audience), Public: house.trial.Public,
		KeyFile: house.State.Path(identityKeyFile), Clock: house.Clock.Now, Users: house.Users,
		Return: house.URL(APIPort) + web.SignInReturn,
	})
	if err != nil {
		return site{}, err
	}
	return site{provider.Handler(), func() error { return nil }}, nil
}

// World is what traveldoc's own parts find around them: this house, the
// movable clock, and the example directory unless a file is named.
func (h *House) World(part config.Part) (serve.World, error) {
	settings, err := h.Settings()
	if err != nil {
		return serve.World{}, err
	}
	if part == config.Worker {
		if settings["DATABASE_URL"], err = h.databaseURL(workerLogin()); err != nil {
			return serve.World{}, err
		}
	}
	loaded, err := config.Load(func(name string) (string, bool) {
		value, ok := settings[name]
		return value, ok
	}, part)
	if err != nil {
		return serve.World{}, fmt.Errorf("settle the settings: %w", err)
	}
	w := serve.World{Config: loaded, Clock: h.Clock, Log: h.Log, Packs: h.Packs, Directory: h.Directory}
	if w.Directory == nil {
		snapshot, err := directory.ParseSeed(directory.ExampleSeed())
		if err != nil {
			return serve.World{}, fmt.Errorf("read the example directory: %w", err)
		}
		data := snapshot.Data()
		w.Directory = &data
	}
	return w, nil
}

// workerPart carries requests, clocks and mails on.
type workerPart struct{}

func (workerPart) Name() string { return "worker" }

func (workerPart) Start(ctx context.Context, house *House) (Running, error) {
	world, err := house.World(config.Worker)
	if err != nil {
		return nil, err
	}
	worker, err := serve.NewWorker(ctx, world)
	if err != nil {
		return nil, err
	}
	if err := worker.Start(ctx); err != nil {
		worker.Stop()
		return nil, err
	}
	return newRunning(func(context.Context) error {
		worker.Stop()
		return nil
	}), nil
}

func openCodec(ctx context.Context, house *House) (site, error) {
	world, err := house.World(config.CodecServer)
	if err != nil {
		return site{}, err
	}
	codec, err := serve.NewCodec(ctx, world)
	if err != nil {
		return site{}, err
	}
	return site{codec, func() error {
		codec.Close()
		return nil
	}}, nil
}

func openAPI(ctx context.Context, house *House) (site, error) {
	world, err := house.World(config.API)
	if err != nil {
		return site{}, err
	}
	handler, err := serve.NewAPI(ctx, world)
	if err != nil {
		return site{}, err
	}
	return site{handler, func() error {
		handler.Close()
		return nil
	}}, nil
}
