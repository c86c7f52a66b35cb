package ours

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/workflows"
)

// slow is an engine that takes two seconds for a start.
type slow struct{ api.Engine }

func (slow) StartRequest(context.Context, string, workflows.RequestInput) error {
	time.Sleep(2 * time.Second)
	return nil
}

func TestShareLeavesTheEngineOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, own := watchEngine(slow{}), &share{}
		handler := own.watch(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Millisecond)
			// A call that goes away does not end what it began.
			_ = engine.StartRequest(context.WithoutCancel(r.Context()), "", workflows.RequestInput{})
		}))
		for _, call := range []struct{ method, path string }{
			{http.MethodPost, "/v1/requests"}, {http.MethodGet, "/v1/requests"}, {http.MethodPost, "/v1/requests/1/send"},
		} {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(call.method, call.path, nil))
		}
		if took := own.take(); len(took) != 1 || took[0] != 3*time.Millisecond {
			t.Errorf("own shares %v, want one of 3ms", took)
		}
		if took := own.take(); len(took) != 0 {
			t.Errorf("%v were given twice", took)
		}
	})
}
