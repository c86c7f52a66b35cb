package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// batch of rows that a rotation reads at once.
const batch = 100

// nobody is before every person.
const nobody = "00000000-0000-0000-0000-000000000000"

// ErrNothingToRotate: every key is wrapped by the first master key, and a new
// one is made where that one is kept.
var ErrNothingToRotate = errors.New("every key is under the first master key already: name a new one before it")

// Progress is told after each batch, with the number of keys done so far.
type Progress func(done int)

// RotateMaster wraps every key anew under the first master key. A master key in
// a file gets a successor first, unless an earlier rotation was interrupted and
// is carried on. The former key stays until RetireMaster: other processes may
// still use it, and backups need it.
func (v *Vault) RotateMaster(ctx context.Context, progress Progress) error {
	name, err := v.renewMaster(ctx)
	if err != nil {
		return err
	}
	if err := v.rewrapShared(ctx, name); err != nil {
		return err
	}
	done := 0
	for {
		// Persons who came during a pass under the former key are met by the next.
		passed, err := v.rewrapPersons(ctx, name, func(n int) { progress(done + n) })
		if err != nil || passed == 0 {
			return err
		}
		done += passed
	}
}

// renewMaster makes sure that there is something to rotate to, and names it.
func (v *Vault) renewMaster(ctx context.Context) (name string, err error) {
	first := v.masters.all[0]
	err = v.alone(ctx, "renew the master key", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		if name, _, err = first.current(); err != nil {
			return err
		}
		used, err := q.MastersInUse(ctx)
		if err != nil {
			return err
		}
		for _, one := range used {
			if one.Master != name {
				return nil
			}
		}
		if err := first.renew(); err != nil {
			return err
		}
		name, _, err = first.current()
		return err
	})
	if errors.Is(err, errElsewhere) {
		return "", ErrNothingToRotate
	}
	return name, err
}

func (v *Vault) rewrapShared(ctx context.Context, name string) error {
	rows, err := v.queries().SharedKeysUnderOtherMasters(ctx, name)
	if err != nil {
		return fmt.Errorf("rotate master key: %w", err)
	}
	for _, row := range rows {
		wrapped, master, err := v.rewrap(ctx, row.Keyset, row.Master, purpose(row.Purpose).binding())
		if err != nil {
			return err
		}
		err = v.queries().RewrapSharedKey(ctx, sqlcgen.RewrapSharedKeyParams{
			KeyID: row.KeyID, Keyset: wrapped, Master: master, Was: row.Keyset,
		})
		if err != nil {
			return fmt.Errorf("rotate master key: %w", err)
		}
	}
	return nil
}

func (v *Vault) rewrapPersons(ctx context.Context, name string, progress Progress) (done int, err error) {
	after := nobody
	for {
		rows, err := v.queries().PersonKeysUnderOtherMasters(ctx, sqlcgen.PersonKeysUnderOtherMastersParams{
			Master: name, After: after, MaxRows: batch,
		})
		if err != nil {
			return done, fmt.Errorf("rotate master key: %w", err)
		}
		if len(rows) == 0 {
			return done, nil
		}
		for _, row := range rows {
			after = row.PersonID
			// No lock is held while the master key is asked: a key that changed meanwhile is met again.
			wrapped, master, err := v.rewrap(ctx, row.Keyset, row.Master, fieldKeyOf(row.PersonID))
			if err != nil {
				return done, err
			}
			changed, err := v.queries().RewrapPersonKey(ctx, sqlcgen.RewrapPersonKeyParams{
				PersonID: row.PersonID, Keyset: wrapped, Master: master, Was: row.Keyset,
			})
			if err != nil {
				return done, fmt.Errorf("rotate master key: %w", err)
			}
			done += int(changed)
		}
		progress(done)
	}
}

func (v *Vault) rewrap(ctx context.Context, wrapped []byte, master, purpose string) ([]byte, string, error) {
	keys, err := v.masters.unwrap(ctx, wrapped, master, purpose)
	if err != nil {
		return nil, "", err
	}
	return v.masters.wrap(ctx, keys, purpose)
}

// RetireMaster forgets those keys of the master key files that wrap nothing any
// more, and names them. Backups made before lose their keys with that.
func (v *Vault) RetireMaster(ctx context.Context) (forgotten []string, err error) {
	err = v.alone(ctx, "retire master keys", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		used, err := q.MastersInUse(ctx)
		if err != nil {
			return err
		}
		names := make([]string, len(used))
		for i, one := range used {
			names[i] = one.Master
		}
		for _, one := range v.masters.all {
			gone, err := one.retire(names)
			if err != nil {
				return err
			}
			forgotten = append(forgotten, gone...)
		}
		return nil
	})
	return forgotten, err
}

// InUse counts the wrapped keys by the name of their master key.
func (v *Vault) InUse(ctx context.Context) (map[string]int, error) {
	used, err := v.queries().MastersInUse(ctx)
	if err != nil {
		return nil, fmt.Errorf("count keys: %w", err)
	}
	counts := map[string]int{}
	for _, one := range used {
		counts[one.Master] = int(one.Keys)
	}
	return counts, nil
}
