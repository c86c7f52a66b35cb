package machine

import (
	"log/slog"

	"go.temporal.io/sdk/log"
)

// Quiet drops what the engine's client logs: a benchmark reports by itself
// what fails.
func Quiet() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
