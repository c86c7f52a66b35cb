package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
)

// Code is all that an activity's failure says. The set is closed: an error's
// text may quote what it failed on, and failures are kept in histories that
// more people read than the records they speak of.
type Code string

// The codes of activity failures; a failure's type and message are both its code.
const (
	CodeSeqConflict   Code = "seq_conflict"    // another event stands at that seq
	CodeUnknown       Code = "unknown_subject" // no such request or person
	CodeUnavailable   Code = "unavailable"     // the database or the engine does not answer
	CodeTimeout       Code = "timeout"         // no answer in the time allowed
	CodeInterrupted   Code = "interrupted"     // the worker stops
	CodeMailBusy      Code = "mail_busy"       // the provider wants a pause
	CodeMailNotTaken  Code = "mail_not_taken"  // the provider did not take a mail; it is tried again
	CodeCalendarShort Code = "calendar_short"  // the calendar on file reaches no further than the recorded one
	CodePanic         Code = "panic"           // a defect
	CodeInternal      Code = "internal"        // anything else
)

// codes are those that may cross; every other failure is made anew.
func codes() []Code {
	return []Code{
		CodeSeqConflict, CodeUnknown, CodeUnavailable, CodeTimeout, CodeInterrupted, CodeMailBusy,
		CodeMailNotTaken, CodeCalendarShort, CodePanic, CodeInternal,
	}
}

// conflictPause: a record that contradicts waits for a person; asking again
// every minute would only repeat it. Nothing is ever given up, because a request that
// stopped asking would lose its dates.
const conflictPause = time.Hour

// A verdict is how the engine goes on after a cause.
type verdict struct {
	code   Code
	after  time.Duration // before the next try, instead of the policy's interval
	benign bool          // expected now and then; no reason to page anybody
}

// verdicts is the one table from causes to what follows; the first match counts.
func verdicts() []struct {
	cause error
	verdict
} {
	return []struct {
		cause error
		verdict
	}{
		{ErrSeqConflict, verdict{code: CodeSeqConflict, after: conflictPause}},
		{ErrUnknown, verdict{code: CodeUnknown, after: conflictPause}},
		{ErrUnavailable, verdict{code: CodeUnavailable, benign: true}},
		{ErrEngine, verdict{code: CodeUnavailable, benign: true}},
		{errCalendarShort, verdict{code: CodeCalendarShort}},
		{errNotTaken, verdict{code: CodeMailNotTaken, benign: true}},
		{context.DeadlineExceeded, verdict{code: CodeTimeout, benign: true}},
		{context.Canceled, verdict{code: CodeInterrupted, benign: true}},
	}
}

// Failure turns an activity's error into what may leave the worker: a code and
// how to go on. What is in the table already stays as it is.
func Failure(err error) error {
	if err == nil {
		return nil
	}
	if passed, ok := judged(err); ok {
		return passed
	}
	return judge(err).failure()
}

func judged(err error) (error, bool) {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || application.HasDetails() || application.Unwrap() != nil {
		return nil, false
	}
	code := Code(application.Type())
	return application, slices.Contains(codes(), code) && application.Message() == string(code)
}

func judge(err error) verdict {
	var busy *busyError
	if errors.As(err, &busy) {
		return verdict{code: CodeMailBusy, after: busy.pause, benign: true}
	}
	for _, row := range verdicts() {
		if errors.Is(err, row.cause) {
			return row.verdict
		}
	}
	return verdict{code: CodeInternal}
}

func (v verdict) failure() error {
	options := temporal.ApplicationErrorOptions{NextRetryDelay: v.after}
	if v.benign {
		options.Category = temporal.ApplicationErrorCategoryBenign
	}
	return temporal.NewApplicationErrorWithOptions(string(v.code), string(v.code), options)
}
