package api

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// entry is a line of the access log while its call is served: the route's
// template and the caller's id, never an address or a body.
type entry struct {
	route   string
	subject string
	object  string // kind and id of what the call is about
	refusal cause  // why the call was not served, unless a stored answer says so
}

// entryOf never gives nil, so that code outside a call can be tested.
func entryOf(ctx context.Context) *entry {
	if found, ok := ctx.Value(entryKey).(*entry); ok {
		return found
	}
	return &entry{}
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the first status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write answers 200 when nothing else was said.
func (r *recorder) Write(body []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// recovered answers a panic as a defect. The value stays out of the log,
// because it can repeat what a caller sent; the stack names the place.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				panic(value)
			}
			s.log.ErrorContext(r.Context(), "handler panicked", "kind", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
			s.fail(w, r, newProblem(internalError, ""))
		}()
		next.ServeHTTP(w, r)
	})
}

// logged writes one line for each call, and sets the headers that every answer has.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := s.clock.Now()
		line := &entry{route: "unmatched", object: "api"}
		rec := &recorder{ResponseWriter: w}
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		defer func() {
			s.log.InfoContext(r.Context(), "call", "route", line.route, "status", rec.status,
				"ms", s.clock.Now().Sub(begun).Milliseconds(), "subject", line.subject)
		}()
		next.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), entryKey, line)))
	})
}

// traced makes a span of each call.
func traced(next http.Handler) http.Handler { return otelhttp.NewHandler(next, "api") }
