package mail

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
)

func TestOutcomesForTheLedger(t *testing.T) {
	rows := map[string]struct {
		handler http.HandlerFunc
		outcome activities.Outcome
		code    string
		pause   time.Duration
	}{
		"taken":     {answer(202, nil, ""), activities.Accepted, "", 0},
		"limited":   {answer(429, map[string]string{"Retry-After": "7"}, ""), activities.NotSent, "rate_limited", 7 * time.Second},
		"failing":   {answer(500, nil, ""), activities.NotSent, "unavailable", 0},
		"refused":   {answer(400, nil, `{"errors":[{"field":"subject"},{"field":"content"}]}`), activities.Rejected, "content", 0},
		"no answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, activities.Unknown, "no_answer", 0},
	}
	wording := message(t)
	envelope := activities.Envelope{
		MessageID: wording.ID.String(), To: wording.To, Subject: wording.Subject, Text: wording.Text, HTML: wording.HTML,
	}
	for name, row := range rows {
		post := Post{sender(t, service(t, row.handler), 0)}
		outcome, code, pause, err := post.Send(t.Context(), envelope)
		if outcome != row.outcome || code != row.code || pause != row.pause || err != nil {
			t.Errorf("%s: %s %s %s %v", name, outcome, code, pause, err)
		}
	}
	nowhere := Post{sender(t, "http://127.0.0.1:1", time.Second)}
	if outcome, code, _, _ := nowhere.Send(t.Context(), envelope); outcome != activities.NotSent || code != "unreachable" {
		t.Errorf("unreachable: %s %s", outcome, code)
	}
	envelope.MessageID = "1"
	if outcome, code, _, _ := nowhere.Send(t.Context(), envelope); outcome != activities.Rejected || code != "invalid_message" {
		t.Errorf("no id: %s %s", outcome, code)
	}
}

func TestWebhookReportsForTheAPI(t *testing.T) {
	key, public := webhookKey(t)
	webhook, err := NewWebhook([]string{public})
	if err != nil {
		t.Fatal(err)
	}
	body := `[{"event":"bounce","timestamp":1772546390,"sg_message_id":"a.b","status":"5.1.1","message_id":"0192f0c4-7a1b-7c3d-8e5f-112233445566"},
		{"event":"bounce","timestamp":1772546390,"sg_message_id":"late.b"}]`
	reports, err := webhook.Verify(signed(t, key, webhookNow, body), []byte(body), webhookNow)
	if err != nil || len(reports) != 2 || reports[0].Key == "" || reports[0].Key == reports[1].Key {
		t.Fatalf("%+v, %v", reports, err)
	}
	reports[0].Key, reports[1].Key = "", ""
	at := time.Unix(1772546390, 0).UTC()
	if reports[0] != (api.MailEvent{MessageID: "0192f0c4-7a1b-7c3d-8e5f-112233445566", SentID: "a", Kind: "bounce", At: at, Reason: "invalid_address"}) ||
		reports[1] != (api.MailEvent{SentID: "late", Kind: "bounce", At: at, Reason: "unclassified"}) {
		t.Errorf("%+v", reports)
	}
	if _, err := webhook.Verify(http.Header{}, []byte(body), webhookNow); !errors.Is(err, api.ErrSignature) {
		t.Errorf("unsigned: %v", err)
	}
	if _, err := webhook.Verify(signed(t, key, webhookNow, body), []byte(body), webhookNow.Add(6*time.Minute)); !errors.Is(err, api.ErrSignature) {
		t.Errorf("old: %v", err)
	}
	if _, err := webhook.Verify(signed(t, key, webhookNow, "{}"), []byte("{}"), webhookNow); !errors.Is(err, api.ErrEventBody) {
		t.Errorf("no list: %v", err)
	}
	for name, keys := range map[string][]string{"none": nil, "unreadable": {public, "x"}} {
		if _, err := NewWebhook(keys); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
