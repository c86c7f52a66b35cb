package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// Config is what the pages stand on; everything is required.
type Config struct {
	API       http.Handler // believes identity.SignedIn
	Sessions  Sessions
	SignIn    SignIn
	Index     Index
	Audit     Audit
	Directory Directory
	Country   func(alpha3 string) string // its name
	PublicURL string                     // where people reach the pages, without a slash at its end
	Clock     api.Clock
	Log       *slog.Logger
}

// Site serves the pages.
type Site struct {
	config    Config
	policy    identity.Policy
	templates templates
	assets    assets
	origin    string // scheme and host of PublicURL
	host      string
	secure    bool // reached over https
	handler   http.Handler
}

// New checks the configuration and parses the templates.
func New(config Config) (*Site, error) {
	for _, port := range []any{config.API, config.Sessions, config.SignIn, config.Index, config.Audit, config.Directory, config.Clock} {
		if port == nil {
			return nil, errors.New("configure pages: a port is missing")
		}
	}
	public, err := url.Parse(config.PublicURL)
	if err != nil || public.Host == "" || config.Country == nil || config.Log == nil {
		return nil, errors.New("configure pages: public address, country names and log are required")
	}
	s := &Site{
		config: config, policy: identity.NewPolicy(), origin: public.Scheme + "://" + public.Host, host: public.Host,
		secure: public.Scheme == "https",
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.templates, err = loadTemplates(s.assets); err != nil {
		return nil, err
	}
	s.handler = s.logged(s.recovered(secured(s.routes())))
	return s, nil
}

// ServeHTTP answers a call.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Site) routes() http.Handler {
	routes := http.NewServeMux()
	routes.Handle("GET /assets/", s.assets)
	routes.HandleFunc("GET /sign-in", s.anyone(s.showSignIn))
	routes.HandleFunc("GET "+signInStart, s.anyone(s.startSignIn))
	routes.HandleFunc("GET "+signInReturn, s.anyone(s.finishSignIn))
	routes.HandleFunc("POST /sign-out", s.form(s.signOut))
	routes.HandleFunc("POST /session", s.form(s.stay))
	routes.HandleFunc("GET /{$}", s.page(s.showStart))
	routes.HandleFunc("POST /search", s.form(s.search))
	routes.HandleFunc("GET /help", s.page(s.showHelp))
	routes.HandleFunc("GET /a/{token}", s.page(s.followLink))
	routes.HandleFunc("GET /escalations/{id}", s.page(s.showEscalation))
	routes.HandleFunc("POST /escalations/{id}", s.form(s.acknowledge))
	routes.HandleFunc("GET /requests/{code}", s.page(s.showRequest))
	routes.HandleFunc("GET /requests/{code}/merges/new", s.page(s.showMerge))
	routes.HandleFunc("POST /requests/{code}/merges/new", s.form(s.mergePersons))
	routes.HandleFunc("GET /requests/{code}/merges/{id}", s.page(s.showSplit))
	routes.HandleFunc("POST /requests/{code}/merges/{id}", s.form(s.splitPersons))
	routes.HandleFunc("GET /requests/{code}/country-consent", s.page(s.showConsent))
	routes.HandleFunc("POST /requests/{code}/country-consent", s.form(s.consent))
	routes.HandleFunc("GET /requests/{code}/consular-notifications/new", s.page(s.showNotification))
	routes.HandleFunc("POST /requests/{code}/consular-notifications/new", s.form(s.recordNotification))
	routes.HandleFunc("GET /requests/{code}/nationalities/new", s.page(s.showNationality))
	routes.HandleFunc("POST /requests/{code}/nationalities/new", s.form(s.claimNationality))
	routes.HandleFunc("GET /reviews/{code}", s.page(s.showReview))
	routes.HandleFunc("POST /reviews/{code}", s.form(s.decideReview))
	routes.HandleFunc("POST /reviews/{code}/disclosures", s.form(s.decideDisclosure))
	routes.HandleFunc("GET /packages/{id}/content", s.page(s.showPackage))
	routes.HandleFunc("GET /packages/{id}/manifest", s.page(s.showManifest))
	routes.HandleFunc("GET /holds", s.page(s.showHolds))
	routes.HandleFunc("GET /requests/{code}/holds/new", s.page(s.showNewHold))
	routes.HandleFunc("POST /requests/{code}/holds/new", s.form(s.placeHold))
	routes.HandleFunc("GET /requests/{code}/citizenship-claim", s.page(s.showClaim))
	routes.HandleFunc("POST /requests/{code}/citizenship-claim", s.form(s.reportClaim))
	routes.HandleFunc("GET /holds/{id}/lift", s.page(s.showLift))
	routes.HandleFunc("POST /holds/{id}/lift", s.form(s.liftHold))
	routes.HandleFunc("GET /dispatches/{id}/bundle", s.page(s.showBundle))
	routes.HandleFunc("GET /dispatches/{id}/{step}", s.page(s.showDispatchStep))
	routes.HandleFunc("POST /dispatches/{id}/{step}", s.form(s.recordDispatchStep))
	routes.HandleFunc("GET /holds/{id}/amend", s.page(s.showAmend))
	routes.HandleFunc("POST /holds/{id}/amend", s.form(s.amendHold))
	routes.HandleFunc("GET /holds/{id}/finding", s.page(s.showFinding))
	routes.HandleFunc("POST /holds/{id}/finding", s.form(s.findCitizenship))
	routes.HandleFunc("GET /liftings/{id}", s.page(s.showLifted))
	routes.HandleFunc("/", s.anyone(func(*visit) error { return errAbsent }))
	return routes
}

// visit is one call of a page.
type visit struct {
	site    *Site
	w       http.ResponseWriter
	r       *http.Request
	session identity.Session // zero for who is not signed in
}

func (v *visit) ctx() context.Context { return v.r.Context() }

func (v *visit) now() time.Time { return v.site.config.Clock.Now().UTC() }

func (v *visit) caller() identity.Principal { return v.session.Caller }

// seeOther leads on after a POST, so that reloading does not repeat it.
func (v *visit) seeOther(address string) error {
	http.Redirect(v.w, v.r, address, http.StatusSeeOther)
	return nil
}

// anyone serves a page that needs no sign-in; whoever is signed in stays known.
func (s *Site) anyone(serve func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{site: s, w: w, r: r}
		if session, err := s.sessionOf(r); err == nil {
			v.session = session
		}
		if err := serve(v); err != nil {
			v.fail(err)
		}
	}
}

// page serves a page to who is signed in, and leads others to signing in and back here.
func (s *Site) page(serve func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{site: s, w: w, r: r}
		var err error
		v.session, err = s.sessionOf(r)
		if errors.Is(err, identity.ErrNoSession) {
			s.comeBack(w, r.URL.Path)
			err = v.seeOther("/sign-in")
		} else if err == nil {
			noteSubject(r.Context(), v.caller().Subject)
			err = serve(v)
		} else {
			err = fmt.Errorf("%w: %w", errAway, err)
		}
		if err != nil {
			v.fail(err)
		}
	}
}

// Forms are short; documents have a limit of their own.
const (
	formLimit     = 64 << 10
	documentLimit = 32 << 20
)

// form serves a POST of this site's own forms: from its own origin, in a
// session, with that session's token. Nothing else changes anything.
func (s *Site) form(serve func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := &visit{site: s, w: w, r: r}
		err := v.readForm()
		if err == nil {
			noteSubject(r.Context(), v.caller().Subject)
			err = serve(v)
		}
		if err != nil {
			v.fail(err)
		}
	}
}

func (v *visit) readForm() error {
	if v.r.Header.Get("Origin") != v.site.origin {
		return errForeign
	}
	session, err := v.site.sessionOf(v.r)
	if errors.Is(err, identity.ErrNoSession) {
		return errSessionEnded
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errAway, err)
	}
	v.session = session
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/form-data") {
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, documentLimit)
		err = v.r.ParseMultipartForm(documentLimit)
	} else {
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, formLimit)
		err = v.r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errTooLarge
	case err != nil:
		return fmt.Errorf("%w: %w", errUnreadable, err)
	case !session.OwnForm(v.r.PostForm.Get("form_token")):
		return errForeign
	}
	return nil
}

// entry is what a form field holds, without the spaces around it.
func (v *visit) entry(name string) string { return strings.TrimSpace(v.r.PostForm.Get(name)) }
