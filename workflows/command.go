package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// answer registers everything that callers may ask. Nothing in a handler waits,
// so no handler is ever half-way.
func (r *request) answer(ctx workflow.Context) error {
	err := workflow.SetUpdateHandlerWithOptions(ctx, CommandUpdate, r.command,
		workflow.UpdateHandlerOptions{Validator: r.validate})
	if err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, StateQuery, r.queryState); err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, HistoryQuery, r.queryHistory)
}

func (r *request) queryState() (tdr.State, error) { return r.state, nil }

func (r *request) queryHistory(after int64) (CommandResult, error) {
	return CommandResult{Seq: r.state.Seq, Events: r.state.EventsAfter(after), Row: tdr.Project(r.state)}, nil
}

// validate looks whether a command would be accepted, and changes nothing: a
// refused command leaves no trace in the history.
func (r *request) validate(ctx workflow.Context, in CommandInput) error {
	if in.Command.ID == "" {
		return refused(&tdr.Refusal{Code: tdr.Missing, Field: "id", Rule: "a command has an id"})
	}
	if r.applied(in.Command.ID) {
		return nil
	}
	_, err := r.decide(in, r.now(ctx))
	return err
}

// command applies a command once, however often it comes.
func (r *request) command(ctx workflow.Context, in CommandInput) (CommandResult, error) {
	r.answered = workflow.Now(ctx)
	if !r.applied(in.Command.ID) {
		state, err := r.decide(in, r.now(ctx))
		if err != nil {
			return CommandResult{}, err
		}
		r.become(state)
	}
	return r.result(in.Command.ID), nil
}

// decide is the state after a command. Dates that have passed come first, so
// that whoever acts late does not make them undone.
func (r *request) decide(in CommandInput, now time.Time) (tdr.State, error) {
	state := tdr.ApplyAll(r.state, r.elapsed(now))
	if state.Stage.Open() && in.Seen > 0 && in.Seen < state.MaterialSeq {
		return state, refused(&tdr.Refusal{Code: tdr.Stale, Rule: "something material happened since", Stage: state.Stage})
	}
	facts := in.Facts
	facts.Now = now
	events, err := tdr.Decide(state, in.Command, facts)
	if err != nil {
		return state, refused(err)
	}
	return tdr.ApplyAll(state, events), nil
}

// applied tells whether the log holds the command.
func (r *request) applied(command string) bool {
	for _, event := range r.state.Log {
		if command != "" && event.CommandID == command {
			return true
		}
	}
	return false
}

func (r *request) result(command string) CommandResult {
	result := CommandResult{Row: tdr.Project(r.state)}
	for _, event := range r.state.Log {
		if event.CommandID == command {
			result.Events, result.Seq = append(result.Events, event), event.Seq
		}
	}
	return result
}

// refused is a refusal as callers get it: the code as its message, the whole as details.
func refused(err error) error {
	var refusal *tdr.Refusal
	if !errors.As(err, &refusal) {
		refusal = &tdr.Refusal{Code: tdr.Invalid}
	}
	return temporal.NewApplicationErrorWithOptions(string(refusal.Code), RefusedType, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{*refusal}, Category: temporal.ApplicationErrorCategoryBenign,
	})
}
