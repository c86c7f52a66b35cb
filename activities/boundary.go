package activities

import (
	"context"
	"errors"
	"log/slog"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
)

// Boundary is what every activity's failure passes on its way out: a panic
// becomes a code like any error, and the log gets ids and codes.
type Boundary struct {
	interceptor.WorkerInterceptorBase
	Log *slog.Logger
}

// InterceptActivity puts the boundary around an activity.
func (b *Boundary) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &crossing{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, log: b.Log}
}

type crossing struct {
	interceptor.ActivityInboundInterceptorBase
	log *slog.Logger
}

// ExecuteActivity runs the activity and lets out nothing but a code.
func (c *crossing) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (result any, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			result, err = nil, verdict{code: CodePanic}.failure()
			c.report(ctx, CodePanic, nil)
		}
	}()
	result, err = c.Next.ExecuteActivity(ctx, in)
	if err == nil {
		return result, nil
	}
	c.report(ctx, judge(err).code, err)
	return result, Failure(err)
}

func (c *crossing) report(ctx context.Context, code Code, err error) {
	info := activity.GetInfo(ctx)
	c.log.WarnContext(ctx, "activity failed",
		"activity", info.ActivityType.Name, "workflow", info.WorkflowExecution.ID,
		"attempt", info.Attempt, "code", string(code), "cause", cause(err))
}

// cause is what the log may say of an error: the operations that failed. What
// the database says may quote a value, so of that only its code is kept.
func cause(err error) string {
	var database interface{ SQLState() string }
	switch {
	case err == nil:
		return ""
	case errors.As(err, &database):
		return "sqlstate " + database.SQLState()
	default:
		return err.Error()
	}
}
