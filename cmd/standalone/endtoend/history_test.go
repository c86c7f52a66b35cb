package endtoend

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// content is what events of all types say, as far as it matters here.
type content struct {
	Escalation    string `json:"escalation"`
	Trigger       string `json:"trigger"`
	Again         bool   `json:"again"`
	Due           string `json:"due"`
	AcknowledgeBy string `json:"acknowledge_by"`
	R0            string `json:"r0"`
	NextDate      string `json:"next_date"`
	Stage         string `json:"stage"`
	Channel       string `json:"channel"`
	Direction     string `json:"direction"`
	Medium        string `json:"medium"`
	Answered      bool   `json:"answered"`
	Expects       string `json:"expects"`
	By            string `json:"by"`
	From          string `json:"from"`
	To            string `json:"to"`
	Issuer        string `json:"issuer"`
	ValidFrom     string `json:"valid_from"`
	ValidTo       string `json:"valid_to"`
	Alert         string `json:"alert"`
	Outcome       string `json:"outcome"`
	On            string `json:"on"`
	Recall        bool   `json:"recall"`
	What          []string
	At            string   `json:"at"`
	Mode          string   `json:"mode"`
	Result        string   `json:"result"`
	NotANational  bool     `json:"not_a_national"`
	Reasons       []string `json:"reasons"`
	Reason        string   `json:"reason"`
	Post          string   `json:"post"`
	Evidence      string   `json:"evidence"`
	Stops         bool     `json:"stops"`
	Items         []struct{ Item, Reason string }
	Custody       struct {
		Detained  bool   `json:"detained"`
		Suspended bool   `json:"suspended"`
		R0        string `json:"r0"`
	} `json:"custody"`
}

// checkHistory compares the history with the table: type, order, actor, time
// and content, and that no seq is missing.
func (l *life) checkHistory(t *testing.T) {
	t.Helper()
	events := l.events()
	for i, event := range events {
		if event.Seq != int64(i)+1 {
			t.Errorf("%s: event %d has seq %d", l.Code, i+1, event.Seq)
		}
		// A hold is placed or lifted first, and the request hears of it after.
		if event.Type != "hold_changed" && event.OccurredAt != event.RecordedAt {
			t.Errorf("%s: event %d occurred at %s and stands on record since %s", l.Code, event.Seq, event.OccurredAt, event.RecordedAt)
		}
		if i >= len(l.facts) {
			t.Errorf("%s: event %d is not expected: %s", l.Code, event.Seq, l.words(t, event))
			continue
		}
		l.checkFact(t, event, l.facts[i])
	}
	for _, missing := range l.facts[min(len(events), len(l.facts)):] {
		t.Errorf("%s: missing: %v", l.Code, missing)
	}
}

func (l *life) checkFact(t *testing.T, event event, want fact) {
	t.Helper()
	if event.Type != want.kind || event.Actor.ID != want.by || l.summary(t, event) != want.what || !near(event.OccurredAt, instant(t, want.at)) {
		t.Errorf("%s: event %d\n  is   %s\n  want %s %s by %s: %s", l.Code, event.Seq, l.words(t, event), want.at, want.kind, want.by, want.what)
	}
	if person := event.CommandID != ""; person == (want.by == "system") {
		t.Errorf("%s: event %d of %s has the command %q", l.Code, event.Seq, want.by, event.CommandID)
	}
}

func (l *life) words(t *testing.T, event event) string {
	t.Helper()
	return fmt.Sprintf("%s %s by %s: %s", event.OccurredAt.In(boston(t)).Format(layout+":05"), event.Type, event.Actor.ID, l.summary(t, event))
}

// summary puts the content of an event as the tables do.
func (l *life) summary(t *testing.T, event event) string {
	t.Helper()
	var c content
	if err := json.Unmarshal(event.Data, &c); err != nil {
		t.Fatalf("%s: event %d: %v", l.Code, event.Seq, err)
	}
	switch event.Type {
	case "escalation_opened":
		return l.askedWords(c)
	case "escalation_acknowledged":
		return c.Escalation + ", next " + c.NextDate
	case "stage_overdue":
		return c.Stage + ", due " + l.local(c.Due)
	case "contact_recorded":
		return c.Direction + " " + c.Medium + " " + map[bool]string{true: "answered", false: "unanswered"}[c.Answered]
	case "forecast_recorded":
		return c.Expects + " by " + c.By
	case "custody_changed":
		return custodyWords(c.Custody.Detained, c.Custody.Suspended, c.Custody.R0)
	case "hold_changed":
		return map[bool]string{true: "stops", false: "lifted"}[c.Stops]
	case "issued":
		return c.Issuer + " " + c.ValidFrom + " to " + c.ValidTo
	case "validity_alerted":
		return c.Alert + " of " + c.ValidTo
	default:
		return l.otherWords(event.Type, c)
	}
}

func (l *life) otherWords(kind string, c content) string {
	switch kind {
	case "sent":
		return c.Channel
	case "reassigned":
		return c.From + " to " + c.To
	case "returned":
		return c.Items[0].Item + " " + c.Items[0].Reason
	case "information_asked":
		return words(strings.Join(c.What, " "), "by", c.By)
	case "information_answered":
		return "back to " + c.Stage
	case "interview_scheduled":
		return c.Mode + " " + l.local(c.At)
	case "interview_recorded":
		return c.Result
	case "refusal_recorded":
		if c.NotANational {
			return "not_a_national"
		}
		return strings.Join(c.Reasons, " ")
	case "retried":
		return words(c.Post, "with", map[bool]string{true: "evidence"}[c.Evidence != ""])
	case "reissue_begun":
		return c.Reason
	case "closed":
		return words(c.Outcome, "on", c.On) + map[bool]string{true: " recalled"}[c.Recall]
	default:
		return ""
	}
}

func (l *life) askedWords(c content) string {
	text := c.Escalation + " " + c.Trigger
	if c.Again {
		text += " again"
	}
	text += ", due " + l.local(c.Due)
	if c.AcknowledgeBy != "" {
		text += ", answer by " + l.local(c.AcknowledgeBy)
	}
	if c.R0 != "" {
		text += ", R0 " + c.R0
	}
	return text
}

// words joins a text and a value that may be missing.
func words(text, link, value string) string {
	if value == "" {
		return text
	}
	return text + " " + link + " " + value
}
