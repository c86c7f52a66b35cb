package api

import (
	"context"
	"errors"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Authorisation asks the gate whether one thing may leave.
type Authorisation struct {
	CommandID string // becomes the dispatch's id
	RequestID string
	Kind      tdr.Name // send, answer_information; record_contact for a question
	Channel   tdr.Channel
	Content   tdr.ContentHash
	By        string
}

// Fence is the gate before anything leaves.
type Fence interface {
	// Authorise looks at holds in scope, order, approved content and the post's
	// country under the person's fence row, and makes the dispatch 'sending' when all
	// is in order. The findings come back either way; Dispatch is empty when
	// nothing was authorised. Asked again for the same command it authorises anew
	// under the fence version in force, or comes back without Dispatch; it never
	// takes 'sending' back, because the first asking may have been acted upon.
	// postCountry is the country of the request's post in the directory.
	Authorise(ctx context.Context, asked Authorisation, postCountry string) (tdr.Gate, error)
	// StillAuthorised is asked right before the effect, and notes that it begins: true
	// when the dispatch is 'sending' and was authorised within the last ten seconds
	// under the fence version in force. If not, the gate is asked again.
	StillAuthorised(ctx context.Context, dispatchID string) (bool, error)
	// Left ends a dispatch whose effect was done, and tells the post of a recall that
	// was opened meanwhile: the mailboxes to poke for it come back. Repeating it changes nothing.
	Left(ctx context.Context, dispatchID string) (poke []string, err error)
	// Stop ends a dispatch that the gate no longer lets leave. One whose effect never
	// began is stopped, its recall is settled, and the outbox gets SendStopped; one whose
	// effect had begun counts as sent, because it may have left, and its post is told as by
	// Left. Repeating it changes nothing.
	Stop(ctx context.Context, dispatchID string) (poke []string, err error)
}

// DispatchStatus tells how far a dispatch is.
type DispatchStatus string

// The statuses of a dispatch. From DispatchSending on it may have left.
const (
	DispatchSending DispatchStatus = "sending"
	DispatchSent    DispatchStatus = "sent"
	DispatchStopped DispatchStatus = "stopped" // certainly never left
)

// Dispatch is one thing that leaves, or left, for a post.
type Dispatch struct {
	ID           string // of the command that sends it
	RequestID    string
	Code         string // of the request
	PersonID     string
	Country      string
	Kind         tdr.Name
	Channel      tdr.Channel
	Post         string
	Content      tdr.ContentHash
	Status       DispatchStatus
	Fence        int64 // the person's fence version under which it was last authorised
	AuthorisedAt time.Time
	AuthorisedBy string
	SentAt       time.Time // zero while it has not left
	StoppedAt    time.Time // zero unless it was stopped

	Courier      string // a code; empty while not handed over
	Tracking     string
	HandedOverBy string
	HandedOverAt time.Time

	ProofDocument string // empty while delivery is not proved
	DeliveredAt   time.Time

	System      string // of the post, a code; empty while nothing was entered there
	Number      string
	SubmittedBy string
	SubmittedAt time.Time

	RecalledAt        time.Time // zero while nobody asks it back
	RecallClosedAt    time.Time
	RecallConfirmedAs string
	RecallConfirmedBy string
	RecallDocument    string
	Open              bool // the post may still be given it: neither closed, held nor recalled
}

// What the port of dispatches answers beside the errors of every port.
var (
	// ErrNotOut: the dispatch did not leave on the channel that this is about, or is not asked back.
	ErrNotOut = errors.New("dispatch is not out in that way")
	// ErrNoLonger: by then nobody was to take the dispatch out any more.
	ErrNoLonger = errors.New("dispatch was closed or asked back by then")
	// ErrNumberTaken: another dispatch has the tracking or submission number.
	ErrNumberTaken = errors.New("number belongs to another dispatch")
	// ErrRecordedAlready: another command recorded it.
	ErrRecordedAlready = errors.New("recorded already")
)

// HandOver says who gave a package to which courier.
type HandOver struct {
	CommandID  string
	DispatchID string
	Courier    string // a code
	Tracking   string
	By         string
	At         time.Time
}

// ProofOfDelivery is the courier's word that the post has the package.
type ProofOfDelivery struct {
	CommandID   string
	DispatchID  string
	DocumentID  string
	DeliveredAt time.Time
	By          string
}

// Submission is the number that the post's own system gave to a package.
type Submission struct {
	CommandID  string
	DispatchID string
	System     string // a code
	Number     string
	By         string
	At         time.Time
}

// RecallConfirmation says that the post acts no more on what was asked back.
type RecallConfirmation struct {
	CommandID  string
	DispatchID string
	As         string // returned, destroyed or never_arrived
	DocumentID string // what shows it; empty where nothing does
	By         string
}

// Dispatches keeps what is known of what left. What is recorded twice by one
// command is recorded once; by another: ErrRecordedAlready.
type Dispatches interface {
	// Dispatch reads one; ErrNotFound.
	Dispatch(ctx context.Context, id string) (Dispatch, error)
	// OfRequest lists those of a request, newest first.
	OfRequest(ctx context.Context, requestID string) ([]Dispatch, error)
	// OfPost lists those to a post within sight, newest first.
	OfPost(ctx context.Context, post string, sight Sight, page Page) ([]Dispatch, error)
	// HandOver needs a dispatch released to a courier; ErrNotOut, ErrNoLonger, ErrNumberTaken.
	HandOver(ctx context.Context, given HandOver) (Dispatch, error)
	// Prove needs one that was handed over; ErrNotOut.
	Prove(ctx context.Context, proof ProofOfDelivery) (Dispatch, error)
	// Submit needs one released to a post's own system; ErrNotOut, ErrNoLonger, ErrNumberTaken.
	Submit(ctx context.Context, submission Submission) (Dispatch, error)
	// ConfirmRecall needs an open recall; ErrNotOut.
	ConfirmRecall(ctx context.Context, confirmation RecallConfirmation) (Dispatch, error)
}

// Gateway lets a dispatch leave on its channel. A dispatch leaves once, however
// often this is called with the same id; an error means that it may have left,
// and is called again. A channel that there is no way for is an error. What comes
// back are the mailboxes to poke of those who are told.
type Gateway interface {
	Depart(ctx context.Context, dispatch Dispatch) (poke []string, err error)
}
