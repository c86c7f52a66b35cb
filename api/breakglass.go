package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// GlassLasts is how long a request stays open to who broke the glass.
const GlassLasts = time.Hour

// GlassOpening asks to see a request beyond one's reach. Why is the command's text.
type GlassOpening struct {
	CommandID string
	RequestID string
	By        string
}

// BrokenGlass is sight of one request until an instant.
type BrokenGlass struct {
	RequestID string
	Until     time.Time
	Poke      []string // mailboxes of counsel, who is told
}

// BreakGlass lets a person see one request beyond their reach in an emergency.
type BreakGlass interface {
	// Open gives sight for GlassLasts and tells counsel; doing it twice by one
	// command is doing it once. ErrNotFound: no such request.
	Open(ctx context.Context, opening GlassOpening) (BrokenGlass, error)
	// Opened tells whether the caller has such sight of a request now.
	Opened(ctx context.Context, subject, requestID string) (bool, error)
}

// OpenBreakGlass shows a request to somebody who does not reach it, for an hour,
// for a reason that is kept, and counsel is told.
func (s *Server) OpenBreakGlass(ctx context.Context, r contract.OpenBreakGlassRequestObject) (contract.OpenBreakGlassResponseObject, error) {
	if !s.policy.May(principalOf(ctx), identity.BreakGlass) {
		return nil, newProblem(forbidden, "")
	}
	view, err := s.reads.Request(ctx, r.Body.RequestId)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	opening := GlassOpening{CommandID: r.Params.IdempotencyKey, RequestID: view.RequestID, By: principalOf(ctx).Subject}
	return s.perform(ctx, NewCommand{
		ID: opening.CommandID, Operation: string(identity.BreakGlass), PersonID: view.PersonID, RequestID: view.RequestID, Text: r.Body.Reason,
	}, opening)
}

// finishBreakGlass opens a request to who asked for it.
func (c *Carrier) finishBreakGlass(ctx context.Context, stored StoredCommand) (Answer, error) {
	var opening GlassOpening
	if err := json.Unmarshal(stored.Input, &opening); err != nil {
		return Answer{}, fmt.Errorf("read stored break-glass: %w", err)
	}
	broken, err := c.breakGlass.Open(ctx, opening)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	c.poke(ctx, broken.Poke)
	body := contract.BrokenGlass{RequestId: broken.RequestID, Until: utc(broken.Until)}
	answer, err := jsonAnswer(http.StatusCreated, body, map[string]string{"Location": "/v1/requests/" + broken.RequestID})
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

// brokenGlass tells whether the caller may read a request beyond their reach,
// and puts each such look on record before it shows anything.
func (s *Server) brokenGlass(ctx context.Context, view RequestView) (bool, error) {
	caller := principalOf(ctx)
	if !s.policy.May(caller, identity.BreakGlass) {
		return false, nil
	}
	open, err := s.breakGlass.Opened(ctx, caller.Subject, view.RequestID)
	if err != nil || !open {
		return false, err
	}
	err = s.audit.Enter(ctx, AuditAct{
		At: s.clock.Now(), Actor: caller.Subject, Action: string(identity.BreakGlass), Object: "request/" + view.RequestID, Outcome: "done",
	})
	if err != nil {
		return false, fmt.Errorf("enter break-glass: %w", err)
	}
	return true, nil
}
