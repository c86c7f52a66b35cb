package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// traces counts everything that a page could have changed.
func (w *world) traces() [4]int {
	w.t.Helper()
	var n [4]int
	must(w.t, w.pool.QueryRow(w.t.Context(), `SELECT (SELECT count(*) FROM commands), (SELECT count(*) FROM events),
		(SELECT count(*) FROM holds), (SELECT count(*) FROM escalations WHERE status = 'acknowledged')`).Scan(&n[0], &n[1], &n[2], &n[3]))
	return n
}

// asked is a request of which level 2 was asked by mail, and the mail's link.
func (w *world) asked() (r request, id, link string) {
	w.t.Helper()
	r = w.sent()
	w.wait(r, 33)
	return r, w.escalation(r, 2), w.mailed("desk/td-bos")
}

func TestLinkLeadsThroughSignInToTheForm(t *testing.T) {
	w := newWorld(t)
	_, id, link := w.asked()
	b := w.visitor()
	w.door.user = "liaison1"
	first := b.get(link)
	first.wants(t, 200, "Sign in with PIV/CAC")
	if strings.Contains(first.url.String(), strings.TrimPrefix(link, "/a/")) {
		t.Errorf("the sign-in page's address tells the token: %s", first.url)
	}
	form := b.get("/sign-in/start")
	form.wants(t, 200, "needs an answer by", "Acknowledge and set date", "33 calendar days", "Level", "Last contact")
	if form.url.Path != "/escalations/"+id {
		t.Errorf("led to %s", form.url)
	}
	w.as("liaison1").get("/a/"+strings.Repeat("x", 22)).wants(t, 404, "This link leads nowhere, or no longer")
	w.as("liaison1").get("/a/short").wants(t, 404, "This link leads nowhere, or no longer")
}

// Mail systems follow links and even post to them: neither changes anything.
func TestRobotsChangeNothing(t *testing.T) {
	w := newWorld(t)
	r, id, link := w.asked()
	inside := w.as("liaison1")
	page := inside.get("/escalations/" + id)
	good := page.form()
	good.Set("next", "2026-04-06")
	good.Set("action", "call_post")
	other := w.as("officer1").get("/").form().Get("form_token")
	before := w.traces()
	robot := w.visitor()
	for _, path := range []string{link, "/escalations/" + id, "/requests/" + r.Code + "/citizenship-claim", "/requests/" + r.Code + "/holds/new", "/reviews/" + r.Code} {
		robot.get(path)
		robot.do(http.MethodHead, path, nil)
		robot.send(path, good)
		robot.do(http.MethodPost, path, strings.NewReader(good.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	}
	forged := func(name string, change func(url.Values), origin string) {
		t.Helper()
		form := url.Values{}
		for field, values := range good {
			form[field] = values
		}
		change(form)
		header := []string{"Content-Type", "application/x-www-form-urlencoded"}
		if origin != "" {
			header = append(header, "Origin", origin)
		}
		if got := inside.do(http.MethodPost, "/escalations/"+id, strings.NewReader(form.Encode()), header...); got.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	same := func(url.Values) {}
	forged("no origin", same, "")
	forged("opaque origin", same, "null")
	forged("another site", same, "https://evil.example")
	forged("another port", same, w.server.URL+"0")
	forged("no token", func(f url.Values) { f.Del("form_token") }, w.server.URL)
	forged("another session's token", func(f url.Values) { f.Set("form_token", other) }, w.server.URL)
	if got := inside.do(http.MethodGet, "/escalations/"+id+"?"+good.Encode(), nil); got.status != 200 {
		t.Errorf("GET with a form's fields: %d", got.status)
	}
	if after := w.traces(); after != before {
		t.Errorf("changed from %v to %v", before, after)
	}
	if !strings.Contains(w.log.text(), "form refused") {
		t.Error("refused forms are not logged")
	}
	if got := inside.send("/escalations/"+id, good); got.status != 200 || w.traces() == before {
		t.Errorf("the good form changes nothing: %d", got.status)
	}
}

func TestAcknowledging(t *testing.T) {
	w := newWorld(t)
	_, id, _ := w.asked()
	b := w.as("liaison1")
	address := "/escalations/" + id
	form := b.get(address).form()
	form.Set("action", "call_post")
	before := w.traces()
	b.send(address, form).wants(t, 422, "<title>Error: Acknowledge", `<a href="#next">Choose when you will act next.</a>`, `role="alert"`)
	form.Set("next", "other")
	form.Set("note", "an invented note")
	b.send(address, form).wants(t, 422, `<a href="#month">Enter a date, such as`, "an invented note")
	for field, value := range map[string]string{"month": "12", "day": "31", "year": "2026"} {
		form.Set(field, value)
	}
	refused := b.send(address, form)
	refused.wants(t, 422, "not further away than this level allows", `value="31"`, "an invented note")
	b.send(address, func() url.Values { form.Set("day", "30"); return form }()).wants(t, 422, "This form was sent before with other entries. Send it again.")
	form.Set("key", refused.form().Get("key"))
	form.Set("day", "32")
	b.send(address, form).wants(t, 422, "Enter a date, such as")
	form.Set("next", "2026-04-06")
	form.Set("action", "fly")
	b.send(address, form).wants(t, 422, "Choose what you will do.")
	if after := w.traces(); after[1] != before[1] || after[3] != before[3] {
		t.Errorf("changed from %v to %v", before, after)
	}
	form.Set("action", "call_post")
	b.send(address, form).wants(t, 200, "acknowledged on", "Next date Mon 6 Apr 2026")
	once := w.traces()
	b.send(address, form).wants(t, 200, "acknowledged on")
	if again := w.traces(); again != once {
		t.Errorf("sent twice it acted twice: %v, then %v", once, again)
	}
	if got := b.get(address); strings.Contains(got.text, "Acknowledge and set date") {
		t.Error("what is answered is asked again")
	}
	w.as("auditor1").get(address).wants(t, 200, "acknowledged on")
}

// Who may only read is not shown a form, and the API would not take it either.
// What went over an officer's head is shown to officers as to any reader.
func TestOfficersAreOfferedTheirOwnLevelsAlone(t *testing.T) {
	w := newWorld(t)
	r, id, _ := w.asked()
	officer := w.as("officer1")
	got := officer.get("/escalations/" + id)
	got.wants(t, 200, "Your roles let you read this")
	if strings.Contains(got.text, "Acknowledge and set date") {
		t.Error("an officer is offered level 2")
	}
	officer.get("/escalations/"+w.escalation(r, 1)).wants(t, 200, "Acknowledge and set date")
	w.as("supervisor1").get("/escalations/"+id).wants(t, 200, "Acknowledge and set date")
}

func TestReadersOfAnEscalationCannotAnswerIt(t *testing.T) {
	w := newWorld(t)
	_, id, _ := w.asked()
	b := w.as("auditor1")
	got := b.get("/escalations/" + id)
	got.wants(t, 200, "Your roles let you read this")
	if strings.Contains(got.text, "Acknowledge and set date") {
		t.Error("a reader is shown the form")
	}
	form := b.get("/").form()
	form.Set("key", "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a11")
	form.Set("next", "2026-04-06")
	form.Set("action", "call_post")
	b.send("/escalations/"+id, form).wants(t, 403, "You may not do this")
}

func TestEngineAwayKeepsWhatWasSent(t *testing.T) {
	w := newWorld(t)
	_, id, _ := w.asked()
	b := w.as("liaison1")
	form := b.get("/escalations/" + id).form()
	form.Set("next", "2026-04-06")
	form.Set("action", "call_post")
	w.engine.set(func(e *engine) { e.away = true })
	got := b.send("/escalations/"+id, form)
	if got.status != 200 || got.url.Query().Get("done") != "stored" {
		t.Errorf("%d at %s", got.status, got.url)
	}
	got.wants(t, 200, "Saved.")
}
