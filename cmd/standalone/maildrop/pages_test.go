package maildrop

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesShowMailsSafely(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	hostile := `<script>alert(1)</script>`
	post(t, drop.url, with(t, map[string]any{"subject": hostile, "content": []any{
		map[string]any{"type": "text/plain", "value": hostile}, map[string]any{"type": "text/html", "value": "<p>Hello</p>" + hostile},
	}, "custom_args": map[string]any{"x": hostile}}), nil)
	id := arrivals(t, dir)[0].Mails[0].ID
	for _, path := range []string{"/", "/mail/" + id} {
		status, header, page := get(t, drop.url+path)
		if status != 200 || strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
			t.Errorf("%s: %d %s", path, status, page)
		}
		if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self';") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	if _, _, page := get(t, drop.url+"/mail/"+id); !strings.Contains(page, "<pre>&lt;script&gt;") {
		t.Errorf("text part is missing: %s", page)
	}
	status, header, page := get(t, drop.url+"/mail/"+id+"/html")
	if status != 200 || !strings.Contains(page, "<p>Hello</p>") || !strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox; default-src 'none';") {
		t.Errorf("HTML part: %d %v %s", status, header, page)
	}
	if status, header, _ := get(t, drop.url+"/style.css"); status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d %v", status, header)
	}
	for _, path := range []string{"/mail/none", "/mail/none/html", "/messages/none", "/mail/..%2f..%2farrivals.jsonl", "/else"} {
		if status, _, _ := get(t, drop.url+path); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestMessagesAsJSON(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	for _, to := range []string{"a@example.org", "b@example.org", "A@example.org"} {
		mustSend(t, drop, to)
	}
	mails := arrivals(t, dir)
	rows := map[string]string{
		"":                            "1 2 3",
		"?to=a@example.org":           "1 3",
		"?to=B@EXAMPLE.ORG":           "2",
		"?to=nobody@example.org":      "",
		"?since=1":                    "2 3",
		"?since=3":                    "",
		"?since=2&to=a@example.org":   "3",
		"?limit=2":                    "1 2",
		"?since=2026-03-03T14:00:00Z": "1 2 3",
		"?since=2026-03-03T14:00:01Z": "",
		"?message_id=" + mails[1].Mails[0].MessageID:      "2",
		"?since=0&limit=1000&to=b@example.org&message_id": "2",
	}
	for query, want := range rows {
		status, _, body := get(t, drop.url+"/messages"+query)
		var answer struct {
			Messages []Mail
			LastSeq  int64 `json:"last_seq"`
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 || answer.LastSeq != 3 || answer.Messages == nil {
			t.Errorf("%s: %d %v %s", query, status, err, body)
		}
		var got []string
		for _, one := range answer.Messages {
			got = append(got, string(rune('0'+one.Seq)))
			if one.Text == "" || one.HTML == "" {
				t.Errorf("%s: bodies are missing", query)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	for _, query := range []string{"?since=x", "?limit=0", "?limit=1001", "?limit=x"} {
		if status, _, _ := get(t, drop.url+"/messages"+query); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
	var one Mail
	_, _, body := get(t, drop.url+"/messages/"+mails[2].Mails[0].ID)
	if err := json.Unmarshal([]byte(body), &one); err != nil || one.Seq != 3 || one.To[0] != "A@example.org" {
		t.Errorf("one: %v %s", err, body)
	}
	if status, _, key := get(t, drop.url+"/public-key"); status != 200 || strings.TrimSpace(key) != drop.PublicKey() {
		t.Errorf("public key: %d %s", status, key)
	}
}

func TestPagesKnowTheirHost(t *testing.T) {
	drop := start(t, t.TempDir(), "")
	for host, want := range map[string]int{
		"127.0.0.1:8025": 200, "localhost": 200, "localhost:9": 200, "[::1]:8025": 200, "127.0.0.1": 200,
		"evil.example": 421, "127.0.0.1.evil.example:8025": 421, "localhost.evil.example": 421, "": 421,
	} {
		for _, path := range []string{"/", "/messages", "/control", "/public-key"} {
			request := httptest.NewRequest(http.MethodGet, path, nil)
			request.Host = host
			recorder := httptest.NewRecorder()
			drop.Handler().ServeHTTP(recorder, request)
			if recorder.Code != want {
				t.Errorf("%s at %q: %d", path, host, recorder.Code)
			}
		}
	}
}

func TestHealthTellsOfABrokenJournal(t *testing.T) {
	drop := start(t, t.TempDir(), "")
	if status, _, body := get(t, drop.url+"/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("%d %s", status, body)
	}
	drop.store.mu.Lock()
	drop.store.arrivals.broken = http.ErrBodyReadAfterClose
	drop.store.mu.Unlock()
	if status, _, _ := get(t, drop.url+"/healthz"); status != 503 {
		t.Errorf("broken: %d", status)
	}
}
