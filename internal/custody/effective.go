package custody

import (
	"encoding/hex"
	"time"

	"github.com/traveldoc/traveldoc/internal/calendar"
)

// known are the events recorded by an instant; all of them for the zero instant.
func known(events []Event, knownAt time.Time) []Event {
	if knownAt.IsZero() {
		return events
	}
	var kept []Event
	for _, event := range events {
		if !event.RecordedAt.After(knownAt) {
			kept = append(kept, event)
		}
	}
	return kept
}

// check looks at each event by itself.
func check(events []Event, asOf calendar.Date, found *problems) {
	seen := map[string]bool{}
	for _, event := range events {
		switch {
		case event.ID == "":
			found.add(RuleID, event.ID)
		case seen[event.ID]:
			found.add(RuleDuplicate, event.ID)
		case event.Kind.rank() == 0:
			found.add(RuleKind, event.ID)
		case event.Kind == Retracted && event.Corrects == "":
			found.add(RuleRetractedNothing, event.ID)
		case event.Date.IsZero():
			found.add(RuleDate, event.ID)
		case event.Date.After(asOf):
			found.add(RuleFuture, event.ID)
		case !event.Source.complete():
			found.add(RuleSource, event.ID)
		}
		seen[event.ID] = true
	}
}

func (s Source) complete() bool {
	digest, err := hex.DecodeString(s.SHA256)
	return err == nil && len(digest) == 32 && s.Type != ""
}

// effective is the corrected view: every event that no other one corrects, without retractions.
func effective(events []Event, rules Rules, found *problems) []Event {
	byID := map[string]Event{}
	for _, event := range events {
		byID[event.ID] = event
	}
	corrections := map[string][]string{}
	for _, event := range events {
		if event.Corrects == "" {
			continue
		}
		target, exists := byID[event.Corrects]
		if !exists {
			found.add(RuleCorrectsUnknown, event.ID, event.Corrects)
		} else if event.RecordedAt.Before(target.RecordedAt) {
			found.add(RuleCorrectedBefore, event.ID, target.ID)
		}
		corrections[event.Corrects] = append(corrections[event.Corrects], event.ID)
	}
	for target, by := range corrections {
		if len(by) > 1 {
			found.add(RuleCorrectedTwice, append(by, target)...)
		}
	}
	circles(byID, found)
	var standing []Event
	for _, event := range events {
		if len(corrections[event.ID]) > 0 || event.Kind == Retracted {
			continue
		}
		if rules.KindStays {
			keepsKind(event, byID, found)
		}
		standing = append(standing, event)
	}
	return standing
}

// keepsKind looks at the corrections that end in a standing event: each says
// better what happened, never that something else did. One that was retracted in
// its turn says nothing, so that a fault on record can be mended.
func keepsKind(event Event, byID map[string]Event, found *problems) {
	for range byID {
		target, exists := byID[event.Corrects]
		if !exists {
			return
		}
		if target.Kind != event.Kind {
			found.add(RuleCorrectedKind, event.ID, target.ID)
			return
		}
		event = target
	}
}

// circles finds corrections that lead back to themselves. What can be found
// twice, from different events, is named once, by its first id.
func circles(byID map[string]Event, found *problems) {
	for id := range byID {
		smallest, at := id, byID[id].Corrects
		for steps := 0; at != "" && at != id && steps < len(byID); steps++ {
			smallest = min(smallest, at)
			at = byID[at].Corrects
		}
		if at == id && smallest == id {
			found.add(RuleCorrectionLoop, id)
		}
	}
}
