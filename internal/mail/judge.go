package mail

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/rest"
)

// Bounds of the pause after a 429.
const (
	defaultPause = 30 * time.Second
	minPause     = time.Second
	maxPause     = time.Hour
)

// judge turns an answer into a receipt or a Failure. A gateway's 502 and 504
// say that the service behind it gave no answer, not that it took nothing.
func judge(response *rest.Response) (Receipt, error) {
	header := http.Header(response.Headers)
	switch status := response.StatusCode; {
	case status == http.StatusAccepted:
		return Receipt{SGMessageID: identifier(header.Get("X-Message-Id"))}, nil
	case status == http.StatusTooManyRequests:
		return Receipt{}, &RateLimited{RetryAfter: pause(header)}
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return Receipt{}, &OutcomeUnknown{Cause: fmt.Errorf("gateway answered %d", status)}
	case status >= 500:
		return Receipt{}, &Unavailable{Status: status}
	case status >= 400:
		return Receipt{}, &Rejected{Status: status, Reasons: reasons(status, response.Body)}
	default:
		return Receipt{}, &Rejected{Status: status, Reasons: []Reason{ReasonUnexpected}}
	}
}

// pause reads Retry-After (seconds or a date) or X-RateLimit-Reset (Unix
// seconds). Instants are measured against the answer's own Date, so that a
// difference between the two clocks does not matter.
func pause(header http.Header) time.Duration {
	wait := defaultPause
	date, dateErr := http.ParseTime(header.Get("Date"))
	retry := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(retry, 10, 16); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(retry); err == nil && dateErr == nil {
		wait = at.Sub(date)
	} else if reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil && dateErr == nil {
		wait = time.Unix(reset, 0).Sub(date)
	}
	return min(max(wait, minPause), maxPause)
}

// reasons maps the fields that SendGrid complains about to codes.
func reasons(status int, body string) []Reason {
	switch status {
	case http.StatusUnauthorized:
		return []Reason{ReasonUnauthorized}
	case http.StatusForbidden:
		return []Reason{ReasonForbidden}
	case http.StatusRequestEntityTooLarge:
		return []Reason{ReasonTooLarge}
	}
	var answer struct {
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	}
	if json.Unmarshal([]byte(body), &answer) != nil || len(answer.Errors) == 0 {
		return []Reason{ReasonOther}
	}
	var found []Reason
	for _, complaint := range answer.Errors {
		found = append(found, reasonOf(complaint.Field))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func reasonOf(field string) Reason {
	root, _, _ := strings.Cut(field, ".")
	switch root {
	case "":
		return ReasonMalformed
	case "from", "reply_to":
		return ReasonSender
	case "personalizations":
		return ReasonRecipient
	case "subject":
		return ReasonSubject
	case "content":
		return ReasonContent
	default:
		return ReasonOther
	}
}

// identifier keeps an id of SendGrid's and drops whatever does not look like one.
func identifier(text string) string {
	const others = "._-=+/@<>"
	odd := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune(others, r)
	}
	if len(text) > 250 || strings.ContainsFunc(text, odd) {
		return ""
	}
	return text
}
