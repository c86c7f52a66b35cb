package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/custody"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
	"github.com/traveldoc/traveldoc/workflows"
)

func TestVersion(t *testing.T) {
	seq, fence, ok := parseVersion(etagOf(12, 3))
	if !ok || seq != 12 || fence != 3 {
		t.Fatalf("got %d %d %v", seq, fence, ok)
	}
	for _, text := range []string{``, `12.3`, `"12"`, `"12.3`, `12.3"`, `W/"12.3"`, `*`, `"012.3"`, `"12.3", "12.4"`, `"+1.3"`, `"1.3.4"`, `"99999999999999999999.1"`} {
		if _, _, ok := parseVersion(text); ok {
			t.Errorf("%s was taken", text)
		}
	}
}

func TestCursor(t *testing.T) {
	at := time.Date(2026, 3, 2, 4, 5, 6, 700, time.FixedZone("", 3600))
	page, err := pageOf("", 0)
	if err != nil || page.Limit != defaultLimit+1 {
		t.Fatalf("%+v %v", page, err)
	}
	rows, next := cut([]int{1, 2, 3}, Page{Limit: 3}, func(n int) (string, string) { return sortKey(at), fmt.Sprint("id ", n) })
	if len(rows) != 2 || next == "" {
		t.Fatalf("%v %q", rows, next)
	}
	page, err = pageOf(next, 7)
	if err != nil || page.AfterKey != "2026-03-02T03:05:06.000000Z" || page.AfterID != "id 2" || page.Limit != 8 {
		t.Fatalf("%+v %v", page, err)
	}
	if rows, next = cut([]int{1, 2}, Page{Limit: 3}, nil); len(rows) != 2 || next != "" {
		t.Fatalf("%v %q", rows, next)
	}
	for _, text := range []string{"x", "!!", "e30", "eyJrIjoiYSIsImkiOiJiIn0", strings.Repeat("A", 400)} {
		if _, err := pageOf(text, 0); problemOf(err).cause != invalidFields {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPublicCode(t *testing.T) {
	code, err := drawCode(strings.NewReader("\xff\x00\x01\x02\x03\x04\x05\x06"))
	if err != nil || code != "TD-234567" {
		t.Fatalf("%q %v", code, err)
	}
	if _, err := drawCode(strings.NewReader("\x00")); err == nil {
		t.Fatal("drawn from nothing")
	}
}

// Every refusal of the core has an answer of its own, and none is a defect.
func TestRefusalsAreAnswered(t *testing.T) {
	want := map[tdr.Code]int{
		tdr.StageForbids: 409, tdr.NotPermitted: 403, tdr.SamePerson: 403, tdr.Stale: 412, tdr.GateClosed: 409, tdr.RulesUnknown: 503,
		tdr.Missing: 422, tdr.Invalid: 422, tdr.InFuture: 422, tdr.Contradicts: 422, tdr.ContentChanged: 422, tdr.NextDateTooFar: 422,
		tdr.EscalationUnknown: 422, tdr.EventUnknown: 422, tdr.IncompletePackage: 422, tdr.DocumentUnfit: 422,
		tdr.OutsideValidity: 422, tdr.AttemptsMissing: 422,
	}
	for code, status := range want {
		err := fmt.Errorf("command: %w", &tdr.Refusal{Code: code, Field: "content", Rule: "a rule", Stage: tdr.Ready, Allowed: []tdr.Name{tdr.SendName}})
		answer := problemOf(err).answer()
		if answer.Status != status {
			t.Errorf("%s: %d, want %d", code, answer.Status, status)
		}
		if status == 422 && !strings.Contains(string(answer.Body), `"errors":[{"field":"content","rule":"a rule"}]`) {
			t.Errorf("%s: %s", code, answer.Body)
		}
	}
	forbids := problemOf(&tdr.Refusal{Code: tdr.StageForbids, Stage: tdr.Ready, Allowed: []tdr.Name{tdr.SendName}}).answer()
	if !strings.Contains(string(forbids.Body), `"stage":"ready"`) || !strings.Contains(string(forbids.Body), `"allowed":["send"]`) {
		t.Errorf("stage and what it allows: %s", forbids.Body)
	}
}

// Whichever rule closed the gate, the answer is the same.
func TestClosedGatesReadAlike(t *testing.T) {
	one := refused(&tdr.Refusal{Code: tdr.GateClosed, Rule: "nothing may leave", Stage: tdr.Ready}).answer()
	other := refused(&tdr.Refusal{Code: tdr.GateClosed, Rule: "no final order is on record", Field: "x"}).answer()
	if string(one.Body) != string(other.Body) {
		t.Errorf("%s and %s", one.Body, other.Body)
	}
}

func TestErrorsAreAnswered(t *testing.T) {
	want := map[error]cause{
		ErrNotFound: notFound, ErrKeyReused: keyReused, ErrAlreadyLifted: alreadyLifted, ErrUnavailable: unavailable,
		ErrMerged: alreadyMerged, &BothLiveError{Country: "GHA"}: bothLive, &AssignmentError{map[int]string{1: "x"}}: invalidFields,
		ErrPersonDiffers: invalidFields, ErrHoldScope: invalidFields, ErrCorrected: invalidFields, ErrCorrectedKind: invalidFields, workflows.ErrEngineAway: unavailable,
		identity.ErrUnauthorized: unauthorized, identity.ErrUnavailable: identityUnavailable, errors.New("anything"): internalError,
		&custody.HistoryError{Problems: []custody.Problem{{Rule: custody.RuleNoOrder}}}: invalidFields,
	}
	for err, cause := range want {
		if got := problemOf(fmt.Errorf("wrapped: %w", err)).cause; got != cause {
			t.Errorf("%v: %s, want %s", err, got, cause)
		}
	}
	if body := string(problemOf(errors.New("Ana Example")).answer().Body); strings.Contains(body, "Ana") {
		t.Errorf("a defect's text reached the caller: %s", body)
	}
}

// Every cause has a status, a title and a text, and no two share all of them.
func TestCausesAreExplained(t *testing.T) {
	var texts []string
	for name, known := range meanings() {
		if http.StatusText(known.status) == "" || known.status < 400 || known.title == "" || known.text == "" {
			t.Errorf("%s: %+v", name, known)
		}
		if slices.Contains(texts, known.text) {
			t.Errorf("%s: has another's text", name)
		}
		texts = append(texts, known.text)
	}
}

// There is one path for each command, named as the command, and one row of the policy.
func TestEveryCommandHasAPath(t *testing.T) {
	document, err := loadSpec()
	if err != nil {
		t.Fatal(err)
	}
	policy := identity.NewPolicy()
	for _, move := range tdr.Moves() {
		path := "POST /v1/requests/{id}/" + strings.ReplaceAll(string(move.Name), "_", "-")
		if move.Name == tdr.OpenName {
			path = "POST /v1/requests"
		}
		if _, ok := document.operations[path]; !ok {
			t.Errorf("%s is missing", path)
		}
		for _, role := range move.Who {
			if role != tdr.SystemRole && !policy.May(identity.Principal{Roles: []identity.Role{identity.Role(role)}}, identity.Operation(move.Name)) {
				t.Errorf("%s may %s by the core and not by the policy", role, move.Name)
			}
		}
	}
}
