package system

import (
	"context"
	"os"

	"github.com/traveldoc/traveldoc/cmd/standalone/idp"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
)

// applicationParts are the parts above database and engine, in the order in
// which they start. This is the one place that knows traveldoc's own packages:
// the mail drop and the identity provider come first, because the API verifies
// the provider's keys and the worker's first mail may be due at once; then the
// migrations, the worker, and last the API.
func applicationParts() []Part {
	return []Part{
		webPart{name: "maildrop", port: MailPort, open: openMailDrop},
		webPart{name: "idp", port: IdentityPort, open: openIdentity},
	}
}

func openMailDrop(_ context.Context, house *House) (site, error) {
	folder := house.State.Path("maildrop")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return site{}, err
	}
	key, err := house.State.Secret(mailKeySecret)
	if err != nil {
		return site{}, err
	}
	drop, err := maildrop.New(maildrop.Config{
		Dir:        folder,
		PublicURL:  house.URL(MailPort),
		APIKey:     key,
		WebhookURL: house.webhookURL(),
		SigningKey: house.State.Path(webhookKeyFile),
		Clock:      house.Clock.Now,
	})
	if err != nil {
		return site{}, err
	}
	return site{Handler: drop.Handler(), close: drop.Close}, nil
}

func openIdentity(_ context.Context, house *House) (site, error) {
	provider, err := idp.New(idp.Config{
		Issuer:   house.URL(IdentityPort),
		Audience: Audience,
		KeyFile:  house.State.Path(identityKeyFile),
		Clock:    house.Clock.Now,
	})
	if err != nil {
		return site{}, err
	}
	return site{Handler: provider.Handler(), close: func() error { return nil }}, nil
}
