package workflows

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// reached sorts an error of the engine. It answers "not found" both for a
// workflow that has ended and for one that never was.
func (c *Client) reached(ctx context.Context, workflowID string, err error, operation string) error {
	var missing *serviceerror.NotFound
	if !errors.As(err, &missing) {
		return away(ctx, err, operation)
	}
	presence, err := c.presence(ctx, workflowID)
	switch {
	case err != nil:
		return err
	case presence.Running: // it came back, or one run had just followed another
		return fmt.Errorf("%s: %w", operation, ErrEngineAway)
	case presence.Known:
		return fmt.Errorf("%s: %w", operation, ErrClosed)
	default:
		return fmt.Errorf("%s: %w", operation, ErrNotStarted)
	}
}

// away tells an engine without an answer from other failures, whose text may
// go no further than the log.
func away(ctx context.Context, err error, operation string) error {
	var (
		unavailable *serviceerror.Unavailable
		deadline    *serviceerror.DeadlineExceeded
		canceled    *serviceerror.Canceled
		exhausted   *serviceerror.ResourceExhausted
		notReady    *serviceerror.WorkflowNotReady
		query       *serviceerror.QueryFailed
		unanswered  *client.WorkflowUpdateServiceTimeoutOrCanceledError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unavailable), errors.As(err, &deadline), errors.As(err, &canceled), errors.As(err, &exhausted),
		errors.As(err, &notReady), errors.As(err, &unanswered), ctx.Err() != nil:
		return fmt.Errorf("%s: %w", operation, errors.Join(ErrEngineAway, ctx.Err()))
	case errors.As(err, &query):
		return fmt.Errorf("%s: query failed", operation)
	default:
		return fmt.Errorf("%s: %w", operation, err)
	}
}
