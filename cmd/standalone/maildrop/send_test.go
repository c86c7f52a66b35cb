package maildrop

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const goodBody = `{"from":{"email":"desk@example.org"},"personalizations":[{"to":[{"email":"a@example.org","name":"A"}]}],"subject":"s","content":[{"type":"text/plain","value":"x"}]}`

// post calls the API as a stranger's client would.
func post(t *testing.T, url, body string, change func(*http.Request)) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v3/mail/send", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+testKey)
	request.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(answer)
}

func with(t *testing.T, changes map[string]any) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(goodBody), &fields); err != nil {
		t.Fatal(err)
	}
	for name, value := range changes {
		if value == nil {
			delete(fields, name)
		} else {
			fields[name] = value
		}
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func people(n, each int) []any {
	var list []any
	for i := range n {
		var to []any
		for j := range each {
			to = append(to, map[string]any{"email": fmt.Sprintf("p%d.%d@example.org", i, j)})
		}
		list = append(list, map[string]any{"to": to})
	}
	return list
}

func TestAcceptsWhatSendGridAccepts(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	rows := map[string]string{
		"plain":                    goodBody,
		"charset in no way":        goodBody,
		"1,000 personalizations":   with(t, map[string]any{"personalizations": people(1000, 1)}),
		"1,000 in one":             with(t, map[string]any{"personalizations": people(1, 1000)}),
		"subject per person":       with(t, map[string]any{"subject": nil, "personalizations": []any{map[string]any{"to": []any{map[string]any{"email": "a@example.org"}}, "subject": "own"}}}),
		"template without content": with(t, map[string]any{"content": nil, "template_id": "d-1"}),
		"unknown fields":           with(t, map[string]any{"categories": []string{"x"}, "asm": map[string]any{"group_id": 1}}),
	}
	for name, body := range rows {
		status, header, answer := post(t, drop.url, body, nil)
		if status != 202 || header.Get("X-Message-Id") == "" || answer != "" {
			t.Errorf("%s: %d %v %s", name, status, header, answer)
		}
	}
	status, _, _ := post(t, drop.url, goodBody, func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") })
	if status != 202 {
		t.Errorf("charset: %d", status)
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	fmt.Fprint(zip, goodBody)
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	status, _, _ = post(t, drop.url, packed.String(), func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
	if status != 202 {
		t.Errorf("gzip: %d", status)
	}
	before := len(arrivals(t, dir))
	status, _, _ = post(t, drop.url, with(t, map[string]any{"mail_settings": map[string]any{"sandbox_mode": map[string]any{"enable": true}}}), nil)
	if all := arrivals(t, dir); status != 200 || len(all) != before+1 || all[before].Outcome != Sandboxed || len(all[before].Mails) != 0 {
		t.Errorf("sandbox: %d %+v", status, all[len(all)-1])
	}
}

func TestRefusesWhatSendGridRefuses(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	person := func(fields map[string]any) map[string]any { return map[string]any{"personalizations": []any{fields}} }
	to := []any{map[string]any{"email": "a@example.org"}}
	rows := []struct {
		name, body, field string
		status            int
	}{
		{"no from", with(t, map[string]any{"from": nil}), "from", 400},
		{"bad from", with(t, map[string]any{"from": map[string]any{"email": "desk"}}), "from.email", 400},
		{"bad reply-to", with(t, map[string]any{"reply_to": map[string]any{"email": "x"}}), "reply_to.email", 400},
		{"no content", with(t, map[string]any{"content": nil}), "content", 400},
		{"empty content", with(t, map[string]any{"content": []any{map[string]any{"type": "text/plain", "value": ""}}}), "content.0.value", 400},
		{"content without type", with(t, map[string]any{"content": []any{map[string]any{"value": "x"}}}), "content.0.type", 400},
		{"HTML before text", with(t, map[string]any{"content": []any{map[string]any{"type": "text/html", "value": "x"}, map[string]any{"type": "text/plain", "value": "x"}}}), "content", 400},
		{"no subject", with(t, map[string]any{"subject": nil}), "subject", 400},
		{"no personalizations", with(t, map[string]any{"personalizations": nil}), "personalizations", 400},
		{"empty personalizations", with(t, map[string]any{"personalizations": []any{}}), "personalizations", 400},
		{"1,001 personalizations", with(t, map[string]any{"personalizations": people(1001, 1)}), "personalizations", 400},
		{"1,001 recipients", with(t, map[string]any{"personalizations": people(1, 1001)}), "personalizations", 400},
		{"no recipients", with(t, person(map[string]any{"to": []any{}})), "personalizations.0.to", 400},
		{"bad recipient", with(t, person(map[string]any{"to": []any{map[string]any{"email": "a"}}})), "personalizations.0.to.0.email", 400},
		{"twice the same", with(t, person(map[string]any{"to": to, "cc": []any{map[string]any{"email": "A@example.org"}}})), "personalizations.0", 400},
		{"reserved header", with(t, map[string]any{"headers": map[string]any{"Subject": "x"}}), "headers.Subject", 400},
		{"line break in header", with(t, map[string]any{"headers": map[string]any{"X-A": "x\r\nBcc: y"}}), "headers", 400},
		{"custom args too long", with(t, map[string]any{"custom_args": map[string]any{"a": strings.Repeat("x", 10_001)}}), "custom_args", 400},
		{"no JSON", `{"from":`, "", 400},
		{"trailing text", goodBody + "x", "", 400},
		{"wrong types", `{"personalizations":"x"}`, "", 400},
		{"empty", "", "", 400},
	}
	for _, row := range rows {
		status, _, answer := post(t, drop.url, row.body, nil)
		if status != row.status || !names(t, answer, row.field) {
			t.Errorf("%s: %d %s", row.name, status, answer)
		}
	}
	if _, _, answer := post(t, drop.url, with(t, map[string]any{"personalizations": people(1001, 1)}), nil); !strings.Contains(answer, "You have provided 1001 personalizations") {
		t.Errorf("1,001 personalizations: %s", answer)
	}
	for name, row := range map[string]struct {
		change func(*http.Request)
		body   string
		want   int
	}{
		"wrong key":     {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+testKey+"x") }, goodBody, 401},
		"no key":        {func(r *http.Request) { r.Header.Del("Authorization") }, goodBody, 401},
		"basic":         {func(r *http.Request) { r.SetBasicAuth("apikey", testKey) }, goodBody, 401},
		"form":          {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, goodBody, 415},
		"too large":     {nil, strings.Repeat(" ", maxBody) + goodBody, 413},
		"gzip too long": {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, bomb(t), 413},
		"no gzip":       {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, goodBody, 400},
	} {
		if status, _, answer := post(t, drop.url, row.body, row.change); status != row.want || !names(t, answer, "") {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	for _, arrival := range arrivals(t, dir) {
		if arrival.Outcome != Refused || len(arrival.Mails) != 0 || arrival.Status < 400 {
			t.Errorf("refused, but kept: %+v", arrival)
		}
	}
}

// names tells whether an answer has SendGrid's form and complains about the field, or about none.
func names(t *testing.T, answer, field string) bool {
	t.Helper()
	var form struct {
		Errors []complaint `json:"errors"`
	}
	if err := json.Unmarshal([]byte(answer), &form); err != nil {
		return false
	}
	for _, one := range form.Errors {
		if one.Message != "" && (field == "" && one.Field == nil || one.Field != nil && field != "" && *one.Field == field) {
			return true
		}
	}
	return false
}

func TestComplaintsKeepTheirOrder(t *testing.T) {
	bad := []address{{Email: "x"}}
	for range 20 {
		found := request{
			From: &address{Email: "a@example.org"}, Subject: "s", Content: []content{{"text/plain", "x"}},
			Personalizations: []personalization{{To: []address{{Email: "y"}}, Cc: []address{{Email: "z"}}, Bcc: bad}},
		}.complaints()
		var fields []string
		for _, one := range found {
			fields = append(fields, *one.Field)
		}
		if got := strings.Join(fields, " "); got != "personalizations.0.to.0.email personalizations.0.cc.0.email personalizations.0.bcc.0.email" {
			t.Fatal(got)
		}
	}
}

func bomb(t *testing.T) string {
	t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(make([]byte, maxBody+1)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func TestEveryPersonalizationIsAMail(t *testing.T) {
	dir := t.TempDir()
	drop := start(t, dir, "")
	body := with(t, map[string]any{"custom_args": map[string]any{"a": "1", "b": "1"}, "personalizations": []any{
		map[string]any{"to": []any{map[string]any{"email": "a@example.org"}}, "custom_args": map[string]any{"b": "2"}},
		map[string]any{"to": []any{map[string]any{"email": "b@example.org"}}, "bcc": []any{map[string]any{"email": "c@example.org"}}, "subject": "own"},
	}})
	_, header, _ := post(t, drop.url, body, nil)
	mails := arrivals(t, dir)[0].Mails
	if len(mails) != 2 || mails[0].ID != header.Get("X-Message-Id") || mails[1].ID == mails[0].ID || !strings.HasPrefix(mails[1].ID, mails[0].ID) {
		t.Fatalf("%+v", mails)
	}
	if mails[0].Subject != "s" || mails[1].Subject != "own" || mails[0].CustomArgs["b"] != "2" || mails[1].CustomArgs["b"] != "1" || mails[1].Bcc[0] != "c@example.org" {
		t.Errorf("%+v", mails)
	}
}
