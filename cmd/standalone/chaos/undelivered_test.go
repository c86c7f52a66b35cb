package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	benchscript "github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// signals are facts that a workflow should have heard of. Two of them have to
// be heard first, for which a round of upkeep is needed that mends nothing yet.
func (r *ruin) signals() []damage {
	r.Helper()
	v, imprisoned := r.raise(14, toReady...), r.raise(21, toReady...)
	r.hold(v)
	clock := workflows.CustodyID(r.detain(imprisoned))
	r.round()
	r.until("the hold is told", func() string { return r.held(v) })
	r.until("the clock runs", func() string { return r.carried(clock) })
	r.atRest() // else what is spoiled next is mended before it was seen
	return []damage{
		{"a hold's signal was delivered and is not known to be", func() func() string {
			r.spoil(1, "UPDATE outbox SET done_at = NULL WHERE workflow_id = $1", workflows.RequestID(v.request))
			return func() string {
				if n := r.count("outbox WHERE done_at IS NULL AND workflow_id = $1", workflows.RequestID(v.request)); n > 0 {
					return "the signal waits"
				}
				return r.held(v)
			}
		}},
		{"a signal was never delivered", func() func() string {
			v := r.raise(15, toReady...)
			payload, err := json.Marshal(tdr.HoldChanged{Hold: newID(), Stops: true, At: r.crowd.Now()})
			if err != nil {
				r.Fatal(err)
			}
			r.spoil(1, "INSERT INTO outbox (workflow_id, signal, payload, created_at) VALUES ($1, $2, $3, $4)",
				workflows.RequestID(v.request), workflows.HoldChangedSignal, payload, r.crowd.Now().Add(-time.Hour))
			return func() string { return r.held(v) }
		}},
		{"a signal is for a workflow that never was", func() func() string {
			r.spoil(1, "INSERT INTO outbox (workflow_id, signal, payload, created_at) VALUES ($1, $2, '{}', $3)",
				workflows.RequestID(newID()), workflows.HoldChangedSignal, r.crowd.Now().Add(-25*time.Hour))
			return func() string { return r.alarmed([]string{"signal_undeliverable"}, "") }
		}},
		{"a detained person has no custody clock", func() func() string {
			r.lose(clock)
			return func() string { return r.carried(clock) }
		}},
	}
}

// detain records that the person of a request is in custody.
func (r *ruin) detain(v *victim) string {
	r.Helper()
	var opened struct {
		Request struct {
			Person string `json:"person_id"`
		} `json:"request"`
	}
	if err := json.Unmarshal(v.answers[0].Body, &opened); err != nil {
		r.Fatal(err)
	}
	for _, kind := range []string{"order_final", "detained"} {
		asked, err := newCommand(v.number, "record_legal_event", cast.Officer(v.slot), "/v1/persons/"+opened.Request.Person+"/legal-events", "", "", map[string]any{
			"kind": kind, "date": calendar.DateOf(r.crowd.Now()).AddDays(-2), "office": cast.Office, "source_type": "court_order", "source": benchscript.Evidence,
		})
		if err != nil {
			r.Fatal(err)
		}
		if answer, err := r.crowd.Caller.Do(r.Context(), asked); err != nil || answer.Status != http.StatusCreated {
			r.Fatalf("%s: %d %s %v", kind, answer.Status, answer.Body, err)
		}
	}
	return opened.Request.Person
}

// mails are what a mailbox left behind when it ended.
func (r *ruin) mails() []damage {
	return []damage{
		{"a mailbox was poked and has no workflow", func() func() string {
			v := r.raise(16, toReady...)
			r.notice(v, "")
			r.spoil(1, "INSERT INTO mailboxes (recipient, poked_at) VALUES ($1, $2)", recipientOf(v), r.crowd.Now().Add(-time.Hour))
			return func() string { return r.mailed(v, false) }
		}},
		{"a mail was claimed and never begun", func() func() string {
			v := r.raise(17, toReady...)
			r.notice(v, r.message(v, "claimed", time.Hour))
			return func() string { return r.mailed(v, false) }
		}},
		{"a mail was left half-way, and its mailbox has no workflow", func() func() string {
			v := r.raise(18, toReady...)
			r.notice(v, r.message(v, "sending", time.Hour))
			return func() string { return r.mailed(v, true) }
		}},
		{"a mail's fate was never learned, and its mailbox has no workflow", func() func() string {
			v := r.raise(19, toReady...)
			r.notice(v, r.message(v, "unknown", time.Hour))
			return func() string { return r.mailed(v, true) }
		}},
		{"a mail was left half-way, and its mailbox was poked", func() func() string {
			v := r.raise(20, toReady...)
			r.notice(v, r.message(v, "sending", time.Hour))
			r.spoil(1, "INSERT INTO mailboxes (recipient, poked_at) VALUES ($1, $2)", recipientOf(v), r.crowd.Now().Add(-time.Hour))
			return func() string { return r.mailed(v, true) }
		}},
	}
}

func recipientOf(v *victim) string { return "person/" + cast.Officer(v.slot) }

func (r *ruin) hold(v *victim) {
	r.Helper()
	asked, err := newCommand(v.number, "place_hold", cast.Officer(v.slot), "/v1/holds", "", "", map[string]any{
		"scope": "request", "request_id": v.request, "kind": "counsel", "source": benchscript.Evidence, "dated": calendar.DateOf(r.crowd.Now()).AddDays(-1),
	})
	if err != nil {
		r.Fatal(err)
	}
	answer, err := r.crowd.Caller.Do(r.Context(), asked)
	if err != nil || answer.Status != http.StatusCreated {
		r.Fatalf("hold: %d %s %v", answer.Status, answer.Body, err)
	}
}

// held: the request knows of its hold, once.
func (r *ruin) held(v *victim) string {
	times := 0
	for _, event := range r.served(v) {
		if strings.Contains(event, `"type":"hold_changed"`) {
			times++
		}
	}
	if times != 1 {
		return fmt.Sprintf("the request heard of the hold %d times", times)
	}
	return ""
}

func (r *ruin) count(from string, arguments ...any) (n int) {
	r.Helper()
	if err := r.owner.QueryRow(r.Context(), "SELECT count(*) FROM "+from, arguments...).Scan(&n); err != nil {
		r.Fatal(err)
	}
	return n
}

// message leaves a message of the officer of a request in a status, since when.
func (r *ruin) message(v *victim, status string, since time.Duration) string {
	r.Helper()
	id, at := newID(), r.crowd.Now().Add(-since)
	var sending any
	if status != "claimed" {
		sending = at
	}
	r.spoil(1, `INSERT INTO messages (message_id, recipient, address, token, kind, subject, status, claimed_at, sending_at)
		VALUES ($1, $2, $3, $4, 'level', 'Example', $5, $6, $7)`,
		id, recipientOf(v), cast.Address(cast.Officer(v.slot)), strings.ReplaceAll(newID(), "-", ""), status, at, sending)
	return id
}

// notice leaves a reminder about a request, waiting or bundled into a message.
func (r *ruin) notice(v *victim, message string) {
	r.Helper()
	var bundled any
	status := "waiting"
	if message != "" {
		bundled, status = message, "bundled"
	}
	key := newID()
	r.spoil(1, `INSERT INTO notices (notice_id, key, filed_under, recipient, request_id, kind, level, escalation, country, data, status, message_id, filed_at)
		VALUES ($1, $2, $2, $3, $4, 'level', 0, '', 'XXB', '{}', $5, $6, $7)`,
		newID(), key, recipientOf(v), v.request, status, bundled, r.crowd.Now().Add(-time.Hour))
}

// mailed: the officer got one mail about the request, marked as a repeat or not.
func (r *ruin) mailed(v *victim, repeat bool) string {
	r.Helper()
	arrivals, err := readLines[maildrop.Arrival](arrivalsOf(r.town))
	if err != nil {
		return err.Error()
	}
	var found []Ask
	for _, arrival := range arrivals {
		asks, err := Asks(arrival)
		if err != nil {
			r.Fatal(err)
		}
		for _, ask := range asks {
			if ask.Code == v.code {
				found = append(found, ask)
			}
		}
	}
	if len(found) != 1 || found[0].Repeat != repeat || found[0].Recipient != cast.Address(cast.Officer(v.slot)) {
		return fmt.Sprintf("arrived: %+v", found)
	}
	return ""
}
