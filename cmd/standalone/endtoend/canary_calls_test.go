package endtoend

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

// contract is what the API says of itself, as far as bodies need it.
type contract struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID   string `json:"operationId"`
	Body struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Pattern    string            `json:"pattern"`
	Enum       []any             `json:"enum"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

// free tells that people can write anything there.
func (s schema) free() bool {
	return s.Type == "string" && s.Format == "" && s.Pattern == "" && len(s.Enum) == 0
}

func (c contract) resolve(s schema) schema {
	for s.Ref != "" {
		s = c.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	return s
}

// marked fills a body: free text with the mark, everything else with
// something of its kind. It counts the free texts.
func (c contract) marked(of schema, known fields, texts *int) any {
	s := c.resolve(of)
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.free():
		*texts++
		return note("a field")
	case s.Type == "string":
		return ofKind(s, known)
	case s.Type == "integer", s.Type == "number":
		return 1
	case s.Type == "boolean":
		return true
	case s.Type == "array" && s.Items != nil:
		return []any{c.marked(*s.Items, known, texts)}
	}
	body := fields{}
	for name, property := range s.Properties {
		if value, ok := known[name]; ok {
			body[name] = value
			continue
		}
		body[name] = c.marked(property, known, texts)
	}
	return body
}

func ofKind(s schema, known fields) any {
	switch {
	case s.Format == "date", s.Format == "date-time", s.Format == "uuid":
		return known[s.Format]
	case strings.Contains(s.Pattern, "64"):
		return evidence
	case strings.HasPrefix(s.Pattern, "^A"):
		return another
	case strings.Contains(s.Pattern, "[A-Z]{3}"):
		return "GHA"
	default:
		return "other"
	}
}

// driveEverything calls every operation that takes a body in which somebody can
// write freely, as everyone who could, and keeps what was refused.
func (f *flock) driveEverything(r *request) {
	f.t.Helper()
	var c contract
	f.w.As("").Get("/v1/openapi.json", &c)
	texts := 0
	for path, operations := range c.Paths {
		for method, o := range operations {
			body, ok := o.Body.Content["application/json"]
			if method != "post" || !ok || o.ID == "open" || strings.HasPrefix(path, "/v1/posts") || strings.Contains(path, "webhooks") {
				continue
			}
			f.drive(c, path, o.ID, body.Schema, r, &texts)
		}
	}
	if texts < 30 {
		f.t.Errorf("only %d free texts were written: the contract is not understood", texts)
	}
}

// stays are operations that would end a life that is to go on; everyAct and end
// have them done.
var stays = []string{"withdraw", "close", "recordTravel", "correct"}

func (f *flock) drive(c contract, path, operation string, of schema, r *request, texts *int) {
	f.t.Helper()
	if operation == "setDataSheet" || slices.Contains(stays, operation) {
		return // a sheet's fields have names of their own, and live fills them
	}
	id := r.ID
	for prefix, of := range f.ids {
		if strings.HasPrefix(path, prefix) {
			id = of
		}
	}
	if strings.HasPrefix(path, "/v1/persons") {
		id = r.Person
	}
	known := fields{
		"date": f.w.Now().Format("2006-01-02"), "date-time": f.w.Now().Format("2006-01-02T15:04:05Z"), "uuid": r.ID,
		"person_id": r.Person, "request_id": r.ID, "field_office": "BOS", "office": "BOS", "officer": "officer1", "post": r.Post, "country": "GHA",
	}
	body := c.marked(of, known, texts)
	for _, user := range []string{"officer1", "supervisor1", "liaison1", "counsel1", "admin1"} {
		match := ""
		if strings.HasPrefix(path, "/v1/requests/{id}") {
			match = f.w.As(user).Do(whole.Call{Method: http.MethodGet, Path: "/v1/requests/" + r.ID}).Header.Get("ETag")
		}
		answer := f.w.As(user).Post(strings.ReplaceAll(path, "{id}", id), body, match)
		f.refuse(operation+" by "+user, answer)
	}
}

// unmarked tells of refusals that repeat what was sent.
func (f *flock) unmarked() []string {
	var found []string
	for call, told := range f.answers {
		if raw, err := json.Marshal(told); err == nil && len(search(raw)) > 0 {
			found = append(found, "the answer to "+call+": "+told)
		}
	}
	return found
}
