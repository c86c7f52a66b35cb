package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// unreachable has nobody of a level been told.
func (w *world) unreachable(r request, level int) {
	w.t.Helper()
	w.engine.Lock()
	state := w.engine.states[r.ID]
	asked, _ := state.Ladder.Open(level)
	state = tdr.ApplyAll(state, tdr.Receive(state, &tdr.LevelUnreachable{Escalation: asked.ID, Level: level, Cause: "bounced"}, w.clock.Now()))
	w.engine.states[r.ID] = state
	w.engine.Unlock()
	w.wait(r, 0)
}

// choose checks a radio button or an option, or writes into an entry.
func (b *tab) choose(selector string) { b.w.t.Helper(); b.run(chromedp.Click(chromedp.CSS(selector))) }

func (b *tab) write(selector, text string) {
	b.w.t.Helper()
	b.run(chromedp.SetValue(chromedp.CSS(selector), text))
}

// unchecked has forms sent as a browser without their own checks would, so
// that the page's own errors are seen.
func (b *tab) unchecked() {
	b.w.t.Helper()
	evaluate[any](b, `document.querySelectorAll("main form").forEach((f) => f.noValidate = true);0`)
}

const submit = `main form button[type="submit"]`

func TestEveryPageOfSigningIn(t *testing.T) {
	w := newWorld(t)
	b := w.newTab()
	b.open("/sign-in")
	b.examine("sign-in")
	for _, why := range []string{"card_needed", "no_role", "failed", "ended", "signed_out"} {
		b.open("/sign-in?why=" + why)
		b.examine("sign-in-" + why)
	}
	w.door.err = identity.ErrUnavailable
	b.press(`a[href="/sign-in/start"]`)
	b.examine("sign-in-provider-away")
	w.door.err = nil
	b.signIn("officer1")
	b.examine("start-empty")
	b.unchecked()
	b.press(submit)
	b.examine("start-error")
	if focus := evaluate[string](b, "document.activeElement.id"); focus != "td-faults" {
		t.Errorf("the focus is on %q and not on what has to be put right", focus)
	}
	b.open("/help")
	b.examine("help")
	b.open("/requests/TD-222222")
	b.examine("absent")
	b.signIn("supervisor1")
	b.examine("start-no-reviews")
	b.signIn("admin1")
	b.examine("start-without-requests")
	w.pool.Close()
	b.open("/help")
	b.examine("away")
}

func TestEveryPageOfARequest(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	w.call("officer1", "POST", "/v1/persons/"+r.Person+"/custody", fields{
		"kind": "detained", "date": "2026-02-20", "office": "BOS", "source_type": "form", "source": someHash,
	})
	w.act("officer1", r, "record-contact", fields{"fact": fields{"direction": "to_post", "medium": "telephone", "answered": false}})
	w.act("officer1", r, "record-contact", fields{"forecast": fields{"expects": "interview", "by": "2026-03-20", "basis": "post_said"}})
	w.wait(r, 30)
	b := w.newTab()
	b.signIn("officer1")
	b.examine("start")
	b.open("/requests/" + r.Code)
	evaluate[any](b, `document.querySelectorAll("details").forEach((d) => d.open = true);0`)
	b.examine("request")
	w.held(r, "stay")
	b.open("/requests/" + r.Code)
	b.examine("request-on-hold")
	b.signIn("auditor1")
	b.open("/requests/" + r.Code)
	b.examine("request-on-hold-to-auditor")
	b.open("/holds")
	b.examine("holds-to-auditor")
}

func TestEveryPageOfAcknowledging(t *testing.T) {
	w := newWorld(t)
	r, id, link := w.asked()
	b := w.newTab()
	b.signIn("liaison1")
	b.open(link)
	b.examine("acknowledge")
	b.unchecked()
	b.press(submit)
	b.examine("acknowledge-error")
	w.unreachable(r, 2)
	b.open("/escalations/" + id)
	b.examine("acknowledge-bounced")
	b.signIn("auditor1")
	b.open("/escalations/" + id)
	b.examine("acknowledge-read-only")
	b.signIn("liaison1")
	b.open("/escalations/" + id)
	b.choose(`label[for^="next-2026"]`)
	b.press(submit)
	b.examine("acknowledged")
	b.open("/a/" + strings.Repeat("x", 22))
	b.examine("link-leads-nowhere")
	w.act("officer1", r, "withdraw", fields{"outcome": "released", "reason": "released"})
	b.open("/escalations/" + id)
	b.examine("acknowledge-closed")
	b.open("/requests/" + r.Code)
	b.examine("request-closed")
}

func TestEveryPageOfHolds(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	b := w.newTab()
	b.signIn("counsel1")
	b.open("/holds")
	b.examine("holds-empty")
	b.open("/requests/" + r.Code + "/holds/new")
	b.examine("hold-new")
	b.unchecked()
	b.press(submit)
	b.examine("hold-error")
	for entry, value := range map[string]string{"#kind": "stay", "#authority": "court", "#month": "1", "#day": "12", "#year": "2026", "input[name=source]": someHash} {
		b.write(entry, value)
	}
	b.press(submit)
	b.examine("hold-confirm")
	b.press(submit)
	b.examine("hold-placed")
	b.press(`a[href$="/lift"]`)
	b.examine("lift")
	b.unchecked()
	b.press(submit)
	b.examine("lift-error")
	b.write("#reason", "stay_ended")
	b.write("input[name=source]", someHash)
	b.press(submit)
	b.examine("lift-confirm")
	address := got(b, chromedp.Location())
	b.press(submit)
	b.examine("lifted")
	b.run(chromedp.Navigate(address))
	b.examine("lifted-already")
	b.signIn("officer1")
	b.open("/holds")
	b.examine("holds-no-need-to-know")
}

func TestEveryPageOfReviewing(t *testing.T) {
	w := newWorld(t)
	r := w.inReview()
	b := w.newTab()
	b.signIn("officer1")
	b.open("/reviews/" + r.Code)
	b.examine("review-to-its-author")
	b.signIn("supervisor1")
	b.examine("start-with-reviews")
	b.open("/reviews/" + r.Code)
	b.examine("review")
	b.unchecked()
	b.press(submit)
	b.examine("review-error")
	evaluate[any](b, `document.querySelectorAll("input[value=accept]").forEach((i) => i.checked = true);0`)
	b.press(submit)
	b.examine("review-confirm")
	w.held(r, "stay")
	b.press(submit)
	b.examine("review-conflict")
	evaluate[any](b, `document.querySelectorAll("input[value=accept]").forEach((i) => i.checked = true);0`)
	b.press(submit)
	b.press(submit)
	b.examine("review-released")
	b.open("/reviews/" + r.Code)
	b.examine("review-over")
}

// What is not on the list is decided upon by a second person, beside the way
// to the very bytes.
func TestEveryPageOfDisclosing(t *testing.T) {
	w := newWorld(t)
	r := w.inReviewOf("We enclose what you asked for.")
	b := w.newTab()
	b.signIn("officer1")
	b.open("/reviews/" + r.Code)
	b.examine("disclosure-to-its-author")
	b.signIn("supervisor1")
	b.open("/reviews/" + r.Code)
	b.examine("disclosure")
	// As where nothing is missing: no heading stands between the two forms.
	gap := `(() => { const form = document.querySelector('form[action$="/disclosures"]');
		while (form.nextElementSibling.tagName != "FORM") form.nextElementSibling.remove();
		const next = form.nextElementSibling.querySelector("fieldset"), button = form.querySelector(":scope > button");
		return Math.round(next.getBoundingClientRect().top - button.getBoundingClientRect().bottom) })()`
	if between := evaluate[int](b, gap); between < 16 {
		t.Errorf("the button is %d px away from the next decision", between)
	}
	b.unchecked()
	b.press(`form[action$="/disclosures"] button`)
	b.examine("disclosure-error")
	b.choose(`label[for="disclose-4"]`)
	b.press(`form[action$="/disclosures"] button`)
	b.examine("disclosure-confirm")
	b.press(`form[action$="/disclosures"] button`)
	b.examine("disclosed")
}

// From the mail: link, date, button. More than three fail.
func TestJourneyOfTheLiaison(t *testing.T) {
	w := newWorld(t)
	_, id, link := w.asked()
	b := w.newTab()
	b.signIn("liaison1")
	before := w.traces()
	b.open(link) // mail systems fetch it too
	if w.traces() != before {
		t.Error("opening the link changed something")
	}
	activations := 0
	activate := func(do func()) { activations++; do() }
	activate(func() { b.open(link) })
	activate(func() { b.choose(`label[for^="next-2026"]`) })
	activate(func() { b.press(submit) })
	if activations > 3 || !strings.Contains(b.text("main"), "You acknowledged this and set the next date.") {
		t.Errorf("after %d activations: %s", activations, b.text("main"))
	}
	b.open("/escalations/" + id) // as going back does: no page is kept
	if !strings.Contains(b.text("main"), "acknowledged on") || b.text(submit) != "" {
		t.Errorf("back after sending: %s", b.text("main"))
	}
}

// From the request: report, confirm. A send that was queued is then refused.
func TestJourneyOfACitizenshipClaim(t *testing.T) {
	w := newWorld(t)
	r := w.inReview()
	r = w.act("supervisor1", r, "approve", fields{"content": w.content(r)})
	b := w.newTab()
	b.signIn("officer1")
	b.open("/requests/" + r.Code)
	b.press(`a[href$="/citizenship-claim"]`)
	b.examine("claim")
	b.press(submit)
	b.examine("claimed")
	if !strings.Contains(b.text("main"), "All work has stopped") {
		t.Errorf("after two activations: %s", b.text("main"))
	}
	if status := w.refused("officer1", r, "send", fields{"content": w.content(r), "channel": "courier"}); status != 409 {
		t.Errorf("a send after the claim: %d", status)
	}
}

// The budget of a page: 90 KB and 7 requests first, 25 KB and one request again.
func TestPagesAreSmall(t *testing.T) {
	w := newWorld(t)
	r := w.sent()
	w.wait(r, 33)
	b := w.newTab()
	b.signIn("officer1")
	weigh := func(name string, requests int, kilobytes float64, load func()) {
		t.Helper()
		b.mu.Lock()
		b.requests, b.bytes = 0, 0
		b.mu.Unlock()
		load()
		evaluate[any](b, "new Promise((done) => requestIdleCallback(done)).then(() => 0)")
		b.mu.Lock()
		defer b.mu.Unlock()
		t.Logf("%s: %d requests, %.1f KB", name, b.requests, b.bytes/1000)
		if b.requests > requests || b.bytes > kilobytes*1000 {
			t.Errorf("%s: %d requests, %.1f KB; allowed are %d and %.0f", name, b.requests, b.bytes/1000, requests, kilobytes)
		}
	}
	b.run(chromedp.Navigate("about:blank"))
	weigh("again", 1, 25, func() { b.open("/requests/" + r.Code) })
	b.forgetCache()
	weigh("first", 7, 90, func() { b.open("/requests/" + r.Code) })
}
