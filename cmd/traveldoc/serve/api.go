package serve

import (
	"context"
	"net/http"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/courtpdf"
	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/gateway"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/outgoing"
	"github.com/traveldoc/traveldoc/internal/report"
	"github.com/traveldoc/traveldoc/internal/retention"
)

// API is the HTTP side of traveldoc.
type API struct {
	backend  *backend
	prompter *prompter
	sweeper  *sweeper
	handler  http.Handler
}

// NewAPI builds the handler and what it stands on.
func NewAPI(ctx context.Context, world World) (*API, error) {
	b, err := open(ctx, world)
	if err != nil {
		return nil, err
	}
	files, err := b.files(world)
	if err != nil {
		b.close()
		return nil, err
	}
	prompter := newPrompter(b.client(), world.Log)
	handler, err := b.site(world, prompter, files)
	if err != nil {
		prompter.stop()
		b.close()
		return nil, err
	}
	return &API{backend: b, prompter: prompter, sweeper: newSweeper(files, world.Log), handler: patient(handler)}, nil
}

// site is everything that is served: the contract, the figures beside it, and the pages.
func (b *backend) site(world World, prompter *prompter, files *documents.Files) (http.Handler, error) {
	server, err := b.api(world, prompter, files)
	if err != nil {
		return nil, err
	}
	pages, err := b.pages(world, server)
	if err != nil {
		return nil, err
	}
	return withPages(pages, besides(b.metrics.Handler(), server)), nil
}

// besides serves the figures beside the contract. The standard library's own
// router would answer an unclean address by a redirect, before any token is asked for.
func besides(metrics, contract http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/metrics" {
			metrics.ServeHTTP(w, r)
			return
		}
		contract.ServeHTTP(w, r)
	})
}

func (b *backend) api(world World, prompter *prompter, files *documents.Files) (*api.Server, error) {
	verifier, err := identity.NewVerifier(identity.Config{
		Issuer: world.Config.Identity.Issuer, Audience: world.Config.Identity.Audience, Now: world.Clock.Now,
	})
	if err != nil {
		return nil, err
	}
	webhook, err := mail.NewWebhook(world.Config.Mail.WebhookPublicKeys)
	if err != nil {
		return nil, err
	}
	c := b.carrying(world, files)
	c.Verifier = identity.CallerVerifier{Tokens: verifier}
	c.Holds = promptHolds{c.Holds, prompter}
	c.LegalEvents = promptLegal{c.LegalEvents, prompter}
	c.Files, c.UploadWait, c.UploadLimit = files, uploadTime, world.Config.Documents.Bytes
	c.Reports = report.New(b.pool)
	c.MailEvents = webhook
	c.MailReports = b.store
	c.Audit, c.Print = audit.NewLog(b.pool), courtpdf.Printer{}
	c.Health = map[string]api.Health{"database": b.store, "engine": engineHealth{b.engine}}
	return api.New(c)
}

// carrying is what finishing commands needs, in the API and in the reconciler.
func (b *backend) carrying(world World, files outgoing.Files) api.Config {
	engine := api.Engine(b.client())
	if world.Engine != nil {
		engine = world.Engine(engine)
	}
	ledger := gateway.NewLedger(b.pool, world.Clock)
	return api.Config{
		Dispatches: ledger, Gateway: gateway.NewWays(ledger, b.store),
		Clock: world.Clock, Engine: engine, Commands: b.store, Intakes: b.store, Fence: b.store,
		Holds: b.store.Holds(), LegalEvents: b.store.LegalEvents(), Reads: b.store, Documents: b.documents(world), Directory: b.people,
		LegalHolds: retention.NewLegalHolds(b.pool, world.Clock),
		BreakGlass: b.store.BreakGlass(),
		Persons:    b.store.Persons(), Merges: b.store.Merges(), Issuers: b.store.Issuers(), Consents: b.store.Consents(),
		Packages: b.outgoing(world, files), Packs: b.packs, Log: world.Log,
	}
}

// ServeHTTP answers a call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Close gives connections back.
func (a *API) Close() {
	a.sweeper.stop()
	a.prompter.stop()
	a.backend.close()
}
