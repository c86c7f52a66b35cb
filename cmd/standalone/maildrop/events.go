package maildrop

import (
	"encoding/json"
	"fmt"
	"maps"
)

// eventsOf plans what the webhook will be told of a mail: one course of events
// per recipient, all in the second of the arrival.
func (d *Drop) eventsOf(mail Mail) []json.RawMessage {
	if _, lost := d.rules.take([]string{loseEvents}, lower(mail.To, mail.Cc, mail.Bcc)); lost {
		return nil
	}
	var payloads []json.RawMessage
	number := 0
	for _, list := range [][]string{mail.To, mail.Cc, mail.Bcc} {
		for _, recipient := range list {
			fate, _ := d.rules.take(fates(), lower([]string{recipient}))
			for _, details := range course(fate.Action) {
				payloads = append(payloads, event(mail, recipient, number, details))
			}
			number++
		}
	}
	return payloads
}

// course is what happens to a mail of a fate, in SendGrid's words.
func course(fate string) []map[string]any {
	processed := map[string]any{"event": "processed"}
	switch fate {
	case bounce:
		return []map[string]any{processed, {
			"event": "bounce", "type": "bounce", "status": "5.1.1", "bounce_classification": "Invalid Address",
			"reason": "550 5.1.1 The email account that you tried to reach does not exist.",
		}}
	case drop:
		return []map[string]any{{"event": "dropped", "reason": "Bounced Address"}}
	case deferMail:
		return []map[string]any{processed, {"event": "deferred", "attempt": "1", "response": "421 4.7.0 try again later"}}
	default:
		return []map[string]any{processed, {"event": "delivered", "response": "250 OK"}}
	}
}

// event lays SendGrid's own fields over the custom arguments, which stand beside them.
func event(mail Mail, recipient string, number int, details map[string]any) json.RawMessage {
	fields := map[string]any{}
	for name, value := range mail.CustomArgs {
		fields[name] = value
	}
	maps.Copy(fields, details)
	maps.Copy(fields, map[string]any{
		"email": recipient, "timestamp": mail.At.Unix(), "sg_event_id": newID(),
		"sg_message_id": fmt.Sprintf("%s.maildrop.%d", mail.ID, number), "smtp-id": "<" + mail.ID + "@maildrop>",
	})
	payload, err := json.Marshal(fields)
	if err != nil {
		panic(fmt.Sprintf("strings and numbers do not marshal: %v", err))
	}
	return payload
}
