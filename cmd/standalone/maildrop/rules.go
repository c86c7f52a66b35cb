package maildrop

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Rule is a failure on command. What it does to an answer: rate_limit, fail,
// hang, accept_then_hang, delay. To the mail's fate: bounce, drop, defer. To
// the events: lose_events for the matching mails; hold_events for all mails
// until a reset lets them go.
type Rule struct {
	Action  string `json:"action"`
	Address string `json:"address,omitempty"` // recipient; empty matches every mail
	// Count is how many mails the rule takes. Zero means one for what is done
	// to an answer, and all until a reset for the rest.
	Count        int `json:"count,omitempty"`
	ResetSeconds int `json:"reset_seconds,omitempty"` // rate_limit: when the limit ends; default 1
	Milliseconds int `json:"milliseconds,omitempty"`  // delay: how long
}

const (
	rateLimit      = "rate_limit"
	fail           = "fail"
	hang           = "hang"
	acceptThenHang = "accept_then_hang"
	delay          = "delay"
	bounce         = "bounce"
	drop           = "drop"
	deferMail      = "defer"
	loseEvents     = "lose_events"
	holdEvents     = "hold_events"
)

func answering() []string { return []string{rateLimit, fail, hang, acceptThenHang, delay} }

func fates() []string { return []string{bounce, drop, deferMail} }

func (r Rule) check() error {
	known := slices.Concat(answering(), fates(), []string{loseEvents, holdEvents})
	switch {
	case !slices.Contains(known, r.Action):
		return errors.New("action must be one of: " + strings.Join(known, ", ") + ", or reset")
	case r.Count < 0 || r.ResetSeconds < 0 || r.Milliseconds < 0 || r.Milliseconds > 600_000:
		return errors.New("numbers must not be negative, milliseconds at most 600000")
	case r.Action == delay && r.Milliseconds == 0:
		return errors.New("delay needs milliseconds")
	case r.Action == holdEvents && (r.Address != "" || r.Count != 0):
		return errors.New("hold_events takes neither address nor count")
	}
	return nil
}

// rules are kept in memory: a drop that starts again has none.
type rules struct {
	mu   sync.Mutex
	list []*Rule
}

func newRules() *rules { return &rules{} }

func (r *rules) add(rule Rule) {
	if rule.Count == 0 && slices.Contains(answering(), rule.Action) {
		rule.Count = 1
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, &rule)
}

func (r *rules) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = nil
}

func (r *rules) show() []Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	shown := make([]Rule, 0, len(r.list))
	for _, rule := range r.list {
		shown = append(shown, *rule)
	}
	return shown
}

// take finds the first rule with one of the actions for any of the addresses
// (lower case) and uses it up by one.
func (r *rules) take(actions []string, addresses []string) (Rule, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, rule := range r.list {
		if !slices.Contains(actions, rule.Action) || rule.Address != "" && !slices.Contains(addresses, strings.ToLower(rule.Address)) {
			continue
		}
		taken := *rule
		if rule.Count > 0 {
			rule.Count--
			if rule.Count == 0 {
				r.list = slices.Delete(r.list, i, i+1)
			}
		}
		return taken, true
	}
	return Rule{}, false
}

func (d *Drop) showControl(w http.ResponseWriter, r *http.Request) {
	answerJSON(w, http.StatusOK, map[string]any{"rules": d.rules.show(), "events_waiting": d.outbox.size()})
}

// control takes one rule, or {"action":"reset"}, from this machine only. JSON
// is demanded because a stranger's page can't send it here without leave.
func (d *Drop) control(w http.ResponseWriter, r *http.Request) {
	if !fromLoopback(r) || !loopbackHost(r.Host) {
		http.Error(w, "only from this machine", http.StatusForbidden)
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	var rule Rule
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rule); err != nil {
		http.Error(w, "not a rule: "+err.Error(), http.StatusBadRequest)
		return
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		http.Error(w, "one rule at a time", http.StatusBadRequest)
		return
	}
	if err := d.apply(rule); err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	d.showControl(w, r)
}

func (d *Drop) apply(rule Rule) error {
	if rule.Action == "reset" {
		d.rules.reset()
		d.outbox.hold(false)
		return nil
	}
	if err := rule.check(); err != nil {
		return err
	}
	if rule.Action == holdEvents {
		d.outbox.hold(true)
	}
	d.rules.add(rule)
	return nil
}

func fromLoopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

func answerJSON(w http.ResponseWriter, status int, value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(raw, '\n')) // the caller may be gone; there is nobody to tell
}
