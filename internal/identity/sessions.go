package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/identity/sqlcgen"
)

// ErrNoSession: nobody is signed in under this id, or no longer.
var ErrNoSession = errors.New("nobody is signed in")

// How long a sign-in lasts: NIST SP 800-63B-4 section 2.2.3 (AAL2) wants a new
// one at least every 24 hours and after an hour without activity; these are shorter.
const (
	DefaultIdle     = 30 * time.Minute
	DefaultLifetime = 12 * time.Hour
)

const (
	sessionBytes = 32
	// touchEvery spares the database a write for each page.
	touchEvery = time.Minute
)

// Session is a caller who signed in on a page.
type Session struct {
	Caller    Principal
	FormToken string    // every form of this session carries it
	IdleUntil time.Time // ends the session unless another page is asked for
	EndsAt    time.Time // ends it in any case
}

// SessionConfig bounds sessions; zero durations mean the defaults above.
type SessionConfig struct {
	Now      func() time.Time
	Random   io.Reader // crypto/rand.Reader
	Idle     time.Duration
	Lifetime time.Duration
}

// Sessions keeps who is signed in, on a pool of package store. It is safe for
// concurrent use by any number of processes.
type Sessions struct {
	pool   *pgxpool.Pool
	config SessionConfig
}

// NewSessions are the sessions of a database.
func NewSessions(pool *pgxpool.Pool, config SessionConfig) (*Sessions, error) {
	if config.Now == nil || config.Random == nil {
		return nil, errors.New("configure sessions: clock and source of randomness are required")
	}
	if config.Idle == 0 {
		config.Idle = DefaultIdle
	}
	if config.Lifetime == 0 {
		config.Lifetime = DefaultLifetime
	}
	return &Sessions{pool: pool, config: config}, nil
}

func (s *Sessions) queries() *sqlcgen.Queries { return sqlcgen.New(s.pool) }

func (s *Sessions) now() time.Time { return s.config.Now().UTC() }

// Begin signs a caller in and gives the id that the browser is to keep. The id
// is always a new one: whatever the browser held before is no session of theirs.
func (s *Sessions) Begin(ctx context.Context, caller Principal) (id string, err error) {
	id, err = drawn(s.config.Random)
	if err != nil {
		return "", fmt.Errorf("begin session: %w", err)
	}
	now := s.now()
	if err := s.queries().ForgetSessions(ctx, sqlcgen.ForgetSessionsParams{Now: now, IdleSince: now.Add(-s.config.Idle)}); err != nil {
		return "", fmt.Errorf("forget ended sessions: %w", err)
	}
	err = s.queries().BeginSession(ctx, sqlcgen.BeginSessionParams{
		SessionHash: hashOf(id), Subject: caller.Subject, Name: caller.Name, Roles: rolesAsText(caller.Roles),
		Offices: listed(caller.Offices), Countries: listed(caller.Countries), Posts: listed(caller.Posts),
		Now: now, EndsAt: now.Add(s.config.Lifetime),
	})
	if err != nil {
		return "", fmt.Errorf("begin session: %w", err)
	}
	return id, nil
}

// Find tells who is signed in under an id, and counts as activity. ErrNoSession.
func (s *Sessions) Find(ctx context.Context, id string) (Session, error) {
	if id == "" || len(id) > 2*sessionBytes {
		return Session{}, ErrNoSession
	}
	now := s.now()
	row, err := s.queries().Session(ctx, sqlcgen.SessionParams{SessionHash: hashOf(id), Now: now, IdleSince: now.Add(-s.config.Idle)})
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, ErrNoSession
	}
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	if now.Sub(row.UsedAt) >= touchEvery {
		if err := s.queries().TouchSession(ctx, sqlcgen.TouchSessionParams{SessionHash: hashOf(id), Now: now}); err != nil {
			return Session{}, fmt.Errorf("keep session: %w", err)
		}
		row.UsedAt = now
	}
	caller := Principal{Subject: row.Subject, Name: row.Name, Offices: row.Offices, Countries: row.Countries, Posts: row.Posts}
	for _, role := range row.Roles {
		caller.Roles = append(caller.Roles, Role(role))
	}
	return Session{Caller: caller, FormToken: formToken(id), IdleUntil: row.UsedAt.UTC().Add(s.config.Idle), EndsAt: row.EndsAt.UTC()}, nil
}

// End signs out. Ending what has ended is no error.
func (s *Sessions) End(ctx context.Context, id string) error {
	if err := s.queries().EndSession(ctx, sqlcgen.EndSessionParams{SessionHash: hashOf(id), Now: s.now()}); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// OwnForm tells whether a form's token is the session's, in constant time.
func (s Session) OwnForm(token string) bool {
	return s.FormToken != "" && hmac.Equal([]byte(s.FormToken), []byte(token))
}

// formToken follows from the session's id and does not tell it, so that it
// needs no column and ends with the session.
func formToken(id string) string {
	mac := hmac.New(sha256.New, []byte(id))
	mac.Write([]byte("form"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hashOf(id string) []byte {
	hash := sha256.Sum256([]byte(id))
	return hash[:]
}

// drawn is a random text of 256 bits.
func drawn(random io.Reader) (string, error) {
	raw := make([]byte, sessionBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("draw at random: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func rolesAsText(roles []Role) []string {
	text := make([]string, 0, len(roles))
	for _, role := range roles {
		text = append(text, string(role))
	}
	return text
}

// listed is never null.
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
