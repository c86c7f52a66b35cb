package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/store"
)

// ErrMayNotOrder refuses what a command is told to do in somebody's name who may
// not order it: the directory does not know them, or gives them no role for it.
var ErrMayNotOrder = errors.New("the directory gives this person no role that may order it")

// Order is what an operator does at the command line in the name of a person.
type Order struct {
	By     string
	Action string          // as the log names it
	Roles  []identity.Role // of which one is needed
}

// MayOrder checks an order by today's directory. A refusal is on record. Who runs
// the command can name anybody: this keeps out a mistaken name, and leaves in the
// log one who answers for it.
func MayOrder(ctx context.Context, pool *pgxpool.Pool, world World, order Order) error {
	by, err := principal(ctx, store.NewPeople(pool, world.Clock), order.By, world)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	if slices.ContainsFunc(order.Roles, by.Has) {
		return nil
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		return audit.Append(ctx, tx, audit.Entry{At: world.Clock.Now(), Actor: order.By, Action: order.Action, Outcome: "forbidden"})
	})
	return errors.Join(ErrMayNotOrder, err)
}
