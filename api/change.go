package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// change is one command upon a request, as it was asked for.
type change struct {
	requestID string
	key       string
	version   string // If-Match; empty where none is asked for
	act       tdr.Act
	occurred  time.Time
	note      string
	document  *DocumentNumber
}

// change carries a command from the caller to the engine and the record.
func (s *Server) change(ctx context.Context, asked change) (kept, error) {
	view, err := s.request(ctx, asked.requestID)
	if err != nil {
		return kept{}, err
	}
	operation := identity.Operation(asked.act.Name())
	if !s.policy.Allows(principalOf(ctx), operation, view.Subject()) {
		return kept{}, newProblem(forbidden, "")
	}
	seen, err := s.seen(ctx, asked, view)
	if err != nil {
		return s.again(ctx, asked.key, err)
	}
	input := workflows.CommandInput{Seen: seen, Command: tdr.Command{
		ID: asked.key, Actor: ActorFor(principalOf(ctx), view.Subject()), OccurredAt: utc(asked.occurred), Act: asked.act,
	}}
	if input.Facts, err = s.factsFor(ctx, view, asked.act); err != nil {
		return s.again(ctx, asked.key, err)
	}
	raw, err := json.Marshal(input)
	if err != nil {
		return kept{}, fmt.Errorf("write command: %w", err)
	}
	stored, _, err := s.commands.Store(ctx, NewCommand{
		ID: asked.key, Principal: principalOf(ctx).Subject, Operation: string(operation), Fingerprint: callOf(ctx).fingerprint(),
		RequestID: view.RequestID, PersonID: view.PersonID, Input: raw, Text: asked.note, Document: asked.document,
	})
	if err != nil {
		return kept{}, fmt.Errorf("store command: %w", err)
	}
	return s.settle(ctx, stored)
}

// again: a repeated call gets its first answer, whatever has changed since
// then would now stand against it.
func (s *Server) again(ctx context.Context, key string, otherwise error) (kept, error) {
	stored, err := s.commands.Command(ctx, key)
	switch {
	case errors.Is(err, ErrNotFound):
		return kept{}, otherwise
	case err != nil:
		return kept{}, fmt.Errorf("look for the first answer: %w", err)
	case !slices.Equal(stored.Fingerprint, callOf(ctx).fingerprint()):
		return kept{}, newProblem(keyReused, "")
	}
	return s.settle(ctx, stored)
}

// request reads a request that the caller may see; others are not found.
func (s *Server) request(ctx context.Context, id string) (RequestView, error) {
	view, err := s.reads.Request(ctx, id)
	if err != nil {
		return RequestView{}, fmt.Errorf("read request: %w", err)
	}
	if s.policy.Allows(principalOf(ctx), identity.ReadRequests, view.Subject()) {
		return view, nil
	}
	open, err := s.brokenGlass(ctx, view)
	if err == nil && !open {
		err = ErrNotFound
	}
	if err != nil {
		return RequestView{}, err
	}
	return view, nil
}

// seen judges If-Match by the last material event and the hold version, and gives the
// seq that the caller had seen, for the engine to judge once more.
func (s *Server) seen(_ context.Context, asked change, view RequestView) (int64, error) {
	if asked.version == "" {
		return 0, nil
	}
	seq, holds, ok := parseVersion(asked.version)
	if !ok || holds != view.HoldVersion || seq < view.MaterialSeq || seq > view.Seq {
		return 0, newProblem(stale, "")
	}
	return seq, nil
}

// versionOf names the state that a caller has seen: the last event, and the
// hold version, which a hold raises before any event.
func versionOf(seq, holds int64) string { return fmt.Sprintf("%d.%d", seq, holds) }

func etagOf(seq, holds int64) string { return `"` + versionOf(seq, holds) + `"` }

func parseVersion(etag string) (seq, holds int64, ok bool) {
	inner, quoted := strings.CutPrefix(etag, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	first, second, both := strings.Cut(inner, ".")
	seq, seqErr := strconv.ParseInt(first, 10, 64)
	holds, holdsErr := strconv.ParseInt(second, 10, 64)
	ok = quoted && closed && both && seqErr == nil && holdsErr == nil && etagOf(seq, holds) == etag
	return seq, holds, ok
}

// finishChange hands a stored command to the engine and records what it brought.
func (c *Carrier) finishChange(ctx context.Context, stored StoredCommand) (Answer, error) {
	var input workflows.CommandInput
	if err := json.Unmarshal(stored.Input, &input); err != nil {
		return Answer{}, fmt.Errorf("read stored command: %w", err)
	}
	view, err := c.reads.Request(ctx, stored.RequestID)
	if err != nil {
		return Answer{}, fmt.Errorf("read request: %w", err)
	}
	if err := c.authorise(ctx, view, &input); err != nil {
		return Answer{}, err
	}
	result, err := c.command(ctx, view, input)
	if errors.Is(err, workflows.ErrClosed) {
		result, err = c.fromRecord(ctx, view, input.Command)
	}
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	departed := c.depart(ctx, view, input.Command)
	if departed != nil && !errors.Is(departed, errStopped) {
		return Answer{}, departed
	}
	view = view.after(result.Row)
	answer, err := changeAnswer(http.StatusOK, view, result.Events, nil)
	if err != nil {
		return Answer{}, err
	}
	if departed != nil {
		answer = newProblem(gateClosed, "").answer()
	}
	recording := activities.Recording{RequestID: view.RequestID, Events: result.Events, Row: result.Row}
	first, recorded, err := c.commands.RecordCommand(ctx, recording, CommandDone{CommandID: stored.ID, Answer: answer})
	if err != nil {
		return Answer{}, fmt.Errorf("record command: %w", err)
	}
	c.poke(ctx, recorded.Poke)
	return first, nil
}

// command asks the engine, for as long as a caller can be kept waiting.
func (c *Carrier) command(ctx context.Context, view RequestView, input workflows.CommandInput) (workflows.CommandResult, error) {
	ctx, cancel := context.WithTimeout(ctx, c.engineWait)
	defer cancel()
	return c.engine.Command(ctx, view.RequestID, input)
}

// fromRecord answers a command when the workflow has ended: with what it
// brought, if it was applied and its answer was lost, else with the closed
// request's refusal. A record that lags behind the engine is asked again.
func (c *Carrier) fromRecord(ctx context.Context, view RequestView, command tdr.Command) (workflows.CommandResult, error) {
	if view.Stage != tdr.Closed {
		return workflows.CommandResult{}, fmt.Errorf("record of %s lags: %w", view.RequestID, ErrUnavailable)
	}
	log, err := c.reads.Events(ctx, view.RequestID, EventFilter{})
	if err != nil {
		return workflows.CommandResult{}, fmt.Errorf("read events: %w", err)
	}
	state := tdr.ApplyAll(tdr.State{}, log)
	result := workflows.CommandResult{Seq: state.Seq, Row: tdr.Project(state)}
	for _, event := range log {
		if event.CommandID == command.ID {
			result.Events = append(result.Events, event)
		}
	}
	if len(result.Events) > 0 {
		return result, nil
	}
	return result, &tdr.Refusal{
		Code: tdr.StageForbids, Rule: "the stage does not allow " + string(command.Act.Name()), Stage: tdr.Closed,
	}
}

// authorise asks the gate before anything leaves. Its findings go along as
// facts, and the core refuses by them, so that a caller hears first of a wrong
// stage or another content.
func (c *Carrier) authorise(ctx context.Context, view RequestView, input *workflows.CommandInput) error {
	asked, leaves := authorisationOf(view, input.Command)
	if move, _ := tdr.MoveOf(asked.Kind); !leaves || !slices.Contains(move.From, view.Stage) {
		return nil
	}
	gate, err := c.gate(ctx, view, asked)
	if err != nil {
		return err
	}
	input.Facts.Gate = &gate
	return nil
}

// changeAnswer is how a change is answered: the request as it stands, and what
// happened, as whoever may make changes reads it, custody or not.
func changeAnswer(status int, view RequestView, events []tdr.Event, headers map[string]string) (Answer, error) {
	all := map[string]string{"ETag": etagOf(view.Seq, view.HoldVersion)}
	for name, value := range headers {
		all[name] = value
	}
	return jsonAnswer(status, contract.Change{Request: requestOf(view), Events: mapped(events, withoutCustody)}, all)
}
