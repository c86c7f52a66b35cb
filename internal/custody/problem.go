package custody

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrHistory is matched by every HistoryError.
var ErrHistory = errors.New("legal history is invalid")

// Rule names what a history breaks.
type Rule string

// The rules of a legal history.
const (
	RuleID                     Rule = "id_missing"
	RuleDuplicate              Rule = "id_used_twice"
	RuleKind                   Rule = "kind_unknown"
	RuleDate                   Rule = "date_missing"
	RuleFuture                 Rule = "date_in_future"
	RuleSource                 Rule = "source_document_missing"
	RuleCorrectsUnknown        Rule = "corrects_unknown_event"
	RuleCorrectedTwice         Rule = "corrected_twice"
	RuleCorrectedBefore        Rule = "correction_recorded_before_event"
	RuleCorrectedKind          Rule = "correction_of_another_kind"
	RuleCorrectionLoop         Rule = "corrections_in_a_circle"
	RuleRetractedNothing       Rule = "retraction_names_no_event"
	RuleOrderStands            Rule = "order_final_while_one_stands"
	RuleNoOrder                Rule = "no_final_order"
	RuleStayTwice              Rule = "stay_already_in_force"
	RuleStayEndedWithoutStay   Rule = "stay_ended_without_stay"
	RuleStayAmbiguous          Rule = "several_stays_in_force"
	RuleDetainedTwice          Rule = "already_detained"
	RuleReleasedWithoutCustody Rule = "released_without_detention"
	RuleRevokedWithoutRelease  Rule = "revoked_without_release"
	RuleCompliedWithoutNotice  Rule = "complied_without_notice"
	RuleHabeasEnded            Rule = "habeas_ended_without_petition"
)

// Problem is one broken rule and the ids of the events that break it.
type Problem struct {
	Rule   Rule     `json:"rule"`
	Events []string `json:"events"`
}

// HistoryError lists everything that keeps a clock from being derived.
type HistoryError struct {
	Problems []Problem `json:"problems"`
}

// Error names every rule with its events.
func (e *HistoryError) Error() string {
	parts := make([]string, 0, len(e.Problems))
	for _, problem := range e.Problems {
		parts = append(parts, fmt.Sprintf("%s (%s)", problem.Rule, strings.Join(problem.Events, ", ")))
	}
	return ErrHistory.Error() + ": " + strings.Join(parts, "; ")
}

// Is matches ErrHistory.
func (e *HistoryError) Is(target error) bool { return target == ErrHistory }

// problems collects broken rules; the order of the events given does not show in the result.
type problems []Problem

func (p *problems) add(rule Rule, events ...string) {
	slices.Sort(events)
	*p = append(*p, Problem{Rule: rule, Events: events})
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortFunc(p, func(a, b Problem) int {
		return strings.Compare(string(a.Rule)+strings.Join(a.Events, " "), string(b.Rule)+strings.Join(b.Events, " "))
	})
	return &HistoryError{Problems: p}
}
