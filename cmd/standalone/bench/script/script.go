// Package script is the standard life that the benchmark measures: a request
// is opened, reviewed, approved, sent and received; the consulate is silent
// until a reminder and an escalation go out; the escalation is acknowledged,
// the document issued, authenticated and used. One table drives both what is
// measured and the floor that it is measured against.
package script

import (
	"cmp"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/playbook/benchpack"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// Country is whose pack counts seconds.
const Country = benchpack.Country

// When silence speaks, counted from the sending, as the bench pack has it.
const (
	ReminderAfter   = 2 * time.Second
	EscalationAfter = 5 * time.Second
)

// What a life leaves besides its commands.
const (
	Timers = 2 // fired: the reminder and the escalation
	Mails  = 3 // the reminder to the officer, the escalation to officer and supervisor
)

// Part is who takes a step.
type Part int

// The parts. An officer alone could not do it: content is approved and a
// document authenticated by another person than the one before.
const (
	Officer Part = iota
	Supervisor
	Liaison
)

// Step is one command of the life.
type Step struct {
	Name tdr.Name
	By   Part
	// At is when the step is meant to be taken, counted from the beginning of the
	// life, where lives are paced by the clock.
	At time.Duration
	// Told steps answer a mail: they wait until reminder and escalation have
	// reached everyone.
	Told bool
}

// Update tells whether the step is an Update of a running workflow; opening starts one.
func (s Step) Update() bool { return s.Name != tdr.OpenName }

// pace is what a hurried person needs between two steps; patience leaves
// reminder and escalation a second to arrive.
const (
	pace     = 150 * time.Millisecond
	patience = time.Second
)

// Life is the standard life.
func Life() []Step {
	answered := 3*pace + EscalationAfter + patience
	return []Step{
		{Name: tdr.OpenName, By: Officer},
		{Name: tdr.RequestReviewName, By: Officer, At: pace},
		{Name: tdr.ApproveName, By: Supervisor, At: 2 * pace},
		{Name: tdr.SendName, By: Officer, At: 3 * pace},
		{Name: tdr.RecordReceiptName, By: Officer, At: 4 * pace},
		{Name: tdr.AcknowledgeEscalationName, By: Supervisor, At: answered, Told: true},
		{Name: tdr.RecordIssueName, By: Liaison, At: answered + pace},
		{Name: tdr.AuthenticateName, By: Officer, At: answered + 2*pace},
		{Name: tdr.RecordTravelName, By: Officer, At: answered + 3*pace},
	}
}

// Undisturbed is the life without silence: nothing is waited for. It serves
// where single Updates are measured.
func Undisturbed() []Step {
	var steps []Step
	for _, step := range Life() {
		if !step.Told {
			steps = append(steps, step)
		}
	}
	return steps
}

// What the life says. The hashes stand for documents that nobody wrote.
const (
	Content  tdr.ContentHash = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"
	Evidence tdr.Evidence    = "5eed00005eed00005eed00005eed00005eed00005eed00005eed00005eed0000"
	Issuer                   = "embassy"

	promiseDays  = 3
	validityDays = 90
	orderAge     = 30
)

// Order is the order on record, some weeks old.
func Order(today calendar.Date) tdr.Order {
	return tdr.Order{Type: "final_removal", Number: "EXAMPLE-1", Date: today.AddDays(-orderAge), Source: Evidence}
}

// Said is what depends on the day and the request.
type Said struct {
	Today      calendar.Date // in the field office
	Required   []string      // items that the pack wants in the package
	Escalation string        // the one to acknowledge
	Document   string        // under what the document's number is kept
	// Content is that of the package that was made; empty where nobody makes any.
	Content tdr.ContentHash
}

// review hands over a package without documents, each with its reason.
func (s Said) review() *tdr.RequestReview {
	review := &tdr.RequestReview{Content: cmp.Or(s.Content, Content)}
	for _, item := range s.Required {
		if playbook.Made(item) {
			review.Present = append(review.Present, item)
		} else {
			review.Gaps = append(review.Gaps, tdr.Gap{Item: item, Reason: "to_follow"})
		}
	}
	return review
}

// Act is what a step does; nil for open, which has a form of its own.
func (s Step) Act(said Said) tdr.Act {
	switch s.Name {
	case tdr.RequestReviewName:
		return said.review()
	case tdr.ApproveName:
		return &tdr.Approve{Content: cmp.Or(said.Content, Content)}
	case tdr.SendName:
		return &tdr.Send{Content: cmp.Or(said.Content, Content), Channel: tdr.ByCourier}
	case tdr.RecordReceiptName:
		return &tdr.RecordReceipt{Evidence: Evidence}
	case tdr.AcknowledgeEscalationName:
		return &tdr.AcknowledgeEscalation{
			Escalation: said.Escalation, NextDate: said.Today.AddDays(promiseDays), Action: "call_post",
		}
	case tdr.RecordIssueName:
		return &tdr.RecordIssue{
			Issuer: Issuer, Document: said.Document, ValidFrom: said.Today, ValidTo: said.Today.AddDays(validityDays),
		}
	case tdr.AuthenticateName:
		return &tdr.Authenticate{Photo: true, Names: true, Serial: true}
	case tdr.RecordTravelName:
		return &tdr.RecordTravel{On: said.Today}
	default:
		return nil
	}
}
