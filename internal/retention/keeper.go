package retention

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/retention/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
)

// Clock is business time.
type Clock interface{ Now() time.Time }

// Vault destroys a person's data key; vault.Vault is one.
type Vault interface {
	Destroy(ctx context.Context, tx pgx.Tx, personID string) error
}

// Shelf is where sealed files about persons lie, outside the database.
type Shelf interface {
	// Clear removes every file about a person; doing it again changes nothing.
	Clear(ctx context.Context, personID string) error
}

// Config is what a Keeper stands on.
type Config struct {
	Pool    *pgxpool.Pool
	Vault   Vault
	Shelves []Shelf
	Clock   Clock
	Periods Periods
}

// Keeper knows what is due and destroys it.
type Keeper struct{ config Config }

// NewKeeper is a keeper of what a database and its shelves hold.
func NewKeeper(config Config) *Keeper { return &Keeper{config} }

// Due is a person whose data is kept no longer.
type Due struct {
	PersonID string
	Requests int       // all closed
	Since    time.Time // end of the longest of their periods
}

// Due lists the persons whose data may be destroyed now, the longest due first.
func (k *Keeper) Due(ctx context.Context) ([]Due, error) {
	return k.due(ctx, sqlcgen.New(k.config.Pool), nil)
}

func (k *Keeper) due(ctx context.Context, q *sqlcgen.Queries, personID *string) ([]Due, error) {
	years, err := k.config.Periods.named()
	if err != nil {
		return nil, fmt.Errorf("look for what is due: %w", err)
	}
	rows, err := q.Due(ctx, sqlcgen.DueParams{Years: years, Otherwise: int32(k.config.Periods.Otherwise), PersonID: personID, At: k.now()})
	if err != nil {
		return nil, store.Failed("look for what is due", err)
	}
	found := make([]Due, len(rows))
	for i, row := range rows {
		found[i] = Due{PersonID: row.PersonID, Requests: int(row.Requests), Since: row.DueSince}
	}
	return found, nil
}

// Destroy destroys the data of everyone who is due, in the name of who orders
// it, and tells each once nothing of it is left. An interrupted destruction is
// carried on by the next call.
func (k *Keeper) Destroy(ctx context.Context, by string, done func(personID string)) error {
	if by == "" {
		return errors.New("destroy data: nobody orders it")
	}
	due, err := k.Due(ctx)
	if err != nil {
		return err
	}
	if err := k.clearUnfinished(ctx, done); err != nil {
		return err
	}
	for _, each := range due {
		destroyed, err := k.destroyKey(ctx, each.PersonID, by)
		if err != nil {
			return err
		}
		if !destroyed {
			continue // a hold or a request came meanwhile
		}
		if err := k.clear(ctx, each.PersonID, done); err != nil {
			return err
		}
	}
	return nil
}

// destroyKey destroys one person's key if that is still due, under the lock that
// opening a request and placing a legal hold take too.
func (k *Keeper) destroyKey(ctx context.Context, personID, by string) (destroyed bool, err error) {
	err = pgx.BeginFunc(ctx, k.config.Pool, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		if _, err := q.LockHumans(ctx, personID); err != nil {
			return err
		}
		due, err := k.due(ctx, q, &personID)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := k.config.Vault.Destroy(ctx, tx, personID); err != nil {
			return err
		}
		now := k.now()
		err = q.AddDestruction(ctx, sqlcgen.AddDestructionParams{
			PersonID: personID, OrderedBy: by, DueSince: due[0].Since, DestroyedAt: now,
		})
		if err != nil {
			return err
		}
		destroyed = true
		return audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Action: "person.destroy", Object: "person/" + personID, Outcome: "done"})
	})
	return destroyed, store.Failed("destroy data", err)
}

// clearUnfinished removes what an interrupted call left lying, unreadable.
func (k *Keeper) clearUnfinished(ctx context.Context, done func(string)) error {
	left, err := sqlcgen.New(k.config.Pool).UnfinishedDestructions(ctx)
	if err != nil {
		return store.Failed("look for unfinished destructions", err)
	}
	for _, personID := range left {
		if err := k.clear(ctx, personID, done); err != nil {
			return err
		}
	}
	return nil
}

// clear removes a destroyed person's files: their key is gone for good by now,
// so that nothing is lost that could still have been read.
func (k *Keeper) clear(ctx context.Context, personID string, done func(string)) error {
	for _, shelf := range k.config.Shelves {
		if err := shelf.Clear(ctx, personID); err != nil {
			return fmt.Errorf("remove files: %w", err)
		}
	}
	now := k.now()
	err := sqlcgen.New(k.config.Pool).FinishDestruction(ctx, sqlcgen.FinishDestructionParams{PersonID: personID, At: &now})
	if err != nil {
		return store.Failed("finish destruction", err)
	}
	done(personID)
	return nil
}

func (k *Keeper) now() time.Time { return k.config.Clock.Now().UTC() }
