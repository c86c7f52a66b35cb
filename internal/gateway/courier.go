package gateway

import (
	"context"

	"github.com/traveldoc/traveldoc/api"
)

// Courier is the way by hand: once released, a person hands the package over
// and records to which courier, under which tracking number.
type Courier struct{ releases Releases }

// Depart releases the package for handing over.
func (c Courier) Depart(ctx context.Context, dispatch api.Dispatch) ([]string, error) {
	return nil, c.releases.Release(ctx, dispatch)
}
