package maildrop

import (
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
)

// request is what POST /v3/mail/send takes, as far as the drop looks at it.
type request struct {
	From             *address          `json:"from"`
	ReplyTo          *address          `json:"reply_to"`
	Subject          string            `json:"subject"`
	Personalizations []personalization `json:"personalizations"`
	Content          []content         `json:"content"`
	TemplateID       string            `json:"template_id"`
	Headers          map[string]string `json:"headers"`
	CustomArgs       map[string]string `json:"custom_args"`
	MailSettings     struct {
		SandboxMode struct {
			Enable bool `json:"enable"`
		} `json:"sandbox_mode"`
	} `json:"mail_settings"`
}

type address struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

type personalization struct {
	To         []address         `json:"to"`
	Cc         []address         `json:"cc"`
	Bcc        []address         `json:"bcc"`
	Subject    string            `json:"subject"`
	Headers    map[string]string `json:"headers"`
	CustomArgs map[string]string `json:"custom_args"`
}

type content struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// complaint is one entry of the error list that SendGrid answers.
type complaint struct {
	Message string  `json:"message"`
	Field   *string `json:"field"`
	Help    *string `json:"help"`
}

const (
	maxPersonalizations = 1000
	maxRecipients       = 1000   // to, cc and bcc of all personalizations together
	maxCustomArgs       = 10_000 // bytes
)

// complaints lists what SendGrid would refuse; none means it would accept.
func (r request) complaints() []complaint {
	var found findings
	found.sender(r)
	found.recipients(r.Personalizations)
	found.subject(r)
	found.content(r)
	found.extras("headers", "custom_args", r.Headers, r.CustomArgs)
	for i, p := range r.Personalizations {
		prefix := fmt.Sprintf("personalizations.%d.", i)
		found.extras(prefix+"headers", prefix+"custom_args", p.Headers, p.CustomArgs)
	}
	return found
}

type findings []complaint

func (f *findings) add(field, message string) {
	*f = append(*f, complaint{Message: message, Field: &field})
}

func (f *findings) sender(r request) {
	if r.From == nil {
		f.add("from", "The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.")
	} else if !r.From.valid() {
		f.add("from.email", "The from email does not contain a valid address.")
	}
	if r.ReplyTo != nil && !r.ReplyTo.valid() {
		f.add("reply_to.email", "The reply_to email does not contain a valid address.")
	}
}

func (f *findings) recipients(list []personalization) {
	if len(list) == 0 {
		f.add("personalizations", "The personalizations field is required and must have at least one personalization.")
	}
	if len(list) > maxPersonalizations {
		f.add("personalizations", fmt.Sprintf("The personalization block is limited to 1000 personalizations per API request. You have provided %d personalizations. Please consider splitting this into multiple requests and resending your request.", len(list)))
	}
	total := 0
	for i, p := range list {
		total += len(p.To) + len(p.Cc) + len(p.Bcc)
		f.envelope(fmt.Sprintf("personalizations.%d", i), p)
	}
	if total > maxRecipients {
		f.add("personalizations", "There is a limit of 1000 total recipients (to + cc + bcc) per request.")
	}
}

func (f *findings) envelope(field string, p personalization) {
	if len(p.To) == 0 {
		f.add(field+".to", "The to array is required for all personalization objects, and must have at least one email object with a valid email address.")
	}
	seen := map[string]bool{}
	for _, list := range []struct {
		name      string
		addresses []address
	}{{"to", p.To}, {"cc", p.Cc}, {"bcc", p.Bcc}} {
		for i, one := range list.addresses {
			if !one.valid() {
				f.add(fmt.Sprintf("%s.%s.%d.email", field, list.name, i), "Does not contain a valid address.")
			}
			if key := strings.ToLower(one.Email); seen[key] {
				f.add(field, "Each email address in the personalization block should be unique between to, cc, and bcc.")
			} else {
				seen[key] = true
			}
		}
	}
}

func (f *findings) subject(r request) {
	each := len(r.Personalizations) > 0 && !slices.ContainsFunc(r.Personalizations, func(p personalization) bool { return p.Subject == "" })
	if r.Subject == "" && r.TemplateID == "" && !each {
		f.add("subject", "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.")
	}
}

func (f *findings) content(r request) {
	if len(r.Content) == 0 && r.TemplateID == "" {
		f.add("content", "Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block.")
	}
	last := -1
	for i, part := range r.Content {
		field := fmt.Sprintf("content.%d.", i)
		if part.Value == "" {
			f.add(field+"value", "The content value must be a string at least one character in length.")
		}
		if part.Type == "" || strings.ContainsAny(part.Type, ";\r\n") {
			f.add(field+"type", "The content type must be a MIME type.")
		}
		rank := slices.Index([]string{"text/plain", "text/html"}, part.Type)
		if rank < 0 {
			rank = 2
		}
		if rank < last {
			f.add("content", "If present, text/plain must be first, followed by text/html, followed by any other content.")
		}
		last = rank
	}
}

// extras refuses headers that SendGrid sets by itself, line breaks in any, and too many custom arguments.
func (f *findings) extras(headersField, argsField string, headers, args map[string]string) {
	reserved := []string{
		"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
		"to", "from", "subject", "reply-to", "cc", "bcc",
	}
	for name, value := range headers {
		if slices.Contains(reserved, strings.ToLower(name)) {
			f.add(headersField+"."+name, "The header is reserved and cannot be used.")
		}
		if strings.ContainsAny(name+value, "\r\n") {
			f.add(headersField, "Headers cannot contain line breaks.")
		}
	}
	size := 0
	for name, value := range args {
		size += len(name) + len(value)
	}
	if size > maxCustomArgs {
		f.add(argsField, "Custom args may not exceed 10,000 bytes.")
	}
}

func (a address) valid() bool {
	parsed, err := netmail.ParseAddress(a.Email)
	return err == nil && parsed.Address == a.Email && !strings.ContainsAny(a.Email+a.Name, "\r\n")
}
