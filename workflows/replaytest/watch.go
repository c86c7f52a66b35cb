package replaytest

import (
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// Said is everything a workflow asked of the engine or answered, in order.
type Said struct {
	Activities []string // name and input
	Timers     []time.Duration
	Updates    []string // result
	End        string   // result, or the input of the next run
}

// watcher is put around a replayed workflow and takes down what it says.
type watcher struct {
	interceptor.WorkerInterceptorBase
	said  Said
	state func() (tdr.State, error) // of a request
}

// InterceptWorkflow watches one workflow.
func (w *watcher) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &inbound{watcher: w}
	inbound.Next = next
	return inbound
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	*watcher
}

// Init watches what the workflow asks for.
func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	outbound := &outbound{watcher: i.watcher}
	outbound.Next = next
	return i.Next.Init(outbound)
}

// ExecuteWorkflow takes down how the run ended.
func (i *inbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	result, err := i.Next.ExecuteWorkflow(ctx, in)
	if again, ok := err.(*workflow.ContinueAsNewError); ok {
		i.said.End = text(again.Input)
	} else if err == nil && result != nil {
		i.said.End = encoded(result)
	}
	return result, err
}

// ExecuteUpdate takes down what callers were told.
func (i *inbound) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	result, err := i.Next.ExecuteUpdate(ctx, in)
	if err == nil {
		i.said.Updates = append(i.said.Updates, encoded(result))
	}
	return result, err
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	*watcher
}

// ExecuteActivity takes down name and input.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.said.Activities = append(o.said.Activities, name+" "+encoded(args...))
	return o.Next.ExecuteActivity(ctx, name, args...)
}

// NewTimer takes down how long is slept.
func (o *outbound) NewTimer(ctx workflow.Context, d time.Duration) workflow.Future {
	o.said.Timers = append(o.said.Timers, d)
	return o.Next.NewTimer(ctx, d)
}

// NewTimerWithOptions takes down how long is slept.
func (o *outbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	o.said.Timers = append(o.said.Timers, d)
	return o.Next.NewTimerWithOptions(ctx, d, options)
}

// SetQueryHandler keeps the way to look at the state when all has been replayed.
func (o *outbound) SetQueryHandler(ctx workflow.Context, name string, handler any) error {
	if ask, ok := handler.(func() (tdr.State, error)); ok && name == workflows.StateQuery {
		o.state = ask
	}
	return o.Next.SetQueryHandler(ctx, name, handler)
}

func encoded(values ...any) string {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(values...)
	if err != nil {
		return err.Error()
	}
	return text(payloads)
}

func text(payloads *commonpb.Payloads) string {
	var all string
	for _, payload := range payloads.GetPayloads() {
		all += string(payload.GetData()) + "\n"
	}
	return all
}
