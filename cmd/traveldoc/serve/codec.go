package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
	"github.com/traveldoc/traveldoc/internal/vault/codec"
	"github.com/traveldoc/traveldoc/internal/web"
)

// Codec opens histories for the Temporal UI.
type Codec struct {
	http.Handler
	pool *pgxpool.Pool
}

// Close gives the connections back.
func (c *Codec) Close() { c.pool.Close() }

// NewCodec builds the codec server. Auditors and admins may read histories: by
// bearer token, or signed in on the pages of the host that the UI is on too.
func NewCodec(ctx context.Context, world World) (*Codec, error) {
	settings := world.Config.Identity
	verifier, err := identity.NewVerifier(identity.Config{Issuer: settings.Issuer, Audience: settings.Audience, Now: world.Clock.Now})
	if err != nil {
		return nil, err
	}
	masters, err := vault.OpenMasters(ctx, world.Config.MasterKeys)
	if err != nil {
		return nil, err
	}
	pool, err := store.Connect(ctx, world.Config.DatabaseURL)
	if err != nil {
		return nil, err
	}
	sessions, err := identity.NewSessions(pool, identity.SessionConfig{
		Now: world.Clock.Now, Random: rand.Reader, Idle: settings.Idle, Lifetime: settings.Lifetime,
	})
	if err != nil {
		pool.Close()
		return nil, err
	}
	readers := historyReaders{verifier, sessions, strings.HasPrefix(world.Config.PublicURL, "https://"), world.Log}
	return &Codec{pool: pool, Handler: codec.Server{
		Keys: vault.New(pool, masters, world.Clock).Payloads(), Admit: readers.admit, Visit: readers.visit, Origin: world.Config.Codec.Origin,
	}.Handler()}, nil
}

// historyReaders tell who may read histories.
type historyReaders struct {
	tokens   *identity.Verifier
	sessions *identity.Sessions
	secure   bool // the pages are reached over https
	log      *slog.Logger
}

func (h historyReaders) admit(ctx context.Context, bearer string) error {
	caller, err := h.tokens.Verify(ctx, bearer)
	if errors.Is(err, identity.ErrUnauthorized) {
		return codec.ErrUnknown
	}
	if err != nil {
		return err
	}
	return h.judge(ctx, caller)
}

func (h historyReaders) visit(r *http.Request) error {
	session, err := h.sessions.Find(r.Context(), web.SessionID(r, h.secure))
	if errors.Is(err, identity.ErrNoSession) {
		return codec.ErrUnknown
	}
	if err != nil {
		return err
	}
	return h.judge(r.Context(), session.Caller)
}

func (h historyReaders) judge(ctx context.Context, caller identity.Principal) error {
	if !slices.Contains(caller.Roles, identity.Auditor) && !slices.Contains(caller.Roles, identity.Admin) {
		h.log.WarnContext(ctx, "histories refused", "subject", caller.Subject)
		return codec.ErrRefused
	}
	h.log.InfoContext(ctx, "histories read", "subject", caller.Subject)
	return nil
}
