package custody_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/traveldoc/traveldoc/internal/custody"
)

var update = flag.Bool("update", false, "write the golden file of a version that is not published yet")

// pinned is one history and the clock that a published version gives for it for ever.
type pinned struct {
	Name  string        `json:"name"`
	Clock custody.Clock `json:"clock"`
}

// A published version never changes its results: a difference here means a new version, not a new file.
func TestPublishedVersionsArePinned(t *testing.T) {
	histories := pinnedHistories()
	pin(t, custody.Version1(), "testdata/version1.golden.json", histories)
	petitions := []pinnedHistory{
		{"two petitions, one ended", "2026-09-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"g 2026-04-01 habeas_filed", "h 2026-04-10 habeas_filed", "e 2026-04-20 habeas_ended"}},
		{"two petitions, both ended", "2026-09-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"g 2026-04-01 habeas_filed", "h 2026-04-10 habeas_filed", "e 2026-04-20 habeas_ended", "f 2026-05-20 habeas_ended"}},
	}
	pin(t, custody.Version3(), "testdata/version3.golden.json", append(pinnedHistories(), petitions...))
	pin(t, custody.Version2(), "testdata/version2.golden.json", append(histories, []pinnedHistory{
		{"three years without a decision", "2029-03-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final"}},
		{"without a decision, through a stay", "2029-03-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"s 2027-08-01 stay_granted"}},
		{"a decision, and none for three years", "2029-06-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"c 2026-05-29 custody_decision"}},
		{"taken late, nobody decided", "2029-06-01", []string{"o 2026-03-02 order_final", "d 2027-02-01 detained"}},
	}...))
}

// pinnedHistory is one that published versions are pinned by, and the day it is read on.
type pinnedHistory struct {
	name, asOf string
	events     []string
}

func pinnedHistories() []pinnedHistory {
	return []pinnedHistory{
		{"detained to day 180", "2026-09-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"n 2026-04-28 review_notice_served", "c 2026-05-29 custody_decision", "a 2026-05-30 assistance_requested"}},
		{"through a court stay", "2026-09-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"s 2026-04-10 stay_granted", "e 2026-07-03 stay_ended"}},
		{"in a court stay", "2026-06-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final", "s 2026-04-10 stay_granted"}},
		{"released, revoked, returned", "2026-10-01", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"r 2026-04-15 released", "k 2026-08-03 release_revoked", "b 2026-08-04 detained", "h 2026-09-20 habeas_filed"}},
		{"failing to comply", "2026-08-15", []string{"d 2026-02-20 detained", "o 2026-03-02 order_final",
			"n 2026-05-07 noncompliance_notice", "c 2026-08-01 complied"}},
		{"from criminal custody, years on", "2028-03-01", []string{"o 2025-03-02 order_final", "x 2026-02-28 criminal_custody_ended",
			"d 2026-02-28 detained", "c 2026-05-20 custody_decision", "t 2026-08-20 custody_transferred", "q 2026-11-30 headquarters_decision"}},
	}
}

func pin(t *testing.T, rules custody.Rules, path string, histories []pinnedHistory) {
	t.Helper()
	var got []pinned
	for _, history := range histories {
		view := custody.View{AsOf: date(t, history.asOf), Office: office(t)}
		clock, err := custody.Derive(events(t, history.events...), rules, view)
		if err != nil {
			t.Fatalf("%s: %v", history.name, err)
		}
		checkByHand(t, clock)
		got = append(got, pinned{Name: history.name, Clock: clock})
	}
	compareGolden(t, path, struct {
		Rules  custody.Rules `json:"rules"`
		Clocks []pinned      `json:"clocks"`
	}{rules, got})
}

func compareGolden(t *testing.T, path string, value any) {
	t.Helper()
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	raw = append(raw, '\n')
	if *update {
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, want) {
		t.Errorf("results differ from %s:\n%s", path, raw)
	}
}
