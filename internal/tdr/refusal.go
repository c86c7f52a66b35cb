package tdr

import (
	"errors"
	"fmt"
)

// Code names why a command was refused; the set is closed and carries nothing personal.
type Code string

// The reasons for refusal.
const (
	StageForbids      Code = "stage_forbids"      // the stage does not allow the command
	NotPermitted      Code = "not_permitted"      // none of the actor's roles may do it
	SamePerson        Code = "same_person"        // the rule wants a second person
	Stale             Code = "stale"              // the caller had not seen the last material event
	Missing           Code = "missing"            // a field the rule needs is absent
	Invalid           Code = "invalid"            // a field is not among what the rule allows
	InFuture          Code = "in_future"          // a fact cannot lie ahead
	Contradicts       Code = "contradicts"        // a date contradicts an earlier fact
	ContentChanged    Code = "content_changed"    // not the content that was approved
	GateClosed        Code = "gate_closed"        // the gate did not authorise a send
	ConsentMissing    Code = "consent_missing"    // the order names another country, and counsel has not consented
	NeverAddressed    Code = "never_addressed"    // the country is never addressed about such a person
	NextDateTooFar    Code = "next_date_too_far"  // beyond what the level allows
	EscalationUnknown Code = "escalation_unknown" // no open escalation of that id
	EventUnknown      Code = "event_unknown"      // no such event, or one that cannot be corrected
	IncompletePackage Code = "incomplete_package" // a required item has neither document nor reason
	DocumentUnfit     Code = "document_unfit"     // an authenticity check failed
	OutsideValidity   Code = "outside_validity"   // travel outside the document's validity
	AttemptsMissing   Code = "attempts_missing"   // a notice needs two recorded attempts
	RulesUnknown      Code = "rules_unknown"      // the state's rules version is not held here
)

// Refusal is Decide's answer when a rule stands against a command.
type Refusal struct {
	Code    Code    `json:"code"`
	Field   string  `json:"field,omitempty"`   // the command's field at fault
	Rule    string  `json:"rule,omitempty"`    // the rule in words, without personal data
	Stage   Stage   `json:"stage,omitempty"`   // where the request stood
	Allowed []Name  `json:"allowed,omitempty"` // what that stage allows, for StageForbids
	Also    []Fault `json:"also,omitempty"`    // further fields at fault
}

// Fault is a field of a command and the rule that it breaks.
type Fault struct {
	Field string `json:"field"`
	Rule  string `json:"rule"`
}

// Error is the refusal in one line.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return fmt.Sprintf("%s: %s", r.Code, r.Rule)
	}
	return fmt.Sprintf("%s: %s: %s", r.Code, r.Field, r.Rule)
}

func refuse(code Code, field, rule string) error {
	return &Refusal{Code: code, Field: field, Rule: rule}
}

// joined names the fields at fault of both refusals in one, so that a caller
// mends them together. The first decides the code; one that is about no field
// stands alone.
func joined(first, second error) error {
	var a, b *Refusal
	switch {
	case !errors.As(first, &a):
		return second
	case !errors.As(second, &b) || a.Field == "" || b.Field == "":
		return first
	}
	both := *a
	both.Also = append(append(both.Also[:len(both.Also):len(both.Also)], Fault{b.Field, b.Rule}), b.Also...)
	return &both
}
