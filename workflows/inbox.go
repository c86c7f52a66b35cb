package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// inbox are the signals of a request: facts from outside, which it cannot refuse.
type inbox []channel

type channel struct {
	signals workflow.ReceiveChannel
	empty   func() tdr.Fact // to receive into
}

// holds are the signals that count from before they are heard of.
func (i inbox) holds() inbox { return i[:1] }

func openInbox(ctx workflow.Context) inbox {
	return inbox{
		{workflow.GetSignalChannel(ctx, HoldChangedSignal), func() tdr.Fact { return &tdr.HoldChanged{} }},
		{workflow.GetSignalChannel(ctx, SendStoppedSignal), func() tdr.Fact { return &tdr.SendStopped{} }},
		{workflow.GetSignalChannel(ctx, RecallConfirmedSignal), func() tdr.Fact { return &tdr.RecallConfirmed{} }},
		{workflow.GetSignalChannel(ctx, CustodyChangedSignal), func() tdr.Fact { return &tdr.CustodyChanged{} }},
		{workflow.GetSignalChannel(ctx, CalendarsRenewedSignal), func() tdr.Fact { return &tdr.CalendarsRenewed{} }},
		{workflow.GetSignalChannel(ctx, UnreachableSignal), func() tdr.Fact { return &tdr.LevelUnreachable{} }},
		{workflow.GetSignalChannel(ctx, MailBouncedSignal), func() tdr.Fact { return &tdr.MailBounced{} }},
		{workflow.GetSignalChannel(ctx, ReplyReceivedSignal), func() tdr.Fact { return &tdr.ReplyReceived{} }},
	}
}

func (i inbox) waiting() bool {
	for _, c := range i {
		if c.signals.Len() > 0 {
			return true
		}
	}
	return false
}

// receive empties the inbox, or a part of it. A signal that says nothing new brings nothing, so
// one that is delivered twice counts once.
func (r *request) receive(from inbox, now time.Time) {
	for _, c := range from {
		for {
			fact := c.empty()
			if !c.signals.ReceiveAsync(fact) {
				break
			}
			r.apply(tdr.Receive(r.state, fact, now))
		}
	}
}
