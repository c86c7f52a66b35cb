package codec

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"go.temporal.io/sdk/converter"
)

// What Admit answers; every other error is an outage.
var (
	ErrUnknown = errors.New("the caller is not known")
	ErrRefused = errors.New("the caller may not read histories")
)

// Server opens payloads for people who look at histories in the Temporal UI.
type Server struct {
	Keys Keys
	// Admit judges the bearer token of a call and says whose it is, as far as known.
	Admit func(ctx context.Context, bearer string) (subject string, err error)
	// Visit judges a call without one, by who is signed in on the pages of the
	// same host; nil lets nobody in so.
	Visit func(r *http.Request) (subject string, err error)
	// Enter puts a read or its refusal, nil or one of the errors above, on record
	// before it is answered. What it can't enter is not read.
	Enter func(ctx context.Context, subject string, refusal error) error
	// Origin is the only one whose pages may call, that of the Temporal UI.
	Origin string
}

// maxCall bounds the payloads of one call, in bytes: a page of a history.
const maxCall = 16 << 20

// Handler serves POST /decode as Temporal's codec servers do. It seals nothing:
// nobody steers workflows past traveldoc.
func (s Server) Handler() http.Handler {
	decode := converter.NewPayloadCodecHTTPHandler(New(s.Keys))
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	routes.HandleFunc("OPTIONS /decode", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	routes.HandleFunc("POST /decode", func(w http.ResponseWriter, r *http.Request) {
		if status := s.judge(r); status != http.StatusOK {
			http.Error(w, http.StatusText(status), status)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxCall)
		decode.ServeHTTP(w, r)
	})
	return s.fromOrigin(routes)
}

// fromOrigin lets browsers show answers to the Temporal UI alone.
func (s Server) fromOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Vary", "Origin")
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		if origin := r.Header.Get("Origin"); origin != "" {
			if origin != s.Origin {
				if r.Method == http.MethodPost {
					_ = s.Enter(r.Context(), "", ErrRefused) // it stands unrecorded too: nothing is shown
				}
				http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
				return
			}
			header.Set("Access-Control-Allow-Origin", origin)
			header.Set("Access-Control-Allow-Methods", "POST")
			if s.Visit != nil {
				header.Set("Access-Control-Allow-Credentials", "true")
			}
			header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
		}
		next.ServeHTTP(w, r)
	})
}

// judge answers every token that is not believed alike.
func (s Server) judge(r *http.Request) int {
	subject, err := s.admit(r)
	status := http.StatusOK
	switch {
	case err == nil:
	case errors.Is(err, ErrUnknown):
		status = http.StatusUnauthorized
	case errors.Is(err, ErrRefused):
		status = http.StatusForbidden
	default:
		return http.StatusServiceUnavailable
	}
	if entering := s.Enter(r.Context(), subject, err); entering != nil && err == nil {
		return http.StatusServiceUnavailable
	}
	return status
}

// admit: a cookie counts only with the UI's origin, which a browser alone sends
// and no page of another origin can.
func (s Server) admit(r *http.Request) (subject string, err error) {
	given := r.Header.Values("Authorization")
	if len(given) == 0 && s.Visit != nil && r.Header.Get("Origin") == s.Origin {
		return s.Visit(r)
	}
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(given) != 1 {
		return "", ErrUnknown
	}
	return s.Admit(r.Context(), bearer)
}
