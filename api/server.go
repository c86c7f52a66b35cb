package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"go.opentelemetry.io/otel/trace"
)

// Config is what the handlers stand on. All ports are required, except that
// Health may be empty.
type Config struct {
	Clock       Clock
	Verifier    Verifier
	Engine      Engine
	Commands    Commands
	Intakes     Intakes
	Fence       Fence
	Holds       Holds
	LegalEvents LegalEvents
	Persons     Persons
	Consents    Consents
	Merges      Merges
	Issuers     Issuers
	Reads       Reads
	Documents   Documents
	LegalHolds  LegalHolds
	BreakGlass  BreakGlass
	Dispatches  Dispatches
	Gateway     Gateway
	Files       DocumentFiles
	Packages    Packages
	Reports     Reports
	MailEvents  MailEvents
	MailReports MailReports
	Audit       AuditLog
	Print       HistoryPrinter
	Directory   Directory
	Packs       playbook.Library
	Health      map[string]Health // by the name that /readyz shows
	Log         *slog.Logger

	// EngineWait is how long a caller waits for the engine before 202; 10 s when zero.
	EngineWait time.Duration
	// CallWait is how long a call may take before what it still waits for counts
	// as away; 20 s when zero.
	CallWait time.Duration
	// UploadWait is the same for a call that brings a file; 3 min when zero.
	UploadWait time.Duration
	// UploadLimit is how many bytes a file may have; 32 MiB when zero.
	UploadLimit int64
	// NewID makes ids of requests, persons and references; UUID version 7 when nil.
	NewID func() string
	// Random draws public codes; the system's source when nil.
	Random io.Reader
}

// defaultEngineWait is as long as a caller at a form waits without doubt.
const defaultEngineWait = 10 * time.Second

// defaultCallWait leaves time for the engine and for the record behind it.
const defaultCallWait = 20 * time.Second

// Defaults of calls that bring a file: scanned pages over a slow line.
const (
	defaultUploadWait  = 3 * time.Minute
	defaultUploadLimit = 32 << 20
)

// Server answers the HTTP contract.
type Server struct {
	*Carrier
	verifier    Verifier
	reports     Reports
	mailEvents  MailEvents
	mailReports MailReports
	health      map[string]Health
	policy      identity.Policy
	spec        *spec
	random      io.Reader
	callWait    time.Duration
	audit       AuditLog
	print       HistoryPrinter
	files       DocumentFiles
	uploadWait  time.Duration
	uploadLimit int64
	handler     http.Handler
}

// New checks the configuration and builds the handler, which is safe for concurrent use.
func New(config Config) (*Server, error) {
	carrier, err := NewCarrier(config)
	if err != nil {
		return nil, err
	}
	for _, port := range []any{config.Verifier, config.Files, config.Reports, config.MailEvents, config.MailReports, config.Audit, config.Print} {
		if port == nil {
			return nil, errors.New("configure api: a port is missing")
		}
	}
	s := &Server{
		Carrier: carrier, verifier: config.Verifier, reports: config.Reports, mailEvents: config.MailEvents,
		mailReports: config.MailReports, health: config.Health, policy: identity.NewPolicy(), random: config.Random,
		audit: config.Audit, print: config.Print, files: config.Files, callWait: cmp.Or(config.CallWait, defaultCallWait),
		uploadWait: cmp.Or(config.UploadWait, defaultUploadWait), uploadLimit: cmp.Or(config.UploadLimit, defaultUploadLimit),
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.spec, err = loadSpec(); err != nil {
		return nil, err
	}
	// gorilla/mux runs no middleware for 404 and 405, so all that every call needs lies around it.
	s.handler = s.recovered(s.logged(traced(s.bounded(s.audited(s.authenticated(s.router()))))))
	return s, nil
}

// bounded lets no call wait forever for something that accepts it and never answers.
func (s *Server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := s.callWait
		if BringsFile(r) {
			wait = s.uploadWait
		}
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// BringsFile tells a call that may take as long as a file on its way.
func BringsFile(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/v1/persons/") && strings.HasSuffix(r.URL.Path, "/documents")
}

// ServeHTTP answers a call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func newUUID() string {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.NewString()
	}
	return id.String()
}

// router maps the contract's routes to handlers. Addresses are taken as they
// come: a cleaned one would be answered by a redirect.
func (s *Server) router() *mux.Router {
	router := mux.NewRouter().SkipClean(true)
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, newProblem(notFound, ""))
	})
	router.MethodNotAllowedHandler = s.wrongMethod(router)
	router.Use(s.judged)
	strict := contract.NewStrictHandlerWithOptions(s, nil, contract.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  s.unreadable,
		ResponseErrorHandlerFunc: s.fail,
	})
	contract.HandlerWithOptions(strict, contract.GorillaServerOptions{BaseRouter: router, ErrorHandlerFunc: s.unreadable})
	s.plainRoutes(router)
	return router
}

// unreadable answers what passed the document's schemas and still has no place
// in the types: the schemas are looser there.
func (s *Server) unreadable(w http.ResponseWriter, r *http.Request, err error) {
	field := "body"
	var misfit *json.UnmarshalTypeError
	if errors.As(err, &misfit) && misfit.Field != "" {
		field = misfit.Field
	}
	s.fail(w, r, fault(field, "holds a value that has no place in its type"))
}

func (s *Server) wrongMethod(router *mux.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			other := r.Clone(r.Context())
			other.Method = method
			var match mux.RouteMatch
			if router.Match(other, &match) && match.MatchErr == nil {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		s.fail(w, r, newProblem(methodNotAllowed, ""))
	})
}

// public tells whether an address is served without a token: what machines ask,
// what the mail provider signs, and what explains.
func public(path string) bool {
	switch path {
	case "/healthz", "/readyz", "/v1/openapi.json", "/v1/webhooks/sendgrid/events":
		return true
	}
	return strings.HasPrefix(path, "/problems/")
}

// authenticated lets nobody in without a token, not even to learn that an address is none.
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if public(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		principal, err := s.verifier.Verify(r.Context(), bearer(r.Header))
		if err != nil {
			s.fail(w, r, err)
			return
		}
		entryOf(r.Context()).subject = principal.Subject
		known := call{principal: principal, method: r.Method, path: r.URL.Path}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey, known)))
	})
}

func bearer(header http.Header) string {
	values := header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// judged holds a call against the document before any handler sees it.
func (s *Server) judged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		template, err := mux.CurrentRoute(r).GetPathTemplate()
		if err != nil {
			s.fail(w, r, err)
			return
		}
		line := entryOf(r.Context())
		line.route, line.object = r.Method+" "+template, objectOf(template, mux.Vars(r)["id"])
		trace.SpanFromContext(r.Context()).SetName(r.Method + " " + template)
		found, known := s.spec.operations[r.Method+" "+template]
		if !known || found.route.Operation.OperationID == "receiveMailEvents" {
			next.ServeHTTP(w, r)
			return
		}
		body, err := s.judge(w, r, found)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if found.form {
			next.ServeHTTP(w, r)
			return
		}
		seen := callOf(r.Context())
		seen.body = body
		r = r.WithContext(context.WithValue(r.Context(), callKey, seen))
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// judge reads the body and names everything that is wrong with the call: its
// parameters and its body in one answer.
func (s *Server) judge(w http.ResponseWriter, r *http.Request, found operation) ([]byte, error) {
	var raw []byte
	var value any
	if found.body != nil {
		var err error
		if raw, value, err = readJSON(w, r, found.needed); err != nil {
			return nil, err
		}
	}
	if found.form {
		if err := s.limitForm(w, r); err != nil {
			return nil, err
		}
	}
	err := found.checkParameters(r, mux.Vars(r))
	if found.body == nil || (value == nil && len(raw) == 0) {
		return raw, err
	}
	return raw, both(err, found.checkBody(value))
}

// readJSON reads a body that may be left out when it is not needed.
func readJSON(w http.ResponseWriter, r *http.Request, needed bool) ([]byte, any, error) {
	if r.ContentLength == 0 && !needed {
		return nil, nil, nil
	}
	if !jsonType(r.Header) {
		return nil, nil, newProblem(wrongType, "")
	}
	raw, err := readBody(w, r, commandLimit)
	if err != nil {
		return nil, nil, err
	}
	if len(raw) == 0 && !needed {
		return nil, nil, nil
	}
	value, err := parseStrict(raw)
	return raw, value, err
}

// both joins the faults of parameters and body; any other problem stands alone.
func both(first, second error) error {
	var a, b *problem
	if !errors.As(first, &a) || !errors.As(second, &b) || a.cause != invalidFields || b.cause != invalidFields {
		if first != nil {
			return first
		}
		return second
	}
	return &problem{cause: invalidFields, errors: append(a.errors, b.errors...)}
}
