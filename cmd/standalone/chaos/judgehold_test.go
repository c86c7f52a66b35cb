package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
)

// tell has a mail arrive at the post.
func tell(evidence *Evidence, subject, text string) {
	seq := int64(len(evidence.Arrivals) + 1)
	message := fmt.Sprintf("message-%d", seq)
	evidence.Arrivals = append(evidence.Arrivals, maildrop.Arrival{
		Seq: seq, Outcome: maildrop.Accepted, MessageID: message,
		Mails: []maildrop.Mail{{Seq: seq, MessageID: message, To: []string{cast.SlotPost(0) + "@xxb.example"}, Subject: subject, Text: text}},
	})
}

// contested edits how the race of the forged life went.
func (e *Evidence) contested(edit func(*Contest)) {
	for i := range e.Diary {
		if e.Diary[i].Kind == Contested {
			var contest Contest
			_ = json.Unmarshal(e.Diary[i].Body, &contest)
			edit(&contest)
			e.Diary[i].Body, _ = json.Marshal(contest)
		}
	}
}

// unheard takes back what the post heard in such words.
func (e *Evidence) unheard(words string) {
	for i, arrival := range e.Arrivals {
		if len(arrival.Mails) > 0 && strings.Contains(arrival.Mails[0].Subject+arrival.Mails[0].Text, words) {
			e.Arrivals[i].Outcome, e.Arrivals[i].Mails = maildrop.Refused, nil
		}
	}
}

func TestEverySendBehindAHoldIsSeen(t *testing.T) {
	heldCode := fmt.Sprintf("TD-AAAAA%d", slices.IndexFunc(Scripts(), func(s Script) bool { return s.Name == held }))
	for name, violation := range map[string]struct {
		forge func(*Evidence)
		says  string
	}{
		"a send begins after the answer": {func(e *Evidence) { e.contested(func(c *Contest) { c.Late = 200 }) }, "began after the hold was answered"},
		"what was sent is not named":     {func(e *Evidence) { e.contested(func(c *Contest) { c.Named = false }) }, "does not name it"},
		"what was refused arrives":       {func(e *Evidence) { e.contested(func(c *Contest) { c.Status = 409 }) }, "was refused, and the post heard"},
		"what arrived is not asked back": {func(e *Evidence) { e.unheard("asked back") }, "never asked back"},
		"a package is told of twice":     {func(e *Evidence) { tell(e, heldCode+": a package comes to you", "") }, "one package left"},
		"no race took place": {func(e *Evidence) {
			e.Diary = slices.DeleteFunc(e.Diary, func(entry Entry) bool { return entry.Kind == Contested })
		}, "0 sends raced"},
	} {
		evidence := forge()
		violation.forge(&evidence)
		verdict := Judge(evidence)
		if !slices.ContainsFunc(verdict.Faults, func(fault string) bool { return strings.Contains(fault, violation.says) }) {
			t.Errorf("%s: found only %q", name, verdict.Faults)
		}
	}
}

// What did not leave is sent once the hold is lifted, and may be told of then.
func TestASendBehindTheLiftingIsNoViolation(t *testing.T) {
	evidence := forge()
	evidence.contested(func(c *Contest) { c.Status, c.Named, c.Lifting = 409, false, c.Answered-1 })
	for _, fault := range Judge(evidence).Faults {
		t.Error(fault)
	}
}
