package store_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
	"github.com/traveldoc/traveldoc/internal/mail"
	"github.com/traveldoc/traveldoc/internal/store"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

const officer = "person/officer1"

func (w *world) ledger() store.Ledger {
	return w.store.Ledger(store.Letterhead{
		Renderer: store.RenderFunc(mail.Render), PublicURL: "https://traveldoc.example", Desk: "ERO TD desk",
		Country: func(string) string { return "Ghana" },
	})
}

func (w *world) collect(recipient string) []activities.Envelope {
	w.t.Helper()
	envelopes, err := w.ledger().Collect(w.t.Context(), recipient)
	if err != nil {
		w.t.Fatal(err)
	}
	return envelopes
}

func (w *world) sending(id string) {
	w.t.Helper()
	if taken, err := w.ledger().Sending(w.t.Context(), id); err != nil || !taken {
		w.t.Fatalf("sending %s: %v, %v", id, taken, err)
	}
}

func (w *world) settle(id string, outcome activities.Outcome, code string) {
	w.t.Helper()
	w.sending(id)
	if err := w.ledger().Settle(w.t.Context(), id, outcome, code); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) status(id string) string {
	w.t.Helper()
	return one[string](w, "SELECT status FROM messages WHERE message_id = $1", id)
}

// reminded is a request whose first reminder waits for the officer.
func (w *world) reminded() *life {
	w.t.Helper()
	l := w.sent()
	l.until(w.clock.Now().Add(5 * 24 * time.Hour))
	l.record(4)
	return l
}

func TestOneMailForAllThatWaits(t *testing.T) {
	w := newWorld(t)
	first := w.reminded()
	w.clock.set(monday)
	second := w.reminded()
	envelopes := w.collect(officer)
	if len(envelopes) != 1 || envelopes[0].To != "officer1@bos.example" {
		t.Fatalf("envelopes %+v", envelopes)
	}
	for _, l := range []*life{first, second} {
		if !strings.Contains(envelopes[0].Text, l.intake.Open.PublicCode) {
			t.Errorf("the mail does not name %s:\n%s", l.intake.Open.PublicCode, envelopes[0].Text)
		}
	}
	token := one[string](w, "SELECT token FROM messages")
	if !strings.Contains(envelopes[0].Text, "https://traveldoc.example/a/"+token) || len(token) != 22 {
		t.Errorf("the mail does not link to %s:\n%s", token, envelopes[0].Text)
	}
	again := w.collect(officer)
	if len(again) != 1 || again[0] != envelopes[0] {
		t.Errorf("handed out again it is\n%+v\nand was\n%+v", again, envelopes)
	}
	link, err := w.store.MailLink(t.Context(), token)
	if err != nil || len(link.Items) < 2 {
		t.Errorf("link leads to %+v, %v", link, err)
	}
	w.settle(envelopes[0].MessageID, activities.Accepted, "provider-1")
	if left := w.collect(officer); len(left) != 0 {
		t.Errorf("after sending %+v", left)
	}
	if n := w.count("notices WHERE recipient = $1 AND status <> 'sent'", officer); n != 0 {
		t.Errorf("%d notices are not sent", n)
	}
}

func TestMootNoticesAreDropped(t *testing.T) {
	w := newWorld(t)
	l := w.reminded()
	l.act(tdr.WithdrawName)
	l.record(l.state.Seq - 1)
	if envelopes := w.collect(officer); len(envelopes) != 0 {
		t.Errorf("of a closed request: %+v", envelopes)
	}
	if n := w.count("notices WHERE status = 'moot'"); n == 0 {
		t.Error("no notice is moot")
	}
}

func TestAcknowledgedIsNotAskedAgain(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	for l.state.Ladder.Level() < 1 {
		l.until(w.clock.Now().Add(24 * time.Hour))
	}
	l.record(4)
	l.act(tdr.AcknowledgeEscalationName)
	l.record(l.state.Seq - 1)
	w.collect("person/supervisor1")
	level := "notices WHERE recipient = 'person/supervisor1' AND level = 1 AND status = "
	if moot, sent := w.count(level+"'moot'"), w.count(level+"'bundled'"); moot != 1 || sent != 0 {
		t.Errorf("%d moot, %d bundled", moot, sent)
	}
}

func TestMoreThanABundleIsCounted(t *testing.T) {
	w := newWorld(t)
	for range mail.MaxBundle + 3 {
		w.clock.set(monday)
		w.reminded()
	}
	envelopes := w.collect(officer)
	if len(envelopes) != 1 || !strings.Contains(envelopes[0].Text, "Ghana") || strings.Contains(envelopes[0].Text, "TD-") {
		t.Fatalf("envelopes %+v", envelopes)
	}
	if kind := one[string](w, "SELECT kind FROM messages"); kind != "digest" {
		t.Errorf("the ledger calls it %s", kind)
	}
}

// Notices are filed while mailboxes are collected: each is in exactly one
// message, and whatever waits at the end has a poke outstanding.
func TestFiledAndCollectedAtOnce(t *testing.T) {
	w := newWorld(t)
	var lives []*life
	for range 10 {
		lives = append(lives, w.sent())
	}
	for _, l := range lives {
		l.until(monday.Add(20 * 24 * time.Hour))
	}
	var filing, collecting sync.WaitGroup
	pokes := make(chan string, 1000)
	for _, l := range lives {
		filing.Add(1)
		go func() {
			defer filing.Done()
			for seq := int64(5); seq <= l.state.Seq; seq++ {
				part := l.after(4)
				part.Events = part.Events[:seq-4]
				part.Notices = tdr.Notices(tdr.Fold(l.state.Log[:seq]), seq-1)
				recorded, err := w.store.Record(t.Context(), part)
				if err != nil {
					t.Error(err)
				}
				for _, recipient := range recorded.Poke {
					pokes <- recipient
				}
			}
		}()
	}
	for range 4 {
		collecting.Add(1)
		go func() {
			defer collecting.Done()
			for recipient := range pokes {
				if _, err := w.ledger().Collect(t.Context(), recipient); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	filing.Wait()
	close(pokes)
	collecting.Wait()
	if n := w.count("notices n JOIN mailboxes m USING (recipient) WHERE n.status = 'waiting' AND m.poked_at IS NULL"); n != 0 {
		t.Errorf("%d notices wait and nobody is poked", n)
	}
	if n := w.count("notices WHERE status = 'waiting'"); n != 0 {
		t.Errorf("%d notices wait although every poke was followed", n)
	}
	if n := w.count("notices WHERE status = 'bundled' AND message_id IS NULL"); n != 0 {
		t.Errorf("%d notices are in no message", n)
	}
	if n := w.count("notices"); n < 20 {
		t.Errorf("only %d notices", n)
	}
}

func TestOneSends(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	id := w.collect(officer)[0].MessageID
	var work sync.WaitGroup
	taken := make(chan bool, 8)
	for range 8 {
		work.Add(1)
		go func() {
			defer work.Done()
			mine, err := w.ledger().Sending(t.Context(), id)
			if err != nil {
				t.Error(err)
			}
			taken <- mine
		}()
	}
	work.Wait()
	close(taken)
	times := 0
	for mine := range taken {
		if mine {
			times++
		}
	}
	if times != 1 {
		t.Errorf("%d send", times)
	}
	if left := w.collect(officer); len(left) != 0 {
		t.Errorf("while sending: %+v", left)
	}
	if err := w.ledger().Settle(t.Context(), id, activities.NotSent, "busy"); err != nil {
		t.Fatal(err)
	}
	if left := w.collect(officer); len(left) != 1 || left[0].MessageID != id {
		t.Errorf("what was certainly not sent: %+v", left)
	}
}

func TestALostAnswerIsRepeatedOnce(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	began := w.clock.Now()
	const wait = 30 * time.Minute
	id := w.collect(officer)[0].MessageID
	w.settle(id, activities.Unknown, "timeout")
	repeats, next, err := w.ledger().Unsettled(t.Context(), officer, wait)
	if err != nil || len(repeats) != 0 || !next.Equal(began.Add(wait)) {
		t.Fatalf("too soon: %+v, next %v, %v", repeats, next, err)
	}
	w.clock.set(began.Add(wait))
	repeats, _, err = w.ledger().Unsettled(t.Context(), officer, wait)
	if err != nil || len(repeats) != 1 || !repeats[0].Repeat || repeats[0].MessageID == id {
		t.Fatalf("repeats %+v, %v", repeats, err)
	}
	if left := w.collect(officer); len(left) != 1 || left[0] != repeats[0] {
		t.Errorf("the repeat handed out again: %+v, was %+v", left, repeats)
	}
	for _, token := range []string{"repeat_of IS NULL", "repeat_of IS NOT NULL"} {
		link, err := w.store.MailLink(t.Context(), one[string](w, "SELECT token FROM messages WHERE "+token))
		if err != nil || len(link.Items) == 0 {
			t.Errorf("link of the message that %s leads to %+v, %v", token, link, err)
		}
	}
	w.settle(repeats[0].MessageID, activities.Unknown, "timeout")
	w.clock.set(began.Add(3 * wait))
	repeats, next, err = w.ledger().Unsettled(t.Context(), officer, wait)
	if err != nil || len(repeats) != 0 || !next.IsZero() {
		t.Errorf("repeated twice: %+v, next %v, %v", repeats, next, err)
	}
}

// Whoever sent it died before settling it.
func TestWhatWasLeftSendingIsUnknown(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	id := w.collect(officer)[0].MessageID
	if taken, _ := w.ledger().Sending(t.Context(), id); !taken {
		t.Fatal("not taken")
	}
	w.clock.set(w.clock.Now().Add(time.Hour))
	var work sync.WaitGroup
	repeated := make(chan int, 4)
	for range 4 {
		work.Add(1)
		go func() {
			defer work.Done()
			repeats, _, err := w.ledger().Unsettled(t.Context(), officer, 30*time.Minute)
			if err != nil {
				t.Error(err)
			}
			repeated <- len(repeats)
		}()
	}
	work.Wait()
	close(repeated)
	total := 0
	for n := range repeated {
		total += n
	}
	if total != 1 || w.status(id) != "unknown" {
		t.Errorf("repeated %d times, the first is %s", total, w.status(id))
	}
}

func report(kind, message string) api.MailEvent {
	return api.MailEvent{Key: kind + message, MessageID: message, Kind: kind, At: monday, Reason: "mailbox_unavailable"}
}

func (w *world) report(events ...api.MailEvent) {
	w.t.Helper()
	if err := w.store.RecordMailEvents(w.t.Context(), events); err != nil {
		w.t.Fatal(err)
	}
}

func TestALateReportSettlesWhatWasUnknown(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	id := w.collect(officer)[0].MessageID
	w.settle(id, activities.Unknown, "timeout")
	w.report(report("processed", id))
	if w.status(id) != "accepted" {
		t.Errorf("message is %s", w.status(id))
	}
	w.clock.set(w.clock.Now().Add(time.Hour))
	if repeats, _, _ := w.ledger().Unsettled(t.Context(), officer, 30*time.Minute); len(repeats) != 0 {
		t.Errorf("repeated %+v", repeats)
	}
	w.report(report("delivered", id), report("processed", id))
	if w.status(id) != "delivered" {
		t.Errorf("message is %s", w.status(id))
	}
	if n := w.count("notices WHERE recipient = $1 AND status <> 'sent'", officer); n != 0 {
		t.Errorf("%d notices are not sent", n)
	}
}

func TestAReportThatComesBeforeTheAnswerStands(t *testing.T) {
	w := newWorld(t)
	w.reminded()
	id := w.collect(officer)[0].MessageID
	if taken, _ := w.ledger().Sending(t.Context(), id); !taken {
		t.Fatal("not taken")
	}
	w.report(report("delivered", id))
	if err := w.ledger().Settle(t.Context(), id, activities.Accepted, "provider-1"); err != nil {
		t.Fatal(err)
	}
	if w.status(id) != "delivered" {
		t.Errorf("message is %s", w.status(id))
	}
	late := report("bounce", "")
	late.SentID = "provider-1"
	w.report(late)
	if w.status(id) != "bounced" {
		t.Errorf("after a bounce that names the provider's id alone: %s", w.status(id))
	}
}

// Level 1 is the officer and the supervisor: it can't be reached once both bounce.
func TestABounceMovesTheChainOn(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	for l.state.Ladder.Level() < 1 {
		l.until(w.clock.Now().Add(24 * time.Hour))
	}
	l.record(4)
	bounce := func(recipient string) {
		id := w.collect(recipient)[0].MessageID
		w.settle(id, activities.Accepted, "")
		w.report(report("bounce", id), report("bounce", id))
	}
	signals := func(name string) []activities.Signal {
		all, err := w.store.Outbox(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		var found []activities.Signal
		for _, signal := range all {
			if signal.Name == name && signal.WorkflowID == "request/"+l.id {
				found = append(found, signal)
			}
		}
		return found
	}
	bounce("person/supervisor1")
	if found := signals("MailBounced"); len(found) != 1 {
		t.Errorf("told of %d bounces", len(found))
	}
	if found := signals("LevelUnreachable"); len(found) != 0 {
		t.Errorf("the officer can still be reached: %+v", found)
	}
	bounce(officer)
	levels := map[int]tdr.LevelUnreachable{}
	for _, signal := range signals("LevelUnreachable") {
		var fact tdr.LevelUnreachable
		if err := json.Unmarshal(signal.Payload, &fact); err != nil {
			t.Fatal(err)
		}
		levels[fact.Level] = fact
		l.receive(&fact)
	}
	open, _ := l.state.Ladder.Open(1)
	if levels[1].Escalation != open.ID || levels[1].Cause != "bounced" || open.Unreachable.IsZero() {
		t.Errorf("unreachable: %+v; level 1 is %+v", levels, open)
	}
	var fact tdr.MailBounced
	if err := json.Unmarshal(signals("MailBounced")[0].Payload, &fact); err != nil || fact.Recipient != "person/supervisor1" {
		t.Errorf("bounce %+v, %v", fact, err)
	}
}

func TestAMailAboutABounceMakesNoOther(t *testing.T) {
	w := newWorld(t)
	l := w.sent()
	l.receive(&tdr.MailBounced{Notice: "n", Recipient: "person/supervisor1"})
	l.record(4)
	id := w.collect(officer)[0].MessageID
	w.settle(id, activities.Rejected, "recipient")
	if n := w.count("outbox WHERE signal = 'MailBounced'"); n != 0 {
		t.Errorf("%d further bounces", n)
	}
	if n := w.count("alarms WHERE kind = 'mail_undeliverable'"); n != 1 || w.status(id) != "rejected" {
		t.Errorf("%d alarms, message is %s", n, w.status(id))
	}
}

func TestWhoLeftTheDirectoryCannotBeReached(t *testing.T) {
	w := newWorld(t)
	l := w.reminded()
	w.people.snapshot = nobody(t)
	if envelopes := w.collect(officer); len(envelopes) != 0 {
		t.Errorf("envelopes %+v", envelopes)
	}
	if n := w.count("outbox WHERE workflow_id = $1 AND signal = 'LevelUnreachable'", "request/"+l.id); n != 1 {
		t.Errorf("%d levels unreachable", n)
	}
}

func TestReportsOfOthersAreDropped(t *testing.T) {
	w := newWorld(t)
	w.report(report("bounce", newID()), report("bounce", "no id"), report("bounce", ""))
	if n := w.count("mail_events"); n != 0 {
		t.Errorf("%d events kept", n)
	}
}
