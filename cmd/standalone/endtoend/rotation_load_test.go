package endtoend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/endtoend/whole"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// newcomer is somebody whose request was opened while keys were replaced, with
// what was entered about them.
type newcomer struct {
	*request
	details   fields
	documents map[string][]byte // contents of documents and packages, by address
}

// crowd brings newcomers and looks them up until it is told to stop.
type crowd struct {
	t       *testing.T
	w       *whole.Whole
	lookups atomic.Int64

	mutex sync.Mutex
	all   []*newcomer
}

// work keeps four lanes busy: two bring newcomers, two look up whoever is there.
func (c *crowd) work(ctx context.Context) *sync.WaitGroup {
	var working sync.WaitGroup
	for lane := range 2 {
		working.Go(func() {
			for turn := 1; ctx.Err() == nil; turn++ {
				c.bring(1+lane, turn)
			}
		})
		working.Go(func() {
			for turn := 0; ctx.Err() == nil; turn++ {
				one := c.some(2*turn + lane)
				c.checkFound(one)
				c.checkReads(one)
			}
		})
	}
	return &working
}

func (c *crowd) count() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.all)
}

func (c *crowd) some(at int) *newcomer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.all[at%len(c.all)]
}

// awaitMore waits until that many more have come and everyone else was looked
// up as often, so that each rotation meets work of every kind.
func (c *crowd) awaitMore(newcomers int) {
	c.t.Helper()
	people, lookups := c.count()+newcomers, c.lookups.Load()+int64(newcomers)
	c.w.Await("work goes on", func() error {
		if c.count() < people || c.lookups.Load() < lookups {
			return errors.New("too few came or were looked up")
		}
		return nil
	})
}

// lettered is a number in letters, because names have no digits.
func lettered(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return lettered(n/26-1) + string(rune('A'+n%26))
}

// bring opens a request about somebody new, has a package sent to the post, and
// brings a document.
func (c *crowd) bring(lane, turn int) {
	c.t.Helper()
	one := &newcomer{
		request: &request{t: c.t, w: c.w}, documents: map[string][]byte{},
		details: fields{
			"family_name": lettered(lane) + "-" + lettered(turn) + "-Example", "given_names": "Invented",
			"birth_date": "1990-07-04", "a_number": fmt.Sprintf("A%03d%06d", lane+1, turn),
		},
	}
	var answered change
	c.open(one).Want(http.StatusCreated).Into(&answered)
	one.take(answered.Request)
	one.at("assembling")
	var made struct{ ID, Content string }
	c.w.As("officer1").Post("/v1/requests/"+one.ID+"/packages", fields{"documents": []string{}}, "").Want(http.StatusCreated).Into(&made)
	one.keep("/v1/packages/" + made.ID + "/content")
	one.contents = map[string]string{"a1": made.Content}
	one.prepare("officer1", "a1")
	var kept struct{ ID string }
	one.upload("officer1", "order.pdf", documentstest.Plain(1, one.details["family_name"].(string))).Want(http.StatusCreated).Into(&kept)
	one.keep("/v1/documents/" + kept.ID + "/content")
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.all = append(c.all, one)
}

func (c *crowd) open(one *newcomer) whole.Answer {
	c.t.Helper()
	return c.w.As("officer1").Post("/v1/requests", fields{
		"person": one.details, "country": "GHA", "post": "gha-washington", "field_office": "BOS",
		"order": fields{"type": "final_removal", "number": "EXAMPLE-1", "date": "2026-01-05", "source": evidence},
	}, "")
}

func (n *newcomer) content(path string) []byte {
	n.t.Helper()
	return n.w.As("counsel1").Do(whole.Call{Method: http.MethodGet, Path: path}).Want(http.StatusOK).Body
}

// keep remembers what is read at an address first.
func (n *newcomer) keep(path string) {
	n.t.Helper()
	if n.documents[path] = n.content(path); !bytes.HasPrefix(n.documents[path], []byte("%PDF-")) {
		n.t.Errorf("%s is no PDF", path)
	}
}

// finish ends the request, which stands at the post.
func (n *newcomer) finish() {
	n.t.Helper()
	n.do("officer1", "withdraw", fields{"outcome": "released", "reason": "released_under_supervision"})
	n.at("closed")
}

// checkFound: a second request finds the person by number, whichever index keys
// the number is under.
func (c *crowd) checkFound(one *newcomer) {
	c.t.Helper()
	var problem struct {
		Request string `json:"request_id"`
	}
	answer := c.open(one)
	if answer.Status == http.StatusConflict {
		answer.Into(&problem)
	}
	if problem.Request != one.ID {
		c.t.Errorf("%v was not found by number: %d %s", one.details, answer.Status, answer.Body)
	}
	c.lookups.Add(1)
}

// checkReads: everything about the person reads as it was entered.
func (c *crowd) checkReads(one *newcomer) {
	c.t.Helper()
	var shown fields
	c.w.As("officer1").Get("/v1/persons/"+one.Person, &shown)
	for name, entered := range one.details {
		if shown[name] != entered {
			c.t.Errorf("%s of %v reads as %v", name, one.details, shown[name])
		}
	}
	for path, first := range one.documents {
		if !bytes.Equal(one.content(path), first) {
			c.t.Errorf("%s does not read as it was brought", path)
		}
	}
}
