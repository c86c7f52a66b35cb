package floor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// Role is the role of the floor's worker process.
const Role = "floor"

// Config says where the engine is.
type Config struct{ Address, Namespace string }

// Play is that role.
func Play(logger log.Logger) func(context.Context, json.RawMessage, *http.ServeMux) (func() error, error) {
	return func(_ context.Context, raw json.RawMessage, _ *http.ServeMux) (func() error, error) {
		var config Config
		if err := json.Unmarshal(raw, &config); err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		engine, err := client.Dial(client.Options{HostPort: config.Address, Namespace: config.Namespace, Logger: logger})
		if err != nil {
			return nil, fmt.Errorf("connect to the engine: %w", err)
		}
		w := NewWorker(engine)
		if err := w.Start(); err != nil {
			return nil, fmt.Errorf("start the worker: %w", err)
		}
		return func() error {
			w.Stop()
			engine.Close()
			return nil
		}, nil
	}
}
