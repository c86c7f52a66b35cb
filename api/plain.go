package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// plainRoutes are served by hand: they are no JSON, or have to be read as they came.
func (s *Server) plainRoutes(router *mux.Router) {
	router.HandleFunc("/v1/webhooks/sendgrid/events", s.receiveMailEvents).Methods(http.MethodPost)
	router.HandleFunc("/v1/packages/{id}/manifest", s.getManifest).Methods(http.MethodGet)
	router.HandleFunc("/v1/packages/{id}/content", s.getPDF).Methods(http.MethodGet)
	router.HandleFunc("/v1/dispatches/{id}/bundle", s.getBundle).Methods(http.MethodGet)
	router.HandleFunc("/v1/openapi.json", s.getOpenAPI).Methods(http.MethodGet)
	router.HandleFunc("/healthz", s.getHealth).Methods(http.MethodGet)
	router.HandleFunc("/readyz", s.getReadiness).Methods(http.MethodGet)
	router.HandleFunc("/problems/{code}", s.getProblem).Methods(http.MethodGet)
}

// receiveMailEvents takes delivery reports. The signature covers the raw body,
// so nothing reads it before it is verified.
func (s *Server) receiveMailEvents(w http.ResponseWriter, r *http.Request) {
	if !jsonType(r.Header) {
		s.fail(w, r, newProblem(wrongType, ""))
		return
	}
	raw, err := readBody(w, r, webhookLimit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	events, err := s.mailEvents.Verify(r.Header, raw, s.clock.Now())
	switch {
	case errors.Is(err, ErrSignature):
		s.refuseUnsigned(w, r)
		return
	case errors.Is(err, ErrEventBody):
		s.fail(w, r, newProblem(malformed, "the body is not a list of events"))
		return
	case err != nil:
		s.fail(w, r, fmt.Errorf("verify mail events: %w", err))
		return
	}
	if err := s.mailReports.RecordMailEvents(r.Context(), events); err != nil {
		s.fail(w, r, fmt.Errorf("record mail events: %w", err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// refuseUnsigned is on record though the address is public: somebody speaks as
// the mail provider and is not, or its key was changed.
func (s *Server) refuseUnsigned(w http.ResponseWriter, r *http.Request) {
	_ = s.enter(r, http.StatusUnauthorized) // which logs what it can't enter; a refusal stands all the same
	s.fail(w, r, newProblem(unauthorized, ""))
}

func (s *Server) getOpenAPI(w http.ResponseWriter, r *http.Request) {
	s.text(w, r, "application/json", s.spec.json)
}

func (s *Server) getHealth(w http.ResponseWriter, r *http.Request) {
	s.text(w, r, "text/plain; charset=utf-8", []byte("ok\n"))
}

func (s *Server) text(w http.ResponseWriter, r *http.Request, media string, body []byte) {
	w.Header().Set("Content-Type", media)
	if _, err := w.Write(body); err != nil {
		s.log.DebugContext(r.Context(), "caller went away", "error", err.Error())
	}
}

// readyWait is shorter than any probe's own patience.
const readyWait = 2 * time.Second

// getReadiness asks everything this needs, by name.
func (s *Server) getReadiness(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	states, away := map[string]string{}, []string{}
	for name, health := range s.health {
		states[name] = "ok"
		if err := health.Ready(ctx); err != nil {
			s.log.WarnContext(ctx, "not ready", "dependency", name, "error", err.Error())
			states[name] = "away"
			away = append(away, name)
		}
	}
	if len(away) > 0 {
		slices.Sort(away)
		s.fail(w, r, newProblem(unavailable, "away: "+strings.Join(away, ", ")))
		return
	}
	body, err := json.Marshal(states)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.text(w, r, "application/json", body)
}

// getProblem explains a type of problem in a few words.
func (s *Server) getProblem(w http.ResponseWriter, r *http.Request) {
	known, ok := meanings()[cause(mux.Vars(r)["code"])]
	if !ok {
		s.fail(w, r, newProblem(notFound, ""))
		return
	}
	s.text(w, r, "text/plain; charset=utf-8", fmt.Appendf(nil, "%s (%d)\n\n%s\n", known.title, known.status, known.text))
}
