package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Evidence is all that a verdict is made of. None of it comes from the tables
// of what is judged.
type Evidence struct {
	Diary    []Entry
	Served   map[string]Served // by request id: what the API says in the end
	Again    []Entry           // answers to all commands, sent once more in the end
	Arrivals []maildrop.Arrival
}

// Served is a request as the API serves it.
type Served struct {
	Code    string
	Stage   tdr.Stage
	Outcome tdr.Outcome
	Seq     int64
	Events  []json.RawMessage
}

// Verdict is what was found.
type Verdict struct {
	Faults []string
	// What was looked at, so that nobody takes an empty run for a good one.
	Lives, Commands, Events, Mails, Repeats, Impatient, Attempts int
	// Of the sends that raced with a hold: those that its answer named, those that
	// the post heard of, those of them that the hold asked back, and those that
	// were refused.
	Named, Arrived, Recalled, Refused int
	// Holes are reads in which an event was not yet there whose successor was:
	// two writers record, and one may be late. None may be left in the end.
	Holes   int
	Missing map[tdr.Type]int // what was missing in them
}

func (v *Verdict) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

// event is what the judge reads of an event.
type event struct {
	Seq       int64    `json:"seq"`
	Type      tdr.Type `json:"type"`
	CommandID string   `json:"command_id"`
	Actor     struct {
		ID string `json:"id"`
	} `json:"actor"`
	Data struct {
		Level   int         `json:"level"`
		Outcome tdr.Outcome `json:"outcome"`
	} `json:"data"`
}

// lived is one life with all that is known of it.
type lived struct {
	number    int
	script    Script
	slot      int
	request   string
	asked     map[string]Entry // commands, by key
	answered  []Entry          // final answers, in order
	reads     []Entry
	refused   map[string]bool // commands that raced with a hold
	contests  []Contest
	impatient bool
	ended     bool
}

// Judge holds the evidence against the promises.
func Judge(evidence Evidence) *Verdict {
	verdict := &Verdict{Missing: map[tdr.Type]int{}}
	lives := verdict.gather(evidence.Diary)
	known := map[string]*lived{}
	for _, life := range lives {
		verdict.judgeLife(life, evidence.Served)
		if life.request != "" {
			known[life.request] = life
		}
	}
	for request := range evidence.Served {
		if known[request] == nil {
			verdict.fault("request %s belongs to no life", request)
		}
	}
	verdict.judgeAgain(lives, evidence.Again)
	verdict.judgeMail(lives, evidence)
	verdict.judgeContests(lives, evidence)
	return verdict
}

// gather sorts the diary by lives, and looks at what was answered on the way.
func (v *Verdict) gather(diary []Entry) []*lived {
	byNumber := map[int]*lived{}
	var order []*lived
	for _, entry := range diary {
		life := byNumber[entry.Life]
		if entry.Kind == Begun {
			script, known := FindScript(entry.Script)
			if life != nil || !known {
				v.fault("life %d begins twice or follows no script", entry.Life)
				continue
			}
			life = &lived{number: entry.Life, script: script, slot: entry.Slot, asked: map[string]Entry{}, refused: map[string]bool{}}
			byNumber[entry.Life], order = life, append(order, life)
			continue
		}
		if life == nil {
			v.fault("life %d never began", entry.Life)
			continue
		}
		v.take(life, entry)
	}
	v.Lives = len(order)
	return order
}

func (v *Verdict) take(life *lived, entry Entry) {
	switch entry.Kind {
	case Asked:
		v.Attempts++
		life.asked[entry.Command] = entry
	case Lost:
		// No answer, 202 and 503 are promises kept; any other 5xx is a defect.
		if entry.Status > 500 && entry.Status != 503 || entry.Status == 500 {
			v.fault("life %d: %s was answered %d: %s", life.number, entry.Operation, entry.Status, entry.Said)
		}
	case Answered:
		v.Commands++
		life.answered = append(life.answered, entry)
	case Refused:
		life.refused[entry.Command] = true
	case Contested:
		var contest Contest
		if err := json.Unmarshal(entry.Body, &contest); err != nil {
			v.fault("life %d: a contest can't be read: %v", life.number, err)
		}
		life.contests = append(life.contests, contest)
	case Read:
		life.request = entry.Request
		life.reads = append(life.reads, entry)
	case Impatient:
		v.Impatient++
		life.impatient = true
	case Ended:
		life.ended = true
	default:
		v.fault("life %d: an entry of kind %q", life.number, entry.Kind)
	}
}

func (v *Verdict) judgeLife(life *lived, served map[string]Served) {
	if !life.ended {
		v.fault("life %d (%s, %s) did not come to its end", life.number, life.script.Name, life.request)
	}
	now, known := served[life.request]
	if !known {
		v.fault("life %d: request %q is not served", life.number, life.request)
		return
	}
	if now.Stage != tdr.Closed || now.Outcome != life.script.Outcome {
		v.fault("life %d: request %s ended %s/%s, want closed/%s", life.number, life.request, now.Stage, now.Outcome, life.script.Outcome)
	}
	events := v.history(life, now)
	v.judgeCommands(life, events)
	v.judgeTold(life, now)
}

// history reads what is served, whose seqs have no gap and end where the request says.
func (v *Verdict) history(life *lived, now Served) []event {
	var events []event
	for i, raw := range now.Events {
		var one event
		if err := json.Unmarshal(raw, &one); err != nil {
			v.fault("life %d: event %d can't be read: %v", life.number, i+1, err)
			return nil
		}
		if one.Seq != int64(i+1) {
			v.fault("life %d: request %s has seq %d at place %d", life.number, life.request, one.Seq, i+1)
		}
		events = append(events, one)
	}
	if int64(len(events)) != now.Seq {
		v.fault("life %d: request %s is at seq %d with %d events", life.number, life.request, now.Seq, len(events))
	}
	v.Events += len(events)
	return events
}

// judgeCommands: each accepted command is there exactly once and in the order
// of the script, nothing else is, and who did it is who asked for it.
func (v *Verdict) judgeCommands(life *lived, events []event) {
	brought := map[string][]event{}
	var order []string
	for _, one := range events {
		if one.CommandID == "" || life.refused[one.CommandID] {
			continue // what a refused send brought was taken back: see judgeContests
		}
		asked, known := life.asked[one.CommandID]
		switch {
		case !known:
			v.fault("life %d: event %d is of command %s, which nobody gave", life.number, one.Seq, one.CommandID)
		case asked.Principal != one.Actor.ID:
			v.fault("life %d: event %d is by %s, and %s asked for it", life.number, one.Seq, one.Actor.ID, asked.Principal)
		}
		brought[one.CommandID] = append(brought[one.CommandID], one)
		order = append(order, one.CommandID)
	}
	var accepted []string
	for i, answer := range life.answered {
		found := brought[answer.Command]
		if answer.Status != 200 && answer.Status != 201 {
			v.fault("life %d: %s was refused with %d: %s", life.number, answer.Operation, answer.Status, answer.Body)
			continue
		}
		accepted = append(accepted, answer.Command)
		if len(found) == 0 {
			v.fault("life %d: accepted command %s (%s) is lost", life.number, answer.Operation, answer.Command)
			continue
		}
		if len(found) > 1 {
			v.fault("life %d: command %s (%s) happened %d times", life.number, answer.Operation, answer.Command, len(found))
		}
		if i < len(life.script.Steps) {
			step := life.script.Steps[i]
			if answer.Operation != string(step.Name) || found[0].Type != step.Fact {
				v.fault("life %d: step %d is %s and brought %s, want %s and %s", life.number, i+1, answer.Operation, found[0].Type, step.Name, step.Fact)
			}
		}
	}
	if !slices.Equal(order, accepted) {
		v.fault("life %d: what happened is not what was accepted, or in another order: %v, want %v", life.number, order, accepted)
	}
	if len(life.answered) != len(life.script.Steps) {
		v.fault("life %d: %d commands were answered, want %d", life.number, len(life.answered), len(life.script.Steps))
	}
	answered := map[string]bool{}
	for _, answer := range life.answered {
		answered[answer.Command] = true
	}
	for key, asked := range life.asked {
		if !answered[key] {
			v.fault("life %d: command %s (%s) was never answered", life.number, asked.Operation, key)
		}
	}
}

// judgeTold: whatever was ever told at a seq, in an answer or a read, is what
// is served there in the end.
func (v *Verdict) judgeTold(life *lived, now Served) {
	final := map[int64]string{}
	for i, raw := range now.Events {
		final[int64(i+1)] = canonical(raw)
	}
	for _, answer := range life.answered {
		var change struct {
			Events []json.RawMessage `json:"events"`
		}
		if json.Unmarshal(answer.Body, &change) != nil {
			v.fault("life %d: the answer to %s can't be read", life.number, answer.Operation)
			continue
		}
		if len(change.Events) == 0 {
			v.fault("life %d: the answer to %s tells of no event", life.number, answer.Operation)
		}
		v.compare(life, final, change.Events, "the answer to "+answer.Operation)
	}
	for _, read := range life.reads {
		var events []json.RawMessage
		if json.Unmarshal(read.Body, &events) != nil {
			v.fault("life %d: a read can't be read", life.number)
			continue
		}
		v.compare(life, final, events, "a read at "+read.At.Format(time.RFC3339))
		v.ascending(life, now, events)
	}
}

// ascending: a read is in order and has each event once. What it has not yet is noted.
func (v *Verdict) ascending(life *lived, now Served, events []json.RawMessage) {
	last := int64(0)
	for _, raw := range events {
		seq := seqOf(raw)
		if seq <= last {
			v.fault("life %d: a read has seq %d behind %d", life.number, seq, last)
		}
		for missing := last + 1; missing < seq && missing <= int64(len(now.Events)); missing++ {
			var one event
			_ = json.Unmarshal(now.Events[missing-1], &one) // found unreadable elsewhere
			v.Missing[one.Type]++
		}
		last = max(last, seq)
	}
	if last > int64(len(events)) {
		v.Holes++
	}
}

func (v *Verdict) compare(life *lived, final map[int64]string, told []json.RawMessage, where string) {
	for _, raw := range told {
		seq := seqOf(raw)
		if stands, found := final[seq]; !found || stands != canonical(raw) {
			v.fault("life %d: %s told of another event at seq %d of %s:\n told %s\n is   %s", life.number, where, seq, life.request, canonical(raw), stands)
		}
	}
}

func seqOf(raw json.RawMessage) int64 {
	var one event
	_ = json.Unmarshal(raw, &one) // what can't be read has seq 0, which no event has
	return one.Seq
}

// canonical is an event with its keys in order and no spare space.
func canonical(raw json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "unreadable: " + string(raw)
	}
	written, err := json.Marshal(value)
	if err != nil {
		return "unwritable: " + string(raw)
	}
	return string(written)
}

// judgeAgain: the same key with the same call gets the first answer, byte for byte.
func (v *Verdict) judgeAgain(lives []*lived, again []Entry) {
	first := map[string]Entry{}
	for _, life := range lives {
		for _, answer := range life.answered {
			first[answer.Command] = answer
		}
	}
	for _, answer := range again {
		was, known := first[answer.Command]
		// The space around a JSON text is not kept where an answer is quoted within another.
		same := bytes.Equal(bytes.TrimSpace(was.Body), bytes.TrimSpace(answer.Body))
		if !known || was.Status != answer.Status || was.ETag != answer.ETag || !same {
			v.fault("life %d: %s (%s) was answered %d %s, and again %d %s", answer.Life, answer.Operation, answer.Command,
				was.Status, was.Body, answer.Status, answer.Body)
		}
		delete(first, answer.Command)
	}
	for key, missing := range first {
		v.fault("life %d: %s (%s) was not asked again", missing.Life, missing.Operation, key)
	}
}
