package mail

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
)

// What VerifyEvents can find wrong. Their texts hold nothing of the request.
var (
	ErrWebhookKeys      = errors.New("no usable webhook key is configured")
	ErrWebhookSignature = errors.New("webhook signature is missing or wrong")
	ErrWebhookStale     = errors.New("webhook timestamp is outside the window")
	ErrWebhookBody      = errors.New("webhook body is not a list of events")
)

// VerifyEvents checks a call of SendGrid's signed event webhook and reads its
// events. Keys are base64 PKIX ECDSA public keys; any of them may have signed,
// so that a key can be replaced, and one that cannot be read is passed over.
// rawBody is the body as it came, before any decoding. The signed timestamp
// must lie within window before or after now, which bounds replays; within
// it Event.Key tells copies. Events of kinds that do not matter here and
// elements that make no sense are left out, because refusing them would make
// SendGrid send the whole list again for a day.
func VerifyEvents(publicKeys []string, header http.Header, rawBody []byte, now time.Time, window time.Duration) ([]Event, error) {
	keys := parseKeys(publicKeys)
	if len(keys) == 0 {
		return nil, ErrWebhookKeys
	}
	timestamp := header.Get(eventwebhook.TimestampHTTPHeader)
	if !signedByAny(keys, header.Get(eventwebhook.VerificationHTTPHeader), timestamp, rawBody) {
		return nil, ErrWebhookSignature
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || len(timestamp) > 11 {
		return nil, ErrWebhookStale
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > window || age < -window {
		return nil, ErrWebhookStale
	}
	return readEvents(rawBody)
}

// parseKeys is careful where SendGrid's own helper panics: on a key that is not ECDSA.
func parseKeys(texts []string) []*ecdsa.PublicKey {
	var keys []*ecdsa.PublicKey
	for _, text := range texts {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			continue
		}
		parsed, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			continue
		}
		if key, ok := parsed.(*ecdsa.PublicKey); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func signedByAny(keys []*ecdsa.PublicKey, signature, timestamp string, body []byte) bool {
	der, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(der) == 0 || timestamp == "" {
		return false
	}
	hash := sha256.New()
	hash.Write([]byte(timestamp))
	hash.Write(body)
	digest := hash.Sum(nil)
	for _, key := range keys {
		if ecdsa.VerifyASN1(key, digest, der) {
			return true
		}
	}
	return false
}

func readEvents(body []byte) ([]Event, error) {
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil || elements == nil {
		return nil, ErrWebhookBody
	}
	var events []Event
	for _, element := range elements {
		if event, err := readEvent(element); err == nil {
			events = append(events, event)
		}
	}
	return events, nil
}

func readEvent(element json.RawMessage) (Event, error) {
	var form eventForm
	if err := json.Unmarshal(element, &form); err != nil {
		return Event{}, fmt.Errorf("read event: %w", err)
	}
	return form.event()
}
