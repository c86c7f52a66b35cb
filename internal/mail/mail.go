// Package mail puts the wording into mails, sends them through SendGrid's v3
// API and reads what SendGrid reports about them.
//
// A mail is a pointer, never a carrier: it holds a request's public code or a
// country with counts, a date, an ask and a link. The types of this package
// have no field for anything about a person.
package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// maxSubject is the longest subject in bytes; RFC 5322 section 2.1.1 ends a line at 998.
const maxSubject = 200

// Message is one mail to one recipient. One recipient per message keeps a
// retry from reaching people who already have it.
type Message struct {
	ID      uuid.UUID // the ledger row; SendGrid hands it back in every event
	To      string    // bare address, without display name
	Subject string
	Text    string
	HTML    string
	Repeat  bool // an earlier attempt may have arrived; the body says so too
}

// Receipt is what SendGrid said when it took a message.
type Receipt struct {
	SGMessageID string // X-Message-Id; the part of sg_message_id before its first dot
}

// Rendered is the wording of one mail, the same for everyone it goes to.
type Rendered struct {
	Subject   string
	Preheader string // shown by mail programs after the subject; the HTML part begins with it, hidden
	Text      string
	HTML      string
	Repeat    bool
}

// For addresses the wording to one recipient under the ledger's id.
func (r Rendered) For(id uuid.UUID, to string) Message {
	return Message{ID: id, To: to, Subject: r.Subject, Text: r.Text, HTML: r.HTML, Repeat: r.Repeat}
}

// check refuses what could not be sent, or what could smuggle a header.
func (m Message) check() error {
	if m.ID == uuid.Nil {
		return errors.New("message has no id")
	}
	if err := checkAddress(m.To); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	if m.Subject == "" || len(m.Subject) > maxSubject || hasControl(m.Subject) {
		return errors.New("subject is empty, too long or holds control characters")
	}
	if strings.TrimSpace(m.Text) == "" || strings.TrimSpace(m.HTML) == "" {
		return errors.New("text and HTML part are both required")
	}
	return nil
}

// checkAddress accepts a bare address only. The error never repeats the address.
func checkAddress(address string) error {
	if len(address) > 320 || hasControl(address) {
		return errors.New("address is too long or holds control characters")
	}
	parsed, err := netmail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address {
		return errors.New("not a bare mail address")
	}
	return nil
}

// hasControl finds line breaks and every other control or format character,
// also U+2028 and U+2029, which some programs take for line breaks.
func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
	})
}
