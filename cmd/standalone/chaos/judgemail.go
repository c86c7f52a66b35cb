package chaos

import (
	"encoding/json"
	"slices"

	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// judgeMail: no mail twice unless it says so, none that nobody owes, and none missing.
func (v *Verdict) judgeMail(lives []*lived, evidence Evidence) {
	codes := map[string]*lived{}
	for _, life := range lives {
		if served, known := evidence.Served[life.request]; known {
			codes[served.Code] = life
		}
	}
	asked, repeated := v.countMails(evidence.Arrivals)
	for key := range repeated {
		if _, once := asked[key]; !once {
			asked[key] = 0
		}
	}
	for key, count := range asked {
		life := codes[key.code]
		if life == nil {
			v.fault("a mail to %s is about %s, which is nobody's", key.recipient, key.code)
			continue
		}
		owed := v.opened(evidence.Served[life.request], key.level)
		addressees := demandsAt(life.slot, key.level)
		switch {
		case owed == 0:
			v.fault("life %d: %s got a mail of level %d, which never opened", life.number, key.recipient, key.level)
		case len(addressees) > 0 && !slices.Contains(addressees, key.recipient):
			v.fault("life %d: a mail of level %d went to %s", life.number, key.level, key.recipient)
		case count > owed:
			v.fault("life %d: %s got %d mails of level %d of %s unmarked, and is owed %d", life.number, key.recipient, count, key.level, key.code, owed)
		case repeated[key] > owed:
			v.fault("life %d: %s got %d repeats of level %d of %s", life.number, key.recipient, repeated[key], key.level, key.code)
		}
	}
	for _, life := range lives {
		v.demandMails(life, evidence.Served[life.request].Code, asked, repeated)
	}
}

// countMails counts what was asked of whom, unmarked and marked as a repeat.
func (v *Verdict) countMails(arrivals []maildrop.Arrival) (asked, repeated map[askKey]int) {
	asked, repeated = map[askKey]int{}, map[askKey]int{}
	seen := map[string]int64{}
	for i, arrival := range arrivals {
		if arrival.Seq != int64(i+1) {
			v.fault("the drop's files have arrival %d at place %d", arrival.Seq, i+1)
		}
		if len(arrival.Mails) > 0 {
			v.Mails++
			if before, twice := seen[arrival.MessageID]; twice || arrival.MessageID == "" {
				v.fault("message %q arrived as %d and as %d", arrival.MessageID, before, arrival.Seq)
			}
			seen[arrival.MessageID] = arrival.Seq
		}
		asks, err := Asks(arrival)
		if err != nil {
			v.fault("%v", err)
		}
		for _, ask := range asks {
			key := askKey{ask.Code, ask.Level, ask.Recipient}
			if ask.Repeat {
				v.Repeats++
				repeated[key]++
			} else {
				asked[key]++
			}
		}
	}
	return asked, repeated
}

// opened is how often a level was opened.
func (v *Verdict) opened(served Served, level int) int {
	count := 0
	for _, raw := range served.Events {
		var one event
		if json.Unmarshal(raw, &one) == nil && one.Type == tdr.EscalationOpenedType && one.Data.Level == level {
			count++
		}
	}
	return count
}

// demandsAt are the addressees of a level; none where the directory's desks are asked.
func demandsAt(slot, level int) []string {
	var addressees []string
	for _, demand := range demands(slot) {
		if demand.level == level {
			addressees = append(addressees, demand.recipient)
		}
	}
	return addressees
}

// demandMails: whoever waited for the mails must have got them. Where a life
// went on without them, they had become moot.
func (v *Verdict) demandMails(life *lived, code string, asked, repeated map[askKey]int) {
	waits := slices.ContainsFunc(life.script.Steps, func(step Step) bool { return step.Told })
	if !waits || life.impatient {
		return
	}
	for _, demand := range demands(life.slot) {
		key := askKey{code, demand.level, demand.recipient}
		if asked[key]+repeated[key] == 0 {
			v.fault("life %d: %s never got the mail of level %d of %s", life.number, demand.recipient, demand.level, code)
		}
	}
}
