package endtoend

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// everyAct lives a third life in which everything that people can do is done once
// and taken, each with a marked text: what is only refused is never stored.
func (f *flock) everyAct() {
	f.t.Helper()
	r, answer := f.open("GHA", "gha-washington", another)
	answer.Want(http.StatusCreated)
	f.papers(r)
	f.person(r)
	f.toThePost(r)
	f.atThePost(r)
	f.stopped(r)
	f.travels(r)
	f.joined(r, f.filed())
}

// joined has two records found to be of one human, and of two after all.
func (f *flock) joined(a, b *request) {
	f.t.Helper()
	merge := f.give("counsel1", "/v1/persons/"+a.Person+"/merges", fields{
		"person_id": b.Person, "reason": "same_document", "source": evidence, "note": note("merge"),
	})
	var made struct{ Merge struct{ ID string } }
	merge.Into(&made)
	f.ids["/v1/merges/"] = made.Merge.ID
	f.w.MoveTo(f.w.Now().Add(time.Minute))
	f.give("counsel1", "/v1/merges/"+made.Merge.ID+"/split", fields{"reason": "merged_in_error", "source": evidence, "note": note("split")})
}

// filed has a package leave through a system of a country's own, which counsel
// has consented to because the order names another.
func (f *flock) filed() *request {
	f.t.Helper()
	order := fields{"type": "final_removal", "number": mark + "-order", "date": "2026-01-05", "source": evidence, "country": "GTM"}
	r, answer := f.openOn(order, "NIC", "nic-washington", fourth)
	answer.Want(http.StatusCreated)
	f.give("counsel1", "/v1/requests/"+r.ID+"/country-consents", fields{"reason": "order_amended", "source": evidence, "note": note("consent")})
	r.do("officer1", "request-review", checklist(r.packed("e1")))
	r.do("supervisor1", "approve", fields{"content": r.packed("e1")})
	r.do("officer1", "send", fields{"content": r.packed("e1"), "channel": "external"})
	f.w.MoveTo(f.w.Now().Add(time.Minute))
	f.give("officer1", "/v1/dispatches/"+f.dispatch(r)+"/submission", fields{"system": "etd", "number": "INVENTED-1", "submitted_at": stamp(f.w.Now())})
	return r
}

// dispatch is what left of a request.
func (f *flock) dispatch(r *request) string {
	f.t.Helper()
	var sent struct{ Dispatches []struct{ ID string } }
	f.w.As("officer1").Get("/v1/requests/"+r.ID+"/dispatches", &sent)
	if len(sent.Dispatches) == 0 {
		f.t.Fatalf("nothing has left of %s", r.Code)
	}
	return sent.Dispatches[0].ID
}

// give gives something that has to be taken.
func (f *flock) give(user, path string, body fields) whole.Answer {
	f.t.Helper()
	return f.taken(user, path, f.w.As(user).Post(path, body, ""))
}

func (f *flock) taken(user, path string, answer whole.Answer) whole.Answer {
	f.t.Helper()
	if answer.Status >= http.StatusMultipleChoices {
		f.t.Errorf("%s by %s is answered %d: %s", path, user, answer.Status, answer.Body)
	}
	return answer
}

// act gives a command upon a request, a minute after the last and with a note.
func (f *flock) act(r *request, user, command string, body fields) {
	f.t.Helper()
	f.w.MoveTo(f.w.Now().Add(time.Minute))
	body["note"] = note(command)
	f.taken(user, command, r.try(user, command, body))
}

// idOf is the id of what an answer says was made.
func idOf(answer whole.Answer) string {
	var made struct {
		ID   string
		Hold struct{ ID string }
	}
	answer.Into(&made)
	return made.ID + made.Hold.ID
}

// papers brings documents and takes one back.
func (f *flock) papers(r *request) {
	f.t.Helper()
	kept := f.upload(r, mark+"-record.pdf", documentstest.Plain(1, mark+" was here")).Want(http.StatusCreated)
	gone := f.upload(r, mark+"-mistake.pdf", documentstest.Plain(1, mark+" was there")).Want(http.StatusCreated)
	f.ids["/v1/documents/"] = idOf(kept)
	f.give("officer1", "/v1/documents/"+idOf(gone)+"/withdraw", fields{"reason": "mistaken", "note": note("withdrawal")})
	f.give("officer1", "/v1/persons/"+r.Person+"/data-sheet", fields{"fields": fields{"birth_place": mark + "ville"}})
}

// person says about a person what can be said.
func (f *flock) person(r *request) {
	f.t.Helper()
	today, of := f.today(), "/v1/persons/"+r.Person
	f.give("officer1", of+"/nationalities", fields{"country": "TGO", "claimed_by": "person", "dated": today, "source": evidence, "note": note("nationality")})
	f.give("officer1", of+"/legal-events", fields{
		"kind": "order_final", "date": "2026-01-15", "office": "BOS", "source_type": "order", "source": evidence, "note": note("legal event"),
	})
	f.give("officer1", of+"/custody", fields{"kind": "detained", "date": today, "office": "BOS", "source_type": "form", "source": evidence, "note": note("custody")})
	f.give("officer1", of+"/custody-reviews", fields{
		"duty": "records_review", "date": today, "office": "BOS", "decision": "continue_detention", "source_type": "form", "source": evidence, "note": note("review"),
	})
	f.give("officer1", of+"/consular-notifications", fields{
		"country": "GHA", "detained_since": today, "kind": "mandatory", "means": "fax", "notified_at": stamp(f.w.Now()), "source": evidence, "note": note("notification"),
	})
	flag := f.give("officer1", of+"/flags", fields{"kind": "medical", "source": evidence, "dated": today, "note": note("flag")})
	f.ids["/v1/flags/"] = idOf(flag)
	f.give("counsel1", "/v1/flags/"+idOf(flag)+"/ending", fields{"source": evidence, "reason": "recovered", "note": note("end of a flag")})
	f.give("counsel1", of+"/legal-hold", fields{"matter": "2026-EXAMPLE-1"})
	f.give("counsel1", of+"/legal-hold/lifting", fields{"matter": "2026-EXAMPLE-1"})
}

func (f *flock) today() string { return f.w.Now().In(boston(f.t)).Format("2006-01-02") }

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// toThePost takes a request with a letter of free text to the post's door.
func (f *flock) toThePost(r *request) {
	f.t.Helper()
	var made struct {
		ID, Content string
		Items       []struct {
			Position int
			State    string
		}
	}
	f.give("officer1", "/v1/requests/"+r.ID+"/packages", fields{"documents": []string{}, "letter": note("letter")}).Into(&made)
	f.ids["/v1/packages/"] = made.ID
	var decisions []fields
	for _, item := range made.Items {
		if item.State == "needs_disclosure_review" {
			decisions = append(decisions, fields{"position": item.Position, "decision": "disclose", "reason": "needed"})
		}
	}
	f.give("supervisor1", "/v1/packages/"+made.ID+"/disclosures", fields{"decisions": decisions, "note": note("disclosure")})
	r.contents = map[string]string{"d1": made.Content}
	f.act(r, "officer1", "request-review", checklist(made.Content))
	f.act(r, "supervisor1", "return", fields{"items": []fields{{"item": "photographs", "reason": "too_dark"}}})
	f.act(r, "officer1", "request-review", checklist(made.Content))
	f.act(r, "supervisor1", "approve", fields{"content": made.Content})
	f.act(r, "officer1", "send", fields{"content": made.Content, "channel": "courier"})
	f.w.MoveTo(f.w.Now().Add(time.Minute))
	f.ids["/v1/dispatches/"] = f.dispatch(r)
	dispatch := "/v1/dispatches/" + f.ids["/v1/dispatches/"]
	f.give("officer1", dispatch+"/hand-over", fields{"courier": "example_courier", "tracking": "INVENTED-1", "handed_over_at": stamp(f.w.Now())})
	f.w.MoveTo(f.w.Now().Add(time.Minute))
	f.give("officer1", dispatch+"/delivery", fields{"document_id": f.ids["/v1/documents/"], "delivered_at": stamp(f.w.Now())})
}

// atThePost is all that a post can ask and say.
func (f *flock) atThePost(r *request) {
	f.t.Helper()
	content := r.contents["d1"]
	f.act(r, "liaison1", "record-receipt", fields{"evidence": evidence})
	f.act(r, "liaison1", "record-information-asked", fields{"what": []string{"birth_certificate"}})
	f.act(r, "officer1", "request-review", fields{"content": content})
	f.act(r, "supervisor1", "approve", fields{"content": content})
	f.act(r, "officer1", "answer-information", fields{"content": content, "channel": "courier"})
	f.act(r, "liaison1", "schedule-interview", fields{
		"at": stamp(f.w.Now().AddDate(0, 0, 3)), "zone": "America/New_York", "mode": "video", "place": r.Post,
	})
	f.act(r, "liaison1", "record-interview", fields{"result": "declined"})
	f.act(r, "officer1", "record-contact", fields{"fact": fields{"direction": "to_post", "medium": "telephone", "answered": false}})
	f.act(r, "officer1", "record-contact", fields{"forecast": fields{"expects": "issue", "by": f.w.Now().AddDate(0, 1, 0).Format("2006-01-02"), "basis": "post_said"}})
	f.act(r, "officer1", "record-noncompliance", fields{"step": "attempt", "evidence": evidence})
	f.act(r, "supervisor1", "reassign", fields{"officer": "officer2"})
	for _, event := range r.events() {
		if event.Type == "contact_recorded" {
			f.act(r, "officer1", "correct", fields{"event": event.Seq, "reason": "typo", "occurred_at": stamp(event.OccurredAt.Add(-time.Minute))})
		}
	}
	f.issued(r)
	f.act(r, "officer2", "reject-document", fields{"reason": "wrong_photo"})
	f.act(r, "liaison1", "record-refusal", fields{"not_a_national": false, "reasons": []string{"no_record"}})
}

// stopped places holds of both kinds that have a life of their own, and lifts them.
func (f *flock) stopped(r *request) {
	f.t.Helper()
	today := f.today()
	hold := idOf(f.give("counsel1", "/v1/holds", fields{
		"scope": "request", "request_id": r.ID, "kind": "counsel", "source": evidence, "dated": today, "note": note("hold"),
	}))
	f.ids["/v1/holds/"] = hold
	f.give("officer1", "/v1/dispatches/"+f.ids["/v1/dispatches/"]+"/recall-confirmation", fields{"as": "returned", "document_id": f.ids["/v1/documents/"]})
	f.give("counsel1", "/v1/holds/"+hold+"/amendments", fields{"review_by": f.w.Now().AddDate(0, 2, 0).Format("2006-01-02"), "note": note("amendment")})
	claim := idOf(f.give("officer1", "/v1/holds", fields{
		"scope": "person", "person_id": r.Person, "kind": "citizenship_claim", "source": evidence, "dated": today, "note": note("claim"),
	}))
	f.give("counsel1", "/v1/holds/"+claim+"/citizenship-findings", fields{"finding": "not_upheld", "source": evidence, "note": note("finding")})
	for _, each := range []string{hold, claim} {
		f.give("counsel1", "/v1/holds/"+each+"/lifting", fields{"authority": "counsel", "source": evidence, "reason": "resolved", "note": note("lifting")})
	}
	f.w.Rest()
}

// travels takes a request round twice more, to the end of a journey.
func (f *flock) travels(r *request) {
	f.t.Helper()
	f.act(r, "officer1", "retry", fields{"evidence": evidence})
	r.prepare("officer1", "d2")
	f.act(r, "liaison1", "record-receipt", fields{"evidence": evidence})
	f.act(r, "liaison1", "begin-verification", fields{"evidence": evidence})
	f.issued(r)
	f.act(r, "officer1", "authenticate", fields{"photo": true, "names": true, "serial": true})
	f.act(r, "officer1", "reissue", fields{"reason": "misprint"})
	r.prepare("officer1", "d3")
	f.issued(r)
	f.act(r, "officer1", "authenticate", fields{"photo": true, "names": true, "serial": true})
	f.w.MoveTo(f.w.Now().AddDate(0, 0, 1)) // nobody travels on a day on which a hold stood
	f.act(r, "officer1", "record-travel", fields{"on": f.today()})
}

// everythingWritten demands that each operation of the contract that takes free
// text was carried out with one.
func (f *flock) everythingWritten() {
	f.t.Helper()
	rows, err := f.w.Records.Query(f.t.Context(), `SELECT DISTINCT c.operation FROM traveldoc.commands c
		JOIN traveldoc.sealed_fields s ON s.row_id = c.command_id WHERE c.status = 'done'`)
	if err != nil {
		f.t.Fatal(err)
	}
	written, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		f.t.Fatal(err)
	}
	// What the commands are called that the contract names otherwise.
	named := map[string]string{"acknowledge": "acknowledge_escalation", "recordCustody": "record_legal_event", "recordCustodyReview": "record_legal_event"}
	// A data sheet is sealed as a row of its own; of an issuer it says where a specimen
	// comes from; and nobody here is beyond reach of what they could break a glass for.
	elsewhere := []string{"openBreakGlass", "setDataSheet", "verifyIssuer", "endIssuer", "receiveMailEvents", "previewClocks"}
	var c contract
	f.w.As("").Get("/v1/openapi.json", &c)
	for _, operations := range c.Paths {
		for method, o := range operations {
			texts := 0
			c.marked(o.Body.Content["application/json"].Schema, fields{}, &texts)
			name, known := named[o.ID]
			if !known {
				name = snake(o.ID)
			}
			if method == "post" && texts > 0 && !slices.Contains(elsewhere, o.ID) && !slices.Contains(written, name) {
				f.t.Errorf("%s takes free text, and these lives have stored none by it", o.ID)
			}
		}
	}
}

// snake writes an operation's id as commands are called.
func snake(id string) string {
	var out strings.Builder
	for _, letter := range id {
		if unicode.IsUpper(letter) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(letter))
	}
	return out.String()
}
