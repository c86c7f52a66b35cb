package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// What a post is told; requests file neither. A recall has one text whatever
// is behind it, because its reason could tell of an asylum claim (8 CFR 208.6).
const (
	packageNotice  tdr.NoticeKind = "package"
	questionNotice tdr.NoticeKind = "question"
	recallNotice   tdr.NoticeKind = "recall"
)

// tellPost files one notice to a post about one dispatch.
func tellPost(ctx context.Context, q *sqlcgen.Queries, kind tdr.NoticeKind, dispatch, post string, about filing) ([]string, error) {
	recorded, err := fileAll(ctx, q, about, []told{{
		notice:     tdr.Notice{Key: string(kind) + "/" + dispatch, Kind: kind},
		recipients: []directory.Recipient{{ID: directory.PostRecipient(post)}},
	}})
	return recorded.Poke, err
}

// tellRecalls tells posts of a person's open recalls of which they were not
// told. It works under the person's fence row, or the request's.
func tellRecalls(ctx context.Context, q *sqlcgen.Queries, personID string, now time.Time) (poke []string, err error) {
	rows, err := q.UntoldRecalls(ctx, personID)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		about := filing{requestID: row.RequestID, personID: row.PersonID, country: row.Country, at: now}
		wakes, err := tellPost(ctx, q, recallNotice, row.DispatchID, row.Post, about)
		if err != nil {
			return nil, err
		}
		poke = append(poke, wakes...)
	}
	return poke, nil
}

// TellPost files the notice that a package comes, or that a question waits; telling twice is telling
// once. It names the mailbox to poke; one that is not is poked by upkeep.
func (s *Store) TellPost(ctx context.Context, dispatch api.Dispatch) ([]string, error) {
	kind := packageNotice
	if dispatch.Kind == tdr.RecordContactName {
		kind = questionNotice
	}
	var poke []string
	err := s.transact(ctx, "tell post", func(_ pgx.Tx, q *sqlcgen.Queries) (err error) {
		about := filing{requestID: dispatch.RequestID, personID: dispatch.PersonID, country: dispatch.Country, at: s.clock.Now().UTC()}
		poke, err = tellPost(ctx, q, kind, dispatch.ID, dispatch.Post, about)
		return err
	})
	return poke, err
}
