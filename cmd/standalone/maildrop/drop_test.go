package maildrop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/traveldoc/traveldoc/internal/mail"
)

const testKey = "SG.drop-key"

var testNow = time.Date(2026, 3, 3, 14, 0, 0, 0, time.UTC)

// running is a drop behind a real server.
type running struct {
	*Drop
	url  string
	stop func()
}

func start(t *testing.T, dir, webhook string) *running {
	t.Helper()
	drop, err := New(Config{
		Dir: dir, PublicURL: "http://127.0.0.1:8025", APIKey: testKey, WebhookURL: webhook,
		Clock: func() time.Time { return testNow },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(drop.Handler())
	var once sync.Once
	stop := func() {
		once.Do(func() {
			if err := drop.Close(); err != nil {
				t.Error(err)
			}
			server.CloseClientConnections()
			server.Close()
		})
	}
	t.Cleanup(stop)
	return &running{drop, server.URL, stop}
}

func sender(t *testing.T, url, key string, timeout time.Duration) *mail.Sender {
	t.Helper()
	made, err := mail.New(mail.Config{APIKey: key, BaseURL: url, From: "td-desk@traveldoc.example", Timeout: timeout}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func message(to string) mail.Message {
	return mail.Message{
		ID: uuid.New(), To: to, Subject: "TD-7Q4M2K: raise with the post",
		Text: "Raise it.\nhttps://traveldoc.example/a/x\n", HTML: "<p>Raise it.</p>",
	}
}

// arrivals reads the file as a judge would.
func arrivals(t *testing.T, dir string) []Arrival {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "arrivals.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []Arrival
	for line := range bytes.Lines(raw) {
		var one Arrival
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

func get(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	response, err := http.Get(url)
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

func control(t *testing.T, url, rule string) {
	t.Helper()
	response, err := http.Post(url+"/control", "application/json", strings.NewReader(rule))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("control %s: %d", rule, response.StatusCode)
	}
}

func TestAcceptedMailIsOnDiskBeforeTheAnswer(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	sent := message("officer@traveldoc.example")
	receipt, err := sender(t, drop.url, testKey, 0).Send(t.Context(), sent)
	if err != nil {
		t.Fatal(err)
	}
	all := arrivals(t, dir)
	if len(all) != 1 || all[0].Seq != 1 || all[0].Outcome != Accepted || all[0].Status != 202 || !all[0].At.Equal(testNow) || len(all[0].Mails) != 1 {
		t.Fatalf("%+v", all)
	}
	kept := all[0].Mails[0]
	if kept.ID != receipt.SGMessageID || kept.MessageID != sent.ID.String() || kept.To[0] != sent.To ||
		kept.Subject != sent.Subject || kept.Text != sent.Text || kept.HTML != sent.HTML || kept.Headers["Auto-Submitted"] != "auto-generated" {
		t.Errorf("%+v", kept)
	}
}

func TestFailuresOnCommand(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	s := sender(t, drop.url, testKey, 300*time.Millisecond)
	send := func(to string) error {
		_, err := s.Send(t.Context(), message(to))
		return err
	}
	control(t, drop.url, `{"action":"rate_limit","count":2,"reset_seconds":7}`)
	for range 2 {
		limited, ok := errors.AsType[*mail.RateLimited](send("a@example.org"))
		if !ok || limited.RetryAfter != 7*time.Second {
			t.Errorf("rate limit: %+v", limited)
		}
	}
	control(t, drop.url, `{"action":"fail"}`)
	if err, ok := errors.AsType[*mail.Unavailable](send("a@example.org")); !ok || err.Status != 500 {
		t.Errorf("fail: %v", err)
	}
	control(t, drop.url, `{"action":"accept_then_hang","address":"B@example.org"}`)
	if err := send("a@example.org"); err != nil {
		t.Errorf("another address hangs: %v", err)
	}
	if err, ok := errors.AsType[*mail.OutcomeUnknown](send("b@example.org")); !ok {
		t.Errorf("accept, then hang: %v", err)
	}
	control(t, drop.url, `{"action":"hang"}`)
	if err, ok := errors.AsType[*mail.OutcomeUnknown](send("a@example.org")); !ok {
		t.Errorf("hang: %v", err)
	}
	control(t, drop.url, `{"action":"delay","milliseconds":600000}`)
	if err, ok := errors.AsType[*mail.OutcomeUnknown](send("a@example.org")); !ok {
		t.Errorf("delay beyond the timeout: %v", err)
	}
	control(t, drop.url, `{"action":"delay","milliseconds":1}`)
	if err := send("a@example.org"); err != nil {
		t.Errorf("short delay: %v", err)
	}
	drop.stop() // whoever hangs is let go, and everything is in the file
	var got []string
	for _, arrival := range arrivals(t, dir) {
		got = append(got, fmt.Sprintf("%s %d %d", arrival.Outcome, arrival.Status, len(arrival.Mails)))
	}
	want := "refused 429 0, refused 429 0, refused 500 0, accepted 202 1, accepted_unanswered 0 1, hung 0 0, hung 0 0, accepted 202 1"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

func TestClosingLetsHangingCallersGo(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	control(t, drop.url, `{"action":"accept_then_hang"}`)
	control(t, drop.url, `{"action":"hang"}`)
	control(t, drop.url, `{"action":"delay","milliseconds":600000,"address":"late@example.org"}`)
	s := sender(t, drop.url, testKey, time.Minute)
	outcomes := make(chan error)
	for _, to := range []string{"a@example.org", "b@example.org", "late@example.org"} {
		go func() {
			_, err := s.Send(t.Context(), message(to))
			outcomes <- err
		}()
	}
	eventually(t, "all three hang", func() bool { return len(drop.rules.show()) == 0 && len(arrivals(t, dir)) == 2 })
	if err := drop.Close(); err != nil {
		t.Error(err)
	}
	for range 3 {
		if err, ok := errors.AsType[*mail.OutcomeUnknown](<-outcomes); !ok {
			t.Errorf("caller got %v", err)
		}
	}
	if all := arrivals(t, dir); len(all) != 3 || all[2].Outcome != Hung {
		t.Errorf("%+v", all)
	}
	if unavailable, ok := errors.AsType[*mail.Unavailable](sendOne(t, s)); !ok || unavailable.Status != 503 {
		t.Errorf("after closing: %v", unavailable)
	}
}

func sendOne(t *testing.T, s *mail.Sender) error {
	_, err := s.Send(t.Context(), message("a@example.org"))
	return err
}

func TestControlShowsAndForgets(t *testing.T) {
	drop := start(t, t.TempDir(), "")
	control(t, drop.url, `{"action":"rate_limit","count":3}`)
	control(t, drop.url, `{"action":"bounce","address":"a@example.org"}`)
	_, _, body := get(t, drop.url+"/control")
	if body != `{"events_waiting":0,"rules":[{"action":"rate_limit","count":3},{"action":"bounce","address":"a@example.org"}]}`+"\n" {
		t.Errorf("shown: %s", body)
	}
	if _, _, page := get(t, drop.url+"/"); !strings.Contains(page, "rate_limit, 3 left") || !strings.Contains(page, "bounce for a@example.org") {
		t.Errorf("page does not warn: %s", page)
	}
	control(t, drop.url, `{"action":"reset"}`)
	if _, _, body := get(t, drop.url+"/control"); body != `{"events_waiting":0,"rules":[]}`+"\n" {
		t.Errorf("after reset: %s", body)
	}
}

func TestControlTakesOrdersFromThisMachineOnly(t *testing.T) {
	drop := start(t, t.TempDir(), "")
	rows := map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"good":            {func(*http.Request) {}, 200},
		"from afar":       {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234" }, 403},
		"rebound name":    {func(r *http.Request) { r.Host = "evil.example" }, 421},
		"form of a page":  {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
		"unknown action":  {saying(`{"action":"explode"}`), 422},
		"negative":        {saying(`{"action":"fail","count":-1}`), 422},
		"delay of none":   {saying(`{"action":"delay"}`), 422},
		"hold for one":    {saying(`{"action":"hold_events","count":1}`), 422},
		"unknown field":   {saying(`{"action":"fail","why":1}`), 400},
		"two rules":       {saying(`{"action":"fail"}{"action":"fail"}`), 400},
		"no JSON":         {saying(`fail`), 400},
		"from elsewhere6": {func(r *http.Request) { r.RemoteAddr = "[2001:db8::1]:1" }, 403},
		"own six":         {func(r *http.Request) { r.RemoteAddr = "[::1]:1" }, 200},
	}
	for name, row := range rows {
		request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8025/control", strings.NewReader(`{"action":"fail"}`))
		request.RemoteAddr = "127.0.0.1:4321"
		request.Header.Set("Content-Type", "application/json")
		row.change(request)
		recorder := httptest.NewRecorder()
		drop.Handler().ServeHTTP(recorder, request)
		if recorder.Code != row.want {
			t.Errorf("%s: %d %s", name, recorder.Code, recorder.Body)
		}
	}
}

func saying(text string) func(*http.Request) {
	return func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(text)) }
}

func TestConcurrentArrivalsAreNumberedWithoutGaps(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	s := sender(t, drop.url, testKey, 0)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if _, err := s.Send(t.Context(), message(fmt.Sprintf("officer%d@example.org", i))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, arrival := range arrivals(t, dir) {
		if arrival.Seq != int64(i+1) {
			t.Fatalf("line %d has number %d", i, arrival.Seq)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	good := Config{Dir: t.TempDir(), PublicURL: "http://127.0.0.1:8025", APIKey: "k", Clock: time.Now}
	for name, spoil := range map[string]func(*Config){
		"no folder":      func(c *Config) { c.Dir = "" },
		"missing folder": func(c *Config) { c.Dir = filepath.Join(c.Dir, "missing") },
		"no key":         func(c *Config) { c.APIKey = "" },
		"no clock":       func(c *Config) { c.Clock = nil },
		"no URL":         func(c *Config) { c.PublicURL = "" },
		"bad webhook":    func(c *Config) { c.WebhookURL = "nowhere" },
	} {
		bad := good
		spoil(&bad)
		if drop, err := New(bad); err == nil {
			t.Errorf("%s: accepted", name)
			_ = drop.Close()
		}
	}
	drop, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(good); err == nil {
		t.Error("two drops in one folder")
	}
	if err := errors.Join(drop.Close(), drop.Close()); err != nil {
		t.Error(err)
	}
	again, err := New(good)
	if err != nil {
		t.Fatalf("after close: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// eventually waits for a condition that some other goroutine brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never came true: %s", what)
		}
	}
}
