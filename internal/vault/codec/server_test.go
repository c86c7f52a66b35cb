package codec_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.temporal.io/sdk/converter"

	"github.com/traveldoc/traveldoc/internal/vault/codec"
)

const ui = "http://127.0.0.1:8233"

// record notes who read or was refused.
type record struct {
	lines []string
	full  error
}

func (r *record) enter(_ context.Context, subject string, refusal error) error {
	r.lines = append(r.lines, fmt.Sprintf("%q %v", subject, refusal))
	return r.full
}

func serve(t *testing.T, record *record) *httptest.Server {
	t.Helper()
	admit := func(_ context.Context, bearer string) (string, error) {
		switch bearer {
		case "auditor":
			return bearer, nil
		case "officer":
			return bearer, codec.ErrRefused
		case "outage":
			return "", errors.New("away")
		}
		return "", codec.ErrUnknown
	}
	server := httptest.NewServer(codec.Server{Keys: &turned{newest: "1"}, Admit: admit, Enter: record.enter, Origin: ui}.Handler())
	t.Cleanup(server.Close)
	return server
}

// remote asks the server as the Temporal UI does.
func remote(server *httptest.Server, bearer, origin string) converter.PayloadCodec {
	return converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: server.URL,
		ModifyRequest: func(r *http.Request) error {
			if bearer != "" {
				r.Header.Set("Authorization", "Bearer "+bearer)
			}
			if origin != "" {
				r.Header.Set("Origin", origin)
			}
			return nil
		},
	})
}

func TestWhoMayOpenHistories(t *testing.T) {
	server := serve(t, &record{})
	sealed, err := clientOf(&turned{newest: "1"}).DataConverter.ToPayloads("content")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bearer, origin string
		opens          bool
	}{
		{"auditor", ui, true}, {"auditor", "", true},
		{"", ui, false}, {"officer", ui, false}, {"nobody", ui, false}, {"outage", ui, false},
		{"auditor", "https://elsewhere.example", false},
	} {
		opened, err := remote(server, c.bearer, c.origin).Decode(sealed.Payloads)
		if (err == nil) != c.opens || (c.opens && string(opened[0].GetData()) != `"content"`) {
			t.Errorf("%s from %s: %v, %v", c.bearer, c.origin, opened, err)
		}
	}
	if _, err := remote(server, "auditor", ui).Encode(sealed.Payloads); err == nil {
		t.Error("the server seals")
	}
}

// Each call is on record once, before its answer: reads, people without the
// role, and tokens of which nothing is believed. An outage is neither.
func TestReadsAndRefusalsAreEntered(t *testing.T) {
	sealed, err := clientOf(&turned{newest: "1"}).DataConverter.ToPayloads("content")
	if err != nil {
		t.Fatal(err)
	}
	unknown, refused := fmt.Sprintf("%q %v", "", codec.ErrUnknown), fmt.Sprintf("%q %v", "officer", codec.ErrRefused)
	for _, c := range []struct{ bearer, origin, line string }{
		{"auditor", ui, `"auditor" <nil>`}, {"officer", ui, refused}, {"nobody", ui, unknown}, {"", ui, unknown}, {"outage", ui, ""},
		{"auditor", "https://elsewhere.example", fmt.Sprintf("%q %v", "", codec.ErrRefused)},
	} {
		r := &record{}
		_, _ = remote(serve(t, r), c.bearer, c.origin).Decode(sealed.Payloads)
		if got := strings.Join(r.lines, "\n"); got != c.line {
			t.Errorf("%s from %s entered %q, want %q", c.bearer, c.origin, got, c.line)
		}
	}
	if _, err := remote(serve(t, &record{full: errors.New("invented failure")}), "auditor", ui).Decode(sealed.Payloads); err == nil {
		t.Error("what is not on record is read")
	}
}

func TestOnlyTheUIsPagesAreAnswered(t *testing.T) {
	server := serve(t, &record{})
	for origin, status := range map[string]int{ui: http.StatusNoContent, "https://elsewhere.example": http.StatusForbidden, "null": http.StatusForbidden} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, server.URL+"/decode", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Origin", origin)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		allowed := answer.Header.Get("Access-Control-Allow-Origin")
		if answer.StatusCode != status || (status == http.StatusNoContent) != (allowed == ui) {
			t.Errorf("%s: %d, allows %q", origin, answer.StatusCode, allowed)
		}
	}
}

// A browser that is signed in on the pages brings a cookie instead of a token;
// it counts only on calls of the UI's own pages.
func TestWhoIsSignedInMayOpenHistories(t *testing.T) {
	visit := func(r *http.Request) (string, error) {
		if cookie, err := r.Cookie("session"); err == nil && cookie.Value == "auditor" {
			return cookie.Value, nil
		}
		return "", codec.ErrUnknown
	}
	admit := func(context.Context, string) (string, error) { return "", codec.ErrUnknown }
	for name, c := range map[string]struct {
		server         codec.Server
		origin, cookie string
		opens          bool
	}{
		"signed in":      {codec.Server{Visit: visit}, ui, "auditor", true},
		"not signed in":  {codec.Server{Visit: visit}, ui, "nobody", false},
		"no page's call": {codec.Server{Visit: visit}, "", "auditor", false},
		"no visitors":    {codec.Server{}, ui, "auditor", false},
	} {
		c.server.Keys, c.server.Admit, c.server.Origin = &turned{newest: "1"}, admit, ui
		c.server.Enter = (&record{}).enter
		server := httptest.NewServer(c.server.Handler())
		sealed, err := clientOf(&turned{newest: "1"}).DataConverter.ToPayloads("content")
		if err != nil {
			t.Fatal(err)
		}
		_, err = converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: server.URL, ModifyRequest: func(r *http.Request) error {
			r.AddCookie(&http.Cookie{Name: "session", Value: c.cookie})
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			return nil
		}}).Decode(sealed.Payloads)
		if (err == nil) != c.opens {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
}
