package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// SetDataSheet keeps what a data sheet says of a person beside their record:
// the whole of it, so that what is left out is blank.
func (s *Server) SetDataSheet(ctx context.Context, r contract.SetDataSheetRequestObject) (contract.SetDataSheetResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.SetDataSheet); err != nil {
		return nil, err
	}
	values, err := sheetValues(r.Body.Fields)
	if err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	// The values are personal: they go the way of what somebody wrote.
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("write data sheet: %w", err)
	}
	return s.perform(ctx, NewCommand{
		ID: r.Params.IdempotencyKey, Operation: string(identity.SetDataSheet), PersonID: r.Id, Text: string(raw),
	}, struct{}{})
}

// sheetValues checks each value by the list of fields, and drops empty ones.
func sheetValues(given map[string]string) (map[string]string, error) {
	known, err := playbook.DataSheetFields()
	if err != nil {
		return nil, fmt.Errorf("read data-sheet fields: %w", err)
	}
	var faults fieldErrors
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := strings.TrimSpace(given[name])
		place := slices.IndexFunc(known, func(f playbook.SheetField) bool { return f.Name == name })
		switch {
		case place < 0:
			faults.add("fields."+name, "is not on the list of data-sheet fields")
		case known[place].OfPerson:
			faults.add("fields."+name, "is part of the person's record")
		case !known[place].Form.Takes(value):
			faults.add("fields."+name, "does not have the form of a %s", strings.ReplaceAll(string(known[place].Form), "_", " "))
		case value != "":
			values[name] = value
		}
	}
	return values, faults.problem()
}

// errSheet stands for an error that would quote the sheet.
var errSheet = errors.New("the data sheet on record is none")

// finishDataSheet keeps the data sheet of a stored command. The answer, which
// is kept too, names the fields and none of their values.
func (c *Carrier) finishDataSheet(ctx context.Context, stored StoredCommand) (Answer, error) {
	text, err := c.reads.CommandText(ctx, stored.ID)
	if err != nil {
		return Answer{}, fmt.Errorf("read stored data sheet: %w", err)
	}
	sheet := DataSheet{ID: stored.ID, PersonID: stored.PersonID, SetBy: stored.Principal}
	if err := json.Unmarshal([]byte(text), &sheet.Fields); err != nil {
		return Answer{}, fmt.Errorf("read stored data sheet: %w", errSheet)
	}
	kept, err := c.packages.SetDataSheet(ctx, sheet)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(http.StatusOK, contract.DataSheetKept{
		PersonId: kept.PersonID, Version: kept.Version, Known: kept.Names(), SetAt: utc(kept.SetAt), SetBy: kept.SetBy,
	}, nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

// GetDataSheet reads what is entered of a person, to those who need to know.
func (s *Server) GetDataSheet(ctx context.Context, r contract.GetDataSheetRequestObject) (contract.GetDataSheetResponseObject, error) {
	if _, err := s.person(ctx, r.Id, identity.ReadPerson); err != nil {
		return nil, err
	}
	sheet, err := s.packages.DataSheet(ctx, r.Id)
	if err != nil {
		return nil, fmt.Errorf("read data sheet: %w", err)
	}
	return contract.GetDataSheet200JSONResponse{
		PersonId: r.Id, Version: sheet.Version, Fields: sheet.Fields, SetAt: utc(sheet.SetAt), SetBy: sheet.SetBy,
	}, nil
}
