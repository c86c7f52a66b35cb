// Package web is the pages: server-rendered, usable without JavaScript and by
// keyboard alone. It shows what the API answers and hands over what people
// decide. It has no rules of its own: each page calls the operations of the
// API within this process, for the caller whose session it looked up, so that
// policy, validation, idempotency and record are the API's.
package web

import (
	"context"
	"net/url"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// Sessions keeps who is signed in; identity.Sessions is one.
type Sessions interface {
	Begin(ctx context.Context, caller identity.Principal) (id string, err error)
	// Find gives identity.ErrNoSession for whoever is not signed in.
	Find(ctx context.Context, id string) (identity.Session, error)
	End(ctx context.Context, id string) error
}

// SignIn leads people to the identity provider and back; identity.SignIn is one.
type SignIn interface {
	Begin(ctx context.Context) (attempt identity.Attempt, address string, err error)
	Finish(ctx context.Context, attempt identity.Attempt, answer url.Values) (identity.Principal, error)
}

// Index turns what addresses of pages name into ids. It says nothing of what a
// caller may see: the operation that is then asked for does. Errors are api.ErrNotFound.
type Index interface {
	MailLink(ctx context.Context, token string) (api.MailLink, error)
	RequestByCode(ctx context.Context, code string) (api.RequestView, error)
	Request(ctx context.Context, id string) (api.RequestView, error)
	Escalation(ctx context.Context, id string) (api.EscalationView, error)
}

// Audit puts on record what pages refuse: sign-ins, forms, codes and links.
type Audit interface {
	Enter(ctx context.Context, act api.AuditAct) error
}

// Directory names people, offices and posts.
type Directory interface {
	Snapshot(ctx context.Context) (directory.Snapshot, error)
}
