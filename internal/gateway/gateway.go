// Package gateway is the ways on which a package leaves: handed to a courier,
// entered in a post's own system, or announced by mail. Each way is one file
// that implements api.Gateway; Ways picks it by the dispatch's channel. What
// people record of a dispatch afterwards is kept here too (Ledger).
//
// Whether anything may leave is not asked here: the fence was passed before.
package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Clock is business time.
type Clock interface{ Now() time.Time }

// Releases keeps which dispatches a way has let go.
type Releases interface {
	// Release notes that a person may now take the dispatch out on its channel.
	// Releasing twice is releasing once.
	Release(ctx context.Context, dispatch api.Dispatch) error
}

// Ways are the gateways by channel; it is a gateway itself.
type Ways map[tdr.Channel]api.Gateway

// NewWays are all the ways there are.
func NewWays(releases Releases, posts PostNotices) Ways {
	return Ways{
		tdr.ByCourier:  Courier{releases},
		tdr.ByExternal: External{releases},
		tdr.ByNotice:   Notice{releases, posts},
	}
}

// Depart lets the dispatch leave on its own channel.
func (w Ways) Depart(ctx context.Context, dispatch api.Dispatch) ([]string, error) {
	way, known := w[dispatch.Channel]
	if !known {
		return nil, fmt.Errorf("there is no way for channel %q", dispatch.Channel)
	}
	return way.Depart(ctx, dispatch)
}
