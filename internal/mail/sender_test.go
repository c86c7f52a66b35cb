package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

const testKey = "SG.test-key"

func sender(t *testing.T, baseURL string, timeout time.Duration) *Sender {
	t.Helper()
	made, err := New(Config{
		APIKey: testKey, BaseURL: baseURL, From: "td-desk@traveldoc.example", FromName: "ERO TD desk",
		ReplyTo: "no-reply@traveldoc.example", Timeout: timeout,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func message(t *testing.T) Message {
	t.Helper()
	mail, err := Render(Case{sample(t, Level4), frame(t)})
	if err != nil {
		t.Fatal(err)
	}
	return mail.For(uuid.MustParse("0192f0c4-7a1b-7c3d-8e5f-112233445566"), "officer@traveldoc.example")
}

func service(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func answer(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for key, value := range header {
			w.Header().Set(key, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestRequestIsWhatSendGridWants(t *testing.T) {
	var got map[string]any
	var header http.Header
	var path string
	url := service(t, func(w http.ResponseWriter, r *http.Request) {
		path, header = r.Method+" "+r.URL.Path, r.Header.Clone()
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Message-Id", "14c5d75ce93")
		w.WriteHeader(http.StatusAccepted)
	})
	sent := message(t)
	sent.Repeat = true
	receipt, err := sender(t, url, 0).Send(t.Context(), sent)
	if err != nil || receipt.SGMessageID != "14c5d75ce93" {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if path != "POST /v3/mail/send" || header.Get("Authorization") != "Bearer "+testKey {
		t.Errorf("%s with %v", path, header)
	}
	want := map[string]any{
		"from":             map[string]any{"name": "ERO TD desk", "email": "td-desk@traveldoc.example"},
		"reply_to":         map[string]any{"email": "no-reply@traveldoc.example"},
		"personalizations": []any{map[string]any{"to": []any{map[string]any{"email": "officer@traveldoc.example"}}}},
		"subject":          sent.Subject,
		"content": []any{
			map[string]any{"type": "text/plain", "value": sent.Text},
			map[string]any{"type": "text/html", "value": sent.HTML},
		},
		"headers":     map[string]any{"Auto-Submitted": "auto-generated"},
		"custom_args": map[string]any{"message_id": sent.ID.String(), "repeat": "true"},
		"tracking_settings": map[string]any{
			"click_tracking":        map[string]any{"enable": false, "enable_text": false},
			"open_tracking":         map[string]any{"enable": false},
			"subscription_tracking": map[string]any{"enable": false},
			"ganalytics":            map[string]any{"enable": false},
		},
	}
	if a, b := canonical(t, got), canonical(t, want); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

func canonical(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAnswersBecomeOutcomes(t *testing.T) {
	date := "Tue, 03 Mar 2026 14:00:00 GMT" // 1772546400
	rows := []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   error
	}{
		{"reset header", 429, map[string]string{"Date": date, "X-RateLimit-Reset": "1772546445"}, "", &RateLimited{45 * time.Second}},
		{"retry-after seconds", 429, map[string]string{"Retry-After": "7", "X-RateLimit-Reset": "1772546445", "Date": date}, "", &RateLimited{7 * time.Second}},
		{"retry-after date", 429, map[string]string{"Retry-After": "Tue, 03 Mar 2026 14:02:00 GMT", "Date": date}, "", &RateLimited{2 * time.Minute}},
		{"reset passed", 429, map[string]string{"Date": date, "X-RateLimit-Reset": "1772546000"}, "", &RateLimited{time.Second}},
		{"reset far off", 429, map[string]string{"Date": date, "X-RateLimit-Reset": "9999999999"}, "", &RateLimited{time.Hour}},
		{"no header", 429, nil, "", &RateLimited{30 * time.Second}},
		{"nonsense", 429, map[string]string{"Retry-After": "soon", "X-RateLimit-Reset": "x"}, "", &RateLimited{30 * time.Second}},
		{"server error", 500, nil, "", &Unavailable{500}},
		{"not available", 503, nil, "", &Unavailable{503}},
		{"bad key", 401, nil, `{"errors":[{"message":"The provided authorization grant is invalid","field":null,"help":null}]}`, &Rejected{401, []Reason{ReasonUnauthorized}}},
		{"forbidden", 403, nil, `{"errors":[{"message":"x","field":"from"}]}`, &Rejected{403, []Reason{ReasonForbidden}}},
		{"too large", 413, nil, `<html>413</html>`, &Rejected{413, []Reason{ReasonTooLarge}}},
		{"two fields", 400, nil, `{"errors":[{"field":"personalizations.0.to.0.email"},{"field":"from.email"},{"field":"from.name"}]}`, &Rejected{400, []Reason{ReasonRecipient, ReasonSender}}},
		{"malformed", 400, nil, `{"errors":[{"message":"Bad Request","field":null}]}`, &Rejected{400, []Reason{ReasonMalformed}}},
		{"content", 400, nil, `{"errors":[{"field":"content.0.value"},{"field":"subject"},{"field":"headers"}]}`, &Rejected{400, []Reason{ReasonContent, ReasonOther, ReasonSubject}}},
		{"not JSON", 400, nil, `oops`, &Rejected{400, []Reason{ReasonOther}}},
		{"sandbox or stranger", 200, nil, "", &Rejected{200, []Reason{ReasonUnexpected}}},
		{"redirect", 307, map[string]string{"Location": "http://127.0.0.1:1/"}, "", &Rejected{307, []Reason{ReasonUnexpected}}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			url := service(t, answer(row.status, row.header, row.body))
			_, err := sender(t, url, 0).Send(t.Context(), message(t))
			if fmt.Sprintf("%T %+v", err, err) != fmt.Sprintf("%T %+v", row.want, row.want) {
				t.Errorf("got %T %v, want %T %v", err, err, row.want, row.want)
			}
		})
	}
}

func TestGatewayTimeoutsAreUnknown(t *testing.T) {
	for _, status := range []int{502, 504} {
		url := service(t, answer(status, nil, ""))
		_, err := sender(t, url, 0).Send(t.Context(), message(t))
		if _, ok := errors.AsType[*OutcomeUnknown](err); !ok {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestAnswerThatBreaksOffAfterItsStatusCounts(t *testing.T) {
	cut := func(status int) string {
		return service(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(status)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		})
	}
	if _, err := sender(t, cut(202), 0).Send(t.Context(), message(t)); err != nil {
		t.Errorf("accepted, but %v", err)
	}
	_, err := sender(t, cut(500), 0).Send(t.Context(), message(t))
	if _, ok := errors.AsType[*Unavailable](err); !ok {
		t.Errorf("server error, but %v", err)
	}
}

func TestSilenceAfterWritingIsUnknown(t *testing.T) {
	released := make(chan struct{})
	rows := map[string]http.HandlerFunc{
		"hangs": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			select {
			case <-r.Context().Done():
			case <-released:
			}
		},
		"breaks off": func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		},
	}
	t.Cleanup(func() { close(released) })
	for name, handler := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Long enough for a busy machine to have written by then: before that nothing is unknown.
			_, err := sender(t, service(t, handler), 2*time.Second).Send(t.Context(), message(t))
			if _, ok := errors.AsType[*OutcomeUnknown](err); !ok {
				t.Errorf("%T %v", err, err)
			}
		})
	}
}

func TestNothingWrittenIsNotSent(t *testing.T) {
	refused := func() string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		return "http://" + listener.Addr().String()
	}()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	// A TLS handshake with a server that speaks plain HTTP ends before the request.
	noTLS := strings.Replace(service(t, answer(202, nil, "")), "http://", "https://", 1)
	rows := map[string]struct {
		ctx context.Context
		url string
	}{"refused": {t.Context(), refused}, "canceled": {canceled, refused}, "no TLS": {t.Context(), noTLS}}
	for name, row := range rows {
		_, err := sender(t, row.url, time.Second).Send(row.ctx, message(t))
		if _, ok := errors.AsType[*NotSent](err); !ok {
			t.Errorf("%s: %T %v", name, err, err)
		}
	}
}

// breaksOff fails after it told the trace how far the request got.
type breaksOff func(*httptrace.ClientTrace)

func (b breaksOff) RoundTrip(request *http.Request) (*http.Response, error) {
	b(httptrace.ContextClientTrace(request.Context()))
	return nil, io.ErrUnexpectedEOF
}

func TestHowFarTheRequestGotDecides(t *testing.T) {
	rows := map[string]struct {
		reach   breaksOff
		unknown bool
	}{
		"nowhere":   {func(*httptrace.ClientTrace) {}, false},
		"headers":   {func(trace *httptrace.ClientTrace) { trace.WroteHeaders() }, true},
		"all of it": {func(trace *httptrace.ClientTrace) { trace.WroteRequest(httptrace.WroteRequestInfo{}) }, true},
		"error when flushed": {func(trace *httptrace.ClientTrace) {
			trace.WroteRequest(httptrace.WroteRequestInfo{Err: io.ErrShortWrite})
		}, true},
	}
	for name, row := range rows {
		s, err := New(Config{APIKey: testKey, From: "a@example.org"}, &http.Client{Transport: row.reach})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Send(t.Context(), message(t))
		_, unknown := errors.AsType[*OutcomeUnknown](err)
		_, notSent := errors.AsType[*NotSent](err)
		if unknown != row.unknown || notSent == row.unknown || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %T %v", name, err, err)
		}
	}
}

func TestConcurrentMailsDoNotMix(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]string{}
	url := service(t, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Personalizations []struct{ To []struct{ Email string } }
			CustomArgs       map[string]string `json:"custom_args"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		mu.Lock()
		seen[body.CustomArgs["message_id"]] = body.Personalizations[0].To[0].Email
		mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	s, base := sender(t, url, 0), message(t)
	var all sync.WaitGroup
	want := map[string]string{}
	for i := range 100 {
		one := base
		one.ID, one.To = uuid.New(), fmt.Sprintf("officer%d@traveldoc.example", i)
		want[one.ID.String()] = one.To
		all.Go(func() {
			if _, err := s.Send(t.Context(), one); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for id, to := range want {
		if seen[id] != to {
			t.Errorf("%s went to %q, want %q", id, seen[id], to)
		}
	}
}

func TestMessagesThatCannotBeSentAreRefusedHere(t *testing.T) {
	asked := false
	url := service(t, func(w http.ResponseWriter, r *http.Request) { asked = true })
	rows := map[string]func(*Message){
		"no id":              func(m *Message) { m.ID = uuid.Nil },
		"no recipient":       func(m *Message) { m.To = "" },
		"name and address":   func(m *Message) { m.To = "Ana Example <ana@example.org>" },
		"angle brackets":     func(m *Message) { m.To = "<a@example.org>" },
		"two recipients":     func(m *Message) { m.To = "a@example.org,b@example.org" },
		"header in address":  func(m *Message) { m.To = "a@example.org\r\nBcc: b@example.org" },
		"header in subject":  func(m *Message) { m.Subject = "x\r\nBcc: b@example.org" },
		"bare line feed":     func(m *Message) { m.Subject = "x\ny" },
		"line separator":     func(m *Message) { m.Subject = "x\u2028y" },
		"direction override": func(m *Message) { m.Subject = "x\u202ey" },
		"subject too long":   func(m *Message) { m.Subject = strings.Repeat("x", 201) },
		"no subject":         func(m *Message) { m.Subject = "" },
		"no text":            func(m *Message) { m.Text = " \n" },
		"no HTML":            func(m *Message) { m.HTML = "" },
	}
	for name, spoil := range rows {
		bad := message(t)
		spoil(&bad)
		_, err := sender(t, url, 0).Send(t.Context(), bad)
		if rejected, ok := errors.AsType[*Rejected](err); !ok || rejected.Status != 0 || !slices.Equal(rejected.Reasons, []Reason{ReasonInvalid}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked {
		t.Error("a refused message went out")
	}
}

func TestNoFailureRepeatsTheAddressOrTheKey(t *testing.T) {
	quoting := `{"errors":[{"message":"bad address officer@traveldoc.example","field":"personalizations.0.to"}]}`
	for _, url := range []string{service(t, answer(400, nil, quoting)), service(t, answer(500, nil, quoting)), "http://127.0.0.1:1"} {
		_, err := sender(t, url, time.Second).Send(t.Context(), message(t))
		if _, ok := err.(Failure); !ok {
			t.Fatalf("%T is outside the closed set", err)
		}
		if strings.Contains(err.Error(), "officer@") || strings.Contains(err.Error(), testKey) {
			t.Errorf("error tells too much: %v", err)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	good := Config{APIKey: "k", BaseURL: "https://mail.example", From: "a@example.org"}
	if _, err := New(good, nil); err != nil {
		t.Fatal(err)
	}
	rows := map[string]func(*Config){
		"no key":            func(c *Config) { c.APIKey = "" },
		"line break in key": func(c *Config) { c.APIKey = "k\n" },
		"no sender":         func(c *Config) { c.From = "" },
		"sender with name":  func(c *Config) { c.From = "A <a@example.org>" },
		"bad reply-to":      func(c *Config) { c.ReplyTo = "x" },
		"name with break":   func(c *Config) { c.FromName = "a\r\nb" },
		"path in URL":       func(c *Config) { c.BaseURL = "https://mail.example/v3" },
		"password in URL":   func(c *Config) { c.BaseURL = "https://a:b@mail.example" },
		"no scheme":         func(c *Config) { c.BaseURL = "mail.example" },
		"other scheme":      func(c *Config) { c.BaseURL = "ftp://mail.example" },
		"negative timeout":  func(c *Config) { c.Timeout = -1 },
	}
	for name, spoil := range rows {
		bad := good
		spoil(&bad)
		if _, err := New(bad, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
