package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// milestoneKind is the kind of custody deadlines.
const milestoneKind = "milestone"

// LegalHistory reads a person's legal events in one snapshot; see activities.CustodyStore.
func (s *Store) LegalHistory(ctx context.Context, personID string) (activities.LegalHistory, error) {
	var rows []sqlcgen.LegalEvent
	history := activities.LegalHistory{PersonID: personID}
	err := s.snapshot(ctx, "read legal history", func(q *sqlcgen.Queries) (err error) {
		if rows, err = q.LegalEvents(ctx, personID); err != nil || len(rows) == 0 {
			return err
		}
		history.Events = custodyEvents(rows)
		history.Office = rows[len(rows)-1].Office
		filing, err := s.LegalEvents().clockOf(ctx, q, personID, rows, s.clock.Now().UTC())
		history.OfficeTime = filing.officeTime
		history.Consular = each(filing.consular, consularDuty.told)
		if errors.Is(err, custody.ErrHistory) {
			// Whoever reads it says what is wrong with it.
			return nil
		}
		return err
	})
	return history, err
}

// officeTime is the office's calendar over the years of a legal history.
func (s *Store) officeTime(ctx context.Context, office string, events []custody.Event) (calendar.Slice, error) {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return calendar.Slice{}, fmt.Errorf("read directory: %w", err)
	}
	first := events[0].Date
	for _, event := range events {
		if event.Date.Before(first) {
			first = event.Date
		}
	}
	return s.slice(snapshot, "office/"+office, first)
}

func custodyEvents(rows []sqlcgen.LegalEvent) []custody.Event {
	events := make([]custody.Event, len(rows))
	for i, row := range rows {
		events[i] = custody.Event{
			ID: row.LegalEventID, Kind: custody.Kind(row.Kind), Date: toDate(row.Dated), RecordedAt: row.RecordedAt,
			Source:   custody.Source{Type: row.SourceType, SHA256: row.SourceSha256},
			Corrects: orZero(row.Corrects), Stay: orZero(row.HoldID),
		}
	}
	return events
}

// milestoneRows are the duties of a detained person. One that a stay suspends
// has no date here; the old one stays in what explains it.
func milestoneRows(personID string, ordinal int64, clock custody.Clock, office calendar.Slice) (sqlcgen.ReplaceDeadlinesParams, error) {
	rows := sqlcgen.ReplaceDeadlinesParams{Subject: custodySubject(personID), PersonID: personID, Seq: ordinal, Names: []string{}}
	if !clock.Detained {
		return rows, nil
	}
	for _, milestone := range clock.Milestones {
		if milestone.Status == custody.Done {
			continue
		}
		why, err := json.Marshal(milestone)
		if err != nil {
			return rows, fmt.Errorf("write milestone: %w", err)
		}
		suspended := milestone.Status == custody.Suspended
		due := time.Time{}
		if !suspended {
			due = office.At(milestone.Date, 0).UTC()
		}
		rows.Names = append(rows.Names, milestoneName(milestone.Key))
		rows.Kinds = append(rows.Kinds, milestoneKind)
		rows.Levels = append(rows.Levels, -1)
		rows.Legals = append(rows.Legals, true)
		rows.Due = append(rows.Due, due)
		rows.Suspended = append(rows.Suspended, suspended)
		rows.Why = append(rows.Why, why)
	}
	return rows, nil
}

func milestoneName(key string) string { return milestoneKind + "/" + key }

// FileMilestones files the notices of duties to be acted on; see
// activities.CustodyStore.
func (s *Store) FileMilestones(ctx context.Context, personID string, keys []string) (activities.Recorded, error) {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return activities.Recorded{}, fmt.Errorf("read directory: %w", err)
	}
	now := s.clock.Now().UTC()
	var recorded activities.Recorded
	err = s.transact(ctx, "file milestones", func(tx pgx.Tx, q *sqlcgen.Queries) error {
		recorded = activities.Recorded{}
		// Filing for one person is done by one at a time.
		if _, err := q.LockPerson(ctx, personID); err != nil {
			return err
		}
		// Days have passed since the last legal event, and duties have come with them.
		current, err := s.LegalEvents().refresh(ctx, tx, q, personID, now)
		if err != nil {
			return err
		}
		whose, err := caseOf(ctx, q, current)
		if err != nil {
			return err
		}
		special, err := q.RoutedSpecially(ctx, personID)
		if err != nil {
			return err
		}
		about := filing{requestID: whose.RequestID, personID: personID, country: whose.Country, at: now}
		all, names, absent := milestoneNotices(current, keys)
		people := snapshot.CustodyAddressees(directory.Case{
			Officer: whose.Officer, FieldOffice: whose.FieldOffice, Country: whose.Country, Post: whose.Post, Special: special,
		}, now).Recipients
		for i := range all {
			all[i].recipients = people
		}
		if recorded, err = fileAll(ctx, q, about, all); err != nil {
			return err
		}
		recorded.Absent = absent
		return q.MarkMilestones(ctx, sqlcgen.MarkMilestonesParams{Subject: custodySubject(personID), Names: names, MetAt: &now})
	})
	return recorded, err
}

// caseOf is who answers for a person: the officer of the newest live request,
// else of the newest.
func caseOf(ctx context.Context, q *sqlcgen.Queries, current clockFiling) (sqlcgen.CaseOfPersonRow, error) {
	whose, err := q.CaseOfPerson(ctx, current.personID)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	// The office answers whose local dates count, wherever the request is.
	whose.FieldOffice = current.office
	return whose, err
}

// milestoneNotices are the notices of tellings, and the milestones' names on
// their rows. A consular duty stays on its row until it is done.
func milestoneNotices(current clockFiling, tellings []string) (all []told, names, absent []string) {
	data := map[string]noticeData{}
	for _, milestone := range current.clock.Milestones {
		data[milestone.Key] = noticeData{On: milestone.Date, Milestone: milestone.Name}
	}
	for _, duty := range current.consular {
		data[duty.key] = noticeData{On: duty.DetainedSince, Milestone: duty.Duty}
	}
	for _, telling := range tellings {
		key := custody.Told(telling)
		about, ok := data[key]
		if !ok {
			absent = append(absent, telling)
			continue
		}
		names = append(names, milestoneName(key))
		all = append(all, told{
			notice: tdr.Notice{Key: custodySubject(current.personID) + "/" + telling, Kind: custodyNotice}, data: about,
		})
	}
	return all, names, absent
}
