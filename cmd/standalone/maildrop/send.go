package maildrop

import (
	"compress/gzip"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is SendGrid's limit for one message with attachments.
const maxBody = 30 << 20

// send is POST /v3/mail/send.
func (d *Drop) send(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", d.config.Clock().UTC().Format(http.TimeFormat)) // limits are measured against it
	var asked request
	if status, found := d.read(w, r, &asked); status != 0 {
		d.refuse(w, asked, status, found)
		return
	}
	mails := mailsOf(asked, newID(), d.config.Clock().UTC())
	addresses := allAddresses(mails)
	if rule, ok := d.rules.take([]string{delay}, addresses); ok && !d.pause(r, time.Duration(rule.Milliseconds)*time.Millisecond) {
		d.swallow(w, r, asked)
		return
	}
	rule, _ := d.rules.take([]string{rateLimit, fail, hang, acceptThenHang}, addresses)
	switch rule.Action {
	case rateLimit:
		reset := d.config.Clock().Add(time.Duration(max(rule.ResetSeconds, 1)) * time.Second)
		w.Header().Set("X-RateLimit-Limit", "600")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
		d.refuse(w, asked, http.StatusTooManyRequests, general("too many requests"))
	case fail:
		d.refuse(w, asked, http.StatusInternalServerError, general("internal server error"))
	case hang:
		d.swallow(w, r, asked)
	default:
		d.accept(w, r, asked, mails, rule.Action == acceptThenHang)
	}
}

// accept keeps the mails with their events and answers, or hangs after keeping them.
func (d *Drop) accept(w http.ResponseWriter, r *http.Request, asked request, mails []Mail, silent bool) {
	if asked.MailSettings.SandboxMode.Enable {
		if d.keep(w, Arrival{Outcome: Sandboxed, Status: http.StatusOK, MessageID: asked.messageID()}) {
			w.WriteHeader(http.StatusOK)
		}
		return
	}
	arrival := Arrival{Outcome: Accepted, Status: http.StatusAccepted, MessageID: asked.messageID(), Mails: mails}
	if silent {
		arrival.Outcome, arrival.Status = AcceptedUnanswered, 0
	}
	for _, mail := range mails {
		arrival.Events = append(arrival.Events, d.eventsOf(mail)...)
	}
	if !d.keep(w, arrival) {
		return
	}
	if silent {
		d.hang(r)
	}
	w.Header().Set("X-Message-Id", mails[0].ID)
	w.WriteHeader(http.StatusAccepted)
}

// keep puts the arrival on disk before anything is answered, and hands its events on.
func (d *Drop) keep(w http.ResponseWriter, arrival Arrival) bool {
	arrival.At = d.config.Clock().UTC()
	if len(arrival.Mails) > 0 {
		arrival.At = arrival.Mails[0].At
	}
	events, err := waitingIn(arrival.Events)
	if err == nil {
		err = d.store.add(arrival)
	}
	if err != nil {
		answerJSON(w, http.StatusInternalServerError, errorBody(general("internal server error")))
		return false
	}
	d.outbox.add(events)
	return true
}

func (d *Drop) refuse(w http.ResponseWriter, asked request, status int, found []complaint) {
	if d.keep(w, Arrival{Outcome: Refused, Status: status, MessageID: asked.messageID()}) {
		answerJSON(w, status, errorBody(found))
	}
}

// swallow takes a mail neither in nor gives an answer.
func (d *Drop) swallow(w http.ResponseWriter, r *http.Request, asked request) {
	if d.keep(w, Arrival{Outcome: Hung, MessageID: asked.messageID()}) {
		d.hang(r)
	}
}

// hang holds the call until the caller gives up or the drop closes, then cuts it off without a word.
func (d *Drop) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-d.closing:
	}
	panic(http.ErrAbortHandler)
}

// pause tells whether the caller is still there after the delay.
func (d *Drop) pause(r *http.Request, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	case <-d.closing:
		return false
	}
}

// read checks key, type, size and content; status 0 means SendGrid would accept.
func (d *Drop) read(w http.ResponseWriter, r *http.Request, asked *request) (int, []complaint) {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || subtle.ConstantTimeCompare([]byte(key), []byte(d.config.APIKey)) != 1 {
		return http.StatusUnauthorized, general("The provided authorization grant is invalid, expired, or revoked")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, general("Content-Type should be application/json.")
	}
	raw, err := body(w, r)
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, general("The request body is too large.")
	}
	if err != nil || json.Unmarshal(raw, asked) != nil {
		return http.StatusBadRequest, general("Bad Request")
	}
	if found := asked.complaints(); len(found) > 0 {
		return http.StatusBadRequest, found
	}
	return 0, nil
}

// body reads at most maxBody bytes, also after unpacking.
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limited := http.MaxBytesReader(w, r.Body, maxBody)
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(limited)
	}
	unpacked, err := gzip.NewReader(limited)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(unpacked, maxBody+1))
	if err == nil && len(raw) > maxBody {
		return nil, &http.MaxBytesError{Limit: maxBody}
	}
	return raw, err
}

func errorBody(found []complaint) map[string]any { return map[string]any{"errors": found} }

// general is a complaint about no field.
func general(message string) []complaint { return []complaint{{Message: message}} }

func (r request) messageID() string { return r.CustomArgs["message_id"] }

func newID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// mailsOf makes one mail for each personalization, as SendGrid does.
func mailsOf(asked request, id string, at time.Time) []Mail {
	var mails []Mail
	for i, p := range asked.Personalizations {
		mail := Mail{
			At: at, ID: id, From: asked.From.Email, To: emails(p.To), Cc: emails(p.Cc), Bcc: emails(p.Bcc),
			Subject: asked.Subject, Headers: merged(asked.Headers, p.Headers), CustomArgs: merged(asked.CustomArgs, p.CustomArgs),
		}
		if i > 0 {
			mail.ID = fmt.Sprintf("%s-%d", id, i)
		}
		if p.Subject != "" {
			mail.Subject = p.Subject
		}
		if asked.ReplyTo != nil {
			mail.ReplyTo = asked.ReplyTo.Email
		}
		for _, part := range asked.Content {
			switch part.Type {
			case "text/plain":
				mail.Text = part.Value
			case "text/html":
				mail.HTML = part.Value
			}
		}
		mail.MessageID = mail.CustomArgs["message_id"]
		mails = append(mails, mail)
	}
	return mails
}

func emails(list []address) []string {
	var all []string
	for _, one := range list {
		all = append(all, one.Email)
	}
	return all
}

func merged(common, own map[string]string) map[string]string {
	all := map[string]string{}
	for _, from := range []map[string]string{common, own} {
		for name, value := range from {
			all[name] = value
		}
	}
	return all
}

func allAddresses(mails []Mail) []string {
	var all []string
	for _, mail := range mails {
		all = append(all, lower(mail.To, mail.Cc, mail.Bcc)...)
	}
	return all
}
