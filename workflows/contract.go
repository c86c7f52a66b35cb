// Package workflows holds the durable shells: one workflow for each request,
// one for the custody clock of each detained person, one for each recipient
// with mail waiting. A workflow only waits, calls the core, and asks
// activities for effects. The types of this file are what clients need; they
// never import the workflow code itself.
package workflows

import (
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
	RequestQueue = "requests"
	MailQueue    = "mail"
)

// Messages of a request.
const (
	CommandUpdate          = "Command"
	HoldChangedSignal      = "HoldChanged"      // payload tdr.HoldChanged
	CustodyChangedSignal   = "CustodyChanged"   // payload tdr.CustodyChanged
	MailBouncedSignal      = "MailBounced"      // payload tdr.MailBounced
	UnreachableSignal      = "LevelUnreachable" // payload tdr.LevelUnreachable
	ReplyReceivedSignal    = "ReplyReceived"    // payload tdr.ReplyReceived
	CalendarsRenewedSignal = "CalendarsRenewed" // payload tdr.CalendarsRenewed
	StateQuery             = "State"            // answers tdr.State
	HistoryQuery           = "History"          // answers CommandResult for events behind a seq (argument int64)
)

// Messages of the others.
const (
	LegalEventsChangedSignal = "LegalEventsChanged" // to custody/<person>, payload: the person's id
	PokeSignal               = "Poke"               // to mailbox/<recipient>, no payload
)

// RequestID is the workflow id of a request, CustodyID of a person's clock, MailboxID of a recipient's mailbox.
func RequestID(request string) string   { return "request/" + request }
func CustodyID(person string) string    { return "custody/" + person }
func MailboxID(recipient string) string { return "mailbox/" + recipient }

// RequestInput starts a request's workflow, and carries it across Continue-As-New.
type RequestInput struct {
	State    tdr.State        `json:"state"`             // begins with the opened event
	Recorded int64            `json:"recorded"`          // every event up to here is known to be on record
	Answers  []AppliedCommand `json:"answers,omitempty"` // so that a repeated command is applied once
}

// AppliedCommand is a command that was applied: its events are those of the log
// that bear its id.
type AppliedCommand struct {
	ID  string `json:"id"`
	Seq int64  `json:"seq"` // of its last event
}

// CommandInput is the argument of CommandUpdate; its update id is the command id.
type CommandInput struct {
	Command tdr.Command `json:"command"`
	Facts   tdr.Facts   `json:"facts"` // Now is set by the workflow
	// Seen is the last seq the caller had seen; the command is stale if a
	// material event came behind it. 0 means that the caller did not say.
	Seen int64 `json:"seen,omitempty"`
}

// CommandResult answers CommandUpdate: what the API records before it answers.
type CommandResult struct {
	Seq    int64       `json:"seq"`
	Events []tdr.Event `json:"events"`
	Row    tdr.Row     `json:"row"`
}

// RefusedType is the application error type of a refused command; its details
// are one tdr.Refusal.
const RefusedType = "CommandRefused"
