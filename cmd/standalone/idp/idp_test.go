package idp

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// desk is a provider behind a real server, with a clock that the test moves.
type desk struct {
	*Provider
	url string
	now time.Time
}

func start(t *testing.T, keyFile string) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, 3, 3, 14, 0, 0, 0, time.UTC)}
	server := httptest.NewUnstartedServer(nil)
	d.url = "http://" + server.Listener.Addr().String()
	provider, err := New(Config{Issuer: d.url, Audience: "traveldoc", KeyFile: keyFile, Clock: func() time.Time { return d.now }})
	if err != nil {
		t.Fatal(err)
	}
	d.Provider = provider
	server.Config.Handler = provider.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return d
}

func (d *desk) verifier(t *testing.T) *identity.Verifier {
	t.Helper()
	verifier, err := identity.NewVerifier(identity.Config{Issuer: d.url, Audience: "traveldoc", Now: func() time.Time { return d.now }})
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func get(t *testing.T, url, host string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

func TestOneUserPerRole(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "idp.key"))
	verifier := d.verifier(t)
	all, boston := []string{"*"}, []string{"BOS"}
	want := map[string]identity.Principal{
		"officer1":    {Name: "Olive Example", Roles: []identity.Role{identity.Officer}, Offices: boston},
		"officer2":    {Name: "Omar Example", Roles: []identity.Role{identity.Officer}, Offices: boston},
		"supervisor1": {Name: "Susan Example", Roles: []identity.Role{identity.Supervisor}, Offices: boston},
		"counsel1":    {Name: "Carla Example", Roles: []identity.Role{identity.Counsel}, Offices: all, Countries: all, Posts: all},
		"liaison1":    {Name: "Liam Example", Roles: []identity.Role{identity.Liaison}, Countries: all, Posts: all},
		"state1":      {Name: "Stella Example", Roles: []identity.Role{identity.State}, Countries: all, Posts: all},
		"manager1":    {Name: "Mara Example", Roles: []identity.Role{identity.Manager}, Offices: all, Countries: all, Posts: all},
		"auditor1":    {Name: "Aldo Example", Roles: []identity.Role{identity.Auditor}, Offices: all, Countries: all, Posts: all},
		"admin1":      {Name: "Ada Example", Roles: []identity.Role{identity.Admin}, Offices: all, Countries: all, Posts: all},
	}
	if len(want) != len(Users()) {
		t.Errorf("%d users", len(Users()))
	}
	for user, principal := range want {
		status, header, token := get(t, d.url+"/token?user="+user, "")
		if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") || header.Get("Cache-Control") != "no-store" || strings.TrimSpace(token) != token {
			t.Fatalf("%s: %d %v %q", user, status, header, token)
		}
		got, err := verifier.Verify(t.Context(), token)
		principal.Subject = user
		if err != nil || !sameCaller(got, principal) {
			t.Errorf("%s: %+v, %v", user, got, err)
		}
	}
}

// sameCaller takes an empty list for no list.
func sameCaller(a, b identity.Principal) bool {
	for _, p := range []*identity.Principal{&a, &b} {
		for _, list := range []*[]string{&p.Offices, &p.Countries, &p.Posts} {
			if len(*list) == 0 {
				*list = nil
			}
		}
	}
	return reflect.DeepEqual(a, b)
}

func TestTokensFollowTheMovedClock(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "idp.key"))
	verifier := d.verifier(t)
	token, err := d.Token("officer1")
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]error{0: nil, 12 * time.Hour: nil, 12*time.Hour + time.Second: identity.ErrUnauthorized} {
		moved := d.now
		d.now = d.now.Add(after)
		if _, err := verifier.Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("after %s: %v", after, err)
		}
		d.now = moved
	}
	d.now = d.now.AddDate(2, 0, 0)
	fresh, err := d.Token("officer1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), fresh); err != nil {
		t.Errorf("two years on: %v", err)
	}
}

func TestKeySurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "idp.key")
	first := start(t, file)
	token, err := first.Token("officer1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := New(Config{Issuer: first.url, Audience: "traveldoc", KeyFile: file, Clock: time.Now})
	if err != nil || second.public.KeyID != first.public.KeyID {
		t.Fatalf("another key: %v", err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	stranger := start(t, filepath.Join(t.TempDir(), "idp.key"))
	if _, err := stranger.verifier(t).Verify(t.Context(), token); !errors.Is(err, identity.ErrUnauthorized) {
		t.Errorf("another provider's token: %v", err)
	}
}

func TestOnlyThisMachinesNamesGetTokens(t *testing.T) {
	provider, err := New(Config{Issuer: "http://idp:8090", Audience: "traveldoc", KeyFile: filepath.Join(t.TempDir(), "k"), Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		host       string
		token, key int
	}{
		{"127.0.0.1:8090", 200, 200},
		{"127.0.0.1", 200, 200},
		{"localhost:8090", 200, 200},
		{"[::1]:8090", 200, 200},
		{"idp:8090", 421, 200},
		{"evil.example", 421, 421},
		{"evil.example:8090", 421, 421},
		{"127.0.0.1.evil.example", 421, 421},
		{"localhost.evil.example:8090", 421, 421},
		{"", 421, 421},
	}
	ask := func(host, path string) int {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.Host = host
		recorder := httptest.NewRecorder()
		provider.Handler().ServeHTTP(recorder, request)
		return recorder.Code
	}
	for _, row := range rows {
		for path, want := range map[string]int{
			"/token?user=officer1": row.token, "/": row.token,
			"/healthz": row.key, "/keys": row.key, "/.well-known/openid-configuration": row.key,
		} {
			if got := ask(row.host, path); got != want {
				t.Errorf("%s at %q: %d", path, row.host, got)
			}
		}
	}
}

func TestUnknownUsersAndMethods(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "idp.key"))
	for _, query := range []string{"", "?user=", "?user=root", "?user=OFFICER1", "?user=%00"} {
		status, _, body := get(t, d.url+"/token"+query, "")
		if status != 404 || !strings.Contains(body, "officer1") {
			t.Errorf("%q: %d %s", query, status, body)
		}
	}
	response, err := http.Post(d.url+"/token?user=officer1", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusBadRequest { // only codes are traded by POST
		t.Errorf("POST: %d", response.StatusCode)
	}
	status, _, page := get(t, d.url+"/", "")
	if status != 200 || !strings.Contains(page, `<a href="/token?user=admin1">admin1</a>: Ada Example, admin`) {
		t.Errorf("page: %d %s", status, page)
	}
}

func TestKeysHoldNoSecret(t *testing.T) {
	d := start(t, filepath.Join(t.TempDir(), "idp.key"))
	_, _, body := get(t, d.url+"/keys", "")
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(body), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%v %s", err, body)
	}
	if _, secret := set.Keys[0]["d"]; secret || set.Keys[0]["use"] != "sig" || set.Keys[0]["alg"] != "ES256" {
		t.Errorf("%v", set.Keys[0])
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	good := Config{Issuer: "http://127.0.0.1:8090", Audience: "traveldoc", KeyFile: filepath.Join(t.TempDir(), "k"), Clock: time.Now}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"no issuer":     func(c *Config) { c.Issuer = "" },
		"slash at end":  func(c *Config) { c.Issuer += "/" },
		"no audience":   func(c *Config) { c.Audience = "" },
		"no key file":   func(c *Config) { c.KeyFile = "" },
		"no clock":      func(c *Config) { c.Clock = nil },
		"no such place": func(c *Config) { c.KeyFile = filepath.Join(c.KeyFile, "x") },
	} {
		bad := good
		spoil(&bad)
		if _, err := New(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
