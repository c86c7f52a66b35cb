package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// dispatch is what left, as the API shows it.
type dispatch struct {
	ID       string
	Status   string
	Open     bool
	HandOver struct{ Tracking string } `json:"hand_over"`
	Delivery struct {
		DocumentID string `json:"document_id"`
	}
	Submission struct{ Number string }
	Recall     struct {
		OpenedAt time.Time `json:"opened_at"`
		ClosedAt time.Time `json:"closed_at"`
		As       string
	}
}

// departed is a request whose package left.
type departed struct {
	request
	dispatch string
}

func (d departed) path(more string) string { return "/v1/dispatches/" + d.dispatch + more }

// sent lets a package leave on a channel that the country uses.
func (w *world) sent(channel string) departed {
	w.t.Helper()
	r := w.reviewed()
	return w.let(r, channel)
}

// let sends the approved package of a request.
func (w *world) let(r request, channel string) departed {
	w.t.Helper()
	w.do("officer1", &r, "send", fields{"content": w.content(r), "channel": channel})
	found := read[struct{ Dispatches []dispatch }](w.t, w.get("officer1", "/v1/requests/"+r.ID+"/dispatches")).Dispatches
	if len(found) != 1 || found[0].Status != "sent" || !found[0].Open {
		w.t.Fatalf("dispatches: %+v", found)
	}
	return departed{r, found[0].ID}
}

// submittable is a request of a country that works in a system of its own, ready to be sent.
func (w *world) submittable() request {
	w.t.Helper()
	got := w.change("officer1", "/v1/requests", newRequest().with("person", w.somebody(), "country", "NIC", "post", "nic-washington"))
	r := read[changed](w.t, got).Request
	content := w.prepare(r)
	w.do("officer1", &r, "request-review", fields{"content": content}.with(w.paperless()...))
	w.do("supervisor1", &r, "approve", fields{"content": content})
	return r
}

func at(clock time.Time) string { return clock.UTC().Format(time.RFC3339) }

// A courier's package is handed over under a number that is nobody else's, and
// its delivery is proved by a document of the person.
func TestACouriersPackageIsFollowedToTheDoor(t *testing.T) {
	w := newWorld(t)
	d, other := w.sent("courier"), w.sent("courier")
	given := fields{"courier": "example_courier", "tracking": "INVENTED-1", "handed_over_at": at(w.clock.Now())}
	proof := fields{"document_id": w.paper(d.request, "other", "officer1"), "delivered_at": at(w.clock.Now())}
	if got := w.change("officer1", d.path("/delivery"), proof); got.problem() != "not_out" {
		t.Errorf("delivered before it was handed over: %d %s", got.status, got.body)
	}
	key := newKey()
	for range 2 {
		if got := w.change("officer1", d.path("/hand-over"), given, "Idempotency-Key", key); got.status != http.StatusOK || read[dispatch](t, got).HandOver.Tracking != "INVENTED-1" {
			t.Fatalf("hand over: %d %s", got.status, got.body)
		}
	}
	for want, got := range map[string]answer{
		"recorded_already": w.change("officer1", d.path("/hand-over"), given.with("tracking", "INVENTED-2")),
		"number_taken":     w.change("officer1", other.path("/hand-over"), given.with("tracking", "Invented-1")),
		"not_out":          w.change("officer1", d.path("/submission"), fields{"system": "etd", "number": "1", "submitted_at": at(w.clock.Now())}),
	} {
		if got.status != http.StatusConflict || got.problem() != want {
			t.Errorf("%s: %d %s", want, got.status, got.body)
		}
	}
	// A document of another request of the person proves nothing here.
	theirs := w.paperFor(d.request, other.ID, "other", "officer1")
	if got := w.change("officer1", d.path("/delivery"), proof.with("document_id", theirs)); got.status != http.StatusUnprocessableEntity || got.faults()["document_id"] == "" {
		t.Errorf("proved by what belongs to another request: %d %s", got.status, got.body)
	}
	for field, got := range map[string]answer{
		"handed_over_at": w.change("officer1", other.path("/hand-over"), given.with("tracking", "X", "handed_over_at", at(w.clock.Now().Add(time.Hour)))),
		"delivered_at":   w.change("officer1", d.path("/delivery"), proof.with("delivered_at", at(w.clock.Now().Add(-time.Hour)))),
		"document_id":    w.change("officer1", d.path("/delivery"), proof.with("document_id", w.paper(other.request, "other", "officer1"))),
	} {
		if got.status != http.StatusUnprocessableEntity || got.faults()[field] == "" {
			t.Errorf("%s: %d %s", field, got.status, got.body)
		}
	}
	if got := w.change("officer1", d.path("/delivery"), proof); read[dispatch](t, got).Delivery.DocumentID != proof["document_id"] {
		t.Errorf("delivery: %d %s", got.status, got.body)
	}
}

// A post that works in its own system gets package and manifest as one file,
// byte for byte what was approved, and gives a number that no other has.
func TestWhatIsEnteredElsewhereIsBundledAndHasItsOwnNumber(t *testing.T) {
	w := newWorld(t)
	d := w.let(w.submittable(), "external")
	number := fields{"system": "etd", "number": "2026/INVENTED-7", "submitted_at": at(w.clock.Now())}
	if got := w.change("officer1", d.path("/submission"), number); read[dispatch](t, got).Submission.Number != number["number"] {
		t.Fatalf("submission: %d %s", got.status, got.body)
	}
	other := w.let(w.submittable(), "external")
	for _, taken := range []string{"2026/INVENTED-7", "2026/invented-7"} {
		if got := w.change("officer1", other.path("/submission"), number.with("number", taken)); got.problem() != "number_taken" {
			t.Errorf("the number of another: %d %s", got.status, got.body)
		}
	}
	first, again := w.get("officer1", d.path("/bundle")), w.get("officer1", d.path("/bundle"))
	if !bytes.Equal(first.body, again.body) || first.header.Get("Cache-Control") != "no-store" {
		t.Error("two bundles of one dispatch differ, or may be kept on the way")
	}
	archive, err := zip.NewReader(bytes.NewReader(first.body), int64(len(first.body)))
	must(t, err)
	var names []string
	for _, file := range archive.File {
		names = append(names, file.Name)
		opened, err := file.Open()
		must(t, err)
		raw, err := io.ReadAll(opened)
		must(t, err)
		address := map[string]string{"manifest.json": "/manifest", "package.pdf": "/content"}[file.Name]
		if want := w.get("officer1", "/v1/packages/"+w.newestPackage(d.request)+address).body; !bytes.Equal(raw, want) {
			t.Errorf("%s is not what was approved", file.Name)
		}
	}
	if !slices.Equal(names, []string{"manifest.json", "package.pdf"}) {
		t.Errorf("bundle: %v", names)
	}
}

// Nothing leaves on a way that the country does not use.
func TestACountrysPackSaysOnWhichWaysThingsLeave(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	got := w.act("officer1", &r, "send", fields{"content": w.content(r), "channel": "external"})
	if got.status != http.StatusUnprocessableEntity || got.faults()["channel"] == "" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// The post is told by mail that a package comes, and of nothing else.
func TestANoticeTellsThePost(t *testing.T) {
	w := newWorld(t)
	d := w.sent("notice")
	var kind, data string
	must(t, w.pool.QueryRow(t.Context(), "SELECT kind, data::text FROM notices WHERE recipient = 'post/gha-washington' AND request_id = $1", d.ID).Scan(&kind, &data))
	if kind != "package" {
		t.Errorf("%s %s", kind, data)
	}
}

// Whatever a post is told, its mailbox is woken by the call that tells it: of a
// package, and of what is asked back by a hold, a court's stay or a closure.
func TestAPostIsToldByTheCallThatTellsIt(t *testing.T) {
	w := newWorld(t)
	woken := func(what string) {
		t.Helper()
		if _, poked := w.engine.poked.LoadAndDelete("post/gha-washington"); !poked {
			t.Errorf("%s: the post's mailbox waits for upkeep", what)
		}
		_, err := w.pool.Exec(t.Context(), "UPDATE mailboxes SET poked_at = NULL") // collected
		must(t, err)
	}
	w.sent("notice")
	woken("package")
	for what, ask := range map[string]func(departed) answer{
		"hold": func(d departed) answer { return w.change("counsel1", "/v1/holds", holdOn(d.request)) },
		"stay": func(d departed) answer {
			legal := fields{"kind": "order_final", "date": "2026-01-15", "office": "BOS", "source_type": "court_order", "source": someHash}
			w.change("counsel1", "/v1/persons/"+d.PersonID+"/legal-events", legal)
			return w.change("counsel1", "/v1/persons/"+d.PersonID+"/legal-events", legal.with("kind", "stay_granted", "date", "2026-02-20"))
		},
		"merge": func(d departed) answer {
			other := w.forVietnam()
			hold := holdOn(other, "scope", "person", "request_id", nil, "person_id", other.PersonID, "kind", "counsel")
			if got := w.change("counsel1", "/v1/holds", hold); got.status != http.StatusCreated {
				return got
			}
			w.clock.advance(time.Minute)
			return w.change("counsel1", "/v1/persons/"+d.PersonID+"/merges", merging(other))
		},
		"closure": func(d departed) answer {
			w.do("officer1", &d.request, "withdraw", fields{"outcome": "other", "reason": "x"})
			return answer{status: http.StatusOK}
		},
	} {
		if got := ask(w.sent("courier")); got.status >= http.StatusBadRequest {
			t.Fatalf("%s: %d %s", what, got.status, got.body)
		}
		woken(what)
	}
}

// With the engine away nothing that a post is told is lost: its mailbox waits for
// upkeep, and the call is answered all the same.
func TestAPostIsToldLaterWhileTheEngineIsAway(t *testing.T) {
	w := newWorld(t)
	d := w.sent("courier")
	w.engine.deaf.Store(true)
	if got := w.change("counsel1", "/v1/holds", holdOn(d.request)); got.status != http.StatusCreated {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if n := w.count("notices WHERE kind = 'recall' AND recipient = 'post/gha-washington'"); n != 1 {
		t.Errorf("%d notices of the recall", n)
	}
	w.clock.advance(time.Minute)
	late, err := w.store.OutstandingPokes(t.Context(), 10*time.Second, 10)
	if err != nil || !slices.Contains(late, "post/gha-washington") {
		t.Errorf("upkeep finds %v, %v", late, err)
	}
}

// A question that waits is told to the post by notice, passes the gate, is a
// dispatch of the post, and stands among the contacts of the request.
func TestAQuestionIsToldToThePost(t *testing.T) {
	w := newWorld(t)
	d := w.sent("courier")
	question := fields{"fact": fields{"direction": "to_post", "medium": "mail", "answered": false, "channel": "notice"}, "note": "Which form do you want?"}
	w.clock.advance(time.Minute)
	if got := w.act("officer1", &d.request, "record-contact", question); got.status != http.StatusOK || strings.Contains(string(got.body), `"fence"`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var data string
	must(t, w.pool.QueryRow(t.Context(), "SELECT data::text FROM notices WHERE kind = 'question' AND recipient = 'post/gha-washington' AND request_id = $1", d.ID).Scan(&data))
	if strings.Contains(data, "form") {
		t.Errorf("the post is told %s", data)
	}
	found := read[struct{ Dispatches []dispatch }](t, w.get("officer1", "/v1/requests/"+d.ID+"/dispatches")).Dispatches
	if len(found) != 2 || found[0].Status != "sent" || !found[0].Open || found[0].ID == d.dispatch {
		t.Errorf("dispatches %+v", found)
	}
	if got := w.get("officer1", "/v1/dispatches/"+found[0].ID+"/bundle"); got.status != http.StatusNotFound {
		t.Errorf("a question has a package: %d", got.status)
	}
	hold := read[placed](t, w.change("counsel1", "/v1/holds", holdOn(d.request)))
	if len(hold.MayHaveLeft) != 2 {
		t.Errorf("the hold names %+v", hold.MayHaveLeft)
	}
	d.request = read[changed](t, w.get("officer1", "/v1/requests/"+d.ID)).Request
	if got := w.act("officer1", &d.request, "record-contact", question); got.problem() != "gate_closed" {
		t.Errorf("asked under a hold: %d %s", got.status, got.body)
	}
}

// A question is stopped between its acceptance and its leaving as a package is.
func TestAQuestionIsStoppedBeforeItLeaves(t *testing.T) {
	w := newWorld(t)
	d := w.sent("courier")
	w.engine.set(func(e *engine) {
		e.then = func() { e.then = nil; w.change("counsel1", "/v1/holds", holdOn(d.request)) }
	})
	question := fields{"fact": fields{"direction": "to_post", "medium": "mail", "answered": false, "channel": "notice"}}
	if got := w.act("officer1", &d.request, "record-contact", question); got.problem() != "gate_closed" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	told := w.signalled(d.ID, workflows.SendStoppedSignal)
	if len(told) != 1 {
		t.Fatalf("the request hears %d times that nothing was asked", len(told))
	}
	var n int
	must(t, w.pool.QueryRow(t.Context(), "SELECT count(*) FROM notices WHERE kind = 'question'").Scan(&n))
	if n != 0 {
		t.Errorf("%d notices of what never left", n)
	}
}

// Rule 17: what a post may be given ends with the request, and with a hold or a
// recall; what was handed over before stays on record, what would be after does not begin.
func TestRule17_AccessEndsWithTheRequestOrItsRecall(t *testing.T) {
	w := newWorld(t)
	for name, end := range map[string]func(departed){
		"hold":    func(d departed) { w.change("counsel1", "/v1/holds", holdOn(d.request)) },
		"closure": func(d departed) { w.do("officer1", &d.request, "withdraw", fields{"outcome": "other", "reason": "x"}) },
	} {
		d := w.sent("courier")
		if got := w.get("officer1", d.path("/bundle")); got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, got.status, got.body)
		}
		before := at(w.clock.Now())
		w.clock.advance(time.Hour)
		end(d)
		w.clock.advance(time.Hour)
		given := fields{"courier": "example_courier", "tracking": "INVENTED-" + name, "handed_over_at": at(w.clock.Now())}
		if got := w.get("officer1", d.path("/bundle")); got.problem() != "gate_closed" {
			t.Errorf("rule 17: %s leaves the bundle open: %d", name, got.status)
		}
		if got := w.change("officer1", d.path("/hand-over"), given); got.problem() != "gate_closed" {
			t.Errorf("rule 17: handed over after %s: %d %s", name, got.status, got.body)
		}
		if got := w.change("officer1", d.path("/hand-over"), given.with("handed_over_at", before)); got.status != http.StatusOK {
			t.Errorf("what was handed over before %s is lost: %d %s", name, got.status, got.body)
		}
		if seen := read[dispatch](t, w.get("officer1", d.path(""))); seen.Open {
			t.Errorf("rule 17: open after %s", name)
		}
	}
}

// What is asked back is confirmed once, with what became of it.
func TestARecallIsConfirmedOnce(t *testing.T) {
	w := newWorld(t)
	d := w.sent("courier")
	confirmed := fields{"as": "returned", "document_id": w.paper(d.request, "other", "officer1")}
	if got := w.change("officer1", d.path("/recall-confirmation"), confirmed); got.problem() != "not_out" {
		t.Errorf("nobody asks it back: %d %s", got.status, got.body)
	}
	w.change("counsel1", "/v1/holds", holdOn(d.request))
	key := newKey()
	for range 2 {
		seen := read[dispatch](t, w.change("officer1", d.path("/recall-confirmation"), confirmed, "Idempotency-Key", key))
		if seen.Recall.As != "returned" || seen.Recall.OpenedAt.IsZero() || seen.Recall.ClosedAt.IsZero() || seen.Open {
			t.Errorf("%+v", seen)
		}
	}
	if got := w.change("officer1", d.path("/recall-confirmation"), confirmed); got.problem() != "recorded_already" {
		t.Errorf("confirmed twice: %d %s", got.status, got.body)
	}
}

// Dispatches of a post come page by page, and only those of requests in sight.
func TestDispatchesOfAPostComeInPages(t *testing.T) {
	w := newWorld(t, visited(map[string]identity.Principal{
		"stranger": {Subject: "stranger", Roles: []identity.Role{identity.Officer}, Offices: []string{"NYC"}},
	}))
	want := map[string]bool{}
	for range 3 {
		want[w.sent("courier").dispatch] = true
		w.clock.advance(time.Minute)
	}
	path := "/v1/posts/gha-washington/dispatches?limit=2"
	first := read[struct {
		Dispatches []dispatch
		Next       string
	}](t, w.get("officer1", path))
	rest := read[struct{ Dispatches []dispatch }](t, w.get("officer1", path+"&cursor="+first.Next))
	for _, d := range append(first.Dispatches, rest.Dispatches...) {
		delete(want, d.ID)
	}
	if len(first.Dispatches) != 2 || len(rest.Dispatches) != 1 || len(want) != 0 {
		t.Errorf("%d and %d, missing %v", len(first.Dispatches), len(rest.Dispatches), want)
	}
	if seen := read[struct{ Dispatches []dispatch }](t, w.get("stranger", path)); seen.Dispatches == nil || len(seen.Dispatches) != 0 {
		t.Errorf("an office far away sees %+v", seen)
	}
}

// A hold that is placed after the engine accepted a sending and before it left
// stops it: the caller is told so, the request hears of it, and what was approved
// leaves once the hold is lifted and it is sent again.
func TestASendingIsStoppedBeforeItLeaves(t *testing.T) {
	w := newWorld(t)
	r := w.reviewed()
	send := fields{"content": w.content(r), "channel": "courier"}
	var stopping string
	w.engine.set(func(e *engine) {
		e.then = func() {
			e.then = nil
			stopping = read[placed](t, w.change("counsel1", "/v1/holds", holdOn(r))).Hold.ID
		}
	})
	if got := w.act("officer1", &r, "send", send); got.problem() != "gate_closed" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	found := read[struct{ Dispatches []dispatch }](t, w.get("officer1", "/v1/requests/"+r.ID+"/dispatches")).Dispatches
	if len(found) != 1 || found[0].Status != "stopped" || found[0].Recall.ClosedAt.IsZero() {
		t.Errorf("dispatches %+v", found)
	}
	var told tdr.SendStopped
	raw := w.signalled(r.ID, workflows.SendStoppedSignal)
	must(t, json.Unmarshal(raw[0], &told))
	if told.Dispatch != found[0].ID {
		t.Errorf("the request hears of %s", raw)
	}
	w.hears(r.ID, &told)
	w.change("counsel1", "/v1/holds/"+stopping+"/lifting", fields{"authority": "counsel", "source": someHash, "reason": "resolved"})
	if r = w.read(r.ID); r.Stage != "ready" {
		t.Fatalf("stage %s", r.Stage)
	}
	w.clock.advance(time.Minute)
	w.do("officer1", &r, "send", send)
	if again := read[struct{ Dispatches []dispatch }](t, w.get("officer1", "/v1/requests/"+r.ID+"/dispatches")).Dispatches; len(again) != 2 || again[0].Status != "sent" {
		t.Errorf("dispatches %+v", again)
	}
}

// What was asked back under a hold and is confirmed to be back goes through
// review and gate again; the lifting says so, and says what it still awaits.
func TestWhatCameBackIsSentAgain(t *testing.T) {
	w := newWorld(t)
	d := w.sent("courier")
	confirm := func() answer { return w.change("officer1", d.path("/recall-confirmation"), fields{"as": "returned"}) }
	lift := func(hold string) (back []goesBack) {
		w.clock.advance(time.Minute)
		goes := func(a answer) []goesBack {
			return read[struct {
				GoesBack []goesBack `json:"goes_back"`
			}](t, a).GoesBack
		}
		foretold := goes(w.get("counsel1", "/v1/holds/"+hold+"/lifting"))
		back = goes(w.change("counsel1", "/v1/holds/"+hold+"/lifting", fields{"authority": "counsel", "source": someHash, "reason": "resolved"}))
		if !reflect.DeepEqual(foretold, back) {
			t.Errorf("foretold %+v, answered %+v", foretold, back)
		}
		if got := w.get("counsel1", "/v1/holds/"+hold+"/lifting"); got.status != http.StatusConflict {
			t.Errorf("foretold of a lifted hold: %d", got.status)
		}
		return back
	}
	hold := func() string {
		return read[placed](t, w.change("counsel1", "/v1/holds", holdOn(d.request))).Hold.ID
	}
	first, second := hold(), hold()
	if back := lift(second); len(back) != 1 || !slices.Equal(back[0].Awaited, []string{d.dispatch}) || len(back[0].CameBack) > 0 || !back[0].StillHeld {
		t.Errorf("while it is out: %+v", back)
	}
	confirm()
	told := w.signalled(d.ID, workflows.RecallConfirmedSignal)
	if len(told) != 1 {
		t.Fatalf("the request hears %d times that it is back", len(told))
	}
	var fact tdr.RecallConfirmed
	must(t, json.Unmarshal(told[0], &fact))
	w.hears(d.ID, &fact)
	r := w.read(d.ID)
	if back := lift(first); r.Stage != "assembling" || len(back) != 1 || !slices.Equal(back[0].CameBack, []string{d.dispatch}) || len(back[0].Awaited) > 0 || back[0].Stage != r.Stage || back[0].From.IsZero() {
		t.Errorf("stage %s, back %+v", r.Stage, back)
	}
	content := w.content(r)
	w.do("officer1", &r, "request-review", fields{"content": content}.with(w.paperless()...))
	if got := w.act("officer1", &r, "send", fields{"content": content, "channel": "courier"}); got.status != http.StatusConflict {
		t.Errorf("sent by an approval that was used: %d %s", got.status, got.body)
	}
	w.do("supervisor1", &r, "approve", fields{"content": content})
	w.clock.advance(time.Minute)
	w.do("officer1", &r, "send", fields{"content": content, "channel": "courier"})
	if again := read[struct{ Dispatches []dispatch }](t, w.get("officer1", "/v1/requests/"+r.ID+"/dispatches")).Dispatches; len(again) != 2 || !again[0].Open || again[1].Open {
		t.Errorf("dispatches %+v", again)
	}
}

// goesBack is a request as the answer to a lifting names it.
type goesBack struct {
	Stage     string
	StillHeld bool `json:"still_held"`
	From      time.Time
	CameBack  []string `json:"came_back"`
	Awaited   []string
}

// A closed request hears nothing of what comes back to it.
func TestAClosedRequestHearsOfNoRecall(t *testing.T) {
	w := newWorld(t)
	d := w.sent("courier")
	w.do("officer1", &d.request, "withdraw", fields{"outcome": "other", "reason": "x"})
	if got := w.change("officer1", d.path("/recall-confirmation"), fields{"as": "never_arrived"}); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if told := w.signalled(d.ID, workflows.RecallConfirmedSignal); len(told) != 0 {
		t.Errorf("a closed request is told %s", told)
	}
}

// signalled are the payloads that wait for a request under a signal's name.
func (w *world) signalled(id, signal string) (payloads [][]byte) {
	w.t.Helper()
	rows, err := w.pool.Query(w.t.Context(), "SELECT payload FROM outbox WHERE workflow_id = 'request/' || $1 AND signal = $2", id, signal)
	must(w.t, err)
	payloads, err = pgx.CollectRows(rows, pgx.RowTo[[]byte])
	must(w.t, err)
	return payloads
}

// hears lets a request hear of a fact, as its workflow does of a signal.
func (w *world) hears(id string, fact tdr.Fact) {
	w.t.Helper()
	var state tdr.State
	var events []tdr.Event
	w.engine.set(func(e *engine) {
		events = tdr.Receive(e.states[id], fact, w.clock.Now())
		state = tdr.ApplyAll(e.states[id], events)
		e.states[id] = state
	})
	_, err := w.store.Record(w.t.Context(), activities.Recording{RequestID: id, Events: events, Row: tdr.Project(state)})
	must(w.t, err)
}
