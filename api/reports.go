package api

import (
	"context"
	"fmt"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
)

// GetBottlenecks tells where requests are stuck, open ones included.
func (s *Server) GetBottlenecks(ctx context.Context, r contract.GetBottlenecksRequestObject) (contract.GetBottlenecksResponseObject, error) {
	sight, err := s.mayRead(ctx, identity.ReadReports)
	if err != nil {
		return nil, err
	}
	query := BottleneckQuery{
		Sight: sight, GroupBy: string(r.Params.GroupBy), Country: r.Params.Country, Office: r.Params.FieldOffice, AsOf: s.clock.Now(),
	}
	groups, err := s.reports.Bottlenecks(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("report bottlenecks: %w", err)
	}
	return contract.GetBottlenecks200JSONResponse{
		AsOf: query.AsOf.UTC(), GroupBy: query.GroupBy, Groups: mapped(groups, bottleneckOf),
	}, nil
}

func bottleneckOf(b Bottleneck) contract.Bottleneck {
	return contract.Bottleneck{
		Key: b.Key, Requests: b.Requests, Open: b.Open, Closed: b.Closed, WaitingDays: b.WaitingDays,
		OpenWaitingDays: b.OpenWaitingDays, MedianDays: b.MedianDays, P85Days: b.P85Days,
		Overdue: b.Overdue, OpenEscalations: b.OpenEscalations,
	}
}
