package activities

import (
	"context"
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
			c.report(ctx, CodePanic)
		}
	}()
	result, err = c.Next.ExecuteActivity(ctx, in)
	if err == nil {
		return result, nil
	}
	c.report(ctx, judge(err).code)
	return result, Failure(err)
}

func (c *crossing) report(ctx context.Context, code Code) {
	info := activity.GetInfo(ctx)
	c.log.WarnContext(ctx, "activity failed",
		"activity", info.ActivityType.Name, "workflow", info.WorkflowExecution.ID,
		"attempt", info.Attempt, "code", string(code))
}
