package web

import (
	"fmt"
	"strings"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// entry is one event as people read it.
type entry struct {
	Seq              int64
	Title, More      string
	When, Who, Kind  string
	Recorded         string // when it was recorded another day than it happened
	CorrectsSeq      int64
	Corrects         string
	CorrectedByLater bool
}

// The kinds by which a timeline can be read.
const (
	contactKind  = "Contact"
	decisionKind = "Decision"
	mailKind     = "Mail"
	systemKind   = "System"
)

// timeline is newest first.
func (d *dossier) timeline() []entry {
	corrected := map[int64]bool{}
	var entries []entry
	for _, event := range d.events {
		if fact, ok := event.Fact.(*tdr.Corrected); ok {
			corrected[fact.Event] = true
		}
	}
	for i := len(d.events) - 1; i >= 0; i-- {
		event := d.events[i]
		made := entry{Seq: event.Seq, When: d.moment(event.OccurredAt), Who: d.who(event), CorrectedByLater: corrected[event.Seq]}
		made.Title, made.More, made.Kind = d.told(event.Fact)
		if d.day(event.OccurredAt) != d.day(event.RecordedAt) {
			made.Recorded = d.day(event.RecordedAt)
		}
		if fact, ok := event.Fact.(*tdr.Corrected); ok && fact.Event > 0 && fact.Event <= int64(len(d.events)) {
			made.CorrectsSeq, made.Corrects = fact.Event, d.day(d.events[fact.Event-1].OccurredAt)
		}
		entries = append(entries, made)
	}
	return entries
}

// who acted; what came by itself was the system.
func (d *dossier) who(event tdr.Event) string {
	if event.CommandID == "" {
		return "The system"
	}
	return d.names.person(event.Actor.ID)
}

// told words a fact: its title, more of it, and its kind.
func (d *dossier) told(fact tdr.Fact) (title, more, kind string) {
	switch f := fact.(type) {
	case *tdr.ContactRecorded, *tdr.ForecastRecorded, *tdr.ReceiptRecorded, *tdr.InformationWasAsked, *tdr.InterviewScheduled,
		*tdr.InterviewRecorded, *tdr.VerificationBegun, *tdr.DocumentIssued, *tdr.RefusalRecorded:
		title, more = d.toldOfPost(fact)
		return title, more, contactKind
	case *tdr.MailBounced:
		return "A mail was not delivered", "To " + d.names.told(f.Recipient, d.readTime), mailKind
	case *tdr.ReplyReceived:
		return "A reply to a mail came in", "It moves nothing by itself", mailKind
	case *tdr.EscalationOpened, *tdr.EscalationAcknowledged, *tdr.LevelUnreachable:
		title, more = d.toldOfLadder(fact)
		return title, more, mailKind
	case *tdr.StageOverdue, *tdr.HoldChanged, *tdr.SendStopped, *tdr.RecallConfirmed, *tdr.CustodyChanged, *tdr.ValidityAlerted, *tdr.CalendarsRenewed:
		title, more = d.toldBySystem(fact)
		return title, more, systemKind
	default:
		title, more = d.decided(fact)
		return title, more, decisionKind
	}
}

func (d *dossier) toldOfPost(fact tdr.Fact) (title, more string) {
	switch f := fact.(type) {
	case *tdr.ContactRecorded:
		if f.Channel != "" {
			return "The post was told that a question waits", "By " + plain(string(f.Channel)) + ", without personal data"
		}
		direction := map[string]string{"to_post": "We contacted the post", "from_post": "The post contacted us"}[f.Direction]
		return direction, "By " + strings.ToLower(plain(f.Medium)) + map[bool]string{true: "; the post answered", false: "; no answer"}[f.Answered]
	case *tdr.ForecastRecorded:
		return "Expectation recorded", fmt.Sprintf("%s by %s (%s); an expectation moves no date", plain(f.Expects), d.date(f.By), strings.ToLower(plain(f.Basis)))
	case *tdr.ReceiptRecorded:
		return "The post has the package", ""
	case *tdr.InformationWasAsked:
		more = worded(nil, strings.Join(f.What, ", ")) + "; the post's clock stands still"
		if !f.By.IsZero() {
			more += ", answer by " + d.date(f.By)
		}
		return "The post asked for more", more
	case *tdr.InterviewScheduled:
		zone := located(f.Zone)
		return "Interview set", momentOf(f.At, d.readTime, zone) + ", " + strings.ToLower(plain(f.Mode))
	case *tdr.InterviewRecorded:
		return "Interview: " + strings.ToLower(plain(string(f.Result))), ""
	case *tdr.DocumentIssued:
		return "Document issued", "Valid " + d.date(f.ValidFrom) + " to " + d.date(f.ValidTo)
	case *tdr.RefusalRecorded:
		if f.NotANational {
			return "The post says: not a national", reasonsText(f.Reasons)
		}
		return "The post refused", reasonsText(f.Reasons)
	default:
		return plain(string(fact.Type())), ""
	}
}

func reasonsText(reasons []string) string {
	if len(reasons) == 0 {
		return "No reason was given"
	}
	var words []string
	for _, reason := range reasons {
		words = append(words, strings.ToLower(plain(reason)))
	}
	return "Reason: " + strings.Join(words, ", ")
}

func (d *dossier) toldOfLadder(fact tdr.Fact) (title, more string) {
	switch f := fact.(type) {
	case *tdr.EscalationOpened:
		return fmt.Sprintf("Level %d was asked", f.Level), "Because: " + triggerWord(string(f.Trigger))
	case *tdr.EscalationAcknowledged:
		return "Taken on", strings.ToLower(wordFor(actions(), f.Action)) + "; next date " + d.date(f.NextDate)
	case *tdr.LevelUnreachable:
		return fmt.Sprintf("Nobody of level %d could be told", f.Level), "The next level is asked"
	default:
		return plain(string(fact.Type())), ""
	}
}

func (d *dossier) toldBySystem(fact tdr.Fact) (title, more string) {
	switch f := fact.(type) {
	case *tdr.StageOverdue:
		return "The stage outlasted its term", stageWord(string(f.Stage)) + ", due " + d.day(f.Due)
	case *tdr.HoldChanged:
		if f.Stops {
			return "A hold stops all sending", ""
		}
		return "A hold was lifted", ""
	case *tdr.SendStopped:
		return "It did not leave", "The gate closed before it went; it has to pass again"
	case *tdr.RecallConfirmed:
		return "It is not with the post any more", plain(f.As) + "; what is to leave again goes through review and gate again"
	case *tdr.CustodyChanged:
		return "Legal dates were brought up to date", ""
	case *tdr.ValidityAlerted:
		return "The document nears its end", "It ends on " + d.date(f.ValidTo)
	default:
		return plain(string(fact.Type())), ""
	}
}

func (d *dossier) decided(fact tdr.Fact) (title, more string) {
	switch f := fact.(type) {
	case *tdr.Opened:
		return "Request opened", ""
	case *tdr.ReviewRequested:
		if len(f.Gaps) > 0 {
			return "Handed to review", count(len(f.Gaps), "required item") + " missing, with reasons"
		}
		return "Handed to review", "All required items are in it"
	case *tdr.Approved:
		return "Released", "Exactly this content: " + short(string(f.Content))
	case *tdr.Returned:
		return "Returned", count(len(f.Items), "item")
	case *tdr.Sent:
		return "Sent", "By " + strings.ToLower(plain(string(f.Channel)))
	case *tdr.InformationAnswered:
		return "Answer sent", "By " + strings.ToLower(plain(string(f.Channel)))
	case *tdr.RequestClosed:
		return "Closed: " + strings.ToLower(plain(string(f.Outcome))), map[bool]string{true: "What is out was recalled"}[f.Recall]
	case *tdr.Reassigned:
		return "Given to another officer", d.names.person(f.From) + " to " + d.names.person(f.To)
	case *tdr.NonComplianceRecorded:
		return "Failure to comply: " + strings.ToLower(plain(string(f.Step))), d.signed(f.Signature)
	case *tdr.Corrected:
		return "Correction", strings.ToLower(plain(f.Reason))
	case *tdr.DocumentRejected:
		return "Document rejected", strings.ToLower(plain(f.Reason))
	default:
		return plain(string(fact.Type())), ""
	}
}

// short is enough of a hash to compare by eye.
func short(hash string) string { return hash[:min(len(hash), 12)] }

// signed says who signed a notice, and when.
func (d *dossier) signed(by tdr.Signature) string {
	if by.By == "" {
		return ""
	}
	return "Signed by " + d.names.person(by.By) + " on " + d.date(by.On)
}
