package ours

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
)

func post(p *Postbox, path, body string, status int) string {
	var read string
	drop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		read = string(content)
		w.WriteHeader(status)
	})
	p.watch(drop).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return read
}

const toAna = `{"personalizations":[{"to":[{"email":"Ana@bench.example"}]}]}`

func TestPostboxCountsWhatTheDropTook(t *testing.T) {
	p := NewPostbox()
	if read := post(p, "/v3/mail/send", toAna, http.StatusAccepted); read != toAna {
		t.Errorf("the drop read %q", read)
	}
	post(p, "/v3/mail/send", toAna, http.StatusTooManyRequests)
	post(p, "/control", toAna, http.StatusAccepted)
	if p.Arrived("ana@bench.example") != 1 || p.Total() != 1 {
		t.Errorf("%d mails to Ana of %d, want 1 of 1", p.Arrived("ana@bench.example"), p.Total())
	}
}

func TestPostboxLetsWaitersGoWhenEnoughCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPostbox()
		ended := make(chan error, 2)
		for range 2 {
			go func() { ended <- p.Await(t.Context(), "ana@bench.example", 2) }()
		}
		for mails := range 2 {
			synctest.Wait()
			if len(ended) != 0 {
				t.Fatalf("somebody went after %d mails", mails)
			}
			post(p, "/v3/mail/send", toAna, http.StatusAccepted)
		}
		synctest.Wait()
		if len(ended) != 2 || <-ended != nil || <-ended != nil {
			t.Error("not everybody went after two mails")
		}
		limited, cancel := context.WithCancel(t.Context())
		cancel()
		if p.Await(limited, "ana@bench.example", 3) == nil {
			t.Error("somebody had a mail that never came")
		}
	})
}
