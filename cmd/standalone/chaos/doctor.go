package chaos

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/cmd/traveldoc/serve"
	"github.com/traveldoc/traveldoc/internal/config"
)

// Examine asks the doctor what it finds out of order, as check and finding.
func (t *Town) Examine(ctx context.Context) (map[string]string, error) {
	settings, err := t.House.Settings()
	if err != nil {
		return nil, err
	}
	loaded, err := config.Load(func(name string) (string, bool) {
		value, known := settings[name]
		return value, known
	}, config.API)
	if err != nil {
		return nil, fmt.Errorf("settle the doctor's settings: %w", err)
	}
	loaded.Codec.URL = "" // the town runs without a codec server
	faults := map[string]string{}
	for _, finding := range serve.Examine(ctx, serve.World{Config: loaded, Clock: t.House.Clock, Log: t.House.Log, Packs: t.House.Packs}) {
		if finding.Err != nil {
			faults[finding.Check] = finding.Err.Error()
		}
	}
	return faults, nil
}
