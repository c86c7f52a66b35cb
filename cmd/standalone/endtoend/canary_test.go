package endtoend

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/chaos"
	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// What is personal in the canaries' lives. All but dates and numbers, which
// have forms of their own, carry one word that nothing else says.
const (
	mark      = "Qwzanary"
	bornOn    = "1911-11-19"
	alien     = "A918273645"
	another   = "A918273646"
	secondOne = "A918273647"
	fourth    = "A918273648"
)

// birthDates are the forms in which people and programs write the day.
var birthDates = []string{bornOn, "11/19/1911", "19 Nov 1911", "November 19, 1911", "19111119"}

// flock is a standalone of processes that can be killed, and what they said.
type flock struct {
	t    *testing.T
	town *chaos.Town
	w    *whole.Whole
	log  *record
	// answers are what refused calls were told, by call.
	answers map[string]string
	// ids are of what was made in a life, by the path of what is done to it.
	ids map[string]string
	// traces is what would be told of spans, figures the addresses of metrics, and
	// strange pages of others, which a leak adds.
	traces           *record
	collector        string
	figures, strange []string
}

// record keeps all that is written to it.
type record struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (r *record) Write(text []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.text.Write(text)
}

func (r *record) Bytes() []byte {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return bytes.Clone(r.text.Bytes())
}

func gatherFlock(t *testing.T) *flock {
	t.Helper()
	traces, collector := collect(t)
	town, err := chaos.FoundExample(trial.Folder(t).Path(), os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	log := &record{}
	town.Log = log
	t.Cleanup(func() {
		if err := town.Fall(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := town.Rise(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := &flock{
		t: t, town: town, w: whole.Join(t, town.House), log: log, answers: map[string]string{}, ids: map[string]string{},
		traces: traces, collector: collector, figures: []string{town.House.URL(system.APIPort) + "/metrics"},
	}
	return f
}

// kill ends a part with SIGKILL and starts it again.
func (f *flock) kill(part string) {
	f.t.Helper()
	if err := f.town.Kill(part); err != nil {
		f.t.Fatal(err)
	}
	if err := f.town.Start(f.t.Context(), part); err != nil {
		f.t.Fatal(err)
	}
}

// fault has the mail drop misbehave.
func (f *flock) fault(rule string) {
	f.t.Helper()
	answer, err := http.Post(f.w.House.URL(system.MailPort)+"/control", "application/json", strings.NewReader(rule))
	if err != nil {
		f.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		f.t.Fatalf("the mail drop answers %s to %s", answer.Status, rule)
	}
}

func note(of string) string { return mark + " wrote this free text with " + of }

// canary is a person all of whose details are marked.
func canary(number string) fields {
	return fields{"family_name": mark + "-Family", "given_names": mark + " Given", "birth_date": bornOn, "a_number": number}
}

func (f *flock) open(country, post, number string) (*request, whole.Answer) {
	f.t.Helper()
	return f.openOn(fields{"type": "final_removal", "number": mark + "-order", "date": "2026-01-05", "source": evidence}, country, post, number)
}

// openOn opens on an order.
func (f *flock) openOn(order fields, country, post, number string) (*request, whole.Answer) {
	f.t.Helper()
	answer := f.w.As("officer1").Post("/v1/requests", fields{
		"person": canary(number), "country": country, "post": post, "field_office": "BOS",
		"order": order,
		"note":  note("open"),
	}, "")
	r := &request{t: f.t, w: f.w}
	if answer.Status == http.StatusCreated {
		var opened change
		answer.Into(&opened)
		r.take(opened.Request)
	}
	return r, answer
}

// refuse keeps what a refused call was told.
func (f *flock) refuse(what string, answer whole.Answer) {
	if answer.Status >= http.StatusBadRequest {
		f.answers[what] = fmt.Sprintf("%v %s", answer.Header, answer.Body)
	}
}

// upload sends a file whose name and content are marked.
func (f *flock) upload(r *request, name string, content []byte) whole.Answer {
	f.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fault := form.WriteField("type", "birth_certificate")
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if fault != nil || err != nil || form.Close() != nil {
		f.t.Fatal("the form can't be written")
	}
	return f.w.As("officer1").Do(whole.Call{
		Method: http.MethodPost, Path: "/v1/persons/" + r.Person + "/documents",
		Media: form.FormDataContentType(), Body: body.Bytes(),
	})
}

// live lives two lives with failures: mails that are lost, refused and come
// back, parts that are killed, calls that are refused.
func (f *flock) live() {
	f.t.Helper()
	first, answer := f.open("GHA", "gha-washington", alien)
	answer.Want(http.StatusCreated)
	_, twin := f.open("GHA", "gha-washington", alien)
	f.refuse("a second request about the same person", twin)
	f.w.As("officer1").Get("/v1/persons/"+first.Person, &fields{})

	first.at("assembling")
	sheet := fields{"fields": fields{"birth_place": mark + "ville", "father_name": "Yaw " + mark}}
	f.w.As("officer1").Post("/v1/persons/"+first.Person+"/data-sheet", sheet, "").Want(http.StatusOK)
	first.prepare("officer1", "a1")
	first.do("liaison1", "record-receipt", fields{"evidence": evidence, "note": note("record-receipt")})
	f.upload(first, mark+"-birth-certificate.pdf", documentstest.Plain(1, mark+" was born here")).Want(http.StatusCreated)
	f.refuse("a damaged file", f.upload(first, mark+".pdf", []byte("%PDF-1.7\n"+mark+" was born here\n")))
	f.refuse("a file that is none", f.upload(first, mark+".exe", []byte("MZ "+mark)))
	second := f.detained()
	f.silence(first)
	f.issued(first)
	f.assist()
	f.everyAct()
	f.driveEverything(second)
	f.end(first, second)
}

// detained is a life with a stay, killed parts and a change of the legal state.
func (f *flock) detained() *request {
	f.t.Helper()
	r, answer := f.open("HND", "hnd-houston", secondOne)
	answer.Want(http.StatusCreated)
	today := f.w.Now().In(boston(f.t)).Format("2006-01-02")
	legal := func(user, kind string) whole.Answer {
		return f.w.As(user).Post("/v1/persons/"+r.Person+"/legal-events", fields{
			"kind": kind, "date": today, "office": "BOS", "source_type": "court_order", "source": evidence, "note": note(kind),
		}, "")
	}
	legal("officer1", "order_final").Want(http.StatusCreated)
	legal("officer1", "detained").Want(http.StatusCreated)
	f.w.Rest()
	r.prepare("officer1", "b1")
	if err := f.town.Kill(chaos.Worker); err != nil {
		f.t.Fatal(err)
	}
	legal("counsel1", "stay_granted").Want(http.StatusCreated)
	f.refuse("a command while the workers are away", r.try("liaison1", "record-receipt", fields{"evidence": evidence, "note": note("record-receipt")}))
	if err := f.town.Start(f.t.Context(), chaos.Worker); err != nil {
		f.t.Fatal(err)
	}
	f.refuse("a refusal of the engine's", r.try("officer1", "send", fields{"content": hash("b2"), "channel": "courier", "note": note("send")}))
	return r
}

// silence lets the post be silent until reminders and escalations are due,
// while mails fail in each way that they can.
func (f *flock) silence(r *request) {
	f.t.Helper()
	for _, rule := range []string{
		`{"action":"fail","count":2}`, `{"action":"accept_then_hang","count":1}`, `{"action":"bounce","address":"supervisor1@bos.example"}`,
	} {
		f.fault(rule)
	}
	f.w.MoveTo(f.w.Now().Add(25 * 24 * time.Hour))
	f.kill(chaos.Maildrop)
	f.kill(chaos.API)
	f.kill(chaos.Engine)
	f.kill(chaos.Worker)
	f.w.MoveTo(f.w.Now().Add(10 * 24 * time.Hour))
	if len(f.w.Mails()) == 0 {
		f.t.Error("nobody was told anything, so that mails show nothing")
	}
	for _, e := range r.escalations() {
		if e.Status == "open" {
			f.refuse("an acknowledgement", f.w.As("officer1").Post("/v1/escalations/"+e.ID+"/acknowledgement", fields{
				"next_date": f.w.Now().AddDate(0, 0, 2).Format("2006-01-02"), "action": "call_post", "note": note("acknowledgement"),
			}, ""))
		}
	}
}

// issued gives a life a document with a marked number.
func (f *flock) issued(r *request) {
	f.t.Helper()
	r.do("liaison1", "record-issue", fields{
		"issuer": "embassy", "number": mark + "-number", "valid_from": f.w.Now().In(boston(f.t)).Format("2006-01-02"),
		"valid_to": f.w.Now().AddDate(0, 3, 0).Format("2006-01-02"), "note": note("record-issue"),
	})
}

// end closes both lives.
func (f *flock) end(first, second *request) {
	f.t.Helper()
	first.do("officer1", "close", fields{"reason": "not_needed", "note": note("close")})
	first.at("closed")
	second.do("officer1", "withdraw", fields{"outcome": "released", "reason": "released_under_supervision", "note": note("withdraw")})
	second.at("closed")
	f.w.Rest()
}
