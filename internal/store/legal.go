package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// LegalEvents keeps legal facts and what follows from them; it implements api.LegalEvents.
type LegalEvents struct{ *Store }

// LegalEvents of the store.
func (s *Store) LegalEvents() LegalEvents { return LegalEvents{s} }

// Record keeps a legal event with the hold that it places or lifts, and
// derives the person's clock anew, in one transaction; see api.LegalEvents.
func (l LegalEvents) Record(ctx context.Context, personID string, entry api.LegalEntry) (api.LegalEvent, api.PersonCustody, error) {
	var recorded api.LegalEvent
	var custodyNow api.PersonCustody
	err := l.transact(ctx, "record legal event", func(tx pgx.Tx, q *sqlcgen.Queries) error {
		if err := lockHumans(ctx, q, personID); err != nil {
			return err
		}
		var poke []string
		row, err := q.LegalEvent(ctx, entry.Event.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			row, poke, err = l.add(ctx, tx, q, personID, entry)
		}
		if err != nil {
			return err
		}
		recorded = legalEventOf(row)
		recorded.Poke = poke
		if recorded.MayHaveLeft, err = leftBefore(ctx, q, recorded); err != nil {
			return err
		}
		custodyNow, err = readCustody(ctx, q, personID)
		return err
	})
	return recorded, custodyNow, err
}

// add tells the mailboxes of the posts from which something is asked back.
func (l LegalEvents) add(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID string, entry api.LegalEntry) (row sqlcgen.LegalEvent, poke []string, err error) {
	now := l.clock.Now().UTC()
	before, err := q.LegalEvents(ctx, personID)
	if err != nil {
		return row, nil, err
	}
	if err := correctable(before, entry.Event); err != nil {
		return row, nil, err
	}
	if err := l.happened(ctx, entry.Event, now); err != nil {
		return row, nil, err
	}
	if err := l.attempted(ctx, q, personID, entry.Event); err != nil {
		return row, nil, err
	}
	event := entry.Event
	if entry.Places != nil {
		hold := *entry.Places
		hold.Stay = event.HoldID
		placed, err := place(ctx, tx, q, hold, now)
		if err != nil {
			return row, nil, err
		}
		event.Poke = placed.Poke
	}
	if entry.Lifts != nil {
		if _, err := lift(ctx, q, *entry.Lifts, now); err != nil {
			return row, nil, err
		}
	}
	if event, err = l.stop(ctx, tx, q, personID, before, event, now); err != nil {
		return row, nil, err
	}
	if row, err = q.AddLegalEvent(ctx, legalEventRow(personID, event, now)); err != nil {
		return row, nil, err
	}
	return row, event.Poke, l.derive(ctx, tx, q, personID, append(before, row), now)
}

// happened: an event lies no later than today at its own office, whatever day it is
// at the offices that recorded the others.
func (l LegalEvents) happened(ctx context.Context, event api.LegalEvent, now time.Time) error {
	days, err := l.officeTime(ctx, event.Office, []custody.Event{custodyEvent(event, now)})
	if err == nil && event.Dated.After(days.LocalDate(now)) {
		err = &custody.HistoryError{Problems: []custody.Problem{{Rule: custody.RuleFuture, Events: []string{event.ID}}}}
	}
	return err
}

// attempted: a notice is signed by the day of its signature, or else of its service;
// by the new day, where that is corrected.
func (l LegalEvents) attempted(ctx context.Context, q *sqlcgen.Queries, personID string, event api.LegalEvent) error {
	if custody.Kind(event.Kind) != custody.NoncomplianceNotice {
		return nil
	}
	last := event.Dated
	if signed := event.Signed.On; !signed.IsZero() && signed.Before(last) {
		last = signed
	}
	return l.enough(ctx, q, personID, event.Office, last)
}

// Attempted tells whether a notice of failure to comply may be signed on a day; see api.LegalEvents.
func (l LegalEvents) Attempted(ctx context.Context, personID, office string, on calendar.Date) error {
	return failed("count attempts", l.enough(ctx, l.queries(), personID, office, on))
}

// enough attempts on two days are on record by a day since the person last complied,
// as far apart as the house asks for.
func (l LegalEvents) enough(ctx context.Context, q *sqlcgen.Queries, personID, office string, by calendar.Date) error {
	snapshot, err := l.directory.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	days, err := l.slice(snapshot, "office/"+office, by)
	if err != nil {
		return err
	}
	made, err := q.NonComplianceAttempts(ctx, sqlcgen.NonComplianceAttemptsParams{
		PersonID: personID, Zone: days.Zone, Until: days.At(by.AddDays(1), 0).UTC(),
	})
	if err == nil && (made.Days < attemptsBeforeNotice || made.Apart < int64(l.attemptsApart)) {
		err = fmt.Errorf("sign notice of failure to comply: %w", api.ErrAttemptsMissing)
	}
	return err
}

// attemptsBeforeNotice of failure to comply.
const attemptsBeforeNotice = 2

// correctable: only an event of the same person that nothing has corrected yet,
// by one of its kind or by its retraction.
func correctable(before []sqlcgen.LegalEvent, event api.LegalEvent) error {
	if event.Corrects == "" {
		return nil
	}
	err := api.ErrCorrected
	for _, row := range before {
		if orZero(row.Corrects) == event.Corrects {
			return fmt.Errorf("correct legal event: %w", api.ErrCorrected)
		}
		if row.LegalEventID == event.Corrects {
			err = api.CheckCorrection(legalEventOf(row), event)
		}
	}
	if err != nil {
		return fmt.Errorf("correct legal event: %w", err)
	}
	return nil
}

func legalEventRow(personID string, event api.LegalEvent, now time.Time) sqlcgen.AddLegalEventParams {
	at := event.RecordedAt.UTC()
	if event.RecordedAt.IsZero() {
		at = now
	}
	return sqlcgen.AddLegalEventParams{
		LegalEventID: event.ID, PersonID: personID, Kind: event.Kind, Dated: fromDate(event.Dated), Office: event.Office,
		SourceType: event.SourceType, SourceSha256: string(event.Source), Corrects: maybe(event.Corrects), HoldID: maybe(event.HoldID), Decision: event.Decision,
		SignedBy: event.Signed.By, SignedOn: maybeDate(event.Signed.On), SignedDocument: maybe(event.Signed.Document),
		RecordedAt: at, RecordedBy: event.RecordedBy,
	}
}

// derive brings the person's clock, its deadlines and those who read it up to date.
func (l LegalEvents) derive(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID string, rows []sqlcgen.LegalEvent, now time.Time) error {
	filing, err := l.clockOf(ctx, q, personID, rows, now)
	if err != nil {
		return err
	}
	was, err := wasDetained(ctx, q, personID)
	if err != nil {
		return err
	}
	return together(ctx, tx, func(q *sqlcgen.Queries) error {
		if err := filing.keep(ctx, q); err != nil {
			return err
		}
		// The clock's workflow lives while the person is detained; whoever is
		// released tells it once more, so that it ends.
		if filing.clock.Detained || was {
			if err := filing.wake(ctx, q); err != nil {
				return err
			}
		}
		return signalCustody(ctx, q, personID, "", filing.clock, now)
	})
}

// refresh reads the clock of a person anew, since days have passed or what the
// detention asks for has changed; nothing where no legal event is on record, or
// where those contradict each other. It works under the person's row.
func (l LegalEvents) refresh(ctx context.Context, tx pgx.Tx, q *sqlcgen.Queries, personID string, now time.Time) (clockFiling, error) {
	rows, err := q.LegalEvents(ctx, personID)
	if err != nil || len(rows) == 0 {
		return clockFiling{personID: personID}, err
	}
	filing, err := l.clockOf(ctx, q, personID, rows, now)
	if errors.Is(err, custody.ErrHistory) {
		return clockFiling{personID: personID}, nil
	}
	if err != nil {
		return filing, err
	}
	return filing, together(ctx, tx, func(q *sqlcgen.Queries) error { return filing.keep(ctx, q) })
}

func (l LegalEvents) clockOf(ctx context.Context, q *sqlcgen.Queries, personID string, rows []sqlcgen.LegalEvent, now time.Time) (clockFiling, error) {
	events, last := custodyEvents(rows), rows[len(rows)-1]
	filing := clockFiling{personID: personID, office: last.Office, ordinal: last.Ordinal, now: now}
	var err error
	if filing.officeTime, err = l.officeTime(ctx, last.Office, events); err != nil {
		return filing, err
	}
	view := custody.View{AsOf: custody.Today(events, filing.officeTime.LocalDate(now)), Office: filing.officeTime}
	if filing.clock, err = custody.Derive(events, l.rules, view); err != nil {
		return filing, err
	}
	if filing.consular, err = l.consular(ctx, q, personID, filing.clock, filing.officeTime); err != nil {
		return filing, err
	}
	begins := filing.officeTime.At(filing.clock.DetainedSince, 0).UTC()
	order, err := l.orderRecord(ctx, q, personID, filing.clock, events, begins)
	filing.consular = append(filing.consular, order...)
	return filing, err
}

func wasDetained(ctx context.Context, q *sqlcgen.Queries, personID string) (bool, error) {
	row, err := q.CustodyClock(ctx, personID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return row.Detained, err
}

// clockFiling is a clock newly derived.
type clockFiling struct {
	personID   string
	office     string
	ordinal    int64 // of the last legal event
	clock      custody.Clock
	consular   []consularDuty
	officeTime calendar.Slice
	now        time.Time
}

// keep writes the clock and the person's deadlines.
func (f clockFiling) keep(ctx context.Context, q *sqlcgen.Queries) error {
	content, err := json.Marshal(f.clock)
	if err != nil {
		return fmt.Errorf("write custody clock: %w", err)
	}
	err = q.PutCustodyClock(ctx, sqlcgen.PutCustodyClockParams{
		PersonID: f.personID, Office: f.office, Rules: int32(f.clock.Rules), Detained: f.clock.Detained, Clock: content, DerivedAt: f.now,
	})
	if err != nil {
		return err
	}
	deadlines, err := milestoneRows(f.personID, f.ordinal, f.clock, f.officeTime)
	if err != nil {
		return err
	}
	if err := addConsular(&deadlines, f.consular); err != nil {
		return err
	}
	return q.ReplaceDeadlines(ctx, deadlines)
}

// wake has the person's clock look again, and starts it where the person is detained.
func (f clockFiling) wake(ctx context.Context, q *sqlcgen.Queries) error {
	return q.SignalCustodyClock(ctx, sqlcgen.SignalCustodyClockParams{PersonID: f.personID, Start: f.clock.Detained, At: f.now})
}

// Events lists a person's legal events in the order of recording.
func (l LegalEvents) Events(ctx context.Context, personID string) ([]api.LegalEvent, error) {
	rows, err := l.queries().LegalEvents(ctx, personID)
	if err != nil {
		return nil, failed("list legal events", err)
	}
	events := make([]api.LegalEvent, len(rows))
	for i, row := range rows {
		events[i] = legalEventOf(row)
	}
	return events, nil
}

// Custody reads the person's clock; api.ErrNotFound when nothing was recorded.
func (l LegalEvents) Custody(ctx context.Context, personID string) (api.PersonCustody, error) {
	read, err := readCustody(ctx, l.queries(), personID)
	if err != nil {
		return read, failed("read custody clock", err)
	}
	history, err := l.LegalHistory(ctx, personID)
	if err != nil {
		return read, err
	}
	return l.today(read, history)
}

// today reads a clock as of now: since it was derived, days have come and passed.
func (l LegalEvents) today(read api.PersonCustody, history activities.LegalHistory) (api.PersonCustody, error) {
	now := l.clock.Now().UTC()
	today := custody.Today(history.Events, history.OfficeTime.LocalDate(now))
	clock, err := custody.Derive(history.Events, l.rules, custody.View{AsOf: today, Office: history.OfficeTime})
	if err != nil {
		return read, fmt.Errorf("read custody clock: %w", err)
	}
	if read.Clock, err = json.Marshal(clock); err != nil {
		return read, fmt.Errorf("write custody clock: %w", err)
	}
	read.Rules, read.Summary, read.DerivedAt = clock.Rules, requestCustody(clock), now
	return read, nil
}

func readCustody(ctx context.Context, q *sqlcgen.Queries, personID string) (api.PersonCustody, error) {
	row, err := q.CustodyClock(ctx, personID)
	if err != nil {
		return api.PersonCustody{}, err
	}
	var clock custody.Clock
	if err := json.Unmarshal(row.Clock, &clock); err != nil {
		return api.PersonCustody{}, fmt.Errorf("read custody clock: %w", err)
	}
	return api.PersonCustody{
		PersonID: personID, Office: row.Office, Rules: int(row.Rules), Clock: row.Clock,
		Summary: requestCustody(clock), DerivedAt: row.DerivedAt,
	}, nil
}

func legalEventOf(row sqlcgen.LegalEvent) api.LegalEvent {
	return api.LegalEvent{
		ID: row.LegalEventID, Ordinal: row.Ordinal, Kind: row.Kind, Dated: toDate(row.Dated), Office: row.Office,
		SourceType: row.SourceType, Source: tdr.Evidence(row.SourceSha256), Corrects: orZero(row.Corrects),
		HoldID: orZero(row.HoldID), Decision: row.Decision,
		Signed:     tdr.Signature{By: row.SignedBy, On: toMaybeDate(row.SignedOn), Document: orZero(row.SignedDocument)},
		RecordedAt: row.RecordedAt, RecordedBy: row.RecordedBy,
	}
}
