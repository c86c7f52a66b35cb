package main

import (
	"context"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

// runDoctor is configured as the API is.
func runDoctor(ctx context.Context, args []string, t terminal) error {
	if len(args) > 0 {
		return errUsage
	}
	w, err := world(t, config.API)
	if err != nil {
		return err
	}
	return serve.Doctor(ctx, w, t.out)
}
