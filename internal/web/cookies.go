package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// What the browser keeps. Over https the names begin with __Host-, so that no
// other site of the domain can set them (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie = "traveldoc-session"
	attemptCookie = "traveldoc-sign-in"
	returnCookie  = "traveldoc-return"
)

// attemptLife is how long a sign-in may take at the provider.
const attemptLife = 10 * time.Minute

func (s *Site) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie keeps a value for a while; zero keeps it until the browser ends,
// negative forgets it. Lax lets a link in a mail arrive signed in.
func (s *Site) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(life / time.Second),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Site) forget(w http.ResponseWriter, name string) { s.setCookie(w, name, "", -time.Second) }

func (s *Site) cookie(r *http.Request, name string) string {
	found, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return found.Value
}

// SessionID is the id of the session that a browser's call brings to a site
// reached over https or not; empty when it brings none.
func SessionID(r *http.Request, secure bool) string {
	return (&Site{secure: secure}).cookie(r, sessionCookie)
}

func (s *Site) sessionOf(r *http.Request) (identity.Session, error) {
	return s.config.Sessions.Find(r.Context(), s.cookie(r, sessionCookie))
}

// comeBack remembers the page that was asked for. It travels in a cookie and
// not in an address, because it can hold the token of a mail.
func (s *Site) comeBack(w http.ResponseWriter, path string) {
	s.setCookie(w, returnCookie, base64.RawURLEncoding.EncodeToString([]byte(path)), attemptLife)
}

// wanted is the page to lead back to: a path of this site, or the start.
func (s *Site) wanted(r *http.Request) string {
	raw, err := base64.RawURLEncoding.DecodeString(s.cookie(r, returnCookie))
	path := string(raw)
	if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\?#\r\n\t") {
		return "/"
	}
	return path
}

func (s *Site) keepAttempt(w http.ResponseWriter, attempt identity.Attempt) error {
	raw, err := json.Marshal(attempt)
	if err != nil {
		return err
	}
	s.setCookie(w, attemptCookie, base64.RawURLEncoding.EncodeToString(raw), attemptLife)
	return nil
}

// attemptOf is zero for a browser that began none; identity.SignIn refuses that.
func (s *Site) attemptOf(r *http.Request) identity.Attempt {
	var attempt identity.Attempt
	raw, err := base64.RawURLEncoding.DecodeString(s.cookie(r, attemptCookie))
	if err != nil || json.Unmarshal(raw, &attempt) != nil {
		return identity.Attempt{}
	}
	return attempt
}
