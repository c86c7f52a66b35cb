// Package activities holds the effects that a workflow may ask for: recording
// what happened, filing notices, delivering mail, keeping custody duties. Each
// effect stands behind a narrow interface of this file, which adapters
// implement; an activity decides nothing that the core can decide.
package activities

import (
	"context"
	"errors"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What adapters answer when more is known than that it failed.
var (
	// ErrSeqConflict: another content stands at an existing seq; an alarm was raised.
	ErrSeqConflict = errors.New("another event stands at that seq")
	// ErrUnknown: there is no such row.
	ErrUnknown = errors.New("no such row")
	// ErrUnavailable: the database does not answer; nothing is known to have happened.
	ErrUnavailable = errors.New("not available")
)

// Clock is business time. Outside workflows nothing else tells the time.
type Clock interface{ Now() time.Time }

// Recording is a stretch of a request's history, and the read model after it.
type Recording struct {
	RequestID string       `json:"request_id"`
	Events    []tdr.Event  `json:"events"` // by seq, without gaps; some may be on record already
	Row       tdr.Row      `json:"row"`    // true as of its Seq
	Notices   []tdr.Notice `json:"notices,omitempty"`
	// Anew has the read model written again even where it stands at the row's seq,
	// in case somebody spoiled it.
	Anew bool `json:"anew,omitempty"`
}

// Recorded is what recording brought.
type Recorded struct {
	// Poke names the recipients whose mailbox has something new and no poke outstanding.
	Poke []string `json:"poke,omitempty"`
	// Unaddressed are the notices for which the directory named nobody.
	Unaddressed []tdr.Notice `json:"unaddressed,omitempty"`
	// Absent are the duties asked for that the clock on record does not have.
	Absent []string `json:"absent,omitempty"`
}

// Recorder writes history down. The same event twice is once; another content
// at an existing seq raises an alarm and is an error (ErrSeqConflict).
type Recorder interface {
	Record(ctx context.Context, recording Recording) (Recorded, error)
}

// LegalHistory is what the custody clock of a person is derived from: ids,
// kinds, dates and hashes, nothing personal.
type LegalHistory struct {
	PersonID string          `json:"person_id"`
	Office   string          `json:"office"` // the responsible one
	Events   []custody.Event `json:"events"`
	// OfficeTime is the office's calendar: local days begin by it, so that the
	// clock never consults the zone database.
	OfficeTime calendar.Slice `json:"office_time"`
	// Consular are what 8 CFR 236.1(e) asks for of the detention and nobody has done,
	// and that the day on which the order became final be recorded, where it is missing.
	// No request for a travel document fulfils or brings about any.
	Consular []custody.Duty `json:"consular,omitempty"`
}

// CustodyStore keeps custody clocks and their duties.
type CustodyStore interface {
	// LegalHistory is read in one snapshot. A person without events has an empty one.
	LegalHistory(ctx context.Context, personID string) (LegalHistory, error)
	// FileMilestones files the notices of duties that are to be acted on, marks their
	// deadlines, and names the mailboxes to poke. Keys are those of
	// custody.Milestone; filing twice is filing once, and one that the clock does
	// not have any more, or not yet, is answered as absent.
	FileMilestones(ctx context.Context, personID string, keys []string) (Recorded, error)
}

// Calendars builds fresh calendar slices for a request whose recorded ones end.
type Calendars interface {
	// Renewed slices answer for every day from since to years after Clock.Now.
	Renewed(ctx context.Context, fieldOffice, post string, since time.Time) (office, abroad calendar.Slice, err error)
}

// Envelope is a mail ready to be sent, claimed in the ledger.
type Envelope struct {
	MessageID string
	To        string
	Subject   string
	Preheader string
	Text      string
	HTML      string
	Repeat    bool
}

// Outcome is how sending ended, as far as it can be known.
type Outcome string

// The outcomes of sending.
const (
	Accepted Outcome = "accepted" // the provider took it
	Unknown  Outcome = "unknown"  // it may have been taken: the answer was lost
	NotSent  Outcome = "not_sent" // it certainly was not; try again
	Rejected Outcome = "rejected" // the provider refuses it for good
)

// Post is the mail provider.
type Post interface {
	// Send hands one mail over. The code is the provider's id of an accepted mail,
	// else why it was not. RetryAfter is set when the provider asks to wait.
	Send(ctx context.Context, envelope Envelope) (outcome Outcome, code string, retryAfter time.Duration, err error)
}

// Ledger is the message ledger and the mailboxes.
type Ledger interface {
	// Collect bundles what waits for a recipient into at most one new envelope,
	// and returns it with any that was claimed before and certainly never sent
	// (claimed, or settled as NotSent; never one that is sending or unknown). It
	// takes the outstanding poke down. Moot notices are dropped.
	Collect(ctx context.Context, recipient string) ([]Envelope, error)
	// Sending marks a claimed message as on its way; false when somebody else did.
	Sending(ctx context.Context, messageID string) (bool, error)
	// Settle records how sending ended. After NotSent the message is claimed again.
	Settle(ctx context.Context, messageID string, outcome Outcome, code string) error
	// Unsettled lists messages whose outcome has been unknown for as long as the
	// event webhook is waited for; each is repeated once, as a new envelope marked
	// as a repeat, claimed like any other. A message that has been sending for that long
	// is unknown too: whoever sent it did not live to settle it. next is when the
	// earliest of the others will be; zero if none.
	Unsettled(ctx context.Context, recipient string, waited time.Duration) (repeats []Envelope, next time.Time, err error)
}

// Upkeep is what the reconciler asks the store for. Every list is bounded.
type Upkeep interface {
	// UnfinishedCommands were stored longer ago than age and not answered, those
	// least recently tried first.
	UnfinishedCommands(ctx context.Context, age time.Duration, limit int) ([]PendingCommand, error)
	// Outbox hands out signals not yet delivered, oldest first for each workflow.
	Outbox(ctx context.Context, limit int) ([]Signal, error)
	// Delivered marks a signal that the engine has acknowledged, or that nobody can receive any more.
	Delivered(ctx context.Context, outboxID int64) error
	// EndExpiredHolds ends holds whose last day is over and tells counsel; their
	// notices are poked like others that wait.
	EndExpiredHolds(ctx context.Context) error
	// FileHoldReviews tells counsel of holds whose day of review has passed, and of
	// claims to citizenship that none of them has taken up; it answers with the
	// mailboxes to poke.
	FileHoldReviews(ctx context.Context) ([]string, error)
	// OutstandingPokes are mailboxes poked longer ago than age and not collected
	// since, and those that left a mail behind: claimed for as long, or of unknown
	// fate and not repeated for as long after UnknownWait.
	OutstandingPokes(ctx context.Context, age time.Duration, limit int) ([]string, error)
	// LiveRequests pages through requests that should have an open workflow, by id.
	LiveRequests(ctx context.Context, after string, limit int) ([]LiveRequest, error)
	// DetainedPersons pages through persons who should have a custody workflow.
	DetainedPersons(ctx context.Context, after string, limit int) ([]string, error)
	// Gaps are seqs missing up to a request's seq in the event table, and the last
	// seq of a request that stands as ended although no event says so.
	Gaps(ctx context.Context, limit int) ([]Gap, error)
	// Opening is the event with seq 1 of a request; ErrUnknown when it is not on record.
	Opening(ctx context.Context, requestID string) (tdr.Event, error)
	// Alarm keeps a finding that needs a person; the same finding twice is one.
	Alarm(ctx context.Context, kind, requestID, personID string, detail map[string]any) error
}

// PendingCommand is a stored command that was not answered.
type PendingCommand struct {
	CommandID string
	Operation string
	RequestID string
}

// Signal is an outbox row.
type Signal struct {
	OutboxID   int64
	Since      time.Time // when it was written
	WorkflowID string
	Name       string
	Start      bool
	Payload    []byte // JSON
}

// LiveRequest is a request that should have an open workflow.
type LiveRequest struct {
	RequestID string
	Seq       int64
	Since     time.Time
}

// Gap is a hole in a recorded history.
type Gap struct {
	RequestID string
	Seq       int64
}

// Carrier carries a stored command on where it stopped; api implements it. What
// was answered meanwhile is no error.
type Carrier interface {
	CarryOn(ctx context.Context, commandID string) error
}
