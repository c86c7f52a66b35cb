package outgoing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/outgoing/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/store"
)

// Review keeps a second person's decisions, all or none, under the person's
// fence row: a package that became void meanwhile gets none. That the person is
// a second one was asked before.
func (p *Packages) Review(ctx context.Context, review api.DisclosureReview) (api.Package, error) {
	of, err := p.Package(ctx, review.PackageID)
	if err != nil {
		return api.Package{}, err
	}
	err = p.transact(ctx, of.PersonID, func(_ pgx.Tx, q *sqlcgen.Queries) error {
		kept, err := q.DisclosuresOfCommand(ctx, review.CommandID)
		if err != nil || kept > 0 {
			return err
		}
		found, err := p.list(ctx, q, sqlcgen.PackagesParams{PackageID: &review.PackageID})
		if err != nil {
			return err
		}
		if found[0].Void != "" {
			return &api.PackageFault{Field: "decisions", Rule: "the package is void: " + found[0].Void}
		}
		return p.decide(ctx, q, found[0], review)
	})
	if err != nil {
		return api.Package{}, store.Failed("review disclosure", err)
	}
	return p.Package(ctx, review.PackageID)
}

func (p *Packages) decide(ctx context.Context, q *sqlcgen.Queries, of api.Package, review api.DisclosureReview) error {
	decided := map[int]bool{}
	for i, decision := range review.Decisions {
		field := fmt.Sprintf("decisions.%d.position", i)
		switch item := itemAt(of, decision.Position); {
		case !item.NeedsReview:
			return &api.PackageFault{Field: field, Rule: "names no item that needs a decision"}
		case item.Decision != "" || decided[decision.Position]:
			return &api.PackageFault{Field: field, Rule: "was decided upon already; prepare another package"}
		}
		decided[decision.Position] = true
		err := q.AddDisclosure(ctx, sqlcgen.AddDisclosureParams{
			PackageID: of.ID, Position: int32(decision.Position), Decision: decision.Decision, Reason: decision.Reason,
			DecidedAt: p.clock.Now().UTC(), DecidedBy: review.By, CommandID: review.CommandID,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func itemAt(of api.Package, position int) api.PackageItem {
	for _, item := range of.Items {
		if item.Position == position {
			return item
		}
	}
	return api.PackageItem{}
}
