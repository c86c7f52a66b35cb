package serve

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/web"
)

// pages are the site that people use, which calls the contract within this process.
func (b *backend) pages(world World, contract http.Handler) (*web.Site, error) {
	settings := world.Config.Identity
	sessions, err := identity.NewSessions(b.pool, identity.SessionConfig{
		Now: world.Clock.Now, Random: rand.Reader, Idle: settings.Idle, Lifetime: settings.Lifetime,
	})
	if err != nil {
		return nil, err
	}
	signIn, err := identity.NewSignIn(identity.SignInConfig{
		Issuer: settings.Issuer, ClientID: settings.ClientID, ClientSecret: settings.ClientSecret,
		RedirectURL: world.Config.PublicURL + web.SignInReturn, Now: world.Clock.Now, Random: rand.Reader,
	})
	if err != nil {
		return nil, err
	}
	return web.New(web.Config{
		API: contract, Sessions: sessions, SignIn: signIn, Index: b.store, Audit: audit.NewLog(b.pool), Directory: b.people, Country: b.countryName,
		PublicURL: world.Config.PublicURL, Clock: world.Clock, Log: world.Log,
	})
}

func (b *backend) countryName(alpha3 string) string {
	country, _ := b.packs.Country(alpha3)
	return country.Name
}

// withPages serves pages at every address that is not the contract's, nor unclean.
func withPages(pages, contract http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if contractual(r.URL.Path) {
			contract.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

func contractual(path string) bool {
	switch path {
	case "/v1", "/healthz", "/readyz", "/metrics":
		return true
	}
	return strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/problems/") || strings.HasPrefix(path, "//")
}
