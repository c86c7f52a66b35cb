package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// glassNotice tells counsel that somebody looks into a request beyond their reach.
const glassNotice tdr.NoticeKind = "break_glass"

// BreakGlass is who looks into what beyond their reach; it implements api.BreakGlass.
type BreakGlass struct{ *Store }

// BreakGlass of the store.
func (s *Store) BreakGlass() BreakGlass { return BreakGlass{s} }

// Open lets a caller see a request for a while, and tells counsel in the same transaction.
func (b BreakGlass) Open(ctx context.Context, opening api.GlassOpening) (api.BrokenGlass, error) {
	var broken api.BrokenGlass
	err := b.transact(ctx, "open break-glass", func(_ pgx.Tx, q *sqlcgen.Queries) error {
		now := b.clock.Now().UTC()
		_, err := q.PersonOfRequest(ctx, opening.RequestID)
		if err != nil {
			return err
		}
		err = q.OpenBreakGlass(ctx, sqlcgen.OpenBreakGlassParams{
			CommandID: opening.CommandID, Subject: opening.By, RequestID: opening.RequestID, OpenedAt: now, EndsAt: now.Add(api.GlassLasts),
		})
		if err != nil {
			return err
		}
		if broken.Until, err = q.BreakGlassEnd(ctx, opening.CommandID); err != nil {
			return err
		}
		broken.RequestID = opening.RequestID
		notice := tdr.Notice{Key: "break_glass/" + opening.CommandID, Kind: glassNotice}
		broken.Poke, err = b.Holds().tellCounsel(ctx, q, "", opening.RequestID, notice, noticeData{}, now)
		return err
	})
	return broken, err
}

// Opened tells whether a caller may see a request beyond their reach now.
func (b BreakGlass) Opened(ctx context.Context, subject, requestID string) (bool, error) {
	open, err := b.queries().BreakGlassOpen(ctx, sqlcgen.BreakGlassOpenParams{Subject: subject, RequestID: requestID, At: b.clock.Now().UTC()})
	return open, failed("look for break-glass", err)
}
