package activities_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/traveldoc/traveldoc/activities"
)

// secret stands for what an error's text may quote.
const secret = "A012345678 Ana Example"

// failing runs an activity that fails in some way and returns its failure and the log.
func failing(t *testing.T, fail func() error) (*temporal.ApplicationError, string) {
	t.Helper()
	var lines bytes.Buffer
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(quietLogger{})
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{
		&activities.Boundary{Log: slog.New(slog.NewTextHandler(&lines, nil))},
	}})
	env.RegisterActivityWithOptions(func(context.Context) error { return fail() }, activity.RegisterOptions{Name: "Failing"})
	_, err := env.ExecuteActivity("Failing")
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		t.Fatalf("failed with %T %v", err, err)
	}
	return application, lines.String()
}

type quietLogger struct{}

func (quietLogger) Debug(string, ...any) {}
func (quietLogger) Info(string, ...any)  {}
func (quietLogger) Warn(string, ...any)  {}
func (quietLogger) Error(string, ...any) {}

// Whatever an activity fails with, nothing but a code of the closed set leaves it.
func TestNothingButCodesCrosses(t *testing.T) {
	wrap := func(cause error) func() error {
		return func() error { return fmt.Errorf("insert (%s): %w", secret, cause) }
	}
	for name, test := range map[string]struct {
		fail   func() error
		code   activities.Code
		after  time.Duration
		benign bool
	}{
		"conflict":    {fail: wrap(activities.ErrSeqConflict), code: activities.CodeSeqConflict, after: time.Hour},
		"unknown":     {fail: wrap(activities.ErrUnknown), code: activities.CodeUnknown, after: time.Hour},
		"database":    {fail: wrap(activities.ErrUnavailable), code: activities.CodeUnavailable, benign: true},
		"engine":      {fail: wrap(activities.ErrEngine), code: activities.CodeUnavailable, benign: true},
		"slow":        {fail: wrap(context.DeadlineExceeded), code: activities.CodeTimeout, benign: true},
		"stopping":    {fail: wrap(context.Canceled), code: activities.CodeInterrupted, benign: true},
		"other":       {fail: wrap(errors.New("syntax error")), code: activities.CodeInternal},
		"panic":       {fail: func() error { panic(secret) }, code: activities.CodePanic},
		"application": {fail: func() error { return temporal.NewApplicationError(secret, "unavailable", secret) }, code: activities.CodeInternal},
		"final":       {fail: func() error { return temporal.NewNonRetryableApplicationError(secret, "x", nil) }, code: activities.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			failure, lines := failing(t, test.fail)
			if failure.Type() != string(test.code) || failure.Message() != string(test.code) {
				t.Errorf("type %q, message %q, want %s", failure.Type(), failure.Message(), test.code)
			}
			if failure.NonRetryable() || failure.NextRetryDelay() != test.after {
				t.Errorf("final %v, next try after %v, want %v", failure.NonRetryable(), failure.NextRetryDelay(), test.after)
			}
			if benign := failure.Category() == temporal.ApplicationErrorCategoryBenign; benign != test.benign {
				t.Errorf("benign %v", benign)
			}
			if failure.HasDetails() || failure.Unwrap() != nil || strings.Contains(failure.Error(), "Example") {
				t.Errorf("the text crossed: %v", failure)
			}
			if !strings.Contains(lines, "code="+string(test.code)) {
				t.Errorf("the log does not name the code: %s", lines)
			}
		})
	}
}

type databaseError struct{}

// Error quotes a value, as PostgreSQL does.
func (databaseError) Error() string { return secret + " violates a constraint" }

// SQLState is the code alone.
func (databaseError) SQLState() string { return "23505" }

// Of what the database or a panic says, the log has the code alone.
func TestLogQuotesNoValues(t *testing.T) {
	for want, fail := range map[string]func() error{
		"sqlstate 23505": func() error { return fmt.Errorf("insert notice: %w", databaseError{}) },
		"code=panic":     func() error { panic(secret) },
	} {
		if _, lines := failing(t, fail); strings.Contains(lines, "Example") || !strings.Contains(lines, want) {
			t.Errorf("the log says %s, want %s", lines, want)
		}
	}
}

// A failure that was judged once stays as it is.
func TestFailureIsJudgedOnce(t *testing.T) {
	if activities.Failure(nil) != nil {
		t.Error("no error became one")
	}
	first := activities.Failure(activities.ErrSeqConflict)
	if again := activities.Failure(first); again != first {
		t.Errorf("%v became %v", first, again)
	}
}
