package api

import (
	"context"
	"encoding/json"
	"fmt"
)

// finishBy does what a stored command asks where that is one write of a port,
// and answers with what is on record then.
func finishBy[In, Out any](
	ctx context.Context, c *Carrier, stored StoredCommand, status int, write func(context.Context, In) (Out, error), view func(Out) any,
) (Answer, error) {
	var input In
	if err := json.Unmarshal(stored.Input, &input); err != nil {
		return Answer{}, fmt.Errorf("read stored command: %w", err)
	}
	written, err := write(ctx, input)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(status, view(written), nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}
