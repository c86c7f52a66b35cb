package store

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// Personal keeps what is personal, and nothing else in this package does. It
// writes within the caller's transaction. Whoever encrypts implements it anew.
type Personal interface {
	PutPerson(ctx context.Context, q *sqlcgen.Queries, personID string, details api.PersonDetails) error
	Person(ctx context.Context, q *sqlcgen.Queries, personID string) (api.PersonDetails, error)
	// FindPerson looks an A-number up; api.ErrNotFound.
	FindPerson(ctx context.Context, q *sqlcgen.Queries, aNumber string) (personID string, birthDate calendar.Date, err error)
	PutOrderNumber(ctx context.Context, q *sqlcgen.Queries, orderID, number string) error
	OrderNumber(ctx context.Context, q *sqlcgen.Queries, orderID string) (string, error)
	PutCommandText(ctx context.Context, q *sqlcgen.Queries, commandID, requestID, text string) error
	CommandText(ctx context.Context, q *sqlcgen.Queries, commandID string) (string, error)
	PutDocumentNumber(ctx context.Context, q *sqlcgen.Queries, requestID string, number api.DocumentNumber) error
	DocumentNumber(ctx context.Context, q *sqlcgen.Queries, reference string) (string, error)
}

// plain keeps personal fields as they are, in tables of their own.
type plain struct{}

// PutPerson keeps a new person's details.
func (plain) PutPerson(ctx context.Context, q *sqlcgen.Queries, personID string, details api.PersonDetails) error {
	err := q.AddPersonDetails(ctx, sqlcgen.AddPersonDetailsParams{
		PersonID: personID, FamilyName: details.FamilyName, GivenNames: details.GivenNames,
		BirthDate: fromDate(details.BirthDate), ANumber: details.ANumber,
	})
	if brokeConstraint(err, "person_by_a_number") {
		return api.ErrPersonDiffers
	}
	return err
}

// Person reads them back.
func (plain) Person(ctx context.Context, q *sqlcgen.Queries, personID string) (api.PersonDetails, error) {
	row, err := q.PersonDetails(ctx, personID)
	if err != nil {
		return api.PersonDetails{}, failed("read person", err)
	}
	return api.PersonDetails{
		FamilyName: row.FamilyName, GivenNames: row.GivenNames, BirthDate: toDate(row.BirthDate), ANumber: row.ANumber,
	}, nil
}

// FindPerson looks an A-number up.
func (plain) FindPerson(ctx context.Context, q *sqlcgen.Queries, aNumber string) (string, calendar.Date, error) {
	row, err := q.PersonByANumber(ctx, aNumber)
	if err != nil {
		return "", calendar.Date{}, failed("find person", err)
	}
	return row.PersonID, toDate(row.BirthDate), nil
}

// PutOrderNumber keeps the number of an order.
func (plain) PutOrderNumber(ctx context.Context, q *sqlcgen.Queries, orderID, number string) error {
	return q.AddOrderNumber(ctx, sqlcgen.AddOrderNumberParams{OrderID: orderID, Number: number})
}

// OrderNumber reads it back.
func (plain) OrderNumber(ctx context.Context, q *sqlcgen.Queries, orderID string) (string, error) {
	number, err := q.OrderNumber(ctx, orderID)
	return number, failed("read order number", err)
}

// PutCommandText keeps what somebody wrote with a command.
func (plain) PutCommandText(ctx context.Context, q *sqlcgen.Queries, commandID, requestID, text string) error {
	return q.AddCommandText(ctx, sqlcgen.AddCommandTextParams{CommandID: commandID, RequestID: maybe(requestID), Text: text})
}

// CommandText reads it back.
func (plain) CommandText(ctx context.Context, q *sqlcgen.Queries, commandID string) (string, error) {
	text, err := q.CommandText(ctx, commandID)
	return text, failed("read command text", err)
}

// PutDocumentNumber keeps a document's number under its reference.
func (plain) PutDocumentNumber(ctx context.Context, q *sqlcgen.Queries, requestID string, number api.DocumentNumber) error {
	if requestID == "" {
		return fmt.Errorf("a document's number belongs to a request: %w", api.ErrNotFound)
	}
	return q.AddDocumentNumber(ctx, sqlcgen.AddDocumentNumberParams{Reference: number.Reference, RequestID: requestID, Number: number.Number})
}

// DocumentNumber reads it back.
func (plain) DocumentNumber(ctx context.Context, q *sqlcgen.Queries, reference string) (string, error) {
	number, err := q.DocumentNumber(ctx, reference)
	return number, failed("read document number", err)
}

// Person reads the personal details of a person; api.ErrNotFound.
func (s *Store) Person(ctx context.Context, personID string) (api.PersonDetails, error) {
	return s.personal.Person(ctx, s.queries(), personID)
}

// CommandText reads what somebody wrote with a command; api.ErrNotFound.
func (s *Store) CommandText(ctx context.Context, commandID string) (string, error) {
	return s.personal.CommandText(ctx, s.queries(), commandID)
}

// DocumentNumber reads the number of a travel document by its reference; api.ErrNotFound.
func (s *Store) DocumentNumber(ctx context.Context, reference string) (string, error) {
	return s.personal.DocumentNumber(ctx, s.queries(), reference)
}
