package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/directory"
)

type escalation struct {
	ID             string   `json:"id"`
	LocalID        string   `json:"local_id"`
	Level          int      `json:"level"`
	Status         string   `json:"status"`
	AcknowledgedBy string   `json:"acknowledged_by"`
	Told           []string `json:"told"`
}

func (w *world) escalations(r request) []escalation {
	w.t.Helper()
	return read[struct{ Escalations []escalation }](w.t, w.get("officer1", "/v1/requests/"+r.ID+"/escalations")).Escalations
}

// submitted brings a request to the post.
func (w *world) submitted() request {
	w.t.Helper()
	r := w.reviewed()
	w.do("officer1", &r, "send", fields{"content": w.content(r), "channel": "courier"})
	return r
}

type step struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Level int       `json:"level"`
	Told  []struct {
		ID string `json:"id"`
	} `json:"told"`
}

type preview struct {
	Steps []step `json:"steps"`
	Cut   bool   `json:"cut"`
}

// What the preview promises is what happens when nobody acts.
func TestTheLadderPreviewComesTrue(t *testing.T) {
	w := newWorld(t)
	r := w.submitted()
	promised := read[preview](t, w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/ladder-preview", nil))
	levels := map[int]bool{}
	for _, step := range promised.Steps {
		if step.Kind == "level" {
			levels[step.Level] = true
		}
		if len(step.Told) == 0 {
			t.Errorf("nobody is told: %+v", step)
		}
		w.clock.advance(step.At.Sub(w.clock.Now()))
		w.pass(r.ID)
	}
	if promised.Cut || len(promised.Steps) < 5 || !levels[0] || !levels[1] || !levels[2] || !levels[3] {
		t.Fatalf("%+v", promised)
	}
	var happened []string
	for _, e := range w.escalations(r) {
		happened = append(happened, fmt.Sprint(e.Level))
		if len(e.Told) == 0 {
			t.Errorf("level %d: nobody was told", e.Level)
		}
	}
	for level := range levels {
		if !strings.Contains(strings.Join(happened, " "), fmt.Sprint(level)) {
			t.Errorf("level %d was promised and %v happened", level, happened)
		}
	}
	later := read[preview](t, w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/ladder-preview", fields{"until": "2026-03-09"}))
	if len(later.Steps) != 0 {
		t.Errorf("the past is not asked: %+v", later)
	}
}

// A level of which nobody can be told is shown as such, and the next takes over at once.
func TestTheLadderPreviewShowsWhoIsMissing(t *testing.T) {
	w := newWorld(t, func(c *api.Config) {
		seed, err := directory.ParseSeed(directory.ExampleSeed())
		must(t, err)
		data := seed.Data()
		data.Desks = slices.DeleteFunc(data.Desks, func(d directory.Desk) bool { return d.Kind == directory.TDCoordinator })
		without, err := directory.NewSnapshot(data)
		must(t, err)
		c.Directory = people{without}
	})
	r := w.submitted()
	steps := read[preview](t, w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/ladder-preview", nil)).Steps
	i := slices.IndexFunc(steps, func(s step) bool { return s.Kind == "level" && s.Level == 2 })
	if i < 0 || i+1 == len(steps) {
		t.Fatalf("%+v", steps)
	}
	if next := steps[i+1]; len(steps[i].Told) != 0 || next.Level != 3 || !next.At.Equal(steps[i].At) || len(next.Told) == 0 {
		t.Errorf("%+v, then %+v", steps[i], next)
	}
}

func TestLadderQuestionsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	r := w.open()
	for _, until := range []string{"2026-03-02", "2020-01-01", "2036-01-01"} {
		got := w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/ladder-preview", fields{"until": until})
		if got.faults()["until"] == "" {
			t.Errorf("%s: %d %s", until, got.status, got.body)
		}
	}
	short := read[preview](t, w.ask("officer1", "POST", "/v1/requests/"+r.ID+"/ladder-preview", fields{"until": "2026-03-03"}))
	if len(short.Steps) != 0 {
		t.Errorf("%+v", short)
	}
	if n := w.count("commands"); n != 1 {
		t.Errorf("a preview was stored: %d commands", n)
	}
}

// An escalation is taken on by its own id, once, with a next date, and without If-Match.
func TestAcknowledgingAnEscalation(t *testing.T) {
	w := newWorld(t)
	r := w.submitted()
	w.clock.advance(60 * 24 * time.Hour)
	w.pass(r.ID)
	all := w.escalations(r)
	if len(all) == 0 {
		t.Fatal("nobody was asked")
	}
	last := all[len(all)-1]
	path := "/v1/escalations/" + last.ID + "/acknowledgement"
	body := fields{"next_date": "2026-05-04", "action": "call_post"}
	if got := w.change("officer1", path, body); last.Level > 1 && got.problem() != "not_permitted" {
		t.Errorf("over the officer's head: %d %s", got.status, got.body)
	}
	for _, date := range []string{"2026-05-01", "2020-01-01", "2027-01-01"} {
		if got := w.change("supervisor1", path, body.with("next_date", date)); got.faults()["next_date"] == "" {
			t.Errorf("%s: %d %s", date, got.status, got.body)
		}
	}
	key := newKey()
	got := w.ask("supervisor1", "POST", path, body, "Idempotency-Key", key)
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if again := w.ask("supervisor1", "POST", path, body, "Idempotency-Key", key); string(again.body) != string(got.body) {
		t.Errorf("again: %d %s", again.status, again.body)
	}
	for _, e := range w.escalations(r) {
		if e.ID == last.ID && (e.Status != "acknowledged" || e.AcknowledgedBy != "supervisor1") {
			t.Errorf("%+v", e)
		}
	}
	if got := w.change("officer1", "/v1/escalations/"+newKey()+"/acknowledgement", body); got.status != 404 {
		t.Errorf("none: %d %s", got.status, got.body)
	}
	if got := w.get("manager1", "/v1/requests?overdue=true"); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	deadlines := w.get("officer1", "/v1/deadlines?limit=1")
	if next := read[struct{ Next string }](t, deadlines).Next; next != "" {
		if got := w.get("officer1", "/v1/deadlines?limit=1&cursor="+next); got.status != 200 || string(got.body) == string(deadlines.body) {
			t.Errorf("second page: %d %s", got.status, got.body)
		}
	}
}

// Every filter of the deadlines leaves in what it names and nothing else.
func TestDeadlinesAreFiltered(t *testing.T) {
	w := newWorld(t)
	r := w.submitted()
	for kind, date := range map[string]string{"order_final": "2026-01-15", "detained": "2026-01-10"} {
		w.change("officer1", "/v1/persons/"+r.PersonID+"/legal-events", fields{"kind": kind, "date": date, "office": "BOS", "source_type": "order", "source": someHash})
	}
	w.clock.advance(30 * 24 * time.Hour)
	type deadline struct {
		Kind        string    `json:"kind"`
		Legal       bool      `json:"legal"`
		Request     string    `json:"request"`
		DueAt       time.Time `json:"due_at"`
		LateSeconds int64     `json:"late_seconds"`
	}
	list := func(query string) []deadline {
		got := w.get("officer1", "/v1/deadlines?limit=200&"+query)
		return read[struct{ Deadlines []deadline }](t, got).Deadlines
	}
	now, all := w.clock.Now(), list("")
	for query, fits := range map[string]func(deadline) bool{
		"overdue=true": func(d deadline) bool { return d.DueAt.Before(now) }, "overdue=false": func(d deadline) bool { return !d.DueAt.Before(now) },
		"legal=true": func(d deadline) bool { return d.Legal }, "legal=false": func(d deadline) bool { return !d.Legal },
		"kind=milestone": func(d deadline) bool { return d.Kind == "milestone" }, "request=" + r.ID: func(d deadline) bool { return d.Request == r.ID },
		"due_before=2026-04-20T00:00:00Z": func(d deadline) bool { return d.DueAt.Before(time.Date(2026, time.April, 20, 0, 0, 0, 0, time.UTC)) },
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(d deadline) bool { return !fits(d) })
		if got := list(query); len(want) == 0 || len(want) == len(all) || !slices.Equal(got, want) {
			t.Errorf("%s lists %+v, want %+v of %d", query, got, want, len(all))
		}
	}
	for _, query := range []string{"country=GHA", "field_office=BOS", "person=" + r.PersonID} {
		if got := list(query); !slices.Equal(got, all) {
			t.Errorf("%s lists %d of %d", query, len(got), len(all))
		}
	}
	for _, query := range []string{"country=VNM", "field_office=LOS", "person=" + newKey(), "request=" + newKey(), "kind=nothing"} {
		if got := list(query); len(got) != 0 {
			t.Errorf("%s lists %+v", query, got)
		}
	}
	for _, late := range list("overdue=true") {
		if late.LateSeconds != int64(now.Sub(late.DueAt)/time.Second) {
			t.Errorf("%+v is late by other seconds", late)
		}
	}
}

// Both clocks from dated events alone, worked out by hand: an order of 2
// January is R0; 60 days on is 3 March, 90 is 2 April, 180 is 1 July.
func TestTheClocksPreview(t *testing.T) {
	w := newWorld(t)
	question := fields{
		"as_of": "2026-03-20T12:00:00Z",
		"request": fields{
			"country": "GHA", "post": "gha-washington", "field_office": "BOS", "opened_at": "2026-03-02T15:00:00Z",
			"events": []fields{{"type": "sent", "occurred_at": "2026-03-03T15:00:00Z"}, {"type": "receipt_recorded", "occurred_at": "2026-03-05T15:00:00Z"}},
		},
		"custody": fields{"office": "BOS", "events": []fields{{"kind": "order_final", "date": "2026-01-02"}, {"kind": "detained", "date": "2026-01-05"}}},
	}
	got := w.ask("counsel1", "POST", "/v1/clocks/preview", question)
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	answer := read[struct {
		Request struct {
			Stage     string
			Deadlines []struct {
				Kind  string
				Level int
				At    time.Time
				Legal bool
			}
		}
		Custody struct {
			R0         string
			Milestones []struct {
				Day  int
				Date string
			}
		}
	}](t, got)
	days := map[int]string{}
	for _, milestone := range answer.Custody.Milestones {
		days[milestone.Day] = milestone.Date
	}
	if answer.Custody.R0 != "2026-01-02" || days[60] != "2026-03-03" || days[90] != "2026-04-02" || days[180] != "2026-07-01" {
		t.Errorf("custody: %+v", answer.Custody)
	}
	legal := ""
	for _, deadline := range answer.Request.Deadlines {
		if deadline.Level == 3 && deadline.Legal {
			legal = deadline.At.Format(time.RFC3339)
		}
	}
	// Midnight of 2 April in Boston is 04:00 UTC.
	if answer.Request.Stage != "received" || legal != "2026-04-02T04:00:00Z" {
		t.Errorf("request: %+v", answer.Request)
	}
	stayed := question.with("custody", fields{"office": "BOS", "events": []fields{
		{"kind": "order_final", "date": "2026-01-02"}, {"kind": "detained", "date": "2026-01-05"},
		{"kind": "stay_granted", "date": "2026-02-01"}, {"kind": "stay_ended", "date": "2026-03-03"},
	}})
	if got := w.ask("counsel1", "POST", "/v1/clocks/preview", stayed); !strings.Contains(string(got.body), `"r0":"2026-03-03"`) {
		t.Errorf("what if the stay ends on the 3rd: %d %s", got.status, got.body)
	}
	if n := w.count("commands"); n != 0 {
		t.Errorf("%d commands", n)
	}
}

func TestClocksQuestionsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ask := fields{"country": "GHA", "post": "gha-washington", "field_office": "BOS", "opened_at": "2026-02-02T15:00:00Z"}
	custody := fields{"office": "BOS", "events": []fields{{"kind": "order_final", "date": "2026-01-02"}}}
	event := func(kind string, at string, data any) fields {
		return fields{"request": ask.with("events", []any{fields{"type": kind, "occurred_at": at, "data": data}.with("data", data)})}
	}
	for field, body := range map[string]fields{
		"body":                          {},
		"as_of":                         {"custody": custody, "as_of": "2199-12-31T12:00:00Z"},
		"request.country":               {"request": ask.with("country", "USA")},
		"request.post":                  {"request": ask.with("post", "nowhere")},
		"request.field_office":          {"request": ask.with("field_office", "ZZZ")},
		"request.opened_at":             {"request": ask.with("opened_at", "2026-03-03T15:00:00Z")},
		"request.events.0":              event("birthday", "2026-02-03T15:00:00Z", nil),
		"request.events.0.occurred_at":  event("sent", "2026-02-01T15:00:00Z", nil),
		"custody.office":                {"custody": custody.with("office", "ZZZ")},
		"custody.events.0":              {"custody": custody.with("events", []fields{{"kind": "released", "date": "2026-01-02"}})},
		"custody.events.1":              {"custody": custody.with("events", []fields{{"kind": "order_final", "date": "2026-01-02"}, {"kind": "birthday", "date": "2026-01-02"}})},
		"custody.events.0.date":         {"custody": custody.with("events", []fields{{"kind": "order_final", "date": "2026-02-30"}})},
		"custody.events.0.nobody_knows": {"custody": custody.with("events", []fields{{"kind": "order_final", "date": "2026-02-03", "nobody_knows": 1}})},
	} {
		got := w.ask("counsel1", "POST", "/v1/clocks/preview", body)
		if got.status != 422 || got.faults()[field] == "" {
			t.Errorf("%s: %d %s", field, got.status, got.body)
		}
	}
	for name, body := range map[string]fields{
		"opened in data":  event("opened", "2026-02-03T15:00:00Z", fields{"country": "GHA"}),
		"unknown in data": event("sent", "2026-02-03T15:00:00Z", fields{"nobody_knows": 1}),
		"wrong in data":   event("sent", "2026-02-03T15:00:00Z", fields{"fence": "high"}),
		"far dates":       {"custody": custody.with("events", []fields{{"kind": "order_final", "date": "1900-01-01"}}), "as_of": "2050-01-01T00:00:00Z"},
	} {
		got := w.ask("counsel1", "POST", "/v1/clocks/preview", body)
		if got.status >= 500 || (got.status == 200) != (name == "far dates") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}
