package outgoing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/outgoing/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// sheetColumn is where the values of a data sheet are sealed: one JSON object
// by field name.
const sheetColumn = "data_sheets.fields"

// DataSheet reads the newest data sheet of a person; Version 0 when there is none.
func (p *Packages) DataSheet(ctx context.Context, personID string) (api.DataSheet, error) {
	row, err := p.queries().NewestSheet(ctx, personID)
	if errors.Is(err, pgx.ErrNoRows) {
		return api.DataSheet{PersonID: personID, Fields: map[string]string{}}, nil
	}
	if err != nil {
		return api.DataSheet{}, store.Failed("read data sheet", err)
	}
	return p.opened(ctx, row)
}

func (p *Packages) opened(ctx context.Context, row sqlcgen.DataSheet) (api.DataSheet, error) {
	sheet := api.DataSheet{ID: row.SheetID, PersonID: row.PersonID, Version: int(row.Version), SetAt: row.SetAt, SetBy: row.SetBy}
	values, err := p.vault.Row(ctx, p.pool, row.SheetID)
	if errors.Is(err, vault.ErrNone) || errors.Is(err, vault.ErrDestroyed) {
		return api.DataSheet{}, fmt.Errorf("read data sheet: %w", api.ErrNotFound)
	}
	if err != nil {
		return api.DataSheet{}, store.Failed("read data sheet", err)
	}
	if err := json.Unmarshal([]byte(values[sheetColumn]), &sheet.Fields); err != nil {
		return api.DataSheet{}, errors.New("read data sheet: what was sealed is no sheet")
	}
	return sheet, nil
}

// SetDataSheet keeps another data sheet of a person, under the person's fence
// row. Repeating it keeps one.
func (p *Packages) SetDataSheet(ctx context.Context, sheet api.DataSheet) (api.DataSheet, error) {
	values, err := json.Marshal(sheet.Fields)
	if err != nil {
		return api.DataSheet{}, fmt.Errorf("write data sheet: %w", err)
	}
	now := p.clock.Now().UTC()
	err = p.transact(ctx, sheet.PersonID, func(tx pgx.Tx, q *sqlcgen.Queries) error {
		_, err := q.Sheet(ctx, sheet.ID)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		newest, err := newestVersion(ctx, q, sheet.PersonID)
		if err != nil {
			return err
		}
		err = q.AddSheet(ctx, sqlcgen.AddSheetParams{
			SheetID: sheet.ID, PersonID: sheet.PersonID, Version: int32(newest + 1), Fields: sheet.Names(),
			SetAt: now, SetBy: sheet.SetBy,
		})
		if err != nil {
			return err
		}
		return store.Keep(ctx, tx, p.vault, store.Kept{
			PersonID: sheet.PersonID, Row: sheet.ID, Values: map[string]string{sheetColumn: string(values)}, By: sheet.SetBy, At: now,
		})
	})
	if err != nil {
		return api.DataSheet{}, store.Failed("keep data sheet", err)
	}
	row, err := p.queries().Sheet(ctx, sheet.ID)
	if err != nil {
		return api.DataSheet{}, store.Failed("read data sheet", err)
	}
	return p.opened(ctx, row)
}

// newestVersion is 0 when there is no data sheet.
func newestVersion(ctx context.Context, q *sqlcgen.Queries, personID string) (int, error) {
	row, err := q.NewestSheet(ctx, personID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return int(row.Version), err
}
