package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/internal/identity"
)

// blank takes out what differs between any two pages.
func blank(p page) string {
	text := regexp.MustCompile(`value="[^"]*"`).ReplaceAllString(p.text, "")
	text = regexp.MustCompile(`data-(warn|leave)="\d+"`).ReplaceAllString(text, "")
	return fmt.Sprint(p.status, text)
}

// somewhere else: the officers of Boston's cases are not those of another office.
func TestAbsentAndForbiddenReadAlike(t *testing.T) {
	w := newWorld(t)
	r, id, _ := w.asked()
	hold := w.held(r, "stay")
	stranger := w.as("officer-atl")
	none := "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a11"
	for there, absent := range map[string]string{
		"/requests/" + r.Code:                                 "/requests/TD-222222",
		"/reviews/" + r.Code:                                  "/reviews/TD-222222",
		"/requests/" + r.Code + "/holds/new":                  "/requests/TD-222222/holds/new",
		"/requests/" + r.Code + "/citizenship-claim":          "/requests/TD-222222/citizenship-claim",
		"/requests/" + r.Code + "/merges/new":                 "/requests/TD-222222/merges/new",
		"/requests/" + r.Code + "/country-consent":            "/requests/TD-222222/country-consent",
		"/requests/" + r.Code + "/nationalities/new":          "/requests/TD-222222/nationalities/new",
		"/requests/" + r.Code + "/consular-notifications/new": "/requests/TD-222222/consular-notifications/new",
		"/dispatches/" + w.dispatch(r) + "/hand-over":         "/dispatches/" + none + "/hand-over",
		"/dispatches/" + w.dispatch(r) + "/bundle":            "/dispatches/" + none + "/bundle",
		"/holds/" + hold + "/amend":                           "/holds/" + none + "/amend",
		"/holds/" + hold + "/finding":                         "/holds/" + none + "/finding",
		"/escalations/" + id:                                  "/escalations/" + none,
		"/holds/" + hold + "/lift":                            "/holds/" + none + "/lift",
	} {
		forbidden, missing := stranger.get(there), stranger.get(absent)
		forbidden.wants(t, 404, "There is nothing here, or nothing that you may see")
		if blank(forbidden) != blank(missing) {
			t.Errorf("%s and %s differ:\n%s\n%s", there, absent, forbidden.text, missing.text)
		}
	}
	stranger.get("/nothing/there").wants(t, 404, "There is nothing here")
	search := stranger.get("/").form()
	search.Set("code", r.Code)
	forbidden := stranger.send("/search", search)
	search.Set("code", "TD-222222")
	if missing := stranger.send("/search", search); blank(missing) != blank(forbidden) || missing.status != 422 {
		t.Errorf("search: %d and %d", forbidden.status, missing.status)
	}
	search.Set("code", "Exampleton, Kofi")
	stranger.send("/search", search).wants(t, 422, "Enter a code such as")
	owner := w.as("officer1")
	search = owner.get("/").form()
	search.Set("code", strings.ToLower(r.Code))
	owner.send("/search", search).wants(t, 200, "Request "+r.Code)
}

// held places a hold as counsel and gives its id.
func (w *world) held(r request, kind string) string {
	w.t.Helper()
	return w.heldBy("counsel1", r, kind)
}

func (w *world) heldBy(user string, r request, kind string) string {
	w.t.Helper()
	body := string(w.call(user, "POST", "/v1/holds", fields{
		"scope": "person", "person_id": r.Person, "kind": kind, "source": someHash, "dated": "2026-01-12", "review_by": "2026-12-01",
	}))
	_, rest, _ := strings.Cut(body, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// Day 90 of the removal period is on the page of who may read custody, and a stay
// is the reason why there is none.
func TestTheDaysOfTheRemovalPeriod(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	happened := func(kind, date string) {
		w.call("counsel1", "POST", "/v1/persons/"+r.Person+"/legal-events", fields{
			"kind": kind, "date": date, "office": "BOS", "source_type": "order", "source": someHash,
		})
	}
	happened("order_final", "2026-01-15")
	happened("detained", "2026-01-20")
	page := func() string { return w.as("officer1").get("/requests/" + r.Code).text }
	if got := page(); !strings.Contains(got, "Day 90 of the removal period is 15 Apr") || !strings.Contains(got, "day 180 is 14 Jul") {
		t.Errorf("day 90 is not on the page: %s", got)
	}
	happened("stay_granted", "2026-02-20")
	if got := page(); strings.Contains(got, "Day 90 of the removal period") || !strings.Contains(got, "Suspended by a court stay") {
		t.Error("a stayed removal period has a day 90, or no reason why not")
	}
}

func TestRequestReads(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	w.wait(r, 33)
	got := w.as("officer1").get("/requests/" + r.Code)
	got.wants(t, 200, "Submitted to the post, 33 calendar days (since 2 Mar 2026)", "The post", "Ghana: Embassy of Ghana, Washington",
		"How this date is worked out", "Level 2 of 6", "Because: part of the expected time has passed", "Released", "Sent", "Handed to review",
		"ERO Boston Field Office", "Place a hold", "Report a US-citizenship claim")
	if got.title() != "Request – "+r.Code+" – traveldoc" {
		t.Errorf("title %q", got.title())
	}
	first, last := strings.Index(got.text, "Level 2 was asked"), strings.Index(got.text, "Request opened")
	if first < 0 || last < first {
		t.Error("the timeline is not newest first")
	}
	if strings.Contains(got.text, "12:00 am") {
		t.Error("the page invents a midnight")
	}
	got.wants(t, 200, "<strong>Kofi Exampleton, born 17 May 1990</strong>")
	stranger := w.as("liaison1").get("/requests/" + r.Code)
	stranger.wants(t, 200, r.Code, "Person: shown only to those who need to know")
	if strings.Contains(stranger.text, "Exampleton") {
		t.Error("who does not need to know is told who it is")
	}
	reader := w.as("auditor1").get("/requests/" + r.Code)
	reader.wants(t, 200, r.Code)
	if strings.Contains(reader.text, "Place a hold") {
		t.Error("an auditor is offered a hold")
	}
}

// Without need to know every hold reads alike, in the page as in the API.
func TestHoldsReadAlike(t *testing.T) {
	w := newWorld(t)
	one, other := w.sent(), w.opened()
	w.held(one, "stay")
	w.held(other, "withholding")
	officer := w.as("officer1")
	for _, r := range []request{one, other} {
		got := officer.get("/requests/" + r.Code)
		got.wants(t, 200, "On hold since Mon 2 Mar 2026", "Nothing may leave. Legal dates still run")
		for _, secret := range []string{"Court stay", "Withholding", "Lifted by", "Lift this hold", "withholding"} {
			if strings.Contains(got.text, secret) {
				t.Errorf("%s tells %q", r.Code, secret)
			}
		}
	}
	officer.get("/holds").wants(t, 200, "shown only to those who need to know")
	counsel := w.as("counsel1")
	counsel.get("/requests/"+other.Code).wants(t, 200, "Withholding of removal", "Lift this hold")
	counsel.get("/holds").wants(t, 200, "Court stay of removal", "Withholding of removal")
}

// Two activations stop everything: the link, and the button of its page.
func TestReportingACitizenshipClaim(t *testing.T) {
	w := newWorld(t)
	r := w.inReview()
	r = w.act("supervisor1", r, "approve", fields{"content": w.content(r)})
	b := w.as("officer1")
	address := "/requests/" + r.Code + "/citizenship-claim"
	page := b.get(address)
	page.wants(t, 200, "This stops all work about this person and tells counsel at once. Only counsel can clear it.")
	b.send(address, page.form()).wants(t, 200, "All work has stopped and counsel has been told. Only counsel can clear it.", "On hold since")
	var kind, scope string
	must(t, w.pool.QueryRow(t.Context(), "SELECT kind, scope FROM holds").Scan(&kind, &scope))
	if kind != "citizenship_claim" || scope != "person" {
		t.Errorf("%s, %s", kind, scope)
	}
}

// The page leads to the stored bytes, and a second person decides upon each
// part that is not on the list.
func TestDisclosing(t *testing.T) {
	w := newWorld(t)
	r := w.inReviewOf("We enclose what you asked for.")
	address := "/reviews/" + r.Code
	w.early(address)
	author := w.as("officer1").get(address)
	author.wants(t, 200, "What the package holds", "You prepared this package. A second person decides which of these parts may be disclosed.")
	b := w.as("supervisor1")
	page := b.get(address)
	page.wants(t, 200, "Free text", "Waits for a second person", "On the list", "Read exactly what would leave (PDF, 4 pages)")
	link := regexp.MustCompile(`/packages/[0-9a-f-]{36}/content`).FindString(page.text)
	var stored struct{ Packages []struct{ ID string } }
	must(t, json.Unmarshal(w.call("supervisor1", "GET", "/v1/requests/"+r.ID+"/packages", nil), &stored))
	exact := w.call("supervisor1", "GET", "/v1/packages/"+stored.Packages[0].ID+"/content", nil)
	if got := b.get(link); got.text != string(exact) {
		t.Error("the page gives other bytes than would leave")
	}
	w.as("liaison1").get(link).wants(t, 403, "You may not do this")
	form := url.Values{
		"form_token": {page.form().Get("form_token")}, "key": {uuid.NewString()}, "package": {stored.Packages[0].ID},
	}
	b.send(address+"/disclosures", form).wants(t, 422, "Decide upon “Free text”.")
	form.Set("disclosure-4", "disclose")
	b.send(address+"/disclosures", form).wants(t, 200, "Let Embassy", "They leave with the package once it is released and sent, and cannot be called back.")
	form.Set("disclosure-4", "withhold")
	b.send(address+"/disclosures", form).wants(t, 422, "Give a reason for withholding “Free text”.")
	form.Set("disclosure-4-reason", "must_not_leave")
	sure := b.send(address+"/disclosures", form)
	sure.wants(t, 200, "Withhold this package from", "This package cannot leave any more", "Withhold: Must not leave", "Go back and change something")
	if b.get(address).wants(t, 200, "Waits for a second person"); sure.form().Get("confirmed") != "yes" {
		t.Error("nothing is confirmed")
	}
	form = sure.form()
	b.send(address+"/disclosures", form).wants(t, 200, "Your decisions on the parts that waited for a second person are on record.", "Withheld: Must not leave")
	form.Set("key", uuid.NewString())
	b.send(address+"/disclosures", form).wants(t, 400, "This form cannot be read")
}

// early approves all of a package while a part of it waits for its disclosure review.
func (w *world) early(address string) {
	w.t.Helper()
	b := w.as("supervisor1")
	form := b.get(address).form()
	for _, item := range regexp.MustCompile(`name="decision-([a-z0-9_-]+)" id="accept`).FindAllStringSubmatch(b.get(address).text, -1) {
		form.Set("decision-"+item[1], "accept")
	}
	for _, confirmed := range []string{"", "yes"} {
		form.Set("confirmed", confirmed)
		got := b.send(address, form)
		got.wants(w.t, 422, "An item waits for its disclosure review", `href="#package"`)
		if strings.Contains(got.text, "has changed since") {
			w.t.Error("a false reason is given")
		}
	}
}

func TestReviewing(t *testing.T) {
	w := newWorld(t)
	r := w.inReview()
	address := "/reviews/" + r.Code
	author := w.as("officer1").get(address)
	author.wants(t, 200, "You prepared this package. A second person decides")
	if strings.Contains(author.text, `type="radio"`) {
		t.Error("the author may decide")
	}
	b := w.as("supervisor1")
	b.get("/").wants(t, 200, "Waiting for review", address)
	page := b.get(address)
	page.wants(t, 200, "May exactly this leave?", "Form I-217", "Missing, with a reason")
	items := regexp.MustCompile(`name="decision-([a-z0-9_-]+)" id="accept`).FindAllStringSubmatch(page.text, -1)
	if len(items) < 2 {
		t.Fatalf("items %v", items)
	}
	form := page.form()
	b.send(address, form).wants(t, 422, "Decide upon")
	for _, item := range items {
		form.Set("decision-"+item[1], "accept")
	}
	form.Set("decision-"+items[0][1], "return")
	b.send(address, form).wants(t, 422, "Give a reason for returning")
	form.Set("reason-"+items[0][1], "illegible")
	back := b.send(address, form)
	back.wants(t, 200, "Return "+r.Code+" to its officer?", "Return: Cannot be read")
	b.send(address, back.form()).wants(t, 200, "Returned to the officer with your reasons.")

	other := w.inReview()
	address = "/reviews/" + other.Code
	form = b.get(address).form()
	for _, item := range items {
		form.Set("decision-"+item[1], "accept")
	}
	sure := b.send(address, form)
	sure.wants(t, 200, "You cannot call them back. Holds are checked again at sending.")
	w.held(other, "stay")
	stale := b.send(address, sure.form())
	stale.wants(t, 412, "<title>Error: Review", "A hold was placed or lifted since you opened this.", "Your decisions are kept below")
	if strings.Count(stale.text, " checked") != len(items) {
		t.Error("the decisions were not kept")
	}
	again := stale.form()
	for _, item := range items {
		again.Set("decision-"+item[1], "accept")
	}
	late := b.send(address, again).form()
	w.act("supervisor1", other, "reassign", fields{"officer": "officer2"})
	b.send(address, late).wants(t, 412, "Sofia Example changed this at 10:00 am EST: Given to another officer.")
	again.Set("version", w.stands("supervisor1", other))
	b.send(address, b.send(address, again).form()).wants(t, 200, "Released. It may be sent now")
}

func TestSigningInAndOut(t *testing.T) {
	w := newWorld(t)
	w.door.err = fmt.Errorf("%w: down", identity.ErrUnavailable)
	w.visitor().get("/sign-in/start").wants(t, 503, "The sign-in service does not answer", "<title>Error: Sign in")
	w.door.err = errors.New("other")
	if got := w.visitor().do("GET", "/help", nil); got.url.Path != "/sign-in" {
		t.Errorf("led to %s", got.url)
	}
	w.door.err = nil
	w.door.user = "nobody"
	w.visitor().get("/sign-in/start").wants(t, 403, "You have no role here")
	w.visitor().get("/sign-in/return?state=x&code=officer1").wants(t, 403, "The sign-in did not succeed")
	w.visitor().get("/sign-in?why=%3Cscript%3E").wants(t, 200, "Sign in with PIV/CAC")

	b := w.as("officer1")
	token := b.get("/").form()
	b.send("/sign-out", token).wants(t, 200, "You are signed out.")
	b.get("/help").wants(t, 200, "Sign in with PIV/CAC")
	b.send("/search", url.Values{"form_token": token["form_token"], "code": {"TD-222222"}}).wants(t, 403, "You were signed out")

	idle := w.as("officer1")
	w.clock.set(w.clock.Now().Add(identity.DefaultIdle))
	idle.get("/help").wants(t, 200, "Sign in with PIV/CAC")
}

// A session that somebody else put into the browser is not the one that signs in.
func TestSignInTakesNoSessionThatWasThere(t *testing.T) {
	w := newWorld(t)
	attacker := w.as("officer1")
	site, err := url.Parse(w.server.URL)
	must(t, err)
	planted := attacker.client.Jar.Cookies(site)
	victim := w.visitor()
	victim.client.Jar.SetCookies(site, planted)
	w.door.user = "counsel1"
	victim.get("/sign-in/start").wants(t, 200, "counsel")
	for _, cookie := range victim.client.Jar.Cookies(site) {
		for _, before := range planted {
			if cookie.Name == "traveldoc-session" && cookie.Value == before.Value {
				t.Error("the planted session was taken over")
			}
		}
	}
	attacker.get("/help").wants(t, 200, "Sign in with PIV/CAC")
}

func TestHeadersOfEveryPage(t *testing.T) {
	w := newWorld(t)
	b := w.as("officer1")
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow",
	}
	for _, path := range []string{"/", "/help", "/nothing", "/sign-in"} {
		got := b.get(path)
		for name, value := range want {
			if got.header.Get(name) != value {
				t.Errorf("%s: %s is %q", path, name, got.header.Get(name))
			}
		}
	}
	home := b.get("/").text
	css := regexp.MustCompile(`/assets/[0-9a-f]{16}/site\.css`).FindString(home)
	got := b.get(css)
	if got.status != 200 || got.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || !strings.HasPrefix(got.header.Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d %v", css, got.status, got.header)
	}
	for _, path := range []string{"/assets/0000000000000000/site.css", "/assets/", strings.TrimSuffix(css, "site.css"), strings.TrimSuffix(css, "site.css") + "../site.go"} {
		if got := b.get(path); got.status != 404 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestNothingPersonalIsLogged(t *testing.T) {
	w := newWorld(t)
	r, id, link := w.asked()
	b := w.as("officer1")
	for _, path := range []string{"/", "/requests/" + r.Code, "/escalations/" + id, link} {
		b.get(path)
	}
	search := b.get("/").form()
	search.Set("code", "Exampleton")
	b.send("/search", search)
	for _, personal := range []string{"Exampleton", "Kofi", "1990-05-17", "ORDER-77", strings.TrimPrefix(link, "/a/"), r.Code} {
		if strings.Contains(w.log.text(), personal) {
			t.Errorf("the log tells %s", personal)
		}
	}
	if !strings.Contains(w.log.text(), `route="GET /requests/{code}" status=200`) || !strings.Contains(w.log.text(), "subject=officer1") {
		t.Errorf("pages are not logged:\n%s", w.log.text())
	}
}

func TestDatabaseAway(t *testing.T) {
	w := newWorld(t)
	b := w.as("officer1")
	w.pool.Close()
	got := b.get("/help")
	got.wants(t, 503, "Something this page needs is away")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
