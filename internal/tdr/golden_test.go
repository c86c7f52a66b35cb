package tdr_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/traveldoc/traveldoc/internal/tdr"
)

// publish writes the results of a rules version that has none yet. It never
// replaces a file: what was published stays.
var publish = flag.Bool("publish-rules", false, "write the results of a new rules version")

// script is a life that meets every rule of the clocks: it may grow only with
// a new version, in a script of its own.
func script(t fataler) *life {
	l := begin(t, func(o *tdr.Open, f *tdr.OpeningFacts) {
		o.HighHarm = true
		f.Custody = tdr.Custody{Detained: true, R0: day("2026-02-20")}
	})
	custody := func(c tdr.Custody) { l.told(&tdr.CustodyChanged{Custody: c}) }
	l.until(boston("2026-03-11 09:00")).do(review()).do(&tdr.Return{Items: []tdr.ItemReason{{Item: "photographs", Reason: "blurred"}}})
	l.until(boston("2026-03-12 09:00")).do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.Send{Content: someHash, Channel: tdr.ByCourier})
	l.until(boston("2026-03-20 15:00")).do(&tdr.RecordReceipt{Evidence: someProof})
	l.until(boston("2026-03-25 09:00")).told(&tdr.HoldChanged{Hold: "h1", Stops: true})
	l.until(boston("2026-04-01 09:00")).told(&tdr.HoldChanged{Hold: "h1"})
	l.until(boston("2026-04-14 09:00")).do(&tdr.AcknowledgeEscalation{Escalation: mustOpen(l, 0), NextDate: day("2026-04-20"), Action: "call"})
	l.until(boston("2026-04-15 09:00")).do(contactAt(tdr.ToPost, false)).do(contactAt(tdr.ToPost, false))
	l.until(boston("2026-04-22 09:00")).takeOn(2, 5)
	l.until(boston("2026-05-04 09:00")).do(&tdr.RecordInformationAsked{What: []string{"photo"}, By: day("2026-05-12")})
	l.until(boston("2026-05-14 09:00")).do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.AnswerInformation{Content: someHash, Channel: tdr.ByExternal})
	l.until(boston("2026-05-15 09:00")).do(interviewAt(delhi("2026-05-28 10:00")))
	l.until(boston("2026-05-29 09:00")).do(&tdr.RecordInterview{Result: tdr.InterviewNoShow})
	l.until(boston("2026-06-01 09:00")).do(&tdr.RecordInterview{Result: tdr.InterviewHeld})
	l.do(correction(l.state.Seq, func(c *tdr.Correct) { c.OccurredAt = boston("2026-05-29 12:00") }))
	custody(tdr.Custody{Detained: true, Suspended: true})
	l.until(boston("2026-07-10 09:00"))
	custody(tdr.Custody{Detained: true, R0: day("2026-07-08")})
	l.until(boston("2026-08-20 09:00")).do(&tdr.RecordRefusal{Reasons: []string{"no_record"}})
	l.until(boston("2026-09-01 09:00")).do(&tdr.Retry{Post: "tst-harbor"})
	l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.Send{Content: someHash, Channel: tdr.ByNotice})
	l.until(boston("2026-11-20 09:00"))
	custody(tdr.Custody{Detained: true, R0: day("2026-07-08"), HabeasFiled: day("2026-11-19")})
	l.until(boston("2026-12-01 09:00")).do(&tdr.RecordIssue{Issuer: "embassy", Document: "ref-1", ValidFrom: day("2026-11-30"), ValidTo: day("2027-01-29")})
	l.until(boston("2026-12-02 09:00")).do(&tdr.RejectDocument{Reason: "wrong_serial"})
	custody(tdr.Custody{R0: day("2026-07-08")})
	l.until(boston("2027-01-20 09:00")).do(&tdr.RecordIssue{Issuer: "embassy", Document: "ref-2", ValidFrom: day("2027-01-18"), ValidTo: day("2027-03-19")})
	l.do(&tdr.Authenticate{Photo: true, Names: true, Serial: true})
	l.until(boston("2027-04-02 09:00")) // it ends unused; the reissue begins by itself
	l.do(review()).do(&tdr.Approve{Content: someHash}).do(&tdr.Send{Content: someHash, Channel: tdr.ByCourier})
	l.until(boston("2027-04-06 09:00")).do(contactAt(tdr.ToPost, false))
	l.until(boston("2027-04-08 09:00")).do(contactAt(tdr.ToPost, false))
	l.until(boston("2027-04-08 12:00")).told(&tdr.LevelUnreachable{Escalation: mustOpen(l, 2), Level: 2, Cause: "no_addressee"})
	l.until(boston("2027-04-20 09:00")).do(&tdr.RecordIssue{Issuer: "embassy", Document: "ref-3", ValidFrom: day("2027-04-19"), ValidTo: day("2027-10-19")})
	l.do(&tdr.Authenticate{Photo: true, Names: true, Serial: true})
	return l.until(boston("2027-08-01 09:00")).do(&tdr.RecordTravel{On: day("2027-07-30")})
}

func mustOpen(l *life, level int) string {
	l.t.Helper()
	e, ok := l.state.Ladder.Open(level)
	if !ok {
		l.t.Fatalf("level %d is not open: %+v", level, l.state.Ladder)
	}
	return e.ID
}

func hash(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// results are every event of the script, every date that was due behind it,
// and hashes of the final state and of what is read of it.
func results(l *life) string {
	var text strings.Builder
	for i, s := range l.seen {
		event := s.Log[i]
		fmt.Fprintf(&text, "%d %s %s %s\n", event.Seq, event.OccurredAt.Format(time.RFC3339), event.Fact.Type(), s.Stage)
		for _, d := range tdr.Due(s) {
			at := "suspended"
			if !d.Suspended {
				at = d.At.Format(time.RFC3339)
			}
			fmt.Fprintf(&text, "   %s %s %s\n", at, d.Name(), d.Trigger)
		}
	}
	fmt.Fprintf(&text, "state %s\nread as %s\n", hash(l.state), hash(tdr.Project(l.state)))
	return text.String()
}

// TestPublishedRulesNeverChange: what rules version 1 answered on the day it
// was published, it answers for as long as a run may hold it. When this test
// fails, the change belongs into a new version, not into the file.
func TestPublishedRulesNeverChange(t *testing.T) {
	l := script(t)
	got := results(l)
	path := filepath.Join("testdata", fmt.Sprintf("rules-v%d.golden", l.state.Rules))
	want, err := os.ReadFile(path)
	if *publish && os.IsNotExist(err) {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("line %d: answers %q, published %q", i+1, gotLines[i], wantLines[i])
		}
	}
	if got != string(want) {
		t.Fatalf("answers %d lines, published %d", len(gotLines), len(wantLines))
	}
}

// TestTheScriptMeetsEveryRule: a golden life that meets few rules pins few.
func TestTheScriptMeetsEveryRule(t *testing.T) {
	met := map[string]bool{}
	l := script(t)
	hand := newByHand()
	hand.learn(l.state.Log)
	for i, s := range l.seen {
		met[string(s.Log[i].Fact.Type())] = true
		for _, d := range tdr.Due(s) {
			hand.check(t, d)
		}
	}
	for _, fact := range l.asked() {
		met[string(fact.Trigger)] = true
	}
	for _, want := range []any{
		tdr.ByPercent, tdr.ByFollowUps, tdr.ByTimescale, tdr.ByCustodyDay, tdr.ByHabeas, tdr.ByNoAcknowledging, tdr.ByNextDate, tdr.ByUnreachable,
		tdr.StageOverdueType, tdr.ValidityAlertedType, tdr.ReissueBegunType, tdr.CorrectedType, tdr.HoldChangedType, tdr.ClosedType,
	} {
		if !met[fmt.Sprint(want)] {
			t.Errorf("the script never meets %s", want)
		}
	}
}
