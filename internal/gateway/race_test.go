package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// errCrash is the end of a process between two steps: whoever meets it does nothing more.
var errCrash = errors.New("the process ended here")

// steps stand between every two steps of sending: each may take a while, and
// each may be the last of its process.
type steps struct {
	clock    *clock
	crashing atomic.Bool
	crashes  atomic.Int64
}

// step is passed before and after every call of a port.
func (s *steps) step() error {
	if !s.crashing.Load() {
		return nil
	}
	switch n := rand.IntN(40); {
	case n < 14:
		time.Sleep(time.Duration(rand.IntN(800)) * time.Microsecond)
	case n == 14:
		s.clock.advance(11 * time.Second) // what was authorised before is no longer
	case n < 17:
		s.crashes.Add(1)
		return errCrash
	}
	return nil
}

// around is a call with a step on either side. An effect stands although its caller ended right after.
func around[T any](s *steps, call func() (T, error)) (T, error) {
	var none T
	if err := s.step(); err != nil {
		return none, err
	}
	value, err := call()
	if err != nil {
		return none, err
	}
	return value, s.step()
}

// receiver is the far side: it keeps its own log of what arrives, numbered by
// itself, in a file of its own.
type receiver struct {
	sync.Mutex
	file    *os.File
	seq     int64
	arrived map[string]int64 // dispatch to number of its first arrival
	again   map[string]int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "arrivals"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &receiver{file: file, arrived: map[string]int64{}, again: map[string]int{}}
}

// number is the next of the receiver's own sequence.
func (r *receiver) number() int64 {
	r.Lock()
	defer r.Unlock()
	r.seq++
	return r.seq
}

// take takes a dispatch in: once, however often it is handed over.
func (r *receiver) take(dispatch api.Dispatch) error {
	r.Lock()
	defer r.Unlock()
	r.seq++
	if _, before := r.arrived[dispatch.ID]; before {
		r.again[dispatch.ID]++
		return nil
	}
	r.arrived[dispatch.ID] = r.seq
	_, err := fmt.Fprintf(r.file, "%d %s %s\n", r.seq, time.Now().Format(time.RFC3339Nano), dispatch.ID)
	return err
}

// way lets a dispatch leave for real, and then arrive.
type way struct {
	*steps
	real     api.Gateway
	receiver *receiver
}

func (w way) Depart(ctx context.Context, dispatch api.Dispatch) ([]string, error) {
	return around(w.steps, func() ([]string, error) {
		poke, err := w.real.Depart(ctx, dispatch)
		return poke, errors.Join(err, w.receiver.take(dispatch))
	})
}

// fence notes when each re-reading began.
type fence struct {
	*steps
	api.Fence
	receiver *receiver
	begun    sync.Map // dispatch to the number at which its last re-reading began that let it leave
}

func (f *fence) Authorise(ctx context.Context, asked api.Authorisation, country string) (tdr.Gate, error) {
	return around(f.steps, func() (tdr.Gate, error) { return f.Fence.Authorise(ctx, asked, country) })
}

func (f *fence) StillAuthorised(ctx context.Context, dispatch string) (bool, error) {
	return around(f.steps, func() (bool, error) {
		began := f.receiver.number()
		still, err := f.Fence.StillAuthorised(ctx, dispatch)
		if still {
			f.begun.Store(dispatch, began)
		}
		return still, err
	})
}

func (f *fence) Left(ctx context.Context, dispatch string) ([]string, error) {
	return around(f.steps, func() ([]string, error) { return f.Fence.Left(ctx, dispatch) })
}

func (f *fence) Stop(ctx context.Context, dispatch string) ([]string, error) {
	return around(f.steps, func() ([]string, error) { return f.Fence.Stop(ctx, dispatch) })
}

// commands steps around what is kept of commands.
type commands struct {
	*steps
	api.Commands
}

func (c commands) Done(ctx context.Context, done api.CommandDone) (api.Answer, error) {
	return around(c.steps, func() (api.Answer, error) { return c.Commands.Done(ctx, done) })
}

func (c commands) RecordCommand(ctx context.Context, recording activities.Recording, done api.CommandDone) (api.Answer, activities.Recorded, error) {
	var recorded activities.Recorded
	answer, err := around(c.steps, func() (answer api.Answer, err error) {
		answer, recorded, err = c.Commands.RecordCommand(ctx, recording, done)
		return answer, err
	})
	return answer, recorded, err
}

// holds steps around placing.
type holds struct {
	*steps
	api.Holds
}

func (h holds) Place(ctx context.Context, hold api.Hold) (api.PlacedHold, error) {
	return around(h.steps, func() (api.PlacedHold, error) { return h.Holds.Place(ctx, hold) })
}

// engine accepts each sending once that comes with an open gate, brings no
// event, so that many can be tried on one request, and can be stopped.
type engine struct {
	*steps
	sync.Mutex
	stopped  map[string]bool // for whose requests
	accepted map[string]bool
	rows     map[string]tdr.Row
}

func (e *engine) StartRequest(context.Context, string, workflows.RequestInput) error { return nil }
func (e *engine) Poke(context.Context, string) error                                 { return nil }

func (e *engine) Command(_ context.Context, request string, input workflows.CommandInput) (workflows.CommandResult, error) {
	return around(e.steps, func() (workflows.CommandResult, error) {
		e.Lock()
		defer e.Unlock()
		if e.stopped[request] {
			return workflows.CommandResult{}, workflows.ErrEngineAway
		}
		open := input.Facts.Gate != nil && input.Facts.Gate.Dispatch != ""
		if !open && !e.accepted[input.Command.ID] {
			return workflows.CommandResult{}, &tdr.Refusal{Code: tdr.GateClosed}
		}
		e.accepted[input.Command.ID] = true
		row := e.rows[request]
		return workflows.CommandResult{Seq: row.Seq, Row: row}, nil
	})
}

func (e *engine) set(request string, stopped bool) {
	e.Lock()
	defer e.Unlock()
	e.stopped[request] = stopped
}

// storeSend keeps a command to send, as the API does before it acts.
func (l *life) storeSend() string { return l.storeSendOn(tdr.ByCourier) }

func (l *life) storeSendOn(channel tdr.Channel) string {
	l.t.Helper()
	return l.storeAct(identity.Send, &tdr.Send{Content: l.state.Package.Approved, Channel: channel})
}

// storeQuestion keeps a command to tell the post that a question waits.
func (l *life) storeQuestion() string {
	l.t.Helper()
	return l.storeAct(identity.RecordContact, &tdr.RecordContact{Fact: &tdr.ContactFact{Direction: tdr.ToPost, Medium: "mail", Channel: tdr.ByNotice}})
}

func (l *life) storeAct(operation identity.Operation, act tdr.Act) string {
	l.t.Helper()
	id := newID()
	input, err := json.Marshal(workflows.CommandInput{Command: tdr.Command{
		ID: id, Actor: tdr.Actor{ID: "officer1", Roles: []tdr.Role{tdr.OfficerRole}}, Act: act,
	}})
	if err != nil {
		l.t.Error(err)
	}
	l.keep(api.NewCommand{ID: id, Operation: string(operation), RequestID: l.state.ID, PersonID: l.person, Input: input})
	return id
}

// storeHold keeps a command to place a hold on the person.
func (l *life) storeHold() string {
	l.t.Helper()
	hold := api.Hold{
		ID: newID(), PersonID: l.person, Scope: "person", Kind: "counsel", Authority: "counsel", Source: "hash", PlacedBy: "counsel1",
	}
	hold.Dated.Year, hold.Dated.Month, hold.Dated.Day = 2026, time.March, 2
	input, err := json.Marshal(struct {
		api.Hold
		Seen []string
	}{hold, []string{l.state.ID}})
	if err != nil {
		l.t.Error(err)
	}
	l.keep(api.NewCommand{ID: hold.ID, Operation: string(identity.PlaceHold), PersonID: l.person, Input: input})
	return hold.ID
}

func (l *life) keep(command api.NewCommand) {
	l.t.Helper()
	command.Principal, command.Fingerprint = "somebody", []byte(command.ID)
	if _, _, err := l.store.Store(context.Background(), command); err != nil {
		l.t.Error(err)
	}
}

// carryOn tries a command again and again, as callers and upkeep do, until it is answered.
func (l *life) carryOn(id string) {
	for range 200 {
		if err := l.carrier.CarryOn(context.Background(), id); err == nil {
			return
		}
	}
	l.t.Errorf("command %s is never answered", id)
}
