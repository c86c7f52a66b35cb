package serve

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/audit"
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
	readers := historyReaders{
		tokens: verifier, sessions: sessions, secure: strings.HasPrefix(world.Config.PublicURL, "https://"),
		audit: audit.NewLog(pool), now: world.Clock.Now, log: world.Log,
	}
	return &Codec{pool: pool, Handler: codec.Server{
		Keys: vault.New(pool, masters, world.Clock).Payloads(), Admit: readers.admit, Visit: readers.visit, Enter: readers.enter,
		Origin: world.Config.Codec.Origin,
	}.Handler()}, nil
}

// historyReaders tell who may read histories, and put them on record.
type historyReaders struct {
	tokens   *identity.Verifier
	sessions *identity.Sessions
	secure   bool // the pages are reached over https
	audit    audit.Log
	now      func() time.Time
	log      *slog.Logger
}

func (h historyReaders) admit(ctx context.Context, bearer string) (string, error) {
	caller, err := h.tokens.Verify(ctx, bearer)
	if errors.Is(err, identity.ErrUnauthorized) {
		return "", codec.ErrUnknown
	}
	if err != nil {
		return "", err
	}
	return mayReadHistories(caller)
}

func (h historyReaders) visit(r *http.Request) (string, error) {
	session, err := h.sessions.Find(r.Context(), web.SessionID(r, h.secure))
	if errors.Is(err, identity.ErrNoSession) {
		return "", codec.ErrUnknown
	}
	if err != nil {
		return "", err
	}
	return mayReadHistories(session.Caller)
}

func mayReadHistories(caller identity.Principal) (string, error) {
	if !caller.Has(identity.Auditor) && !caller.Has(identity.Admin) {
		return caller.Subject, codec.ErrRefused
	}
	return caller.Subject, nil
}

func (h historyReaders) enter(ctx context.Context, subject string, refusal error) error {
	act := api.AuditAct{
		At: h.now(), Actor: cmp.Or(subject, api.Nobody), Action: "histories.read", Object: "histories", Outcome: "done",
	}
	switch {
	case errors.Is(refusal, codec.ErrUnknown):
		act.Outcome = "unauthorized"
	case refusal != nil:
		act.Outcome = "forbidden"
	}
	h.log.InfoContext(ctx, "histories asked for", "subject", act.Actor, "outcome", act.Outcome)
	err := h.audit.Enter(ctx, act)
	if err != nil {
		h.log.ErrorContext(ctx, "histories are not in the audit log", "outcome", act.Outcome, "error", err.Error())
	}
	return err
}
