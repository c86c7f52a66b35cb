package serve

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/config"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/store/storetest"
	"github.com/traveldoc/traveldoc/internal/vault"
)

const uiOrigin = "http://127.0.0.1:8233"

// codecWorld is a codec server on a database of its own, and who is signed in.
type codecWorld struct {
	codec    *Codec
	pool     *pgxpool.Pool
	sessions *identity.Sessions
}

// issuer is an identity provider that says where it is and has signed nothing.
func issuer(t *testing.T) string {
	t.Helper()
	var provider *httptest.Server
	provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q}`, provider.URL, provider.URL+"/keys")
	}))
	t.Cleanup(provider.Close)
	return provider.URL
}

func newCodecWorld(t *testing.T) codecWorld {
	t.Helper()
	pool := storetest.New(t)
	reference := "file://" + filepath.Join(t.TempDir(), "master.json")
	if _, err := vault.CreateMasterFile(reference); err != nil {
		t.Fatal(err)
	}
	codec, err := NewCodec(t.Context(), World{
		Clock: SystemClock{}, Log: slog.New(slog.DiscardHandler), Config: config.Config{
			DatabaseURL: pool.Config().ConnString(), MasterKeys: []string{reference}, PublicURL: "http://127.0.0.1:8080",
			Identity: config.Identity{Issuer: issuer(t), Audience: "traveldoc", Idle: time.Hour, Lifetime: time.Hour},
			Codec:    config.Codec{Origin: uiOrigin},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(codec.Close)
	sessions, err := identity.NewSessions(pool, identity.SessionConfig{
		Now: SystemClock{}.Now, Random: rand.Reader, Idle: time.Hour, Lifetime: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	return codecWorld{codec, pool, sessions}
}

// ask opens nothing, which is on record like everything else.
func (w codecWorld) ask(t *testing.T, prepare func(*http.Request)) int {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/decode", strings.NewReader(`{"payloads":[]}`))
	request.Header.Set("Origin", uiOrigin)
	prepare(request)
	answer := httptest.NewRecorder()
	w.codec.ServeHTTP(answer, request)
	return answer.Code
}

func (w codecWorld) signedIn(t *testing.T, subject string, role identity.Role) func(*http.Request) {
	t.Helper()
	id, err := w.sessions.Begin(t.Context(), identity.Principal{Subject: subject, Roles: []identity.Role{role}})
	if err != nil {
		t.Fatal(err)
	}
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "traveldoc-session", Value: id}) }
}

func (w codecWorld) entered(t *testing.T, actor, outcome string) (rows int) {
	t.Helper()
	err := w.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries
		WHERE actor = $1 AND action = 'histories.read' AND object = 'histories' AND outcome = $2`, actor, outcome).Scan(&rows)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestWhoReadsHistoriesIsInTheAuditLog(t *testing.T) {
	w := newCodecWorld(t)
	for _, c := range []struct {
		as             func(*http.Request)
		status         int
		actor, outcome string
	}{
		{w.signedIn(t, "auditor1", identity.Auditor), http.StatusOK, "auditor1", "done"},
		{w.signedIn(t, "officer1", identity.Officer), http.StatusForbidden, "officer1", "forbidden"},
		{func(r *http.Request) { r.Header.Set("Authorization", "Bearer invented words") }, http.StatusUnauthorized, api.Nobody, "unauthorized"},
	} {
		if status := w.ask(t, c.as); status != c.status {
			t.Errorf("%s: %d, want %d", c.outcome, status, c.status)
		}
		if rows := w.entered(t, c.actor, c.outcome); rows != 1 {
			t.Errorf("%s by %s is on record %d times", c.outcome, c.actor, rows)
		}
	}
	reader, owner := w.signedIn(t, "auditor1", identity.Auditor), storetest.Owner(t, w.pool)
	if _, err := owner.Exec(t.Context(), "REVOKE INSERT ON audit_entries FROM traveldoc_app"); err != nil {
		t.Fatal(err)
	}
	if status := w.ask(t, reader); status != http.StatusServiceUnavailable {
		t.Errorf("without the log a read answers %d", status)
	}
}
