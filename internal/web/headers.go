package web

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
)

// contentPolicy lets a page load nothing but this site's own files and be
// framed by nobody. Signing in is a link, because form-action also governs
// where a form is redirected to.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		header.Set("X-Robots-Tag", "noindex, nofollow")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

type lineKey struct{}

// line is a line of the access log while its page is served: the route's
// pattern and the caller's id, never an address or an entry.
type line struct {
	subject string
	status  int
}

func noteSubject(ctx context.Context, subject string) {
	if found, ok := ctx.Value(lineKey{}).(*line); ok {
		found.subject = subject
	}
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	line *line
}

// WriteHeader remembers the first status.
func (w statusWriter) WriteHeader(status int) {
	if w.line.status == 0 {
		w.line.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// logged writes a line for each page; a page that answers without a status answers 200.
func (s *Site) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := s.config.Clock.Now()
		noted := &line{}
		r = r.WithContext(context.WithValue(r.Context(), lineKey{}, noted))
		next.ServeHTTP(statusWriter{w, noted}, r)
		if noted.status == 0 {
			noted.status = http.StatusOK
		}
		s.config.Log.InfoContext(r.Context(), "page", "route", r.Pattern, "status", noted.status,
			"ms", s.config.Clock.Now().Sub(begun).Milliseconds(), "subject", noted.subject)
	})
}

// recovered answers a panic as a defect. The value stays out of the log,
// because it can repeat what somebody entered; the stack names the place.
func (s *Site) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				panic(value)
			}
			s.config.Log.ErrorContext(r.Context(), "page panicked", "kind", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
			(&visit{site: s, w: w, r: r}).fail(errDefect)
		}()
		next.ServeHTTP(w, r)
	})
}
