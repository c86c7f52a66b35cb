// Package api is the HTTP contract of traveldoc and the handlers behind it.
// openapi.yaml says what callers may send and what they get; the handlers
// authenticate, store a command before it acts, ask the engine, write down
// what happened and answer.
//
// The interfaces of this file, and of those whose names end in ports, are what
// the handlers need of the world; adapters implement them. Each implementation is safe for concurrent use,
// and each change is safe to repeat with the same ids.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// What ports answer when they cannot do what they were asked. Anything else is
// a defect and reaches the caller as an internal error without its text.
var (
	// ErrNotFound: there is no such row. Callers who may not see one get the same answer.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable: the database or engine does not answer; nothing is known to have happened.
	ErrUnavailable = errors.New("not available")
	// ErrKeyReused: the Idempotency-Key was used for another request (another fingerprint).
	ErrKeyReused = errors.New("idempotency key was used for another request")
	// ErrAlreadyLifted: the hold was lifted by another command.
	ErrAlreadyLifted = errors.New("hold was lifted already")
	// ErrStayStands: the hold keeps a stay that is in force, and ends with it alone.
	ErrStayStands = errors.New("the stay that the hold keeps is in force")
	// ErrHoldScope: holds of the kind are not placed with this scope.
	ErrHoldScope = errors.New("hold has a scope that is not of its kind")
	// ErrPersonDiffers: the A-number belongs to a person with another birth date.
	ErrPersonDiffers = errors.New("the A-number belongs to other details")
	// ErrCodeTaken: another request has the public code; draw another.
	ErrCodeTaken = errors.New("public code is taken")
	// ErrAttemptsMissing: nobody signs that a person fails to comply before two attempts
	// are on record, on two days and as far apart as the house asks for.
	ErrAttemptsMissing = errors.New("two attempts are missing")
	// ErrCorrected: the legal event to be corrected is none of this person's, or was corrected already.
	ErrCorrected = errors.New("no such legal event to correct")
	// ErrCorrectedKind: a correction is of the kind of the event that it replaces, or retracts it.
	ErrCorrectedKind = errors.New("correction is of another kind")
)

// LiveRequestExists says that a person has a live request for the country.
type LiveRequestExists struct{ RequestID string }

// Error says so in one line.
func (e *LiveRequestExists) Error() string { return "a live request exists: " + e.RequestID }

// SeqConflict says that another content stands at a seq; an alarm was raised.
type SeqConflict struct {
	RequestID string
	Seq       int64
}

// Error says so in one line.
func (e *SeqConflict) Error() string {
	return fmt.Sprintf("another event stands at %s/%d", e.RequestID, e.Seq)
}

// Clock is business time; nothing else in this package tells the time.
type Clock interface{ Now() time.Time }

// Verifier turns a bearer token into a caller. Its errors are those of identity.Verifier.
type Verifier interface {
	Verify(ctx context.Context, bearer string) (identity.Principal, error)
}

// Engine is the workflow engine; workflows.Client is one. Errors that wrap
// workflows.ErrEngineAway or ErrUnavailable mean that the call may or may not have had its effect; it is
// repeated later with the same ids.
type Engine interface {
	// StartRequest starts the workflow; a workflow that runs or ran already is no error.
	StartRequest(ctx context.Context, requestID string, input workflows.RequestInput) error
	// Command hands a command over and waits for its answer until ctx ends. A
	// refusal is a *tdr.Refusal, in the error's chain; workflows.ErrClosed says that the
	// request's workflow has ended, workflows.ErrNotStarted that it never ran.
	Command(ctx context.Context, requestID string, input workflows.CommandInput) (workflows.CommandResult, error)
	// Poke wakes the mailbox of a recipient.
	Poke(ctx context.Context, recipient string) error
}

// CommandStatus tells how far a stored command is.
type CommandStatus string

// The statuses of a command.
const (
	CommandStored  CommandStatus = "stored"  // accepted, not yet answered
	CommandFinal   CommandStatus = "done"    // answered
	CommandRefused CommandStatus = "refused" // answered with a refusal
)

// Answer is an HTTP answer as it was first given. Body and headers are kept
// byte for byte, so that a repeated key gets the very same.
type Answer struct {
	Status  int
	Headers map[string]string // Content-Type, ETag, Location
	Body    []byte
}

// NewCommand is a command to be stored before it acts.
type NewCommand struct {
	ID          string // UUID, the caller's Idempotency-Key
	Principal   string
	Operation   string          // a name of identity.Operation
	Fingerprint []byte          // SHA-256 over operation, path, principal and body
	RequestID   string          // empty when it concerns no request
	PersonID    string          // empty when it concerns no person
	Input       json.RawMessage // what it takes to carry on, nothing personal

	Text     string          // personal: what the caller wrote; command_texts
	Document *DocumentNumber // personal: document_numbers
}

// DocumentNumber is the number of a travel document under its reference.
type DocumentNumber struct {
	Reference string // UUID
	Number    string // personal
}

// StoredCommand is a command on record.
type StoredCommand struct {
	ID          string
	Principal   string
	Operation   string
	Fingerprint []byte
	RequestID   string
	PersonID    string
	Input       json.RawMessage
	Status      CommandStatus
	Answer      *Answer // nil while stored
	StoredAt    time.Time
	DoneAt      time.Time
}

// CommandDone is the end of a command.
type CommandDone struct {
	CommandID string
	Refused   bool
	Answer    Answer
}

// Commands keeps every change before it acts.
type Commands interface {
	// Store keeps a command. When its id is on record with the same fingerprint,
	// the earlier one is returned and fresh is false; with another: ErrKeyReused.
	Store(ctx context.Context, command NewCommand) (stored StoredCommand, fresh bool, err error)
	// Command reads one back; ErrNotFound.
	Command(ctx context.Context, id string) (StoredCommand, error)
	// Done keeps the answer of a command that brought no events: refused, or its
	// effect was another port's. A refused command's dispatch, if it has one,
	// becomes stopped. The first answer stays and is the one that comes back, so
	// that whoever finishes second gives the same.
	Done(ctx context.Context, done CommandDone) (Answer, error)
	// RecordCommand records what a command brought (as activities.Recorder does) and
	// its answer in one transaction; the command's dispatch, if it has one, becomes
	// sent. Repeating it changes nothing; the answer that comes back is the first, as with
	// Done. A conflict is *SeqConflict.
	RecordCommand(ctx context.Context, recording activities.Recording, done CommandDone) (Answer, activities.Recorded, error)
}

// PersonDetails are personal and go no further than the personal store.
type PersonDetails struct {
	FamilyName string
	GivenNames string
	BirthDate  calendar.Date
	ANumber    string // "A" and nine digits, or empty
}

// Intake is everything that a new request writes before its workflow starts.
type Intake struct {
	Command     NewCommand     // its Input holds the opened event
	Open        tdr.Open       // Open.Order.Number is personal: order_details
	NewPerson   *PersonDetails // nil: Open.PersonID is on record
	PackVersion int
	PackHash    string
	OpenedAt    time.Time
}

// Intakes takes new requests in.
type Intakes interface {
	// PersonID finds a person by A-number, so that the same person is one row:
	// "" when none has it, ErrPersonDiffers with the person when the birth date is another.
	PersonID(ctx context.Context, details PersonDetails) (string, error)
	// SameNames tells whether the details look like those of a person on record:
	// every word of the names, in any order, and the birth date; ErrNotFound.
	SameNames(ctx context.Context, personID string, details PersonDetails) (bool, error)
	// BirthDate is that of a person on record, against which later dates are held; ErrNotFound.
	BirthDate(ctx context.Context, personID string) (calendar.Date, error)
	// TakeIn stores command, person, order and request row (stage 'opening', seq 0)
	// in one transaction. A command on record is returned with fresh false, as
	// Store does. Errors: ErrKeyReused, *LiveRequestExists, ErrNotFound (the
	// person), ErrPersonDiffers (somebody took the A-number meanwhile), ErrCodeTaken.
	TakeIn(ctx context.Context, intake Intake) (stored StoredCommand, fresh bool, err error)
	// Abandon ends an opening that can never start: the row lives no longer and
	// the command is answered; the answer that comes back is the first.
	Abandon(ctx context.Context, requestID string, done CommandDone) (Answer, error)
}

// LegalEvent is a dated legal fact about a person, from a source document.
type LegalEvent struct {
	ID         string
	Ordinal    int64  // in the order of recording; 0 before
	Kind       string // a kind of package custody
	Dated      calendar.Date
	Office     string // whose local date it is
	SourceType string
	Source     tdr.Evidence
	Corrects   string // id of the event it replaces
	HoldID     string // a court stay is a hold too; ties the stay's end to its grant (custody.Event.Stay)
	Decision   string // of a custody review, a code; empty otherwise
	Signed     tdr.Signature
	RecordedAt time.Time
	RecordedBy string
	// MayHaveLeft is what had left, or may have, when the hold that came with the
	// event was placed. Only recording tells it.
	MayHaveLeft []Recall
	Poke        []string // mailboxes of the posts that are asked for it back; only recording tells them
}

// LegalEntry is one legal event to be recorded, with the hold that it places or lifts.
type LegalEntry struct {
	Event  LegalEvent
	Places *Hold    // Event.HoldID names it
	Lifts  *Lifting // its hold stands no longer
}

// PersonCustody is the person's custody clock as last derived.
type PersonCustody struct {
	PersonID  string
	Office    string
	Rules     int
	Clock     json.RawMessage // custody's own form, with explanations
	Summary   tdr.Custody     // what requests read of it
	DerivedAt time.Time
}

// LegalEvents keeps legal facts and what follows from them.
type LegalEvents interface {
	// Record keeps the entry, derives the person's clock and its deadlines anew,
	// and leaves signals to the person's clock and live requests in the outbox, in
	// one transaction. Event.ID is the command id. An event that leaves the person
	// without an order, or brings back a stay whose hold was lifted, places a hold in
	// that transaction too; the event names it. A history that cannot be true is
	// a *custody.HistoryError, and nothing is kept. Others: ErrNotFound, ErrCorrected,
	// ErrCorrectedKind, ErrAlreadyLifted, ErrAttemptsMissing.
	Record(ctx context.Context, personID string, entry LegalEntry) (LegalEvent, PersonCustody, error)
	// Events lists them in the order of recording.
	Events(ctx context.Context, personID string) ([]LegalEvent, error)
	// Attempted: by a day at an office two attempts are on record since the person last
	// complied, on two days and as far apart as the house asks for. ErrAttemptsMissing.
	Attempted(ctx context.Context, personID, office string, by calendar.Date) error
	// Custody reads the clock; ErrNotFound when nothing was recorded of the person yet.
	Custody(ctx context.Context, personID string) (PersonCustody, error)
}

// MailEvent is one delivery report about one message.
type MailEvent struct {
	Key       string // equal for copies of one event
	MessageID string // ours; empty in late bounces
	SentID    string // the provider's
	Kind      string // processed, delivered, deferred, bounce, dropped, spamreport
	At        time.Time
	Reason    string // a code
}

// What MailEvents.Verify finds wrong.
var (
	ErrSignature = errors.New("webhook signature is missing, wrong or outside the window")
	ErrEventBody = errors.New("webhook body is not a list of events")
)

// MailEvents verifies and reads what the mail provider reports. ErrSignature, ErrEventBody.
type MailEvents interface {
	Verify(header http.Header, rawBody []byte, now time.Time) ([]MailEvent, error)
}

// MailReports keeps delivery reports, each once, moves the messages they
// concern, and leaves signals to requests in the outbox.
type MailReports interface {
	RecordMailEvents(ctx context.Context, events []MailEvent) error
}

// Directory is who is asked, where and when. The snapshot is a cheap copy.
type Directory interface {
	Snapshot(ctx context.Context) (directory.Snapshot, error)
}

// Health answers for a dependency of /readyz.
type Health interface {
	Ready(ctx context.Context) error
}
