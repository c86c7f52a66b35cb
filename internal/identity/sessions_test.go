package identity_test

import (
	"crypto/rand"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
)

var monday = time.Date(2026, time.March, 2, 15, 0, 0, 0, time.UTC)

type hall struct {
	*identity.Sessions
	t    *testing.T
	pool *pgxpool.Pool
	now  time.Time
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{t: t, pool: storetest.New(t), now: monday}
	var err error
	h.Sessions, err = identity.NewSessions(h.pool, identity.SessionConfig{Now: func() time.Time { return h.now }, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hall) begin(caller identity.Principal) string {
	h.t.Helper()
	id, err := h.Begin(h.t.Context(), caller)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *hall) count() int {
	h.t.Helper()
	var n int
	if err := h.pool.QueryRow(h.t.Context(), "SELECT count(*) FROM sessions").Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func olive() identity.Principal {
	return identity.Principal{
		Subject: "officer1", Name: "Olive Example", Roles: []identity.Role{identity.Officer}, Offices: []string{"BOS"},
		Countries: []string{}, Posts: []string{"gha-washington"},
	}
}

func TestSessionsKnowTheirCaller(t *testing.T) {
	h := newHall(t)
	id := h.begin(olive())
	found, err := h.Find(t.Context(), id)
	if err != nil || !reflect.DeepEqual(found.Caller, olive()) {
		t.Fatalf("%+v, %v", found, err)
	}
	if !found.IdleUntil.Equal(monday.Add(identity.DefaultIdle)) || !found.EndsAt.Equal(monday.Add(identity.DefaultLifetime)) {
		t.Errorf("idle until %s, ends at %s", found.IdleUntil, found.EndsAt)
	}
	var kept int
	err = h.pool.QueryRow(t.Context(), "SELECT count(*) FROM sessions s WHERE s::text LIKE '%' || $1 || '%' OR encode(session_hash, 'escape') LIKE '%' || $1 || '%'", id).Scan(&kept)
	if err != nil || kept != 0 {
		t.Errorf("the table tells the id: %d, %v", kept, err)
	}
	if other := h.begin(olive()); other == id {
		t.Error("two sign-ins have one session")
	}
	for _, stranger := range []string{"", "x", id + "x", id[1:], string(make([]byte, 1000))} {
		if _, err := h.Find(t.Context(), stranger); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%q: %v", stranger, err)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	for name, row := range map[string]struct {
		steps []time.Duration // between one page and the next
		want  error
	}{
		"used at once":               {[]time.Duration{0}, nil},
		"a moment before idle ends":  {[]time.Duration{identity.DefaultIdle - time.Second}, nil},
		"idle":                       {[]time.Duration{identity.DefaultIdle}, identity.ErrNoSession},
		"kept by use":                {[]time.Duration{29 * time.Minute, 29 * time.Minute, 29 * time.Minute}, nil},
		"used, then idle":            {[]time.Duration{29 * time.Minute, 31 * time.Minute}, identity.ErrNoSession},
		"used throughout, and ended": {every(25*time.Minute, 30), identity.ErrNoSession},
	} {
		h := newHall(t)
		id := h.begin(olive())
		var err error
		for _, step := range row.steps {
			h.now = h.now.Add(step)
			_, err = h.Find(t.Context(), id)
		}
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func every(step time.Duration, times int) []time.Duration {
	steps := make([]time.Duration, times)
	for i := range steps {
		steps[i] = step
	}
	return steps
}

func TestSignedOutIsOut(t *testing.T) {
	h := newHall(t)
	id, other := h.begin(olive()), h.begin(olive())
	for range 2 {
		if err := h.End(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Find(t.Context(), id); !errors.Is(err, identity.ErrNoSession) {
		t.Errorf("signed out: %v", err)
	}
	if _, err := h.Find(t.Context(), other); err != nil {
		t.Errorf("the other session: %v", err)
	}
	h.now = h.now.Add(identity.DefaultLifetime)
	h.begin(olive())
	if n := h.count(); n != 1 {
		t.Errorf("%d sessions are kept, the ended ones among them", n)
	}
}

func TestFormsBelongToTheirSession(t *testing.T) {
	h := newHall(t)
	id, other := h.begin(olive()), h.begin(olive())
	mine, err := h.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := h.Find(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Find(t.Context(), id)
	if err != nil || again.FormToken != mine.FormToken {
		t.Errorf("the token changes between pages, %v", err)
	}
	if !mine.OwnForm(mine.FormToken) || mine.OwnForm(theirs.FormToken) || mine.OwnForm("") || mine.OwnForm(id) || (identity.Session{}).OwnForm("") {
		t.Error("a form token is taken wrongly")
	}
}
