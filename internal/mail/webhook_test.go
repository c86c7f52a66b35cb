package mail

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
)

var webhookNow = time.Unix(1772546400, 0)

func webhookKey(t testing.TB) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key, publicText(t, &key.PublicKey)
}

func publicText(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func signed(t testing.TB, key *ecdsa.PrivateKey, at time.Time, body string) http.Header {
	t.Helper()
	timestamp := fmt.Sprint(at.Unix())
	digest := sha256.Sum256([]byte(timestamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	header.Set(eventwebhook.VerificationHTTPHeader, base64.StdEncoding.EncodeToString(signature))
	header.Set(eventwebhook.TimestampHTTPHeader, timestamp)
	return header
}

func TestEventsAreRead(t *testing.T) {
	key, public := webhookKey(t)
	id := "0192f0c4-7a1b-7c3d-8e5f-112233445566"
	rows := []struct {
		element string
		kind    EventKind
		reason  ReasonClass
	}{
		{`"event":"processed"`, Processed, ClassNone},
		{`"event":"delivered","response":"250 OK"`, Delivered, ClassNone},
		{`"event":"deferred","response":"400 try again later","attempt":"5"`, Deferred, ClassOther},
		{`"event":"deferred","status":"4.2.2"`, Deferred, ClassMailbox},
		{`"event":"bounce","bounce_classification":"Invalid Address","status":"5.0.0","type":"bounce"`, Bounced, ClassAddress},
		{`"event":"bounce","bounce_classification":"Unclassified","type":"blocked","tls":0`, Bounced, ClassBlocked},
		{`"event":"bounce","status":"5.1.1","reason":"550 ana@example.org unknown"`, Bounced, ClassAddress},
		{`"event":"bounce","bounce_classification":"Mailbox Unavailable"`, Bounced, ClassMailbox},
		{`"event":"dropped","reason":"Bounced Address"`, Dropped, ClassSuppressed},
		{`"event":"dropped","reason":"Invalid"`, Dropped, ClassAddress},
		{`"event":"dropped","reason":"whatever ana@example.org"`, Dropped, ClassOther},
		{`"event":"spamreport"`, SpamReport, ClassNone},
	}
	var elements []string
	for _, row := range rows {
		elements = append(elements, `{"email":"ana@example.org","timestamp":1772546390,"sg_message_id":"14c5.filter0001.16648","sg_event_id":"ev1","message_id":"`+id+`",`+row.element+`}`)
	}
	body := "[" + strings.Join(elements, ",\r\n") + "]"
	events, err := VerifyEvents([]string{public}, signed(t, key, webhookNow, body), []byte(body), webhookNow, 5*time.Minute)
	if err != nil || len(events) != len(rows) {
		t.Fatalf("%d events, %v", len(events), err)
	}
	for i, row := range rows {
		want := Event{
			MessageID: uuid.MustParse(id), Kind: row.kind, At: time.Unix(1772546390, 0).UTC(),
			SGMessageID: "14c5.filter0001.16648", SGEventID: "ev1", Reason: row.reason,
		}
		if events[i] != want {
			t.Errorf("%s: %+v", row.element, events[i])
		}
		if text := fmt.Sprintf("%+v", events[i]); strings.Contains(text, "ana@") {
			t.Errorf("event keeps free text: %s", text)
		}
	}
	if events[0].SentID() != "14c5" {
		t.Errorf("sent id %q", events[0].SentID())
	}
}

func TestElementsThatMakeNoSenseDoNotStopTheOthers(t *testing.T) {
	key, public := webhookKey(t)
	body := `[null, 7, [], {}, {"event":"open","timestamp":1,"sg_message_id":"a"}, {"event":"bounce","timestamp":"x","sg_message_id":"a"},
		{"event":"bounce","timestamp":-5,"sg_message_id":"a"}, {"event":"bounce","timestamp":5}, {"event":"bounce","timestamp":5,"sg_message_id":"not an id"},
		{"event":"bounce","timestamp":"1772546390","sg_message_id":"late.1"}]`
	events, err := VerifyEvents([]string{public}, signed(t, key, webhookNow, body), []byte(body), webhookNow, 5*time.Minute)
	if err != nil || len(events) != 1 || events[0].SGMessageID != "late.1" || events[0].MessageID != uuid.Nil {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestOnlySignedAndFreshCallsCount(t *testing.T) {
	key, public := webhookKey(t)
	other, otherPublic := webhookKey(t)
	body := `[{"event":"delivered","timestamp":1772546390,"sg_message_id":"a.b"}]`
	good := signed(t, key, webhookNow, body)
	moved := signed(t, key, webhookNow, body)
	moved.Set(eventwebhook.TimestampHTTPHeader, fmt.Sprint(webhookNow.Unix()+1))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edKey, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	useless := []string{publicText(t, &rsaKey.PublicKey), publicText(t, edKey), "", "!!", "AAAA"}
	without := func(name string) http.Header {
		header := good.Clone()
		header.Del(name)
		return header
	}
	raw := func(signature string) http.Header {
		header := good.Clone()
		header.Set(eventwebhook.VerificationHTTPHeader, signature)
		return header
	}
	rows := []struct {
		name   string
		keys   []string
		header http.Header
		body   string
		want   error
	}{
		{"good", []string{public}, good, body, nil},
		{"second of two keys", []string{otherPublic, public}, good, body, nil},
		{"good key among useless ones", append([]string{public}, useless...), good, body, nil},
		{"no keys", nil, good, body, ErrWebhookKeys},
		{"only useless keys", useless, good, body, ErrWebhookKeys},
		{"other key", []string{otherPublic}, good, body, ErrWebhookSignature},
		{"signed by a stranger", []string{public}, signed(t, other, webhookNow, body), body, ErrWebhookSignature},
		{"body changed by a blank", []string{public}, good, body + " ", ErrWebhookSignature},
		{"timestamp changed", []string{public}, moved, body, ErrWebhookSignature},
		{"no signature", []string{public}, without(eventwebhook.VerificationHTTPHeader), body, ErrWebhookSignature},
		{"no timestamp", []string{public}, without(eventwebhook.TimestampHTTPHeader), body, ErrWebhookSignature},
		{"signature not base64", []string{public}, raw("%%%"), body, ErrWebhookSignature},
		{"signature not ASN.1", []string{public}, raw("AAAA"), body, ErrWebhookSignature},
		{"zeros", []string{public}, raw(base64.StdEncoding.EncodeToString([]byte{0x30, 6, 2, 1, 0, 2, 1, 0})), body, ErrWebhookSignature},
		{"old, at the edge", []string{public}, signed(t, key, webhookNow.Add(-5*time.Minute), body), body, nil},
		{"too old", []string{public}, signed(t, key, webhookNow.Add(-5*time.Minute-time.Second), body), body, ErrWebhookStale},
		{"early, at the edge", []string{public}, signed(t, key, webhookNow.Add(5*time.Minute), body), body, nil},
		{"too early", []string{public}, signed(t, key, webhookNow.Add(5*time.Minute+time.Second), body), body, ErrWebhookStale},
		{"not a list", []string{public}, signed(t, key, webhookNow, `{}`), `{}`, ErrWebhookBody},
		{"null", []string{public}, signed(t, key, webhookNow, `null`), `null`, ErrWebhookBody},
		{"trailing text", []string{public}, signed(t, key, webhookNow, body+"x"), body + "x", ErrWebhookBody},
		{"empty", []string{public}, signed(t, key, webhookNow, ""), "", ErrWebhookBody},
		{"empty list", []string{public}, signed(t, key, webhookNow, "[]"), "[]", nil},
	}
	for _, row := range rows {
		if _, err := VerifyEvents(row.keys, row.header, []byte(row.body), webhookNow, 5*time.Minute); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

func TestSignedTimestampMustBeSeconds(t *testing.T) {
	key, public := webhookKey(t)
	for _, timestamp := range []string{"now", "1772546400.0", "99999999999999999999", "-1", "0x10"} {
		digest := sha256.Sum256([]byte(timestamp + "[]"))
		signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		header.Set(eventwebhook.VerificationHTTPHeader, base64.StdEncoding.EncodeToString(signature))
		header.Set(eventwebhook.TimestampHTTPHeader, timestamp)
		if _, err := VerifyEvents([]string{public}, header, []byte("[]"), webhookNow, 5*time.Minute); !errors.Is(err, ErrWebhookStale) {
			t.Errorf("%s: %v", timestamp, err)
		}
	}
}

func TestKeyTellsCopiesFromOthers(t *testing.T) {
	base := Event{MessageID: uuid.MustParse("0192f0c4-7a1b-7c3d-8e5f-112233445566"), Kind: Delivered, At: webhookNow, SGMessageID: "a.b", SGEventID: "1"}
	again := base
	again.SGEventID = "2"
	if base.Key() != again.Key() {
		t.Error("a new sg_event_id makes a new event")
	}
	for name, change := range map[string]func(*Event){
		"message":   func(e *Event) { e.MessageID = uuid.Nil },
		"kind":      func(e *Event) { e.Kind = Deferred },
		"second":    func(e *Event) { e.At = e.At.Add(time.Second) },
		"sendgrid":  func(e *Event) { e.SGMessageID = "a.c" },
		"separator": func(e *Event) { e.SGMessageID = `a.b" delivered` },
	} {
		changed := base
		change(&changed)
		if changed.Key() == base.Key() {
			t.Errorf("%s: same key", name)
		}
	}
}

func FuzzVerifyEvents(f *testing.F) {
	key, public := webhookKey(f)
	f.Add("AAAA", "1772546400", []byte("[]"), public)
	f.Add("", "", []byte(`[{"event":"bounce"}]`), "AAAA")
	f.Add("MAYCAQACAQA=", "0", []byte("x"), "")
	f.Fuzz(func(t *testing.T, signature, timestamp string, body []byte, publicKey string) {
		header := http.Header{}
		header.Set(eventwebhook.VerificationHTTPHeader, signature)
		header.Set(eventwebhook.TimestampHTTPHeader, timestamp)
		if _, err := VerifyEvents([]string{public, publicKey}, header, body, webhookNow, 5*time.Minute); err == nil && publicKey != "" {
			if parsed := parseKeys([]string{publicKey}); len(parsed) == 0 {
				t.Fatal("accepted without a signature")
			}
		}
		events, err := VerifyEvents([]string{public}, signed(t, key, webhookNow, string(body)), body, webhookNow, 5*time.Minute)
		if err != nil && !errors.Is(err, ErrWebhookBody) {
			t.Fatalf("signed and fresh, but %v", err)
		}
		for _, event := range events {
			if event.At.Unix() <= 0 || event.MessageID == uuid.Nil && event.SGMessageID == "" || len(event.SGMessageID) > 250 {
				t.Fatalf("event makes no sense: %+v", event)
			}
		}
	})
}
