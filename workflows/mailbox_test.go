package workflows_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/workflows"
	"github.com/traveldoc/traveldoc/workflows/rehearsal"
)

// mailbox is a mailbox in the test environment; ledger and workflow share its clock.
type mailbox struct {
	*testing.T
	env  *testsuite.TestWorkflowEnvironment
	mail *rehearsal.Mail
	sent []time.Time
}

type envClock struct {
	env *testsuite.TestWorkflowEnvironment
}

// Now is the environment's time.
func (c envClock) Now() time.Time { return c.env.Now() }

func newMailbox(t *testing.T, answers ...rehearsal.Answer) *mailbox {
	t.Helper()
	s := newStage(t, began)
	clock := envClock{s.env}
	m := &mailbox{T: t, env: s.env, mail: rehearsal.NewMail(clock)}
	m.mail.SetAnswer(func(call int, envelope activities.Envelope) (activities.Outcome, string, time.Duration, error) {
		m.sent = append(m.sent, m.env.Now())
		if call > len(answers) {
			return activities.Accepted, "", 0, nil
		}
		return answers[call-1](call, envelope)
	})
	activities.Set{
		Deliveries: &activities.Deliveries{Ledger: m.mail, Post: m.mail, Clock: clock},
	}.RegisterMail(s.env)
	return m
}

func answering(outcome activities.Outcome, code string, pause time.Duration) rehearsal.Answer {
	return func(int, activities.Envelope) (activities.Outcome, string, time.Duration, error) {
		return outcome, code, pause, nil
	}
}

func (m *mailbox) at(after time.Duration, do func()) { m.env.RegisterDelayedCallback(do, after) }

func (m *mailbox) poke() { m.env.SignalWorkflow(workflows.PokeSignal, nil) }

// run delivers until the mailbox ends.
func (m *mailbox) run() {
	m.Helper()
	m.env.ExecuteWorkflow(workflows.MailboxType, rehearsal.Officer)
	if err := m.env.GetWorkflowError(); err != nil {
		m.Fatalf("the mailbox failed: %v", err)
	}
	if !m.env.IsWorkflowCompleted() {
		m.Fatal("the mailbox did not end")
	}
}

// statuses of the ledger's messages, in order.
func (m *mailbox) statuses() string {
	var all string
	for _, message := range m.mail.Messages() {
		all += message.Status + " "
	}
	return all
}

func (m *mailbox) expect(statuses string, sent ...time.Duration) {
	m.Helper()
	if got := m.statuses(); got != statuses {
		m.Errorf("the ledger holds %s, want %s", got, statuses)
	}
	if len(m.sent) != len(sent) {
		m.Fatalf("handed over at %v, want %d times", m.sent, len(sent))
	}
	for i, at := range m.sent {
		if got := at.Sub(began).Truncate(time.Second); got != sent[i] {
			m.Errorf("handed over the %d. time after %v, want %v", i+1, got, sent[i])
		}
	}
}

func TestMailboxDeliversAndEnds(t *testing.T) {
	m := newMailbox(t)
	m.mail.File()
	m.run()
	m.expect("accepted ", 0)
}

func TestMailboxWithNothingWaitingEnds(t *testing.T) {
	m := newMailbox(t)
	m.run()
	m.expect("")
}

// What is filed while a mail is under way goes out too, without a second workflow.
func TestPokeWhileDelivering(t *testing.T) {
	m := newMailbox(t, nil)
	m.mail.SetAnswer(func(call int, _ activities.Envelope) (activities.Outcome, string, time.Duration, error) {
		m.sent = append(m.sent, m.env.Now())
		if call == 1 {
			m.mail.File()
			m.poke()
		}
		return activities.Accepted, "", 0, nil
	})
	m.mail.File()
	m.run()
	m.expect("accepted accepted ", 0, 0)
}

// A busy provider is waited for exactly as long as it asks.
func TestBusyProviderIsWaitedFor(t *testing.T) {
	m := newMailbox(t, answering(activities.NotSent, "429", 90*time.Second))
	m.mail.File()
	m.run()
	m.expect("accepted ", 0, 90*time.Second)
}

// What the provider did not take is handed over again, later and later, under the same id.
func TestFailingProviderIsTriedAgain(t *testing.T) {
	failing := answering(activities.NotSent, "503", 0)
	m := newMailbox(t, failing, failing, failing)
	m.mail.File()
	m.run()
	m.expect("accepted ", 0, 2*time.Second, 6*time.Second, 14*time.Second)
	for _, envelope := range m.mail.Sent() {
		if envelope.MessageID != "message-1" || envelope.Repeat {
			t.Errorf("handed over as %+v", envelope)
		}
	}
}

func TestRejectionIsFinal(t *testing.T) {
	m := newMailbox(t, answering(activities.Rejected, "recipient", 0))
	m.mail.File()
	m.run()
	m.expect("rejected ", 0)
	if code := m.mail.Messages()[0].Code; code != "recipient" {
		t.Errorf("rejected with %q", code)
	}
}

// A lost answer is waited for half an hour; then the mail is repeated once,
// marked, and never again, whatever becomes of the repeat.
func TestLostAnswerIsRepeatedOnceAndMarked(t *testing.T) {
	lost := answering(activities.Unknown, "timeout", 0)
	m := newMailbox(t, lost, lost)
	m.mail.File()
	m.run()
	m.expect("repeated unknown ", 0, 30*time.Minute)
	sent := m.mail.Sent()
	if sent[0].Repeat || !sent[1].Repeat || sent[0].MessageID == sent[1].MessageID {
		t.Errorf("handed over %+v", sent)
	}
}

// When the webhook tells in time that a mail arrived, it is not repeated.
func TestConfirmedMailIsNotRepeated(t *testing.T) {
	m := newMailbox(t, answering(activities.Unknown, "timeout", 0))
	m.mail.File()
	m.at(29*time.Minute, func() { m.mail.Confirm("message-1") })
	m.run()
	m.expect("accepted ", 0)
}

// News during the wait goes out at once and does not hurry the repeat.
func TestPokeDuringTheWait(t *testing.T) {
	m := newMailbox(t, answering(activities.Unknown, "timeout", 0))
	m.mail.File()
	m.at(10*time.Minute, func() {
		m.mail.File()
		m.poke()
	})
	m.run()
	m.expect("repeated accepted accepted ", 0, 10*time.Minute, 30*time.Minute)
}

// A worker that died between handing over and settling leaves the mail sending.
// Nobody hands it over again before the webhook had its time.
func TestUnsettledMailIsNotHandedOverTwice(t *testing.T) {
	m := newMailbox(t)
	m.mail.File()
	failing := true
	m.mail.FailSettle(func(string) error {
		if failing {
			return errUnreachable
		}
		return nil
	})
	m.at(20*time.Minute, func() { failing = false })
	m.run()
	m.expect("repeated accepted ", 0, 30*time.Minute)
	if sent := m.mail.Sent(); !sent[1].Repeat {
		t.Errorf("the second is not marked: %+v", sent)
	}
}

// An outcome that could not be told is unknown, never taken for not sent.
func TestErrorWithoutOutcomeIsUnknown(t *testing.T) {
	m := newMailbox(t, func(int, activities.Envelope) (activities.Outcome, string, time.Duration, error) {
		return "", "", 0, errUnreachable
	})
	m.mail.File()
	m.run()
	m.expect("repeated accepted ", 0, 30*time.Minute)
}
