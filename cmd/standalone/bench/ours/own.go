package ours

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/workflows"
)

// openPath is the one address whose own share is measured.
const openPath = "/v1/requests"

// share notes how much of each opening is the API's own: the time from when a
// call arrives to when it is answered, without what was spent waiting for the engine.
type share struct {
	mutex sync.Mutex
	took  []time.Duration
}

// asking adds up what one call waits for the engine. A call asks from one
// goroutine at a time.
type asking struct {
	mutex  sync.Mutex
	waited time.Duration
}

type askingKey struct{}

// watch measures the openings that pass through a handler.
func (s *share) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != openPath {
			next.ServeHTTP(w, r)
			return
		}
		asked, began := &asking{}, time.Now()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askingKey{}, asked)))
		took := time.Since(began) - asked.sum()
		s.mutex.Lock()
		s.took = append(s.took, took)
		s.mutex.Unlock()
	})
}

// take gives what was measured since it was last asked.
func (s *share) take() []time.Duration {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	took := s.took
	s.took = nil
	return took
}

func (a *asking) sum() time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.waited
}

// timed adds what a call to the engine takes to the call of the API that made it, if one did.
func timed(ctx context.Context) func() {
	asked, found := ctx.Value(askingKey{}).(*asking)
	if !found {
		return func() {}
	}
	began := time.Now()
	return func() {
		asked.mutex.Lock()
		asked.waited += time.Since(began)
		asked.mutex.Unlock()
	}
}

// watched is the engine with its calls timed.
type watched struct{ engine api.Engine }

func watchEngine(engine api.Engine) api.Engine { return watched{engine} }

func (w watched) StartRequest(ctx context.Context, requestID string, input workflows.RequestInput) error {
	defer timed(ctx)()
	return w.engine.StartRequest(ctx, requestID, input)
}

func (w watched) Command(ctx context.Context, requestID string, input workflows.CommandInput) (workflows.CommandResult, error) {
	defer timed(ctx)()
	return w.engine.Command(ctx, requestID, input)
}

func (w watched) Poke(ctx context.Context, recipient string) error {
	defer timed(ctx)()
	return w.engine.Poke(ctx, recipient)
}
