package endtoend

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

// request is a request as the API shows it, and how it is acted upon.
type request struct {
	t *testing.T
	w *whole.Whole

	ID     string `json:"id"`
	Code   string `json:"code"`
	Person string `json:"person_id"`
	Post   string `json:"post"`

	contents map[string]string // of packages, by the name that a test gives them

	Seq      int64     `json:"seq"`
	Stage    string    `json:"stage"`
	Owner    string    `json:"owner"`
	Outcome  string    `json:"outcome"`
	OnHold   bool      `json:"on_hold"`
	Level    int       `json:"level"`
	Detained bool      `json:"detained"`
	NextDue  time.Time `json:"next_due_at"`
}

// detail is a request with what was called back of it.
type detail struct {
	Request request           `json:"request"`
	Recalls []json.RawMessage `json:"recalls"`
}

// event is one fact of a request's history.
type event struct {
	Seq        int64     `json:"seq"`
	Type       string    `json:"type"`
	OccurredAt time.Time `json:"occurred_at"`
	RecordedAt time.Time `json:"recorded_at"`
	Actor      struct {
		ID string `json:"id"`
	} `json:"actor"`
	CommandID string          `json:"command_id"`
	Data      json.RawMessage `json:"data"`
}

// fields are a JSON object.
type fields map[string]any

// change is the answer to a command.
type change struct {
	Request request `json:"request"`
	Events  []event `json:"events"`
}

// take takes over what the API showed.
func (r *request) take(shown request) {
	shown.t, shown.w, shown.contents = r.t, r.w, r.contents
	*r = shown
}

// do gives a command, with the version that the user has just read.
func (r *request) do(user, command string, body any) change {
	r.t.Helper()
	var done change
	r.try(user, command, body).Want(http.StatusOK).Into(&done)
	r.look()
	return done
}

// try gives a command that may be refused.
func (r *request) try(user, command string, body any) whole.Answer {
	r.t.Helper()
	version := r.w.As(user).Get("/v1/requests/"+r.ID, &detail{}).Header.Get("ETag")
	return r.w.As(user).Post("/v1/requests/"+r.ID+"/"+command, body, version)
}

// look reads the request anew.
func (r *request) look() {
	r.t.Helper()
	var now detail
	r.w.As("manager1").Get("/v1/requests/"+r.ID, &now)
	r.take(now.Request)
}

// at says where the request has to be now.
func (r *request) at(stage string) {
	r.t.Helper()
	if r.look(); r.Stage != stage {
		r.t.Fatalf("%s stands at %s, want %s", r.Code, r.Stage, stage)
	}
}

// events are the whole history, by seq.
func (r *request) events() []event {
	r.t.Helper()
	var all []event
	for after := int64(0); ; {
		var page struct {
			Events []event `json:"events"`
			Next   int64   `json:"next_after"`
		}
		path := "/v1/requests/" + r.ID + "/events?limit=200&after=" + itoa(after)
		r.w.As("auditor1").Get(path, &page)
		all = append(all, page.Events...)
		if page.Next == 0 {
			return all
		}
		after = page.Next
	}
}
