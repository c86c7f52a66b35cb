package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// AuditAct is something that changes nothing and is on record all the same: a
// read of personal data, or a refusal. Nothing in it is personal.
type AuditAct struct {
	At      time.Time
	Actor   string // subject of a token, or Nobody
	Action  string // an operation of the contract, or a code
	Object  string // kind and id
	Outcome string // done, unauthorized, forbidden, not_found, or another code
}

// Nobody is the actor of what is asked without a token that is believed.
const Nobody = "nobody"

// AuditEntry is a numbered row of the log.
type AuditEntry struct {
	Number      int64
	EntryID     int64
	AuditAct           // At in UTC, to the microsecond
	Source      string // what led to it
	Commitments string // JSON object: field to salted hash, or empty
}

// AuditProof shows that an entry is in the log.
type AuditProof struct {
	Entry      AuditEntry
	Path       []string // hashes up to the root, base64
	Checkpoint string   // signed note
	Handovers  []string // signed notes before it by which the key was replaced, in order
}

// AuditLog is the log of who did what. Changes enter it with themselves.
type AuditLog interface {
	Enter(ctx context.Context, act AuditAct) error
	// Entries are by number, behind the one given.
	Entries(ctx context.Context, after int64, limit int) ([]AuditEntry, error)
	// Proof of the entry with a number; ErrNotFound when it has no checkpoint over it.
	Proof(ctx context.Context, number int64) (AuditProof, error)
}

// witness enters what an answer shows or refuses before its first byte leaves.
type witness struct {
	http.ResponseWriter
	enter  func(status int) error
	refuse func(w http.ResponseWriter, err error)
	begun  bool
	closed bool // what was to be shown is not on record, so it is not shown
}

// WriteHeader answers that the service is away where the log can't be written.
func (w *witness) WriteHeader(status int) {
	if w.begun {
		return
	}
	w.begun = true
	if err := w.enter(status); err != nil {
		w.closed = true
		for _, name := range []string{"Content-Length", "Content-Disposition", "ETag"} {
			w.Header().Del(name)
		}
		w.refuse(w.ResponseWriter, err)
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write swallows what is not to be shown.
func (w *witness) Write(body []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	if w.closed {
		return len(body), nil
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// audited puts reads of personal data and refusals on record.
func (s *Server) audited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if public(r.URL.Path) {
			next.ServeHTTP(rw, r)
			return
		}
		w := &witness{ResponseWriter: rw, enter: func(status int) error { return s.enter(r, status) }}
		w.refuse = func(rw http.ResponseWriter, err error) {
			s.log.ErrorContext(r.Context(), "audit log can't be written", "error", err.Error())
			s.fail(rw, r, ErrUnavailable)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) enter(r *http.Request, status int) error {
	line := entryOf(r.Context())
	object, asked := aboutWhom(r, line.object)
	shows := status < http.StatusMultipleChoices && r.Method == http.MethodGet && (asked || personal(line.route))
	outcome, refuses := map[int]string{
		http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "forbidden", http.StatusNotFound: "not_found",
	}[status]
	switch {
	case shows:
		outcome = "done"
	case refuses:
	case BringsFile(r) && line.refusal != "" && status < http.StatusInternalServerError:
		// A file that is not taken became no command, which would be on record.
		outcome, refuses = string(line.refusal), true
	default:
		return nil
	}
	act := AuditAct{At: s.clock.Now(), Actor: line.subject, Action: line.route, Object: object, Outcome: outcome}
	if act.Actor == "" {
		act.Actor = Nobody
	}
	err := s.audit.Enter(r.Context(), act)
	if err != nil && refuses {
		// A refusal shows nothing: it stands also while the database is away.
		s.log.ErrorContext(r.Context(), "refusal is not in the audit log", "error", err.Error())
		return nil
	}
	return err
}

// aboutWhom names the object of a call. A list that is asked about one person, or
// one request, is about that one; only an id that is one enters the log.
func aboutWhom(r *http.Request, object string) (about string, asked bool) {
	if strings.Contains(object, "/") {
		return object, false
	}
	for _, kind := range []string{"person", "request"} {
		if id := r.URL.Query().Get(kind); uuid.Validate(id) == nil {
			return kind + "/" + id, true
		}
	}
	return object, false
}

// personal tells whether the answers of a route are about a person: all that read
// anything, but for lists of many requests, the statistics and the reference data.
func personal(route string) bool {
	switch strings.TrimPrefix(route, http.MethodGet+" ") {
	case "/v1/requests", "/v1/posts/{id}/dispatches", "/v1/reports/bottlenecks", "/v1/countries", "/v1/packs/{country}",
		"/v1/directory/people", "/v1/directory/offices", "/v1/directory/posts", "/v1/directory/desks", "/v1/posts/{id}/issuers":
		return false
	}
	return true
}

// objectOf names what a call is about, from the address alone; ids of another
// form could hold anything and are left out.
func objectOf(template, id string) string {
	parts := strings.Split(template, "/")
	if len(parts) < 3 {
		return "api"
	}
	kind := strings.TrimSuffix(parts[2], "s")
	if uuid.Validate(id) != nil {
		return kind
	}
	return kind + "/" + id
}

// mayReadLog: the log is of everything, so only who sees everything reads it.
// What was done about one request is in its contact history.
func (s *Server) mayReadLog(ctx context.Context) error {
	sight, err := s.mayRead(ctx, identity.ReadAudit)
	if err == nil && !sight.Everything {
		err = newProblem(forbidden, "")
	}
	return err
}

// ListAuditEntries reads the log.
func (s *Server) ListAuditEntries(ctx context.Context, r contract.ListAuditEntriesRequestObject) (contract.ListAuditEntriesResponseObject, error) {
	if err := s.mayReadLog(ctx); err != nil {
		return nil, err
	}
	limit := limitOf(r.Params.Limit)
	entries, err := s.audit.Entries(ctx, r.Params.After, limit+1)
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	var next int64
	if len(entries) > limit {
		entries = entries[:limit]
		next = entries[limit-1].Number
	}
	return contract.ListAuditEntries200JSONResponse{Entries: mapped(entries, auditEntryOf), NextAfter: next}, nil
}

// GetAuditProof proves one entry.
func (s *Server) GetAuditProof(ctx context.Context, r contract.GetAuditProofRequestObject) (contract.GetAuditProofResponseObject, error) {
	if err := s.mayReadLog(ctx); err != nil {
		return nil, err
	}
	proof, err := s.audit.Proof(ctx, r.Number)
	if err != nil {
		return nil, fmt.Errorf("prove audit entry: %w", err)
	}
	return contract.GetAuditProof200JSONResponse{Entry: auditEntryOf(proof.Entry), Path: proof.Path, Checkpoint: proof.Checkpoint, Handovers: proof.Handovers}, nil
}

func auditEntryOf(e AuditEntry) contract.AuditEntry {
	return contract.AuditEntry{
		Number: e.Number, EntryId: e.EntryID, At: utc(e.At), Actor: e.Actor, Action: e.Action, Object: e.Object,
		Outcome: e.Outcome, Source: e.Source, Commitments: e.Commitments,
	}
}
