package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

var errUnwell = errors.New("something is out of order, see above")

// runDoctor is configured as the API is.
func runDoctor(ctx context.Context, args []string, t terminal) error {
	if len(args) > 0 {
		return errUsage
	}
	w, err := world(t, config.API)
	if err != nil {
		return err
	}
	unwell := false
	for _, finding := range serve.Examine(ctx, w) {
		if finding.Err != nil {
			unwell = true
			fmt.Fprintf(t.out, "FAULT  %s: %v\n", finding.Check, finding.Err)
			continue
		}
		fmt.Fprintf(t.out, "ok     %s\n", finding.Check)
	}
	if unwell {
		return errUnwell
	}
	return nil
}
