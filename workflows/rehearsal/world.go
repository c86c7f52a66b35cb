package rehearsal

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// World is a stand-in for the ports of requests and custody clocks. It is safe
// for concurrent use.
type World struct {
	mu      sync.Mutex
	events  map[string]map[int64]tdr.Event
	rows    map[string]tdr.Row
	notices map[string]tdr.Notice // by key
	poked   []string
	alarms  []activities.Alarm
	filed   []string
	absent  func(key string) bool
	legal   activities.LegalHistory
	renewed [2]calendar.Slice

	fail   func(method string) error
	nobody func(level int) bool
}

// NewWorld is empty.
func NewWorld() *World {
	return &World{events: map[string]map[int64]tdr.Event{}, rows: map[string]tdr.Row{}, notices: map[string]tdr.Notice{}}
}

// Now is real time, as the mailboxes of a rehearsal see it.
func (w *World) Now() time.Time { return time.Now() }

func (w *World) failing(method string) error {
	if w.fail == nil {
		return nil
	}
	return w.fail(method)
}

// SetFail sets what decides whether a call fails; it is given the port's method.
func (w *World) SetFail(fail func(method string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = fail
}

// SetNobody sets what tells the levels of the ladder that have no addressee.
func (w *World) SetNobody(nobody func(level int) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nobody = nobody
}

// Record keeps events by seq, as PostgreSQL does.
func (w *World) Record(_ context.Context, recording activities.Recording) (activities.Recorded, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.failing("Record"); err != nil {
		return activities.Recorded{}, err
	}
	kept := w.events[recording.RequestID]
	if kept == nil {
		kept = map[int64]tdr.Event{}
		w.events[recording.RequestID] = kept
	}
	for _, event := range recording.Events {
		if known, ok := kept[event.Seq]; ok && !reflect.DeepEqual(known, event) {
			return activities.Recorded{}, activities.ErrSeqConflict
		}
	}
	for _, event := range recording.Events {
		kept[event.Seq] = event
	}
	if known := w.rows[recording.RequestID].Seq; recording.Row.Seq > known || recording.Anew && recording.Row.Seq == known {
		w.rows[recording.RequestID] = recording.Row
	}
	return w.file(recording.Notices), nil
}

func (w *World) file(notices []tdr.Notice) activities.Recorded {
	var recorded activities.Recorded
	for _, notice := range notices {
		if w.nobody != nil && w.nobody(notice.Level) {
			recorded.Unaddressed = append(recorded.Unaddressed, notice)
		} else if _, filed := w.notices[notice.Key]; !filed {
			recorded.Poke = append(recorded.Poke, Officer)
		}
		w.notices[notice.Key] = notice
	}
	return recorded
}

// Events are those on record of a request, by seq.
func (w *World) Events(request string) []tdr.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var events []tdr.Event
	for _, event := range w.events[request] {
		events = append(events, event)
	}
	slices.SortFunc(events, func(a, b tdr.Event) int { return int(a.Seq - b.Seq) })
	return events
}

// Row is the read model of a request.
func (w *World) Row(request string) tdr.Row {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rows[request]
}

// Notices are all that were filed, by key.
func (w *World) Notices() []tdr.Notice {
	w.mu.Lock()
	defer w.mu.Unlock()
	var notices []tdr.Notice
	for _, notice := range w.notices {
		notices = append(notices, notice)
	}
	slices.SortFunc(notices, func(a, b tdr.Notice) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return notices
}

// Poke counts.
func (w *World) Poke(_ context.Context, recipient string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.poked = append(w.poked, recipient)
	return w.failing("Poke")
}

// Poked lists the pokes, in order.
func (w *World) Poked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.poked)
}

// Alarm keeps a finding.
func (w *World) Alarm(_ context.Context, kind, requestID, personID string, detail map[string]any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alarms = append(w.alarms, activities.Alarm{Kind: kind, RequestID: requestID, PersonID: personID, Detail: detail})
	return w.failing("Alarm")
}

// Alarms lists the findings, in order.
func (w *World) Alarms() []activities.Alarm {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.alarms)
}

// Renew sets the calendars that Renewed answers with.
func (w *World) Renew(office, post calendar.Slice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renewed = [2]calendar.Slice{office, post}
}

// Renewed answers with the calendars that were set.
func (w *World) Renewed(context.Context, string, string, time.Time) (office, post calendar.Slice, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.renewed[0], w.renewed[1], w.failing("Renewed")
}

// SetLegal sets the legal history of the one person.
func (w *World) SetLegal(history activities.LegalHistory) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.legal = history
}

// LegalHistory answers with the history that was set.
func (w *World) LegalHistory(context.Context, string) (activities.LegalHistory, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.legal, w.failing("LegalHistory")
}

// FileMilestones keeps the keys, each once.
func (w *World) FileMilestones(_ context.Context, _ string, keys []string) (activities.Recorded, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.failing("FileMilestones"); err != nil {
		return activities.Recorded{}, err
	}
	recorded := activities.Recorded{Poke: []string{"custody-unit"}}
	for _, key := range keys {
		switch {
		case w.absent != nil && w.absent(key):
			recorded.Absent = append(recorded.Absent, key)
		case !slices.Contains(w.filed, key):
			w.filed = append(w.filed, key)
		}
	}
	return recorded, nil
}

// SetAbsent has the record lack duties.
func (w *World) SetAbsent(absent func(key string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.absent = absent
}

// Filed lists the duties filed, in order.
func (w *World) Filed() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.filed)
}
