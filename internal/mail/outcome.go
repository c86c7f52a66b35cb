package mail

import (
	"fmt"
	"strings"
	"time"
)

// Failure is every error that Send returns. The set is closed: RateLimited,
// Unavailable, Rejected, OutcomeUnknown and NotSent. No error text holds an
// address, a subject or the API key.
type Failure interface {
	error
	failure()
}

// RateLimited says that SendGrid took nothing and wants a pause.
type RateLimited struct {
	RetryAfter time.Duration // from one second to one hour
}

// Unavailable says that SendGrid failed by itself (5xx) and took nothing; a later try is safe.
type Unavailable struct {
	Status int
}

// Rejected is final: sending the same message again would be refused again.
type Rejected struct {
	Status  int      // 0 when the message was refused here, before any request
	Reasons []Reason // sorted, each once; SendGrid's own text may quote addresses and is dropped
}

// OutcomeUnknown says that the message may have been accepted although no
// answer came. Only the event webhook can tell; a repeat has to be marked.
type OutcomeUnknown struct {
	Cause error
}

// NotSent says that the request never left, so that a later try is safe.
type NotSent struct {
	Cause error
}

// Reason is a code for why a message was refused.
type Reason string

// The reasons for a refusal.
const (
	ReasonInvalid      Reason = "invalid_message" // refused here, before any request
	ReasonMalformed    Reason = "malformed"
	ReasonUnauthorized Reason = "unauthorized"
	ReasonForbidden    Reason = "forbidden"
	ReasonSender       Reason = "sender"
	ReasonRecipient    Reason = "recipient"
	ReasonSubject      Reason = "subject"
	ReasonContent      Reason = "content"
	ReasonTooLarge     Reason = "too_large"
	ReasonUnexpected   Reason = "unexpected_status"
	ReasonOther        Reason = "other"
)

func (e *RateLimited) Error() string {
	return fmt.Sprintf("send mail: rate limited, retry after %s", e.RetryAfter)
}

func (e *Unavailable) Error() string {
	return fmt.Sprintf("send mail: service unavailable (status %d)", e.Status)
}

func (e *Rejected) Error() string {
	codes := make([]string, len(e.Reasons))
	for i, reason := range e.Reasons {
		codes[i] = string(reason)
	}
	return fmt.Sprintf("send mail: rejected (status %d: %s)", e.Status, strings.Join(codes, ", "))
}

func (e *OutcomeUnknown) Error() string { return "send mail: outcome unknown: " + e.Cause.Error() }

func (e *NotSent) Error() string { return "send mail: not sent: " + e.Cause.Error() }

// Unwrap gives the transport's error.
func (e *OutcomeUnknown) Unwrap() error { return e.Cause }

// Unwrap gives the transport's error.
func (e *NotSent) Unwrap() error { return e.Cause }

func (*RateLimited) failure()    {}
func (*Unavailable) failure()    {}
func (*Rejected) failure()       {}
func (*OutcomeUnknown) failure() {}
func (*NotSent) failure()        {}
