package clock

import (
	"context"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// systemPrefix marks the engine's own workflows, schedules among them, which
// stay on the machine's time: a schedule moved by a year would catch up with
// every missed minute.
const systemPrefix = "temporal-sys-"

// startSkip names the fast-forward with which a workflow begins.
const startSkip = "begin-at-clock"

// Interceptor makes every workflow that starts in the namespace begin on the
// clock's day. The engine offers no way to start a run at another time; but a
// run that starts with a delay, and with a fast-forward just as long, skips the
// delay in the transaction that creates it, so that its first task already runs
// at the moved time. A signal sent with the start does not cut the delay short.
func (c *Clock) Interceptor(namespace string) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		offset := c.Offset()
		if offset == 0 {
			return handle(ctx, request)
		}
		switch start := request.(type) {
		case *workflowservice.StartWorkflowExecutionRequest:
			if start.GetNamespace() == namespace && moves(start.GetWorkflowId()) {
				request = shiftStart(start, offset)
			}
		case *workflowservice.SignalWithStartWorkflowExecutionRequest:
			if start.GetNamespace() == namespace && moves(start.GetWorkflowId()) {
				request = shiftSignalWithStart(start, offset)
			}
		case *workflowservice.ExecuteMultiOperationRequest:
			if start.GetNamespace() == namespace {
				return nil, serviceerror.NewFailedPrecondition("the engine cannot start a workflow with an update while the clock is moved: use a plain start")
			}
		}
		return handle(ctx, request)
	}
}

func moves(workflowID string) bool { return !strings.HasPrefix(workflowID, systemPrefix) }

// The requests are copied because the server's own retries pass the original
// again.
func shiftStart(original *workflowservice.StartWorkflowExecutionRequest, offset time.Duration) *workflowservice.StartWorkflowExecutionRequest {
	shifted := proto.CloneOf(original)
	shifted.WorkflowStartDelay = durationpb.New(original.GetWorkflowStartDelay().AsDuration() + offset)
	shifted.TimeSkippingConfig = skip(startSkip, offset)
	shifted.RequestEagerExecution = false
	return shifted
}

func shiftSignalWithStart(original *workflowservice.SignalWithStartWorkflowExecutionRequest, offset time.Duration) *workflowservice.SignalWithStartWorkflowExecutionRequest {
	shifted := proto.CloneOf(original)
	shifted.WorkflowStartDelay = durationpb.New(original.GetWorkflowStartDelay().AsDuration() + offset)
	shifted.TimeSkippingConfig = skip(startSkip, offset)
	return shifted
}

// skip asks for one fast-forward, after which the run's time flows again. It is
// over with its first skip, be that to its end or to a timer before it: the
// engine counts from when it handles the request, and should that be late
// enough to put the end past the timer, a fast-forward that stayed open would
// skip on to the timer after, however far ahead, once its end has passed.
func skip(id string, by time.Duration) *commonpb.TimeSkippingConfig {
	return &commonpb.TimeSkippingConfig{
		Enabled:             true,
		FastForwardConfig:   &commonpb.FastForwardConfig{Id: id, Duration: durationpb.New(by)},
		MaxSessionSkipCount: 1,
	}
}
