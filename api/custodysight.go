package api

import (
	"slices"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// byLaw is all the reason that is told of a date which follows from somebody's
// custody, to who reads requests and not custody: only that somebody is detained is
// part of reading requests. The law's own reasons would name the day of the order, a
// court stay, which is a hold, and a petition.
const byLaw = "a day set by the law on custody"

// withoutCustody leaves out of an event what the custody clock told the request.
func withoutCustody(e tdr.Event) contract.Event {
	e = withoutFence(e)
	switch fact := e.Fact.(type) {
	case *tdr.Opened:
		told := *fact
		told.Custody = tdr.Custody{Detained: fact.Custody.Detained}
		e.Fact = &told
	case *tdr.CustodyChanged:
		e.Fact = &tdr.CustodyChanged{Custody: tdr.Custody{Detained: fact.Custody.Detained}}
	case *tdr.EscalationOpened:
		told := *fact
		told.Trigger, told.R0, told.HabeasFiled = triggerWithoutCustody(fact.Trigger), tdr.Custody{}.R0, tdr.Custody{}.HabeasFiled
		e.Fact = &told
	}
	return e
}

// triggerWithoutCustody: a petition is told as any other day of the law.
func triggerWithoutCustody(trigger tdr.Trigger) tdr.Trigger {
	if trigger == tdr.ByHabeas {
		return tdr.ByCustodyDay
	}
	return trigger
}

// deadlineWithoutCustody keeps the date of a level by law and none of its reasons.
func deadlineWithoutCustody(d tdr.Deadline) tdr.Deadline {
	if d.Legal {
		d.Trigger, d.Why = triggerWithoutCustody(d.Trigger), tdr.Why{Rule: byLaw}
	}
	return d
}

// deadlinesWithoutCustody leaves those out that a court stay suspends.
func deadlinesWithoutCustody(deadlines []contract.RequestDeadline) []contract.RequestDeadline {
	stayed := func(d contract.RequestDeadline) bool { return d.Legal && d.Suspended }
	return mapped(slices.DeleteFunc(deadlines, stayed), deadlineWithoutCustody)
}

// ladderWithoutCustody keeps who is told what, when.
func ladderWithoutCustody(step contract.LadderStep) contract.LadderStep {
	step.Trigger, step.Why = string(triggerWithoutCustody(tdr.Trigger(step.Trigger))), deadlineWithoutCustody(step.Why)
	return step
}
