package endtoend

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// evidence is the hash of a source document that nobody wrote.
var evidence = strings.Repeat("5eed0000", 8)

// hash is the hash of a package that nobody wrote, by a name of two hexadecimal digits.
func hash(name string) string { return strings.Repeat(name, 32) }

// packed is the content of the package of a name, prepared when it is first
// spoken of.
func (r *request) packed(name string) string {
	r.t.Helper()
	if r.contents[name] == "" {
		var made struct{ Content string }
		r.w.As("officer1").Post("/v1/requests/"+r.ID+"/packages", fields{"documents": []string{}}, "").Want(http.StatusCreated).Into(&made)
		if r.contents == nil {
			r.contents = map[string]string{}
		}
		r.contents[name] = made.Content
	}
	return r.contents[name]
}

// checklist hands over a package of no documents, with a reason for each.
func checklist(content string) fields {
	return fields{"content": content, "present": []string{"cover_letter", "form_i217"}, "gaps": []fields{
		{"item": "photographs", "reason": "to_be_taken"}, {"item": "final_order", "reason": "copy_asked_for"},
	}}
}

// person is somebody invented; what is said here must be found in no mail.
func person(given string) fields {
	return fields{
		"family_name": given + "-Example", "given_names": given, "birth_date": "1990-07-04",
		// The number tells persons apart: the same one is the same person.
		"a_number": fmt.Sprintf("A9876543%02d", given[0]),
	}
}

// open opens a request about somebody new.
func (r *request) open(officer, given, country, post string) {
	r.t.Helper()
	var opened change
	r.w.As(officer).Post("/v1/requests", fields{
		"person": person(given), "country": country, "post": post, "field_office": "BOS",
		"order": fields{"type": "final_removal", "number": "EXAMPLE-" + given, "date": "2026-01-05", "source": evidence},
		"note":  "Free text about " + given,
	}, "").Want(http.StatusCreated).Into(&opened)
	r.take(opened.Request)
}

// prepare takes a request from assembling to the post, with the package of a name.
func (r *request) prepare(officer, name string) {
	r.t.Helper()
	r.do(officer, "request-review", checklist(r.packed(name)))
	r.do("supervisor1", "approve", fields{"content": r.packed(name)})
	r.do(officer, "send", fields{"content": r.packed(name), "channel": "courier"})
}

func (r *request) contact(user, medium string, answered bool) {
	r.t.Helper()
	r.do(user, "record-contact", fields{"fact": fields{"direction": "to_post", "medium": medium, "answered": answered}})
}

func (r *request) issue(from, to string) {
	r.t.Helper()
	r.issueBy("embassy", from, to)
}

func (r *request) issueBy(issuer, from, to string) {
	r.t.Helper()
	r.do("liaison1", "record-issue", fields{"issuer": issuer, "number": "NUMBER-EXAMPLE", "valid_from": from, "valid_to": to})
}

func (r *request) authenticate(officer string) {
	r.t.Helper()
	r.do(officer, "authenticate", fields{"photo": true, "names": true, "serial": true})
}

// escalation is an asking of one level, as the API shows it.
type escalation struct {
	ID      string   `json:"id"`
	LocalID string   `json:"local_id"`
	Status  string   `json:"status"`
	Told    []string `json:"told"`
}

func (r *request) escalations() []escalation {
	r.t.Helper()
	var list struct {
		Escalations []escalation `json:"escalations"`
	}
	r.w.As("auditor1").Get("/v1/requests/"+r.ID+"/escalations", &list)
	return list.Escalations
}

// acknowledge takes an escalation on by its own address, as a mail asks.
func (r *request) acknowledge(user, localID, next string) {
	r.t.Helper()
	for _, e := range r.escalations() {
		if e.LocalID == localID {
			path := "/v1/escalations/" + e.ID + "/acknowledgement"
			r.w.As(user).Post(path, fields{"next_date": next, "action": "call_post"}, "").Want(http.StatusOK)
			return
		}
	}
	r.t.Fatalf("%s has no escalation %s", r.Code, localID)
}

// checkEscalations compares what was asked of whom with lines like "L0-7 open to person/officer1".
func (r *request) checkEscalations(want ...string) {
	r.t.Helper()
	var got []string
	for _, e := range r.escalations() {
		got = append(got, e.LocalID+" "+e.Status+" to "+strings.Join(e.Told, " "))
	}
	compare(r.t, "escalations of "+r.Code, got, want)
}

// refuse gives a command that has to be refused, and nothing may come of it. What
// the engine records meanwhile makes the version stale, and it is given again.
func (r *request) refuse(user, command string, body any, status int, problem string) {
	r.t.Helper()
	before := r.acts()
	answer := r.try(user, command, body)
	if answer.Status == http.StatusPreconditionFailed {
		answer = r.try(user, command, body)
	}
	if answer.Status != status || !strings.Contains(string(answer.Body), `"/problems/`+problem+`"`) {
		r.t.Errorf("%s by %s is answered %d, want %d %s: %s", command, user, answer.Status, status, problem, answer.Body)
	}
	if after := r.acts(); after != before {
		r.t.Errorf("%s was refused, and there are %d acts rather than %d", command, after, before)
	}
}

// acts counts what people have done.
func (r *request) acts() int {
	r.t.Helper()
	return len(slices.DeleteFunc(r.events(), func(e event) bool { return e.Actor.ID == "system" }))
}

// local writes an instant of the API as the tables do; as it came when it is none.
func (r *request) local(text string) string {
	r.t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return at.In(boston(r.t)).Format(layout)
}

// compare shows what is missing, what is too much, and whether the order differs.
func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%s:\n  got\n\t%s\n  want\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
}
