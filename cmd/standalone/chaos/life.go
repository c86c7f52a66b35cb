package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/playbook/benchpack"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Crowd lives lives, several at a time.
type Crowd struct {
	Caller *Caller
	Post   *Post
	Diary  *Diary
	Now    func() time.Time // business time
	// Quiet is closed when nothing is killed any more, and Late when whoever
	// waited until then may act.
	Quiet, Late chan struct{}
	// Held is in how many further slots lives are held while they are sent.
	Held int

	required []string
	zone     *time.Location

	mutex sync.Mutex
	lives int
	open  int
}

// NewCrowd prepares what all lives have in common.
func NewCrowd(caller *Caller, post *Post, diary *Diary, now func() time.Time) (*Crowd, error) {
	library, err := playbook.Load(benchpack.Options()...)
	if err != nil {
		return nil, err
	}
	pack, err := library.Pack(benchpack.Country, calendar.DateOf(now()))
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(cast.Zone)
	if err != nil {
		return nil, err
	}
	crowd := &Crowd{Caller: caller, Post: post, Diary: diary, Now: now, zone: zone, Quiet: make(chan struct{}), Late: make(chan struct{})}
	for _, item := range pack.Required() {
		crowd.required = append(crowd.required, item.ID)
	}
	return crowd, nil
}

// Open is how many lives are under way.
func (c *Crowd) Open() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.open
}

// Run keeps each slot busy until nothing is killed any more: some with one life
// that waits for that, the others with one life after another.
func (c *Crowd) Run(ctx context.Context, seed uint64, slots, waiting int) error {
	faults := make([]error, slots+c.Held)
	var living sync.WaitGroup
	for slot := range faults {
		living.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(slot)+1))
			if slot < waiting {
				c.until(time.Duration(random.Int64N(int64(stagger))))
				faults[slot] = c.live(ctx, random, slot, "silent")
				return
			}
			names := []string{"issued", "refused", "asked"}
			if slot >= slots {
				names = []string{held}
			}
			for turn := slot; faults[slot] == nil && !closed(c.Quiet); turn++ {
				faults[slot] = c.live(ctx, random, slot, names[turn%len(names)])
			}
		})
	}
	living.Wait()
	for _, fault := range faults {
		if fault != nil {
			return fault
		}
	}
	return nil
}

// stagger is over how long the waiting lives begin, so that kills meet them at
// different moments.
const stagger = 45 * time.Second

// until waits for so long, but not once nothing is killed any more.
func (c *Crowd) until(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.Quiet:
	}
}

func closed(signal chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}

// life is one request as its client knows it.
type life struct {
	*Crowd
	number     int
	slot       int
	script     string
	random     *rand.Rand
	request    string
	person     string
	code       string
	etag       string
	escalation string
	content    tdr.ContentHash // of the package
}

func (c *Crowd) live(ctx context.Context, random *rand.Rand, slot int, name string) error {
	script, known := FindScript(name)
	if !known {
		return fmt.Errorf("there is no script %q", name)
	}
	c.mutex.Lock()
	c.lives++
	c.open++
	l := &life{Crowd: c, number: c.lives, slot: slot, script: name, random: random}
	c.mutex.Unlock()
	defer func() {
		c.mutex.Lock()
		c.open--
		c.mutex.Unlock()
	}()
	c.Diary.Note(Entry{Kind: Begun, Life: l.number, Script: name, Slot: slot})
	for _, step := range script.Steps {
		think := 50*time.Millisecond + time.Duration(random.Int64N(int64(500*time.Millisecond)))
		if err := pause(ctx, think); err != nil {
			return fmt.Errorf("life %d: %w", l.number, err)
		}
		if err := l.take(ctx, step); err != nil {
			return fmt.Errorf("life %d (%s), %s of %s: %w", l.number, name, step.Name, l.request, err)
		}
	}
	c.Diary.Note(Entry{Kind: Ended, Life: l.number, Request: l.request})
	return nil
}

func (l *life) take(ctx context.Context, step Step) error {
	if step.Told {
		if err := l.told(ctx, step.Last); err != nil {
			return err
		}
	}
	if step.Name == tdr.RequestReviewName {
		if err := l.prepare(ctx); err != nil {
			return err
		}
	}
	switch {
	case step.Contested:
		return l.contest(ctx, step)
	case step.Insisted:
		return l.insist(ctx, step)
	}
	asked, err := l.command(step, l.etag)
	if err != nil {
		return err
	}
	answer, err := l.Caller.Do(ctx, asked)
	if err != nil {
		return err
	}
	if answer.Status != 200 && answer.Status != 201 {
		return fmt.Errorf("answered %d: %s", answer.Status, answer.Body)
	}
	var change struct {
		Request struct {
			ID     string `json:"id"`
			Code   string `json:"code"`
			Person string `json:"person_id"`
		} `json:"request"`
	}
	if err := json.Unmarshal(answer.Body, &change); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	l.request, l.code, l.person, l.etag = change.Request.ID, change.Request.Code, change.Request.Person, answer.ETag
	return l.look(ctx)
}

// command is a step upon the request as its client has seen it.
func (l *life) command(step Step, etag string) (command, error) {
	path := "/v1/requests"
	if step.Name != tdr.OpenName {
		path += "/" + l.request + "/" + strings.ReplaceAll(string(step.Name), "_", "-")
	}
	body := l.body(step.Name)
	if step.Contested {
		// The post is told by mail, so that what arrives is seen in the drop's files.
		body = &tdr.Send{Content: l.content, Channel: tdr.ByNotice}
	}
	return newCommand(l.number, string(step.Name), cast.Who(step.By, l.slot), path, etag, l.request, body)
}

// post is one of their own for lives that are held, so that what it hears does
// not wait for what others are told.
func (l *life) post() string {
	if l.script == held {
		return cast.SlotPost(l.slot)
	}
	return cast.Post
}

// prepare makes the package that is handed over next. It brings no event, so
// that the diary does not tell of it.
func (l *life) prepare(ctx context.Context) error {
	path := "/v1/requests/" + l.request + "/packages"
	asked, err := newCommand(l.number, "prepare_package", cast.Officer(l.slot), path, "", l.request, map[string]any{"documents": []string{}})
	if err != nil {
		return err
	}
	answer, err := NewCaller(l.Caller.API, l.Caller.Identity, nil).do(ctx, asked)
	if err != nil {
		return err
	}
	var made struct{ Content tdr.ContentHash }
	if err := json.Unmarshal(answer.Body, &made); err != nil || made.Content == "" {
		return fmt.Errorf("no package was prepared: %d %s", answer.Status, answer.Body)
	}
	l.content = made.Content
	return nil
}

// look reads the events, as somebody who has the page open does, and writes
// down what was served.
func (l *life) look(ctx context.Context) error {
	events, err := l.Caller.Events(ctx, cast.Officer(l.slot), l.request)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(events)
	if err != nil {
		return err
	}
	l.Diary.Note(Entry{Kind: Read, Life: l.number, Request: l.request, Body: raw})
	return nil
}

// Events reads the whole history of a request, page by page.
func (c *Caller) Events(ctx context.Context, principal, request string) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for after := int64(0); ; {
		var page struct {
			Events    []json.RawMessage `json:"events"`
			NextAfter int64             `json:"next_after"`
		}
		if err := c.Fetch(ctx, principal, fmt.Sprintf("/v1/requests/%s/events?limit=200&after=%d", request, after), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if page.NextAfter == 0 {
			return all, nil
		}
		after = page.NextAfter
	}
}

// mailPatience is how long a person who sees an escalation waits for its mail
// while parts are being killed.
const mailPatience = 8 * time.Second

// told waits for the escalation, and for the mails about it. Who answers late
// waits for the mails without end.
func (l *life) told(ctx context.Context, last bool) error {
	if err := l.escalated(ctx); err != nil {
		return err
	}
	if last {
		if err := waitFor(ctx, l.Late); err != nil {
			return err
		}
	}
	waited := time.Now()
	for {
		all, err := l.mailsArrived()
		if err != nil || all {
			return err
		}
		if !last && time.Since(waited) > mailPatience {
			l.Diary.Note(Entry{Kind: Impatient, Life: l.number, Request: l.request})
			return nil
		}
		if err := pause(ctx, glance); err != nil {
			return fmt.Errorf("the mails about %s have not arrived: %w", l.code, err)
		}
	}
}

func waitFor(ctx context.Context, signal chan struct{}) error {
	select {
	case <-signal:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *life) mailsArrived() (bool, error) {
	for _, demand := range demands(l.slot) {
		has, err := l.Post.Has(l.code, demand.level, demand.recipient)
		if err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

// demand is a mail that the ladder owes somebody.
type demand struct {
	level     int
	recipient string
}

// demands: L0 reminds the officer, L1 asks officer and supervisor.
func demands(slot int) []demand {
	officer, supervisor := cast.Address(cast.Officer(slot)), cast.Address(cast.Supervisor(slot))
	return []demand{{0, officer}, {1, officer}, {1, supervisor}}
}

// escalated waits until L1 is open, and remembers it.
func (l *life) escalated(ctx context.Context) error {
	for {
		var list struct {
			Escalations []struct {
				LocalID string `json:"local_id"`
				Level   int    `json:"level"`
				Status  string `json:"status"`
			} `json:"escalations"`
		}
		if err := l.Caller.Fetch(ctx, cast.Supervisor(l.slot), "/v1/requests/"+l.request+"/escalations", &list); err != nil {
			return err
		}
		for _, escalation := range list.Escalations {
			if escalation.Level == 1 && escalation.Status == string(tdr.EscalationWaiting) {
				l.escalation = escalation.LocalID
				return l.look(ctx)
			}
		}
		if err := pause(ctx, glance); err != nil {
			return fmt.Errorf("nobody was asked about %s: %w", l.code, err)
		}
	}
}
