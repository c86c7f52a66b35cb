package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go"
	sgmail "github.com/sendgrid/sendgrid-go/helpers/mail"
)

const (
	defaultTimeout = 10 * time.Second
	maxAnswer      = 64 << 10 // bytes of an answer that are read; a real one has a few hundred
)

// Config says where and as whom mail is sent.
type Config struct {
	APIKey   string
	BaseURL  string // scheme and host, such as https://api.sendgrid.com; empty means that one
	From     string // bare address
	FromName string
	ReplyTo  string        // bare address; empty: replies go to From
	Timeout  time.Duration // for one whole call; zero means 10 s
}

// Sender sends messages. It is safe for concurrent use: each call builds its
// own request value, because sendgrid.Client keeps the last body on itself
// and two goroutines on one client can send each other's mail.
type Sender struct {
	config Config
	client *rest.Client
}

// New checks the configuration and makes a Sender. The client is copied: the
// copy follows no redirect, which would post the mail and the key elsewhere,
// and reads no endless answer. A nil client means one of its own.
func New(config Config, client *http.Client) (*Sender, error) {
	if config.BaseURL == "" {
		config.BaseURL = "https://api.sendgrid.com"
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("configure mail: %w", err)
	}
	config.BaseURL = strings.TrimSuffix(config.BaseURL, "/")
	return &Sender{config: config, client: &rest.Client{HTTPClient: hardened(client)}}, nil
}

func (c Config) check() error {
	if c.APIKey == "" || hasControl(c.APIKey) {
		return errors.New("API key is missing or holds control characters")
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || base.User != nil || (base.Scheme != "https" && base.Scheme != "http") ||
		strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "" {
		return errors.New("base URL must be scheme and host only")
	}
	if err := checkAddress(c.From); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if c.ReplyTo != "" {
		if err := checkAddress(c.ReplyTo); err != nil {
			return fmt.Errorf("reply-to: %w", err)
		}
	}
	if hasControl(c.FromName) {
		return errors.New("sender's name holds control characters")
	}
	if c.Timeout < 0 {
		return errors.New("timeout is negative")
	}
	return nil
}

// Send hands one message to SendGrid once. The error is always a Failure.
func (s *Sender) Send(ctx context.Context, message Message) (Receipt, error) {
	if message.check() != nil {
		return Receipt{}, &Rejected{Reasons: []Reason{ReasonInvalid}}
	}
	if err := ctx.Err(); err != nil {
		return Receipt{}, &NotSent{Cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	var written atomic.Bool
	response, err := s.client.SendWithContext(traceWrites(ctx, &written), s.request(message))
	// A status line decides even when the rest of the answer was lost.
	if response != nil && response.StatusCode != 0 {
		return judge(response)
	}
	if written.Load() {
		return Receipt{}, &OutcomeUnknown{Cause: err}
	}
	return Receipt{}, &NotSent{Cause: err}
}

// traceWrites notes when the request begins to be written. From its headers
// on, enough may have left for SendGrid to accept the mail; before them
// (resolving, dialing, TLS) nothing has.
func traceWrites(ctx context.Context, written *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { written.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { written.Store(true) },
	})
}

func (s *Sender) request(message Message) rest.Request {
	request := sendgrid.GetRequest(s.config.APIKey, "/v3/mail/send", s.config.BaseURL)
	request.Method = rest.Post
	request.Body = sgmail.GetRequestBody(s.body(message))
	return request
}

func (s *Sender) body(message Message) *sgmail.SGMailV3 {
	body := sgmail.NewV3MailInit(
		sgmail.NewEmail(s.config.FromName, s.config.From),
		message.Subject,
		sgmail.NewEmail("", message.To),
		sgmail.NewContent("text/plain", message.Text),
		sgmail.NewContent("text/html", message.HTML),
	)
	if s.config.ReplyTo != "" {
		body.SetReplyTo(sgmail.NewEmail("", s.config.ReplyTo))
	}
	// RFC 3834: without it, absence notices would answer the machine.
	body.SetHeader("Auto-Submitted", "auto-generated")
	// SendGrid keeps custom arguments for good and cannot redact them.
	body.SetCustomArg("message_id", message.ID.String())
	if message.Repeat {
		body.SetCustomArg("repeat", "true")
	}
	body.SetTrackingSettings(untracked())
	return body
}

// untracked turns off link rewriting and tracking pixels: neither belongs into government mail.
func untracked() *sgmail.TrackingSettings {
	off := false
	return &sgmail.TrackingSettings{
		ClickTracking:        &sgmail.ClickTrackingSetting{Enable: &off, EnableText: &off},
		OpenTracking:         &sgmail.OpenTrackingSetting{Enable: &off},
		SubscriptionTracking: &sgmail.SubscriptionTrackingSetting{Enable: &off},
		GoogleAnalytics:      &sgmail.GaSetting{Enable: &off},
	}
}

func hardened(client *http.Client) *http.Client {
	var own http.Client
	if client != nil {
		own = *client
	}
	if own.Transport == nil {
		own.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	own.Transport = shortAnswers{own.Transport}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// shortAnswers bounds the memory that one answer can take.
type shortAnswers struct{ next http.RoundTripper }

func (t shortAnswers) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}
