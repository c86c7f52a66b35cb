package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// custodyNotice is the kind of notices about a person's legal dates; requests file none.
const custodyNotice tdr.NoticeKind = "custody"

// The statuses of a notice.
const (
	noticeWaiting     = "waiting"
	noticeBundled     = "bundled"
	noticeSent        = "sent"
	noticeMoot        = "moot"
	noticeFailed      = "failed"
	noticeNoAddressee = "no_addressee"
)

// noticeData is what the wording needs beside the notice's own columns: codes and dates.
type noticeData struct {
	Trigger     tdr.Trigger   `json:"trigger,omitempty"`
	Stage       tdr.Stage     `json:"stage,omitempty"`
	ActBy       time.Time     `json:"act_by,omitzero"`
	On          calendar.Date `json:"on,omitzero"` // of validity and custody
	WaitingFrom time.Time     `json:"waiting_from,omitzero"`
	Milestone   string        `json:"milestone,omitempty"`
}

// filing is what several notices about one request or person have in common.
type filing struct {
	requestID string
	personID  string
	country   string
	at        time.Time
}

// told is one notice and who is told of it; nobody is a defect to be shown.
type told struct {
	notice     tdr.Notice
	data       noticeData
	recipients []directory.Recipient
}

// file resolves the addressees of a recording's notices and files what was not filed.
func (s *Store) file(ctx context.Context, q *sqlcgen.Queries, request sqlcgen.LockRequestRow, recording activities.Recording) (activities.Recorded, error) {
	if len(recording.Notices) == 0 {
		return activities.Recorded{}, nil
	}
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return activities.Recorded{}, fmt.Errorf("read directory: %w", err)
	}
	now := s.clock.Now().UTC()
	about := filing{requestID: request.RequestID, personID: request.PersonID, country: request.Country, at: now}
	special, err := q.RoutedSpecially(ctx, request.PersonID)
	if err != nil {
		return activities.Recorded{}, err
	}
	whose := directory.Case{
		Officer: recording.Row.Officer, FieldOffice: request.FieldOffice, Country: request.Country, Post: recording.Row.Post, Special: special,
	}
	var all []told
	for _, notice := range recording.Notices {
		data := noticeData{
			Trigger: notice.Trigger, Stage: notice.Stage, ActBy: notice.ActBy, On: notice.ValidTo, WaitingFrom: notice.WaitingFrom,
		}
		if notice.Kind == tdr.LevelNotice && data.ActBy.IsZero() {
			data.ActBy = followUpBy(recording.Row, now)
		}
		all = append(all, told{notice, data, snapshot.Addressees(notice.ToldAs(), whose, now).Recipients})
	}
	return fileAll(ctx, q, about, all)
}

// followUpBy is the day that a reminder names, which wants no acknowledgement:
// when the next level would open, else whatever comes next.
func followUpBy(row tdr.Row, now time.Time) time.Time {
	next := time.Time{}
	for _, deadline := range row.Deadlines {
		if deadline.Suspended {
			continue
		}
		if deadline.Kind == tdr.LadderLevel && deadline.Level == 1 {
			return deadline.At
		}
		if next.IsZero() || deadline.At.Before(next) {
			next = deadline.At
		}
	}
	if next.IsZero() {
		return now
	}
	return next
}

// fileAll files each notice once, whoever the directory names later, and pokes.
func fileAll(ctx context.Context, q *sqlcgen.Queries, about filing, all []told) (activities.Recorded, error) {
	var recorded activities.Recorded
	keys := make([]string, len(all))
	for i, t := range all {
		keys[i] = t.notice.Key
	}
	filed, err := q.FiledNotices(ctx, keys)
	if err != nil {
		return recorded, err
	}
	before := map[string]string{} // status of one row filed under a key
	for _, row := range filed {
		before[row.FiledUnder] = row.Status
	}
	rows := sqlcgen.FileNoticesParams{RequestID: maybe(about.requestID), PersonID: about.personID, Country: about.country, FiledAt: about.at}
	for _, t := range all {
		status, known := before[t.notice.Key]
		if status == noticeNoAddressee || !known && len(t.recipients) == 0 {
			// Said again when asked again: the answer may have been lost.
			recorded.Unaddressed = append(recorded.Unaddressed, t.notice)
		}
		if known {
			continue
		}
		if err := t.add(&rows); err != nil {
			return recorded, err
		}
	}
	if len(rows.Keys) == 0 {
		return recorded, nil
	}
	waiting, err := q.FileNotices(ctx, rows)
	if err != nil {
		return recorded, err
	}
	if len(waiting) > 0 {
		recorded.Poke, err = q.Poke(ctx, sqlcgen.PokeParams{Recipients: waiting, At: about.at})
	}
	return recorded, err
}

// add writes a row for each recipient, or one that shows that there is none.
func (t told) add(rows *sqlcgen.FileNoticesParams) error {
	data, err := json.Marshal(t.data)
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	recipients, status := []string{""}, noticeNoAddressee
	if len(t.recipients) > 0 {
		recipients, status = nil, noticeWaiting
		for _, recipient := range t.recipients {
			recipients = append(recipients, recipient.ID)
		}
	}
	level := int32(-1)
	if t.notice.Kind == tdr.LevelNotice {
		level = int32(t.notice.Level)
	}
	for _, recipient := range recipients {
		key := t.notice.Key + "/" + recipient
		rows.Ids = append(rows.Ids, noticeID(key))
		rows.Keys = append(rows.Keys, key)
		rows.FiledUnder = append(rows.FiledUnder, t.notice.Key)
		rows.Recipients = append(rows.Recipients, recipient)
		rows.Kinds = append(rows.Kinds, string(t.notice.Kind))
		rows.Levels = append(rows.Levels, level)
		rows.Escalations = append(rows.Escalations, t.notice.Escalation)
		rows.Data = append(rows.Data, data)
		rows.Statuses = append(rows.Statuses, status)
	}
	return nil
}
