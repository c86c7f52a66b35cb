package endtoend

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
)

const sessionCookie = "traveldoc-session"

// browser is a person at a browser: it keeps cookies and follows redirects.
type browser struct {
	t       *testing.T
	client  *http.Client
	site    string // the pages' origin
	visited []*url.URL
}

func newBrowser(t *testing.T, w *whole.Whole) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, site: w.House.URL(system.APIPort)}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		b.visited = append(b.visited, next.URL)
		return nil
	}}
	t.Cleanup(b.client.CloseIdleConnections)
	return b
}

// shown is the page at which a browser has arrived.
type shown struct {
	status int
	at     *url.URL
	text   string
	header http.Header
}

func (b *browser) send(request *http.Request) shown {
	b.t.Helper()
	b.visited = []*url.URL{request.URL}
	answer, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return shown{answer.StatusCode, answer.Request.URL, string(text), answer.Header}
}

func (b *browser) open(address string) shown {
	b.t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(request)
}

var formToken = regexp.MustCompile(`name="form_token" value="([^"]+)"`)

// submit sends a form with the token that the page held.
func (b *browser) submit(page shown, path, origin string) shown {
	b.t.Helper()
	return b.submitForm(page, path, origin, "", "")
}

// submitForm also fills one entry in.
func (b *browser) submitForm(page shown, path, origin, entry, value string) shown {
	b.t.Helper()
	found := formToken.FindStringSubmatch(page.text)
	if found == nil {
		b.t.Fatalf("the page at %s has no form", page.at.Path)
	}
	body := url.Values{"form_token": {found[1]}}
	if entry != "" {
		body.Set(entry, value)
	}
	request, err := http.NewRequest(http.MethodPost, b.site+path, strings.NewReader(body.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", origin)
	return b.send(request)
}

// session is the cookie that stands for who is signed in; nil for nobody.
func (b *browser) session() *http.Cookie {
	b.t.Helper()
	address, err := url.Parse(b.site)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(address) {
		if cookie.Name == sessionCookie {
			return cookie
		}
	}
	return nil
}

var choice = regexp.MustCompile(`<a href="(/authorize/([a-z0-9]+)\?[^"]+)"`)

// signIn signs officer1 in.
func (b *browser) signIn() shown {
	b.t.Helper()
	return b.signInAs("officer1")
}

// signInAs takes the sign-in page to the provider's, and picks a user there.
func (b *browser) signInAs(user string) shown {
	b.t.Helper()
	provider := b.open(b.site + "/sign-in/start")
	for parameter, want := range map[string]string{"response_type": "code", "code_challenge_method": "S256"} {
		if got := provider.at.Query().Get(parameter); got != want {
			b.t.Errorf("the provider is asked with %s=%q, want %q", parameter, got, want)
		}
	}
	for _, parameter := range []string{"code_challenge", "state", "nonce"} {
		if provider.at.Query().Get(parameter) == "" {
			b.t.Errorf("the provider is asked without %s", parameter)
		}
	}
	for _, link := range choice.FindAllStringSubmatch(provider.text, -1) {
		if link[2] == user {
			return b.open(provider.at.Scheme + "://" + provider.at.Host + html.UnescapeString(link[1]))
		}
	}
	b.t.Fatalf("the provider does not offer %s: %s", user, provider.text)
	return shown{}
}

// TestSignInThroughTheStandalone goes the way of a person who opens a page and
// is nobody yet: to the provider, back with a code, to the page that was asked
// for, through a restart of the API, and out.
func TestSignInThroughTheStandalone(t *testing.T) {
	w := whole.Start(t)
	r := &request{t: t, w: w}
	r.open("officer1", "Anastasia", "GHA", "gha-washington")
	wanted := "/requests/" + r.Code
	b := newBrowser(t, w)

	if page := b.open(b.site + wanted); page.at.Path != "/sign-in" || strings.Contains(page.text, r.Code) {
		t.Fatalf("who is nobody is led to %s and told %s", page.at.Path, page.text)
	}
	page := b.signIn()
	if page.status != http.StatusOK || page.at.Path != wanted || page.at.RawQuery != "" {
		t.Fatalf("the sign-in ends with %d at %s", page.status, page.at)
	}
	if !strings.Contains(page.text, r.Code) || !strings.Contains(page.text, "Olive Example") {
		t.Error("the page does not show the request, or not to whom")
	}
	returned := b.visited[1]
	if returned.Path != "/sign-in/return" || returned.Query().Get("code") == "" {
		t.Fatalf("the provider led back to %s", returned)
	}
	session := b.session()
	if session == nil || strings.Contains(page.at.String()+page.text, session.Value) {
		t.Fatal("there is no session, or the page tells its id")
	}

	t.Run("a code is good once and for who asked", func(t *testing.T) { checkReturn(t, w, b, returned) })
	t.Run("the session outlives the API", func(t *testing.T) {
		w.Restart("api")
		if again := b.open(b.site + wanted); again.status != http.StatusOK || again.at.Path != wanted {
			t.Errorf("after a restart the page is answered %d at %s", again.status, again.at.Path)
		}
	})
	t.Run("a stranger's page signs nobody out", func(t *testing.T) {
		if refused := b.submit(page, "/sign-out", "http://stranger.example"); refused.status != http.StatusForbidden {
			t.Errorf("a form of another origin is answered %d", refused.status)
		}
	})
	checkSignOut(t, b, page, wanted, session)
	t.Run("auditors see in the Temporal UI what is sealed", func(t *testing.T) { checkCodec(t, w, r) })
}

// checkReturn: who did not begin the sign-in gets nothing for its code, nor
// does who comes a second time.
func checkReturn(t *testing.T, w *whole.Whole, b *browser, returned *url.URL) {
	t.Helper()
	thief := newBrowser(t, w)
	thief.t = t
	if page := thief.open(returned.String()); page.status != http.StatusForbidden || thief.session() != nil {
		t.Errorf("another browser with the address is answered %d", page.status)
	}
	before := b.session().Value
	if page := b.open(returned.String()); page.status != http.StatusForbidden || b.session().Value != before {
		t.Errorf("the address opened again is answered %d", page.status)
	}
}

// checkSignOut: afterwards neither the browser nor who kept its cookie is anybody.
func checkSignOut(t *testing.T, b *browser, page shown, wanted string, session *http.Cookie) {
	t.Helper()
	out := b.submit(page, "/sign-out", b.site)
	if out.status != http.StatusOK || out.at.Path != "/sign-in" || b.session() != nil {
		t.Errorf("signing out is answered %d at %s", out.status, out.at.Path)
	}
	kept, err := http.NewRequest(http.MethodGet, b.site+wanted, bytes.NewReader(nil))
	if err != nil {
		t.Fatal(err)
	}
	kept.AddCookie(&http.Cookie{Name: sessionCookie, Value: session.Value})
	if after := b.send(kept); after.at.Path != "/sign-in" {
		t.Errorf("a kept cookie still opens %s", after.at.Path)
	}
}
