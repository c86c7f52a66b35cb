package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser is somebody at the pages, without JavaScript.
type browser struct {
	w      *world
	client *http.Client
}

// page is what a browser got.
type page struct {
	status int
	header http.Header
	url    *url.URL
	text   string
}

// visitor is a browser in which nobody has signed in.
func (w *world) visitor() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &browser{w, &http.Client{Jar: jar}}
}

// as is a browser in which somebody has signed in.
func (w *world) as(user string) *browser {
	w.t.Helper()
	b := w.visitor()
	w.door.user = user
	if got := b.get("/sign-in/start"); got.status != http.StatusOK || strings.HasPrefix(got.url.Path, "/sign-in") {
		w.t.Fatalf("sign in as %s: %d at %s\n%s", user, got.status, got.url, w.log.text())
	}
	return b
}

func (b *browser) do(method, path string, body io.Reader, header ...string) page {
	b.w.t.Helper()
	asked, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, body)
	must(b.w.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		asked.Header.Set(header[i], header[i+1])
	}
	answer, err := b.client.Do(asked)
	must(b.w.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(b.w.t, err)
	if answer.StatusCode >= 500 && answer.StatusCode != http.StatusServiceUnavailable {
		b.w.t.Errorf("%s %s: %d\n%s", method, path, answer.StatusCode, b.w.log.text())
	}
	return page{answer.StatusCode, answer.Header, answer.Request.URL, string(text)}
}

func (b *browser) get(path string) page {
	b.w.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

// send sends a form as a browser does, from this site's origin.
func (b *browser) send(path string, form url.Values) page {
	b.w.t.Helper()
	return b.do(http.MethodPost, path, strings.NewReader(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", b.w.server.URL)
}

// sendFile sends a form with a file.
func (b *browser) sendFile(path string, form url.Values, name string, content []byte) page {
	b.w.t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for field := range form {
		must(b.w.t, parts.WriteField(field, form.Get(field)))
	}
	part, err := parts.CreateFormFile(name, "invented.pdf")
	must(b.w.t, err)
	_, err = part.Write(content)
	must(b.w.t, err)
	must(b.w.t, parts.Close())
	return b.do(http.MethodPost, path, &body, "Content-Type", parts.FormDataContentType(), "Origin", b.w.server.URL)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// form is what a page's forms carry without anybody's doing.
func (p page) form() url.Values {
	values := url.Values{}
	for _, each := range hidden.FindAllStringSubmatch(p.text, -1) {
		values.Set(each[1], each[2])
	}
	return values
}

func (p page) title() string {
	_, rest, _ := strings.Cut(p.text, "<title>")
	title, _, _ := strings.Cut(rest, "</title>")
	return title
}

func (p page) wants(t testing.TB, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("%s: %d, want %d\n%s", p.url, p.status, status, p.words())
	}
	for _, text := range texts {
		if !strings.Contains(p.text, text) {
			t.Errorf("%s lacks %q\n%s", p.url, text, p.words())
		}
	}
}

var (
	tags   = regexp.MustCompile(`(?s)<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// words is what a page says, for messages.
func (p page) words() string {
	_, body, _ := strings.Cut(p.text, "<main")
	return spaces.ReplaceAllString(tags.ReplaceAllString(body, " "), " ")
}
