package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/directory"
	"github.com/traveldoc/traveldoc/internal/store/sqlcgen"
)

// directoryAge is how long a process may work with a directory that another has replaced.
const directoryAge = 5 * time.Second

// People is the directory as loaded last. It implements Directory and api.Directory.
type People struct {
	pool  *pgxpool.Pool
	clock activities.Clock

	lock     sync.Mutex
	snapshot directory.Snapshot
	hash     string
	looked   time.Time
}

// NewPeople reads the directory from the database.
func NewPeople(pool *pgxpool.Pool, clock activities.Clock) *People {
	return &People{pool: pool, clock: clock}
}

// Load keeps a directory, unless it is the one in force. Earlier ones stay on record.
func (p *People) Load(ctx context.Context, data directory.Data) error {
	if _, err := directory.NewSnapshot(data); err != nil {
		return fmt.Errorf("load directory: %w", err)
	}
	content, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("load directory: %w", err)
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	q := sqlcgen.New(p.pool)
	newest, err := q.NewestDirectoryHash(ctx)
	if err == nil && newest == hash {
		return nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return failed("load directory", err)
	}
	err = q.AddDirectory(ctx, sqlcgen.AddDirectoryParams{LoadedAt: p.clock.Now().UTC(), Sha256: hash, Content: content})
	p.lock.Lock()
	defer p.lock.Unlock()
	p.looked = time.Time{}
	return failed("load directory", err)
}

// Snapshot is the directory in force; one that nothing was loaded into knows nobody.
func (p *People) Snapshot(ctx context.Context) (directory.Snapshot, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	now := p.clock.Now()
	if age := now.Sub(p.looked); !p.looked.IsZero() && age >= 0 && age < directoryAge {
		return p.snapshot, nil
	}
	q := sqlcgen.New(p.pool)
	hash, err := q.NewestDirectoryHash(ctx)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && hash == p.hash {
		p.looked = now
		return p.snapshot, nil
	}
	if err != nil {
		return directory.Snapshot{}, failed("read directory", err)
	}
	row, err := q.NewestDirectory(ctx)
	if err != nil {
		return directory.Snapshot{}, failed("read directory", err)
	}
	snapshot, err := readDirectory(row.Content)
	if err != nil {
		return directory.Snapshot{}, err
	}
	p.snapshot, p.hash, p.looked = snapshot, row.Sha256, now
	return snapshot, nil
}

func readDirectory(content []byte) (directory.Snapshot, error) {
	var data directory.Data
	if err := json.NewDecoder(bytes.NewReader(content)).Decode(&data); err != nil {
		return directory.Snapshot{}, fmt.Errorf("read directory: %w", err)
	}
	snapshot, err := directory.NewSnapshot(data)
	if err != nil {
		return directory.Snapshot{}, fmt.Errorf("read directory: %w", err)
	}
	return snapshot, nil
}

// How far calendars reach: longer than a request or a removal period lasts
// before its calendars are renewed.
const (
	calendarYears       = 3
	calendarYearsBefore = 1
)

// Renewed builds fresh calendars of an office and a post; see activities.Calendars.
func (s *Store) Renewed(ctx context.Context, fieldOffice, post string, since time.Time) (office, abroad calendar.Slice, err error) {
	snapshot, err := s.directory.Snapshot(ctx)
	if err != nil {
		return office, abroad, fmt.Errorf("renew calendars: %w", err)
	}
	first := calendar.DateOf(since.UTC())
	if office, err = s.slice(snapshot, "office/"+fieldOffice, first); err != nil {
		return office, abroad, fmt.Errorf("renew calendars: %w", err)
	}
	if abroad, err = s.slice(snapshot, "post/"+post, first); err != nil {
		return office, abroad, fmt.Errorf("renew calendars: %w", err)
	}
	return office, abroad, nil
}

// slice is the calendar of an office or post from a year before a day to
// years from now, in whole years so that the same question has the same answer.
func (s *Store) slice(snapshot directory.Snapshot, of string, since calendar.Date) (calendar.Slice, error) {
	spec, ok := snapshot.Calendar(of)
	if !ok {
		return calendar.Slice{}, fmt.Errorf("calendar of %s: %w", of, notFound)
	}
	now := s.clock.Now().UTC()
	first := calendar.Date{Year: min(since.Year, now.Year()) - calendarYearsBefore, Month: time.January, Day: 1}
	last := calendar.Date{Year: now.Year() + calendarYears, Month: time.December, Day: 31}
	slice, err := calendar.Build(spec, first, last)
	if err != nil {
		return calendar.Slice{}, fmt.Errorf("calendar of %s: %w", of, err)
	}
	return slice, nil
}
