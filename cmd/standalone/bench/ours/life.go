package ours

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

// life is one request under way.
type life struct {
	side   *Side
	slot   int
	number int64 // of the invented person

	officer, supervisor mailbox

	request    string // id
	etag       string // last read
	escalation string
	content    tdr.ContentHash // of the package
}

func (l *life) ID() string { return workflows.RequestID(l.request) }

// Ready waits for the mails and then looks the escalation up, as whoever got one does.
func (l *life) Ready(ctx context.Context, step script.Step) error {
	if step.Name == tdr.RequestReviewName {
		return l.prepare(ctx, step.By)
	}
	if !step.Told {
		return nil
	}
	if err := l.told(ctx); err != nil {
		return err
	}
	var list struct {
		Escalations []struct {
			LocalID string `json:"local_id"`
			Level   int    `json:"level"`
			Status  string `json:"status"`
		} `json:"escalations"`
	}
	if err := l.read(ctx, step.By, "/v1/requests/"+l.request+"/escalations", &list); err != nil {
		return err
	}
	for _, escalation := range list.Escalations {
		if escalation.Level == 1 && escalation.Status == string(tdr.EscalationWaiting) {
			l.escalation = escalation.LocalID
			return nil
		}
	}
	return fmt.Errorf("a mail told of an escalation that is not open")
}

// prepare makes the package that the step hands over.
func (l *life) prepare(ctx context.Context, by script.Part) error {
	status, _, answered, err := l.send(ctx, by, "/v1/requests/"+l.request+"/packages", contract.NewPackage{Documents: []string{}})
	if err != nil {
		return err
	}
	var made contract.Package
	if err := json.Unmarshal(answered, &made); err != nil || status != http.StatusCreated {
		return fmt.Errorf("prepare a package: status %d: %s", status, answered)
	}
	l.content = made.Content
	return nil
}

// Take sends a step as a command.
func (l *life) Take(ctx context.Context, step script.Step) error {
	path, body := openPath, any(l.opening())
	if step.Update() {
		path = "/v1/requests/" + l.request + "/" + strings.ReplaceAll(string(step.Name), "_", "-")
		body = l.body(step)
	}
	status, etag, answered, err := l.send(ctx, step.By, path, body)
	if err != nil {
		return err
	}
	if status != http.StatusOK && status != http.StatusCreated {
		return fmt.Errorf("status %d: %s", status, answered)
	}
	if !step.Update() {
		var change struct {
			Request struct {
				ID string `json:"id"`
			} `json:"request"`
		}
		if err := json.Unmarshal(answered, &change); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		l.request = change.Request.ID
	}
	l.etag = etag
	return nil
}

// End waits until the engine has closed the workflow, and counts the mails.
func (l *life) End(ctx context.Context) error {
	if err := l.side.engine.GetWorkflow(ctx, l.ID(), "").Get(ctx, nil); err != nil {
		return err
	}
	if l.escalation == "" {
		return nil // a life without silence has no mails
	}
	return l.mailsMissing()
}

func (l *life) today() calendar.Date { return calendar.DateOf(time.Now().In(l.side.zone)) }

func (l *life) opening() contract.NewRequest {
	order := script.Order(l.today())
	return contract.NewRequest{
		Country: script.Country, Post: cast.Post, FieldOffice: cast.Office, Officer: cast.Officer(l.slot),
		Person: contract.NewPerson{
			FamilyName: "Example", GivenNames: "Ana", BirthDate: calendar.Date{Year: 1990, Month: 1, Day: 1},
			ANumber: fmt.Sprintf("A%09d", l.number),
		},
		Order: contract.Order{Type: order.Type, Number: order.Number, Date: order.Date, Source: order.Source},
	}
}

// body is the act in the contract's form, which is the act's own but for the
// document's number: callers give it, and the system keeps it under a reference.
func (l *life) body(step script.Step) any {
	act := step.Act(script.Said{Today: l.today(), Required: l.side.required, Escalation: l.escalation, Content: l.content})
	if issue, ok := act.(*tdr.RecordIssue); ok {
		return contract.RecordIssue{
			Issuer: issue.Issuer, Number: fmt.Sprintf("EXAMPLE-%d", l.number), ValidFrom: issue.ValidFrom, ValidTo: issue.ValidTo,
		}
	}
	return act
}

// send posts a command and follows it to its answer.
func (l *life) send(ctx context.Context, by script.Part, path string, body any) (status int, etag string, answered []byte, err error) {
	content, err := json.Marshal(body)
	if err != nil {
		return 0, "", nil, fmt.Errorf("write the body: %w", err)
	}
	request, err := l.call(ctx, by, http.MethodPost, path, bytes.NewReader(content))
	if err != nil {
		return 0, "", nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", uuid.NewString())
	if l.etag != "" {
		request.Header.Set("If-Match", l.etag)
	}
	response, answered, err := l.do(request)
	if err != nil {
		return 0, "", nil, err
	}
	if response.StatusCode == http.StatusAccepted {
		return l.follow(ctx, by, response.Header.Get("Location"))
	}
	return response.StatusCode, response.Header.Get("ETag"), answered, nil
}

// glance is how long a caller who got a 202 waits before looking again.
const glance = 100 * time.Millisecond

// follow waits for the answer of a command that was stored and is carried on.
func (l *life) follow(ctx context.Context, by script.Part, location string) (status int, etag string, answered []byte, err error) {
	l.side.later.Add(1)
	for {
		var command struct {
			Answer *struct {
				Status  int               `json:"status"`
				Headers map[string]string `json:"headers"`
				Body    json.RawMessage   `json:"body"`
			} `json:"answer"`
		}
		if err := l.read(ctx, by, location, &command); err != nil {
			return 0, "", nil, err
		}
		if answer := command.Answer; answer != nil {
			return answer.Status, answer.Headers["ETag"], answer.Body, nil
		}
		select {
		case <-ctx.Done():
			return 0, "", nil, ctx.Err()
		case <-time.After(glance):
		}
	}
}

func (l *life) read(ctx context.Context, by script.Part, path string, into any) error {
	request, err := l.call(ctx, by, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	response, content, err := l.do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("read %s: status %d: %s", path, response.StatusCode, content)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

func (l *life) call(ctx context.Context, by script.Part, method, path string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, l.side.api+path, body)
	if err != nil {
		return nil, fmt.Errorf("make a call: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+l.side.tokens[cast.Who(by, l.slot)])
	return request, nil
}

func (l *life) do(request *http.Request) (*http.Response, []byte, error) {
	response, err := l.side.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("read the answer: %w", err)
	}
	return response, content, nil
}
