package gateway

import (
	"context"

	"github.com/traveldoc/traveldoc/api"
)

// External is the way through a post's own system, such as eTD: once released,
// a person enters the package there and records the number that it gave.
type External struct{ releases Releases }

// Depart releases the package for entering.
func (e External) Depart(ctx context.Context, dispatch api.Dispatch) ([]string, error) {
	return nil, e.releases.Release(ctx, dispatch)
}
