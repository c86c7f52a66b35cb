package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/vault"
)

// Columns under which personal fields are sealed.
const (
	familyNameColumn     = "person_details.family_name"
	givenNamesColumn     = "person_details.given_names"
	birthDateColumn      = "person_details.birth_date"
	aNumberColumn        = vault.Indexed
	orderNumberColumn    = "order_details.number"
	commandTextColumn    = "command_texts.text"
	documentNumberColumn = "document_numbers.number"
)

// sealed keeps what is personal in the vault, and nothing else in this package
// does. It writes within the caller's transaction.
type sealed struct{ vault *vault.Vault }

// put keeps values of one row and has the audit log commit to them.
func (s sealed) put(ctx context.Context, tx sqlcgen.DBTX, k Kept) error {
	return Keep(ctx, tx, s.vault, k)
}

// read opens one row; api.ErrNotFound when nothing is there, or nothing any more.
func (s sealed) read(ctx context.Context, db sqlcgen.DBTX, what, row string) (map[string]string, error) {
	values, err := s.vault.Row(ctx, db, row)
	return values, inVault("read "+what, err)
}

// inVault says in the ports' terms what the vault says of a failure.
func inVault(operation string, err error) error {
	switch {
	case errors.Is(err, vault.ErrNone), errors.Is(err, vault.ErrDestroyed):
		return fmt.Errorf("%s: %w", operation, notFound)
	case errors.Is(err, vault.ErrTaken):
		return fmt.Errorf("%s: %w", operation, api.ErrPersonDiffers)
	default:
		return failed(operation, err)
	}
}

// putPerson keeps a new person's details and answers who on record looks like
// them. api.ErrPersonDiffers when somebody else has the A-number.
func (s sealed) putPerson(ctx context.Context, tx sqlcgen.DBTX, details api.PersonDetails, k Kept) (alike []string, err error) {
	k.Row, k.Values = k.PersonID, columnsOf(details)
	if err := s.put(ctx, tx, k); err != nil {
		return nil, err
	}
	if details.ANumber != "" {
		if err := s.vault.Enter(ctx, tx, k.PersonID, details.ANumber); err != nil {
			return nil, inVault("keep person", err)
		}
	}
	found, err := s.vault.Alike(ctx, tx, k.PersonID, k.Values)
	if err != nil {
		return nil, inVault("keep person", err)
	}
	return s.unnumbered(ctx, tx, found, details)
}

// columnsOf are a person's details by the columns that keep them.
func columnsOf(details api.PersonDetails) map[string]string {
	return map[string]string{
		familyNameColumn: details.FamilyName, givenNamesColumn: details.GivenNames,
		birthDateColumn: details.BirthDate.String(), aNumberColumn: details.ANumber,
	}
}

// unnumbered leaves out who is told apart by numbers: two records that each have
// an A-number of their own are two by the agency's word.
func (s sealed) unnumbered(ctx context.Context, tx sqlcgen.DBTX, found []string, details api.PersonDetails) (alike []string, err error) {
	if details.ANumber == "" {
		return found, nil
	}
	for _, id := range found {
		other, err := s.person(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if other.ANumber == "" {
			alike = append(alike, id)
		}
	}
	return alike, nil
}

func (s sealed) person(ctx context.Context, db sqlcgen.DBTX, personID string) (api.PersonDetails, error) {
	values, err := s.read(ctx, db, "person", personID)
	if err != nil {
		return api.PersonDetails{}, err
	}
	born, err := calendar.ParseDate(values[birthDateColumn])
	if err != nil {
		return api.PersonDetails{}, fmt.Errorf("read person: %w", errBirthDate)
	}
	return api.PersonDetails{
		FamilyName: values[familyNameColumn], GivenNames: values[givenNamesColumn], BirthDate: born, ANumber: values[aNumberColumn],
	}, nil
}

// errBirthDate stands for an error that would quote the date.
var errBirthDate = errors.New("the birth date on record is none")

// findPerson looks an A-number up; api.ErrNotFound.
func (s sealed) findPerson(ctx context.Context, db sqlcgen.DBTX, aNumber string) (string, calendar.Date, error) {
	id, err := s.vault.Find(ctx, db, aNumber)
	if err != nil {
		return "", calendar.Date{}, inVault("find person", err)
	}
	details, err := s.person(ctx, db, id)
	return id, details.BirthDate, err
}

// putCommand keeps what is personal in a command: what somebody wrote, and the
// number of a travel document under its reference.
func (s sealed) putCommand(ctx context.Context, tx sqlcgen.DBTX, command api.NewCommand, at time.Time) error {
	k := Kept{PersonID: command.PersonID, Row: command.ID, Values: map[string]string{commandTextColumn: command.Text}, By: command.Principal, At: at}
	if err := s.put(ctx, tx, k); err != nil || command.Document == nil {
		return err
	}
	k.Row, k.Values = command.Document.Reference, map[string]string{documentNumberColumn: command.Document.Number}
	return s.put(ctx, tx, k)
}

// Person reads the personal details of a person; api.ErrNotFound.
func (s *Store) Person(ctx context.Context, personID string) (api.PersonDetails, error) {
	return s.personal.person(ctx, s.pool, personID)
}

// OrderNumber reads the number of the order on record for a request; api.ErrNotFound.
func (s *Store) OrderNumber(ctx context.Context, requestID string) (string, error) {
	order, err := derived(requestID, "order")
	if err != nil {
		return "", err
	}
	values, err := s.personal.read(ctx, s.pool, "order number", order)
	return values[orderNumberColumn], err
}

// CommandText reads what somebody wrote with a command; api.ErrNotFound.
func (s *Store) CommandText(ctx context.Context, commandID string) (string, error) {
	values, err := s.personal.read(ctx, s.pool, "command text", commandID)
	return values[commandTextColumn], err
}

// DocumentNumber reads the number of a travel document by its reference; api.ErrNotFound.
func (s *Store) DocumentNumber(ctx context.Context, reference string) (string, error) {
	values, err := s.personal.read(ctx, s.pool, "document number", reference)
	return values[documentNumberColumn], err
}
