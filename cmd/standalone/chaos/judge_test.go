package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// forge makes the evidence of lives that went well, one of each script.
func forge() Evidence {
	evidence := Evidence{Served: map[string]Served{}}
	for slot, script := range Scripts() {
		forgeLife(&evidence, slot, script)
	}
	return evidence
}

func forgeLife(evidence *Evidence, slot int, script Script) {
	number, request, code := slot+1, fmt.Sprintf("request-%d", slot), fmt.Sprintf("TD-AAAAA%d", slot)
	note := func(entry Entry) {
		entry.Life, entry.At = number, time.Date(2026, 3, 2, 12, 0, len(evidence.Diary), 0, time.UTC)
		evidence.Diary = append(evidence.Diary, entry)
	}
	var events []json.RawMessage
	happen := func(kind tdr.Type, command, actor string, data string) json.RawMessage {
		raw := json.RawMessage(fmt.Sprintf(`{"seq":%d,"type":%q,"command_id":%q,"actor":{"id":%q},"data":%s}`, len(events)+1, kind, command, actor, data))
		events = append(events, raw)
		return raw
	}
	note(Entry{Kind: Begun, Script: script.Name, Slot: slot})
	for i, step := range script.Steps {
		if step.Told {
			happen(tdr.EscalationOpenedType, "", "system", `{"level":0}`)
			happen(tdr.EscalationOpenedType, "", "system", `{"level":1}`)
			for _, demand := range demands(slot) {
				arrive(evidence, demand.recipient, code, demand.level, "")
			}
		}
		command, who := fmt.Sprintf("command-%d-%d", slot, i), cast.Who(step.By, slot)
		raw := happen(step.Fact, command, who, "{}")
		entry := Entry{Command: command, Operation: string(step.Name), Principal: who, Request: request}
		entry.Kind = Asked
		note(entry)
		lost := entry
		lost.Kind, lost.Status = Lost, 503
		note(lost)
		note(entry)
		entry.Kind, entry.Status, entry.Body = Answered, 200, json.RawMessage(fmt.Sprintf(`{"events":[%s]}`, raw))
		note(entry)
		evidence.Again = append(evidence.Again, entry)
		seen, _ := json.Marshal(events)
		note(Entry{Kind: Read, Request: request, Body: seen})
		if step.Contested {
			tell(evidence, code+": a package comes to you", "")
			arrived := int64(len(evidence.Arrivals))
			tell(evidence, "2 notices about our packages", code+": package asked back\n")
			body, _ := json.Marshal(Contest{Send: command, Status: 200, Named: true, Late: 409, Answered: arrived, Lifting: arrived + 1})
			note(Entry{Kind: Contested, Request: request, Body: body})
		}
	}
	note(Entry{Kind: Ended, Request: request})
	evidence.Served[request] = Served{Code: code, Stage: tdr.Closed, Outcome: script.Outcome, Seq: int64(len(events)), Events: events}
}

func arrive(evidence *Evidence, recipient, code string, level int, extra string) {
	seq := int64(len(evidence.Arrivals) + 1)
	message := fmt.Sprintf("message-%d", seq)
	evidence.Arrivals = append(evidence.Arrivals, maildrop.Arrival{
		Seq: seq, Outcome: maildrop.Accepted, MessageID: message, Mails: []maildrop.Mail{{
			Seq: seq, MessageID: message, To: []string{recipient}, Subject: code + ": follow up",
			Text: fmt.Sprintf("%s\nWaiting 1 day. Level %d\nof 6.", extra, level),
		}},
	})
}

func TestHonestEvidenceIsAccepted(t *testing.T) {
	evidence := forge()
	verdict := Judge(evidence)
	for _, fault := range verdict.Faults {
		t.Error(fault)
	}
	if verdict.Lives != len(Scripts()) || verdict.Mails != len(evidence.Arrivals) || verdict.Commands != len(evidence.Again) {
		t.Errorf("looked at %+v", verdict)
	}
}

// issued is the first life of the forged evidence, the one with mails.
const issued = "request-0"

// change replaces what is served of a request.
func (e *Evidence) change(request string, edit func(*Served)) {
	served := e.Served[request]
	served.Events = slices.Clone(served.Events)
	edit(&served)
	e.Served[request] = served
}

func (e *Evidence) edit(kind string, life int, edit func(*Entry)) {
	for i := range e.Diary {
		if e.Diary[i].Kind == kind && e.Diary[i].Life == life {
			edit(&e.Diary[i])
			return
		}
	}
}

func renumber(events []json.RawMessage) []json.RawMessage {
	for i, raw := range events {
		var fields map[string]any
		if json.Unmarshal(raw, &fields) == nil {
			fields["seq"] = i + 1
			events[i], _ = json.Marshal(fields)
		}
	}
	return events
}

func with(raw json.RawMessage, old, new string) json.RawMessage {
	return json.RawMessage(strings.Replace(string(raw), old, new, 1))
}

func TestEveryViolationIsSeen(t *testing.T) {
	officer, supervisor := cast.Address(cast.Officer(0)), cast.Address(cast.Supervisor(0))
	violations := map[string]struct {
		forge func(*Evidence)
		says  string
	}{
		"an accepted command is lost": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events = renumber(slices.Delete(s.Events, 1, 2)); s.Seq-- })
		}, "is lost"},
		"a command happens twice": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events = renumber(append(s.Events, s.Events[len(s.Events)-1])); s.Seq++ })
		}, "happened 2 times"},
		"a command happens that nobody gave": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events[2] = with(s.Events[2], "command-0-2", "command-9-9") })
		}, "which nobody gave"},
		"a command is put down to somebody else": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events[2] = with(s.Events[2], cast.Supervisor(0), cast.Officer(0)) })
		}, "asked for it"},
		"a command brings another event": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events[2] = with(s.Events[2], `"approved"`, `"returned"`) })
		}, "brought returned"},
		"two commands change places": {func(e *Evidence) {
			e.change(issued, func(s *Served) {
				s.Events[1], s.Events[2] = s.Events[2], s.Events[1]
				s.Events = renumber(s.Events)
			})
		}, "another order"},
		"a seq is missing": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events = slices.Delete(s.Events, 4, 5) })
		}, "at place 5"},
		"the request is ahead of its events": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Seq++ })
		}, "events"},
		"an event changes after it was told": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events[0] = with(s.Events[0], `"data":{}`, `"data":{"x":1}`) })
		}, "told of another event at seq 1"},
		"an event of the machine changes after it was read": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events[4] = with(s.Events[4], `"data":{`, `"data":{"x":1,`) })
		}, "a read at"},
		"an event that was read is gone": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Events = s.Events[:len(s.Events)-1]; s.Seq-- })
		}, "told of another event"},
		"an answer tells of no event": {func(e *Evidence) {
			e.edit(Answered, 1, func(entry *Entry) { entry.Body = json.RawMessage(`{"events":[]}`) })
		}, "tells of no event"},
		"a read has an event twice": {func(e *Evidence) {
			e.edit(Read, 1, func(entry *Entry) {
				var events []json.RawMessage
				_ = json.Unmarshal(entry.Body, &events)
				entry.Body, _ = json.Marshal(append(events, events[0]))
			})
		}, "behind 1"},
		"a life is left open": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Stage = tdr.TravelReady; s.Outcome = "" })
		}, "ended travel_ready"},
		"a life ends otherwise": {func(e *Evidence) {
			e.change(issued, func(s *Served) { s.Outcome = tdr.OutcomeOther })
		}, "want closed/travelled"},
		"a life does not come to its end": {func(e *Evidence) {
			e.Diary = slices.DeleteFunc(e.Diary, func(entry Entry) bool { return entry.Kind == Ended && entry.Life == 1 })
		}, "did not come to its end"},
		"a command is never answered": {func(e *Evidence) {
			e.Diary = slices.DeleteFunc(e.Diary, func(entry Entry) bool { return entry.Kind == Answered && entry.Command == "command-0-3" })
		}, "never answered"},
		"a command is refused": {func(e *Evidence) {
			e.edit(Answered, 1, func(entry *Entry) { entry.Status = 412 })
		}, "was refused with 412"},
		"a defect is answered": {func(e *Evidence) {
			e.edit(Lost, 1, func(entry *Entry) { entry.Status = 500 })
		}, "was answered 500"},
		"a request is not served": {func(e *Evidence) { delete(e.Served, issued) }, "is not served"},
		"an opening was carried out twice": {func(e *Evidence) {
			e.Served["request-9"] = Served{Stage: tdr.Assembling}
		}, "belongs to no life"},
		"a repeated key is answered otherwise": {func(e *Evidence) {
			e.Again[3].Body = json.RawMessage(`{"events":[{}]}`)
		}, "and again"},
		"a repeated key is not asked": {func(e *Evidence) { e.Again = e.Again[1:] }, "was not asked again"},
		"a mail arrives twice": {func(e *Evidence) {
			twice := e.Arrivals[0]
			twice.Seq = int64(len(e.Arrivals) + 1)
			e.Arrivals = append(e.Arrivals, twice)
		}, `message "message-1" arrived`},
		"a mail arrives again as another message": {func(e *Evidence) {
			arrive(e, supervisor, "TD-AAAAA0", 1, "")
		}, "got 2 mails of level 1"},
		"a repeat arrives twice": {func(e *Evidence) {
			arrive(e, supervisor, "TD-AAAAA0", 1, repeatSentence)
			arrive(e, supervisor, "TD-AAAAA0", 1, repeatSentence)
		}, "got 2 repeats"},
		"a mail is about a level that never opened": {func(e *Evidence) {
			arrive(e, officer, "TD-AAAAA0", 2, "")
		}, "which never opened"},
		"a mail goes to somebody else": {func(e *Evidence) {
			arrive(e, cast.Address(cast.Officer(1)), "TD-AAAAA0", 1, "")
		}, "went to " + cast.Address(cast.Officer(1))},
		"a mail is about nobody": {func(e *Evidence) { arrive(e, officer, "TD-ZZZZZZ", 1, "") }, "which is nobody's"},
		"a mail never arrives": {func(e *Evidence) {
			e.Arrivals[2].Outcome, e.Arrivals[2].Mails = maildrop.Refused, nil
		}, "never got the mail of level 1"},
		"an arrival is missing from the files": {func(e *Evidence) { e.Arrivals = e.Arrivals[1:] }, "at place 1"},
		"a mail says nothing":                  {func(e *Evidence) { e.Arrivals[0].Mails[0].Subject = "Hello" }, "asks nothing"},
	}
	for name, violation := range violations {
		evidence := forge()
		violation.forge(&evidence)
		verdict := Judge(evidence)
		if !slices.ContainsFunc(verdict.Faults, func(fault string) bool { return strings.Contains(fault, violation.says) }) {
			t.Errorf("%s: found only %q", name, verdict.Faults)
		}
	}
}

// What is allowed must not be called a violation, or the judge proves nothing.
func TestWhatMayHappenIsNoViolation(t *testing.T) {
	allowed := map[string]func(*Evidence){
		"a mail is repeated and says so": func(e *Evidence) {
			arrive(e, cast.Address(cast.Supervisor(0)), "TD-AAAAA0", 1, repeatSentence)
		},
		"only the repeat of a mail arrives": func(e *Evidence) { e.Arrivals[2].Mails[0].Text += repeatSentence },
		"several asks in one mail": func(e *Evidence) {
			bundle := &e.Arrivals[1]
			bundle.Mails[0].Subject = "2 need you: 0 overdue, 2 this week"
			bundle.Mails[0].Text = "TD-AAAAA0: level 0 of 6, by today\nTD-AAAAA0: level 1 of 6, by today\n"
			e.Arrivals[0].Mails, e.Arrivals[0].Outcome = nil, maildrop.Hung
		},
		"a mail is moot because its reader went on": func(e *Evidence) {
			e.Arrivals[2].Outcome, e.Arrivals[2].Mails = maildrop.Refused, nil
			e.Diary = append(e.Diary, Entry{Kind: Impatient, Life: 1, Request: issued})
		},
		"no answer, and one that says later": func(e *Evidence) {
			e.edit(Lost, 1, func(entry *Entry) { entry.Status = 0 })
			e.edit(Lost, 2, func(entry *Entry) { entry.Status = 202 })
		},
	}
	for name, change := range allowed {
		evidence := forge()
		change(&evidence)
		for _, fault := range Judge(evidence).Faults {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

func TestStrikesReachEverything(t *testing.T) {
	struck := map[string]int{}
	for _, kind := range targets() {
		for _, target := range kind {
			struck[target]++
		}
	}
	for _, target := range []string{API, Worker, Engine, Maildrop, Identity, Postgres, Server, Backend} {
		if struck[target] == 0 {
			t.Errorf("%s is never struck", target)
		}
	}
	if len(targets()) > leastKills {
		t.Errorf("%d kinds of strikes do not fit into %d", len(targets()), leastKills)
	}
}
