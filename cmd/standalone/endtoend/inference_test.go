package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
)

// told is what came of a life, by what was looked at.
type told map[string]string

// blanks are the only texts in which two lives may differ: ids, public codes and
// links, which are random, hashes over what bears them, and the ports of a standalone.
var blanks = regexp.MustCompile(`http://127\.0\.0\.1:\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|TD-[2-9A-HJ-NP-Z]{6}|\b[0-9a-f]{64}\b|/a/[A-Za-z0-9_-]{20,}`)

// instants are compared to within what a step's own calls may take.
var instants = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)

func blanked(text string) string {
	text = instants.ReplaceAllStringFunc(text, func(found string) string {
		at, err := time.Parse(time.RFC3339, found)
		if err != nil {
			return found
		}
		return at.UTC().Truncate(soon).Format(time.RFC3339)
	})
	return blanks.ReplaceAllString(text, "<id>")
}

// world is one standalone on which the same happens as on the others, but for
// why something is held.
type world struct {
	t    *testing.T
	w    *whole.Whole
	said told
}

func (o *world) at(when string) { o.w.MoveTo(instant(o.t, when)) }

// say keeps an answer, whatever it is, with its status.
func (o *world) say(what string, answer whole.Answer) {
	o.said[what] = blanked(fmt.Sprint(answer.Status, " ", answer.Header.Get("Content-Type"), " ", answer.Header.Get("ETag"), " ", string(answer.Body)))
}

// hold holds everything of a person, and gives the address to lift it.
func (o *world) hold(r *request, body fields) string {
	o.t.Helper()
	var placed struct{ Hold struct{ ID string } }
	maps.Copy(body, fields{"scope": "person", "person_id": r.Person, "source": evidence, "dated": "2032-03-01"})
	o.w.As("counsel1").Post("/v1/holds", body, "").Want(http.StatusCreated).Into(&placed)
	return "/v1/holds/" + placed.Hold.ID + "/lifting"
}

// asylum is the hold of an application that is pending.
func asylum() fields {
	return fields{"kind": "pending_relief", "authority": "bia", "review_by": "2032-06-01", "note": "asylum application"}
}

// ended is how a hold of the first request was placed and lifted.
type ended struct{ placed, lifted fields }

// secondLife is a person's second request from its opening to a long silence.
// While the first was open, something may have held it for some hours.
func (o *world) secondLife(before *ended) {
	o.t.Helper()
	o.at("2032-03-01 09:00")
	first := &request{t: o.t, w: o.w}
	first.open("officer1", "Anastasia", "GHA", "gha-washington")
	o.at("2032-03-01 10:00")
	if before != nil {
		lifting := o.hold(first, before.placed)
		o.at("2032-03-01 14:00")
		o.w.As("counsel1").Post(lifting, before.lifted, "").Want(http.StatusOK)
	}
	o.at("2032-03-02 09:00")
	first.do("officer1", "withdraw", fields{"outcome": "other", "reason": "another_order"})
	o.at("2032-03-03 09:00")
	var opened change
	o.w.As("officer1").Post("/v1/requests", fields{
		"person_id": first.Person, "country": "GHA", "post": "gha-washington", "field_office": "BOS",
		"order": fields{"type": "final_removal", "number": "EXAMPLE-2", "date": "2026-01-06", "source": evidence},
	}, "").Want(http.StatusCreated).Into(&opened)
	r := &request{t: o.t, w: o.w}
	r.take(opened.Request)
	o.at("2032-03-03 10:00")
	r.prepare("officer1", "a0")
	o.at("2032-03-08 10:00")
	r.do("liaison1", "record-receipt", fields{"evidence": evidence})
	o.at("2032-04-26 10:00")
	o.look("second life", r)
	o.say("history for a court", o.w.As("counsel1").Do(whole.Call{Method: http.MethodGet, Path: "/v1/requests/" + r.ID + "/contact-history"}))
	o.at("2032-05-03 09:00")
	r.do("officer1", "withdraw", fields{"outcome": "other", "reason": "another_order"})
	o.look("end", r)
}

// readyOn is when the request is opened that waits, after the second life.
const readyOn = "2032-05-10 09:00"

// readyLife is a request that is ready to be sent and waits: for the end of a
// hold, or, when there is none, for its officer.
func (o *world) readyLife(why fields) {
	o.t.Helper()
	o.at(readyOn)
	r := &request{t: o.t, w: o.w}
	r.open("officer1", "Benedict", "HND", "hnd-washington")
	o.at("2032-05-10 10:00")
	content := r.packed("b0")
	r.do("officer1", "request-review", checklist(content))
	r.do("supervisor1", "approve", fields{"content": content})
	o.at("2032-05-11 10:00")
	if why != nil {
		o.hold(r, why)
		o.say("held: send", r.try("officer1", "send", fields{"content": content, "channel": "courier"}))
	}
	for _, when := range []string{"2032-05-12 10:00", "2032-06-07 10:00", "2032-07-19 10:00"} {
		o.at(when)
		o.look("held: "+when, r)
	}
}

// unaware are all who need not know why a request is held.
func unaware() []string {
	return []string{"officer1", "officer2", "supervisor1", "liaison1", "state1", "manager1", "admin1"}
}

// look asks everything about a request as everyone who is not told why, and
// reads the tables, the statistics and the package.
func (o *world) look(when string, r *request) {
	o.t.Helper()
	o.w.Rest()
	var packages struct{ Packages []struct{ ID string } }
	o.w.As("officer1").Get("/v1/requests/"+r.ID+"/packages", &packages)
	newest := "/v1/packages/" + packages.Packages[0].ID
	for _, user := range unaware() {
		for _, path := range []string{
			"", "/events", "/clocks", "/escalations", "/contacts", "/dispatches", "/checklist", "/packages", "/country-consents",
		} {
			o.get(when, user, "/v1/requests/"+r.ID+path)
		}
		for _, path := range []string{"", "/custody", "/documents", "/legal-events", "/flags", "/nationalities"} {
			o.get(when, user, "/v1/persons/"+r.Person+path)
		}
		for _, path := range []string{newest + "/content", newest + "/manifest", "/v1/requests?limit=50", "/v1/deadlines", "/v1/holds?person=" + r.Person, "/v1/posts/" + r.Post + "/dispatches"} {
			o.get(when, user, path)
		}
	}
	o.tables(when, r)
	for _, by := range []string{"stage", "owner", "post", "country", "field_office"} {
		o.said[when+" statistics by "+by] = o.groups(by)
	}
}

func (o *world) get(when, user, path string) {
	o.say(when+": "+blanks.ReplaceAllString(path, "<id>")+" by "+user, o.w.As(user).Do(whole.Call{Method: http.MethodGet, Path: path}))
}

// groups are the statistics, in whole hours.
func (o *world) groups(by string) string {
	o.t.Helper()
	var report struct {
		Groups []bottleneck `json:"groups"`
	}
	o.w.As("manager1").Get("/v1/reports/bottlenecks?group_by="+by, &report)
	for i := range report.Groups {
		report.Groups[i].WaitingDays = math.Round(report.Groups[i].WaitingDays * 24)
	}
	return fmt.Sprintf("%+v", report.Groups)
}

// tables are the ledgers of a request, but for what counsel is told. Left out are
// hashes over ids, and the fence's version, which counts holds of whatever kind.
func (o *world) tables(when string, r *request) {
	o.t.Helper()
	for _, table := range []string{"deadlines", "dispatches", "recalls", "escalations", "notices", "events", "stage_intervals"} {
		rows, err := o.w.Records.Query(context.Background(), fmt.Sprintf(
			`SELECT (to_jsonb(t) - 'fence' - 'content_sha256') #- '{data,fence}' 
				FROM traveldoc.%s t WHERE request_id = $1 AND coalesce(to_jsonb(t) ->> 'recipient', '') NOT LIKE 'desk/counsel%%'`, table), r.ID)
		if err != nil {
			o.t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
		if err != nil {
			o.t.Fatal(err)
		}
		lines := make([]string, len(found))
		for i, row := range found {
			lines[i] = blanked(string(row))
		}
		slices.Sort(lines)
		o.said[when+" table "+table] = strings.Join(lines, "\n")
	}
}

// mails are all that was told, to whom and when, but to counsel, who may know why.
func (o *world) mails() {
	o.t.Helper()
	for _, mail := range o.w.Mails() {
		to := strings.Join(mail.To, " ")
		if strings.HasPrefix(to, "counsel") {
			continue
		}
		what := fmt.Sprintf("mail to %s at %s", to, mail.At.UTC().Truncate(soon).Format(time.RFC3339))
		o.said[what] += blanked(strings.Join([]string{mail.From, mail.ReplyTo, mail.Subject, mail.Text, mail.HTML, fmt.Sprint(mail.Headers)}, "\n"))
	}
}

func (t told) only(wanted func(what string) bool) told {
	some := told{}
	for what, text := range t {
		if wanted(what) {
			some[what] = text
		}
	}
	return some
}

// differs reports what two worlds told differently.
func differs(t *testing.T, between string, one, other told) {
	t.Helper()
	both := maps.Clone(one)
	maps.Copy(both, other)
	for _, what := range slices.Sorted(maps.Keys(both)) {
		a, b := one[what], other[what]
		if a == b {
			continue
		}
		from := 0
		for from < min(len(a), len(b)) && a[from] == b[from] {
			from++
		}
		from = max(from-100, 0)
		t.Errorf("%s: %s is told as …%.300q\nand …%.300q", between, what, a[from:], b[min(from, len(b)):])
	}
}

// outside is what reaches those who may not know that something is held.
func outside(what string) bool {
	return strings.Contains(what, "statistics") || strings.Contains(what, "table dispatches") || strings.HasPrefix(what, "mail to consular")
}

// ofSecondLife is all that leaves, is mailed, timed and kept of a second request.
func ofSecondLife(what string) bool {
	second := strings.HasPrefix(what, "second life") || strings.HasPrefix(what, "end")
	kept := strings.Contains(what, " table ") || strings.Contains(what, " statistics ") || strings.Contains(what, "/v1/packages/")
	to, at, mailed := strings.Cut(what, " at ")
	mailed = mailed && strings.HasPrefix(to, "mail to") && at < readyOn
	return second && kept || mailed || what == "history for a court"
}

// Nothing that leaves, is mailed, shown or counted tells of a claim to asylum (8
// CFR 208.6; Lin v. DOJ, 459 F.3d 255). A second request after a denied claim is
// byte for byte like one of somebody who never claimed, and is shown like one
// after a stay; one that is held for a claim is like one that a court stayed, and
// to posts and statistics like one that its officer has not sent yet.
func TestAsylumInferenceOnTheWholeSystem(t *testing.T) {
	denied := &ended{asylum(), fields{"authority": "bia", "source": evidence, "reason": "denied", "note": "asylum denied"}}
	over := &ended{fields{"kind": "stay"}, fields{"authority": "court", "source": evidence, "reason": "ended"}}
	live := func(name string, before *ended, why fields) told {
		said := told{}
		t.Run(name, func(t *testing.T) {
			o := &world{t: t, w: whole.Start(t), said: said}
			o.secondLife(before)
			o.readyLife(why)
			o.mails()
		})
		return said
	}
	claimed := live("asylum", denied, asylum())
	stayed := live("stay", over, fields{"kind": "stay"})
	late := live("late", nil, nil)
	if t.Failed() {
		return
	}
	differs(t, "asylum claimed, and a court's stay", claimed, stayed)
	differs(t, "asylum denied, and never claimed", claimed.only(ofSecondLife), late.only(ofSecondLife))
	differs(t, "held for asylum, and not yet sent", claimed.only(outside), late.only(outside))
	mails := claimed.only(func(what string) bool { return strings.HasPrefix(what, "mail to") })
	sent := strings.Contains(claimed["second life table dispatches"], `"sent"`)
	printed := strings.HasPrefix(claimed["second life: /v1/packages/<id>/content by officer1"], "200 application/pdf")
	if len(mails) < 4 || len(claimed.only(ofSecondLife)) < 40 || !sent || !printed {
		t.Errorf("too little to compare: %d answers, %d mails, package sent %t, printed %t", len(claimed), len(mails), sent, printed)
	}
}
