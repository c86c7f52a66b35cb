// Package workflows holds the durable shells: one workflow for each request,
// one for the custody clock of each detained person, one for each recipient
// with mail waiting. A workflow only waits, calls the core, and asks
// activities for effects. The types of this file are what clients need; they
// never import the workflow code itself.
package workflows

import (
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Workflow types, registered under these names.
const (
	RequestType   = "TravelDocumentRequest"
	CustodyType   = "CustodyClock"
	MailboxType   = "Mailbox"
	ReconcileType = "Reconcile"
)

// Task queues.
const (
	RequestQueue = activities.RequestQueue
	MailQueue    = activities.MailQueue
)

// Messages of a request.
const (
	CommandUpdate          = "Command"
	HoldChangedSignal      = "HoldChanged"      // payload tdr.HoldChanged
	CustodyChangedSignal   = "CustodyChanged"   // payload tdr.CustodyChanged
	MailBouncedSignal      = "MailBounced"      // payload tdr.MailBounced
	SendStoppedSignal      = "SendStopped"      // payload tdr.SendStopped
	RecallConfirmedSignal  = "RecallConfirmed"  // payload tdr.RecallConfirmed
	UnreachableSignal      = "LevelUnreachable" // payload tdr.LevelUnreachable
	ReplyReceivedSignal    = "ReplyReceived"    // payload tdr.ReplyReceived
	CalendarsRenewedSignal = "CalendarsRenewed" // payload tdr.CalendarsRenewed
	StateQuery             = "State"            // answers tdr.State
	HistoryQuery           = "History"          // answers CommandResult for events behind a seq (argument int64)
)

// Messages of the others.
const (
	LegalEventsChangedSignal = "LegalEventsChanged" // to custody/<person>, no payload
	PokeSignal               = "Poke"               // to mailbox/<recipient>, no payload
)

// RequestID is the workflow id of a request, CustodyID of a person's clock, MailboxID of a recipient's mailbox.
func RequestID(request string) string   { return "request/" + request }
func CustodyID(person string) string    { return "custody/" + person }
func MailboxID(recipient string) string { return "mailbox/" + recipient }

// StageAttribute is the one search attribute: the stage of a request. SQL lists everything else.
const StageAttribute = "TdrStage"

// RequestInput starts a request's workflow, and carries it across
// Continue-As-New. Commands that were applied need no list of their own: every
// event of the log bears the id of its command, for as long as the request lives.
type RequestInput struct {
	State    tdr.State `json:"state"`    // begins with the opened event
	Recorded int64     `json:"recorded"` // every event up to here is known to be on record
}

// RequestEnd is what a request's workflow leaves.
type RequestEnd struct {
	Seq     int64       `json:"seq"` // every event up to here is on record
	Outcome tdr.Outcome `json:"outcome"`
}

// CommandInput is the argument of CommandUpdate; its update id is the command id.
type CommandInput struct {
	Command tdr.Command `json:"command"`
	Facts   tdr.Facts   `json:"facts"` // Now is set by the workflow
	// Seen is the last seq the caller had seen; the command is stale if a
	// material event came behind it. 0 means that the caller did not say.
	Seen int64 `json:"seen,omitempty"`
}

// CommandResult answers CommandUpdate with the command's own events, and
// HistoryQuery with those behind a seq. The API records it before it answers. A
// command that was applied before is answered with the same events and today's row.
type CommandResult struct {
	Seq    int64       `json:"seq"`
	Events []tdr.Event `json:"events"`
	Row    tdr.Row     `json:"row"`
}

// RefusedType is the application error type of a refused command; its details
// are one tdr.Refusal.
const RefusedType = "CommandRefused"

// CustodyInput starts a custody clock, and carries it across Continue-As-New.
type CustodyInput struct {
	PersonID string `json:"person_id"`
	// Filed are the duties whose notices this clock has filed, each by its last telling.
	Filed []string `json:"filed,omitempty"`
	// Seen is the last instant that the clock has acted on; time never goes back behind it.
	Seen time.Time `json:"seen,omitzero"`
}
