package idp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// codeLife is how long a code waits to be traded; RFC 6749 section 4.1.2 wants ten minutes at most.
const codeLife = time.Minute

// code is what somebody's choice on the page was about. It is traded once.
type code struct {
	user, nonce, challenge, back string
	at                           time.Time
}

// codes keeps what was given out and not traded yet.
type codes struct {
	mu    sync.Mutex
	given map[string]code
}

func (c *codes) give(made code) string {
	name := rand.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	for other, each := range c.given {
		if made.at.Sub(each.at) >= codeLife {
			delete(c.given, other)
		}
	}
	c.given[name] = made
	return name
}

func (c *codes) take(name string, now time.Time) (code, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.given[name]
	delete(c.given, name)
	return found, ok && now.Sub(found.at) < codeLife
}

const choicePage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Who are you?</title></head>
<body>
<main>
<h1>Who are you?</h1>
<p>Everyone on this machine can be anyone here. All names are invented.</p>
<ul>
{{$query := .Query}}{{range .Users}}<li><a href="/authorize/{{.ID}}?{{$query}}">{{.ID}}</a>: {{.Name}}{{range .Roles}}, {{.}}{{end}}</li>
{{end}}</ul>
</main>
</body>
</html>
`

// asked refuses whatever is no code flow with PKCE (S256) of the one client
// that goes back to the one address: a stranger's page gets no code.
func (p *Provider) asked(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	query := r.URL.Query()
	good := p.config.Return != "" && query.Get("redirect_uri") == p.config.Return && query.Get("client_id") == p.config.Audience &&
		query.Get("response_type") == "code" && query.Get("code_challenge_method") == "S256" && query.Get("code_challenge") != ""
	if !good {
		http.Error(w, "this is no sign-in that was asked for here", http.StatusBadRequest)
	}
	return query, good
}

// authorize lets somebody choose who they are. The choices are links: a form
// that is redirected elsewhere would fall under the page's own policy.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	query, ok := p.asked(w, r)
	if !ok {
		return
	}
	page, err := template.New("choice").Parse(choicePage)
	if err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, struct { // fails only when the reader is gone
		Query template.URL // encoded by url.Values
		Users []User
	}{template.URL(query.Encode()), p.config.Users})
}

// grant sends the browser back with a code for the chosen user.
func (p *Provider) grant(w http.ResponseWriter, r *http.Request) {
	query, ok := p.asked(w, r)
	if !ok {
		return
	}
	if !p.has(r.PathValue("user")) {
		http.Error(w, "no such user", http.StatusNotFound)
		return
	}
	back := url.Values{"state": {query.Get("state")}, "code": {p.codes.give(code{
		user: r.PathValue("user"), nonce: query.Get("nonce"), challenge: query.Get("code_challenge"), back: p.config.Return, at: p.config.Clock(),
	})}}
	http.Redirect(w, r, p.config.Return+"?"+back.Encode(), http.StatusSeeOther)
}

func (p *Provider) has(user string) bool {
	for _, each := range p.config.Users {
		if each.ID == user {
			return true
		}
	}
	return false
}

// trade gives tokens for a code to who holds the verifier of its challenge.
func (p *Provider) trade(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	found, ok := p.codes.take(r.PostFormValue("code"), p.config.Clock())
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	proven := subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(proof[:])), []byte(found.challenge)) == 1
	if !ok || !proven || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != found.back {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`)) // the caller may be gone; there is nobody to tell
		return
	}
	token, err := p.signed(found.user, found.nonce)
	if err != nil {
		http.Error(w, "the token cannot be made", http.StatusInternalServerError)
		return
	}
	answerJSON(w, map[string]any{
		"access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": int(p.config.Lifetime / time.Second),
	})
}
