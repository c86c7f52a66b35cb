package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/audit"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// saltOrder asks for the salt of one value to which an entry commits.
type saltOrder struct {
	number int64
	field  string
	by     string
}

var errNoSalt = errors.New("the entry commits to no such field, or the person's key is destroyed")

// tellSalt writes the salt in hex: the hash that the entry holds is HMAC-SHA-256
// of the value under it. Who was told, an auditor or counsel, is on record before they are.
func tellSalt(ctx context.Context, order saltOrder, t terminal) error {
	return withVault(ctx, t, func(pool *pgxpool.Pool, v *vault.Vault) error {
		asked := serve.Order{By: order.by, Action: "salt.read", Roles: []identity.Role{identity.Auditor, identity.Counsel}}
		if err := serve.MayOrder(ctx, pool, serve.World{Clock: serve.SystemClock{}}, asked); err != nil {
			return err
		}
		entries, err := audit.After(ctx, pool, order.number-1, 1)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return errNoSalt
		}
		salt, err := store.Salt(ctx, pool, v, entries[0], order.field)
		if errors.Is(err, api.ErrNotFound) {
			return errNoSalt
		}
		if err != nil {
			return err
		}
		err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			return audit.Append(ctx, tx, audit.Entry{
				At: serve.SystemClock{}.Now(), Actor: order.by, Action: "salt.read", Object: entries[0].Object, Outcome: "done", Source: entries[0].Source,
			})
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, hex.EncodeToString(salt))
		return err
	})
}
